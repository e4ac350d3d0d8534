"""From the rows of tokens to one vector a text.

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
    # Texts of one length are a matrix of row numbers, whose rows need not be copied to be added up.
    for length in np.unique(lengths[lengths > 0]).tolist():
        texts = np.flatnonzero(lengths == length)
        places = starts[texts, None] + np.arange(length)
        pooled[texts] = OPS.gather_add(rows, numbers[places]) / np.float32(length)
    return pooled


def maxima(rows: np.ndarray, numbers: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The largest value of each dimension in each text's rows, shape (n_texts, width), float32."""
    pooled = np.zeros((len(lengths), rows.shape[1]), dtype="f")
    if len(numbers):
        pooled[lengths > 0], _ = OPS.reduce_max(rows.take(numbers, 0), lengths[lengths > 0].astype("i4"))
    return pooled
