"""Positive pointwise mutual information of window counts, and its truncated SVD."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from .extras import import_extra

# A block of the dense factor of this width stays in the processor's cache, which is worth more than a second thread.
BLOCK_COLUMNS = 32
OVERSAMPLES = 10

Progress = Callable[[Iterable[int]], Iterable[int]]


def ppmi(matrix: Any, smoothing: float = 0.75) -> Any:
    """Positive PMI of window counts, with smoothed context frequencies (Levy, Goldberg and Dagan, 2015).

    matrix: Sparse (n_words, n_words); counts of pairs in text order, which are added up in both directions.
    smoothing: Exponent of the context frequencies.
    RETURNS: Sparse CSR matrix of the same shape, float32; words by contexts.
    """
    sparse = import_extra("scipy.sparse", "factorizing")
    pairs = (matrix + matrix.T).tocoo()
    weights = pairs.data.astype("f8")
    of_word = np.bincount(pairs.row, weights, minlength=matrix.shape[0])
    of_context = of_word**smoothing
    values = np.log(weights * of_context.sum() / (of_word[pairs.row] * of_context[pairs.col]))
    positive = values > 0
    kept = (values[positive].astype("f"), (pairs.row[positive], pairs.col[positive]))
    return sparse.coo_matrix(kept, shape=matrix.shape).tocsr()


def left_singular_vectors(
    matrix: Any, vector_size: int, n_iter: int = 3, seed: int = 0, progress: Progress = iter
) -> tuple[np.ndarray, np.ndarray]:
    """Truncated SVD by randomized projection and power iterations (Halko, Martinsson and Tropp, 2011).

    matrix: Sparse CSR matrix (n_words, n_contexts), float32.
    vector_size: How many singular vectors, below n_words.
    n_iter: Power iterations.
    seed: Of the random projection.
    progress: Wraps the iteration over the products with the matrix.
    RETURNS: U, shape (n_words, vector_size), float32, and the singular values, shape (vector_size,), largest first.
    """
    extmath = import_extra("sklearn.utils.extmath", "factorizing")
    # Each power iteration takes two products, the first and the last step one each.
    steps = iter(progress(range(2 * n_iter + 2)))
    blocked = _blocked(matrix, lambda: next(steps, None))
    u, s, _ = extmath.randomized_svd(
        blocked,
        vector_size,
        n_oversamples=OVERSAMPLES,
        n_iter=n_iter,
        power_iteration_normalizer="QR",
        random_state=seed,
    )
    for _ in steps:
        pass
    return u.astype("f"), s.astype("f")


def _blocked(matrix: Any, on_product: Callable[[], Any]) -> Any:
    """The matrix as one whose products with a dense one run in blocks of columns, on all cores.

    A column of the product depends on that column alone, so the result is the same for any number of threads.
    """
    sparse = import_extra("scipy.sparse", "factorizing")

    class Blocked(sparse.csr_matrix):  # type: ignore[misc,name-defined]
        def __matmul__(self, other: np.ndarray) -> np.ndarray:
            plain = sparse.csr_matrix((self.data, self.indices, self.indptr), shape=self.shape, copy=False)
            product = np.empty((self.shape[0], other.shape[1]), dtype="f")

            def multiply(start: int) -> None:
                block = np.ascontiguousarray(other[:, start : start + BLOCK_COLUMNS], dtype="f")
                product[:, start : start + BLOCK_COLUMNS] = plain @ block

            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(multiply, range(0, other.shape[1], BLOCK_COLUMNS)))
            on_product()
            return product

        def __rmatmul__(self, other: np.ndarray) -> np.ndarray:
            return np.asarray((self.T @ other.T).T)

        @property
        def T(self) -> Any:
            if not hasattr(self, "_transposed"):
                self._transposed = Blocked(sparse.csr_matrix(self).transpose().tocsr())
            return self._transposed

    return Blocked(matrix)
