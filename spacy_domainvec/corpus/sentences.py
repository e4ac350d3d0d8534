"""A sample of the corpus's sentences by whole texts, the same for any number of workers and shards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from spacy.pipeline import Sentencizer

from ..util.hashing import text_hashes
from .tokenized import TokenizedCorpus, TokenizedPart

# More sentences change nothing.
MOST_SENTENCES = 60_000
# A sentence of fewer known words tells nothing.
LEAST_WORDS = 4
# A text without a second sentence is cut into pieces of so many known words.
PIECE_WORDS = 12
ENDS = frozenset(Sentencizer.default_punct_chars)


@dataclass(frozen=True, eq=False)
class Sentences:
    """Sentences of some texts, in the order of the texts' hashes.

    ids: The known words of one sentence after the other, as places in the vocabulary, shape
        (n_tokens,), int64.
    lengths: How many known words each sentence has, shape (n_sentences,), int64.
    texts: The number of each sentence's text, increasing, shape (n_sentences,), int64.
    """

    ids: np.ndarray
    lengths: np.ndarray
    texts: np.ndarray

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def n_pairs(self) -> int:
        """How many sentences follow another one of the same text."""
        return int((np.diff(self.texts) == 0).sum())

    def renumbered(self, places: np.ndarray) -> "Sentences":
        """The same with other numbers of words.

        Words without one are left out, and may leave a sentence empty.

        places: The new number of each known word, -1 for none, shape (n_known,), int64.
        """
        ids, numbers = places[self.ids], np.repeat(np.arange(len(self)), self.lengths)
        is_kept = ids >= 0
        lengths = np.bincount(numbers[is_kept], minlength=len(self))
        return Sentences(ids[is_kept], lengths, self.texts)


def sample_sentences(tokens: TokenizedCorpus, words: Sequence[str], most: int = MOST_SENTENCES) -> Sentences:
    """The sentences of the texts with the lowest hashes; of texts that are the same, those of one.

    A sentence ends after the punctuation that spaCy's sentencizer splits at. One of fewer than 4
    known words is left out. A text with a single sentence of 24 known words or more is cut into
    pieces of at least 12.

    words: The known words.
    most: How many sentences at most; at least one text is taken.
    """
    row_of = {word: row for row, word in enumerate(words)}
    pool, number = _Pool.empty(), 0
    for part in tokens.parts:
        # Made anew, so that nothing of it stays in memory.
        for found in _sentences_of(TokenizedPart(part.folder), row_of):
            pool = pool.with_more(found, number).lowest(most)
            number += int(found.texts.max(initial=-1)) + 1
    _, texts = np.unique(pool.hashes, return_inverse=True)
    return Sentences(pool.ids, pool.lengths, texts.astype("i8"))


def sentences_of_labels(texts: Sequence[Sequence[str]], labels: Sequence[str], words: Sequence[str]) -> Sentences:
    """Labelled texts as if all texts of a label were sentences of one text.

    Texts without a known word are left out.

    texts: The words of each text.
    labels: The label of each text.
    words: The known words.
    """
    row_of = {word: row for row, word in enumerate(words)}
    number_of: dict[str, int] = {}
    found: list[tuple[int, list[int]]] = []
    for text, label in zip(texts, labels):
        rows = [row_of[word] for word in text if word in row_of]
        if rows:
            found.append((number_of.setdefault(label, len(number_of)), rows))
    found.sort(key=lambda pair: pair[0])
    ids = np.array([row for _, rows in found for row in rows], dtype="i8")
    lengths = np.array([len(rows) for _, rows in found], dtype="i8")
    return Sentences(ids, lengths, np.array([number for number, _ in found], dtype="i8"))


@dataclass(frozen=True, eq=False)
class _Pool:
    """Sentences as in `Sentences`, with the hash and the number of each one's text.

    bound: The lowest hash of a text that there was no room for. It and all above stay out, whatever
        comes later, so that the order in which texts come does not matter.
    """

    ids: np.ndarray
    lengths: np.ndarray
    texts: np.ndarray
    hashes: np.ndarray
    bound: int = 2**64

    @classmethod
    def empty(cls) -> "_Pool":
        none = np.zeros(0, dtype="i8")
        return cls(none, none, none, np.zeros(0, dtype="u8"))

    def with_more(self, more: "_Pool", first: int) -> "_Pool":
        """Together with others, whose texts are counted from a first number on."""
        return _Pool(
            np.concatenate([self.ids, more.ids]),
            np.concatenate([self.lengths, more.lengths]),
            np.concatenate([self.texts, more.texts + first]),
            np.concatenate([self.hashes, more.hashes]),
            self.bound,
        )

    def lowest(self, most: int) -> "_Pool":
        """Those of the texts with the lowest hashes, in this order, each text once."""
        order = np.lexsort((np.arange(len(self.texts)), self.texts, self.hashes))
        hashes, texts = self.hashes[order], self.texts[order]
        starts = np.flatnonzero(np.diff(hashes, prepend=hashes[:1] + np.uint64(1)))
        first_texts = np.repeat(texts[starts], np.diff(starts, append=len(texts)))
        order = order[texts == first_texts]
        if self.bound < 2**64:
            order = order[self.hashes[order] < np.uint64(self.bound)]
        ends = np.flatnonzero(np.diff(self.texts[order], append=-1)) + 1
        n_texts = max(1, int(np.searchsorted(ends, most, side="right")))
        n_kept = int(ends[n_texts - 1]) if len(ends) else 0
        bound = int(self.hashes[order[n_kept]]) if n_kept < len(order) else self.bound
        return replace(self._take(order[:n_kept]), bound=bound)

    def _take(self, order: np.ndarray) -> "_Pool":
        starts, lengths = np.cumsum(self.lengths) - self.lengths, self.lengths[order]
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        ids = self.ids[np.repeat(starts[order], lengths) + within]
        return _Pool(ids, lengths, self.texts[order], self.hashes[order])


def _sentences_of(part: TokenizedPart, row_of: dict[str, int]) -> Iterator[_Pool]:
    """The sentences of a part, some texts at a time."""
    rows = np.array([row_of.get(word, -1) for word in part.words], dtype="i8")
    # Also of several marks, such as "?!".
    is_end = np.array([bool(word) and ENDS.issuperset(word) for word in part.words], dtype=bool)
    for ids, texts in part.batches():
        if not len(ids):
            continue
        hashes = text_hashes(part.keys[ids], texts)
        numbers = np.cumsum(np.diff(texts, prepend=texts[:1]) != 0)
        ends_here = is_end[ids]
        is_first = np.diff(numbers, prepend=-1) != 0
        is_first[1:] |= ends_here[:-1] & ~ends_here[1:]
        known = np.flatnonzero(rows[ids] >= 0)
        yield _cut(rows[ids][known], np.cumsum(is_first)[known], numbers[known], hashes)


def _cut(ids: np.ndarray, sentences: np.ndarray, texts: np.ndarray, hashes: np.ndarray) -> _Pool:
    """Sentences that are long enough, and pieces of the texts that have only one.

    ids: The known words.
    sentences, texts: The number of the sentence and the text of each, increasing.
    hashes: Of the texts.
    """
    _, sentences, lengths = np.unique(sentences, return_inverse=True, return_counts=True)
    is_kept = (lengths >= LEAST_WORDS)[sentences]
    ids, sentences, texts = ids[is_kept], sentences[is_kept], texts[is_kept]
    is_single = np.bincount(texts[np.diff(sentences, prepend=-1) != 0], minlength=len(hashes)) == 1
    n_words = np.bincount(texts, minlength=len(hashes))
    n_pieces = np.where(is_single, np.maximum(n_words // PIECE_WORDS, 1), 1)
    starts = np.cumsum(n_words) - n_words
    piece = np.minimum((np.arange(len(texts)) - starts[texts]) // PIECE_WORDS, n_pieces[texts] - 1)
    is_first = (np.diff(sentences, prepend=-1) != 0) | (np.diff(piece, prepend=0) != 0)
    firsts = np.flatnonzero(is_first)
    lengths = np.diff(firsts, append=len(ids))
    return _Pool(ids, lengths, texts[firsts], hashes[texts[firsts]])
