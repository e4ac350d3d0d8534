"""Vectors for any word: from the domain's table, else from the base, else from subwords."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .base_vectors import BaseTable
from .space import BasePart
from .table import VectorTable
from .weights import by_trust

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
    """The answers for words that the table lacks: the base's, as far as trusted, and those by spelling.

    base: The vocab's own vectors.
    part: Their place in the table's space; None where they have none.
    """
    vectors = np.zeros((len(words), table.width), dtype="f")
    trust = np.zeros(len(words), dtype="f")
    base_rows = np.full((len(words), N_FORMS), -1)
    if part is not None and base.width:
        for number, forms in enumerate((words, [word.lower() for word in words])):
            if base.has_rows:
                base_rows[:, number] = base.find(forms)
            left = np.flatnonzero(~vectors.any(axis=1))
            asked = [forms[i] for i in left.tolist()]
            vectors[left] = part.embed(base.unit_rows(asked))
            trust[left] = base.trust(asked) * vectors[left].any(axis=1)
    spelled = np.flatnonzero(trust < 1)
    sources = np.where(trust > 0, GENERAL, NONE).astype(object)
    if table.subwords is not None and len(spelled):
        by_spelling = table.subwords.vectors([words[i] for i in spelled.tolist()])
        vectors[spelled] = by_trust(vectors[spelled], by_spelling, trust[spelled])
        is_larger = by_spelling.any(axis=1) & (trust[spelled] < 0.5)
        sources[spelled[is_larger]] = SUBWORD
    return Answers(vectors, sources.tolist(), np.full(len(words), -1), base_rows)
