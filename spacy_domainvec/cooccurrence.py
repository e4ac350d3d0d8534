"""Vocabulary and window counts. Counts are whole numbers, so they add up exactly in any order."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.strings import get_string_id

from .corpus import TokenizedCorpus
from .errors import DomainVectorsError, Errors
from .extras import import_extra
from .files import replaced_directory

# The unit of the counts grows with the least common multiple of the distances.
MAX_WINDOW = 20

Sparse = Any  # scipy.sparse.csr_matrix, which must not be imported here


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words that are counted, most frequent first, words of equal count in alphabetical order.

    words: The words.
    counts: How often each occurs, shape (n_words,), int64.
    n_tokens: All tokens of the corpus, those of rarer words included.
    """

    words: list[str] = field(repr=False)
    counts: np.ndarray
    n_tokens: int

    def __len__(self) -> int:
        return len(self.words)

    @property
    def probabilities(self) -> np.ndarray:
        """Share of each word in all tokens, shape (n_words,), float64."""
        return np.asarray(self.counts / max(self.n_tokens, 1))


@dataclass(frozen=True, eq=False)
class Cooccurrence:
    """How often words stand near each other.

    vocabulary: Rows and columns of the matrix.
    matrix: Sparse (n_words, n_words), int64: `matrix[i, j]` sums `distance_unit(window) / distance` over all places
        where j follows i.
    window: The largest distance that was counted.
    subsample: The threshold of the subsampling before windows were taken, 0 for none.
    seed: Of the subsampling.
    """

    vocabulary: Vocabulary
    matrix: Sparse
    window: int
    subsample: float
    seed: int

    def to_disk(self, path: str | Path) -> None:
        """Write a directory, in the place of an earlier one, once all of it is there."""
        sparse = import_extra("scipy.sparse", "counting")
        settings = {"window": self.window, "subsample": self.subsample, "seed": self.seed}
        with replaced_directory(path) as new:
            srsly.write_json(new / "meta.json", {**settings, "n_tokens": self.vocabulary.n_tokens})
            srsly.write_json(new / "words.json", self.vocabulary.words)
            np.save(new / "counts.npy", self.vocabulary.counts, allow_pickle=False)
            sparse.save_npz(new / "matrix.npz", self.matrix, compressed=False)

    @classmethod
    def from_disk(cls, path: str | Path) -> "Cooccurrence":
        """Read what `to_disk` wrote. RAISES: DomainVectorsError (DV042)."""
        path = Path(path)
        sparse = import_extra("scipy.sparse", "counting")
        try:
            meta, words = srsly.read_json(path / "meta.json"), srsly.read_json(path / "words.json")
            counts = np.load(path / "counts.npy", allow_pickle=False)
            matrix = sparse.csr_matrix(sparse.load_npz(path / "matrix.npz"))
            vocabulary = Vocabulary(words, counts, meta.pop("n_tokens"))
            if matrix.shape != (len(words), len(words)) or counts.shape != (len(words),):
                raise ValueError(f"{len(words)} words, {len(counts)} counts and a matrix of shape {matrix.shape}")
            return cls(vocabulary, matrix, **meta)
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise DomainVectorsError(Errors.DV042.format(path=path, why=e)) from None


def build_vocabulary(tokens: TokenizedCorpus, min_count: int = 3, max_vocab: int | None = None) -> Vocabulary:
    """Choose the words to count: at least min_count occurrences, at most max_vocab words.

    RAISES: DomainVectorsError (DV040, DV045).
    """
    for name, value in (("min_count", min_count), ("max_vocab", max_vocab)):
        if value is not None and value < 1:
            raise DomainVectorsError(Errors.DV045.format(name=name, value=value, expected="a number from 1"))
    vocabulary, _ = _most_frequent(tokens.words, tokens.counts, tokens.n_tokens, min_count, max_vocab)
    if len(vocabulary) < 2:
        shown = {"found": len(vocabulary), "min_count": min_count, "tokens": tokens.n_tokens, "needed": 2}
        raise DomainVectorsError(Errors.DV040.format(**shown))
    return vocabulary


def count(
    tokens: TokenizedCorpus,
    vocabulary: Vocabulary,
    window: int = 10,
    subsample: float = 1e-4,
    seed: int = 0,
    progress: Callable[[Iterable[Any]], Iterable[Any]] = iter,
) -> Cooccurrence:
    """Count the pairs of words up to a distance, each with weight 1 / distance.

    Rare and subsampled words are removed before windows are taken ("dirty" subsampling: Levy, Goldberg and Dagan,
    2015), a word of relative frequency f being kept with probability sqrt(subsample / f) (Mikolov et al., 2013).
    Which occurrences are kept depends on the text, the position and the seed alone: parts of a corpus that are
    counted with one vocabulary and merged give what the whole gives, to the bit.

    tokens: The corpus, or a part of it.
    vocabulary: The words to count; also the source of their frequencies.
    window: Largest distance, from 1 to 20.
    subsample: Threshold of the relative frequency, 0 for none.
    seed: Of the subsampling.
    progress: Wraps the iteration over batches of texts.
    RAISES: DomainVectorsError (DV045).
    """
    check_window(window, subsample)
    sparse = import_extra("scipy.sparse", "counting")
    shape = (len(vocabulary), len(vocabulary))
    matrix, counts = sparse.csr_matrix(shape, dtype="i8"), np.zeros(len(vocabulary), dtype="i8")
    for batch in progress(subsampled(tokens, vocabulary, subsample, seed)):
        counts += np.bincount(batch.words[batch.words >= 0], minlength=len(vocabulary))
        words, texts = batch.words[batch.kept], batch.texts[batch.kept]
        matrix = matrix + _count_pairs(words, texts, window, shape, sparse)
    counted = Vocabulary(vocabulary.words, counts, tokens.n_tokens)
    return Cooccurrence(counted, matrix, window, subsample, seed)


@dataclass(frozen=True, eq=False)
class Batch:
    """Some texts of a corpus, whole; all arrays have one entry a token.

    ids: The tokens as indices into the corpus' words.
    texts: The number of the text, increasing.
    words: The tokens as indices into the vocabulary, -1 for others.
    kept: Indices of the tokens that are words of the vocabulary and were not dropped by the subsampling, increasing.
    """

    ids: np.ndarray
    texts: np.ndarray
    words: np.ndarray
    kept: np.ndarray


def subsampled(tokens: TokenizedCorpus, vocabulary: Vocabulary, subsample: float, seed: int) -> Iterator[Batch]:
    """Yield the corpus in batches, with the words between which distances are taken; see `count` for the arguments."""
    number_of = {word: i for i, word in enumerate(vocabulary.words)}
    renumber = np.array([number_of.get(word, -1) for word in tokens.words], dtype="i8")
    hashes = np.array([get_string_id(word) for word in tokens.words], dtype="u8")
    keep = np.minimum(1, np.sqrt(subsample / vocabulary.probabilities)) if subsample else np.ones(len(vocabulary))
    for ids, texts in tokens.batches():
        words = renumber[ids]
        kept = words >= 0
        kept[kept] = _chances(hashes[ids], texts, seed)[kept] < keep[words[kept]]
        yield Batch(ids, texts, words, np.flatnonzero(kept))


def check_window(window: int, subsample: float) -> None:
    """RAISES: DomainVectorsError (DV045) for a window or a threshold out of range."""
    if not 1 <= window <= MAX_WINDOW:
        expected = f"a number from 1 to {MAX_WINDOW}"
        raise DomainVectorsError(Errors.DV045.format(name="window", value=window, expected=expected))
    if subsample < 0:
        raise DomainVectorsError(Errors.DV045.format(name="subsample", value=subsample, expected="0 or more"))


def merge(parts: Sequence[Cooccurrence]) -> Cooccurrence:
    """Add up counts of several corpora; words that one of them lacks count zero there.

    RAISES: DomainVectorsError (DV041) for counts that were taken with different settings.
    """
    first, sparse = parts[0], import_extra("scipy.sparse", "counting")
    for part in parts[1:]:
        for what in ("window", "subsample", "seed"):
            left, right = getattr(first, what), getattr(part, what)
            if left != right:
                raise DomainVectorsError(Errors.DV041.format(what=what, left=left, right=right))
    words = sorted({word for part in parts for word in part.vocabulary.words})
    number_of = {word: i for i, word in enumerate(words)}
    renumber = [np.array([number_of[word] for word in part.vocabulary.words]) for part in parts]
    counts = np.zeros(len(words), dtype="i8")
    for part, numbers in zip(parts, renumber):
        counts[numbers] += part.vocabulary.counts
    vocabulary, order = _most_frequent(words, counts, sum(part.vocabulary.n_tokens for part in parts))
    place = np.argsort(order)
    matrix = sparse.csr_matrix((len(words), len(words)), dtype="i8")
    for part, numbers in zip(parts, renumber):
        pairs, places = part.matrix.tocoo(), place[numbers]
        matrix = matrix + sparse.coo_matrix((pairs.data, (places[pairs.row], places[pairs.col])), matrix.shape).tocsr()
    return Cooccurrence(vocabulary, matrix, first.window, first.subsample, first.seed)


def both_sides(matrix: Sparse) -> Sparse:
    """Counts of pairs in text order as counts of the words on either side."""
    return (matrix + matrix.T).tocsr()


def distance_unit(window: int) -> int:
    """What a pair at distance one counts: the least number that every distance of the window divides."""
    return math.lcm(*range(1, window + 1))


def _most_frequent(
    words: Sequence[str], counts: np.ndarray, n_tokens: int, min_count: int = 0, max_vocab: int | None = None
) -> tuple[Vocabulary, np.ndarray]:
    frequent = np.flatnonzero(counts >= min_count).tolist()
    order = np.array(sorted(frequent, key=lambda i: (-counts[i], words[i]))[:max_vocab], dtype="i8")
    return Vocabulary([words[i] for i in order], counts[order].astype("i8"), n_tokens), order


def _count_pairs(words: np.ndarray, texts: np.ndarray, window: int, shape: tuple[int, int], sparse: Any) -> Sparse:
    unit = distance_unit(window)
    left, right, weights = [], [], []
    for distance in range(1, min(window, len(words) - 1) + 1):
        same = np.flatnonzero(texts[:-distance] == texts[distance:])
        left.append(words[same])
        right.append(words[same + distance])
        weights.append(np.full(len(same), unit // distance, dtype="i8"))
    if not left:
        return sparse.csr_matrix(shape, dtype="i8")
    pairs = (np.concatenate(left).astype("i4"), np.concatenate(right).astype("i4"))
    return sparse.coo_matrix((np.concatenate(weights), pairs), shape=shape).tocsr()


def _chances(hashes: np.ndarray, texts: np.ndarray, seed: int) -> np.ndarray:
    """A number in [0, 1) for each token, from its text's words and its position; shape (n,), float64."""
    starts = np.flatnonzero(np.diff(texts, prepend=-1))
    lengths = np.diff(starts, append=len(texts))
    positions = np.arange(len(texts), dtype="u8") - np.repeat(starts, lengths).astype("u8")
    places = _mixed(positions + np.uint64(1))
    text_hashes = np.add.reduceat(_mixed(hashes ^ places), starts) if len(starts) else np.zeros(0, dtype="u8")
    mixed = _mixed(_mixed(np.repeat(text_hashes, lengths) ^ np.uint64(seed % 2**64)) ^ places)
    return np.asarray((mixed >> np.uint64(11)) * 2.0**-53)


def _mixed(values: np.ndarray) -> np.ndarray:
    """The finalizer of SplitMix64 (Steele, Lea and Flood, 2014), uint64 in and out."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)))
