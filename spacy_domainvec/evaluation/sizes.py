"""Measuring what smaller tables cost, to decide how large a table should be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from spacy.language import Language

from ..learning.ngram_fit import SubwordFitter, choose_examples
from ..pipeline.component import DomainVectors
from ..pipeline.loading import FACTORY, merge
from ..table.base_vectors import BaseTable, embedded
from ..table.pruning import Everything, Plan
from ..table.rows import DTYPES
from ..table.subwords import Subwords
from ..table.table import VectorTable
from ..table.weights import BACK_OFF_COUNT
from ..util.arrays import scaled_to_unit
from ..util.progress import Progress, no_progress
from .labelled import Labelled
from .measures import accuracy, document_vectors
from .similarity_sets import similarities

# The shares of the table's rows, and of its subword rows, that are measured.
SHARES = (1, 1 / 2, 1 / 4, 1 / 8, 1 / 16)


@dataclass(frozen=True)
class Size:
    """A setting, and the measures of a table with it.

    plan: The rows to keep, and their dtype.
    megabytes: The size of the component on disk, in millions of bytes.
    fit: The expected cosine between a token's vector from this table and from the whole one, where a
        token counts as much as in a mean vector, see `pruning.Losses`.
    fit_of_tokens: The same, where all tokens count alike.
    coverage: The share of the corpus' tokens with rows of their own.
    similarity: Spearman's rho for each set.
    accuracy: The few-shot accuracy; None without labelled texts.
    is_knee: Whether this is the knee: larger tables gain little.
    """

    plan: Plan
    megabytes: float
    fit: float
    fit_of_tokens: float
    coverage: float
    similarity: dict[str, float]
    accuracy: float | None
    is_knee: bool = False


def measure_sizes(
    table: VectorTable,
    nlp: Language,
    train: Labelled | None = None,
    test: Labelled | None = None,
    shots: int = 10,
    progress: Progress = no_progress,
) -> list[Size]:
    """Measure a handful of settings with which a table can be made smaller.

    table: The table. Rows that were left out of it can't be measured.
    nlp: The pipeline that it was made for. The component is added to it.
    train, test: Labelled texts, both or none.
    shots: The number of training texts per label.
    progress: Wraps long iterations.
    RETURNS: The settings, largest first. The last keeps no rows: all vectors are the base's, in the
        table's space.
    RAISES: DomainVectorsError (DV008, DV066, DV067, DV068).
    """
    merge(nlp, table)
    component: DomainVectors = nlp.get_pipe(FACTORY)  # type: ignore[assignment]
    everything = _everything(table, nlp, progress)
    plans = _plans(table)
    sizes = []
    for plan in plans:
        sizes.append(_measured(everything, plan, component, nlp, train, test, shots))
    gains = [size.fit if size.accuracy is None else size.accuracy for size in sizes]
    knee = find_knee([size.megabytes for size in sizes], gains)
    marked = [replace(size, is_knee=i == knee) for i, size in enumerate(sizes)]
    return sorted(marked, key=lambda size: -size.megabytes)


def find_knee(sizes: Sequence[float], gains: Sequence[float]) -> int:
    """The knee of a curve of diminishing returns (Satopaa, Albrecht, Irwin and Raghavan, 2011).

    sizes, gains: The points, in any order.
    RETURNS: The index of the point that lies furthest above the line from the smallest to the
        largest size.
    """
    x, y = (np.array(values, dtype=float) for values in (sizes, gains))
    x, y = ((values - values.min()) / max(np.ptp(values), 1e-12) for values in (x, y))
    return int(np.argmax(y - x))


def _plans(table: VectorTable) -> list[Plan]:
    n_rows, n_subwords = len(table), len(table.subwords.rows) if table.subwords else 0
    stored = list(DTYPES).index(table.vectors.dtype)
    plans = [Plan(n_rows, dtype, n_subwords) for dtype in list(DTYPES)[stored:]]
    if n_subwords:
        plans.append(Plan(n_rows, "int8", 0))
    plans += [Plan(int(n_rows * share), "int8", int(n_subwords * share)) for share in SHARES[1:]]
    return [*plans, Plan(0, "int8", 0)]


def _everything(table: VectorTable, nlp: Language, progress: Progress) -> Everything:
    base, part = BaseTable(nlp.vocab.vectors), table.base
    answers = embedded(base, part, table.words, table.width)
    trust = base.trust(table.words) * answers.any(axis=1)
    made, vectors = table.subwords, table.vectors[:]
    exact = table.astype("float32").vectors
    whole = VectorTable(table.words, exact, table.counts, None, part, table.meta)
    if made is None:
        return Everything(whole, answers, trust, (), lambda n_rows: None)
    reliable = answers.any(axis=1) | (table.counts >= BACK_OFF_COUNT)
    unit, strings = scaled_to_unit(vectors), nlp.vocab.strings
    examples = choose_examples(table.words, unit, reliable, base, part, strings)
    fitter = SubwordFitter(examples, made.ngrams, made.weight, progress)

    def subwords(n_rows: int) -> Subwords | None:
        return made if n_rows == len(made.rows) else fitter(n_rows)

    return Everything(whole, answers, trust, (), subwords)


def _measured(
    everything: Everything,
    plan: Plan,
    component: DomainVectors,
    nlp: Language,
    train: Labelled | None,
    test: Labelled | None,
    shots: int,
) -> Size:
    table = everything.kept(plan)
    component.set_table(table)
    attr, score = component.attr_name, None
    if train and test:
        vectors = document_vectors(nlp, train.texts, lambda doc: doc._.get(attr))
        test_vectors = document_vectors(nlp, test.texts, lambda doc: doc._.get(attr))
        score = accuracy(vectors, train.labels, test_vectors, test.labels, shots)
    losses = everything.losses(plan)
    # Phrases are left out, as their words have been counted.
    n_covered = float(table.counts[~table.is_phrase].sum())
    return Size(
        plan,
        round(everything.megabytes(plan), 2) if plan.n_rows else 0.0,
        round(1 - losses.in_means, 4),
        round(1 - losses.of_tokens, 4),
        round(n_covered / max(everything.table.n_tokens, 1), 4),
        similarities(str(nlp.lang), lambda words: component.pool(map(nlp.make_doc, words))),
        score,
    )
