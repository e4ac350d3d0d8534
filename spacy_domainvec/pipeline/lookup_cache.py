"""The vectors of words that were met, kept ready, and whether the base still holds what they were made of."""

import threading
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from spacy.vectors import BaseVectors

from ..table.answers import NONE, Answers
from ..table.base_vectors import BasePart

# How much memory a cache may need before a new one takes its place: some 59,000 words of width 300, 6,600 of 3000.
CACHE_BYTES = 80 * 10**6
# What a word needs beside its row, and what it needs more where its row was made of rows of the base.
WORD_BYTES, CHECKSUM_BYTES = 160, 320
FIRST_ROWS = 256


class LookupCache:
    """Vectors of words that were met, each with a number. Number 0 is that of all words without any vector.

    Threads may read while one adds: a word is there only once all that its number leads to is.

    vectors: The vocab's own vectors.
    base: How these are used; None where they are not.
    width: Width of the rows.
    rows: Shape (at least the number of words, width), float32.
    sources: What each row is from.
    table_rows: The row of the table that it is, -1 for rows from elsewhere.
    row_of: The number of a token, by its attributes.
    n_bytes: About how much memory the words need.
    """

    def __init__(self, vectors: BaseVectors, base: BasePart | None, width: int) -> None:
        self.vectors, self.base = vectors, base
        self.rows = np.zeros((FIRST_ROWS, width), dtype="f")
        self.sources = [NONE]
        self.table_rows = [-1]
        self.row_of: dict[int | tuple[int, ...], int] = {}
        self.n_bytes = 0
        self._n_keys = getattr(vectors, "n_keys", None)
        # The numbers of words that rows of the base were asked for, and the checksums of these rows.
        self._checksums: dict[int, dict[int, int]] = {}
        self._is_watched = np.zeros(FIRST_ROWS, dtype=bool)
        self._sorted = (np.zeros(0, dtype="u8"), np.zeros(0, dtype="i8"))
        self._lock = threading.Lock()

    def can_serve(self, vectors: BaseVectors) -> bool:
        """Whether it was made for these vectors, with as many keys as they have now, and is not too full."""
        is_same = self.vectors is vectors and self._n_keys == getattr(vectors, "n_keys", None)
        return is_same and self.n_bytes <= CACHE_BYTES

    def find(self, keys: np.ndarray) -> np.ndarray:
        """The numbers of tokens, -1 for new ones, shape (n_tokens,), int64.

        keys: What each token is known by, one number each, shape (n_tokens,), uint64.
        """
        known, numbers = self._in_order()
        if not len(known):
            return np.full(len(keys), -1)
        places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        return np.where(known[places] == keys, numbers[places], -1)

    def add(self, keys: Sequence[Any], answers: Answers) -> None:
        """Take note of tokens and their vectors."""
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
            # In one go, and last: another thread may be reading.
            numbers = dict.fromkeys(keys, 0) | {keys[i]: start + n for n, i in enumerate(added)}
            self.row_of.update(numbers)
            of_rows = len(self.sources) * self._row_bytes
            of_checksums = len(self._checksums) * CHECKSUM_BYTES
            self.n_bytes = of_rows + of_checksums + len(self.row_of) * WORD_BYTES

    def is_stale(self, numbers: Iterable[int]) -> bool:
        """Whether the base has changed a row that one of these was made of, as `vocab.set_vector` does."""
        # Of most texts, the domain knows all words.
        if self._checksums.keys().isdisjoint(numbers):
            return False
        for number in numbers:
            for base_row, before in self._checksums.get(number, {}).items():
                if self._checksum(base_row) != before:
                    return True
        return False

    def watched(self, numbers: np.ndarray) -> list[int]:
        """Those of the numbers that rows of the base were asked for, each once."""
        return np.unique(numbers[self._is_watched[numbers]]).tolist()

    def _in_order(self) -> tuple[np.ndarray, np.ndarray]:
        """The tokens that are known by one number each, increasing, uint64, and their numbers, int64."""
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
        data = self.vectors.data
        # A table that has become smaller lacks some.
        return zlib.crc32(data[base_row].tobytes()) if base_row < len(data) else -1
