import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spacy_domainvec.util.hashing import mixed, places, text_hashes

KEYS = st.lists(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=6), max_size=6)


def hashes_of(texts, first=0):
    """The hashes of texts, each a list of the hashes of its words."""
    keys = np.array([key for text in texts for key in text], dtype="u8")
    numbers = np.repeat(np.arange(len(texts)) + first, [len(text) for text in texts])
    return text_hashes(keys, numbers.astype("i8"))


def test_the_mixing_is_that_of_the_paper():
    # The first numbers of SplitMix64 that is started with 0: its states are multiples of the golden ratio.
    states = np.uint64(0x9E3779B97F4A7C15) * np.arange(1, 4, dtype="u8")
    assert [f"{n:x}" for n in mixed(states).tolist()] == ["e220a8397b1dcdaf", "6e789e6aa1b965f4", "6c45d188009454f"]


@given(KEYS)
def test_a_text_has_the_same_hash_wherever_it_stands(texts):
    found = hashes_of(texts)
    assert found.dtype == np.uint64
    assert found.tolist() == [hashes_of([text]).tolist()[0] for text in texts]
    assert hashes_of(texts[::-1], first=7).tolist() == found.tolist()[::-1]
    assert hashes_of([*texts[2:], *texts[:2]]).tolist() == [*found.tolist()[2:], *found.tolist()[:2]]


@given(st.permutations(range(1, 6)))
def test_the_order_of_the_words_matters(words):
    same = words == sorted(words)
    assert (hashes_of([words]).tolist() == hashes_of([range(1, 6)]).tolist()) == same


@given(st.lists(st.integers(0, 3), min_size=1, max_size=5), st.lists(st.integers(0, 3), min_size=1, max_size=5))
def test_only_texts_of_the_same_words_have_the_same_hash(one, other):
    assert (hashes_of([one]).tolist() == hashes_of([other]).tolist()) == (one == other)


def test_no_texts_have_no_hashes():
    found = text_hashes(np.zeros(0, dtype="u8"), np.zeros(0, dtype="i8"))
    assert (found.shape, found.dtype) == ((0,), np.uint64)
    assert places(np.zeros(0, dtype="i8")).shape == (0,)


def test_numbers_of_texts_may_have_gaps():
    keys = np.array([1, 2, 1, 2], dtype="u8")
    found = text_hashes(keys, np.array([3, 3, 8, 8]))
    assert found[0] == found[1] == hashes_of([[1, 2]])[0]
