"""Intervals of an accuracy, and of the difference of two, by the bootstrap over draws and test texts."""

import numpy as np

from .results import Interval

N_RESAMPLES = 1000
# The ends of an interval of 95 %, as percentiles.
ENDS = (2.5, 97.5)
DIGITS = 4


def interval(values: np.ndarray, n_resamples: int = N_RESAMPLES, seed: int = 0) -> Interval:
    """The mean of an array, and its percentile interval over resampled rows and columns (Efron, 1979).

    Both what was drawn to learn from and what was tested is a sample, so both are resampled. Of n rows, n - 1
    are taken: with few of them, taking n makes intervals too narrow (Rao and Wu, 1988).

    values: A row for each draw, a column for each test text, such as 1 for right and 0 for wrong. The difference
        of two such arrays gives the paired interval of the difference.
    """
    n_rows, n_columns = values.shape
    rng = np.random.default_rng(seed)
    means = np.empty(n_resamples)
    for i in range(n_resamples):
        rows = rng.integers(0, n_rows, max(n_rows - 1, 1))
        columns = rng.integers(0, n_columns, n_columns)
        means[i] = values[rows].mean(axis=0)[columns].mean()
    low, high = np.percentile(means, ENDS)
    return Interval(*(round(float(number), DIGITS) for number in (values.mean(), low, high)))


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
