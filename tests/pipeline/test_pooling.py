import numpy as np
import pytest

from spacy_domainvec.pipeline.pooling import maxima, means

ROWS = np.array([[0, 0], [1, 2], [3, -4], [5, 6]], dtype="f")
NUMBERS = np.array([1, 2, 3, 0, 2])
LENGTHS = np.array([2, 0, 1, 2])


@pytest.mark.parametrize(
    ("pool", "expected"),
    [(means, [[2, -1], [0, 0], [5, 6], [1.5, -2]]), (maxima, [[3, 2], [0, 0], [5, 6], [3, 0]])],
)
def test_each_text_has_its_rows(pool, expected):
    found = pool(ROWS, NUMBERS, LENGTHS)
    assert found.dtype == np.float32
    assert np.allclose(found, expected)


@pytest.mark.parametrize("pool", [means, maxima])
def test_texts_without_tokens(pool):
    assert not pool(ROWS, np.zeros(0, dtype="i8"), np.zeros(3, dtype="i8")).any()
    assert pool(ROWS, np.zeros(0, dtype="i8"), np.zeros(0, dtype="i8")).shape == (0, 2)


def test_means_are_those_of_numpy():
    rng = np.random.default_rng(0)
    rows, lengths = rng.normal(size=(50, 7)).astype("f"), rng.integers(0, 9, size=200)
    numbers = rng.integers(0, 50, size=lengths.sum())
    ends = np.cumsum(lengths)
    expected = [rows[numbers[end - n : end]].mean(axis=0) if n else np.zeros(7) for end, n in zip(ends, lengths)]
    assert np.allclose(means(rows, numbers, lengths), expected, atol=1e-6)
