"""A corpus: texts from files, tokenized once by the base pipeline's tokenizer, then read from disk as numbers."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from spacy.attrs import IDS
from spacy.language import Language
from spacy.tokens import Doc

from .errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from .readers import Skipped, read_docs, read_texts
from .sources import find_sources

ATTRS = ("ORTH", "LOWER", "NORM", "LEMMA")
# gensim cuts longer sentences silently, so longer texts are split here.
MAX_TOKENS = 10_000
BATCH_TOKENS = 2**20


@dataclass(frozen=True)
class Corpus:
    """Texts of files, folders, globs and addresses; each iteration reads them again.

    paths: What to read, see `sources.find_sources`.
    field: Name of the field or column of .jsonl, .csv and .tsv files that holds the text.
    """

    paths: str | Path | Sequence[str | Path]
    field: str = "text"

    def docs(self, nlp: Language, skipped: Skipped | None = None) -> Iterator[Doc]:
        """Yield the tokenized texts; only the pipeline's tokenizer runs.

        nlp: The pipeline whose tokenizer is used. Docs of .spacy files keep the tokens they have.
        skipped: Takes note of what can't be read. Without it, a warning (DV101) at the end tells.
        RAISES: DomainVectorsError (DV030 to DV036).
        """
        noted = Skipped() if skipped is None else skipped
        sources, left_out = find_sources(self.paths)
        if left_out:
            details = ", ".join(left_out[:3]) + (f" and {len(left_out) - 3} more" if len(left_out) > 3 else "")
            warnings.warn(Warnings.DV104.format(details=details), DomainVectorsWarning, stacklevel=2)
        for source in sources:
            if source.format == "spacy":
                yield from read_docs(source, nlp.vocab)
            else:
                yield from map(nlp.tokenizer, (text.strip() for text in read_texts(source, self.field, noted)))
        if skipped is None and noted.total:
            _warn_of(noted)


@dataclass(frozen=True, eq=False)
class TokenizedCorpus:
    """A corpus as numbers on disk, to be read as often as a trainer likes.

    words: The distinct tokens in the order they were first met.
    counts: How often each occurs, shape (n_words,), int64.
    ids: All tokens as indices into words, shape (n_tokens,), int32, memory-mapped.
    ends: Where each text ends in ids, shape (n_texts,), int64, memory-mapped. No text is longer than 10,000 tokens.
    attr: The token attribute that the words are values of.
    """

    words: list[str] = field(repr=False)
    counts: np.ndarray
    ids: np.ndarray
    ends: np.ndarray
    attr: str

    @property
    def n_tokens(self) -> int:
        """How many tokens all texts have."""
        return int(self.counts.sum())

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


def tokenize(
    corpus: Corpus,
    nlp: Language,
    directory: str | Path,
    attr: str = "LOWER",
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> TokenizedCorpus:
    """Tokenize a corpus once and write it to disk as numbers. Memory holds the distinct words, not the text.

    corpus: The texts.
    nlp: The pipeline whose tokenizer is used.
    directory: An existing directory for two files, 4 bytes a token and 8 bytes a text.
    attr: ORTH, LOWER, NORM or LEMMA; what the domain's words are keyed by.
    progress: Wraps the iteration over docs, for a progress bar.
    RETURNS: The tokens; those that are only white space are dropped.
    RAISES: DomainVectorsError (DV030 to DV038). WARNS: DomainVectorsWarning (DV101, DV104).
    """
    if attr not in ATTRS:
        raise DomainVectorsError(Errors.DV037.format(attr=attr, allowed=", ".join(ATTRS)))
    skipped, numbers, strings = Skipped(), _Numbers(), nlp.vocab.strings
    columns = [IDS[attr], IDS["IS_SPACE"]]
    ids_path, ends_path = Path(directory) / "ids.int32", Path(directory) / "ends.int64"
    n_tokens = n_unset = 0
    with ids_path.open("wb") as ids_file, ends_path.open("wb") as ends_file:
        for doc in progress(corpus.docs(nlp, skipped)):
            values = doc.to_array(columns)
            keys = values[values[:, 1] == 0, 0]
            n_unset += int((keys == 0).sum())
            ids = np.array(numbers.of(keys[keys != 0].tolist(), strings.__getitem__), dtype="<i4")
            ids_file.write(ids.tobytes())
            lengths = [MAX_TOKENS] * (len(ids) // MAX_TOKENS) + [len(ids) % MAX_TOKENS]
            ends = n_tokens + np.cumsum([n for n in lengths if n], dtype="<i8")
            ends_file.write(ends.tobytes())
            n_tokens += len(ids)
    if n_unset and not n_tokens:
        raise DomainVectorsError(Errors.DV038.format(attr=attr))
    if not n_tokens:
        files, why = len(find_sources(corpus.paths)[0]), f"{skipped.total} lines skipped"
        raise DomainVectorsError(
            Errors.DV034.format(files=files, skipped=f"{why} ({skipped})" if skipped.total else why)
        )
    if skipped.total:
        _warn_of(skipped)
    ids = np.memmap(ids_path, dtype="<i4", mode="r")
    counts = np.zeros(len(numbers.words), dtype="i8")
    for start in range(0, len(ids), BATCH_TOKENS):
        counts += np.bincount(ids[start : start + BATCH_TOKENS], minlength=len(counts))
    return TokenizedCorpus(numbers.words, counts, ids, np.memmap(ends_path, dtype="<i8", mode="r"), attr)


@dataclass
class _Numbers:
    """Gives each distinct key the next number."""

    words: list[str] = field(default_factory=list)
    number_of: dict[int, int] = field(default_factory=dict)

    def of(self, keys: list[int], string_of: Callable[[int], str]) -> list[int]:
        known = self.number_of
        try:
            return [known[key] for key in keys]
        except KeyError:
            for key in keys:
                if key not in known:
                    known[key] = len(known)
                    self.words.append(string_of(key))
            return [known[key] for key in keys]


def _warn_of(skipped: Skipped) -> None:
    message = Warnings.DV101.format(total=skipped.total, what="line(s)", details=skipped)
    warnings.warn(message, DomainVectorsWarning, stacklevel=3)
