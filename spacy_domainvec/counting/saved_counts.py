"""The counts and vectors from which a table was made. The counts of new text are added to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..corpus.tokenized import TokenizedCorpus
from ..errors import DomainVectorsError, Errors
from ..files.checked_files import NOTED, CheckedFiles, checksums, list_json
from ..files.integrity import sealed
from ..files.kinds import COUNTS
from ..files.names import (
    BASE_CENTRE,
    BASE_MATRIX,
    CONTEXTS,
    DOMAIN_MATRIX,
    MAP,
    META,
    ONCE,
    PAIRS,
    ROWS,
    SPAN_COUNTS,
    SPANS,
    TAUGHT,
    WORD_COUNTS,
    WORDS,
)
from ..files.npy import write_array
from ..files.outputs import written_directory
from ..table.rows import MAX_WIDTH, Rows
from ..table.space import Lessons, Space
from ..table.table_meta import MOST, Fits, is_count, is_number, is_one_of, is_text
from ..util.attrs import ATTRS
from .cooccurrence import Cooccurrence
from .fold_ins import FoldIns
from .matrix_sums import MATRIX_FILES, StoredMatrix, write_matrix
from .pairs import MAX_WINDOW
from .vocabulary import Vocabulary

FORMAT = 5
DTYPES = {WORD_COUNTS: "<i8", ONCE: "<u8", SPAN_COUNTS: "<i8", ROWS: "<f4"}
OF_MATRICES = [f"{matrix}/{file}" for matrix in (PAIRS, CONTEXTS) for file in MATRIX_FILES]
OF_SPACE = (DOMAIN_MATRIX, BASE_CENTRE, BASE_MATRIX, MAP)
FILES = (WORDS, SPANS, *DTYPES, *OF_SPACE, *OF_MATRICES)
# The numbers of a teacher's lessons.
NUMBERS = {"factor": is_number(-1e30, 1e30), "penalty": is_number(0, 1e30), "n_sentences": is_count}


def is_phrase(value: Any) -> bool:
    """Whether a value is a list of one or more words."""
    return isinstance(value, list) and bool(value) and all(map(is_text, value))


def is_teaching(value: Any) -> bool:
    """Whether a value is null, or the numbers and the checksum of a teacher's lessons."""
    if value is None:
        return True
    if not isinstance(value, dict) or set(value) != {*NUMBERS, "checksum"}:
        return False
    return is_text(value["checksum"]) and all(fits(value[name]) for name, fits in NUMBERS.items())


FIELDS: dict[str, Fits] = {
    "attr": is_one_of(*ATTRS),
    "n_tokens": is_count,
    "n_texts": is_count,
    "n_words": is_count,
    "window": lambda value: type(value) is int and 1 <= value <= MAX_WINDOW,
    "subsample": is_number(0, 1e15),
    "seed": is_count,
    "acronyms": lambda value: isinstance(value, dict) and all(map(is_phrase, value.values())),
    "terms": lambda value: isinstance(value, list) and all(map(is_phrase, value)),
    "teacher": is_teaching,
}


@dataclass(frozen=True, eq=False)
class State:
    """Counts and vectors of a table.

    tokens: The words of the corpus and how often they occur, without the texts.
    counted: The co-occurrences of the words.
    rows: The domain's own vectors of the vocabulary's words, in a space of their own, of unit length,
        shape (n_words, width), float32. Those of an update are rotated into it.
    acronyms: The long forms that the texts gave.
    terms: The words of each term of the user's lists, which goes on keeping its row.
    space: How they and the base's come into the table's space.
    lessons: What was learned from a teacher; None without one.
    """

    tokens: TokenizedCorpus
    counted: Cooccurrence
    rows: np.ndarray
    space: Space
    acronyms: dict[str, tuple[str, ...]]
    terms: Sequence[tuple[str, ...]] = ()
    lessons: Lessons | None = None

    def to_disk(self, path: str | Path) -> None:
        """Write a directory. It replaces an earlier one only once it is complete.

        Its meta.json holds the size and the SHA-256 of each other file, and a seal of its own.

        RAISES: DomainVectorsError (DV010, DV011, DV024, DV053).
        """
        tokens, counted, lessons = self.tokens, self.counted, self.lessons
        names = (*NUMBERS, "checksum")
        meta = {
            "format": FORMAT,
            "attr": tokens.attr,
            "n_tokens": tokens.n_tokens,
            "n_texts": tokens.n_texts,
            "n_words": len(counted.vocabulary),
            **{name: getattr(counted, name) for name in ("window", "subsample", "seed")},
            "acronyms": {short: list(long) for short, long in self.acronyms.items()},
            "terms": [list(term) for term in self.terms],
            "teacher": lessons and {name: getattr(lessons, name) for name in names},
        }
        arrays = dict(zip(DTYPES, (tokens.counts, tokens.once, counted.fold_ins.counts, self.rows)))
        with written_directory(path, COUNTS) as new:
            (new / WORDS).write_bytes(list_json(tokens.words))
            (new / SPANS).write_bytes(list_json(counted.fold_ins.parts))
            for name, array in arrays.items():
                write_array(new / name, array, DTYPES[name])
            map_ = np.zeros((0, 0)) if self.space.map is None else self.space.map
            of_space = (self.space.domain, self.space.centre, self.space.base, map_)
            for name, array in zip(OF_SPACE, of_space):
                write_array(new / name, array, "<f4")
            if lessons is not None:
                _write_lessons(new, lessons)
            for name, matrix in ((PAIRS, counted.matrix), (CONTEXTS, counted.contexts)):
                (new / name).mkdir()
                write_matrix(new / name, [matrix])
            (new / META).write_bytes(sealed({**meta, NOTED: checksums(new, (*FILES, *TAUGHT))}))

    @classmethod
    def from_disk(cls, path: str | Path) -> "State":
        """Read a directory that `to_disk` wrote. The hash of every file is checked.

        RAISES: DomainVectorsError (DV042, DV087), which names the file.
        """
        path = Path(path)
        files, meta, is_sealed = CheckedFiles.of_folder(path, Errors.DV042).meta()
        if not is_sealed or meta.pop("format", None) != FORMAT:
            raise files.fault(META, "it is damaged, or of another version")
        for name in (*FILES, *(TAUGHT if meta.get("teacher") else ())):
            files.check(name)
        try:
            for name, fits in FIELDS.items():
                if not fits(meta.get(name)):
                    raise ValueError(f"{name} = {str(meta.get(name))[:60]!r} can't be used")
            return cls._of(path, files, meta)
        except DomainVectorsError:
            raise
        except ValueError as e:
            raise files.fault("", e) from None

    @classmethod
    def _of(cls, path: Path, files: CheckedFiles, meta: dict[str, Any]) -> "State":
        """RAISES: DomainVectorsError (DV042), ValueError."""
        words, parts = files.json(WORDS), files.json(SPANS)
        names = (WORD_COUNTS, ONCE, SPAN_COUNTS)
        counts, once, span_counts = (files.array(name, [DTYPES[name]], 1) for name in names)
        rows = files.array(ROWS, [DTYPES[ROWS]], 2)
        n_words = meta["n_words"]
        have_counts = len(words) == len(counts) and len(parts) == len(span_counts)
        if not have_counts or not 1 <= n_words == len(rows) <= len(words):
            of_words = f"{len(words)} words with {len(counts)} counts"
            of_spans = f"{len(parts)} spans with {len(span_counts)}"
            of_rows = f"a vocabulary of {n_words} with {len(rows)} rows"
            raise ValueError(f"{of_words}, {of_spans} and {of_rows} don't fit together")
        if not all(map(is_text, words)) or len(set(words)) < len(words):
            raise ValueError("its words are no different texts")
        if not all(map(is_phrase, parts)) or len(set(map(tuple, parts))) < len(parts):
            raise ValueError("its spans are no different lists of words")
        if not _are_counts(counts) or not _are_counts(span_counts):
            raise ValueError("it holds counts below 0, or too large ones")
        is_matrix = 1 <= rows.shape[1] <= MAX_WIDTH and Rows(rows).are_finite()
        if not is_matrix or (np.abs(rows) > 1.001).any():
            raise ValueError("its rows are no vectors of unit length")
        tokens = TokenizedCorpus(words, counts, meta["n_tokens"], meta["n_texts"], once, meta["attr"])
        vocabulary = Vocabulary(words[:n_words], counts[:n_words], tokens.n_tokens)
        fold_ins = FoldIns([tuple(part) for part in parts], span_counts)
        matrix = StoredMatrix(path / PAIRS).whole(n_words, n_words)
        contexts = StoredMatrix(path / CONTEXTS).whole(len(fold_ins), n_words)
        settings = {name: meta[name] for name in ("window", "subsample", "seed")}
        acronyms = {short: tuple(long) for short, long in meta["acronyms"].items()}
        counted = Cooccurrence(vocabulary, fold_ins, matrix, contexts, **settings)
        terms = [tuple(term) for term in meta["terms"]]
        space = _space(files, rows.shape[1])
        lessons = _lessons(files, meta["teacher"], n_words + len(fold_ins))
        return cls(tokens, counted, rows, space, acronyms, terms, lessons)


def _space(files: CheckedFiles, domain_width: int) -> Space:
    """RAISES: DomainVectorsError (DV042), ValueError."""
    domain, base, map_ = (files.array(name, ["<f4"], 2) for name in (DOMAIN_MATRIX, BASE_MATRIX, MAP))
    centre = files.array(BASE_CENTRE, ["<f4"], 1)
    if not all(Rows(matrix).are_finite() for matrix in (domain, centre[None], base, map_)):
        raise ValueError("the matrices of its space hold numbers that are not finite")
    if len(domain) != domain_width or len(base) != len(centre) or map_.shape[0] != map_.shape[1]:
        of_domain = f"a matrix of shape {domain.shape} for rows of a width of {domain_width}"
        of_base = f"one of {base.shape} for a centre of {centre.shape}"
        raise ValueError(f"{of_domain}, {of_base} and a map of shape {map_.shape} don't fit together")
    return Space(domain, centre, base, map_ if len(map_) else None)


def _write_lessons(folder: Path, lessons: Lessons) -> None:
    of_base = np.zeros((0, 0)) if lessons.of_base is None else lessons.of_base
    means = np.vstack([lessons.mean, lessons.centre])
    arrays = (lessons.rows, lessons.evidence[:, None], means, lessons.of_rows, lessons.of_own, of_base)
    for name, array in zip(TAUGHT, arrays):
        write_array(folder / name, array, "<f4")


def _lessons(files: CheckedFiles, numbers: dict[str, Any] | None, n_words: int) -> Lessons | None:
    """RAISES: DomainVectorsError (DV042), ValueError."""
    if numbers is None:
        return None
    arrays = [files.array(name, ["<f4"], 2) for name in TAUGHT]
    rows, evidence, means, of_rows, of_own, of_base = arrays
    (_, width), theirs = of_own.shape, rows.shape[1]
    shapes = [(n_words, theirs), (n_words, 1), (2, theirs), (theirs, width), (width, width)]
    fits = [array.shape == shape for array, shape in zip(arrays, shapes)]
    if not all(fits) or not (len(of_base) == 0 or of_base.shape[1] == width):
        found = [array.shape for array in arrays]
        raise ValueError(f"its lessons for {n_words} words have the shapes {found}")
    if not all(Rows(array).are_finite() for array in arrays) or (evidence < 0).any():
        raise ValueError("its lessons hold numbers that can't be used")
    part = of_base if len(of_base) else None
    return Lessons(rows, evidence[:, 0], means[0], means[1], of_rows, of_own, part, **numbers)


def _are_counts(numbers: np.ndarray) -> bool:
    """Whether all numbers are from 0 to MOST."""
    return not len(numbers) or bool(0 <= numbers.min() <= numbers.max() <= MOST)
