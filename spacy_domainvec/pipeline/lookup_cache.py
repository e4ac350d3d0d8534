"""A cache of words' vectors, which notices changes of the base's rows.

It is our own code because the caches of the standard library and of cachetools keep objects by key.
This one keeps the rows of all words in one array, for one operation over all tokens of a text.
"""

import threading
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from spacy.vectors import BaseVectors

from ..table.answers import NONE, Answers
from ..table.base_vectors import BaseTable
from ..table.space import BasePart

# A larger cache is replaced by an empty one: some 59,000 words of width 300, or 6,600 of width 3000.
CACHE_BYTES = 80 * 10**6
# The bytes of a word beside its row, and further bytes if its row was made from rows of the base.
WORD_BYTES, CHECKSUM_BYTES = 160, 320
FIRST_ROWS = 256


class LookupCache:
    """Vectors of words, numbered as they come. All words without a vector have the number 0.

    Threads may read while one adds: a word is added only after its row.

    base: The vocab's own vectors.
    part: How these are used; None where they are not.
    width: Width of the rows.
    rows: The vectors by number, shape (at least the number of words, width), float32.
    sources: The source of each row.
    table_rows: The number of each row in the table, -1 for rows from elsewhere.
    row_of: The number of each token, by its attributes.
    n_bytes: The approximate size of the cache in bytes.
    """

    def __init__(self, base: BaseTable, part: BasePart | None, width: int) -> None:
        self.base, self.part = base, part
        self.rows = np.zeros((FIRST_ROWS, width), dtype="f")
        self.sources = [NONE]
        self.table_rows = [-1]
        self.row_of: dict[int | tuple[int, ...], int] = {}
        self.n_bytes = 0
        self._n_keys = getattr(base.vectors, "n_keys", None)
        # The numbers of words that rows of the base were asked for, and the checksums of these rows.
        self._checksums: dict[int, dict[int, int]] = {}
        self._is_watched = np.zeros(FIRST_ROWS, dtype=bool)
        self._sorted = (np.zeros(0, dtype="u8"), np.zeros(0, dtype="i8"))
        self._lock = threading.Lock()

    def can_serve(self, vectors: BaseVectors) -> bool:
        """Whether it was made for these vectors with as many keys as now, and is not too full."""
        is_same = self.base.vectors is vectors and self._n_keys == getattr(vectors, "n_keys", None)
        return is_same and self.n_bytes <= CACHE_BYTES

    def find(self, keys: np.ndarray) -> np.ndarray:
        """The numbers of tokens, -1 for new tokens, shape (n_tokens,), int64.

        keys: The one attribute that identifies each token, shape (n_tokens,), uint64.
        """
        known, numbers = self._in_order()
        if not len(known):
            return np.full(len(keys), -1)
        places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        return np.where(known[places] == keys, numbers[places], -1)

    def add(self, keys: Sequence[Any], answers: Answers) -> None:
        """Add tokens and their vectors."""
        is_watched = np.asarray((answers.base_rows >= 0).any(axis=1))
        has_row = is_watched | np.array([source != NONE for source in answers.sources], dtype=bool)
        added = np.flatnonzero(has_row).tolist()
        with self._lock:
            start = len(self.sources)
            end = start + len(added)
            self._make_room(end)
            self.rows[start:end] = answers.vectors[added]
            self.sources += [answers.sources[i] for i in added]
            self.table_rows += answers.table_rows[added].tolist()
            self._is_watched[start:end] = is_watched[added]
            for number, base_rows in enumerate(answers.base_rows[added].tolist(), start):
                checksums = {row: self._checksum(row) for row in base_rows if row >= 0}
                if checksums:
                    self._checksums[number] = checksums
            # All at once, and last, because another thread may be reading.
            numbers = dict.fromkeys(keys, 0) | {keys[i]: start + n for n, i in enumerate(added)}
            self.row_of.update(numbers)
            of_rows = len(self.sources) * self._row_bytes
            of_checksums = len(self._checksums) * CHECKSUM_BYTES
            self.n_bytes = of_rows + of_checksums + len(self.row_of) * WORD_BYTES

    def is_stale(self, numbers: Iterable[int]) -> bool:
        """Whether the base's row of one of these numbers has changed, as by `vocab.set_vector`."""
        # For most texts, all words are in the domain's table.
        if self._checksums.keys().isdisjoint(numbers):
            return False
        for number in numbers:
            for base_row, before in self._checksums.get(number, {}).items():
                if self._checksum(base_row) != before:
                    return True
        return False

    def watched(self, numbers: np.ndarray) -> list[int]:
        """The distinct numbers of words that were looked up in rows of the base."""
        return np.unique(numbers[self._is_watched[numbers]]).tolist()

    def _in_order(self) -> tuple[np.ndarray, np.ndarray]:
        """The keys of all tokens, increasing, uint64, and their numbers, int64, both of shape (n,)."""
        with self._lock:
            n = len(self.row_of)
            if len(self._sorted[0]) != n:
                keys = np.fromiter(self.row_of, "u8", n)
                order = np.argsort(keys)
                numbers = np.fromiter(self.row_of.values(), "i8", n)
                self._sorted = (keys[order], numbers[order])
            return self._sorted

    def _make_room(self, n: int) -> None:
        if n <= len(self.rows):
            return
        most = CACHE_BYTES // self._row_bytes
        more = max(n, min(2 * len(self.rows), most)) - len(self.rows)
        self._is_watched = np.pad(self._is_watched, (0, more))
        grown = np.zeros((len(self.rows) + more, self.rows.shape[1]), dtype="f")
        grown[: len(self.sources)] = self.rows[: len(self.sources)]
        self.rows = grown

    @property
    def _row_bytes(self) -> int:
        return int(self.rows.shape[1] * self.rows.itemsize)

    def _checksum(self, base_row: int) -> int:
        data = self.base.vectors.data
        # A table that has become smaller lacks some.
        return zlib.crc32(data[base_row].tobytes()) if base_row < len(data) else -1
