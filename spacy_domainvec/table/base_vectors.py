"""The base's vectors: a read-only view of the vectors of a spaCy vocab, for every kind of table."""

import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from spacy.attrs import LOWER, ORTH
from spacy.strings import StringStore, get_string_id
from spacy.vectors import BaseVectors, Vectors
from thinc.api import to_numpy

from ..errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from ..util.arrays import scaled_to_unit
from .nearest import nearest

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
            by_lower = self.vectors.attr == LOWER
            keys = [get_string_id(word.lower() if by_lower else word) for word in words]
            return np.array([self.vectors.key2row.get(key, -1) for key in keys], dtype="i8").reshape(len(words))
        known = [bool(word) and get_string_id(word) in self.vectors for word in words]
        return np.where(known, np.arange(len(words)), -1).astype("i8").reshape(len(words))

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
        """The number of the table's words that can't be spelled: their hashes are not among the strings."""
        return sum(key not in strings for key in self.vectors.key2row) if self.n_words else 0

    def words(self, strings: StringStore) -> list[str]:
        """The table's words among the strings, in the order of their rows; none for a user's own kind."""
        if not isinstance(self.vectors, Vectors):
            return []
        found = sorted((row, key) for key, row in self.vectors.key2row.items() if key in strings)
        return [strings[key] for _, key in found]

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
        return nearest(candidates, lambda batch: self.unit_rows(candidates[batch]), query, n, without=word)

    def _mean(self, words: Sequence[str]) -> np.ndarray:
        """The mean vector of words, as in `doc.vector`, scaled to unit length, shape (width,), float32."""
        rows, lowered = self.rows(words), self.rows([word.lower() for word in words])
        known = np.where(rows.any(axis=1, keepdims=True), rows, lowered)
        return np.asarray(scaled_to_unit(known.sum(axis=0, keepdims=True, dtype="f"))[0])

    @property
    def fingerprint(self) -> str | None:
        """The shape, and a checksum of some rows, to tell tables apart; None for a table without an array."""
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


@dataclass(frozen=True)
class BasePart:
    """The place of the base's vectors in the space of the combined table.

    weight: Length of their rows there: the weight in a mean of a word outside the corpus.
    start: The first of their columns.
    """

    weight: float
    start: int = 0

    @classmethod
    def from_meta(cls, meta: dict[str, Any] | None) -> "BasePart | None":
        """Read it from the meta of a table; None for a table without a place for the base's vectors."""
        return None if meta is None else cls(**meta)

    def has_room(self, base_width: int, width: int) -> bool:
        """Whether rows of the base, base_width wide, fit into those of a table, width wide."""
        return self.start + base_width <= width

    def embed(self, unit_rows: np.ndarray, width: int) -> np.ndarray:
        """The rows of the table for unit-length rows of the base.

        unit_rows: Shape (n, base_width).
        width: The width of the table.
        RETURNS: Shape (n, width), float32.
        """
        rows = np.zeros((len(unit_rows), width), dtype="f")
        rows[:, self.start : self.start + unit_rows.shape[1]] = self.weight * unit_rows
        return rows


def embedded(base: BaseTable, part: BasePart | None, words: Sequence[str], width: int) -> np.ndarray:
    """The base's vectors of words in the space of a table; zeros for unknown words.

    RETURNS: Shape (n_words, width), float32.
    """
    if part is None or not base.width:
        return np.zeros((len(words), width), dtype="f")
    return part.embed(base.unit_rows(words), width)


def warn_of_unnamed(base: BaseTable, strings: StringStore, what: str) -> None:
    """WARNS: DomainVectorsWarning (DV115) if words of the table can't be spelled; `what` is the effect."""
    if missing := base.n_unnamed(strings):
        shown = {"missing": missing, "total": base.n_words, "what": what}
        warnings.warn(Warnings.DV115.format(**shown), DomainVectorsWarning, stacklevel=3)


def floret_rows(vectors: Vectors, words: Sequence[str]) -> np.ndarray:
    """The vectors of words from a floret table, looked up in batches, shape (n_words, width), float32."""
    found = np.zeros((len(words), vectors.shape[1]), dtype="f")
    for start in range(0, len(words), FLORET_BATCH):
        batch = slice(start, start + FLORET_BATCH)
        found[batch] = to_numpy(vectors.get_batch(list(words[batch])))
    return found


def _fingerprint(data: Any) -> str:
    sample = to_numpy(data[:: max(1, len(data) // SAMPLED_ROWS)]).astype("<f4")
    shape = "x".join(str(n) for n in data.shape)
    return f"{shape}-{zlib.crc32(np.ascontiguousarray(sample).tobytes()):08x}"
