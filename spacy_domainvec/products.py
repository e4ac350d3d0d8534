"""Products of a sparse matrix and a dense one, on all cores."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

# A block of the dense factor of this width stays in the processor's cache, which is worth more than a second thread.
BLOCK_COLUMNS = 32


def product(matrix: Any, dense: np.ndarray) -> np.ndarray:
    """The product of a sparse matrix and a dense one.

    A column of the product depends on that column alone, so the result is the same for any number of threads.

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
