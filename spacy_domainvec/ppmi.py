"""Positive pointwise mutual information of window counts, its truncated SVD, and rows folded into it."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .extras import import_extra
from .products import product

OVERSAMPLES = 10

Progress = Callable[[Iterable[int]], Iterable[int]]


def ppmi(counts: Any, of_context: np.ndarray, smoothing: float = 0.75) -> Any:
    """Positive PMI of window counts, with smoothed context frequencies (Levy, Goldberg and Dagan, 2015).

    counts: Sparse (n_rows, n_contexts); how often each context stands near a row's word, on either side.
    of_context: The frequencies of the contexts: sums of the counts of the whole vocabulary, shape (n_contexts,). A
        context that never stands near a word of the vocabulary tells nothing.
    smoothing: Exponent of the context frequencies.
    RETURNS: Sparse CSR matrix of the same shape, float32.
    """
    sparse = import_extra("scipy.sparse", "factorizing")
    pairs = counts.tocoo()
    known = of_context[pairs.col] > 0
    rows, contexts, weights = pairs.row[known], pairs.col[known], pairs.data[known].astype("f8")
    of_row = np.bincount(rows, weights, minlength=counts.shape[0])
    smoothed = of_context.astype("f8") ** smoothing
    values = np.log(weights * smoothed.sum() / (of_row[rows] * smoothed[contexts]))
    positive = values > 0
    kept = (values[positive].astype("f"), (rows[positive], contexts[positive]))
    return sparse.coo_matrix(kept, shape=counts.shape).tocsr()


def truncated_svd(
    matrix: Any, vector_size: int, n_iter: int = 3, seed: int = 0, progress: Progress = iter
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truncated SVD by randomized projection and power iterations (Halko, Martinsson and Tropp, 2011).

    matrix: Sparse CSR matrix (n_words, n_contexts), float32.
    vector_size: How many singular vectors, below n_words.
    n_iter: Power iterations.
    seed: Of the random projection.
    progress: Wraps the iteration over the products with the matrix.
    RETURNS: U, shape (n_words, vector_size), the singular values, shape (vector_size,), largest first, and V, shape
        (n_contexts, vector_size), all float32.
    """
    extmath = import_extra("sklearn.utils.extmath", "factorizing")
    # Each power iteration takes two products, the first and the last step one each.
    steps = iter(progress(range(2 * n_iter + 2)))
    threaded = _threaded(matrix, lambda: next(steps, None))
    u, s, vt = extmath.randomized_svd(
        threaded,
        vector_size,
        n_oversamples=OVERSAMPLES,
        n_iter=n_iter,
        power_iteration_normalizer="QR",
        random_state=seed,
    )
    for _ in steps:
        pass
    return u.astype("f"), s.astype("f"), vt.T.astype("f")


def fold_in(matrix: Any, s: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The rows that further words would have in U, from their own rows P of positive PMI: P V / S.

    So they come into the space of a factorization that did not see them, as new documents do in latent semantic
    indexing (Berry, Dumais and O'Brien, 1995).

    matrix: Sparse CSR matrix (n_rows, n_contexts), float32.
    s, v: The singular values and V of `truncated_svd`.
    RETURNS: Shape (n_rows, vector_size), float32.
    """
    return np.asarray(product(matrix, v) / np.maximum(s, np.finfo("f").tiny), dtype="f")


def _threaded(matrix: Any, on_product: Callable[[], Any]) -> Any:
    """The matrix as one whose products with a dense one run on all cores."""
    sparse = import_extra("scipy.sparse", "factorizing")

    class Threaded(sparse.csr_matrix):  # type: ignore[misc,name-defined]
        def __matmul__(self, other: np.ndarray) -> np.ndarray:
            plain = sparse.csr_matrix((self.data, self.indices, self.indptr), shape=self.shape, copy=False)
            result = product(plain, other)
            on_product()
            return result

        def __rmatmul__(self, other: np.ndarray) -> np.ndarray:
            return np.asarray((self.T @ other.T).T)

        @property
        def T(self) -> Any:
            if not hasattr(self, "_transposed"):
                self._transposed = Threaded(sparse.csr_matrix(self).transpose().tocsr())
            return self._transposed

    return Threaded(matrix)
