"""Small functions on arrays of rows, for training and for look-up."""

import numpy as np


def scaled_to_unit(vectors: np.ndarray) -> np.ndarray:
    """Rows scaled to Euclidean length one; rows of zeros stay. Shape and dtype are kept."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1), dtype=vectors.dtype)


def centred_to_unit(vectors: np.ndarray) -> np.ndarray:
    """Rows with their mean taken away, then scaled to length one. Shape and dtype are kept."""
    return scaled_to_unit(np.asarray(vectors - vectors.mean(axis=0), dtype=vectors.dtype))
