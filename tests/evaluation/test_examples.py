import random

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_domainvec.evaluation import examples as module
from spacy_domainvec.evaluation.examples import LONGEST, examples

NLP = spacy.blank("en")
TEXTS = [
    "My card was lost. I paid an overdraft fee for it. Nobody told me why the fee is so high!",
    "The bank charged me a fee.\nIt was an overdraft fee, they said.",
    "No words of interest stand here.",
    "fee fee fee",
]


def found(texts, words, attr="LOWER"):
    return dict(zip(words, examples(map(NLP.make_doc, texts), words, attr)))


def test_a_sentence_holds_the_word_and_its_neighbours_stay_out():
    of = found(TEXTS, ["card", "overdraft fee", "interest", "nowhere"])
    assert of["card"] == ["My card was lost."]
    assert sorted(of["overdraft fee"]) == ["I paid an overdraft fee for it.", "It was an overdraft fee, they said."]
    assert of["interest"] == ["No words of interest stand here."] and of["nowhere"] == []


def test_no_two_sentences_are_from_one_text():
    (one,) = found(["A fee here. A fee there. And a fee more."], ["fee"]).values()
    assert len(one) == 1


def test_the_same_sentence_is_shown_once():
    assert found(["This is a fee. One.", "This is a fee. Two."], ["fee"])["fee"] == ["This is a fee."]


def test_sentences_that_are_read_easily_are_preferred():
    noise = ["XXXX fee XXXX/XX 12345", "fee", " ".join(["word"] * 100 + ["fee"])]
    good = ["The fee was charged to my account twice.", "I asked them to refund the fee to me."]
    assert sorted(found([*noise, *good], ["fee"])["fee"]) == sorted(good)


def test_a_long_sentence_is_cut_around_the_word():
    text = " ".join([*(f"before{i}" for i in range(80)), "fee", *(f"after{i}" for i in range(80))])
    (one,) = found([text], ["fee"])["fee"]
    assert one.startswith("… before") and one.endswith(" …") and " fee " in one
    assert len(one) <= LONGEST + 4


def test_a_word_longer_than_an_example_is_one():
    word = "x" * (2 * LONGEST)
    assert found([f"a {word} b"], [word])[word] == [f"… {word} …"]


def test_words_are_told_apart_by_the_attribute():
    assert found(["Fee is upper."], ["fee"], "ORTH")["fee"] == []
    assert found(["Fee is upper."], ["Fee"], "ORTH")["Fee"] == ["Fee is upper."]


def test_nothing_has_no_examples():
    assert examples([], ["fee"]) == [[]] and examples(map(NLP.make_doc, TEXTS), []) == []
    assert found(["", "  ", "fee"], ["fee"])["fee"] == ["fee"]


def test_sentences_of_a_word_are_bounded(monkeypatch):
    made = []
    real = module._Found.add
    monkeypatch.setattr(module._Found, "add", lambda self, *args: (real(self, *args), made.append(len(self.sentences))))
    found([f"The fee of customer {i} is here." for i in range(2000)], ["fee"])
    # About 12 ln(2000 / 12) texts have one of the lowest hashes so far.
    assert max(made) == module.N_KEPT and len(made) < 200


@pytest.mark.slow
@given(st.randoms(use_true_random=False), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_the_order_of_texts_does_not_matter(rng, size):
    pool = random.Random(0)
    words = ["bank", "fee", "card", "overdraft fee", "the"]
    filler = [*words, "on", "is", "of", "."]
    texts = [" ".join(pool.choices(filler, k=12)) for _ in range(60)]
    shuffled = rng.sample(texts, len(texts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BATCH", size)
        assert found(texts, words) == found(shuffled, words)
