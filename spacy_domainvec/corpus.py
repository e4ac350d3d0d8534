"""A corpus: texts from files; and the same as numbers on disk, to be read as often as one likes."""

import json
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import srsly
from spacy.language import Language
from spacy.tokens import Doc

from .cutting import pieces_of
from .docbins import read_docs
from .errors import DomainVectorsWarning, Warnings
from .readers import read_texts
from .skipped import Skipped, warn_of
from .sources import STDIN, Source, find_sources
from .versions import unchanged

ATTRS = ("ORTH", "LOWER", "NORM", "LEMMA")
# gensim cuts longer sentences silently, so longer texts are split here.
MAX_TOKENS = 10_000
BATCH_TOKENS = 2**20
WORDS = "words.json"


@dataclass(frozen=True)
class Corpus:
    """Texts of files, folders, globs and addresses; each iteration reads them again.

    paths: What to read, see `sources.find_sources`.
    field: Name of the field or column of .jsonl, .csv and .tsv files that holds the text. What YAML and JSON take for
        a number or nothing is taken for the name that is written so: 0, 2024, null.
    exclude: Files and folders that are no texts, such as the output, though they may lie among them.
    """

    paths: str | Path | Sequence[str | Path]
    field: str | int | float | None = "text"
    exclude: Sequence[Path] = ()

    def sources(self) -> list[Source]:
        """The files.

        RAISES: DomainVectorsError (DV030, DV031, DV033, DV035, DV056, DV057). WARNS: DomainVectorsWarning (DV104).
        """
        sources, left_out = find_sources(self.paths, self.exclude)
        if left_out:
            details = ", ".join(left_out[:3]) + (f" and {len(left_out) - 3} more" if len(left_out) > 3 else "")
            warnings.warn(Warnings.DV104.format(details=details), DomainVectorsWarning, stacklevel=2)
        return sources

    def docs(self, nlp: Language) -> Iterator[Doc]:
        """Yield the tokenized texts; only the pipeline's tokenizer runs.

        nlp: The pipeline whose tokenizer is used. Docs of .spacy files keep the tokens they have. A text with more
            than 1,000 characters without white space comes in several docs.
        RAISES: DomainVectorsError (DV030 to DV036, DV039, DV054 to DV057).
        WARNS: DomainVectorsWarning (DV101, DV104, DV109).
        """
        skipped = Skipped()
        for source in self.sources():
            with unchanged({source: None} if source.path != STDIN else {}):
                if source.format == "spacy":
                    yield from read_docs(source, nlp.vocab)
                    continue
                for text in read_texts(source, self.field, skipped):
                    yield from map(nlp.tokenizer, pieces_of(text.strip()))
        warn_of(skipped)


@dataclass(frozen=True)
class TokenizedPart:
    """Some texts of a corpus as numbers, in a directory. What is not used is not read."""

    folder: Path

    @cached_property
    def words(self) -> list[str]:
        """The distinct tokens, in the order of their hashes."""
        # Half the time that srsly takes.
        return list(json.loads((self.folder / WORDS).read_bytes()))

    @cached_property
    def keys(self) -> np.ndarray:
        """The hashes of the words, increasing, shape (n_words,), uint64."""
        return self._array("keys")

    @cached_property
    def counts(self) -> np.ndarray:
        """How often each word occurs, shape (n_words,), int64."""
        return self._array("counts")

    @cached_property
    def ids(self) -> np.ndarray:
        """All tokens as indices into words, shape (n_tokens,), int32."""
        return self._array("ids")

    @cached_property
    def ends(self) -> np.ndarray:
        """Where each text ends in ids, shape (n_texts,), int64. No text is longer than 10,000 tokens."""
        return self._array("ends")

    @classmethod
    def write(cls, folder: Path, words: list[str], **arrays: np.ndarray) -> "TokenizedPart":
        """Write a directory: the words, and the arrays by their names."""
        folder.mkdir()
        srsly.write_json(folder / WORDS, words, indent=0)
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        return cls(folder)

    def _array(self, name: str) -> np.ndarray:
        return np.asarray(np.load(self.folder / f"{name}.npy", allow_pickle=False))

    def sentences(self) -> Iterator[list[str]]:
        """Yield the words of each text."""
        start = 0
        for end in self.ends.tolist():
            yield [self.words[i] for i in self.ids[start:end].tolist()]
            start = end

    def batches(self, n_tokens: int = BATCH_TOKENS) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield whole texts of together about n_tokens: ids, int32, and the number of each token's text, int64."""
        start = first = 0
        while first < len(self.ends):
            last = max(first + 1, int(np.searchsorted(self.ends, start + n_tokens, side="right")))
            ends = np.asarray(self.ends[first:last])
            lengths = np.diff(ends, prepend=start)
            yield np.asarray(self.ids[start : ends[-1]]), np.repeat(np.arange(first, last), lengths)
            start, first = int(ends[-1]), last


@dataclass(frozen=True, eq=False)
class TokenizedCorpus:
    """A corpus as numbers on disk.

    words: The distinct tokens, most frequent first; of a very large corpus, without the rarest ones.
    counts: How often each occurs, shape (n_words,), int64.
    n_tokens, n_texts: How many there are.
    once: The hashes of the words that occur once, shape (n_words_once,), uint64.
    attr: The token attribute that the words are values of.
    parts: The texts, in order.
    """

    words: list[str] = field(repr=False)
    counts: np.ndarray
    n_tokens: int
    n_texts: int
    once: np.ndarray
    attr: str
    parts: Sequence[TokenizedPart] = field(default=(), repr=False)

    def sentences(self) -> Iterator[list[str]]:
        """Yield the words of each text."""
        for part in self.parts:
            yield from TokenizedPart(part.folder).sentences()
