"""DomainVectors: the pipeline component with the domain's table; `vocab.vectors` stay as they are."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import minibatch
from spacy.vectors import Vectors
from spacy.vocab import Vocab

from ..errors import DomainVectorsError, Errors
from ..files.checked_files import reading
from ..files.integrity import parsed
from ..table.table import VectorTable
from .extensions import bind, install_extensions
from .hooks import overwrite_vectors
from .lookup import VectorLookup, check_attrs
from .pooling import means

# Docs pooled at a time.
POOLED_DOCS = 4096
# In the component's folder: the folder of the table, and a file that notes whether there is one.
TABLE, NOTE = "table", "component.json"
DEFAULT_CONFIG = {"attrs": ["ORTH", "LOWER"], "attr_name": "dvec", "overwrite_vectors": False}


@Language.factory(
    "domain_vectors",
    default_config=DEFAULT_CONFIG,
    assigns=["token._.dvec", "span._.dvec", "doc._.dvec"],
)
def make_domain_vectors(
    nlp: Language, name: str, attrs: list[str], attr_name: str, overwrite_vectors: bool
) -> "DomainVectors":
    """Make the component of `nlp.add_pipe("domain_vectors")`; see `DomainVectors` for the settings."""
    return DomainVectors(nlp.vocab, name, attrs=attrs, attr_name=attr_name, overwrite_vectors=overwrite_vectors)


class DomainVectors:
    """Serves the combined vectors of a table to tokens, spans and docs.

    They are `token._.dvec`, `span._.dvec`, `doc._.dvec` and `doc._.dvecs`, computed when they are
    read, and not stored on the Doc. A token is looked up in the table by its attributes. A word that
    the table lacks gets the base's vector from `vocab.vectors`, in the same space, else its subword
    vector.

    vocab: The pipeline's vocab. Its vectors are only read.
    name: The component's name in the pipeline.
    attrs: Token attributes to look up in the table, in this order, until one has a row: any of
        ORTH, LOWER, NORM and LEMMA.
    attr_name: Name of the extension attributes. Two components in one vocab need two names.
    overwrite_vectors: Whether user hooks make `vector`, `has_vector`, `vector_norm` and `similarity` of
        docs, spans and tokens return these vectors too. A vocab without vectors then gets an empty table
        of their width.
    RAISES: DomainVectorsError (DV003, DV004) for a name or an attribute that can't be used.
    """

    def __init__(
        self,
        vocab: Vocab,
        name: str = "domain_vectors",
        *,
        attrs: Sequence[str] = ("ORTH", "LOWER"),
        attr_name: str = "dvec",
        overwrite_vectors: bool = False,
    ) -> None:
        self.vocab = vocab
        self.name = name
        self.attrs = check_attrs(attrs)
        self.attr_name = attr_name
        self.overwrite_vectors = overwrite_vectors
        self._lookup: VectorLookup | None = None
        install_extensions(attr_name)
        bind(attr_name, vocab, name, None)

    def __call__(self, doc: Doc) -> Doc:
        """Set the Doc's hooks if `overwrite_vectors` is set; otherwise leave the Doc as it is.

        A Doc of a new vocab, as after `source=`, binds that vocab to the table.
        """
        if doc.vocab is not self.vocab:
            self.bind(doc.vocab)
        if self.overwrite_vectors:
            overwrite_vectors(self.attr_name, doc)
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 1000) -> Iterator[Doc]:
        """The same for a stream of docs. The new words of a batch are looked up together."""
        for docs in minibatch(stream, batch_size):
            batch = [self(doc) for doc in docs]
            if self._lookup is not None and all(doc.vocab is self.vocab for doc in batch):
                self._lookup.rows_of(self._lookup.values(batch), self.vocab)
            yield from batch

    def __getstate__(self) -> dict[str, Any]:
        names = ("vocab", "name", "attrs", "attr_name", "overwrite_vectors")
        settings = {name: getattr(self, name) for name in names}
        return {**settings, "table": self._lookup.table if self._lookup else None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        table = state.pop("table")
        self.__init__(**state)  # type: ignore[misc]
        if table is not None:
            self.set_table(table)

    @property
    def lookup(self) -> VectorLookup:
        """The look-up in the table and the base. RAISES: DomainVectorsError (DV001) without a table."""
        if self._lookup is None:
            raise DomainVectorsError(Errors.DV001.format(name=self.name))
        return self._lookup

    @property
    def table(self) -> VectorTable:
        """The table. RAISES: DomainVectorsError (DV001) without a table."""
        return self.lookup.table

    @property
    def width(self) -> int:
        """The width of the vectors. RAISES: DomainVectorsError (DV001)."""
        return self.table.width

    def bind(self, vocab: Vocab) -> None:
        """Serve the attributes of this vocab's docs. The vocab bound before stays bound."""
        self.vocab = vocab
        bind(self.attr_name, vocab, self.name, self._lookup)
        # Users of token.vector take a width of 0 for a pipeline without vectors.
        if self.overwrite_vectors and self._lookup is not None and vocab.vectors_length == 0:
            vocab.vectors = Vectors(strings=vocab.strings, shape=(0, self.width))

    def set_table(self, table: VectorTable) -> None:
        """Use this table from now on, also for existing docs."""
        self._lookup = VectorLookup(table, self.attrs)
        self.bind(self.vocab)

    def load_table(self, path: str | Path) -> None:
        """Use the table in a directory; its vectors are memory-mapped.

        RAISES: DomainVectorsError (DV020 to DV022).
        """
        self.set_table(VectorTable.from_disk(path))

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]] | None = None,
        *,
        nlp: Language | None = None,
        table: str | Path | None = None,
    ) -> None:
        """Load the table that `[initialize.components.domain_vectors]` names.

        get_examples: Not used.
        nlp: The pipeline; its vocab is bound.
        table: Directory of a table; None to keep the table loaded before.
        RAISES: DomainVectorsError (DV001 without any table, DV020 to DV022).
        """
        if nlp is not None:
            self.bind(nlp.vocab)
        if table is not None:
            self.load_table(table)
        _ = self.lookup  # raises without a table

    def pool(self, docs: Iterable[Doc | Span]) -> np.ndarray:
        """The vectors of many docs: the same as `doc._.dvec` for each, but far faster.

        docs: Docs of one vocab, or spans of such docs. A span is the mean of its tokens, even if it
            is a phrase.
        RETURNS: Shape (n_docs, width), float32.
        RAISES: DomainVectorsError (DV001 without a table, DV009 for docs of several vocabs).
        """
        lookup, all_docs = self.lookup, list(docs)
        if any(doc.vocab is not all_docs[0].vocab for doc in all_docs):
            raise DomainVectorsError(Errors.DV009)
        pooled = np.zeros((len(all_docs), self.width), dtype="f")
        for start in range(0, len(all_docs), POOLED_DOCS):
            batch = all_docs[start : start + POOLED_DOCS]
            rows, numbers = lookup.rows_of(lookup.values(batch), batch[0].vocab)
            lengths = np.array([len(doc) for doc in batch])
            pooled[start : start + len(batch)] = means(rows, numbers, lengths)
        return pooled

    def vector(self, word: str) -> np.ndarray:
        """The vector of a word, shape (width,), float32; zeros for an unknown word."""
        return self.lookup.word_vector(word, self.vocab)

    def source(self, word: str) -> str:
        """The source of a word's vector: "domain", "general" or "subword"; "none" without one."""
        return self.lookup.word_source(word, self.vocab)

    def most_similar(self, query: str | np.ndarray, n: int = 10) -> list[tuple[str, float]]:
        """The words of the table with the largest cosine to a word or a vector, nearest first.

        query: A word, which is itself left out, or an array of shape (width,), which is not changed.
        n: The number of words to return.
        RETURNS: Words and cosines.
        RAISES: DomainVectorsError (DV005 for a word without a vector, DV006 for a vector of another
            width).
        """
        if isinstance(query, str):
            vector = self.vector(query)
            if not vector.any():
                raise DomainVectorsError(Errors.DV005.format(word=query))
            return self.table.most_similar(vector, n, without=query)
        if np.shape(query) != (self.width,):
            raise DomainVectorsError(Errors.DV006.format(shape=np.shape(query), width=self.width))
        return self.table.most_similar(query, n)

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the table to a directory, and a note of whether there is one.

        The settings are in the pipeline's config.
        exclude: "table" to leave the table out. SpaCy passes other names, which are ignored.
        RAISES: DomainVectorsError (DV023).
        """
        path, has_table = Path(path), self._lookup is not None and "table" not in exclude
        path.mkdir(parents=True, exist_ok=True)
        if self._lookup is not None and has_table:
            self._lookup.table.to_disk(path / TABLE, scratch=_beside_pipeline(path))
        # Written in place: a temporary file beside it could be packaged.
        srsly.write_json(path / NOTE, {"table": has_table})

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "DomainVectors":
        """Read the directory that `to_disk` wrote.

        RAISES: DomainVectorsError (DV020 to DV022, DV087; DV086 if the table is missing, unless the note
            says that there was none).
        """
        path = Path(path)
        if "table" not in exclude and _has_table(path, self.name):
            self.load_table(path / TABLE)
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Serialize the table; b"" without one. See `to_disk` for exclude.

        RAISES: DomainVectorsError (DV023).
        """
        if self._lookup is None or "table" in exclude:
            return b""
        return self._lookup.table.to_bytes()

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "DomainVectors":
        """Read the bytes of `to_bytes`. RAISES: DomainVectorsError (DV021, DV022)."""
        if data and "table" not in exclude:
            self.set_table(VectorTable.from_bytes(data))
        return self


def _beside_pipeline(path: Path) -> Path | None:
    """The folder around the pipeline's, for unfinished files; None if it can't be used.

    All files within a pipeline's folder are packaged.
    """
    pipeline = path.absolute().parent
    beside = pipeline.parent
    # SpaCy writes this file before the components.
    if not (pipeline / "meta.json").is_file() or not os.access(beside, os.W_OK | os.X_OK):
        return None
    return beside if os.stat(beside).st_dev == os.stat(path).st_dev else None


def _has_table(path: Path, name: str) -> bool:
    """RAISES: DomainVectorsError (DV022 for a damaged note, DV086 for a missing table)."""
    if (path / NOTE).is_file():
        with reading(path / NOTE, Errors.DV022):
            note = parsed((path / NOTE).read_bytes(), dict)
            if type(note.get("table")) is not bool:
                raise ValueError("it does not tell whether there is a table")
        if not note["table"]:
            return False
    if not (path / TABLE).is_dir():
        raise DomainVectorsError(Errors.DV086.format(name=name, path=path / TABLE))
    return True
