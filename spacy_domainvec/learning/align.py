"""Rotating a table of vectors into the space of another, by the words that both know.

The rotation is our own code because SciPy's `orthogonal_procrustes` takes no tables of unequal width.
"""

from dataclasses import dataclass

import numpy as np

from ..util.arrays import scaled_to_unit

# Anchors are among this many most frequent words: rarer words are poor anchors.
MAX_ANCHOR_WORDS = 15_000
# An anchor that occurs this often in the text has half of the full weight.
HALF_WEIGHT_COUNT = 100
# One anchor in ten is held out to measure the fit.
HELD_OUT = 10


@dataclass(frozen=True, eq=False)
class Alignment:
    """A table in the space of another.

    vectors: The rotated rows, of unit length, shape (n_words, target_width), float32.
    rotation: The matrix that they were multiplied by, shape (width, target_width), float32.
    n_anchors: The number of anchors that the rotation was fitted to.
    held_out_cosine: Mean cosine between rotated rows and target rows on a tenth of the anchors, under
        a rotation fitted to the others.
    """

    vectors: np.ndarray
    rotation: np.ndarray
    n_anchors: int
    held_out_cosine: float


def choose_anchors(target_rows: np.ndarray) -> np.ndarray:
    """Choose an anchor for each distinct row of the target: the most frequent of its words.

    target_rows: Row of each word in the target table, -1 for none, the most frequent word first; shape
        (n_words,), int64.
    RETURNS: Indices of words, increasing; int64.
    """
    rows = target_rows[:MAX_ANCHOR_WORDS]
    distinct, first = np.unique(rows, return_index=True)
    return np.sort(first[distinct >= 0])


def align(vectors: np.ndarray, target: np.ndarray, anchors: np.ndarray, counts: np.ndarray) -> Alignment:
    """Rotate vectors so that the anchors come near their target rows.

    Frequent words have better vectors, so an anchor with count n has the weight n / (n + 100).

    vectors: Unit-length rows, shape (n_words, width), float32.
    target: Unit-length rows of the same words, shape (n_words, target_width), float32.
    anchors: Indices of the words to fit to, at least two.
    counts: How often each word occurs, shape (n_words,).
    """
    weights = counts[anchors] / (counts[anchors] + HALF_WEIGHT_COUNT)
    held_out = np.arange(len(anchors)) % HELD_OUT == HELD_OUT // 2
    held_out[0] = False
    kept = anchors[~held_out]
    tested = anchors[held_out] if held_out.any() else anchors
    trial = procrustes(vectors[kept], target[kept], weights[~held_out])
    cosines = (scaled_to_unit(vectors[tested] @ trial) * target[tested]).sum(axis=1)
    rotation = procrustes(vectors[anchors], target[anchors], weights)
    rotated = scaled_to_unit(np.asarray(vectors @ rotation, dtype="f"))
    return Alignment(rotated, rotation, len(anchors), float(cosines.mean()))


def procrustes(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The orthogonal matrix R with the least weighted squared distance between source @ R and target.

    Orthogonal Procrustes (Schoenemann, 1966): R = U V', where source' W target = U S V'. With unequal
    widths, R has orthonormal rows or orthonormal columns.

    source: Shape (n, width).
    target: Shape (n, target_width).
    weights: The diagonal of W, shape (n,), not negative.
    RETURNS: Shape (width, target_width), float32.
    """
    u, _, vt = np.linalg.svd((source * weights[:, None]).T @ target, full_matrices=False)
    return np.asarray(u @ vt, dtype="f")
