"""A finished pipeline against its base on labelled texts: the routes that need no training."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from spacy.language import Language

from ..about import __version__
from ..build.select import Gathered
from ..build.settings import load_settings
from ..comparison.accuracy import classification, predictions, scored
from ..comparison.advice import NOTHING, RULES, teacher
from ..comparison.cautions import cautions, is_unrelated, words_of
from ..comparison.ground import BASE, Bags, Ground
from ..comparison.kept import similarity, similarity_words
from ..comparison.results import Comparison, Costs, Text
from ..comparison.routes import (
    CONTROL,
    DOMAIN,
    TFIDF,
    Rows,
    base_table,
    choose_routes,
    combined,
    sources_of,
    tfidf,
    unmeasured,
    weighted_rows,
    weighted_speed,
)
from ..comparison.verdict import judged
from ..corpus.tokenized import TokenizedCorpus
from ..counting.fold_ins import FoldIns
from ..counting.vocabulary import Vocabulary
from ..errors import DomainVectorsError
from ..evaluation.costs import speed
from ..evaluation.labelled import Labelled
from ..evaluation.measures import megabytes
from ..files.kinds import OURS
from ..pipeline.component import DomainVectors
from ..table.base_vectors import embedded
from ..table.table import VectorTable
from ..util.arrays import scaled_to_unit
from ..util.extras import import_extra
from ..util.jobs import Jobs
from ..util.progress import Progress, no_progress

# Texts to measure the speed with.
N_TIMED = 300

Strings = Sequence[str]


def ground_of(
    nlp: Language,
    table: VectorTable,
    jobs: Jobs,
    tokens: TokenizedCorpus | None = None,
    progress: Progress = no_progress,
) -> Ground:
    """What is known of the text that a table was learned from.

    tokens: A text; without one, what the table tells of it: the words with a row, and their counts.
    """
    meta, weighting = table.meta, table.meta.get("config", {}).get("weighting")
    attr, base = meta.get("attr", "LOWER"), meta.get("base", {}).get("name") or "base"
    a = weighting.get("a") if isinstance(weighting, dict) else None
    given = {"paths.base": base, "corpus.attr": attr}
    settings = load_settings(None, given | ({"weighting.a": a} if a else {}))
    if tokens is None:
        rows = np.flatnonzero(~table.is_phrase)
        words, once = [table.words[row] for row in rows.tolist()], np.zeros(0, dtype="u8")
        counts, n_texts = table.counts[rows], meta.get("n_texts", 0)
        tokens = TokenizedCorpus(words, counts, table.n_tokens, n_texts, once, attr)
    none = Vocabulary([], np.zeros(0, dtype="i8"), tokens.n_tokens)
    gathered = Gathered(tokens, none, FoldIns([], none.counts), [], {})
    return Ground(settings, nlp, gathered, jobs, progress)


def measured(component: DomainVectors, ground: Ground, train: Labelled, test: Labelled | None = None) -> Comparison:
    """Compare the vectors of a pipeline with its base's, as they are and weighted, and with TF-IDF.

    component: The pipeline's.
    ground: See `ground_of`; its pipeline is the one with the component.
    train, test: Labelled texts. Without a test file, folds of the others are tested.
    RAISES: DomainVectorsError (DV001, DV066, DV067).
    """
    task, nlp, tokens = classification(train, test), ground.nlp, ground.gathered.tokens
    bags = Bags.of_texts(nlp, task.texts, similarity_words(str(nlp.lang)))
    words = words_of(ground, bags)
    documents: dict[str, Any] = {}
    routes = []
    run = {name: rows_of for name, rows_of in RUN.items() if name != CONTROL or is_unrelated(words)}
    for name, rows_of in run.items():
        try:
            made = rows_of(component, ground, bags.words, task.texts[:N_TIMED])
        except DomainVectorsError as e:
            routes.append(unmeasured(name, " ".join(str(e).split())))
            continue
        documents[name] = bags.documents(made.rows)
        rho = similarity(str(nlp.lang), bags.words, made.rows)
        coverage = bags.coverage(made.sources)
        routes.append(replace(unmeasured(name), similarity=rho, coverage=coverage, costs=made.costs))
    documents[TFIDF] = tfidf(ground, bags, task.texts)
    routes.append(unmeasured(TFIDF))
    joblib, threads = import_extra("joblib", "a report"), import_extra("threadpoolctl", "a report")
    # A limit that ends in one thread would end in all of them.
    with threads.threadpool_limits(1), ThreadPoolExecutor(joblib.cpu_count()) as pool:
        # TF-IDF, the last, takes longest.
        names = [*reversed(documents)]
        predicted = pool.map(lambda name: predictions(documents[name], task), names)
        found_by = dict(ground.progress(zip(names, predicted), "Classifying", len(names)))
    scores = scored(task, {name: found_by[name] for name in documents})
    found = Comparison(
        made_by=f"{OURS}{__version__}",
        base=ground.base_name,
        lang=str(nlp.lang),
        advice=[],
        warnings=cautions(ground, words, train, test),
        text=Text(tokens.n_texts, tokens.n_tokens, len(tokens.words), 0.0),
        labels=replace(task.facts(), words=words),
        routes=[
            replace(route, width=documents[route.name].shape[1], scores=scores[route.name])
            if route.name in documents
            else route
            for route in routes
        ],
        text_curve=[],
    )
    return replace(found, advice=_advice(found))


def _of_base(component: DomainVectors, ground: Ground, words: Strings, texts: Strings) -> Rows:
    rows = base_table(ground).rows(words)
    # Only the tokenizer runs, so no hook of the component answers.
    microseconds = speed(ground.nlp, texts, lambda doc: doc.vector)
    costs = Costs(0.0, None, _size(component, ground, False), None, microseconds)
    return Rows(rows, sources_of(rows, BASE), costs)


def _weighted(component: DomainVectors, ground: Ground, words: Strings, texts: Strings) -> Rows:
    costs = Costs(0.0, None, _size(component, ground, False), None, weighted_speed(ground, texts))
    return replace(weighted_rows(ground, words), costs=costs)


def _combined(component: DomainVectors, ground: Ground, words: Strings, texts: Strings) -> Rows:
    attr = component.attr_name
    microseconds = speed(ground.nlp, texts, lambda doc: doc._.get(attr))
    costs = Costs(None, None, _size(component, ground, True), None, microseconds)
    return replace(combined(ground.nlp, attr, words), costs=costs)


def _mapped(component: DomainVectors, ground: Ground, words: Strings, texts: Strings) -> Rows:
    """The base's rows in the space of the table, weighted: without any vector of the text."""
    rows = embedded(base_table(ground), component.table.base, words, component.width)
    return Rows(scaled_to_unit(rows) * ground.weights(words), sources_of(rows, BASE))


RUN: dict[str, Callable[[DomainVectors, Ground, Strings, Strings], Rows]] = {
    "base": _of_base,
    "weighted": _weighted,
    DOMAIN: _combined,
    CONTROL: _mapped,
}


def _size(component: DomainVectors, ground: Ground, is_whole: bool) -> float | None:
    """The size of the pipeline on disk, in MiB; None if it is not there.

    is_whole: With the component.
    """
    path = ground.nlp.path
    if path is None:
        return None
    return round(megabytes(path) - (0 if is_whole else megabytes(path / component.name)), 1)


def _advice(found: Comparison) -> list[str]:
    """The advice of a comparison, with all that could be tried beside what was measured."""
    verdict = judged(found)
    if verdict is None:
        return [NOTHING]
    said = [rule(found, verdict) for rule in RULES if rule is not teacher]
    others = len({*choose_routes(None, False)} - {route.name for route in found.routes})
    return [*filter(None, said), f"Not measured here: {others} other routes, which 'compare' runs."]
