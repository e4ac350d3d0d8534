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
# What the meta of a written table has beside that of one in memory: the plan, the subwords' settings,
# and the sizes and hashes of the files. And the note of the component.
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


@dataclass(frozen=True)
class Losses:
    """What a plan costs: two means of 1 - cosine between the vectors before and after it.

    in_means: Each token of a text counts as much as it weighs in a mean vector: SIF times frequency.
    of_tokens: All tokens count alike. Rare words, which tell most of the subject, hardly count here.
    """

    in_means: float
    of_tokens: float


@dataclass(frozen=True, eq=False)
class Everything:
    """A table with all its rows, and the vectors that replace rows left out.

    table: As float32, without subwords.
    base: The base's vectors of its words in the table's space, shape (n_words, width); zeros for
        unknown ones.
    trust: How far these tell of the words, shape (n_words,), see `BaseTable.trust`.
    terms: Words that keep their rows whatever is left out.
    subwords: Gives subwords with a number of rows; None for no rows.
    """

    table: VectorTable
    base: np.ndarray
    trust: np.ndarray
    terms: Collection[str]
    subwords: Callable[[int], Subwords | None]

    def order(self, n_subwords: int) -> np.ndarray:
        """The numbers of the rows by priority, int64: the terms, then the rows that are missed most.

        A row is missed as often as its word occurs, as much as the word weighs in a mean, and as far as
        the vector is off that the word has without it. A phrase has the mean of its words then. An
        acronym counts as BACK_OFF_COUNT more frequent: that is the weight of its long form in
        `weights.backed_off`.

        n_subwords: The number of rows of the subwords that answer for what is left out.
        """
        if n_subwords not in self._orders:
            table = self.table
            is_acronym = np.array([word in table.acronyms for word in table.words], dtype="i8")
            off = 1 - (self._unit * self._answers(n_subwords)).sum(axis=1)
            off[table.is_phrase] = self._phrases_off
            missed = (table.counts + BACK_OFF_COUNT * is_acronym) * self._lengths * off
            is_no_term = [word not in self.terms for word in table.words]
            self._orders[n_subwords] = np.lexsort((-missed, is_no_term))
        return self._orders[n_subwords]

    @cached_property
    def _orders(self) -> dict[int, np.ndarray]:
        return {}

    @cached_property
    def _all_answers(self) -> dict[int, np.ndarray]:
        return {}

    @cached_property
    def _unit(self) -> np.ndarray:
        return scaled_to_unit(self.table.vectors[:])

    @cached_property
    def _lengths(self) -> np.ndarray:
        return np.linalg.norm(self.table.vectors[:], axis=1)

    @cached_property
    def _phrases_off(self) -> np.ndarray:
        """1 - cosine between the vector of each phrase and the mean of its words' vectors."""
        table = self.table
        phrases = [word.split(" ") for word in table.words if " " in word]
        means = compose(phrases, row_numbers(table.words), table.vectors[:])
        return 1 - (self._unit[table.is_phrase] * scaled_to_unit(means)).sum(axis=1)

    def _answers(self, n_subwords: int) -> np.ndarray:
        """What the words have without their rows: unit length or zeros, (n_words, width), float32."""
        if n_subwords not in self._all_answers:
            answers, subwords = self.base.copy(), self.subwords(n_subwords)
            if subwords is not None:
                spelled = np.flatnonzero(self.trust < 1)
                by_spelling = subwords.vectors([self.table.words[i] for i in spelled.tolist()])
                answers[spelled] = by_trust(answers[spelled], by_spelling, self.trust[spelled])
            self._all_answers[n_subwords] = scaled_to_unit(answers)
        return self._all_answers[n_subwords]

    def kept(self, plan: Plan) -> VectorTable:
        """The table with the rows, the dtype and the subwords of a plan."""
        table = self.table.take(np.sort(self.order(plan.n_subwords)[: plan.n_rows]))
        return replace(table, subwords=self.subwords(plan.n_subwords)).astype(plan.dtype)

    def loss(self, plan: Plan) -> float:
        """The cost of a plan, as plans are chosen by it: `Losses.in_means`."""
        return self.losses(plan).in_means

    def losses(self, plan: Plan) -> Losses:
        """The costs of a plan, over the tokens of a text of this kind.

        A word without a row has the base's vector as far as that is trusted, and the rest from its
        subword vector. A word that is new to the domain and to the base loses what subwords fail to
        tell of words that were held out.
        """
        table, subwords = self.table, self.subwords(plan.n_subwords)
        answers = self._answers(plan.n_subwords).copy()
        kept = self.order(plan.n_subwords)[: plan.n_rows]
        answers[kept] = scaled_to_unit(table.vectors.take(kept).astype(plan.dtype)[:])
        losses = 1 - (self._unit * answers).sum(axis=1)
        unseen_loss = 1 - (subwords.held_out_cosine if subwords is not None else 0)
        unseen_share = table.meta.get("unseen_share", 0)
        shares = np.where(table.is_phrase, 0, table.counts) / max(table.n_tokens, 1)

        def mean(weights: np.ndarray | float, unseen_weight: float) -> float:
            shared, unseen = shares * weights, unseen_share * unseen_weight
            # Not 0, so that a table without any occurrence has a loss of 0.
            total = max(shared.sum() + unseen, np.finfo("f").tiny)
            return float((losses @ shared + unseen_loss * unseen) / total)

        return Losses(mean(self._lengths, full_length(table.width)), mean(1.0, 1.0))

    def megabytes(self, plan: Plan) -> float:
        """The size of the table on disk, in millions of bytes."""
        return self._bytes(plan.n_rows, plan.dtype, plan.n_subwords) / MB

    def most_rows(self, dtype: str, n_subwords: int, megabytes: float) -> int:
        """The largest number of rows that fit into a size; 0 if not even the other parts do."""
        room = megabytes * MB - self._other_bytes(n_subwords, dtype)
        row = row_bytes(self.table.width, dtype)
        if room < row:
            # No order is needed, and so no subwords are fitted that would not fit in.
            return 0
        sizes = np.cumsum(self._word_bytes[self.order(n_subwords)] + row)
        return int(np.searchsorted(sizes, room, side="right"))

    def _bytes(self, n_rows: int, dtype: str, n_subwords: int) -> int:
        words = self._word_bytes[self.order(n_subwords)[:n_rows]] if n_rows else self._word_bytes[:0]
        rows = n_rows * row_bytes(self.table.width, dtype)
        return self._other_bytes(n_subwords, dtype) + rows + int(words.sum())

    def _other_bytes(self, n_subwords: int, dtype: str) -> int:
        """What a table takes beside the rows of its words."""
        meta = len(json.dumps(self.table.meta, indent=2)) + NOTED_BYTES
        base = self.table.base
        part = 0 if base is None else base.matrix.nbytes + base.centre.nbytes
        return HEADER_BYTES + meta + part + n_subwords * row_bytes(self.table.width, dtype)

    @cached_property
    def _word_bytes(self) -> np.ndarray:
        sizes = [len(json.dumps(word)) + 1 + COUNT_BYTES for word in self.table.words]
        return np.array(sizes, dtype="i8")


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
        shown = {"name": "max_mb", "value": max_mb, "n_rows": needed, "least": least}
        raise DomainVectorsError(Errors.DV070.format(**shown))
    return min(plans, key=lambda plan: (round(everything.loss(plan), 4), everything.megabytes(plan)))


def check_rows(everything: Everything, max_rows: int | None) -> None:
    """RAISES: DomainVectorsError (DV070) if there are more terms than max_rows."""
    needed = len(everything.terms)
    if max_rows is not None and max_rows < needed:
        shown = {"name": "max_rows", "value": max_rows, "n_rows": needed, "least": needed}
        raise DomainVectorsError(Errors.DV070.format(**shown))
