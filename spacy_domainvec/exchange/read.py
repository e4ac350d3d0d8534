"""Reading vectors of other tools. Nothing in a file is ever unpickled."""

import struct
import warnings
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from spacy.language import Language
from spacy.util import is_package
from thinc.api import to_numpy

from ..errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from ..pipeline.loading import load_pipeline
from ..table.base_vectors import BaseTable, floret_rows
from .given_rows import NO_NAME, ForeignVectors, LeftOut, of_array, without_odd_lengths, without_senses
from .read_fasttext import read_fasttext
from .read_static import is_model_name, read_npz, read_safetensors, read_static
from .read_text import read_binary, read_floret, read_text
from .recognize import Kind, is_static, recognize, refuse_folder
from .unpacked import no_vectors, unpacked

# Errors of NumPy, gensim and zipfile for files that are damaged, or that announce more than they hold.
FAULTS: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError)
FAULTS += (AttributeError, OverflowError, MemoryError, AssertionError)
FAULTS += (BadZipFile, zlib.error, struct.error)
# For a table of n-grams, or a user's own kind of vectors, the caller must name the words.
NOT_ASKED = "it knows no words, only what they are made of: name them with --paths.counts FILE"


def read_foreign(
    path: str,
    asked: Sequence[str] = (),
    most: int | None = None,
    occurs: Callable[[str], bool] | None = None,
) -> tuple[ForeignVectors, LeftOut]:
    """Read vectors of another tool.

    They can be a file of word2vec (text or binary), of GloVe, of fastText (.vec or .bin), a floret
    table, a .npz or safetensors file that `export` wrote, a model of model2vec, or a pipeline. Files are
    recognized by their content.
    They may be packed by gzip, bzip2, xz, zstd or zip (of one file).

    path: The file, the folder or name of a model, or the path or package name of a pipeline.
    asked: The words to look up in a floret table, or in a model of model2vec.
    most: The number of words to read, from the first; None for all.
    occurs: Whether a word occurs in a text. If given, all of those are read of a text or binary file
        or of fastText's .bin, and `most` limits the others. So no more is held than is needed,
        however large the file is.
    RETURNS: The words with their vectors, and the rows that were left out.
    RAISES: DomainVectorsError (DV030, DV062, DV066, DV071, DV075, DV096), which names the file and
        the fault.
    """
    file = Path(path)
    try:
        found, left_out = _read(file, path, asked, most, occurs)
    except DomainVectorsError:
        raise
    except FAULTS as e:
        raise no_vectors(path, e if str(e) else type(e).__name__) from None
    found = without_odd_lengths(without_senses(found, left_out), left_out)
    if not found.words:
        raise no_vectors(path, f"it has no vectors{f' ({left_out})' if left_out.found else ''}")
    if left_out.n_faults > len(found.words):
        raise no_vectors(path, f"most of its rows are none: {left_out}")
    return found, left_out


def _read(
    file: Path, path: str, asked: Sequence[str], most: int | None, occurs: Callable[[str], bool] | None
) -> tuple[ForeignVectors, LeftOut]:
    if is_static(file) or (not file.exists() and is_model_name(path)):
        return read_static(path, asked)
    if not file.is_file():
        return _of_pipeline(_loaded(file, path), asked)
    with unpacked(file) as opened:
        layout = recognize(opened, file)
        if layout.kind is Kind.npz:
            return read_npz(file)
        if layout.kind is Kind.safetensors:
            return read_safetensors(opened, file)
        if layout.kind is Kind.fasttext:
            taken, left_out = read_fasttext(opened, file, most, occurs)
            return taken.vectors(), left_out
        if layout.kind is Kind.floret:
            table, words = read_floret(opened.file, layout), _named(asked)
            return _of_asked(floret_rows(table, words), words)
        read = read_text if layout.kind is Kind.text else read_binary
        rows, left_out = read(opened.file, layout, most, occurs)
        return replace(rows.vectors(), n_announced=layout.n_announced), left_out


def _loaded(file: Path, path: str) -> Language:
    """A pipeline by path or name."""
    if file.is_dir():
        refuse_folder(file)
    if file.exists() and not (file / "config.cfg").is_file() and not is_package(path):
        why = "it is a folder without a pipeline" if file.is_dir() else "it is neither file nor folder"
        raise no_vectors(path, why)
    # A name that is no identifier is meant as the path of a file.
    if not file.exists() and not is_package(path) and not path.isidentifier():
        raise DomainVectorsError(Errors.DV030.format(path=path))
    return load_pipeline(path)


def _of_pipeline(nlp: Language, asked: Sequence[str]) -> tuple[ForeignVectors, LeftOut]:
    base, left_out = BaseTable(nlp.vocab.vectors), LeftOut()
    words = base.words(nlp.vocab.strings)
    if not base.width:
        raise ValueError("it has no vectors")
    if base.is_floret or not words:
        known = [word for word in _named(asked) if (base.find([word]) >= 0).all()]
        return _of_asked(base.rows(known), known)
    if n_unnamed := base.n_unnamed(nlp.vocab.strings):
        left_out.add(NO_NAME, len(words) + 1, times=n_unnamed)
    return of_array(words, base.find(words), to_numpy(base.vectors.data), left_out), left_out


def _of_asked(vectors: np.ndarray, words: list[str]) -> tuple[ForeignVectors, LeftOut]:
    if not words:
        raise ValueError(NOT_ASKED)
    left_out = LeftOut()
    return of_array(words, np.arange(len(words)), vectors, left_out), left_out


def _named(asked: Sequence[str]) -> list[str]:
    return [word for word in asked if word.strip()]


@dataclass(frozen=True, eq=False)
class NamedVectors:
    """Words and their vectors, shape (n_words, width), float32."""

    words: list[str]
    vectors: np.ndarray


def read_vectors(path: str, asked: Sequence[str] = ()) -> NamedVectors:
    """Read vectors without changing them. Of the rows of one word, the first is kept.

    Rows without a word, and rows that are no vectors, are left out.

    path: The file, or the path or package name of a pipeline, see `read.read_foreign`.
    asked: The words to look up in a floret table.
    RAISES: DomainVectorsError (DV062, DV066, DV071, DV075), which names the file and the fault.
    WARNS: DomainVectorsWarning (DV112, DV113) if rows were left out or are missing.
    """
    found, left_out = read_foreign(path, asked)
    warn_of_left_out(path, found, left_out)
    return NamedVectors(found.words, found.vectors[found.rows])


def warn_of_left_out(path: str, found: ForeignVectors, left_out: LeftOut) -> None:
    """WARNS: DomainVectorsWarning (DV112 if rows were left out, DV113 if not as many as announced)."""
    if found.n_announced not in (None, found.n_ranks):
        counted = {"path": path, "announced": found.n_announced, "found": found.n_ranks}
        warnings.warn(Warnings.DV113.format(**counted), DomainVectorsWarning, stacklevel=3)
    if left_out.total:
        shown = {"total": left_out.total, "n_rows": found.n_ranks, "path": path, "details": left_out}
        warnings.warn(Warnings.DV112.format(**shown), DomainVectorsWarning, stacklevel=3)
