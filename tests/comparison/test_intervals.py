import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_domainvec.comparison.intervals import difference, interval, macro_f1
from spacy_domainvec.comparison.results import Interval

ARRAYS = st.tuples(st.integers(1, 4), st.integers(1, 12), st.integers(0, 99))


def right(n_draws, n_texts, seed, share=0.5):
    return np.random.default_rng(seed).random((n_draws, n_texts)) < share


def plain_interval(values, n_resamples, seed):
    """Sums over single places, in the order in which `interval` draws them."""
    n_rows, n_columns = values.shape
    rng, means = np.random.default_rng(seed), []
    for _ in range(n_resamples):
        rows, columns = rng.integers(0, n_rows, max(n_rows - 1, 1)), rng.integers(0, n_columns, n_columns)
        means.append(sum(int(values[i, j]) for i in rows for j in columns) / (len(rows) * len(columns)))
    return values.mean(), *np.percentile(means, [2.5, 97.5])


@pytest.mark.slow
@given(ARRAYS)
@settings(max_examples=25, deadline=None)
def test_an_interval_is_that_of_the_plain_definition(shape):
    values = right(*shape).astype("i1")
    found = interval(values, 40, seed=shape[2])
    assert (found.value, found.low, found.high) == pytest.approx(plain_interval(values, 40, shape[2]), abs=1e-4)


@pytest.mark.slow
@given(ARRAYS)
@settings(max_examples=8, deadline=None)
def test_a_difference_turns_around_and_is_nothing_to_itself(shape):
    a, b = right(*shape), right(*shape[:2], shape[2] + 100)
    there, back = difference(a, b), difference(b, a)
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low), abs=1e-3)
    assert difference(a, a) == Interval(0.0, 0.0, 0.0)


def test_pairing_makes_a_difference_surer():
    # The second is the first with five more right of 300.
    a = right(3, 300, 0)
    b = a.copy()
    b[:, np.flatnonzero(~a.any(axis=0))[:5]] = True
    paired, alone = difference(b, a), interval(a.astype("i1"))
    assert 0 < paired.low < paired.value < paired.high
    assert paired.high - paired.low < (alone.high - alone.low) / 3


@pytest.mark.slow
def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    rng, hits, truth = np.random.default_rng(0), 0, 0.7
    for n in range(100):
        # Draws differ, and so do texts.
        chance = truth + rng.normal(0, 0.03, (3, 1)) + rng.normal(0, 0.1, (1, 200))
        found = interval((rng.random((3, 200)) < chance).astype("i1"), 200, n)
        hits += found.low <= truth <= found.high
    assert hits >= 88


def test_macro_f1_counts_labels_alike():
    expected = np.array([0, 0, 0, 0, 1])
    always_0, all_right = np.zeros((2, 5), dtype=int), np.array([expected, expected])
    assert macro_f1(all_right, expected) == 1.0
    assert macro_f1(always_0, expected) == pytest.approx((8 / 9 + 0) / 2, abs=1e-4)
