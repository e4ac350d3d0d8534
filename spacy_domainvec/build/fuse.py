"""Vectors of the domain, turned into the base's space and combined with its vectors."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..counting.adding import moved_rows
from ..counting.saved_counts import State
from ..errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from ..learning.align import Alignment, align, choose_anchors
from ..learning.combine import Combiner, Ingredients
from ..table.base_vectors import BasePart, BaseTable
from ..util.arrays import centred_to_unit
from .schema import PathSettings
from .select import Gathered

OTHER_VECTORS = "Check that they are of the base's language and that the rows of the file belong to its words."

MORE_TEXT = "Give more text, or check that the base is of its language."

# A lower held-out cosine tells that two spaces have nothing to do with each other.
LEAST_COSINE = 0.02

# Fewer anchors than this tell nothing about a rotation, however narrow the vectors are.
MIN_ANCHORS = 10


@dataclass(frozen=True, eq=False)
class Learned:
    """The combined vectors.

    vectors: Of the words and fold-ins that were gathered, of unit length, shape (n_words, width), float32; zeros for
        fold-ins that have no word of the vocabulary near them and that the base lacks.
    known: Which of them the base knows too, shape (n_words,), bool.
    base: How the base's vectors stand beside them; None where they don't.
    domains: The domain's part of them, as it was combined, by trainer.
    alignments: How well each of those fits, by trainer.
    """

    vectors: np.ndarray
    known: np.ndarray
    base: BasePart | None
    domains: dict[str, np.ndarray]
    alignments: dict[str, Alignment]


def learn(
    combiner: Combiner,
    paths: PathSettings,
    gathered: Gathered,
    tables: dict[str, np.ndarray],
    base: BaseTable,
    earlier: State | None = None,
) -> Learned:
    """Turn the tables into one space where the combiner needs that, and combine them with the base's vectors.

    paths: Only for messages: what the base is named, and what vectors were given.
    tables: The rows of each, as `train` gives them.
    earlier: Of an earlier training, into whose space the table is turned.
    RAISES: DomainVectorsError (DV050, DV051, DV074, DV077).
    WARNS: DomainVectorsWarning (DV114) of a table that does not fit.
    """
    n_words = len(gathered.vocabulary)
    domains = {name: centred_to_unit(table, n_words) for name, table in tables.items()}
    known = base.unit_rows(gathered.words)
    alignments: dict[str, Alignment] = {}
    if earlier is not None:
        alignments = {name: _onto(earlier, table, gathered) for name, table in domains.items()}
    elif combiner.needs_one_space:
        alignments = _in_one_space(domains, base, known, gathered, paths)
    _warn_of_poor_fits(alignments, paths.vectors)
    domains |= {name: alignment.vectors for name, alignment in alignments.items()}
    combined = combiner.combine(Ingredients(known, list(domains.values()), gathered.counts))
    part = combined.base if base.width else None
    has_base = np.asarray(known.any(axis=1)) & (part is not None)
    return Learned(combined.vectors, has_base, part, domains, alignments)


def _in_one_space(
    domains: dict[str, np.ndarray],
    base: BaseTable,
    known: np.ndarray,
    gathered: Gathered,
    paths: PathSettings,
) -> dict[str, Alignment]:
    """Turn the tables into the base's space; without one, into that of the first table."""
    n_words, rows = len(gathered.vocabulary), np.full(len(known), -1)
    if base.width:
        target, turned = known, domains
        rows[:n_words] = np.where(known.any(axis=1), base.find(gathered.words), -1)[:n_words]
    else:
        first, *others = domains
        target, turned = domains[first], {name: domains[name] for name in others}
        rows[:n_words] = np.arange(n_words)
    anchors = choose_anchors(rows)
    _check_anchors(anchors, list(turned.values()), paths)
    return {name: align(vectors, target, anchors, gathered.counts) for name, vectors in turned.items()}


def _onto(earlier: State, table: np.ndarray, gathered: Gathered) -> Alignment:
    """Turn a table onto the vectors that its words had. RAISES: DomainVectorsError (DV077) where few had one."""
    words = gathered.vocabulary.words
    target = moved_rows(earlier.rows, earlier.counted.vocabulary.words, words)
    rows = np.where(target.any(axis=1), np.arange(len(words)), -1)
    anchors = choose_anchors(rows)
    needed = max(MIN_ANCHORS, table.shape[1])
    if len(anchors) < needed:
        raise DomainVectorsError(Errors.DV077.format(found=len(anchors), total=len(words), needed=needed))
    return align(table, target, anchors, gathered.counts)


def _check_anchors(anchors: np.ndarray, turned: Sequence[np.ndarray], paths: PathSettings) -> None:
    width = max([0, *(vectors.shape[1] for vectors in turned)])
    needed = max(MIN_ANCHORS, width)
    if turned and len(anchors) < needed:
        shown = {"found": len(anchors), "base": paths.base, "needed": needed}
        if paths.vectors:
            raise DomainVectorsError(Errors.DV074.format(**shown, path=paths.vectors, width=width))
        raise DomainVectorsError(Errors.DV050.format(**shown))


def _warn_of_poor_fits(alignments: dict[str, Alignment], path: str | None) -> None:
    """path: The vectors that were given; None where they were learned."""
    for name, fit in alignments.items():
        if not fit.held_out_cosine >= LEAST_COSINE:
            shown = {"name": path or name, "cosine": fit.held_out_cosine, "anchors": fit.n_anchors}
            message = Warnings.DV114.format(**shown, advice=OTHER_VECTORS if path else MORE_TEXT)
            warnings.warn(message, DomainVectorsWarning, stacklevel=3)
