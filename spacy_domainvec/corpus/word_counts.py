"""Which words a corpus has, and how often: what its parts have counted, added up in bounded memory."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from ..util.arrays import added_up
from .tokenized import TokenizedCorpus, TokenizedPart

# Words that are held by name, and entries of all parts that are added up at a time.
MOST_WORDS, MOST_ENTRIES = 2**20, 2**25


def add_words(
    parts: Sequence[TokenizedPart], attr: str, most_words: int = MOST_WORDS, most_entries: int = MOST_ENTRIES
) -> TokenizedCorpus:
    """Add up the words of all parts of a corpus. Words are the same where spaCy's hashes of them are.

    parts: Its parts.
    most_words: Where there are more, the rarest ones are left out of the words, all of one count together.
    most_entries: Where all parts have more words together, they are added up by ranges of their hashes.
    """
    n_entries = n_texts = n_tokens = 0
    for part in unread(parts):
        n_entries, n_texts = n_entries + len(part.keys), n_texts + len(part.ends)
        n_tokens += int(part.counts.sum())
    n_ranges = -(-n_entries // most_entries)
    edges = [2**64 * i // max(n_ranges, 1) for i in range(n_ranges + 1)]
    keys, counts, once = [], [], []
    floor = 1
    for first, last in pairwise(edges):
        found, sums = _added(parts, first, last)
        once.append(found[sums == 1])
        keys.append(found[sums >= floor])
        counts.append(sums[sums >= floor])
        floor = max(floor, _floor(np.concatenate(counts), most_words))
    all_keys, all_counts = np.concatenate(keys), np.concatenate(counts)
    kept = all_counts >= floor
    named, kept_counts = _names(parts, all_keys[kept]), all_counts[kept]
    order = sorted(range(len(named)), key=lambda i: (-kept_counts[i], named[i]))
    return TokenizedCorpus(
        [named[i] for i in order], kept_counts[order], n_tokens, n_texts, np.concatenate(once), attr, parts
    )


def unread(parts: Iterable[TokenizedPart]) -> Iterator[TokenizedPart]:
    """The parts one after the other, each of which holds what was read of it no longer than it is looked at."""
    return (TokenizedPart(part.folder) for part in parts)


def _added(parts: Sequence[TokenizedPart], first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """The hashes from first to below last, increasing, uint64, and how often their words occur, int64."""
    keys, counts = [], []
    for part in unread(parts):
        start, end = np.searchsorted(part.keys, [np.uint64(first), np.uint64(last - 1)])
        end += end < len(part.keys) and part.keys[end] == last - 1
        keys.append(part.keys[start:end])
        counts.append(part.counts[start:end])
    return added_up(keys, counts)


def _floor(counts: np.ndarray, most: int) -> int:
    """The least count that no more than `most` words have or pass."""
    if len(counts) <= most:
        return 1
    return int(np.partition(counts, len(counts) - most - 1)[len(counts) - most - 1]) + 1


def _names(parts: Sequence[TokenizedPart], keys: np.ndarray) -> list[str]:
    """The words of hashes, which are increasing within each range."""
    if not len(keys):
        return []
    order = np.argsort(keys)
    ordered, names, is_named = keys[order], [""] * len(keys), np.zeros(len(keys), dtype=bool)
    for part in unread(parts):
        places = np.minimum(np.searchsorted(ordered, part.keys), len(keys) - 1)
        new = np.flatnonzero((ordered[places] == part.keys) & ~is_named[places])
        if len(new):
            words = part.words
            for i in new.tolist():
                names[order[places[i]]] = words[i]
            is_named[places[new]] = True
        if is_named.all():
            break
    return names
