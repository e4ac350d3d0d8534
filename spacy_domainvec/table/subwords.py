"""Vectors for unseen words, from their character n-grams."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real

import numpy as np
from spacy.vectors import Vectors

from ..util.arrays import scaled_to_unit
from .rows import LARGEST, Rows, unfit

# The longest n-grams. A word has about as many n-grams of each length as it has characters.
MAX_N = 32
# Words looked up at a time: the rows of all their n-grams are copied.
BATCH = 4096


@dataclass(frozen=True)
class NgramSettings:
    """The settings that split a word into character n-grams.

    min_n, max_n: Lengths of the n-grams, including the marks of the word's ends, from 1 to 32.
    hash_count: The number of rows for each n-gram, from 1 to 4.
    lower: Whether words are lower-cased first.
    RAISES: DomainVectorsError (DV023) for anything else.
    """

    min_n: int
    max_n: int
    hash_count: int
    lower: bool

    def __post_init__(self) -> None:
        are_whole = all(type(n) is int for n in (self.min_n, self.max_n, self.hash_count))
        if not are_whole or not 1 <= self.min_n <= self.max_n <= MAX_N:
            sizes = f"min_n = {self.min_n!r} to max_n = {self.max_n!r}"
            raise unfit(f"n-grams from {sizes}, of 1 to {MAX_N}")
        if not 1 <= self.hash_count <= 4 or type(self.lower) is not bool:
            hashes = f"hash_count = {self.hash_count!r}, of 1 to 4"
            raise unfit(f"n-grams with {hashes}, and lower = {self.lower!r}")


@dataclass(frozen=True, eq=False)
class Subwords:
    """A floret table: a word's vector is the mean of the rows that its n-grams hash to.

    rows: The table. The look-up is spaCy's `Vectors(mode="floret")`.
    ngrams: The settings of the n-grams.
    weight: Length of the vectors: the weight of an unseen word in a mean.
    held_out_cosine: Mean cosine between the subword vectors and the own vectors of held-out words.
    RAISES: DomainVectorsError (DV023) for no rows, or numbers out of range.
    """

    rows: Rows
    ngrams: NgramSettings
    weight: float
    held_out_cosine: float

    def __post_init__(self) -> None:
        ranges = {"weight": (0, LARGEST), "held_out_cosine": (-1.001, 1.001)}
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not isinstance(value, Real) or not low <= float(value) <= high:
                raise unfit(f"subwords with {name} = {value!r}, which is not from {low:g} to {high:g}")
        if not len(self.rows):
            raise unfit("subwords without a row")

    def vectors(self, words: Sequence[str]) -> np.ndarray:
        """The vectors, shape (n_words, width), float32; zeros for an empty word or white space."""
        forms = [word.lower() if self.ngrams.lower else word for word in words]
        found = np.zeros((len(words), self.rows.shape[1]), dtype="f")
        spelled = [i for i, form in enumerate(forms) if form.strip()]
        for start in range(0, len(spelled), BATCH):
            batch = spelled[start : start + BATCH]
            found[batch] = self._floret.get_batch([forms[i] for i in batch])
        return scaled_to_unit(found) * np.float32(self.weight)

    @cached_property
    def _floret(self) -> Vectors:
        return floret_vectors(self.rows, self.ngrams)


def floret_vectors(rows: object, ngrams: NgramSettings) -> Vectors:
    """SpaCy's floret table over rows. These need only a shape and indexing: mapped files stay mapped."""
    return Vectors(
        data=rows,
        mode="floret",
        minn=ngrams.min_n,
        maxn=ngrams.max_n,
        hash_count=ngrams.hash_count,
        attr="ORTH",
    )
