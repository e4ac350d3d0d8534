"""The sentences of a page on its words."""

from dataclasses import replace

from small_pages import words

from spacy_domainvec.pages.report import advice_on_words

PLAIN = [replace(word, word=f"w{i}", kind="new", weak=None) for i, word in enumerate(words(12))]


def weak(why, n, **more):
    return [replace(word, weak=why, **more) for word in PLAIN[:n]] + PLAIN[n:]


def test_only_rare_words_are_said_to_be_rare():
    for why in (None, "alias", "spelling"):
        assert advice_on_words(weak(why, 3, count=30)) == []
    assert advice_on_words(weak("rare", 3, kind="known")) == []
    assert advice_on_words([*weak("rare", 2), replace(PLAIN[0], word="speling", weak="spelling", count=30)]) == [
        "Of the new words, phrases and acronyms shown, 2 of 13 occur fewer than 20 times in the text learned from: "
        "w0, w1. More text with such words would help."
    ]


def test_one_word_occurs_and_of_many_five_are_named():
    assert "1 of 12 occurs fewer" in advice_on_words(weak("rare", 1))[0]
    assert "7 of 12 occur fewer" in advice_on_words(weak("rare", 7))[0]
    assert "from: w0, w1, w2, w3, w4 and others." in advice_on_words(weak("rare", 7))[0]
