import numpy as np
import pytest
from conftest import WIDTH, make_base, make_table
from hypothesis import given
from hypothesis import strategies as st
from spacy.vectors import Vectors

from spacy_domainvec.evaluation.both_sides import BothSides, around, overlap, written
from spacy_domainvec.pipeline.loading import merge
from spacy_domainvec.table.base_vectors import BaseTable

WORDS = ["bank1", "bank2", "bank3", "fruit1", "fruit2", "zorp", "bank1 bank2", "zorp fruit1"]


@pytest.fixture
def sides():
    base = make_base()
    nlp = merge(base, make_table(WORDS, np.random.default_rng(1).normal(size=(len(WORDS), WIDTH)), base))
    return BothSides.of(nlp, nlp.get_pipe("domain_vectors"), WORDS)


def test_words_and_phrases_are_looked_up_on_both_sides(sides):
    assert sides.is_known.tolist() == [True] * 5 + [False] * 3
    assert sides.sources == ["domain"] * len(WORDS)
    assert np.allclose(np.linalg.norm(sides.combined, axis=1), 1, atol=1e-5)


def test_the_nearest_are_those_of_a_search_in_full(sides):
    for word, found in zip(WORDS, around(sides, sides)):
        i, others = WORDS.index(word), [w for w in WORDS if not {*w.split()} & {*word.split()}]
        cosines = dict(zip(WORDS, (sides.combined @ sides.combined[i]).tolist()))
        assert found.after == sorted(others, key=lambda other: -cosines[other])
        if not sides.is_known[i]:
            assert found.before == [] and found.moved is None
            continue
        cosines = dict(zip(WORDS, (sides.base @ sides.base[i]).tolist()))
        assert found.before == sorted([w for w in WORDS[:5] if w != word], key=lambda other: -cosines[other])
        assert 0 <= found.moved <= 1


def test_a_word_has_not_moved_where_both_sides_are_the_same(sides):
    same = BothSides(sides.words[:5], sides.base[:5], sides.base[:5], *[part[:5] for part in
                     (sides.sources, sides.trust, sides.is_own)])  # fmt: skip
    assert [found.moved for found in around(same, same)] == [0] * 5


def test_no_word_is_near_to_nothing(sides):
    nothing = sides.take([])
    assert around(nothing, sides) == [] and [found.after for found in around(sides, nothing)] == [[]] * len(WORDS)


def test_the_base_may_know_a_word_in_capitals():
    vectors = Vectors(data=np.eye(4, dtype="f"), keys=["Navient", "APR", "fee", "Fee"])
    found = written(["navient", "apr", "fee", "zorp"], BaseTable(vectors))
    assert found == ["Navient", "APR", "fee", "zorp"]


@given(st.permutations(range(6)), st.permutations(range(6)))
def test_an_overlap_counts_the_nearest_most(left, right):
    found = overlap(left, right)
    assert 0 < found <= 1 and overlap(right, left) == pytest.approx(found)
    assert (found == pytest.approx(1)) == (left == right)


def test_overlaps():
    assert overlap([1, 2], [3, 4]) == 0
    assert overlap([1, 2, 3], [1, 4, 5]) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert overlap([1, 2, 3], [4, 5, 1]) < overlap([1, 2, 3], [1, 4, 5])
