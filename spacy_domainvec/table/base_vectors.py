"""The base's vectors: a read-only view of the vectors of a spaCy vocab, for every kind of table."""

import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from spacy.attrs import LOWER, ORTH
from spacy.strings import StringStore, get_string_id
from spacy.vectors import BaseVectors, Vectors
from thinc.api import to_numpy

from ..errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from ..util.arrays import scaled_to_unit
from .nearest import nearest
from .space import BasePart
from .weights import alias_trust

# About this many rows make the fingerprint.
SAMPLED_ROWS = 64
# Words looked up in a floret table at a time: the rows of all their n-grams are copied, 40 kB a word.
FLORET_BATCH = 1024


@dataclass(frozen=True, eq=False)
class BaseTable:
    """A vocab's vectors: in default mode, in floret mode, or of a user's own subclass of `BaseVectors`.

    vectors: The vocab's `vectors`. They are only read.
    RAISES: DomainVectorsError (DV007) for vectors keyed by an attribute other than ORTH and LOWER.
    """

    vectors: BaseVectors

    def __post_init__(self) -> None:
        if getattr(self.vectors, "attr", ORTH) not in (ORTH, LOWER):
            raise DomainVectorsError(Errors.DV007.format(attr=self.vectors.attr))

    @property
    def width(self) -> int:
        """Width of the vectors; 0 for a table without rows."""
        return int(self.vectors.shape[1]) if len(self.vectors) else 0

    @property
    def is_floret(self) -> bool:
        """Whether the table holds rows of character n-grams."""
        return getattr(self.vectors, "mode", None) == "floret"

    @property
    def has_rows(self) -> bool:
        """Whether keys are mapped to rows, as in spaCy's default mode. Several words can share a row."""
        return isinstance(self.vectors, Vectors) and not self.is_floret

    def find(self, words: Sequence[str]) -> np.ndarray:
        """Row of each word in the base's table, -1 for unknown words.

        A floret table and a user's own kind map no keys to rows: there, a known word's position in
        `words` stands for its row.
        RETURNS: Array of shape (n_words,), int64.
        """
        if not self.width:
            return np.full(len(words), -1, dtype="i8")
        if self.has_rows:
            numbers = [self.vectors.key2row.get(key, -1) for key in self._keys(words)]
            return np.array(numbers, dtype="i8").reshape(len(words))
        known = [bool(word) and get_string_id(word) in self.vectors for word in words]
        return np.where(known, np.arange(len(words)), -1).astype("i8").reshape(len(words))

    def trust(self, words: Sequence[str]) -> np.ndarray:
        """How far each word's row tells of that word, from 0 to 1, shape (n_words,), float32.

        0 for words without a row, and 1 for words with a row of their own. In a pruned table, many words
        share a row: it was made for the first of them, and was only the nearest row for the others. See
        `weights.alias_trust`.
        """
        rows = self.find(words)
        trust = np.where(rows >= 0, 1, 0).astype("f")
        if self._ranks is None:
            return trust
        keys = np.array(self._keys(words), dtype="u8")
        return np.where(rows >= 0, alias_trust(self._ranks.of(keys)), 0).astype("f")

    def _keys(self, words: Sequence[str]) -> list[int]:
        """The keys of words in the table."""
        by_lower = self.vectors.attr == LOWER
        return [get_string_id(word.lower() if by_lower else word) for word in words]

    @cached_property
    def _ranks(self) -> "_Ranks | None":
        """The places of keys on their rows; None where no row is shared."""
        return _Ranks.of_table(self.vectors.key2row) if self.has_rows else None

    def knows(self, keys: np.ndarray) -> np.ndarray:
        """Whether it has a vector for each word, given as hashes, uint64; shape (n_words,), bool."""
        if not self.width:
            return np.zeros(len(keys), dtype=bool)
        return np.array([key in self.vectors for key in keys.tolist()], dtype=bool)

    def unit_rows(self, words: Sequence[str]) -> np.ndarray:
        """Vectors of the words, scaled to unit length; zeros for unknown words and for rows of zeros.

        RETURNS: Array of shape (n_words, width), float32.
        """
        return scaled_to_unit(self.rows(words))

    def rows(self, words: Sequence[str]) -> np.ndarray:
        """Vectors of the words as stored, zeros for unknown words, shape (n_words, width), float32."""
        rows = self.find(words)
        vectors = np.zeros((len(words), self.width), dtype="f")
        known = np.flatnonzero(rows >= 0).tolist()
        if len(known):
            if self.has_rows:
                found = self.vectors.data[rows[known]]
            elif self.is_floret:
                found = floret_rows(self.vectors, [words[i] for i in known])
            else:
                found = np.stack([to_numpy(self.vectors[get_string_id(words[i])]) for i in known])
            vectors[known] = to_numpy(found)
        return vectors

    @property
    def n_words(self) -> int:
        """The number of words in the table; 0 unless keys are mapped to rows."""
        return int(self.vectors.n_keys) if self.has_rows else 0

    def n_unnamed(self, strings: StringStore) -> int:
        """The number of the table's words that can't be spelled: the strings lack their hashes."""
        return sum(key not in strings for key in self.vectors.key2row) if self.n_words else 0

    def words(self, strings: StringStore) -> list[str]:
        """The table's words among the strings, ordered by their rows; none for a user's own kind."""
        if not isinstance(self.vectors, Vectors):
            return []
        found = [(row, key) for key, row in self.vectors.key2row.items() if key in strings]
        return [strings[key] for _, key in sorted(found, key=lambda pair: pair[0])]

    def sample(self, strings: StringStore, n: int) -> list[str]:
        """One word for each of the first rows of the table: the first of the words that share the row.

        In a pruned table, the row is the vector of that word.

        strings: The vocab's strings, to spell the words.
        n: The number of rows.
        RETURNS: Words; none for a floret table and for a user's own kind.
        """
        if not self.has_rows:
            return []
        first: dict[int, int] = {}
        for key, row in self.vectors.key2row.items():
            first.setdefault(row, key)
        keys = [key for _, key in sorted(first.items())[:n]]
        return [strings[key] for key in keys if key in strings]  # type: ignore[operator]

    def most_similar(self, word: str, candidates: Sequence[str], n: int) -> list[tuple[str, float]]:
        """The candidates with the largest cosine to a word, nearest first, without the word itself.

        word: Looked up as it is, else in lower case, else as the mean of its parts between white space.
        n: The number of candidates to return.
        RETURNS: Words and cosines; none for an unknown word.
        """
        query = self._mean([word])
        if not query.any():
            query = self._mean(word.split())
        if not query.any():
            return []

        def unit_rows(batch: slice) -> np.ndarray:
            return self.unit_rows(candidates[batch])

        return nearest(candidates, unit_rows, query, n, without=word)

    def _mean(self, words: Sequence[str]) -> np.ndarray:
        """The mean vector of words, as in `doc.vector`, of unit length, shape (width,), float32."""
        rows, lowered = self.rows(words), self.rows([word.lower() for word in words])
        known = np.where(rows.any(axis=1, keepdims=True), rows, lowered)
        return np.asarray(scaled_to_unit(known.sum(axis=0, keepdims=True, dtype="f"))[0])

    @property
    def fingerprint(self) -> str | None:
        """The shape, and a checksum of some rows, to tell tables apart; None without an array."""
        data = self._data
        if not self.width:
            return "none"
        return None if data is None else _fingerprint(data)

    def is_table_of(self, fingerprint: str | None) -> bool:
        """Whether the table has a fingerprint, or had it before rows were added; True if either is None.

        Rows are added by `vocab.set_vector`, which spaCy calls for each new token that its
        retokenizer merges.
        """
        found = self.fingerprint
        if fingerprint is None or found is None or found == fingerprint:
            return True
        n_rows = int(fingerprint.split("x")[0]) if "x" in fingerprint else 0
        return 0 < n_rows < len(self._data) and _fingerprint(self._data[:n_rows]) == fingerprint

    @property
    def _data(self) -> Any:
        return getattr(self.vectors, "data", None)


@dataclass(frozen=True, eq=False)
class _Ranks:
    """How many keys stand before each key on its row.

    In a pruned table, the first is the word that a row was made for: spaCy's `prune_vectors` leaves the
    keys in this order, and so do its files.

    keys: All keys, increasing, shape (n_keys,), uint64.
    ranks: Shape (n_keys,), int32.
    """

    keys: np.ndarray
    ranks: np.ndarray

    @classmethod
    def of_table(cls, key2row: dict[int, int]) -> "_Ranks | None":
        """The ranks in a table; None where no two keys share a row."""
        keys = np.fromiter(key2row.keys(), "u8", len(key2row))
        rows = np.fromiter(key2row.values(), "i4", len(key2row))
        by_row = np.argsort(rows, kind="stable")
        starts = np.flatnonzero(np.diff(rows[by_row], prepend=-2))  # a key may have no row, -1
        if len(starts) == len(keys):
            return None
        lengths = np.diff(starts, append=len(keys))
        ranks = np.empty(len(keys), dtype="i4")
        ranks[by_row] = np.arange(len(keys)) - np.repeat(starts, lengths)
        by_key = np.argsort(keys)
        return cls(keys[by_key], ranks[by_key])

    def of(self, keys: np.ndarray) -> np.ndarray:
        """The ranks of keys; 0 for those that were added later, each with a vector of its own."""
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[places] == keys, self.ranks[places], 0)


def embedded(base: BaseTable, part: BasePart | None, words: Sequence[str], width: int) -> np.ndarray:
    """The base's vectors of words in the space of a table; zeros for unknown words.

    RETURNS: Shape (n_words, width), float32.
    """
    if part is None or not base.width:
        return np.zeros((len(words), width), dtype="f")
    return part.embed(base.unit_rows(words))


def warn_of_unnamed(base: BaseTable, strings: StringStore, what: str) -> None:
    """WARNS: DomainVectorsWarning (DV115) if words can't be spelled; `what` is the effect."""
    if missing := base.n_unnamed(strings):
        shown = {"missing": missing, "total": base.n_words, "what": what}
        warnings.warn(Warnings.DV115.format(**shown), DomainVectorsWarning, stacklevel=3)


def floret_rows(vectors: Vectors, words: Sequence[str]) -> np.ndarray:
    """The words' vectors from a floret table, looked up in batches, shape (n_words, width), float32."""
    found = np.zeros((len(words), vectors.shape[1]), dtype="f")
    for start in range(0, len(words), FLORET_BATCH):
        batch = slice(start, start + FLORET_BATCH)
        found[batch] = to_numpy(vectors.get_batch(list(words[batch])))
    return found


def _fingerprint(data: Any) -> str:
    sample = to_numpy(data[:: max(1, len(data) // SAMPLED_ROWS)]).astype("<f4")
    shape = "x".join(str(n) for n in data.shape)
    return f"{shape}-{zlib.crc32(np.ascontiguousarray(sample).tobytes()):08x}"
