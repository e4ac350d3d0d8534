"""Vectors for words from the words around them, in the space of any table."""

from typing import Any

import numpy as np

from ..util.arrays import product
from ..util.extras import import_extra

RIDGE = 1e-3


def a_la_carte(contexts: Any, word_contexts: Any, vectors: np.ndarray) -> np.ndarray:
    """Induce vectors as a linear map of the mean vector of the contexts (Khodak et al., 2018).

    The map is the one that takes the words of the table nearest to their own vectors.

    contexts: Sparse (n_rows, n_words), how often each word of the table stands near a row's word.
    word_contexts: The same of the table's own words, (n_words, n_words).
    vectors: The table, shape (n_words, width), float32.
    RETURNS: Shape (n_rows, width), float32; zeros where there are no contexts.
    """
    means = _mean_vectors(word_contexts, vectors)
    normal = means.T @ means
    if not normal.any():
        return np.zeros((contexts.shape[0], vectors.shape[1]), dtype="f")
    normal += RIDGE * np.trace(normal) / len(normal) * np.eye(len(normal), dtype="f")
    return np.asarray(_mean_vectors(contexts, vectors) @ np.linalg.solve(normal, means.T @ vectors), dtype="f")


def _mean_vectors(contexts: Any, vectors: np.ndarray) -> np.ndarray:
    sparse = import_extra("scipy.sparse", "folding in")
    sums = np.maximum(np.asarray(contexts.sum(axis=1), dtype="f"), 1)
    return product(sparse.csr_matrix(contexts, dtype="f"), vectors) / sums
