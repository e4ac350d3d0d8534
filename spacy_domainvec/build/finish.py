"""Last stage of a build: back off rare words, weight all words, and prune the table to its size."""

import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language

from ..counting.terms import missing_terms
from ..errors import DomainVectorsWarning, Warnings
from ..evaluation.measures import bytes_on_disk
from ..learning.ngram_fit import SubwordFitter, choose_examples
from ..table.base_vectors import BaseTable, embedded, warn_of_unnamed
from ..table.pruning import MB, SUBWORD_ROWS, Everything, Plan, check_rows, choose
from ..table.rows import Rows
from ..table.subwords import NgramSettings, Subwords
from ..table.table import VectorTable
from ..table.weights import BACK_OFF_COUNT, backed_off, by_trust, compose, row_numbers, sif_weights
from ..util.arrays import full_length, scaled_to_unit
from ..util.progress import Progress
from .fuse import Learned
from .schema import StorageSettings, SubwordSettings, WeightingSettings
from .select import Gathered

# The assumed number of occurrences of an unseen word.
UNSEEN_COUNT = 0.5
# A table keeps these even where the base is small. With the default subwords they take 10 MB, a fifth of
# en_core_web_md.
ROWS_IN_ANY_CASE = 20_000


@dataclass(frozen=True, eq=False)
class Entries:
    """Words and phrases, with their vectors and counts.

    vectors: Rows of unit length or zeros, shape (n, width), float32.
    counts: How often each occurs, shape (n,), int64.
    weights: What each weighs in a mean, shape (n,), float32.
    """

    words: list[str]
    vectors: np.ndarray
    counts: np.ndarray
    weights: np.ndarray


def finish(
    storage: StorageSettings,
    weighting: WeightingSettings,
    gathered: Gathered,
    learned: Learned,
    nlp: Language,
    meta: dict[str, Any],
    progress: Progress,
) -> VectorTable:
    """Make the table from the learned vectors.

    storage: The limits of the table's size, and the settings of its subwords.
    weighting: The weights of words.
    meta: The table's meta; the plan is added to it.
    RAISES: DomainVectorsError (DV066, DV070). WARNS: DomainVectorsWarning (DV105, DV115).
    """
    a = weighting.a
    base = BaseTable(nlp.vocab.vectors)
    n_subwords = storage.subwords.n_rows if storage.subwords else 0
    subwords_of = subword_maker(storage.subwords, gathered, learned, nlp, a, progress)
    entries = settle_rare_words(gathered, learned, subwords_of(n_subwords), a)
    entries = with_acronyms(entries, gathered, a)
    length = np.float32(full_length(entries.vectors.shape[1]))
    rows = Rows(entries.vectors * entries.weights[:, None] * length)
    part = learned.base and learned.base.mapped(length)
    warn_of_missing_terms(gathered, learned, base, entries.words)
    terms = {term.name for term in gathered.terms}.intersection(entries.words)
    answers = embedded(base, part, entries.words, rows.shape[1])
    trust = base.trust(entries.words) * answers.any(axis=1)
    table = VectorTable(entries.words, rows, entries.counts, None, part, meta)
    everything = Everything(table, answers, trust, terms, subwords_of)
    check_rows(everything, storage.max_rows)
    if storage.max_mb is not None:
        choices = SUBWORD_ROWS if n_subwords else [0]
        plan = choose(everything, storage.max_mb, storage.max_rows, choices)
    else:
        plan = Plan(rows_to_keep(everything, storage, n_subwords, nlp.path), storage.dtype, n_subwords)
    kept = {**asdict(plan), "of_rows": len(rows), "loss": round(everything.loss(plan), 4)}
    return replace(everything.kept(plan), meta={**meta, "kept": kept})


def rows_to_keep(everything: Everything, storage: StorageSettings, n_subwords: int, base: Path | None) -> int:
    """The number of rows that a table keeps without `max_mb`.

    n_subwords: The number of rows of its subwords.
    base: The folder of the base pipeline; None if it was not loaded from one.
    """
    n_rows = len(everything.table)
    if storage.max_rows is not None:
        return min(storage.max_rows, n_rows)
    if storage.max_growth is None:
        return n_rows
    base_bytes = bytes_on_disk(base) if base is not None else 0
    fitting = everything.most_rows(storage.dtype, n_subwords, storage.max_growth * base_bytes / MB)
    return min(max(fitting, ROWS_IN_ANY_CASE), n_rows)


def subword_maker(
    wanted: SubwordSettings | None,
    gathered: Gathered,
    learned: Learned,
    nlp: Language,
    a: float | None,
    progress: Progress,
) -> Callable[[int], Subwords | None]:
    """A function that fits subwords with a given number of rows, and keeps each result.

    It returns None for 0 rows, and always if no subwords are wanted or needed. Subwords are learned
    from the corpus's words that are frequent or known to the base, and from a sample of the base's
    other words.

    a: The setting of the weighting, for the length of the vectors.
    """
    base = BaseTable(nlp.vocab.vectors)
    # A floret base has a vector for every word already.
    if wanted is None or (base.is_floret and learned.base is not None):
        return lambda n_rows: None
    if learned.base is not None:
        warn_of_unnamed(base, nlp.vocab.strings, "subwords learn from fewer of them")
    reliable = learned.known | (gathered.counts >= BACK_OFF_COUNT)
    strings, part = nlp.vocab.strings, learned.base
    examples = choose_examples(gathered.words, learned.vectors, reliable, base, part, strings)
    is_lower = gathered.tokens.attr != "ORTH"
    ngrams = NgramSettings(wanted.min_n, wanted.max_n, wanted.hash_count, lower=is_lower)
    weight = float(sif_weights(np.array([UNSEEN_COUNT]), gathered.tokens.n_tokens, a)[0])
    length = typical_length(learned) * full_length(learned.vectors.shape[1])
    return SubwordFitter(examples, ngrams, weight * length, progress)


def typical_length(learned: Learned) -> float:
    """The mean of what the document map makes of a length of one, over all words: most are rare."""
    has_vector = learned.vectors.any(axis=1)
    return float(learned.lengths[has_vector].mean()) if has_vector.any() else 1.0


def settle_rare_words(
    gathered: Gathered,
    learned: Learned,
    subwords: Subwords | None,
    a: float | None,
) -> Entries:
    """Back off rare words that the base lacks to their subwords, and phrases to their words' mean."""
    words, counts, vectors = gathered.words, gathered.counts, learned.vectors
    phrases = {row: parts for row, parts in gathered.phrases.items() if not learned.known[row]}
    if subwords is not None:
        is_lacking = ~learned.known & vectors.any(axis=1)
        is_lacking[list(phrases)] = False
        rare = np.flatnonzero(is_lacking)
        priors = np.zeros_like(vectors)
        priors[rare] = scaled_to_unit(subwords.vectors([words[i] for i in rare.tolist()]))
        vectors = backed_off(vectors, priors, counts)
        vectors = without_domain_rows(words, vectors, learned, subwords)
    weights = learned.lengths * sif_weights(counts, gathered.tokens.n_tokens, a)
    weighted = vectors * weights[:, None]
    priors = np.zeros_like(vectors)
    priors[list(phrases)] = scaled_to_unit(compose(list(phrases.values()), row_numbers(words), weighted))
    return Entries(words, backed_off(vectors, priors, counts), counts, weights)


def without_domain_rows(words: list[str], vectors: np.ndarray, learned: Learned, subwords: Subwords) -> np.ndarray:
    """Words that only the base knows, drawn to their spelling as far as the base is not trusted."""
    has_domain = np.any([placed.rows.any(axis=1) for placed in learned.domains.values()], axis=0)
    drawn = np.flatnonzero(learned.known & ~has_domain & (learned.trust < 1))
    drawn = drawn[[" " not in words[i] for i in drawn.tolist()]]
    spelled = subwords.vectors([words[i] for i in drawn.tolist()])
    vectors = vectors.copy()
    vectors[drawn] = by_trust(vectors[drawn], spelled, learned.trust[drawn])
    return vectors


def with_acronyms(entries: Entries, gathered: Gathered, a: float | None) -> Entries:
    """Back off rare acronyms to the vectors of their long forms, and add acronyms without a row."""
    entries = in_order(entries)
    row_of = row_numbers(entries.words)
    acronyms = gathered.acronyms
    weighted = entries.vectors * entries.weights[:, None]
    phrases = [[" ".join(long)] if " ".join(long) in row_of else long for long in acronyms.values()]
    long_forms = scaled_to_unit(compose(phrases, row_of, weighted))
    rows = np.array([row_of.get(short, -1) for short in acronyms], dtype="i8")
    priors = np.zeros_like(entries.vectors)
    priors[rows[rows >= 0]] = long_forms[rows >= 0]
    vectors = np.vstack([backed_off(entries.vectors, priors, entries.counts), long_forms[rows < 0]])
    added = [short for short in acronyms if short not in row_of]
    count_of = dict(zip(gathered.tokens.words, gathered.tokens.counts.tolist()))
    counts = np.array([count_of.get(short, 1) for short in added], dtype="i8")
    weights = np.concatenate([entries.weights, sif_weights(counts, gathered.tokens.n_tokens, a)])
    counts = np.concatenate([entries.counts, counts])
    return in_order(Entries([*entries.words, *added], vectors, counts, weights))


def in_order(entries: Entries) -> Entries:
    """The entries with a vector, most frequent first; ties are in alphabetical order."""
    known = np.flatnonzero(entries.vectors.any(axis=1)).tolist()
    order = sorted(known, key=lambda i: (-entries.counts[i], entries.words[i]))
    words = [entries.words[i] for i in order]
    return Entries(words, entries.vectors[order], entries.counts[order], entries.weights[order])


def warn_of_missing_terms(gathered: Gathered, learned: Learned, base: BaseTable, words: list[str]) -> None:
    """WARNS: DomainVectorsWarning (DV105), naming each of the user's terms without a vector."""
    names = [term.name for term in gathered.terms]
    base_rows = embedded(base, learned.base, names, learned.vectors.shape[1])
    known = {*words, *(name for name, row in zip(names, base_rows) if row.any())}
    missing = missing_terms(gathered.terms, known, gathered.tokens)
    if missing:
        shown = {"missing": len(missing), "total": len(names), "details": "; ".join(missing)}
        warnings.warn(Warnings.DV105.format(**shown), DomainVectorsWarning, stacklevel=2)
