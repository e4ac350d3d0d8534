"""Third stage of a build: rotate the domain's vectors into the base's space, and combine both."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..counting.adding import moved_rows
from ..counting.saved_counts import State
from ..errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from ..learning.align import Alignment, align, choose_anchors
from ..learning.combine import Combiner, Ingredients
from ..table.base_vectors import BasePart, BaseTable, off_centre
from ..util.arrays import centred_to_unit, scaled_to_unit
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

    vectors: Of the words and fold-ins that were gathered, of unit length, shape (n_words, width),
        float32; zeros for fold-ins that have no word of the vocabulary near them and that the base
        lacks.
    known: Which of them the base knows too, shape (n_words,), bool.
    lengths: What the document map makes of a row's length of one, shape (n_words,), float32; ones
        without a map.
    trust: How far the base's rows tell of them, shape (n_words,), float32; 0 for words that it lacks.
    base: How the base's vectors stand beside them; None where they don't.
    map: The document map, shape (width, width), float32; None without one.
    domains: The domain's part of them, as it was combined, by trainer.
    alignments: How well each of those fits, by trainer.
    """

    vectors: np.ndarray
    known: np.ndarray
    lengths: np.ndarray
    trust: np.ndarray
    base: BasePart | None
    map: np.ndarray | None
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
    unit_rows = base.unit_rows(gathered.words)
    kept_centre = earlier.centre if earlier is not None else None
    centre = base_centre(unit_rows[:n_words]) if kept_centre is None else kept_centre
    known = off_centre(unit_rows, centre)
    trust = base.trust(gathered.words) * known.any(axis=1)
    alignments: dict[str, Alignment] = {}
    if earlier is not None:
        alignments = {name: _onto(earlier, table, gathered) for name, table in domains.items()}
    elif combiner.needs_one_space:
        alignments = _in_one_space(domains, base, known, gathered, paths)
    _warn_of_poor_fits(alignments, paths.vectors)
    domains |= {name: alignment.vectors for name, alignment in alignments.items()}
    combined = combiner.combine(Ingredients(known, trust, list(domains.values()), gathered.counts))
    width = combined.vectors.shape[1]
    part = BasePart(np.eye(base.width, width, dtype="f"), centre) if base.width and combined.has_base else None
    lengths = np.ones(len(known), dtype="f")
    has_base = np.asarray(known.any(axis=1)) & (part is not None)
    return Learned(combined.vectors, has_base, lengths, trust, part, None, domains, alignments)


def base_centre(unit_rows: np.ndarray) -> np.ndarray:
    """Half the mean of the base's rows of the domain's words, shape (base_width,), float32.

    All of it would tell the domain's texts apart a little better, and cost general similarity.
    """
    known = unit_rows[unit_rows.any(axis=1)]
    return np.asarray(known.sum(axis=0) / max(len(known), 1) / 2, dtype="f")


def mapped(learned: Learned, matrix: np.ndarray) -> Learned:
    """The vectors multiplied by a document map, and the base's with them."""
    rows = np.asarray(learned.vectors @ matrix, dtype="f")
    lengths = np.linalg.norm(rows, axis=1)
    base = learned.base and learned.base.mapped(matrix)
    return replace(learned, vectors=scaled_to_unit(rows), lengths=lengths, base=base, map=matrix)


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
    # A table of others may lack some words.
    of_table = {name: anchors[vectors[anchors].any(axis=1)] for name, vectors in rotated.items()}
    for name, vectors in rotated.items():
        _check_anchors(of_table[name], [vectors], paths)
    return {name: align(vectors, target, of_table[name], gathered.counts) for name, vectors in rotated.items()}


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
