"""Single measures: accuracy with few labels, coverage, time, size."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Token

from ..errors import DomainVectorsError, Errors
from ..util.arrays import scaled_to_unit
from ..util.extras import import_extra

N_DRAWS = 3
# Of the logistic regression that learns from document vectors of unit length.
CLASSIFIER = {"C": 10, "max_iter": 300}


def document_vectors(nlp: Language, texts: Iterable[str], vector: Callable[[Doc], Any]) -> np.ndarray:
    """The vectors of texts, scaled to unit length, shape (n_texts, width), float32.

    nlp: The pipeline with the tokenizer.
    vector: Returns the vector of a Doc.
    """
    return scaled_to_unit(np.array([vector(doc) for doc in map(nlp.tokenizer, texts)], dtype="f"))


def share_with(nlp: Language, texts: Iterable[str], has_vector: Callable[[Token], bool]) -> float:
    """The share of tokens with a vector, among those that consist of letters."""
    words = [has_vector(token) for doc in map(nlp.tokenizer, texts) for token in doc if token.is_alpha]
    return sum(words) / max(len(words), 1)


def time_of(nlp: Language, texts: Sequence[str], vector: Callable[[Doc], Any], n_runs: int = 3) -> float:
    """The time for the vectors of tokenized documents, microseconds per token; the best run counts."""
    best, n_tokens = float("inf"), 1
    for _ in range(n_runs):
        docs = list(map(nlp.tokenizer, texts))
        n_tokens = max(sum(len(doc) for doc in docs), 1)
        start = time.perf_counter()
        for doc in docs:
            vector(doc)
        best = min(best, time.perf_counter() - start)
    return best / n_tokens * 1e6


def bytes_on_disk(path: Path) -> int:
    """The size of a file, or of all files in a folder."""
    files = Path(path).rglob("*") if Path(path).is_dir() else [Path(path)]
    return sum(file.stat().st_size for file in files if file.is_file())


def megabytes(path: Path) -> float:
    """The size of a file, or of all files in a folder, in MiB."""
    return bytes_on_disk(path) / 2**20


def drawn(labels: Sequence[str], shots: int, seed: int) -> np.ndarray:
    """The places of a few texts of each label, drawn at random; int64.

    shots: The number of texts per label.
    """
    known, rng = np.array(labels), np.random.default_rng(seed)
    rows_of = [np.flatnonzero(known == label) for label in np.unique(known)]
    return np.concatenate([rng.permutation(rows)[:shots] for rows in rows_of])


def accuracy(
    vectors: np.ndarray,
    labels: Sequence[str],
    test_vectors: np.ndarray,
    test_labels: Sequence[str],
    shots: int,
) -> float:
    """The accuracy of a logistic regression on a few texts per label, the mean of three draws.

    vectors, test_vectors: Shape (n_texts, width), float32.
    shots: The number of training texts per label.
    RAISES: DomainVectorsError (DV066, DV067 for texts of one label only).
    """
    if len(set(labels)) < 2:
        raise DomainVectorsError(Errors.DV067.format(path="train", why="it has only one label"))
    linear = import_extra("sklearn.linear_model", "evaluating")
    threads = import_extra("threadpoolctl", "evaluating")
    known = np.array(labels)
    scores = []
    # On matrices this small, a second BLAS thread costs several times what it saves.
    with threads.threadpool_limits(1):
        for seed in range(N_DRAWS):
            picked = drawn(labels, shots, seed)
            model = linear.LogisticRegression(**CLASSIFIER).fit(vectors[picked], known[picked])
            scores.append(model.score(test_vectors, np.array(test_labels)))
    return round(float(np.mean(scores)), 4)
