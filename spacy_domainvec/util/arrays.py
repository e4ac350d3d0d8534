"""Small functions on arrays of rows, for training and for look-up."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

# A block of the dense factor of this width stays in the processor's cache, which saves more time than
# a second thread.
BLOCK_COLUMNS = 32


def scaled_to_unit(vectors: np.ndarray) -> np.ndarray:
    """Rows scaled to Euclidean length one; rows of zeros stay. Shape and dtype are kept."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1), dtype=vectors.dtype)


def full_length(width: int) -> float:
    """The length of a row of weight one. Its entries have variance one, as networks expect of inputs."""
    return float(np.sqrt(width))


def centred_to_unit(vectors: np.ndarray, n_centre: int | None = None) -> np.ndarray:
    """Rows minus their mean, then scaled to length one. Rows of zeros, shape and dtype are kept.

    n_centre: The number of first rows that the mean is taken of; all by default.
    """
    centred = np.where(vectors.any(axis=1, keepdims=True), vectors - vectors[:n_centre].mean(axis=0), 0)
    return scaled_to_unit(np.asarray(centred, dtype=vectors.dtype))


def added_up(keys: list[np.ndarray], counts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The distinct keys in some arrays, increasing, and the sum of the counts of each, int64."""
    found, places = np.unique(np.concatenate(keys), return_inverse=True)
    sums = np.zeros(len(found), dtype="i8")
    np.add.at(sums, places, np.concatenate(counts))
    return found, sums


def product(matrix: Any, dense: np.ndarray) -> np.ndarray:
    """The product of a sparse matrix and a dense one.

    Each column is multiplied independently, so the result is the same for any number of threads.

    matrix: Sparse CSR matrix (n, m), float32.
    dense: Shape (m, k).
    RETURNS: Shape (n, k), float32.
    """
    result = np.empty((matrix.shape[0], dense.shape[1]), dtype="f")

    def multiply(start: int) -> None:
        block = np.ascontiguousarray(dense[:, start : start + BLOCK_COLUMNS], dtype="f")
        result[:, start : start + BLOCK_COLUMNS] = matrix @ block

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(multiply, range(0, dense.shape[1], BLOCK_COLUMNS)))
    return result
