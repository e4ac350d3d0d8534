"""The words nearest to a vector: those with the largest cosine.

The search is our own code because spaCy's `most_similar` needs a table of its own kind, all in memory.
"""

from collections.abc import Callable, Sequence

import numpy as np

# Rows held in memory at a time.
SEARCH_BATCH = 4096


def nearest(
    words: Sequence[str],
    unit_rows: Callable[[slice], np.ndarray],
    direction: np.ndarray,
    n: int,
    without: str | None = None,
) -> list[tuple[str, float]]:
    """The words with the largest cosine to a direction, nearest first; ties in the order of the words.

    words: Words without duplicates.
    unit_rows: Gives the unit-length rows of a slice of the words, shape (n_words, width).
    direction: A unit-length vector, shape (width,).
    n: The number of words to return.
    without: A word to leave out, as it is and in lower case.
    RETURNS: Words and cosines.
    """
    starts = range(0, len(words), SEARCH_BATCH)
    by_batch = [unit_rows(slice(start, start + SEARCH_BATCH)) @ direction for start in starts]
    cosines = np.concatenate([np.zeros(0, dtype="f"), *by_batch])
    left_out = set() if without is None else {without, without.lower()}
    best = np.argsort(-cosines, kind="stable")[: n + len(left_out)].tolist()
    found = [(words[i], float(cosines[i])) for i in best if words[i] not in left_out]
    return found[:n]
