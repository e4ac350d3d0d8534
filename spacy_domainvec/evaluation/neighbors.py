"""The words nearest to a word, by the base's vectors and by the combined ones."""

from dataclasses import dataclass

import numpy as np
from spacy.language import Language

from ..errors import DomainVectorsError, Errors
from ..pipeline.component import DomainVectors
from ..table.base_vectors import BaseTable

# The source of several words that are no phrase of the table.
MEAN = "mean"


@dataclass(frozen=True)
class Neighbors:
    """The neighbours of a word among the words and phrases of the domain, nearest first, with their cosines.

    word: The word, or words with spaces between.
    source: What its vector is from: "domain", "general" or "subword"; "mean" for the mean of its words.
    long_form: What it stands for, where the domain's texts explain it as an acronym.
    base: By the base's vectors; empty where the base does not know the word.
    dvec: By the combined vectors.
    """

    word: str
    source: str
    long_form: str | None
    base: list[tuple[str, float]]
    dvec: list[tuple[str, float]]


def tokenized(nlp: Language, word: str) -> str:
    """A word as the pipeline takes it apart in a text, with spaces between: "fee's" is "fee 's"."""
    return " ".join(token.text for token in nlp.make_doc(word) if not token.is_space) or word


def neighbors(component: DomainVectors, word: str, n: int) -> Neighbors:
    """Find the neighbours of a word.

    word: As `tokenized` gives it.
    n: How many of each.
    RAISES: DomainVectorsError (DV001, DV005).
    """
    base, table = BaseTable(component.vocab.vectors), component.table
    vector, source = _answer(component, word)
    if not vector.any():
        raise DomainVectorsError(Errors.DV005.format(word=word))
    long_form = next((table.acronyms[form] for form in (word, word.lower()) if form in table.acronyms), None)
    by_base = base.most_similar(word, table.words, n)
    dvec = table.most_similar(vector, n, without=word)
    return Neighbors(word, source, long_form, by_base, dvec)


def _answer(component: DomainVectors, word: str) -> tuple[np.ndarray, str]:
    """The vector of a word or phrase, and what it is from; of other words with spaces between, their mean."""
    words = word.split()
    is_row = component.lookup.word_rows([word])[0] >= 0
    if len(words) < 2 or is_row:
        return component.vector(word), component.source(word)
    return np.mean([component.vector(part) for part in words], axis=0, dtype="f"), MEAN
