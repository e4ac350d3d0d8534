"""A report on a pipeline and its base: similarity, coverage, few-shot accuracy, time and size."""

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

# The parameter of SIF for the base's weighted mean, if the table was made without weights.
DEFAULT_A = 1e-3
BASE, BASE_SIF, OURS = "base", "base+unit+sif", "dvec"


@dataclass(frozen=True)
class Report:
    """The results of an evaluation. Each figure is given for "base" and for "dvec".

    lang: The base's language.
    similarity: For each set of this language, Spearman's rho of cosines and human scores. An unknown
        word has the cosine 0.
    coverage: The share of word tokens with a vector; None without texts.
    few_shot: The accuracy for each number of texts per label; None without labelled texts. It is
        also given for "base+unit+sif", the mean of the base's rows, scaled to unit length and
        SIF-weighted.
    microseconds: The time for a document vector, per token; None without texts.
    load_seconds: The time for loading the pipeline.
    megabytes: The size on disk, in MiB; None if a pipeline is not on disk.
    """

    lang: str
    similarity: dict[str, dict[str, float]]
    coverage: dict[str, float] | None
    few_shot: dict[int, dict[str, float]] | None
    microseconds: dict[str, float] | None
    load_seconds: dict[str, float]
    megabytes: dict[str, float] | None


def load_both(pipeline: str, base: str) -> tuple[Language, Language, dict[str, float]]:
    """Load a pipeline and its base, in turn, each of them twice.

    RETURNS: The pipeline, the base, and the seconds of the faster load of each, for "base" and "dvec".
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
    """Compare a pipeline with its base.

    nlp: A pipeline with the component.
    base: The pipeline that it extends.
    load_seconds: The time for loading each, see `load_both`.
    train, test: Labelled texts, both or none.
    shots: The numbers of training texts per label.
    texts: Texts for the coverage; by default those of `test`.
    progress: Wraps long iterations.
    RAISES: DomainVectorsError (DV001, DV065, DV066, DV067).
    """
    component = find_component(nlp)
    attr = component.attr_name
    pipelines = {BASE: base, OURS: nlp}
    vector_of: dict[str, Callable[[Doc], Any]] = {
        BASE: lambda doc: doc.vector,
        OURS: lambda doc: doc._.get(attr),
    }

    def vectors_of_base(words: list[str]) -> np.ndarray:
        return np.array([base.make_doc(word).vector for word in words])

    lang = str(base.lang)
    rho_of_base = similarities(lang, vectors_of_base)
    rho_of_ours = similarities(lang, lambda words: component.pool(map(nlp.make_doc, words)))
    similarity = {name: {BASE: rho, OURS: rho_of_ours[name]} for name, rho in rho_of_base.items()}
    coverage = microseconds = few_shot = None
    texts = texts if texts is not None else test.texts if test else None
    if texts is not None:
        has_vector: dict[str, Callable[[Token], bool]] = {
            BASE: lambda token: token.has_vector,
            OURS: lambda token: token._.get(f"has_{attr}"),
        }
        coverage, microseconds = {}, {}
        for way, pipeline in pipelines.items():
            coverage[way] = round(share_with(pipeline, texts, has_vector[way]), 4)
        for way, pipeline in pipelines.items():
            microseconds[way] = round(time_of(pipeline, texts, vector_of[way]), 2)
    if train and test:
        few_shot = _few_shot(nlp, base, component, train, test, shots, progress)
    size = None
    if base.path and nlp.path:
        size = {BASE: round(megabytes(base.path), 1), OURS: round(megabytes(nlp.path), 1)}
    return Report(str(base.lang), similarity, coverage, few_shot, microseconds, load_seconds, size)


def weighted_mean(table: VectorTable) -> Callable[[Doc], np.ndarray]:
    """The best vectors without domain vectors: the SIF-weighted mean of the base's unit-length rows."""
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
        weighted = weighted_mean(component.table)
        ways = {BASE: (base, lambda doc: doc.vector), BASE_SIF: (base, weighted), **ways}
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
