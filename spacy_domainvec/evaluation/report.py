"""Numbers for a pipeline beside its base: what was kept, what is covered, what was gained, what it costs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Token

from ..pipeline.component import DomainVectors
from ..pipeline.loading import find_component, load_pipeline
from ..table.table import VectorTable
from ..table.weights import sif_weights
from ..util.progress import Progress, no_progress
from .labelled import Labelled
from .measures import accuracy, document_vectors, megabytes, share_with, time_of
from .similarity_sets import similarities

# For the base's own weighted mean, where the table was made without weights.
DEFAULT_A = 1e-3
BASE, BASE_SIF, OURS = "base", "base+unit+sif", "dvec"


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
    by_way = {way: similarities(vector) for way, vector in vector_of.items()}
    similarity = {name: {way: rhos[name] for way, rhos in by_way.items()} for name in by_way[BASE]}
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


def weighted_mean(table: VectorTable) -> Callable[[Doc], np.ndarray]:
    """What can be had without domain vectors: the SIF-weighted mean of the base's unit-length rows."""
    weighting = table.meta.get("config", {}).get("weighting")
    a = weighting.get("a") if isinstance(weighting, dict) else None
    a = a if isinstance(a, int | float) and a > 0 else DEFAULT_A
    weights = sif_weights(table.counts, table.n_tokens, a).tolist()
    weight_of = dict(zip(table.words, weights))

    def mean(doc: Doc) -> np.ndarray:
        rows = [t.vector / (t.vector_norm or 1) * weight_of.get(t.lower_, 1.0) for t in doc]
        return np.asarray(np.mean(rows, axis=0)) if rows else np.zeros(doc.vocab.vectors_length)

    return mean


def _few_shot(
    nlp: Language,
    base: Language,
    component: DomainVectors,
    train: Labelled,
    test: Labelled,
    shots: Sequence[int],
    progress: Progress,
) -> dict[int, dict[str, float]]:
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
            both = [document_vectors(pipeline, part.texts, vector) for part in (train, test)]
            vectors[way] = (both[0], both[1])
        results[k][way] = accuracy(vectors[way][0], train.labels, vectors[way][1], test.labels, k)
    return results
