"""Words with their vectors on both sides, the base's and the combined ones, and the nearest on each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from ..pipeline.component import DomainVectors
from ..table.base_vectors import BaseTable
from ..util.arrays import scaled_to_unit

# Neighbours that are shown.
N_SHOWN = 8
# How far a word has moved is told by so many neighbours.
N_COMPARED = 20
# Words compared with all others at a time.
BATCH = 256


@dataclass(frozen=True, eq=False)
class BothSides:
    """Words with their vectors. All shapes are (n_words, ...).

    words: As the table tells them apart; the words of a phrase are separated by spaces.
    base: The base's vectors, of unit length, (n_words, base_width), float32; zeros for unknown words.
    combined: The combined ones, of unit length, (n_words, width), float32.
    sources: Of the combined ones, see `table.answers`.
    trust: How far the base's vector tells of the word, from 0 to 1, see `BaseTable.trust`.
    is_own: Whether the base has a vector of its own for the word as it stands here, bool.
    """

    words: list[str]
    base: np.ndarray
    combined: np.ndarray
    sources: list[str]
    trust: np.ndarray
    is_own: np.ndarray

    @classmethod
    def of(cls, nlp: Language, component: DomainVectors, words: Sequence[str]) -> "BothSides":
        """Look words and phrases up. The base may know a word with a capital or in capitals only.

        nlp: A pipeline with the component; the base's vectors are in its vocab.
        RAISES: DomainVectorsError (DV001).
        """
        base, attr = BaseTable(nlp.vocab.vectors), component.attr_name
        forms = written(words, base)
        # A phrase that stands in a Doc as one token is found by its name.
        doc = Doc(nlp.vocab, words=forms)
        # All at once first: then each word is known.
        combined = scaled_to_unit(doc._.get(f"{attr}s").reshape(len(forms), component.width))
        sources = [token._.get(f"{attr}_source") for token in doc]
        rows = base.unit_rows(forms).reshape(len(forms), base.width)
        return cls(list(words), rows, combined, sources, base.trust(forms), base.trust(words) == 1)

    @property
    def is_known(self) -> np.ndarray:
        """Whether the base has a vector for each word, bool."""
        return np.asarray(self.base.any(axis=1))

    def take(self, rows: Sequence[int]) -> "BothSides":
        """Some of the words."""
        places = np.array(rows, dtype="i8")
        names, sources = [self.words[i] for i in rows], [self.sources[i] for i in rows]
        arrays = (self.base[places], self.combined[places])
        return BothSides(names, *arrays, sources, self.trust[places], self.is_own[places])


@dataclass(frozen=True)
class Around:
    """The nearest words of a word on both sides, nearest first.

    before: By the base's vectors; empty for a word that the base does not know.
    after: By the combined ones. Neither has the word itself, words of a phrase, nor phrases with the
        word in them.
    moved: One less the overlap of the 20 nearest words that the base knows, see `overlap`: new words
        are no reason to say that a word has moved. None for a word that the base does not know.
    """

    before: list[str]
    after: list[str]
    moved: float | None


def around(asked: BothSides, among: BothSides) -> list[Around]:
    """The nearest words of each word, in batches.

    among: The words and phrases to look among.
    """
    known = np.flatnonzero(among.is_known)
    known_words = [among.words[row] for row in known.tolist()]
    rows_with: dict[str, list[int]] = {}
    for row, word in enumerate(among.words):
        for part in word.split(" "):
            rows_with.setdefault(part, []).append(row)
    found: list[Around] = []
    for start in range(0, len(asked.words), BATCH):
        batch = asked.take(range(start, min(start + BATCH, len(asked.words))))
        by_base, by_both = batch.base @ among.base.T, batch.combined @ among.combined.T
        for word, is_known, before, after in zip(batch.words, batch.is_known, by_base, by_both):
            before[[row for part in word.split(" ") for row in rows_with.get(part, ())]] = -np.inf
            after[np.isinf(before)] = -np.inf
            old = _nearest(before[known], N_COMPARED) if is_known else []
            new = _nearest(after[known], N_COMPARED) if is_known else []
            shown = [known_words[place] for place in old[:N_SHOWN]]
            moved = round(1 - overlap(old, new), 2) if old else None
            found.append(Around(shown, [among.words[row] for row in _nearest(after, N_SHOWN)], moved))
    return found


def overlap(left: Sequence[int], right: Sequence[int]) -> float:
    """The average overlap of two rankings: the mean share that their first 1, 2, 3, ... entries share.

    So the nearest words count most (Webber, Moffat and Zobel, 2010, section 2.3).

    left, right: As long as each other, without duplicates, not empty.
    RETURNS: From 0 to 1.
    """
    shares = [len({*left[:depth]} & {*right[:depth]}) / depth for depth in range(1, len(left) + 1)]
    return sum(shares) / len(shares)


def written(words: Sequence[str], base: BaseTable) -> list[str]:
    """Words as the base knows them: with a capital, in capitals, or, as unknown ones, as they are."""
    found, is_known = list(words), base.find(words) >= 0
    for changed in (str.title, str.upper):
        left = np.flatnonzero(~is_known).tolist()
        forms = [changed(words[i]) for i in left]
        for i, form, row in zip(left, forms, base.find(forms).tolist()):
            if row >= 0:
                found[i], is_known[i] = form, True
    return found


def _nearest(cosines: np.ndarray, n: int) -> list[int]:
    """The places of the largest cosines, largest first, ties in their order, without minus infinity."""
    places = np.arange(len(cosines))
    if n < len(cosines):
        # Sorting all of them would take most of the time.
        places = np.flatnonzero(cosines >= np.partition(cosines, len(cosines) - n)[len(cosines) - n])
    order = places[np.argsort(-cosines[places], kind="stable")][:n]
    return [place for place in order.tolist() if np.isfinite(cosines[place])]
