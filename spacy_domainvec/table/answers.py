"""Vectors for any word: from the domain's table, else from the base, else from subwords."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .base_vectors import BasePart, BaseTable
from .table import VectorTable

DOMAIN, GENERAL, SUBWORD, NONE = "domain", "general", "subword", "none"
# A word is looked up in the base as it is written, and in lower case.
N_FORMS = 2


@dataclass(frozen=True, eq=False)
class Answers:
    """The vectors of words, and their sources.

    vectors: Shape (n_words, width), float32; zeros for unknown words.
    sources: "domain", "general", "subword" or "none" for each word.
    table_rows: Row of each word in the table, -1 for none, shape (n_words,), int64.
    base_rows: Rows of each word and of its lower-case form in the base, -1 for none or if the base
        was not asked, shape (n_words, 2), int64.
    """

    vectors: np.ndarray
    sources: list[str]
    table_rows: np.ndarray
    base_rows: np.ndarray


def inside(table: VectorTable, rows: Sequence[int]) -> Answers:
    """The answers for words that have rows in the table."""
    table_rows = np.array(rows, dtype="i8")
    base_rows = np.full((len(rows), N_FORMS), -1)
    return Answers(table.vectors[table_rows], [DOMAIN] * len(rows), table_rows, base_rows)


def outside(table: VectorTable, base: BaseTable, part: BasePart | None, words: Sequence[str]) -> Answers:
    """The answers for words that the table lacks.

    base: The vocab's own vectors.
    part: Their place in the table's space; None where they have none.
    """
    vectors = np.zeros((len(words), table.width), dtype="f")
    sources = [NONE] * len(words)
    base_rows = np.full((len(words), N_FORMS), -1)

    def fill(source: str, forms: Sequence[str], answer: Callable[[list[str]], np.ndarray]) -> None:
        left = [i for i, found in enumerate(sources) if found == NONE]
        if not left:
            return
        found = answer([forms[i] for i in left])
        vectors[left] = found
        for i in np.flatnonzero(found.any(axis=1)).tolist():
            sources[left[i]] = source

    if part is not None:
        for number, forms in enumerate((words, [word.lower() for word in words])):
            if base.has_rows:
                base_rows[:, number] = base.find(forms)
            fill(GENERAL, forms, lambda left: part.embed(base.unit_rows(left), table.width))
    if table.subwords is not None:
        fill(SUBWORD, words, table.subwords.vectors)
    return Answers(vectors, sources, np.full(len(words), -1), base_rows)
