"""VectorTable: words, their vectors and their counts; mapped from disk, or serialized as bytes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from spacy.strings import get_string_id

from ..errors import DomainVectorsError, Errors
from ..files.checked_files import CheckedFiles
from ..files.kinds import TABLE
from ..files.names import META
from ..files.outputs import written_directory
from ..util.arrays import scaled_to_unit
from .nearest import nearest
from .rows import Rows, unfit
from .space import BasePart
from .subwords import Subwords
from .table_files import TableParts, bytes_files, dump_table, folder_files, read_table, verify_table, write_table
from .table_meta import check_meta


@dataclass(frozen=True, eq=False)
class VectorTable:
    """An immutable table of word vectors.

    words: The words and phrases without duplicates, most frequent first. The tokens of a phrase are
        separated by a space.
    vectors: Their vectors.
    counts: How often each occurs in the corpus, shape (n_words,), int64.
    subwords: Makes vectors of the same width for other words; None where nothing does.
    base: How the vectors of the base stand beside them, for words that the table lacks; None where
        they don't.
    meta: How the table was made, as JSON-serializable values. All may be missing; those that this
        package reads are checked.
    RAISES: DomainVectorsError (DV023) where the parts don't fit together, (DV088) for functions in
        the meta's config.
    """

    words: Sequence[str]
    vectors: Rows
    counts: np.ndarray
    subwords: Subwords | None = None
    base: BasePart | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.words)
        if len(self.vectors) != n or self.counts.shape != (n,) or self.counts.dtype.kind not in "iu":
            shown = f"counts of shape {self.counts.shape} and dtype {self.counts.dtype}"
            raise unfit(f"{n} words, {len(self.vectors)} vectors and {shown}")
        if self.subwords is not None and self.subwords.rows.shape[1] != self.width:
            found = self.subwords.rows.shape[1]
            raise unfit(f"vectors of width {self.width} and subwords of width {found}")
        if self.base is not None and self.base.matrix.shape[1] != self.width:
            found = self.base.matrix.shape[1]
            raise unfit(f"vectors of width {self.width} and a base's part of width {found}")
        try:
            check_meta(self.meta)
        except DomainVectorsError:
            raise
        except ValueError as e:
            raise unfit(str(e)) from None

    def __len__(self) -> int:
        return len(self.words)

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapped table is pickled as its path, so that a spawned worker maps the same pages.
        if self.origin is not None and self.origin.is_unchanged():
            return VectorTable.from_disk, (self.origin.path,)
        return VectorTable.from_bytes, (self.to_bytes(),)

    @property
    def width(self) -> int:
        """Width of the vectors."""
        return self.vectors.shape[1]

    @property
    def origin(self) -> "Origin | None":
        """The directory that the vectors are mapped from, or None."""
        return self.__dict__.get("_origin")

    @cached_property
    def key2row(self) -> dict[int, int]:
        """The row of each word, by spaCy's key: a hash, or the number of a symbol such as "number"."""
        key2row = {get_string_id(word): row for row, word in enumerate(self.words)}
        if len(key2row) != len(self.words):
            raise unfit(f"{len(self.words) - len(key2row)} words stand in it twice")
        return key2row

    @cached_property
    def is_phrase(self) -> np.ndarray:
        """Whether each of the words is a phrase, shape (n_words,), bool."""
        return np.array([" " in word for word in self.words], dtype=bool)

    @cached_property
    def longest_phrase(self) -> int:
        """The number of tokens of the longest phrase; 1 without phrases."""
        return 1 + max((word.count(" ") for word in self.words), default=0)

    @property
    def acronyms(self) -> dict[str, str]:
        """The long form of each acronym that the corpus explains."""
        return dict(self.meta.get("acronyms", {}))

    @property
    def n_tokens(self) -> int:
        """The number of tokens of the corpus; if the meta lacks it, the sum of the words' counts."""
        # Phrases are left out: their words are counted already.
        counted = int(self.counts[~self.is_phrase].sum())
        return int(self.meta.get("n_tokens", counted))

    @property
    def base_name(self) -> str:
        """The pipeline that the table was made for. RAISES: DomainVectorsError (DV089) if unknown."""
        name = self.meta.get("base", {}).get("name")
        if not name:
            raise DomainVectorsError(Errors.DV089)
        return str(name)

    def most_similar(self, query: np.ndarray, n: int, without: str | None = None) -> list[tuple[str, float]]:
        """The words with the largest cosine to a vector, nearest first.

        query: Shape (width,). It is not changed.
        n: The number of words to return.
        without: A word to leave out, as it is and in lower case.
        RETURNS: Words and cosines.
        """

        def unit_rows(batch: slice) -> np.ndarray:
            return scaled_to_unit(self.vectors[batch])

        direction = scaled_to_unit(np.asarray(query, dtype="f").reshape(1, -1))[0]
        return nearest(self.words, unit_rows, direction, n, without)

    def astype(self, dtype: str) -> "VectorTable":
        """The same table, subwords included, as "float32", "float16" or "int8"; see `Rows.astype`.

        RAISES: DomainVectorsError (DV045) for another dtype.
        """
        subwords = self.subwords and replace(self.subwords, rows=self.subwords.rows.astype(dtype))
        return replace(self, vectors=self.vectors.astype(dtype), subwords=subwords)

    def take(self, rows: np.ndarray) -> "VectorTable":
        """The table of some of its words.

        rows: The numbers of their rows, increasing, int64.
        """
        words = [self.words[row] for row in rows.tolist()]
        return replace(self, words=words, vectors=self.vectors.take(rows), counts=self.counts[rows])

    def to_disk(self, path: str | Path, *, scratch: Path | None = None) -> None:
        """Write a directory. An earlier one is replaced once the new one is complete.

        Its meta.json holds the size and the SHA-256 of each other file, and a seal of its own.
        scratch: A folder on the same file system, to assemble the new directory in; the parent of `path`
            if None.
        RAISES: DomainVectorsError (DV010, DV011, DV024 also for a table with counts, DV053; DV023 for
            vectors that are not finite, negative counts, or words that are not text).
        """
        with written_directory(path, TABLE, beside=scratch) as new:
            write_table(self._parts, new)

    @classmethod
    def from_disk(cls, path: str | Path) -> "VectorTable":
        """Read a directory that `to_disk` wrote; the vectors are memory-mapped, read-only.

        Each file is hashed before it is used. A file of up to 32 MiB, enough for 100,000 rows as
        int8, is hashed in full. In a larger array of vectors, only the size, the header and 64
        blocks of 64 KiB are checked, which avoids reading all of it from the disk. `verify` hashes
        everything.

        RAISES: DomainVectorsError (DV020 to DV022, DV087), naming the file.
        """
        path = Path(path)
        files, origin = folder_files(path), Origin.of(path)
        table = cls._read(files)
        table.__dict__["_origin"] = origin
        return table

    def verify(self) -> None:
        """Hash all files of the folder that the table was mapped from; none for a table in memory.

        RAISES: DomainVectorsError (DV020 to DV022, DV087), naming the file.
        """
        if self.origin is not None:
            verify_table(self.origin.path)

    def to_bytes(self) -> bytes:
        """The files of `to_disk`, packed with msgpack. RAISES: DomainVectorsError (DV023)."""
        return dump_table(self._parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> "VectorTable":
        """Read the bytes of `to_bytes`; all are hashed. RAISES: DomainVectorsError (DV021, DV022)."""
        return cls._read(bytes_files(data))

    @classmethod
    def _read(cls, files: CheckedFiles) -> "VectorTable":
        parts = read_table(files)
        try:
            return cls(parts.words, parts.vectors, parts.counts, parts.subwords, parts.base, parts.meta)
        except DomainVectorsError as e:
            raise files.fault("", e) from None

    @property
    def _parts(self) -> TableParts:
        return TableParts(self.words, self.vectors, self.counts, self.subwords, self.base, self.meta)


@dataclass(frozen=True)
class Origin:
    """The folder of a mapped table, and the state of its meta file when it was mapped."""

    path: Path
    state: tuple[int, int, int]

    @classmethod
    def of(cls, path: Path) -> "Origin":
        """The table in a directory, as it is now."""
        # No two tables have the same meta: it holds the hashes of all their files.
        stat = (path / META).stat()
        return cls(path.absolute(), (stat.st_ino, stat.st_size, stat.st_mtime_ns))

    def is_unchanged(self) -> bool:
        """Whether the folder still holds the same meta file."""
        try:
            return Origin.of(self.path) == self
        except OSError:
            return False
