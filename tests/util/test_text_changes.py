from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st
from small_pages import page

from spacy_domainvec.util.text_changes import cut, encodable, with_texts


def test_all_texts_are_changed_and_nothing_else():
    found = asdict(with_texts(page(), str.upper))
    assert found["title"] == "A PAGE" and found["words"][0]["after"][-1] == "ELSEWHERE"
    assert found["comparison"]["routes"][-1]["failed"] == "GENSIM IS MISSING"
    assert list(found["comparison"]["routes"][0]["similarity"]) == ["WORDSIM-353", "SIMLEX-999"]
    assert with_texts(page(), str) == page()


@given(st.text(st.characters()))
def test_any_text_can_be_encoded(text):
    found = encodable(text)
    assert len(found) == len(text) and found.encode().decode() == found
    assert found == text or "\ufffd" in found


def test_a_byte_that_is_no_text_is_replaced():
    assert encodable("a\udcffb😀") == "a\ufffdb😀"


def test_only_long_texts_are_cut():
    assert cut("long", 4) == "long" and cut("longer", 4) == "lon…"
