import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_domainvec.reading import cutting
from spacy_domainvec.reading.cutting import LONGEST, pieces_of, pieces_of_chunks, place_to_cut

SPACES = " \t\n\x0b\x1c\x85\xa0\u2028\u3000"


def longest_run(text):
    return max(map(len, text.split()), default=0)


@settings(deadline=None, max_examples=300)
@given(st.text(st.sampled_from("ab.!\u3002\u0301\u200d" + SPACES), max_size=200), st.integers(1, 20))
def test_no_piece_has_a_longer_run_and_together_they_are_the_text(text, longest):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "LONGEST", longest)
        found = pieces_of(text)
        assert "".join(found) == text
        assert all(longest_run(piece) <= longest for piece in found)
        assert all(found) or found == [""]
        if longest_run(text) <= longest:
            assert found == [text]
        assert pieces_of_chunks(text.split()) == [chunk for piece in found for chunk in piece.split()]


@pytest.mark.parametrize("space", SPACES)
def test_all_kinds_of_white_space_are_white_space(space):
    text = space.join(["a" * LONGEST] * 3)
    assert pieces_of(text) == [text]


def test_a_cut_is_behind_the_end_of_a_sentence():
    text = ("\u4e2d" * 99 + "\u3002") * 25
    assert [len(piece) for piece in pieces_of(text)] == [1000, 1000, 500]
    assert pieces_of(f"{'x' * 700}!\u201d{'y' * 700}") == [f"{'x' * 700}!\u201d", "y" * 700]
    assert [len(piece) for piece in pieces_of("x" * 2500)] == [1000, 1000, 500]


def test_a_cut_is_not_before_a_mark():
    for letter in ("e\u0301", "\u0e01\u0e33\u0e34", "\U0001f469\u200d\U0001f680", "\U0001f44d\U0001f3fd"):
        for shift in range(4):
            found = pieces_of("x" * shift + letter * 1000)
            assert all(unicodedata.category(piece[0])[0] != "M" and piece[0] != "\u200d" for piece in found)
            assert all(piece[-1] != "\u200d" and ord(piece[0]) not in cutting.SKIN_TONES for piece in found)
    # Nor is there an endless search for a letter.
    assert max(map(len, pieces_of("\u0301" * 5000))) == LONGEST


def test_white_space_comes_first():
    assert place_to_cut("one two. three", 0, 11) == 8
    assert place_to_cut("one\u3000two.three", 0, 10) == 3
    assert place_to_cut("one.two.three", 0, 10) == 8
    assert place_to_cut("onetwothree", 0, 10) == 10
