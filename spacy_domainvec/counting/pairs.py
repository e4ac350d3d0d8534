"""Counting the pairs of words that stand near each other, in one part of a corpus. Counts are whole numbers."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import srsly

from ..corpus.tokenized import BATCH_TOKENS, TokenizedPart
from ..util.extras import import_extra
from .matching import Matcher, SpanIndex
from .spans import Spans
from .vocabulary import Vocabulary

# The unit of the counts grows with the least common multiple of the distances.
MAX_WINDOW = 20

Sparse = Any  # scipy.sparse.csr_matrix, which must not be imported here


@dataclass(frozen=True, eq=False)
class PairCounter:
    """Counts the words of a vocabulary near each other and near spans; see `cooccurrence.count`.

    vocabulary: The words.
    spans: What else to count the words near of.
    window: Largest distance.
    subsample: Threshold of the relative frequency, 0 for none.
    seed: Of the subsampling.
    """

    vocabulary: Vocabulary
    spans: Spans
    window: int
    subsample: float
    seed: int

    def to_disk(self, path: Path) -> None:
        """Write files to a directory."""
        settings = {name: getattr(self, name) for name in ("window", "subsample", "seed")}
        srsly.write_json(path / "settings.json", {**settings, "n_tokens": self.vocabulary.n_tokens})
        srsly.write_json(path / "words.json", self.vocabulary.words, indent=0)
        srsly.write_json(path / "spans.json", [list(part) for part in self.spans.parts], indent=0)
        np.save(path / "counts.npy", self.vocabulary.counts, allow_pickle=False)
        np.save(path / "span_counts.npy", self.spans.counts, allow_pickle=False)

    @classmethod
    @lru_cache(maxsize=1)
    def from_disk(cls, path: Path) -> "PairCounter":
        """Read what `to_disk` wrote; the last one that was read is kept."""
        settings, words, parts = (srsly.read_json(path / f"{name}.json") for name in ("settings", "words", "spans"))
        counts, span_counts = (np.load(path / f"{name}.npy", allow_pickle=False) for name in ("counts", "span_counts"))
        vocabulary = Vocabulary(words, counts, settings.pop("n_tokens"))
        return cls(vocabulary, Spans([tuple(part) for part in parts], span_counts), **settings)

    def count(self, parts: Iterable[TokenizedPart], n_tokens: int | None = None) -> Sparse:
        """Count in some parts of a corpus.

        n_tokens: About how many are looked at a time, with all the pairs that they are in; None for all at once.
        RETURNS: Sparse CSR matrix, shape (n_words + n_spans, n_words), int64, in units of `distance_unit(window)`: of a
            word, what follows it; of a span, what stands on either side.
        """
        return reduce(add, map(self._count, self._slices(parts, n_tokens)))

    def _slices(self, parts: Iterable[TokenizedPart], n_tokens: int | None) -> Iterator[list["_Batch"]]:
        """Batches that are counted together."""
        found: list[_Batch] = []
        room = n_tokens or math.inf
        for part in parts:
            for batch in self._batches(part, min(BATCH_TOKENS, n_tokens or BATCH_TOKENS)):
                if found and batch.n_tokens > room:
                    yield found
                    found, room = [], n_tokens or math.inf
                found.append(batch)
                room -= batch.n_tokens
        yield found

    def _count(self, batches: Sequence["_Batch"]) -> Sparse:
        """A sparse product of where words stand and what stands near these places."""
        words, texts = np.concatenate([batch.words for batch in batches]), _numbered([batch.texts for batch in batches])
        rows, firsts = [words], [np.where(np.diff(texts, append=-1) == 0, np.arange(1, len(words) + 1), -1)]
        n_before = np.cumsum([0, *(len(batch.words) for batch in batches)]).tolist()
        steps = [1]
        for step, name in ((-1, "before"), (1, "after")):
            rows.append(np.concatenate([batch.spans for batch in batches]) + len(self.vocabulary))
            places = [np.where(getattr(b, name) < 0, -1, getattr(b, name) + n) for b, n in zip(batches, n_before)]
            firsts.append(np.concatenate(places))
            steps.append(step)
        weights = distance_unit(self.window) // np.arange(1, self.window + 1)
        return _product(rows, firsts, steps, words, texts, weights, (self._n_rows, len(self.vocabulary)))

    def _batches(self, part: TokenizedPart, n_tokens: int) -> Iterator["_Batch"]:
        """The words of texts, without those that are dropped, and where the spans are among them."""
        renumber = np.array([self._number_of.get(word, -1) for word in part.words], dtype="i4")
        matcher = Matcher.of(self._index, part.words)
        for ids, texts in part.batches(n_tokens):
            words = renumber[ids]
            is_kept = words >= 0
            is_kept[is_kept] = chances(part.keys[ids], texts, self.seed)[is_kept] < self._keep[words[is_kept]]
            kept = np.flatnonzero(is_kept)
            of_text, spans, places = texts[kept], [], []
            for found, ends in matcher.matches(ids, texts):
                before = np.searchsorted(kept, ends - self._lengths[found], side="right") - 1
                after = np.searchsorted(kept, ends, side="right")
                spans.append(found)
                places.append([_in_text(near, of_text, texts[ends]) for near in (before, after)])
            before, after = (np.concatenate(side) for side in zip(*places))
            yield _Batch(len(ids), words[kept], of_text, np.concatenate(spans), before, after)

    @property
    def _n_rows(self) -> int:
        return len(self.vocabulary) + len(self.spans)

    @cached_property
    def _number_of(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.vocabulary.words)}

    @cached_property
    def _index(self) -> SpanIndex:
        return SpanIndex.of(self.spans.parts)

    @cached_property
    def _lengths(self) -> np.ndarray:
        return np.array([len(words) for words in self.spans.parts], dtype="i8")

    @cached_property
    def _keep(self) -> np.ndarray:
        """The probability that an occurrence of each word is kept."""
        if not self.subsample:
            return np.ones(len(self.vocabulary))
        return np.minimum(1, np.sqrt(self.subsample / self.vocabulary.probabilities))


@dataclass(frozen=True, eq=False)
class _Batch:
    """Some texts.

    n_tokens: How many tokens they have.
    words, texts: The words that are kept, and the number of each one's text, shape (n_words,).
    spans: The spans that were found, shape (n_spans,).
    before, after: The place of the last word before and of the first one after each, -1 where its text has none.
    """

    n_tokens: int
    words: np.ndarray
    texts: np.ndarray
    spans: np.ndarray
    before: np.ndarray
    after: np.ndarray


def distance_unit(window: int) -> int:
    """What a pair at distance one counts: the least number that every distance of the window divides."""
    return math.lcm(*range(1, window + 1))


def chances(keys: np.ndarray, texts: np.ndarray, seed: int) -> np.ndarray:
    """A number in [0, 1) for each token, from its text's words, its position and the seed; shape (n,), float64.

    keys: The hashes of the words, shape (n,), uint64.
    texts: The number of each token's text, increasing.
    """
    starts = np.flatnonzero(np.diff(texts, prepend=-1))
    lengths = np.diff(starts, append=len(texts))
    positions = np.arange(len(texts), dtype="u8") - np.repeat(starts, lengths).astype("u8")
    places = _mixed(positions + np.uint64(1))
    text_hashes = np.add.reduceat(_mixed(keys ^ places), starts) if len(starts) else np.zeros(0, dtype="u8")
    mixed = _mixed(_mixed(np.repeat(text_hashes, lengths) ^ np.uint64(seed % 2**64)) ^ places)
    return np.asarray((mixed >> np.uint64(11)) * 2.0**-53)


def _product(
    rows: list[np.ndarray],
    firsts: list[np.ndarray],
    steps: list[int],
    words: np.ndarray,
    texts: np.ndarray,
    weights: np.ndarray,
    shape: tuple[int, int],
) -> Sparse:
    """What is near each place, added up by row.

    rows: The row of each place.
    firsts: The nearest of the words near each place, -1 for none.
    steps: Whether further words stand behind (1) or before it (-1).
    """
    sparse = import_extra("scipy.sparse", "counting")
    near = [_near(first, step, texts, len(weights)) for first, step in zip(firsts, steps)]
    n_near = np.concatenate([lengths for lengths, _, _ in near])
    found, distances = (np.concatenate([parts[i] for parts in near]) for i in (1, 2))
    ends = np.concatenate([[0], np.cumsum(n_near)])
    neighbours = sparse.csr_matrix((weights[distances], words[found], ends), shape=(len(n_near), shape[1]))
    row = np.concatenate(rows)
    places = sparse.csr_matrix(
        (np.ones(len(row), dtype="i8"), row.astype("i4"), np.arange(len(row) + 1)), shape=(len(row), shape[0])
    )
    # Twice to the other order and back sorts it in linear time.
    return (places.T.tocsr() @ neighbours).tocsc().tocsr()


def _numbered(texts: list[np.ndarray]) -> np.ndarray:
    """Numbers of texts that begin anew in each array, as numbers that increase through all of them."""
    firsts = np.cumsum([0, *(int(numbers[-1]) + 1 if len(numbers) else 0 for numbers in texts)]).tolist()
    return np.concatenate([numbers + first for numbers, first in zip(texts, firsts)])


def _in_text(places: np.ndarray, of_text: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """The places that are in the texts wanted, -1 for others."""
    if not len(of_text):
        return np.full(len(places), -1)
    inside = (places >= 0) & (places < len(of_text))
    inside &= of_text[np.clip(places, 0, len(of_text) - 1)] == texts
    return np.where(inside, places, -1)


def _near(first: np.ndarray, step: int, texts: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How many words of the text there are from the first one on, up to a window; which; their distances less one."""
    edges = np.flatnonzero(np.diff(texts, prepend=-1, append=-1 if len(texts) else 0))
    inside = first >= 0
    safe = np.where(inside, first, 0)
    text = np.searchsorted(edges, safe, side="right")
    room = (edges[np.minimum(text, len(edges) - 1)] - safe) if step > 0 else safe - edges[text - 1] + 1
    lengths = np.where(inside, np.minimum(room, window), 0)
    distances = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return lengths, np.repeat(first, lengths) + step * distances, distances


def _mixed(values: np.ndarray) -> np.ndarray:
    """The finalizer of SplitMix64 (Steele, Lea and Flood, 2014), uint64 in and out."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)))
