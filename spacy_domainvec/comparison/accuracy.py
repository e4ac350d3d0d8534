"""What a classifier predicts from a route's document vectors, with few texts a label; how sure that is.

Intervals are those of the bootstrap over draws and test texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import DomainVectorsError, Errors
from ..evaluation.labelled import Labelled
from ..evaluation.measures import CLASSIFIER, N_DRAWS, drawn
from ..util.extras import import_extra
from .results import Interval, Labels, Score
from .routes import CONTROL, DOMAIN, FREE, NO_CANDIDATES

SHOTS = (5, 10, 20, 50)
N_FOLDS = 5
# Labels are uneven if the most frequent one has so many times the texts of the one in the middle, of
# two the rarer one.
UNEVEN = 2.0
N_RESAMPLES = 1000
# Resamples at a time, as each has a number for each test text.
BLOCK = 100
# The ends of an interval of 95 %, as percentiles.
ENDS = (2.5, 97.5)
DIGITS = 4


@dataclass(frozen=True, eq=False)
class Task:
    """Labelled texts, and how they are divided into those to learn from and those to test with.

    texts: All texts.
    codes: The number of each text's label, shape (n_texts,), int64.
    splits: The places of the texts to learn from and to test with; several with folds.
    n_train: The number of texts in the file to learn from.
    shots: The numbers of training texts per label.
    """

    texts: list[str]
    codes: np.ndarray
    splits: list[tuple[np.ndarray, np.ndarray]]
    n_train: int
    shots: list[int]

    @property
    def tested(self) -> np.ndarray:
        """The places of all texts to test with, in the order of `splits`, int64."""
        return np.concatenate([test for _, test in self.splits])

    @property
    def expected(self) -> np.ndarray:
        """The labels of all texts to test with, in the order of `splits`, int64."""
        return self.codes[self.tested]

    def facts(self) -> Labels:
        """The numbers of texts and labels."""
        counts = np.bincount(self.expected)
        counts = np.sort(counts[counts > 0])
        middle = counts[(len(counts) - 1) // 2]
        return Labels(
            n_train=self.n_train,
            n_test=int(counts.sum()),
            n_folds=len(self.splits) if len(self.splits) > 1 else None,
            n_draws=N_DRAWS,
            n_labels=len(np.unique(self.codes)),
            is_uneven=bool(counts.max() >= UNEVEN * middle),
            majority=round(float(counts.max() / counts.sum()), 4),
        )


def classification(train: Labelled, test: Labelled | None) -> Task:
    """Divide labelled texts: as the files are, or into folds with the same share of each label.

    RAISES: DomainVectorsError (DV067) for training texts of one label only.
    """
    if len(set(train.labels)) < 2:
        raise DomainVectorsError(Errors.DV067.format(path="--labelled", why="it has only one label"))
    both = [train, test] if test else [train]
    _, codes = np.unique([label for part in both for label in part.labels], return_inverse=True)
    n = len(train.texts)
    if test:
        splits = [(np.arange(n), np.arange(n, len(codes)))]
    else:
        fold_of = _folds(codes)
        in_fold = [fold_of == fold for fold in np.unique(fold_of)]
        splits = [(np.flatnonzero(~is_tested), np.flatnonzero(is_tested)) for is_tested in in_fold]
    shots = allowed_shots(codes[splits[0][0]])
    return Task([text for part in both for text in part.texts], codes, splits, n, shots)


def allowed_shots(codes: np.ndarray) -> list[int]:
    """The numbers of texts that half of the labels have at least; the median if it is below all."""
    median = int(np.median(np.unique(codes, return_counts=True)[1]))
    return [shots for shots in SHOTS if shots <= median] or [max(median, 1)]


def predictions(documents: Any, task: Task) -> np.ndarray:
    """What a logistic regression predicts, as in `evaluation.measures.accuracy`.

    documents: The texts' vectors of unit length, shape (n_texts, width), an array or a sparse matrix.
    RETURNS: Shape (n_shots, n_draws, n_tested), int32.
    RAISES: DomainVectorsError (DV066).
    """
    linear = import_extra("sklearn.linear_model", "comparing")
    threads = import_extra("threadpoolctl", "comparing")

    def predicted(split: tuple[np.ndarray, np.ndarray], shots: int, seed: int) -> np.ndarray:
        return _predicted(linear, documents, task.codes, *split, shots, seed)

    found = np.empty((len(task.shots), N_DRAWS, len(task.tested)), dtype="i4")
    with threads.threadpool_limits(1):
        for i, shots in enumerate(task.shots):
            for seed in range(N_DRAWS):
                found[i, seed] = np.concatenate([predicted(split, shots, seed) for split in task.splits])
    return found


def scored(task: Task, predicted: dict[str, np.ndarray]) -> dict[str, list[Score]]:
    """The accuracies of routes, and their differences to others and to fewer texts.

    predicted: Of each route, see `predictions`.
    """
    expected, is_uneven = task.expected, task.facts().is_uneven
    right = {name: found == expected for name, found in predicted.items()}
    ranked = [name for name in right if name not in NO_CANDIDATES]
    best = max(ranked, key=lambda name: right[name].mean(), default="")

    def score(name: str, i: int) -> Score:
        others = {*FREE, best, *([CONTROL] if name == DOMAIN else [])} & {*right} - {name}
        to = {other: difference(right[name][i], right[other][i]) for other in others}
        f1 = macro_f1(predicted[name][i], expected) if is_uneven else None
        accuracy = interval(right[name][i].astype("i1"))
        to_fewer = difference(right[name][i], right[name][i - 1]) if i else None
        to_base, to_weighted = [to.get(other) for other in FREE]
        to_best, to_mapped = to.get(best), to.get(CONTROL)
        return Score(task.shots[i], accuracy, f1, to_base, to_weighted, to_best, to_fewer, to_mapped)

    return {name: [score(name, i) for i in range(len(task.shots))] for name in predicted}


def interval(values: np.ndarray, n_resamples: int = N_RESAMPLES, seed: int = 0) -> Interval:
    """The mean of an array, and its percentile interval over resampled rows and columns (Efron, 1979).

    Both what was drawn to learn from and what was tested is a sample, so both are resampled. Of n rows,
    n - 1 are taken: with few of them, taking n makes intervals too narrow (Rao and Wu, 1988). See also
    `_widened`.

    values: A row for each draw, a column for each test text, such as 1 for right and 0 for wrong. The
        difference of two such arrays gives the paired interval of the difference.
    """
    n_rows, n_columns = values.shape
    of_rows = _resampled(n_rows, max(n_rows - 1, 1), n_resamples, seed)
    of_columns = _resampled(n_columns, n_columns, n_resamples, seed + 1)
    by_column = values.T.astype("f")
    blocks = [of_columns[i : i + BLOCK].astype("f") @ by_column for i in range(0, n_resamples, BLOCK)]
    means = (np.concatenate(blocks) * of_rows).sum(axis=1) / (of_rows[0].sum() * n_columns)
    mean, factor = values.mean(), _widened(values.mean(axis=1), means.var())
    ends = mean + factor * (np.percentile(means, ENDS) - mean)
    return Interval(*(round(float(number), DIGITS) for number in (mean, *ends)))


def _widened(by_row: np.ndarray, variance: float) -> float:
    """How much wider an interval has to be as so few rows tell how much rows differ.

    It is the quantile of Student's t over that of the normal distribution, with the degrees of freedom
    of Satterthwaite (1946): few where most of the variance is that of the rows.

    by_row: The mean of each row.
    variance: Of the mean, by resampling.
    """
    of_rows = by_row.var(ddof=1) / len(by_row) if len(by_row) > 1 else 0.0
    if not of_rows or not variance:
        return 1.0
    distributions = import_extra("scipy.stats", "comparing")
    freedom = (len(by_row) - 1) * max(variance / of_rows, 1.0) ** 2
    return float(distributions.t.ppf(ENDS[1] / 100, freedom) / distributions.norm.ppf(ENDS[1] / 100))


@lru_cache(maxsize=2)
def _resampled(n: int, n_taken: int, n_resamples: int, seed: int) -> np.ndarray:
    """How often each of n is taken, shape (n_resamples, n), uint16. All intervals share them."""
    rng = np.random.default_rng(seed)
    taken = np.empty((n_resamples, n), dtype="u2")
    for row in taken:
        row[:] = np.bincount(rng.integers(0, n, n_taken), minlength=n)
    return taken


def difference(right: np.ndarray, other: np.ndarray) -> Interval:
    """How much more often the first is right than the other, on the same draws and test texts.

    right, other: Shape (n_draws, n_texts), bool.
    """
    return interval(right.astype("i1") - other.astype("i1"))


def macro_f1(predicted: np.ndarray, expected: np.ndarray) -> float:
    """The mean over the labels of F1, mean over the draws.

    predicted: Shape (n_draws, n_texts), int.
    expected: Shape (n_texts,), int.
    """
    scores = []
    for label in np.unique(expected):
        is_hit = (predicted == label) & (expected == label)
        found = (predicted == label).sum(axis=1) + (expected == label).sum()
        scores.append(2 * is_hit.sum(axis=1) / found)
    return round(float(np.mean(scores)), DIGITS)


def _predicted(
    linear: Any, documents: Any, codes: np.ndarray, train: np.ndarray, test: np.ndarray, shots: int, seed: int
) -> np.ndarray:
    picked = train[drawn(codes[train], shots, seed)]
    if len(np.unique(codes[picked])) < 2:
        return np.full(len(test), codes[picked[0]])
    model = linear.LogisticRegression(**CLASSIFIER).fit(documents[picked], codes[picked])
    return np.asarray(model.predict(documents[test]))


def _folds(codes: np.ndarray) -> np.ndarray:
    """The fold of each text. The texts of each label, in random order, go to the folds in turn."""
    order: Sequence[int] = np.random.default_rng(0).permutation(len(codes)).tolist()
    met: dict[int, int] = {}
    folds = np.empty(len(codes), dtype="i8")
    for i in order:
        label = int(codes[i])
        # Labels begin at different folds, so that rare ones do not all go to the first.
        folds[i] = (label + met.get(label, 0)) % N_FOLDS
        met[label] = met.get(label, 0) + 1
    return folds
