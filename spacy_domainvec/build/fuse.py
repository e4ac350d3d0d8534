"""Third stage of a build: map the domain's vectors and the base's, rotate, and combine them."""

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..counting.adding import moved_rows
from ..counting.saved_counts import State
from ..errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from ..learning.align import Alignment, align, choose_anchors
from ..learning.combine import Combiner, Ingredients
from ..table.base_vectors import BaseTable
from ..table.space import BasePart, Space, off_centre
from ..util.arrays import centred_to_unit, scaled_to_unit
from .fit_map import MapOf, no_map
from .schema import PathSettings
from .select import Gathered

OTHER_VECTORS = "Check that they are of the base's language and that the rows of the file belong to its words."

MORE_TEXT = "Give more text, or check that the base is of its language."

# With a lower held-out cosine, two spaces have nothing in common.
LEAST_COSINE = 0.02

# With fewer anchors, a rotation is arbitrary, however narrow the vectors are.
MIN_ANCHORS = 10


@dataclass(frozen=True, eq=False)
class Placed:
    """A domain table, and its place among the tables that are combined.

    rows: The table in a space of its own, centred, of unit length, shape (n_words, own_width), float32.
    matrix: What it is multiplied by, shape (own_width, width), float32.
    alignment: How well it fits what it was rotated onto: the base, the first table, or its own rows
        before an update; None where it was not rotated.
    """

    rows: np.ndarray
    matrix: np.ndarray
    alignment: Alignment | None = None

    @cached_property
    def vectors(self) -> np.ndarray:
        """The table in the space of all, of unit length, shape (n_words, width), float32."""
        return scaled_to_unit(np.asarray(self.rows @ self.matrix, dtype="f"))


@dataclass(frozen=True, eq=False)
class OfBase:
    """The base's rows of some words, and their place among the tables that are combined.

    centre, matrix: As in `Space`.
    vectors: The rows, of unit length, shape (n_words, width), float32; zeros for words not in the base.
    """

    centre: np.ndarray
    matrix: np.ndarray
    vectors: np.ndarray


@dataclass(frozen=True, eq=False)
class Places:
    """The tables that are combined: the base's rows, and the domain's by trainer."""

    base: OfBase
    domains: dict[str, Placed]


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
    domains: The domain's part of them, by trainer.
    space: How the first of these and the base's rows came into their space.
    """

    vectors: np.ndarray
    known: np.ndarray
    lengths: np.ndarray
    trust: np.ndarray
    base: BasePart | None
    domains: dict[str, Placed]
    space: Space


def learn(
    combiner: Combiner,
    paths: PathSettings,
    gathered: Gathered,
    tables: dict[str, np.ndarray],
    base: BaseTable,
    map_of: MapOf = no_map,
    earlier: State | None = None,
) -> Learned:
    """Give each table its document map, rotate them if the combiner needs one space, and combine all.

    paths: The base's name and the path of given vectors, for messages.
    tables: The rows of each table, as `train` returns them.
    map_of: The document map of a table.
    earlier: An earlier training; the table is rotated into its space, and its maps are kept.
    RAISES: DomainVectorsError (DV050, DV051, DV074, DV077).
    WARNS: DomainVectorsWarning (DV114) about a table that does not fit.
    """
    rows = {name: centred_to_unit(table, len(gathered.vocabulary)) for name, table in tables.items()}
    if earlier is None:
        places = _places(combiner, paths, gathered, rows, base, map_of)
    else:
        of_base = _of_base(base.unit_rows(gathered.words), earlier.space.centre, earlier.space.base)
        places = Places(of_base, {name: _onto(earlier, table, gathered) for name, table in rows.items()})
    of_base, domains = places.base, places.domains
    _warn_of_poor_fits(domains, paths.vectors)
    is_known = of_base.vectors.any(axis=1)
    trust = base.trust(gathered.words) * is_known
    vectors_of_domains = [placed.vectors for placed in domains.values()]
    parts = Ingredients(of_base.vectors, trust, vectors_of_domains, gathered.counts)
    combined = combiner.combine(parts)
    matrix = map_of(combined) if earlier is None else earlier.space.map
    vectors = combined if matrix is None else np.asarray(combined @ matrix, dtype="f")
    lengths = np.ones(len(vectors), dtype="f") if matrix is None else np.linalg.norm(vectors, axis=1)
    part = _part(of_base, combined.shape[1], matrix) if base.width and combiner.has_base else None
    first = next(iter(domains.values()))
    space = Space(first.matrix, of_base.centre, of_base.matrix, matrix)
    has_base = np.asarray(is_known) & (part is not None)
    return Learned(scaled_to_unit(vectors), has_base, lengths, trust, part, domains, space)


def base_centre(unit_rows: np.ndarray) -> np.ndarray:
    """Half the mean of the base's rows of the domain's words, shape (base_width,), float32.

    All of it would tell the domain's texts apart a little better, and cost general similarity.
    """
    known = unit_rows[unit_rows.any(axis=1)]
    return np.asarray(known.sum(axis=0) / max(len(known), 1) / 2, dtype="f")


def _places(
    combiner: Combiner,
    paths: PathSettings,
    gathered: Gathered,
    rows: dict[str, np.ndarray],
    base: BaseTable,
    map_of: MapOf,
) -> Places:
    """Give each table a document map of its own, and rotate them if the combiner needs one space."""
    has_base = combiner.has_base and base.width > 0
    # The map of a table that is combined with nothing is that of the combination.
    of_each = map_of if has_base or len(rows) > 1 else no_map
    of_base = _mapped_base(base.unit_rows(gathered.words), len(gathered.vocabulary), of_each)
    matrices = {name: _or_unit(of_each(table), table.shape[1]) for name, table in rows.items()}
    domains = {name: Placed(table, matrices[name]) for name, table in rows.items()}
    if combiner.needs_one_space:
        domains |= _in_one_space(domains, base, of_base.vectors, gathered, paths)
    return Places(of_base, domains)


def _mapped_base(unit_rows: np.ndarray, n_words: int, map_of: MapOf) -> OfBase:
    """The base's rows, centred, with a document map of their own.

    n_words: The number of words of the vocabulary. They come first.
    """
    centre = base_centre(unit_rows[:n_words])
    matrix = _or_unit(map_of(off_centre(unit_rows, centre)), unit_rows.shape[1])
    return _of_base(unit_rows, centre, matrix)


def _of_base(unit_rows: np.ndarray, centre: np.ndarray, matrix: np.ndarray) -> OfBase:
    mapped = np.asarray(off_centre(unit_rows, centre) @ matrix, dtype="f")
    return OfBase(centre, matrix, scaled_to_unit(mapped))


def _part(of_base: OfBase, width: int, matrix: np.ndarray | None) -> BasePart:
    """The place of the base's rows in a table of a width. Concatenated, their columns come first."""
    missing = width - of_base.matrix.shape[1]
    part = BasePart(np.pad(of_base.matrix, ((0, 0), (0, missing))), of_base.centre)
    return part if matrix is None else part.mapped(matrix)


def _or_unit(matrix: np.ndarray | None, width: int) -> np.ndarray:
    return np.eye(width, dtype="f") if matrix is None else matrix


def _in_one_space(
    domains: dict[str, Placed],
    base: BaseTable,
    of_base: np.ndarray,
    gathered: Gathered,
    paths: PathSettings,
) -> dict[str, Placed]:
    """Rotate the tables into the base's space; for a base without vectors, into the first table's."""
    n_words, rows = len(gathered.vocabulary), np.full(len(of_base), -1)
    if base.width:
        target, rotated = of_base, domains
        rows[:n_words] = np.where(of_base.any(axis=1), base.find(gathered.words), -1)[:n_words]
    else:
        first, *others = domains
        target, rotated = domains[first].vectors, {name: domains[name] for name in others}
        rows[:n_words] = np.arange(n_words)
    anchors = choose_anchors(rows)
    # A table of others may lack some words.
    of_table = {name: anchors[placed.rows[anchors].any(axis=1)] for name, placed in rotated.items()}
    for name, placed in rotated.items():
        _check_anchors(of_table[name], placed.rows.shape[1], paths)
    return {name: _rotated(placed, target, of_table[name], gathered) for name, placed in rotated.items()}


def _rotated(placed: Placed, target: np.ndarray, anchors: np.ndarray, gathered: Gathered) -> Placed:
    """A table rotated onto rows of unit length of a target."""
    fit = align(placed.vectors, target, anchors, gathered.counts)
    return Placed(placed.rows, placed.matrix @ fit.rotation, fit)


def _onto(earlier: State, table: np.ndarray, gathered: Gathered) -> Placed:
    """Rotate a table onto its words' earlier vectors. RAISES: DomainVectorsError (DV077) for too few."""
    words = gathered.vocabulary.words
    target = moved_rows(earlier.rows, earlier.counted.vocabulary.words, words)
    rows = np.where(target.any(axis=1), np.arange(len(words)), -1)
    anchors = choose_anchors(rows)
    needed = max(MIN_ANCHORS, table.shape[1])
    if len(anchors) < needed:
        shown = {"found": len(anchors), "total": len(words), "needed": needed}
        raise DomainVectorsError(Errors.DV077.format(**shown))
    fit = align(table, target, anchors, gathered.counts)
    return Placed(fit.vectors, earlier.space.domain, fit)


def _check_anchors(anchors: np.ndarray, width: int, paths: PathSettings) -> None:
    """RAISES: DomainVectorsError (DV050, DV074) for too few anchors for vectors of a width."""
    needed = max(MIN_ANCHORS, width)
    if len(anchors) < needed:
        shown = {"found": len(anchors), "base": paths.base, "needed": needed}
        if paths.vectors:
            raise DomainVectorsError(Errors.DV074.format(**shown, path=paths.vectors, width=width))
        raise DomainVectorsError(Errors.DV050.format(**shown))


def _warn_of_poor_fits(domains: dict[str, Placed], path: str | None) -> None:
    """path: The file of given vectors; None for vectors that were learned."""
    for name, placed in domains.items():
        fit = placed.alignment
        if fit is not None and not fit.held_out_cosine >= LEAST_COSINE:
            shown = {"name": path or name, "cosine": fit.held_out_cosine, "anchors": fit.n_anchors}
            message = Warnings.DV114.format(**shown, advice=OTHER_VECTORS if path else MORE_TEXT)
            warnings.warn(message, DomainVectorsWarning, stacklevel=3)
