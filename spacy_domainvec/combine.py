"""The registered ways to combine the base's vectors and one or more domain tables, and SIF weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from spacy.util import registry

from .arrays import scaled_to_unit
from .errors import DomainVectorsError, Errors
from .general import GeneralPart
from .schema import Natural, Share, Shares, checked

# A word that the base lacks and that occurs this often stands half for itself.
BACK_OFF_COUNT = 10


@dataclass(frozen=True, eq=False)
class Ingredients:
    """What is combined; all rows are of unit length or zeros, float32, the most frequent word first.

    general: The base's rows, shape (n_words, base_width), zeros for words that it lacks; of a base without vectors
        (n_words, 0).
    domains: The domain tables, shape (n_words, width) each.
    counts: How often each word occurs in the corpus, shape (n_words,), int64.
    """

    general: np.ndarray
    domains: Sequence[np.ndarray]
    counts: np.ndarray


@dataclass(frozen=True, eq=False)
class Combination:
    """The combined rows, of unit length, and how a word that only the base knows is put beside them.

    vectors: Shape (n_words, width), float32.
    general: Where and with what length the base's row of another word stands; None where it has no place.
    """

    vectors: np.ndarray
    general: GeneralPart | None


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
        general = parts.general if parts.general.shape[1] else np.zeros_like(domain)
        weight = np.where(general.any(axis=1, keepdims=True), weight, float(domain_weight > 0))
        vectors = np.asarray((1 - weight) * general + weight * domain, dtype="f")
        return Combination(scaled_to_unit(vectors), GeneralPart(1.0))

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
        vectors = np.hstack([np.sqrt(1 - domain_weight) * parts.general, *blocks])
        return Combination(scaled_to_unit(vectors.astype("f")), GeneralPart(1.0))

    return Combiner(combine, needs_one_space=False)


@registry.misc("spacy_domainvec.DomainOnly.v1")
@checked
def domain_only() -> Combiner:
    """The domain's rows alone, those of several tables side by side. Words outside the corpus have no vector."""

    def combine(parts: Ingredients) -> Combination:
        return Combination(scaled_to_unit(np.hstack(list(parts.domains))), None)

    return Combiner(combine, needs_one_space=False)


def backed_off(vectors: np.ndarray, priors: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Rows drawn to what one would guess without the contexts, the more the rarer the word.

    A word that occurs n times keeps n / (n + 10) of its own row: a few contexts tell less than a word's spelling or
    a phrase's words do.

    vectors: Shape (n_words, width), of unit length.
    priors: The guesses, of unit length; zeros where there is none, and the row stays.
    counts: How often each word occurs, shape (n_words,).
    RETURNS: Shape (n_words, width), float32, of unit length.
    """
    own = np.where(priors.any(axis=1), counts / (counts + BACK_OFF_COUNT), 1)[:, None]
    return scaled_to_unit(np.asarray(own * vectors + (1 - own) * priors, dtype="f"))


def sif_weights(counts: np.ndarray, n_tokens: int, a: float | None) -> np.ndarray:
    """Smooth inverse frequency, a / (a + p), of words that make up a share p of a text (Arora, Liang and Ma, 2017).

    counts: How often each word occurs, shape (n_words,).
    n_tokens: Length of the text.
    a: Share of the text at which a word weighs one half, above 0; None for weights of one.
    RETURNS: Shape (n_words,), float32, in (0, 1].
    """
    if a is None:
        return np.ones(len(counts), dtype="f")
    return np.asarray(a / (a + counts / max(n_tokens, 1)), dtype="f")


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
