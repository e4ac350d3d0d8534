import numpy as np
import pytest

from spacy_domainvec.table.nearest import nearest

WORDS = ["apr", "Fee", "fee", "card", "rate"]
ROWS = np.array([[1, 0], [0.6, 0.8], [0.6, 0.8], [0, 1], [-1, 0]], dtype="f")


def found(n, without=None):
    return nearest(WORDS, lambda batch: ROWS[batch], np.array([1, 0], dtype="f"), n, without)


@pytest.mark.parametrize("batch", [1, 2, 4096])
def test_the_first_of_two_as_near_comes_first(monkeypatch, batch):
    monkeypatch.setattr("spacy_domainvec.table.nearest.SEARCH_BATCH", batch)
    assert [word for word, _ in found(9)] == WORDS
    assert [cosine for _, cosine in found(9)] == pytest.approx([1, 0.6, 0.6, 0, -1])


@pytest.mark.parametrize(
    ("without", "expected"), [(None, WORDS[:3]), ("apr", WORDS[1:4]), ("Fee", ["apr", *WORDS[3:]]), ("x", WORDS[:3])]
)
def test_a_word_is_left_out_in_lower_case_too(without, expected):
    assert [word for word, _ in found(3, without)] == expected


def test_no_words_have_no_neighbours():
    assert nearest([], lambda batch: ROWS[batch], ROWS[0], 3) == []
