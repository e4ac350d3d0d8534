"""VectorTable: words, their vectors and their counts; on disk, in bytes and memory-mapped."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.strings import get_string_id

from .errors import DomainVectorsError, Errors
from .files import replaced_directory
from .kinds import TABLE
from .outputs import check_output
from .rows import Rows, unfit
from .subwords import NgramSettings, Subwords

FORMAT = 1
META, WORDS, COUNTS, VECTORS, SCALES = "meta.json", "words.json", "counts.npy", "vectors.npy", "scales.npy"
SUBWORDS, SUBWORD_SCALES = "subwords.npy", "subword_scales.npy"


@dataclass(frozen=True, eq=False)
class VectorTable:
    """An immutable table of word vectors.

    words: The words and phrases, each once, most frequent first; the tokens of a phrase have a space between them.
    vectors: Their vectors.
    counts: How often each occurs in the corpus, shape (n_words,), int64.
    subwords: What makes vectors for other words, of the same width; None for nothing.
    meta: What made the table, as JSON-serializable values.
    RAISES: DomainVectorsError (DV023) where the parts don't fit together.
    """

    words: Sequence[str]
    vectors: Rows
    counts: np.ndarray
    subwords: Subwords | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.words)
        if len(self.vectors) != n or self.counts.shape != (n,):
            raise unfit(f"{n} words, {len(self.vectors)} vectors and {len(self.counts)} counts")
        if self.subwords is not None and self.subwords.rows.shape[1] != self.width:
            raise unfit(f"vectors of width {self.width} and subwords of width {self.subwords.rows.shape[1]}")

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
        return self.vectors.shape[1]

    @property
    def origin(self) -> "Origin | None":
        """The directory that the vectors are mapped from, or None."""
        return self.__dict__.get("_origin")

    @cached_property
    def key2row(self) -> dict[int, int]:
        """The row of each word by the key that spaCy gives it: a hash, or the number of a symbol such as "number"."""
        key2row = {get_string_id(word): row for row, word in enumerate(self.words)}
        if len(key2row) != len(self.words):
            raise unfit(f"{len(self.words) - len(key2row)} words stand in it twice")
        return key2row

    @cached_property
    def is_phrase(self) -> np.ndarray:
        """Which of the words are phrases, shape (n_words,), bool."""
        return np.array([" " in word for word in self.words], dtype=bool)

    @cached_property
    def longest_phrase(self) -> int:
        """How many tokens the longest phrase has; 1 where there are only words."""
        return 1 + max((word.count(" ") for word in self.words), default=0)

    @property
    def acronyms(self) -> dict[str, str]:
        """The long forms of acronyms, as the corpus explains them."""
        return dict(self.meta.get("acronyms", {}))

    def astype(self, dtype: str) -> "VectorTable":
        """The same table, subwords included, stored as "float32", "float16" or "int8"; see `Rows.astype`.

        RAISES: DomainVectorsError (DV045) for another dtype.
        """
        subwords = self.subwords and replace(self.subwords, rows=self.subwords.rows.astype(dtype))
        return replace(self, vectors=self.vectors.astype(dtype), subwords=subwords)

    def take(self, rows: np.ndarray) -> "VectorTable":
        """The table with some of its words: their row numbers, increasing, int64."""
        words = [self.words[row] for row in rows.tolist()]
        return replace(self, words=words, vectors=self.vectors.take(rows), counts=self.counts[rows])

    def to_disk(self, path: str | Path, *, scratch: Path | None = None) -> None:
        """Write a directory, in the place of an earlier one, once all of it is there.

        scratch: Where it is put together, on the same file system; in the folder of `path` if None.
        RAISES: DomainVectorsError (DV010, DV011, DV024 also for a table with counts, DV053).
        """
        check_output(path, TABLE)
        with replaced_directory(path, lambda path: check_output(path, TABLE), scratch) as new:
            srsly.write_json(new / META, {**self._full_meta(), "format": FORMAT})
            srsly.write_json(new / WORDS, list(self.words), indent=0)
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
        meta, words = read.json(META, dict), read.json(WORDS, list)
        found = meta.pop("format", None)
        if found != FORMAT:
            raise DomainVectorsError(Errors.DV021.format(path=path, found=found, expected=FORMAT))
        mapped = dict.fromkeys((VECTORS, SUBWORDS), "r")
        names = [COUNTS, VECTORS, *(name for name in (SCALES, SUBWORDS, SUBWORD_SCALES) if (path / name).is_file())]
        table = cls._of_parts(path, meta, words, {name: read.array(name, mapped.get(name)) for name in names})
        table.__dict__["_origin"] = origin
        return table

    def to_bytes(self) -> bytes:
        """Serialize everything, with msgpack."""
        arrays = {k: {"dtype": a.dtype.str, "shape": a.shape, "data": a.tobytes()} for k, a in self._arrays().items()}
        data = {"format": FORMAT, "meta": self._full_meta(), "words": list(self.words), "arrays": arrays}
        return bytes(srsly.msgpack_dumps(data))

    @classmethod
    def from_bytes(cls, data: bytes) -> "VectorTable":
        """RAISES: DomainVectorsError (DV021, DV022)."""
        try:
            msg = srsly.msgpack_loads(data)
            arrays = {k: np.frombuffer(a["data"], a["dtype"]).reshape(a["shape"]) for k, a in msg["arrays"].items()}
            found, meta, words = msg["format"], msg["meta"], msg["words"]
        except (ValueError, KeyError, TypeError) as e:
            raise DomainVectorsError(Errors.DV022.format(path="bytes", why=e)) from None
        if found != FORMAT:
            raise DomainVectorsError(Errors.DV021.format(path="bytes", found=found, expected=FORMAT))
        return cls._of_parts("bytes", meta, words, arrays)

    @classmethod
    def _of_parts(
        cls, path: Any, meta: dict[str, Any], words: list[str], arrays: dict[str, np.ndarray]
    ) -> "VectorTable":
        try:
            settings, subwords = meta.pop("subwords", None), None
            if settings:
                ngrams = NgramSettings(**settings.pop("ngrams"))
                subwords = Subwords(Rows(arrays[SUBWORDS], arrays.get(SUBWORD_SCALES)), ngrams, **settings)
            return cls(words, Rows(arrays[VECTORS], arrays.get(SCALES)), arrays[COUNTS], subwords, meta)
        except KeyError as e:
            raise DomainVectorsError(Errors.DV022.format(path=path, why=f"{e} is missing")) from None
        except (DomainVectorsError, TypeError, AttributeError) as e:
            raise DomainVectorsError(Errors.DV022.format(path=path, why=e)) from None

    def _full_meta(self) -> dict[str, Any]:
        if self.subwords is None:
            return self.meta
        subwords = self.subwords
        settings = {"weight": subwords.weight, "held_out_cosine": subwords.held_out_cosine}
        return {**self.meta, "subwords": {"ngrams": asdict(subwords.ngrams), **settings}}

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {COUNTS: self.counts.astype("<i8"), VECTORS: self.vectors.values, SCALES: self.vectors.scales}
        if self.subwords is not None:
            arrays |= {SUBWORDS: self.subwords.rows.values, SUBWORD_SCALES: self.subwords.rows.scales}
        return {name: np.asarray(array) for name, array in arrays.items() if array is not None}


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
