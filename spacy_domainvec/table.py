"""VectorTable: words, their vectors and their counts; on disk, in bytes and memory-mapped."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.strings import get_string_id

from .errors import DomainVectorsError, Errors
from .files import replaced_directory

FORMAT = 1
DTYPES = {"float32": "<f4", "float16": "<f2", "int8": "|i1"}
META, WORDS, COUNTS, VECTORS, SCALES = "meta.json", "words.json", "counts.npy", "vectors.npy", "scales.npy"


@dataclass(frozen=True, eq=False)
class VectorTable:
    """An immutable table of word vectors.

    words: The words, each once, most frequent first.
    vectors: Array of shape (n_words, width), dtype float32, float16 or int8.
    counts: How often each word occurs in the corpus, shape (n_words,), int64.
    scales: With int8 vectors, what a row is multiplied by, shape (n_words,), float32; otherwise None.
    meta: What made the table, as JSON-serializable values.
    RAISES: DomainVectorsError (DV023) where the parts don't fit together.
    """

    words: Sequence[str]
    vectors: np.ndarray
    counts: np.ndarray
    scales: np.ndarray | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.words)
        if self.vectors.ndim != 2 or self.vectors.dtype.name not in DTYPES:
            raise _unfit(f"vectors of shape {self.vectors.shape} and dtype {self.vectors.dtype}")
        if len(self.vectors) != n or self.counts.shape != (n,):
            raise _unfit(f"{n} words, {len(self.vectors)} vectors and {len(self.counts)} counts")
        if (self.scales is not None) != (self.vectors.dtype == np.int8):
            raise _unfit("scales belong to int8 vectors, and only to them")
        if self.scales is not None and self.scales.shape != (n,):
            raise _unfit(f"{n} words and {len(self.scales)} scales")

    def __len__(self) -> int:
        return len(self.words)

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapped table travels as its path, so that a spawned worker maps the same pages.
        if self.origin is not None and self.origin.is_unchanged():
            return VectorTable.from_disk, (self.origin.path,)
        return VectorTable.from_bytes, (self.to_bytes(),)

    @property
    def width(self) -> int:
        """Width of the vectors."""
        return int(self.vectors.shape[1])

    @property
    def origin(self) -> "Origin | None":
        """The directory that the vectors are mapped from, or None."""
        return self.__dict__.get("_origin")

    @cached_property
    def key2row(self) -> dict[int, int]:
        """The row of each word by the key that spaCy gives it: a hash, or the number of a symbol such as "number"."""
        key2row = {get_string_id(word): row for row, word in enumerate(self.words)}
        if len(key2row) != len(self.words):
            raise _unfit(f"{len(self.words) - len(key2row)} words stand in it twice")
        return key2row

    def rows(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Vectors as float32, whatever they are stored as.

        rows: Row numbers, int64 of shape (n,), or a slice.
        RETURNS: Array of shape (n, width), float32.
        """
        vectors = np.asarray(self.vectors)[rows].astype("f")
        return vectors if self.scales is None else vectors * np.asarray(self.scales)[rows, None]

    def astype(self, dtype: str) -> "VectorTable":
        """The same table stored as "float32", "float16" or "int8".

        With int8, a row is scaled so that its largest entry is 127, and the error of an entry is at most half a
        step, max(abs(row)) / 254.
        RAISES: DomainVectorsError (DV045) for another dtype.
        """
        if dtype not in DTYPES:
            raise DomainVectorsError(Errors.DV045.format(name="dtype", value=repr(dtype), expected=", ".join(DTYPES)))
        vectors = self.rows()
        if dtype != "int8":
            return replace(self, vectors=vectors.astype(DTYPES[dtype]), scales=None)
        scales = (np.abs(vectors).max(axis=1, initial=0) / 127).astype("f")
        steps = np.rint(vectors / np.where(scales > 0, scales, 1)[:, None])
        return replace(self, vectors=steps.astype(np.int8), scales=scales)

    def to_disk(self, path: str | Path) -> None:
        """Write a directory, in the place of an earlier one, once all of it is there."""
        with replaced_directory(path) as new:
            srsly.write_json(new / META, {**self.meta, "format": FORMAT})
            srsly.write_json(new / WORDS, list(self.words))
            for name, array in self._arrays().items():
                np.save(new / name, array, allow_pickle=False)

    @classmethod
    def from_disk(cls, path: str | Path) -> "VectorTable":
        """Read a directory that `to_disk` wrote; the vectors are memory-mapped, read-only.

        RAISES: DomainVectorsError (DV020, DV021, DV022), naming the file.
        """
        path = Path(path)
        if not (path / META).is_file() or not (path / VECTORS).is_file():
            raise DomainVectorsError(Errors.DV020.format(path=path, why=f"it has no {META} and {VECTORS}"))
        origin = Origin.of(path)
        read = _Reader(path)
        meta, words, counts = read.json(META, dict), read.json(WORDS, list), read.array(COUNTS)
        if meta.pop("format", None) != FORMAT:
            found = srsly.read_json(path / META).get("format")
            raise DomainVectorsError(Errors.DV021.format(path=path, found=found, expected=FORMAT))
        scales = read.array(SCALES) if (path / SCALES).is_file() else None
        try:
            table = cls(words, read.array(VECTORS, "r"), counts, scales, meta)
        except DomainVectorsError as e:
            raise DomainVectorsError(Errors.DV022.format(path=path, why=e)) from None
        table.__dict__["_origin"] = origin
        return table

    def to_bytes(self) -> bytes:
        """Serialize everything, with msgpack."""
        arrays = {k: {"dtype": a.dtype.str, "shape": a.shape, "data": a.tobytes()} for k, a in self._arrays().items()}
        data = {"format": FORMAT, "meta": self.meta, "words": list(self.words), "arrays": arrays}
        return bytes(srsly.msgpack_dumps(data))

    @classmethod
    def from_bytes(cls, data: bytes) -> "VectorTable":
        """RAISES: DomainVectorsError (DV021, DV022)."""
        try:
            msg = srsly.msgpack_loads(data)
            arrays = {k: np.frombuffer(a["data"], a["dtype"]).reshape(a["shape"]) for k, a in msg["arrays"].items()}
            found, parts = msg["format"], (msg["words"], arrays[VECTORS], arrays[COUNTS], arrays.get(SCALES))
        except (ValueError, KeyError, TypeError) as e:
            raise DomainVectorsError(Errors.DV022.format(path="bytes", why=e)) from None
        if found != FORMAT:
            raise DomainVectorsError(Errors.DV021.format(path="bytes", found=found, expected=FORMAT))
        return cls(*parts, meta=msg["meta"])

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {COUNTS: np.asarray(self.counts, dtype="<i8"), VECTORS: np.asarray(self.vectors)}
        if self.scales is not None:
            arrays[SCALES] = np.asarray(self.scales)
        return arrays


@dataclass(frozen=True)
class Origin:
    """The file behind a mapped table, as it was when it was mapped."""

    path: Path
    state: tuple[int, int, int]

    @classmethod
    def of(cls, path: Path) -> "Origin":
        """The state of the table in a directory now."""
        stat = (path / VECTORS).stat()
        return cls(path.absolute(), (stat.st_ino, stat.st_size, stat.st_mtime_ns))

    def is_unchanged(self) -> bool:
        """Whether the directory still holds the same file."""
        try:
            return Origin.of(self.path) == self
        except OSError:
            return False


@dataclass(frozen=True)
class _Reader:
    path: Path

    def json(self, name: str, kind: type) -> Any:
        try:
            value = srsly.read_json(self.path / name)
        except (OSError, ValueError) as e:
            raise DomainVectorsError(Errors.DV022.format(path=self.path / name, why=e)) from None
        if not isinstance(value, kind):
            raise DomainVectorsError(Errors.DV022.format(path=self.path / name, why=f"it holds no {kind.__name__}"))
        return value

    def array(self, name: str, mmap_mode: Any = None) -> np.ndarray:
        try:
            return np.load(self.path / name, mmap_mode=mmap_mode, allow_pickle=False)
        except (OSError, ValueError, EOFError) as e:
            raise DomainVectorsError(Errors.DV022.format(path=self.path / name, why=e)) from None


def _unfit(why: str) -> DomainVectorsError:
    return DomainVectorsError(Errors.DV023.format(why=why))
