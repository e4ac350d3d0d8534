"""The words nearest to a word, by the base's vectors and by the combined ones."""

from dataclasses import dataclass

import numpy as np
from spacy.language import Language

from ..errors import DomainVectorsError, Errors
from ..pipeline.component import DomainVectors
from ..table.base_vectors import BaseTable

# The source of a vector for several words that are no phrase of the table.
MEAN = "mean"


@dataclass(frozen=True)
class Neighbors:
    """The nearest neighbours of a word among the domain's words and phrases, with their cosines.

    word: The word, or several words separated by spaces.
    source: The source of its vector: "domain", "general" or "subword"; "mean" for the mean of
        several words.
    long_form: The long form of an acronym that the domain's texts explain, or None.
    base: The neighbours by the base's vectors, nearest first; empty if the base does not know the word.
    dvec: The neighbours by the combined vectors, nearest first.
    """

    word: str
    source: str
    long_form: str | None
    base: list[tuple[str, float]]
    dvec: list[tuple[str, float]]


def tokenized(nlp: Language, word: str) -> str:
    """The tokens of a word, joined by spaces: "fee's" becomes "fee 's"."""
    return " ".join(token.text for token in nlp.make_doc(word) if not token.is_space) or word


def neighbors(component: DomainVectors, word: str, n: int) -> Neighbors:
    """Find the neighbours of a word.

    word: A word that `tokenized` returned.
    n: The number of neighbours to find, by the base's and by the combined vectors.
    RAISES: DomainVectorsError (DV001, DV005).
    """
    base, table = BaseTable(component.vocab.vectors), component.table
    vector, source = _answer(component, word)
    if not vector.any():
        raise DomainVectorsError(Errors.DV005.format(word=word))
    acronyms = table.acronyms
    long_form = acronyms.get(word, acronyms.get(word.lower()))
    by_base = base.most_similar(word, table.words, n)
    dvec = table.most_similar(vector, n, without=word)
    return Neighbors(word, source, long_form, by_base, dvec)


def _answer(component: DomainVectors, word: str) -> tuple[np.ndarray, str]:
    """The vector of a word or phrase, and its source. For several words, it is their mean."""
    words = word.split()
    is_row = component.lookup.word_rows([word])[0] >= 0
    if len(words) < 2 or is_row:
        return component.vector(word), component.source(word)
    return np.mean([component.vector(part) for part in words], axis=0, dtype="f"), MEAN
