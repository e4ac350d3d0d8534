"""Context windows: counting the words near given places of texts, weighted by their distance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..util.extras import import_extra

Sparse = Any  # scipy.sparse.csr_matrix, which must not be imported here


@dataclass(frozen=True, eq=False)
class Places:
    """Places in texts, with the side on which their neighbours are counted.

    rows: The row in the counts for each place, shape (n_places,).
    firsts: The index of the nearest word on that side, -1 if the text has none, shape (n_places,).
    step: The side, as the step from one neighbour to the next: 1 after the place, -1 before it.
    """

    rows: np.ndarray
    firsts: np.ndarray
    step: int


@dataclass(frozen=True, eq=False)
class _Neighbours:
    """The words near some places, one place after the other.

    lengths: The number of neighbours of each place, shape (n_places,).
    indices: The indices of these words, shape (n_neighbours,).
    ranks: 0 for the word nearest to its place, 1 for the next and so on, shape (n_neighbours,).
    """

    lengths: np.ndarray
    indices: np.ndarray
    ranks: np.ndarray


def count_near(
    places: Sequence[Places],
    words: np.ndarray,
    texts: np.ndarray,
    weights: np.ndarray,
    shape: tuple[int, int],
) -> Sparse:
    """Count the words near each place.

    words: The numbers of the words of all texts, shape (n_words,).
    texts: The number of each word's text, increasing, shape (n_words,). No window goes over the end
        of a text.
    weights: The counts of the nearest word, of the next and so on, shape (window,).
    shape: The shape of the result: the number of rows, and the number of different words.
    RETURNS: A sparse CSR matrix, for each row the sum over its places.
    """
    near = [neighbours(one, texts, len(weights)) for one in places]
    lengths = np.concatenate([one.lengths for one in near])
    indices = np.concatenate([one.indices for one in near])
    ranks = np.concatenate([one.ranks for one in near])
    rows = np.concatenate([one.rows for one in places])
    return _sums_by_row(rows, lengths, words[indices], weights[ranks], shape)


def neighbours(places: Places, texts: np.ndarray, window: int) -> _Neighbours:
    """The words near each place: from the first one on, in the same text and within the window."""
    # The start of each text, and the end of the last.
    edges = np.flatnonzero(np.diff(texts, prepend=-1, append=-1 if len(texts) else 0))
    has_any = places.firsts >= 0
    firsts = np.where(has_any, places.firsts, 0)
    next_edges = np.searchsorted(edges, firsts, side="right")
    if places.step > 0:
        n_left = edges[np.minimum(next_edges, len(edges) - 1)] - firsts
    else:
        n_left = firsts - edges[next_edges - 1] + 1
    lengths = np.where(has_any, np.minimum(n_left, window), 0)
    ranks = _counted_up(lengths)
    return _Neighbours(lengths, np.repeat(firsts, lengths) + places.step * ranks, ranks)


def _counted_up(lengths: np.ndarray) -> np.ndarray:
    """The numbers 0, 1, 2 and so on below each length, for one length after the other."""
    starts = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) - np.repeat(starts, lengths)


def _sums_by_row(
    rows: np.ndarray, lengths: np.ndarray, words: np.ndarray, weights: np.ndarray, shape: tuple[int, int]
) -> Sparse:
    """The sums of the weights over the places of each row, as a product of two sparse matrices."""
    sparse, n_places = import_extra("scipy.sparse", "counting"), len(rows)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    near = sparse.csr_matrix((weights, words, ends), shape=(n_places, shape[1]))
    ones = np.ones(n_places, dtype="i8")
    one_each = np.arange(n_places + 1)
    row_of = sparse.csr_matrix((ones, rows.astype("i4"), one_each), shape=(n_places, shape[0]))
    # Conversion to CSC and back sorts the entries in linear time.
    return (row_of.T.tocsr() @ near).tocsc().tocsr()
