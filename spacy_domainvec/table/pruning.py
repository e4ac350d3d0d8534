"""The choice of rows, dtype and subwords for a table of a given size, by the measured loss."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..errors import DomainVectorsError, Errors
from ..util.arrays import full_length, scaled_to_unit
from .rows import DTYPES, row_bytes
from .subwords import Subwords
from .table import VectorTable
from .weights import BACK_OFF_COUNT, by_trust, compose, row_numbers

# Numbers of subword rows to choose from.
SUBWORD_ROWS = (0, 2048, 4096, 8192, 16_384, 32_768)
# The headers of the arrays' files.
HEADER_BYTES = 7 * 128
# What the meta of a table that is written has beside that of one which is not: the plan, the subwords' settings, and
# the sizes and hashes of the files. And the note of the component.
NOTED_BYTES = 2100
COUNT_BYTES = 8
MB = 10**6


@dataclass(frozen=True)
class Plan:
    """The size of a table to keep.

    n_rows: The number of words and phrases.
    dtype: The dtype of the stored vectors.
    n_subwords: The number of rows for character n-grams.
    """

    n_rows: int
    dtype: str
    n_subwords: int


@dataclass(frozen=True, eq=False)
class Everything:
    """A table with all its rows, and the vectors that replace rows left out.

    table: As float32, without subwords.
    base: The base's vectors of its words in the table's space, shape (n_words, width); zeros for
        unknown ones.
    trust: How far these tell of the words, shape (n_words,), see `BaseTable.trust`.
    terms: Words that keep their rows whatever is left out.
    subwords: Gives subwords with a number of rows; None for no rows.
    n_subwords: The number of rows of the subwords that rows are chosen beside.
    """

    table: VectorTable
    base: np.ndarray
    trust: np.ndarray
    terms: Collection[str]
    subwords: Callable[[int], Subwords | None]
    n_subwords: int = 0

    @cached_property
    def order(self) -> np.ndarray:
        """The numbers of the rows by priority, int64: the terms, then the rows that are missed most.

        A row is missed as often as its word occurs, as much as the word weighs in a mean, and as far as
        the vector is off that the word has without it. A phrase has the mean of its words then. An
        acronym counts as BACK_OFF_COUNT more frequent: that is the weight of its long form in
        `weights.backed_off`.
        """
        table = self.table
        is_acronym = np.array([word in table.acronyms for word in table.words], dtype="i8")
        vectors = table.vectors[:]
        answers = self._answers(self.n_subwords).copy()
        phrases = [word.split(" ") for word in table.words if " " in word]
        answers[table.is_phrase] = compose(phrases, row_numbers(table.words), vectors)
        off = 1 - (scaled_to_unit(vectors) * scaled_to_unit(answers)).sum(axis=1)
        missed = (table.counts + BACK_OFF_COUNT * is_acronym) * np.linalg.norm(vectors, axis=1) * off
        return np.lexsort((-missed, [word not in self.terms for word in table.words]))

    def _answers(self, n_subwords: int) -> np.ndarray:
        """The vectors of the words without their rows, shape (n_words, width), float32."""
        subwords = self.subwords(n_subwords)
        if subwords is None:
            return self.base
        answers = self.base.copy()
        spelled = np.flatnonzero(self.trust < 1)
        by_spelling = subwords.vectors([self.table.words[i] for i in spelled.tolist()])
        answers[spelled] = by_trust(answers[spelled], by_spelling, self.trust[spelled])
        return answers

    def kept(self, plan: Plan) -> VectorTable:
        """The table with the rows, the dtype and the subwords of a plan."""
        table = self.table.take(np.sort(self.order[: plan.n_rows]))
        return replace(table, subwords=self.subwords(plan.n_subwords)).astype(plan.dtype)

    def loss(self, plan: Plan) -> float:
        """The cost of a plan: the mean of 1 - cosine between the vectors before and after it.

        It is the mean over the tokens of a text of this kind, each weighted as in a mean vector. A
        word without a row has the base's vector as far as that is trusted, and the rest from its
        subword vector. A word that is new to the domain and to the base loses what subwords fail to
        tell of words that were held out.
        """
        vectors, order = self.table.vectors[:], self.order
        unit, subwords = scaled_to_unit(vectors), self.subwords(plan.n_subwords)
        answers = scaled_to_unit(self._answers(plan.n_subwords))
        kept = order[: plan.n_rows]
        answers[kept] = scaled_to_unit(self.table.vectors.take(kept).astype(plan.dtype)[:])
        losses = 1 - (unit * answers).sum(axis=1)
        counts = np.where(self.table.is_phrase, 0, self.table.counts)
        shares = counts * np.linalg.norm(vectors, axis=1) / max(self.table.n_tokens, 1)
        unseen = 1 - (subwords.held_out_cosine if subwords is not None else 0)
        unseen_share = self.table.meta.get("unseen_share", 0) * full_length(self.table.width)
        # Not 0, so that a table without any occurrence has a loss of 0.
        total = max(shares.sum() + unseen_share, np.finfo("f").tiny)
        return float((losses @ shares + unseen * unseen_share) / total)

    def megabytes(self, plan: Plan) -> float:
        """The size of the table on disk, in millions of bytes."""
        return self._bytes(plan.n_rows, plan.dtype, plan.n_subwords) / MB

    def most_rows(self, dtype: str, n_subwords: int, megabytes: float) -> int:
        """The largest number of rows that fit into a size; 0 if not even the other parts do."""
        if self._bytes(len(self.table), dtype, n_subwords) <= megabytes * MB:
            return len(self.table)
        bytes_by_row = self._word_bytes[self.order] + row_bytes(self.table.width, dtype)
        sizes = self._bytes(0, dtype, n_subwords) + np.cumsum(bytes_by_row)
        return int(np.searchsorted(sizes, megabytes * MB, side="right"))

    def _bytes(self, n_rows: int, dtype: str, n_subwords: int) -> int:
        meta = len(json.dumps(self.table.meta, indent=2)) + NOTED_BYTES
        rows = (n_rows + n_subwords) * row_bytes(self.table.width, dtype)
        part = 0 if self.table.base is None else self.table.base.matrix.nbytes + self.table.base.centre.nbytes
        return HEADER_BYTES + meta + part + rows + int(self._word_bytes[self.order[:n_rows]].sum())

    @cached_property
    def _word_bytes(self) -> np.ndarray:
        return np.array([len(json.dumps(word)) + 1 + COUNT_BYTES for word in self.table.words], dtype="i8")


def choose(everything: Everything, max_mb: float, max_rows: int | None, n_subwords: Sequence[int]) -> Plan:
    """The plan with the least loss that fits into a size; of several with the same loss, the smallest.

    max_mb: The largest size on disk, in millions of bytes.
    max_rows: The largest number of rows; None for no limit.
    n_subwords: The numbers of subword rows to choose from.
    RAISES: DomainVectorsError (DV070) if not even the terms fit.
    """
    plans, needed = [], max(1, len(everything.terms))
    for dtype in DTYPES:
        for n in n_subwords:
            n_rows = min(everything.most_rows(dtype, n, max_mb), max_rows or len(everything.table))
            plan = Plan(n_rows, dtype, n)
            if n_rows >= needed and everything.megabytes(plan) <= max_mb:
                plans.append(plan)
    if not plans:
        least = f"{everything.megabytes(Plan(needed, 'int8', 0)):.3f}"
        raise DomainVectorsError(Errors.DV070.format(name="max_mb", value=max_mb, n_rows=needed, least=least))
    return min(plans, key=lambda plan: (round(everything.loss(plan), 4), everything.megabytes(plan)))


def check_rows(everything: Everything, max_rows: int | None) -> None:
    """RAISES: DomainVectorsError (DV070) if there are more terms than max_rows."""
    needed = len(everything.terms)
    if max_rows is not None and max_rows < needed:
        raise DomainVectorsError(Errors.DV070.format(name="max_rows", value=max_rows, n_rows=needed, least=needed))
