"""Annotated docs from .spacy files. Only the tokens and the cats are read, and nothing is unpickled."""

from collections.abc import Iterator

import numpy as np
import srsly
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..errors import DomainVectorsError, Errors
from .sources import Source, opened
from .unpacking import unzipped


def read_docs(source: Source, vocab: Vocab) -> Iterator[Doc]:
    """Yield the docs of a .spacy file (DocBin). The whole file is held in memory.

    RAISES: DomainVectorsError (DV030, DV033, DV054, DV057).
    """
    docs = _docs(source, vocab)
    while True:
        try:
            doc = next(docs)
        except StopIteration:
            return
        except DomainVectorsError:
            raise
        except Exception as e:  # zlib, msgpack, numpy and spaCy each have errors of their own
            raise damaged(source, e) from None
        yield doc


def damaged(source: Source, error: Exception) -> DomainVectorsError:
    """The error (DV033) for a file that can't be read."""
    return DomainVectorsError(Errors.DV033.format(path=source.shown, why=error or type(error).__name__))


def _docs(source: Source, vocab: Vocab) -> Iterator[Doc]:
    with opened(source) as file:
        data = file.read()
    message = srsly.msgpack_loads(unzipped(source.shown, data))
    found = DocBin()
    found.attrs, found.strings = message["attrs"], set(map(_text, message["strings"]))
    lengths = np.frombuffer(message["lengths"], dtype="i4")
    tokens = np.frombuffer(message["tokens"], dtype="u8").reshape(-1, len(found.attrs))
    spaces = np.frombuffer(message["spaces"], dtype=bool).reshape(-1, 1)
    found.flags = message.get("flags", [{} for _ in lengths])
    # DocBin.from_bytes would drop the tokens that are too many.
    are_complete = lengths.sum() == len(tokens) == len(spaces) and len(found.flags) == len(lengths)
    if (lengths < 0).any() or not are_complete:
        raise ValueError("its parts are of different lengths")
    ends = np.cumsum(lengths)[:-1]
    found.tokens, found.spaces = np.split(tokens, ends), np.split(spaces, ends)
    cats = message.get("cats")
    fits = isinstance(cats, list) and len(cats) == len(lengths)
    has_cats = fits and all(isinstance(cat, dict) for cat in cats)
    found.cats = cats if has_cats else [{} for _ in lengths]
    found.span_groups = [b"" for _ in lengths]
    yield from found.get_docs(vocab) if len(lengths) else ()


def _text(string: str) -> str:
    """Check that a string can be hashed. RAISES: UnicodeEncodeError, AttributeError."""
    string.encode("utf8")
    return string
