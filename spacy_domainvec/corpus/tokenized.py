"""A corpus as numbers on disk, which can be read any number of times."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import srsly

# gensim silently cuts off longer sentences, so longer texts are split here.
MAX_TOKENS = 10_000
BATCH_TOKENS = 2**20
WORDS = "words.json"


@dataclass(frozen=True)
class TokenizedPart:
    """Some texts of a corpus as numbers, in a directory. Each file is read when it is first used."""

    folder: Path

    @cached_property
    def words(self) -> list[str]:
        """The distinct tokens, in the order of their hashes."""
        # The standard library's parser takes half the time of srsly.
        return list(json.loads((self.folder / WORDS).read_bytes()))

    @cached_property
    def keys(self) -> np.ndarray:
        """The hashes of the words, increasing, shape (n_words,), uint64."""
        return self._array("keys")

    @cached_property
    def counts(self) -> np.ndarray:
        """The number of occurrences of each word, shape (n_words,), int64."""
        return self._array("counts")

    @cached_property
    def ids(self) -> np.ndarray:
        """All tokens as indices into words, shape (n_tokens,), int32."""
        return self._array("ids")

    @cached_property
    def ends(self) -> np.ndarray:
        """The end of each text in ids, shape (n_texts,), int64. A text has 10,000 tokens at most."""
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
        """Yield batches of whole texts, each of about n_tokens.

        YIELDS: The ids of the tokens, int32, and the number of each token's text, int64, both of shape
            (n_tokens_of_batch,).
        """
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

    words: The distinct tokens, most frequent first. In a very large corpus, the rarest are left out.
    counts: The number of occurrences of each word, shape (n_words,), int64.
    n_tokens, n_texts: The numbers of all tokens and texts.
    once: The hashes of the words that occur once, shape (n_words_once,), uint64.
    attr: The token attribute by which words are distinguished.
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

    def frequent(self, per_million: float) -> set[str]:
        """The words that occur at least so often in a million tokens."""
        least = per_million / 1e6 * self.n_tokens
        return {word for word, n in zip(self.words, self.counts.tolist()) if n >= least}
