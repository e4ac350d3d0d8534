import numpy as np
import pytest
from spacy.vectors import Vectors

from spacy_domainvec.table.rows import Rows
from spacy_domainvec.table.subwords import NgramSettings, Subwords

NGRAMS = NgramSettings(3, 5, 2, lower=True)


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(101, 6)).astype("f")


def test_the_look_up_is_spacys(rows):
    subwords = Subwords(Rows(rows), NGRAMS, 0.5, 0.0)
    spacys = Vectors(data=rows, mode="floret", minn=3, maxn=5, hash_count=2)
    words = ["overdraft", "q", "😀", "a b"]
    expected = spacys.get_batch(words)
    expected = 0.5 * expected / np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.allclose(subwords.vectors(words), expected, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_smaller_rows_are_near(rows, dtype):
    whole, small = (Subwords(Rows(rows).astype(kind), NGRAMS, 1.0, 0.0) for kind in ("float32", dtype))
    assert np.allclose(whole.vectors(["overdraft"]), small.vectors(["overdraft"]), atol=0.02)


def test_case_counts_only_where_it_should(rows):
    lower, kept = (Subwords(Rows(rows), NgramSettings(3, 5, 2, lower), 1.0, 0.0) for lower in (True, False))
    assert np.array_equal(*lower.vectors(["Fee", "fee"]))
    assert not np.allclose(*kept.vectors(["Fee", "fee"]))


def test_white_space_and_nothing_have_no_vector(rows):
    found = Subwords(Rows(rows), NGRAMS, 1.0, 0.0).vectors([" ", "", "\n\t", "x"])
    assert found.any(axis=1).tolist() == [False, False, False, True]
    assert found.dtype == np.float32
