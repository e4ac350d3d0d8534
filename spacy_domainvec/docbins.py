"""Annotated docs out of .spacy files. What else is in them than tokens is not looked at, and nothing is unpickled."""

from collections.abc import Iterator

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from .errors import DomainVectorsError, Errors
from .sources import Source, opened
from .unpacking import check_zlib


def read_docs(source: Source, vocab: Vocab) -> Iterator[Doc]:
    """Yield the docs of a .spacy file (DocBin), which is held in memory as a whole.

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
    """What is raised of a file that can't be read."""
    return DomainVectorsError(Errors.DV033.format(path=source.shown, why=error or type(error).__name__))


def _docs(source: Source, vocab: Vocab) -> Iterator[Doc]:
    with opened(source) as file:
        data = file.read()
    check_zlib(source.shown, data)
    found = DocBin().from_bytes(data)
    found.strings = set(map(_text, found.strings))
    found.cats = [{} for _ in found.tokens]
    found.span_groups = [b"" for _ in found.tokens]
    found.user_data = []
    yield from found.get_docs(vocab)


def _text(string: str) -> str:
    """A string as it is, if it is one that can be hashed. RAISES: UnicodeEncodeError, AttributeError."""
    string.encode("utf8")
    return string
