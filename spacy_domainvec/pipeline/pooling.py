"""One vector for each text from the rows of its tokens.

rows: Shape (n_rows, width), float32.
numbers: The row of each token of all texts, one text after the other, shape (n_tokens,), int64.
lengths: The number of tokens of each text, shape (n_texts,), int64. A text without tokens gets zeros.
"""

import numpy as np
from thinc.api import NumpyOps

OPS = NumpyOps()


def means(rows: np.ndarray, numbers: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The mean of each text's rows, shape (n_texts, width), float32."""
    pooled = np.zeros((len(lengths), rows.shape[1]), dtype="f")
    numbers = numbers.astype("i4")
    starts = np.cumsum(lengths) - lengths
    # Texts of equal length make a matrix of row numbers, and gather_add sums their rows without a copy.
    for length in np.unique(lengths[lengths > 0]).tolist():
        texts = np.flatnonzero(lengths == length)
        places = starts[texts, None] + np.arange(length)
        pooled[texts] = OPS.gather_add(rows, numbers[places]) / np.float32(length)
    return pooled


def maxima(rows: np.ndarray, numbers: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The maximum of each dimension over each text's rows, shape (n_texts, width), float32."""
    pooled = np.zeros((len(lengths), rows.shape[1]), dtype="f")
    if len(numbers):
        has_tokens = lengths > 0
        pooled[has_tokens], _ = OPS.reduce_max(rows.take(numbers, 0), lengths[has_tokens].astype("i4"))
    return pooled
