import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_domainvec.table.weights import alias_trust, backed_off, by_trust
from spacy_domainvec.util.arrays import scaled_to_unit

ROWS = st.integers(0, 1000).map(lambda seed: np.random.default_rng(seed).normal(size=(5, 4)).astype("f"))
SHARES = st.lists(st.floats(0, 1), min_size=5, max_size=5).map(lambda shares: np.array(shares, dtype="f"))


def lengths(rows):
    return np.linalg.norm(rows, axis=1)


def test_trust_falls_with_the_words_that_stand_before():
    trust = alias_trust(np.array([0, 4, 1000, 20_000]))
    assert trust.dtype == np.float32
    assert trust.tolist() == pytest.approx([1, 2**-0.3, (1 + 1000 / 4) ** -0.3, (1 + 20_000 / 4) ** -0.3])
    assert (np.diff(alias_trust(np.arange(500))) < 0).all()


@given(ROWS, ROWS, SHARES)
def test_a_row_keeps_its_length(rows, others, shares):
    found = by_trust(rows, others, shares)
    assert (found.shape, found.dtype) == (rows.shape, np.float32)
    assert np.allclose(lengths(found), lengths(rows), rtol=1e-5)


@given(ROWS, ROWS, SHARES)
def test_only_the_direction_of_the_other_counts(rows, others, shares):
    found = by_trust(rows, others, shares)
    assert np.allclose(found, by_trust(rows, 7 * others, shares), atol=1e-5)
    expected = shares[:, None] * scaled_to_unit(rows) + (1 - shares)[:, None] * scaled_to_unit(others)
    assert np.allclose((scaled_to_unit(found) * scaled_to_unit(expected)).sum(axis=1), 1, atol=1e-5)


@given(ROWS, ROWS)
def test_the_least_and_the_largest_share(rows, others):
    assert np.allclose(by_trust(rows, others, np.ones(5)), rows, atol=1e-5)
    expected = scaled_to_unit(others) * lengths(rows)[:, None]
    assert np.allclose(by_trust(rows, others, np.zeros(5)), expected, atol=1e-5)


@given(ROWS, SHARES)
def test_no_other_row_leaves_the_row_and_no_row_takes_the_other(rows, shares):
    nothing = np.zeros_like(rows)
    assert np.array_equal(by_trust(rows, nothing, shares), rows)
    assert np.array_equal(by_trust(nothing, rows, shares), rows)
    assert not by_trust(nothing, nothing, shares).any()


def test_no_rows_are_no_rows():
    nothing = np.zeros((0, 4), dtype="f")
    assert by_trust(nothing, nothing, np.zeros(0)).shape == (0, 4)


def test_a_rare_row_is_backed_off_to_a_guess():
    rows, priors = np.eye(3, dtype="f"), np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype="f")
    found = backed_off(rows, priors, np.array([10, 30, 1]))
    expected = scaled_to_unit(np.array([[0.5, 0.5, 0], [0, 0.75, 0.25], [0, 0, 1]], dtype="f"))
    assert np.allclose(found, expected)
