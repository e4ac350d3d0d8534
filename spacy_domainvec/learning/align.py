"""Turning a table of vectors into the space of another, by the words that both know."""

from dataclasses import dataclass

import numpy as np

from ..util.arrays import scaled_to_unit

# Rarer words are poor anchors.
MAX_ANCHOR_WORDS = 15_000
# An anchor that occurs this often in the text has half of the full weight.
HALF_WEIGHT_COUNT = 100
# One anchor in so many is held out to measure the fit.
HELD_OUT = 10


@dataclass(frozen=True, eq=False)
class Alignment:
    """A table in the space of another.

    vectors: The turned rows, of unit length, shape (n_words, target_width), float32.
    n_anchors: How many pairs of rows the rotation was fitted to.
    held_out_cosine: Mean cosine of turned rows and target rows on a tenth of the anchors, fitted to the others.
    """

    vectors: np.ndarray
    n_anchors: int
    held_out_cosine: float


def choose_anchors(target_rows: np.ndarray) -> np.ndarray:
    """One anchor for each distinct row of the target: where many words share a row, the most frequent of them.

    target_rows: Row of each word in the target table, most frequent word first, -1 for none; shape (n_words,), int64.
    RETURNS: Indices of words, increasing; int64.
    """
    rows = target_rows[:MAX_ANCHOR_WORDS]
    distinct, first = np.unique(rows, return_index=True)
    return np.sort(first[distinct >= 0])


def align(vectors: np.ndarray, target: np.ndarray, anchors: np.ndarray, counts: np.ndarray) -> Alignment:
    """Rotate vectors so that the anchors come near their target rows.

    A frequent word has the better vector, so an anchor of count n weighs n / (n + 100).

    vectors: Unit-length rows, shape (n_words, width), float32.
    target: Unit-length rows of the same words, shape (n_words, target_width), float32.
    anchors: Indices of the words to fit to, at least two.
    counts: How often each word occurs, shape (n_words,).
    """
    weights = counts[anchors] / (counts[anchors] + HALF_WEIGHT_COUNT)
    held_out = np.arange(len(anchors)) % HELD_OUT == HELD_OUT // 2
    held_out[0] = False
    kept, tested = anchors[~held_out], anchors[held_out] if held_out.any() else anchors
    trial = procrustes(vectors[kept], target[kept], weights[~held_out])
    cosines = (scaled_to_unit(vectors[tested] @ trial) * target[tested]).sum(axis=1)
    rotation = procrustes(vectors[anchors], target[anchors], weights)
    turned = scaled_to_unit(np.asarray(vectors @ rotation, dtype="f"))
    return Alignment(turned, len(anchors), float(cosines.mean()))


def procrustes(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The orthogonal matrix R that minimizes the weighted squared distances of source @ R and target.

    Orthogonal Procrustes (Schoenemann, 1966): R = U V', where source' W target = U S V'. Of unequal widths, the
    columns or the rows of R are orthonormal.

    source: Shape (n, width).
    target: Shape (n, target_width).
    weights: Shape (n,), not negative.
    RETURNS: Shape (width, target_width), float32.
    """
    u, _, vt = np.linalg.svd((source * weights[:, None]).T @ target, full_matrices=False)
    return np.asarray(u @ vt, dtype="f")
