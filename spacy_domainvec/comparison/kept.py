"""What is finished of a comparison, in the work folder: one that was stopped goes on from there."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import srsly

from ..corpus.chunk_tokenizer import release_tokenizer
from ..counting.cooccurrence import release_counter
from ..errors import DomainVectorsError
from ..evaluation.costs import watched
from ..evaluation.similarity_sets import LANG, SIMILARITY_SETS, read_similarity_set, similarities
from ..util.extras import import_extra
from ..util.jobs import Jobs, Task, name_of
from ..util.progress import no_progress
from .accuracy import Task as Classification
from .accuracy import predictions
from .ground import Bags, Ground
from .results import Costs, Coverage
from .routes import ROUTES, Plan

# Warnings about the corpus and the version of the base, which are read before the routes are run.
TOLD = r"\[(DV1(01|04|06|07|09|10|18)|W095)\]"
DENSE, SPARSE, FACTS, PREDICTED = "documents.npy", "documents.npz", "facts.json", "predicted.npy"
TABLE = "table"


@dataclass(frozen=True, eq=False)
class Made:
    """A route that was run.

    folder: Its result in the work folder.
    width, similarity, coverage, costs: As in `results`.
    """

    folder: Path
    width: int
    similarity: dict[str, float]
    coverage: Coverage | None
    costs: Costs

    @property
    def table(self) -> Path | None:
        """The folder of the table that the route has built; None if it has built none."""
        found = self.folder / TABLE
        return found if found.is_dir() else None

    @property
    def documents(self) -> Any:
        """The texts' vectors, shape (n_texts, width), an array or sparse matrix; read each time."""
        if (self.folder / DENSE).exists():
            return np.load(self.folder / DENSE, allow_pickle=False)
        return import_extra("scipy.sparse", "comparing").load_npz(self.folder / SPARSE)


def run_route(ground: Ground, route: str, bags: Bags, texts: list[str]) -> Made | str:
    """Run a route, or take what an earlier run has kept of it.

    route: A name of `ROUTES`.
    bags: Of the texts; the words of `similarity_words` are among its words.
    RETURNS: The result, or why it could not be run.
    """
    plan = ROUTES[route]
    config, *others = ground.key
    if not plan.needs_teacher:
        sections = config.items()  # type: ignore[attr-defined]
        config = {name: section for name, section in sections if name != "teacher"}
    # The words of the similarity sets are among them once gensim, which ships the sets, is installed.
    name = name_of("route", route, config, others, texts, len(bags.words))
    try:
        with told_before():
            folder = _kept(ground.jobs, name, lambda new: _write_route(new, plan, ground, bags, texts))
    except Exception as e:
        # The libraries below raise errors of many kinds, and the other routes can still be run.
        kind = "" if isinstance(e, DomainVectorsError) else f"{type(e).__name__}: "
        return " ".join(f"{kind}{e}".split())
    finally:
        release_tokenizer()
        release_counter()
    facts = srsly.read_json(folder / FACTS)
    coverage, costs = facts["coverage"], Costs(**facts["costs"])
    return Made(folder, facts["width"], facts["similarity"], coverage and Coverage(**coverage), costs)


def run_predictions(jobs: Jobs, made: Made, task: Classification) -> np.ndarray:
    """What is predicted from the vectors of a route, see `accuracy.predictions`; kept, too."""
    splits = [[train.tolist(), test.tolist()] for train, test in task.splits]
    name = name_of("predicted", made.folder.name, task.codes.tolist(), splits, task.shots)

    def write(new: Path) -> None:
        np.save(new / PREDICTED, predictions(made.documents, task), allow_pickle=False)

    return np.asarray(np.load(_kept(jobs, name, write) / PREDICTED, allow_pickle=False))


@contextmanager
def told_before() -> Iterator[None]:
    """Warnings about the corpus and the base's version are not repeated in the block."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", TOLD, UserWarning)
        yield


def similarity_words(lang: str) -> list[str]:
    """The words of all similarity sets of a language."""
    return sorted({word for pairs in _sets(lang).values() for a, b, _ in pairs for word in (a, b)})


def _kept(jobs: Jobs, name: str, write: Callable[[Path], None]) -> Path:
    """The folder of a result, which is made unless it is there."""
    (folder,) = jobs.run(write, [Task(name, ())], no_progress, name)
    return folder


def _write_route(new: Path, plan: Plan, ground: Ground, bags: Bags, texts: list[str]) -> None:
    coverage, rho = None, {}
    if plan.of_words is not None:
        found = plan.of_words(ground, bags.words)
        costs, coverage = found.costs, bags.coverage(found.sources)
        if found.table is not None:
            found.table.to_disk(new / TABLE)
        rho = similarity(str(ground.nlp.lang), bags.words, found.rows)
        documents: Any = bags.documents(found.rows)
    else:
        assert plan.of_texts is not None
        # The first import takes longer than the work.
        import_extra("sklearn.feature_extraction.text", "comparing")
        with watched() as training:
            documents = plan.of_texts(ground, bags, texts)
        # Nothing is trained: its time goes into the vectors of these texts.
        n_tokens = max(float(bags.counts.sum()), 1)
        costs = Costs(0.0, None, None, training.megabytes, round(1e6 * training.seconds / n_tokens, 2))
    if isinstance(documents, np.ndarray):
        np.save(new / DENSE, documents, allow_pickle=False)
    else:
        import_extra("scipy.sparse", "comparing").save_npz(new / SPARSE, documents)
    facts = {
        "width": int(documents.shape[1]),
        "costs": asdict(costs),
        "similarity": rho,
        "coverage": coverage and asdict(coverage),
    }
    srsly.write_json(new / FACTS, facts)


def similarity(lang: str, words: Sequence[str], rows: np.ndarray) -> dict[str, float]:
    """Spearman's rho by set, see `results.Route`; none without gensim, which ships the sets.

    words, rows: All words of `similarity_words`, and their vectors, shape (n_words, width).
    """
    number_of = {word: number for number, word in enumerate(words)}

    def rows_of(asked: list[str]) -> np.ndarray:
        return rows[[number_of[word] for word in asked]]

    with suppress(DomainVectorsError):
        return similarities(lang, rows_of)
    return {}


def _sets(lang: str) -> dict[str, list[tuple[str, str, float]]]:
    """The similarity sets of a language; none without gensim, which ships them."""
    with suppress(DomainVectorsError):
        if lang == LANG:
            return {name: read_similarity_set(file) for name, file in SIMILARITY_SETS.items()}
    return {}
