"""The words nearest to a vector: those with the largest cosine."""

from collections.abc import Callable, Sequence

import numpy as np

# Rows that are held at a time in a search.
SEARCH_BATCH = 4096


def nearest(
    words: Sequence[str],
    unit_rows: Callable[[slice], np.ndarray],
    direction: np.ndarray,
    n: int,
    without: str | None = None,
) -> list[tuple[str, float]]:
    """The words with the largest cosine to a direction, nearest first; the first of two that are as near.

    words: Each once.
    unit_rows: Gives the rows of a slice of the words, scaled to length one, shape (n_words, width).
    direction: A vector of length one, shape (width,).
    n: How many words.
    without: A word that is left out, as it is and in lower case.
    RETURNS: Words and cosines.
    """
    batches = [slice(start, start + SEARCH_BATCH) for start in range(0, len(words), SEARCH_BATCH)]
    cosines = np.concatenate([np.zeros(0, dtype="f"), *(unit_rows(batch) @ direction for batch in batches)])
    left_out = set() if without is None else {without, without.lower()}
    best = np.argsort(-cosines, kind="stable")[: n + len(left_out)].tolist()
    found = [(words[i], float(cosines[i])) for i in best if words[i] not in left_out]
    return found[:n]
