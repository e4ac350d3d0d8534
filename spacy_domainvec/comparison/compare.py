"""A whole comparison: the text is gathered once, each route is measured on the same texts and draws."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
from spacy.language import Language

from ..about import __version__
from ..build.select import gather
from ..build.settings import Settings
from ..errors import DomainVectorsError, Errors
from ..evaluation.labelled import Labelled
from ..files.kinds import OURS
from ..util.jobs import Jobs
from ..util.progress import Progress, no_progress
from .accuracy import Task, classification, difference, interval, scored
from .advice import advice
from .cautions import cautions, is_unrelated, words_of
from .ground import Bags, Ground
from .halves import LEAST_TEXTS, halves_of, hold_out, measured, share_of
from .kept import Made, run_predictions, run_route, similarity_words, told_before
from .results import Comparison, Halves, Point, Route, Score, Text
from .routes import CONTROL, DOMAIN, ROUTES, choose_routes, unmeasured

# The shares of the text in the learning curve.
SHARES = (0.1, 0.3, 1)


def compare(
    settings: Settings,
    nlp: Language,
    jobs: Jobs,
    train: Labelled | None = None,
    test: Labelled | None = None,
    routes: Sequence[str] | None = None,
    progress: Progress = no_progress,
    use: Callable[[Ground, Path], None] | None = None,
) -> Comparison:
    """Compare the routes to document vectors of a domain.

    settings: As for `build`; with a teacher, the routes that need one are run, too.
    nlp: The base.
    jobs: The processes, and a folder; what is found in the folder is used again.
    train, test: Labelled texts. Without a test file, folds of the others are tested. Without both, a
        part of the corpus is held out, and halves of its texts are to find each other.
    routes: Names of `routes.ROUTES`; by default all that can be run.
    progress: Wraps long iterations.
    use: Called with the text and the folder of the table of "domain vectors", if it was built.
    RAISES: DomainVectorsError (DV015 to DV019, DV066, DV067; those of `select.gather`). An error of a
        single route only makes it a row of the result.
    """
    names = choose_routes(routes, settings.teacher is not None)
    check_settings(settings)
    task = classification(train, test) if train else None
    held = None if task else hold_out(settings, nlp, jobs)
    settings = held.settings if held else settings
    start = time.perf_counter()
    gathered = gather(settings.paths, settings.corpus, settings.vocabulary, nlp, jobs, progress)
    seconds = round(time.perf_counter() - start, 1)
    tokens = gathered.tokens
    text = Text(tokens.n_texts, tokens.n_tokens, len(tokens.words), seconds)
    ground = Ground(settings, nlp, gathered, jobs, progress)
    texts = task.texts if task else list(chain(*halves_of(ground, held.texts if held else [])))
    if len(texts) < 2 * LEAST_TEXTS and task is None:
        raise DomainVectorsError(Errors.DV019.format(found=len(texts) // 2, needed=LEAST_TEXTS))
    bags = Bags.of_texts(nlp, texts, similarity_words(str(nlp.lang)))
    words = words_of(ground, bags) if task else None
    if is_unrelated(words) and DOMAIN in names:
        names = [name for name in ROUTES if name in (*names, CONTROL)]
    made = {name: run_route(ground, name, bags, texts) for name in progress(names, "Routes", len(names))}
    runs = {name: found for name, found in made.items() if isinstance(found, Made)}
    if use is not None and DOMAIN in runs and (table := runs[DOMAIN].table) is not None:
        use(ground, table)
    scores: dict[str, list[Score]] = {}
    halves: dict[str, Halves] = {}
    if task:
        steps = progress(runs.items(), "Classifying", len(runs))
        scores = scored(task, {name: run_predictions(jobs, found, task) for name, found in steps})
    else:
        halves = measured({name: found.documents for name, found in runs.items()})
    found = Comparison(
        made_by=f"{OURS}{__version__}",
        base=settings.paths.base,
        lang=str(nlp.lang),
        advice=[],
        warnings=cautions(ground, words, train, test),
        text=text,
        labels=replace(task.facts(), words=words) if task else None,
        routes=[_row(name, made[name], scores.get(name, []), halves.get(name)) for name in names],
        text_curve=text_curve(ground, bags, task) if task and DOMAIN in runs else [],
    )
    return replace(found, advice=advice(found))


def text_curve(ground: Ground, bags: Bags, task: Task) -> list[Point]:
    """The accuracy of "domain vectors" learned from shares of the text.

    The number of texts per label is the one in the middle. Shares too small to learn from are left out.
    """
    task, points = replace(task, shots=[task.shots[(len(task.shots) - 1) // 2]]), []
    before: np.ndarray | None = None
    for share in ground.progress(SHARES, "Learning curve", len(SHARES)):
        part = ground
        with suppress(DomainVectorsError), told_before():
            if share < 1:
                settings = share_of(ground.settings, ground.nlp, ground.jobs, share)
                reading = settings.paths, settings.corpus, settings.vocabulary, ground.nlp
                gathered = gather(*reading, ground.jobs, ground.progress)
                part = replace(ground, settings=settings, gathered=gathered)
            made = run_route(part, DOMAIN, bags, task.texts)
            if isinstance(made, Made):
                (right,) = run_predictions(ground.jobs, made, task) == task.expected
                n_tokens, accuracy = part.gathered.tokens.n_tokens, interval(right.astype("i1"))
                to_fewer = None if before is None else difference(right, before)
                points.append(Point(share, n_tokens, task.shots[0], accuracy, to_fewer))
                before = right
    return points


def check_settings(settings: Settings) -> None:
    """RAISES: DomainVectorsError (DV018) for settings that let a route see what it is tested with."""
    for name in ("vectors", "labelled"):
        if getattr(settings.paths, name) is not None:
            raise DomainVectorsError(Errors.DV018.format(name=f"paths.{name}"))


def _row(name: str, made: Made | str, scores: list[Score], halves: Halves | None) -> Route:
    if isinstance(made, str):
        return unmeasured(name, made)
    return replace(
        unmeasured(name),
        width=made.width,
        scores=scores,
        similarity=made.similarity,
        coverage=made.coverage,
        halves=halves,
        costs=made.costs,
    )
