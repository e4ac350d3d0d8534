"""Third stage of a build: rotate the domain's vectors into the base's space, and combine both."""

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

# With a lower held-out cosine, two spaces have nothing in common.
LEAST_COSINE = 0.02

# With fewer anchors, a rotation is arbitrary, however narrow the vectors are.
MIN_ANCHORS = 10


@dataclass(frozen=True, eq=False)
class Learned:
    """The combined vectors.

    vectors: The vectors of the gathered words and fold-ins, of unit length, shape (n_words, width),
        float32. A fold-in that the base lacks has zeros if no word of the vocabulary is near it.
    known: Whether the base has a vector for each of them too, shape (n_words,), bool.
    base: The place of the base's vectors in the same space; None where they have none.
    domains: The domain tables that were combined, by trainer.
    alignments: The alignments of these tables, by trainer.
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
    """Rotate the tables into one space if the combiner needs it, and combine them with the base's.

    paths: The base's name and the path of given vectors, for messages.
    tables: The rows of each table, as `train` returns them.
    earlier: An earlier training; the table is rotated into its space.
    RAISES: DomainVectorsError (DV050, DV051, DV074, DV077).
    WARNS: DomainVectorsWarning (DV114) about a table that does not fit.
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
    """Rotate the tables into the base's space; for a base without vectors, into the first table's."""
    n_words, rows = len(gathered.vocabulary), np.full(len(known), -1)
    if base.width:
        target, rotated = known, domains
        rows[:n_words] = np.where(known.any(axis=1), base.find(gathered.words), -1)[:n_words]
    else:
        first, *others = domains
        target, rotated = domains[first], {name: domains[name] for name in others}
        rows[:n_words] = np.arange(n_words)
    anchors = choose_anchors(rows)
    _check_anchors(anchors, list(rotated.values()), paths)
    return {name: align(vectors, target, anchors, gathered.counts) for name, vectors in rotated.items()}


def _onto(earlier: State, table: np.ndarray, gathered: Gathered) -> Alignment:
    """Rotate a table onto its words' earlier vectors. RAISES: DomainVectorsError (DV077) for too few."""
    words = gathered.vocabulary.words
    target = moved_rows(earlier.rows, earlier.counted.vocabulary.words, words)
    rows = np.where(target.any(axis=1), np.arange(len(words)), -1)
    anchors = choose_anchors(rows)
    needed = max(MIN_ANCHORS, table.shape[1])
    if len(anchors) < needed:
        raise DomainVectorsError(Errors.DV077.format(found=len(anchors), total=len(words), needed=needed))
    return align(table, target, anchors, gathered.counts)


def _check_anchors(anchors: np.ndarray, rotated: Sequence[np.ndarray], paths: PathSettings) -> None:
    width = max([0, *(vectors.shape[1] for vectors in rotated)])
    needed = max(MIN_ANCHORS, width)
    if rotated and len(anchors) < needed:
        shown = {"found": len(anchors), "base": paths.base, "needed": needed}
        if paths.vectors:
            raise DomainVectorsError(Errors.DV074.format(**shown, path=paths.vectors, width=width))
        raise DomainVectorsError(Errors.DV050.format(**shown))


def _warn_of_poor_fits(alignments: dict[str, Alignment], path: str | None) -> None:
    """path: The file of given vectors; None for vectors that were learned."""
    for name, fit in alignments.items():
        if not fit.held_out_cosine >= LEAST_COSINE:
            shown = {"name": path or name, "cosine": fit.held_out_cosine, "anchors": fit.n_anchors}
            message = Warnings.DV114.format(**shown, advice=OTHER_VECTORS if path else MORE_TEXT)
            warnings.warn(message, DomainVectorsWarning, stacklevel=3)
