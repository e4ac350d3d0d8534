"""The registered ways to combine the base's vectors with one or more domain tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from spacy.util import registry

from ..errors import DomainVectorsError, Errors
from ..util.arrays import scaled_to_unit
from ..util.checking import checked
from .ranges import Natural, Share, Shares


@dataclass(frozen=True, eq=False)
class Ingredients:
    """The tables to combine: rows of unit length or zeros, float32, the most frequent word first.

    base: The base's rows, shape (n_words, base_width), zeros for words that it lacks; of a base
        without vectors (n_words, 0).
    trust: How far the base's rows tell of the words, shape (n_words,), see `BaseTable.trust`.
    domains: The domain tables, shape (n_words, width) each.
    counts: How often each word occurs in the corpus, shape (n_words,), int64.
    """

    base: np.ndarray
    trust: np.ndarray
    domains: Sequence[np.ndarray]
    counts: np.ndarray


@dataclass(frozen=True)
class Combiner:
    """A way to combine tables.

    combine: The function. It returns the combined rows, shape (n_words, width), float32.
    needs_one_space: Whether the domain tables must be rotated into the base's space first.
    has_base: Whether the base's row of any other word has a place, from the first column on.
    """

    combine: Callable[[Ingredients], np.ndarray]
    needs_one_space: bool
    has_base: bool


@registry.misc("spacy_domainvec.Average.v1")
@checked
def average(domain_weight: Share = 0.55, half_weight_count: Natural = 20, shares: Shares | None = None) -> Combiner:
    """The mean of the base's row and the domain's, as wide as the base (Coates and Bollegala, 2018).

    For a word with n occurrences in the corpus, the base's row has the weight
    1 - domain_weight * n / (n + half_weight_count), times the trust in that row, see
    `BaseTable.trust`. The domain's row has the rest. A word that the base lacks has the domain's row
    alone, or zeros if domain_weight is 0.

    domain_weight: The domain's weight for a very frequent word. With 0, the result is the base's
        vectors, of unit length: a table to compare with.
    half_weight_count: The number of occurrences at which the domain has half of that weight.
    shares: How several domain tables share the domain's weight; equally by default.
    RAISES: DomainVectorsError (DV045); when run, DV051 unless there is one share for each table.
    """

    def combine(parts: Ingredients) -> np.ndarray:
        by_table = _normalized(shares, len(parts.domains))
        # A table that lacks a word leaves its share to the others.
        present = sum(share * rows.any(axis=1) for share, rows in zip(by_table, parts.domains))
        total = np.where(present > 0, present, 1)[:, None].astype("f")
        domain = sum(share * rows for share, rows in zip(by_table, parts.domains)) / total
        weight = (domain_weight * parts.counts / (parts.counts + half_weight_count))[:, None]
        base = parts.base if parts.base.shape[1] else np.zeros_like(domain)
        # The base's share is what it is trusted with. The domain has the rest, unless it has no part.
        of_base = (1 - weight) * parts.trust[:, None]
        of_domain = 1 - of_base if domain_weight > 0 else np.zeros_like(of_base)
        vectors = np.asarray(of_base * base + of_domain * domain, dtype="f")
        return scaled_to_unit(vectors)

    return Combiner(combine, needs_one_space=True, has_base=True)


@registry.misc("spacy_domainvec.Concat.v1")
@checked
def concat(domain_weight: Share = 0.5, shares: Shares | None = None) -> Combiner:
    """The base's row followed by the domain's rows. The width is the sum of the widths.

    domain_weight: The domain's share of the squared length, and so of a cosine, from 0 to 1.
    shares: How several domain tables divide the domain's share; equally by default.
    RAISES: DomainVectorsError (DV045); when run, DV051 unless there is one share for each table.
    """

    def combine(parts: Ingredients) -> np.ndarray:
        by_table = domain_weight * _normalized(shares, len(parts.domains))
        blocks = [np.sqrt(share) * rows for share, rows in zip(by_table, parts.domains)]
        of_base = np.sqrt((1 - domain_weight) * parts.trust)[:, None]
        vectors = np.hstack([of_base * parts.base, *blocks])
        return scaled_to_unit(vectors.astype("f"))

    return Combiner(combine, needs_one_space=False, has_base=True)


@registry.misc("spacy_domainvec.DomainOnly.v1")
@checked
def domain_only() -> Combiner:
    """The domain's rows alone, several tables side by side. Words outside the corpus have no vector."""

    def combine(parts: Ingredients) -> np.ndarray:
        return scaled_to_unit(np.hstack(list(parts.domains)))

    return Combiner(combine, needs_one_space=False, has_base=False)


def check_shares(shares: list[float] | None, n_tables: int) -> None:
    """RAISES: DomainVectorsError (DV051) for shares that are too few, too many, or all 0."""
    if shares is not None and len(shares) != n_tables:
        why = f"there are {n_tables} domain tables"
        raise DomainVectorsError(Errors.DV051.format(shares=shares, why=why))
    if shares is not None and not any(shares):
        raise DomainVectorsError(Errors.DV051.format(shares=shares, why="all of them are 0"))


def _normalized(shares: list[float] | None, n_tables: int) -> np.ndarray:
    check_shares(shares, n_tables)
    chosen = np.array([1.0] * n_tables if shares is None else shares)
    return np.asarray(chosen / chosen.sum())
