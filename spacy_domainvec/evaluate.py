"""Numbers for a pipeline beside its base: what was kept, what is covered, what was gained, what it costs."""

import csv
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Token

from .arrays import scaled_to_unit
from .build import load_pipeline
from .combine import sif_weights
from .component import DomainVectors
from .errors import DomainVectorsError, Errors
from .extras import import_extra
from .general import GeneralVectors
from .table import VectorTable
from .training import Progress, no_progress

SIMILARITY_SETS = {"WordSim-353": "wordsim353.tsv", "SimLex-999": "simlex999.txt"}
N_DRAWS = 3
# For the base's own weighted mean, where the table was made without weights.
DEFAULT_A = 1e-3
BASE, BASE_SIF, OURS = "base", "base+unit+sif", "dvec"


@dataclass(frozen=True)
class Labelled:
    """Texts and their labels, of the same number."""

    texts: list[str]
    labels: list[str]


@dataclass(frozen=True)
class Report:
    """What was measured. Each figure stands by the way that vectors were made: "base" or "dvec".

    similarity: Spearman's rho against human scores, by set; a pair with an unknown word counts with cosine 0.
    coverage: Share of the word tokens of a text that have a vector; None without a text.
    few_shot: Accuracy by number of texts a label, also for the base's rows scaled to unit length and SIF-weighted,
        "base+unit+sif"; None without labelled texts.
    microseconds: For a document vector, a token; None without a text.
    load_seconds: For loading the pipeline.
    megabytes: On disk; None for a pipeline that is not on disk.
    """

    similarity: dict[str, dict[str, float]]
    coverage: dict[str, float] | None
    few_shot: dict[int, dict[str, float]] | None
    microseconds: dict[str, float] | None
    load_seconds: dict[str, float]
    megabytes: dict[str, float] | None


def read_labelled(path: str | Path) -> Labelled:
    """Read a CSV or TSV file with the columns text and label.

    RAISES: DomainVectorsError (DV067), naming the file and the line.
    """
    texts, labels = [], []
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, dialect="excel-tab" if Path(path).suffix == ".tsv" else "excel", strict=True)
            for row in rows:
                if row.get("text") is None or not row.get("label"):
                    why = f"line {rows.line_num} has no text and label"
                    raise DomainVectorsError(Errors.DV067.format(path=path, why=why))
                texts.append(row["text"])
                labels.append(row["label"])
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise DomainVectorsError(Errors.DV067.format(path=path, why=e)) from None
    if not texts:
        raise DomainVectorsError(Errors.DV067.format(path=path, why="it has no rows"))
    return Labelled(texts, labels)


def load_both(pipeline: str, base: str) -> tuple[Language, Language, dict[str, float]]:
    """Load a pipeline and its base, each twice in turn.

    RETURNS: The pipeline, the base, and the seconds of the faster load of each, by "base" and "dvec".
    RAISES: DomainVectorsError (DV062).
    """
    names, seconds = {BASE: base, OURS: pipeline}, {BASE: float("inf"), OURS: float("inf")}
    loaded: dict[str, Language] = {}
    for way in (BASE, OURS, BASE, OURS):
        loaded.pop(way, None)
        start = time.perf_counter()
        loaded[way] = load_pipeline(names[way])
        seconds[way] = min(seconds[way], round(time.perf_counter() - start, 2))
    return loaded[OURS], loaded[BASE], seconds


def evaluate(
    nlp: Language,
    base: Language,
    load_seconds: dict[str, float],
    train: Labelled | None = None,
    test: Labelled | None = None,
    shots: Sequence[int] = (5, 10),
    texts: Sequence[str] | None = None,
    progress: Progress = no_progress,
) -> Report:
    """Measure a pipeline beside its base.

    nlp: A pipeline with the component.
    base: The pipeline that it extends.
    load_seconds: How long loading each took, see `load_both`.
    train, test: Labelled texts, both or none.
    shots: Training texts a label.
    texts: For the coverage; by default those of test.
    progress: Wraps long iterations.
    RAISES: DomainVectorsError (DV001, DV065, DV066, DV067).
    """
    component = find_component(nlp)
    attr = component.attr_name
    vector_of = {BASE: lambda word: base.make_doc(word).vector, OURS: lambda word: nlp.make_doc(word)._.get(attr)}
    similarity = {
        name: {way: retention(pairs, vector) for way, vector in vector_of.items()}
        for name, pairs in {name: read_similarity_set(file) for name, file in SIMILARITY_SETS.items()}.items()
    }
    coverage = microseconds = few_shot = None
    texts = texts if texts is not None else test.texts if test else None
    if texts is not None:
        has_vector: dict[str, Callable[[Token], bool]] = {
            BASE: lambda token: token.has_vector,
            OURS: lambda token: token._.get(f"has_{attr}"),
        }
        pipelines = {BASE: base, OURS: nlp}
        coverage = {way: round(share_with(pipelines[way], texts, has), 4) for way, has in has_vector.items()}
        ways: dict[str, Callable[[Doc], Any]] = {BASE: lambda doc: doc.vector, OURS: lambda doc: doc._.get(attr)}
        microseconds = {way: round(time_of(pipelines[way], texts, vector), 2) for way, vector in ways.items()}
    if train and test:
        few_shot = _few_shot(nlp, base, component, train, test, shots, progress)
    paths = {BASE: base.path, OURS: nlp.path}
    on_disk = {way: round(megabytes(path), 1) for way, path in paths.items() if path}
    return Report(similarity, coverage, few_shot, microseconds, load_seconds, on_disk if len(on_disk) == 2 else None)


def find_component(nlp: Language) -> DomainVectors:
    """The pipeline's component. RAISES: DomainVectorsError (DV065) where it has none."""
    for _, component in nlp.pipeline:
        if isinstance(component, DomainVectors):
            return component
    raise DomainVectorsError(Errors.DV065.format(pipeline=nlp.meta.get("name")))


def neighbors(component: DomainVectors, word: str, n: int) -> dict[str, list[tuple[str, float]]]:
    """The nearest words of the domain's vocabulary, by the base's vectors ("base") and by the combined ones ("dvec").

    RETURNS: Words and cosines, nearest first; an empty list where the base does not know the word.
    RAISES: DomainVectorsError (DV001, DV005).
    """
    general = GeneralVectors(component.vocab.vectors)
    return {BASE: general.most_similar(word, component.table.words, n), OURS: component.most_similar(word, n)}


def read_similarity_set(file: str) -> list[tuple[str, str, float]]:
    """Read one of the sets of word pairs that gensim ships: two words and a human score.

    RAISES: DomainVectorsError (DV066) without gensim.
    """
    # Importing gensim is slow, and only its files are wanted.
    try:
        path = files("gensim") / "test" / "test_data" / file
    except ModuleNotFoundError:
        import_extra("gensim", "evaluating")
        raise
    lines = path.read_text(encoding="utf8").splitlines()
    rows = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return [(a, b, float(score)) for a, b, score in rows]


def retention(pairs: Sequence[tuple[str, str, float]], vector: Callable[[str], np.ndarray]) -> float:
    """Spearman's rho of cosines and human scores."""
    stats = import_extra("scipy.stats", "evaluating")
    left = np.array([vector(word) for word, _, _ in pairs], dtype="f")
    right = np.array([vector(word) for _, word, _ in pairs], dtype="f")
    cosines = (scaled_to_unit(left) * scaled_to_unit(right)).sum(axis=1)
    if np.ptp(cosines) == 0:
        return 0.0
    return round(float(stats.spearmanr([score for _, _, score in pairs], cosines).statistic), 4)


def share_with(nlp: Language, texts: Iterable[str], has_vector: Callable[[Token], bool]) -> float:
    """The share of tokens of letters that have a vector."""
    words = [has_vector(token) for doc in map(nlp.tokenizer, texts) for token in doc if token.is_alpha]
    return sum(words) / max(len(words), 1)


def time_of(nlp: Language, texts: Sequence[str], vector: Callable[[Doc], Any], n_runs: int = 3) -> float:
    """Microseconds a token for the vectors of documents that are tokenized; the best of the runs."""
    best, n_tokens = float("inf"), 1
    for _ in range(n_runs):
        docs = list(map(nlp.tokenizer, texts))
        n_tokens = max(sum(len(doc) for doc in docs), 1)
        start = time.perf_counter()
        for doc in docs:
            vector(doc)
        best = min(best, time.perf_counter() - start)
    return best / n_tokens * 1e6


def megabytes(path: Path) -> float:
    """The size of all files in a folder, in MiB."""
    return sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file()) / 2**20


def weighted_mean(table: VectorTable) -> Callable[[Doc], np.ndarray]:
    """What can be had without domain vectors: the SIF-weighted mean of the base's unit-length rows."""
    a = table.meta.get("config", {}).get("weighting", {}).get("a") or DEFAULT_A
    weights = sif_weights(table.counts, table.meta["n_tokens"], a).tolist()
    weight_of = dict(zip(table.words, weights))

    def mean(doc: Doc) -> np.ndarray:
        rows = [t.vector / (t.vector_norm or 1) * weight_of.get(t.lower_, 1.0) for t in doc]
        return np.asarray(np.mean(rows, axis=0)) if rows else np.zeros(doc.vocab.vectors_length)

    return mean


def accuracy(
    vectors: np.ndarray, labels: Sequence[str], test_vectors: np.ndarray, test_labels: Sequence[str], shots: int
) -> float:
    """Accuracy of a logistic regression on k texts a label, the mean of three draws."""
    linear = import_extra("sklearn.linear_model", "evaluating")
    threads = import_extra("threadpoolctl", "evaluating")
    known = np.array(labels)
    scores = []
    # On matrices this small, a second BLAS thread costs several times what it saves.
    with threads.threadpool_limits(1):
        for seed in range(N_DRAWS):
            rng = np.random.default_rng(seed)
            rows_of = [np.flatnonzero(known == label) for label in np.unique(known)]
            picked = np.concatenate([rng.permutation(rows)[:shots] for rows in rows_of])
            model = linear.LogisticRegression(C=10, max_iter=300).fit(vectors[picked], known[picked])
            scores.append(model.score(test_vectors, np.array(test_labels)))
    return round(float(np.mean(scores)), 4)


def _few_shot(
    nlp: Language,
    base: Language,
    component: DomainVectors,
    train: Labelled,
    test: Labelled,
    shots: Sequence[int],
    progress: Progress,
) -> dict[int, dict[str, float]]:
    if len(set(train.labels)) < 2:
        raise DomainVectorsError(Errors.DV067.format(path="train", why="it has only one label"))
    attr = component.attr_name
    ways: dict[str, tuple[Language, Callable[[Doc], Any]]] = {OURS: (nlp, lambda doc: doc._.get(attr))}
    if base.vocab.vectors_length:
        of_base = {BASE: (base, lambda doc: doc.vector), BASE_SIF: (base, weighted_mean(component.table))}
        ways = {**of_base, **ways}
    results: dict[int, dict[str, float]] = {k: {} for k in shots}
    todo = [(way, k) for way in ways for k in shots]
    vectors: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for way, k in progress(todo, "Few-shot classification", len(todo)):
        if way not in vectors:
            pipeline, vector = ways[way]
            both = [np.array([vector(doc) for doc in map(pipeline.tokenizer, part.texts)]) for part in (train, test)]
            vectors[way] = (scaled_to_unit(both[0].astype("f")), scaled_to_unit(both[1].astype("f")))
        results[k][way] = accuracy(vectors[way][0], train.labels, vectors[way][1], test.labels, k)
    return results
