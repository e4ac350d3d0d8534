"""The registered ways to combine the base's vectors and one or more domain tables, and SIF weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from spacy.util import registry

from ..errors import DomainVectorsError, Errors
from ..table.base_vectors import BasePart
from ..util.arrays import scaled_to_unit
from ..util.checking import checked
from .ranges import Natural, Share, Shares


@dataclass(frozen=True, eq=False)
class Ingredients:
    """What is combined; all rows are of unit length or zeros, float32, the most frequent word first.

    base: The base's rows, shape (n_words, base_width), zeros for words that it lacks; of a base without vectors
        (n_words, 0).
    domains: The domain tables, shape (n_words, width) each.
    counts: How often each word occurs in the corpus, shape (n_words,), int64.
    """

    base: np.ndarray
    domains: Sequence[np.ndarray]
    counts: np.ndarray


@dataclass(frozen=True, eq=False)
class Combination:
    """The combined rows, of unit length, and how a word that only the base knows is put beside them.

    vectors: Shape (n_words, width), float32.
    base: Where and with what length the base's row of another word stands; None where it has no place.
    """

    vectors: np.ndarray
    base: BasePart | None


@dataclass(frozen=True)
class Combiner:
    """A way to combine.

    combine: The function.
    needs_one_space: Whether the domain tables have to be turned into the base's space first.
    """

    combine: Callable[[Ingredients], Combination]
    needs_one_space: bool


@registry.misc("spacy_domainvec.Average.v1")
@checked
def average(domain_weight: Share = 0.6, half_weight_count: Natural = 20, shares: Shares | None = None) -> Combiner:
    """The mean of the base's row and the domain's, as wide as the base (Coates and Bollegala, 2018).

    A word that occurs n times in the corpus gets domain_weight * n / (n + half_weight_count) of its row from the
    domain and the rest from the base; all of it from the domain where the base lacks the word, unless the domain has
    no part at all.

    domain_weight: The domain's part of a frequent word. With 0, a table without the domain's vectors
        comes out, to compare with: the base's, of unit length and weighted.
    half_weight_count: How often a word must occur for half of that.
    shares: With several domain tables, how they share the domain's part; equally by default.
    RAISES: DomainVectorsError (DV045); when run, DV051 where the number of shares is not that of the tables.
    """

    def combine(parts: Ingredients) -> Combination:
        by_table = _normalized(shares, len(parts.domains))
        domain = sum(share * rows for share, rows in zip(by_table, parts.domains))
        weight = (domain_weight * parts.counts / (parts.counts + half_weight_count))[:, None]
        base = parts.base if parts.base.shape[1] else np.zeros_like(domain)
        weight = np.where(base.any(axis=1, keepdims=True), weight, float(domain_weight > 0))
        vectors = np.asarray((1 - weight) * base + weight * domain, dtype="f")
        return Combination(scaled_to_unit(vectors), BasePart(1.0))

    return Combiner(combine, needs_one_space=True)


@registry.misc("spacy_domainvec.Concat.v1")
@checked
def concat(domain_weight: Share = 0.5, shares: Shares | None = None) -> Combiner:
    """The base's row followed by the domain's rows: nothing is mixed, and the width is the sum of the widths.

    domain_weight: The domain's part of the squared length, from 0 to 1: of a cosine, how much the domain decides.
    shares: With several domain tables, how they share the domain's part; equally by default.
    RAISES: DomainVectorsError (DV045); when run, DV051 where the number of shares is not that of the tables.
    """

    def combine(parts: Ingredients) -> Combination:
        by_table = domain_weight * _normalized(shares, len(parts.domains))
        blocks = [np.sqrt(share) * rows for share, rows in zip(by_table, parts.domains)]
        vectors = np.hstack([np.sqrt(1 - domain_weight) * parts.base, *blocks])
        return Combination(scaled_to_unit(vectors.astype("f")), BasePart(1.0))

    return Combiner(combine, needs_one_space=False)


@registry.misc("spacy_domainvec.DomainOnly.v1")
@checked
def domain_only() -> Combiner:
    """The domain's rows alone, those of several tables side by side. Words outside the corpus have no vector."""

    def combine(parts: Ingredients) -> Combination:
        return Combination(scaled_to_unit(np.hstack(list(parts.domains))), None)

    return Combiner(combine, needs_one_space=False)


def check_shares(shares: list[float] | None, n_tables: int) -> None:
    """RAISES: DomainVectorsError (DV051) where tables can't share the domain's part so."""
    if shares is not None and len(shares) != n_tables:
        raise DomainVectorsError(Errors.DV051.format(shares=shares, why=f"there are {n_tables} domain tables"))
    if shares is not None and not any(shares):
        raise DomainVectorsError(Errors.DV051.format(shares=shares, why="all of them are 0"))


def _normalized(shares: list[float] | None, n_tables: int) -> np.ndarray:
    check_shares(shares, n_tables)
    chosen = np.array([1.0] * n_tables if shares is None else shares)
    return np.asarray(chosen / chosen.sum())
