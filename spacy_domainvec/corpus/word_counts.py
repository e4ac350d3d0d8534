"""The words of a corpus and their counts: the counts of its parts, added up in bounded memory."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from ..util.arrays import added_up
from .tokenized import TokenizedCorpus, TokenizedPart

# The words that are kept, and the entries of all parts that are added up at a time.
MOST_WORDS, MOST_ENTRIES = 2**20, 2**25


def add_words(
    parts: Sequence[TokenizedPart],
    attr: str,
    most_words: int = MOST_WORDS,
    most_entries: int = MOST_ENTRIES,
) -> TokenizedCorpus:
    """Add up the words of all parts of a corpus. Words with the same hash are the same word.

    parts: The parts.
    most_words: If there are more words, the rarest are left out: all words of a count, or none of them.
    most_entries: If all parts together have more words, they are added up by ranges of their hashes.
    """
    n_entries = n_texts = n_tokens = 0
    for part in unread(parts):
        n_entries += len(part.keys)
        n_texts += len(part.ends)
        n_tokens += int(part.counts.sum())
    n_ranges = -(-n_entries // most_entries)
    edges = [2**64 * i // max(n_ranges, 1) for i in range(n_ranges + 1)]
    keys_found, counts_found, once = [], [], []
    least = 1
    for first, last in pairwise(edges):
        keys, counts = _added(parts, first, last)
        once.append(keys[counts == 1])
        # A word that is too rare in the ranges so far is too rare in all of them.
        keys_found.append(keys[counts >= least])
        counts_found.append(counts[counts >= least])
        least = max(least, _least_count(np.concatenate(counts_found), most_words))
    keys, counts = np.concatenate(keys_found), np.concatenate(counts_found)
    is_kept = counts >= least
    keys, counts = keys[is_kept], counts[is_kept]
    words = _words_of(keys, parts)
    order = sorted(range(len(words)), key=lambda i: (-counts[i], words[i]))
    words = [words[i] for i in order]
    return TokenizedCorpus(words, counts[order], n_tokens, n_texts, np.concatenate(once), attr, parts)


def unread(parts: Iterable[TokenizedPart]) -> Iterator[TokenizedPart]:
    """The parts, one after the other, as new objects: the arrays of a part are released after it."""
    return (TokenizedPart(part.folder) for part in parts)


def _added(parts: Sequence[TokenizedPart], first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """The hashes from first to below last, increasing, and the counts of their words, int64."""
    keys, counts = [], []
    for part in unread(parts):
        start = np.searchsorted(part.keys, np.uint64(first))
        # The last hash may be 2**64, which is no uint64, so the one before is looked for.
        end = np.searchsorted(part.keys, np.uint64(last - 1), side="right")
        keys.append(part.keys[start:end])
        counts.append(part.counts[start:end])
    return added_up(keys, counts)


def _least_count(counts: np.ndarray, most: int) -> int:
    """The least count that is reached by no more than `most` words."""
    if len(counts) <= most:
        return 1
    # In increasing order, this is the most frequent word to leave out.
    place = len(counts) - most - 1
    return int(np.partition(counts, place)[place]) + 1


def _words_of(keys: np.ndarray, parts: Iterable[TokenizedPart]) -> list[str]:
    """The words of increasing hashes. Each of them is in a part."""
    words = [""] * len(keys)
    is_named = np.zeros(len(keys), dtype=bool)
    for part in unread(parts):
        if is_named.all():
            break
        places = np.minimum(np.searchsorted(keys, part.keys), len(keys) - 1)
        is_new = (keys[places] == part.keys) & ~is_named[places]
        # The words of a part take longer to read than its hashes.
        if is_new.any():
            of_part = part.words
            for i in np.flatnonzero(is_new).tolist():
                words[places[i]] = of_part[i]
            is_named[places[is_new]] = True
    return words
