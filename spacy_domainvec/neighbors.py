"""The words nearest to a word, by the base's vectors and by the combined ones."""

from dataclasses import dataclass

from .component import DomainVectors
from .general import GeneralVectors


@dataclass(frozen=True)
class Neighbors:
    """The neighbours of a word among the words and phrases of the domain, nearest first, with their cosines.

    word: The word.
    source: What its vector is from: "domain", "general" or "subword".
    long_form: What it stands for, where the domain's texts explain it as an acronym.
    base: By the base's vectors; empty where the base does not know the word.
    dvec: By the combined vectors.
    """

    word: str
    source: str
    long_form: str | None
    base: list[tuple[str, float]]
    dvec: list[tuple[str, float]]


def neighbors(component: DomainVectors, word: str, n: int) -> Neighbors:
    """Find the neighbours of a word.

    n: How many of each.
    RAISES: DomainVectorsError (DV001, DV005).
    """
    general, table = GeneralVectors(component.vocab.vectors), component.table
    long_form = next((table.acronyms[form] for form in (word, word.lower()) if form in table.acronyms), None)
    found = component.most_similar(word, n)
    return Neighbors(word, component.source(word), long_form, general.most_similar(word, table.words, n), found)
