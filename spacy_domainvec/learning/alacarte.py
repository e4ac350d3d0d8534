"""Vectors for rare words from the words around them, in the space of any table.

The method is a few lines of linear algebra; its authors' code is no package, so it is written out here.
"""

from typing import Any

import numpy as np

from ..util.arrays import product
from ..util.extras import import_extra

RIDGE = 1e-3


def a_la_carte(contexts: Any, word_contexts: Any, vectors: np.ndarray) -> np.ndarray:
    """Induce vectors as a linear map of the mean context vector (Khodak et al., 2018).

    The map is a ridge regression of the table's own vectors on their mean context vectors.

    contexts: Sparse (n_rows, n_words), how often each word of the table stands near a row's word.
    word_contexts: The same counts for the table's own words, (n_words, n_words).
    vectors: The table, shape (n_words, width), float32.
    RETURNS: Shape (n_rows, width), float32; zeros where there are no contexts.
    """
    means = _mean_vectors(word_contexts, vectors)
    normal = means.T @ means
    if not normal.any():
        return np.zeros((contexts.shape[0], vectors.shape[1]), dtype="f")
    normal += RIDGE * np.trace(normal) / len(normal) * np.eye(len(normal), dtype="f")
    induction = np.linalg.solve(normal, means.T @ vectors)
    return np.asarray(_mean_vectors(contexts, vectors) @ induction, dtype="f")


def _mean_vectors(contexts: Any, vectors: np.ndarray) -> np.ndarray:
    sparse = import_extra("scipy.sparse", "folding in")
    sums = np.maximum(np.asarray(contexts.sum(axis=1), dtype="f"), 1)
    return product(sparse.csr_matrix(contexts, dtype="f"), vectors) / sums
