import numpy as np
import pytest

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.table.rows import Rows, row_bytes


@pytest.fixture
def rows():
    return Rows(np.random.default_rng(0).normal(size=(50, 300)).astype("f"))


def test_int8_error_is_at_most_half_a_step(rows):
    error = np.abs(rows.astype("int8")[:] - rows[:])
    half_a_step = np.abs(rows[:]).max(axis=1, keepdims=True) / 254
    assert (error <= half_a_step * 1.001).all()
    assert error.max() > 0


def test_int8_keeps_rows_of_zeros():
    assert not Rows(np.zeros((1, 3), dtype="f")).astype("int8")[:].any()


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_all_ways_of_indexing_give_float32(rows, dtype):
    stored = rows.astype(dtype)
    assert stored.dtype == dtype
    assert stored.shape == (50, 300)
    for index in (3, slice(2, 4), np.array([5, 1]), np.arange(50) == 7):
        assert stored[index].dtype == np.float32
        assert np.allclose(stored[index], rows[index], atol=0.02)
    assert np.array_equal(stored.take(np.array([5, 1]))[:], stored[[5, 1]])
    n_bytes = sum(array.nbytes for array in (stored.values, stored.scales) if array is not None)
    assert n_bytes == 50 * row_bytes(300, dtype)


@pytest.mark.parametrize(
    ("values", "scales"),
    [
        (np.zeros(3, dtype="f"), None),
        (np.zeros((1, 3)), None),
        (np.zeros((1, 3), dtype=np.int8), None),
        (np.zeros((1, 3), dtype=np.int8), np.zeros(2, dtype="f")),
        (np.zeros((1, 3), dtype="f"), np.zeros(1, dtype="f")),
    ],
)
def test_parts_that_do_not_fit_are_refused(values, scales):
    with pytest.raises(DomainVectorsError, match="DV023"):
        Rows(values, scales)


def test_unknown_dtype_is_refused(rows):
    with pytest.raises(DomainVectorsError, match=r"DV045.*float64"):
        rows.astype("float64")
