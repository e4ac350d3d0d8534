"""Counting co-occurring pairs of words in some parts of a corpus."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from operator import add
from pathlib import Path

import numpy as np
import srsly

from ..corpus.tokenized import BATCH_TOKENS, TokenizedPart
from .fold_ins import FoldIns
from .phrase_trie import PhraseNumbers, PhraseTrie
from .subsampling import N_DRAWS, chances, is_kept, shares_to_keep
from .vocabulary import Vocabulary
from .windows import Places, Sparse, count_near

# The unit of the counts is the least common multiple of all distances, which soon grows too large.
MAX_WINDOW = 20
# Words counted together at most. More take longer, as their pairs don't fit the processor's cache.
MOST_WORDS = 2**18
# Names in the work folder.
SETTINGS, WORDS, COUNTS = "settings.json", "words.json", "counts.npy"
FOLD_INS, FOLD_IN_COUNTS = "spans.json", "span_counts.npy"


@dataclass(frozen=True, eq=False)
class PairCounter:
    """Counts the words of a vocabulary near each other and near fold-ins; see `cooccurrence.count`.

    vocabulary: The words.
    fold_ins: Other words and phrases, near which the words are counted, too.
    window: The largest distance.
    subsample: The threshold for the relative frequency, 0 for no subsampling.
    seed: The seed of the subsampling.
    """

    vocabulary: Vocabulary
    fold_ins: FoldIns
    window: int
    subsample: float
    seed: int

    def to_disk(self, path: Path) -> None:
        """Write the counter to a directory, as several files."""
        settings = {name: getattr(self, name) for name in ("window", "subsample", "seed")}
        srsly.write_json(path / SETTINGS, {**settings, "n_tokens": self.vocabulary.n_tokens})
        srsly.write_json(path / WORDS, self.vocabulary.words, indent=0)
        srsly.write_json(path / FOLD_INS, [list(part) for part in self.fold_ins.parts], indent=0)
        np.save(path / COUNTS, self.vocabulary.counts, allow_pickle=False)
        np.save(path / FOLD_IN_COUNTS, self.fold_ins.counts, allow_pickle=False)

    @classmethod
    @lru_cache(maxsize=1)
    def from_disk(cls, path: Path) -> "PairCounter":
        """Read a counter that `to_disk` wrote. The last one is kept in memory."""
        settings = srsly.read_json(path / SETTINGS)
        counts = np.load(path / COUNTS, allow_pickle=False)
        vocabulary = Vocabulary(srsly.read_json(path / WORDS), counts, settings.pop("n_tokens"))
        parts = [tuple(part) for part in srsly.read_json(path / FOLD_INS)]
        fold_ins = FoldIns(parts, np.load(path / FOLD_IN_COUNTS, allow_pickle=False))
        return cls(vocabulary, fold_ins, **settings)

    def count(self, parts: Iterable[TokenizedPart], n_words: int) -> Sparse:
        """Count in some parts of a corpus.

        n_words: The most words to hold at a time, roughly; a word counts once for each draw that keeps
            it.
        RETURNS: A sparse CSR matrix, shape (n_words + n_fold_ins, n_words), int64, in units of 1 /
            `distance_unit(window)`, the sum over all draws. The row of a word has the words that follow
            it, the row of a fold-in the words on either side.
        """
        return reduce(add, map(self._count, self._slices(parts, n_words)))

    def _slices(self, parts: Iterable[TokenizedPart], n_words: int) -> Iterator[list["_Batch"]]:
        """Yield lists of batches to count together."""
        n_words = min(n_words, MOST_WORDS)
        found: list[_Batch] = []
        room = n_words
        for part in parts:
            for batch in self._batches(part, min(BATCH_TOKENS, n_words)):
                if found and len(batch.words) > room:
                    yield found
                    found, room = [], n_words
                found.append(batch)
                room -= len(batch.words)
        yield found

    def _count(self, batches: Sequence["_Batch"]) -> Sparse:
        """Count in all batches together."""
        batch, n_words = _joined(batches), len(self.vocabulary)
        rows_of_fold_ins = batch.fold_ins + n_words
        places = [
            Places(batch.words, _following(batch.texts), 1),
            Places(rows_of_fold_ins, batch.before, -1),
            Places(rows_of_fold_ins, batch.after, 1),
        ]
        weights = distance_unit(self.window) // np.arange(1, self.window + 1)
        shape = n_words + len(self.fold_ins), n_words
        return count_near(places, batch.words, batch.texts, weights, shape)

    def _batches(self, part: TokenizedPart, n_tokens: int) -> Iterator["_Batch"]:
        """Yield batches of texts, with the words that are kept and the fold-ins among them."""
        renumber = np.array([self._number_of.get(word, -1) for word in part.words], dtype="i4")
        trie = PhraseTrie.of(self._numbers, part.words)
        # Without subsampling, all draws are the same.
        draws = range(N_DRAWS if self.subsample else 1)
        for ids, texts in part.batches(n_tokens):
            words = renumber[ids]
            known = np.flatnonzero(words >= 0)
            chance = chances(part.keys[ids], texts, self.seed)[known]
            share = self._keep[words[known]]
            matches = list(trie.matches(ids, texts))
            for draw in draws:
                kept = known[is_kept(chance, share, draw)]
                yield self._batch(words[kept], texts, kept, matches)

    def _batch(
        self, words: np.ndarray, texts: np.ndarray, kept: np.ndarray, matches: list[tuple[np.ndarray, np.ndarray]]
    ) -> "_Batch":
        """A batch of the words at some places.

        texts: The number of each token's text, shape (n_tokens,).
        kept: The places of the words, shape (n_words,).
        matches: The fold-ins that were found, and the place of the last word of each.
        """
        of_text, fold_ins, befores, afters = texts[kept], [], [], []
        for found, ends in matches:
            before = np.searchsorted(kept, ends - self._lengths[found], side="right") - 1
            after = np.searchsorted(kept, ends, side="right")
            fold_ins.append(found)
            befores.append(_in_text(before, of_text, texts[ends]))
            afters.append(_in_text(after, of_text, texts[ends]))
        near = np.concatenate(befores), np.concatenate(afters)
        return _Batch(words, of_text, np.concatenate(fold_ins), *near)

    @cached_property
    def _number_of(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.vocabulary.words)}

    @cached_property
    def _numbers(self) -> PhraseNumbers:
        return PhraseNumbers.of(self.fold_ins.parts)

    @cached_property
    def _lengths(self) -> np.ndarray:
        return np.array([len(words) for words in self.fold_ins.parts], dtype="i8")

    @cached_property
    def _keep(self) -> np.ndarray:
        return shares_to_keep(self.vocabulary, self.subsample)


@dataclass(frozen=True, eq=False)
class _Batch:
    """Some texts.

    words, texts: The words that are kept, and the text number of each, shape (n_words,).
    fold_ins: The fold-ins that were found, shape (n_fold_ins,).
    before, after: The indices of the last word before each fold-in and of the first one after it,
        -1 for none, shape (n_fold_ins,).
    """

    words: np.ndarray
    texts: np.ndarray
    fold_ins: np.ndarray
    before: np.ndarray
    after: np.ndarray


def distance_unit(window: int) -> int:
    """The count of a pair at distance one: the least common multiple of all distances in the window."""
    return math.lcm(*range(1, window + 1))


def _joined(batches: Sequence[_Batch]) -> _Batch:
    """Several batches as one. The text numbers of later batches are raised."""
    n_texts = [int(batch.texts[-1]) + 1 if len(batch.texts) else 0 for batch in batches]
    first_texts = np.cumsum([0, *n_texts]).tolist()
    first_words = np.cumsum([0, *(len(batch.words) for batch in batches)]).tolist()
    return _Batch(
        np.concatenate([batch.words for batch in batches]),
        np.concatenate([batch.texts + first for batch, first in zip(batches, first_texts)]),
        np.concatenate([batch.fold_ins for batch in batches]),
        np.concatenate([_moved(batch.before, first) for batch, first in zip(batches, first_words)]),
        np.concatenate([_moved(batch.after, first) for batch, first in zip(batches, first_words)]),
    )


def _moved(places: np.ndarray, n: int) -> np.ndarray:
    """Indices raised by n; -1 stays."""
    return np.where(places < 0, -1, places + n)


def _following(texts: np.ndarray) -> np.ndarray:
    """The index of the word after each word, -1 after the last one of a text."""
    is_last = np.diff(texts, append=-1) != 0
    return np.where(is_last, -1, np.arange(1, len(texts) + 1))


def _in_text(places: np.ndarray, of_text: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """The places that lie in the text with the number in `texts`, -1 for others."""
    if not len(of_text):
        return np.full(len(places), -1)
    inside = (places >= 0) & (places < len(of_text))
    inside &= of_text[np.clip(places, 0, len(of_text) - 1)] == texts
    return np.where(inside, places, -1)
