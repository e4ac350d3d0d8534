import numpy as np
import pytest
from conftest import tokens_of

from spacy_domainvec.corpus.tokenized import TokenizedPart
from spacy_domainvec.counting.phrase_trie import PhraseNumbers, PhraseTrie


def found(tokens, phrases):
    """How often each of the phrases occurs."""
    counts = dict.fromkeys(phrases, 0)
    for part in tokens.parts:
        trie = PhraseTrie.of(PhraseNumbers.of(phrases), TokenizedPart(part.folder).words)
        for ids, texts in part.batches():
            for numbers, _ in trie.matches(ids, texts):
                for number in numbers.tolist():
                    counts[phrases[number]] += 1
    return counts


@pytest.mark.slow
def test_words_and_phrases_are_found_and_counted(tmp_path):
    tokens = tokens_of(tmp_path, "an overdraft fee is a fee", "overdraft fee overdraft fee", "overdraft", "fee is a")
    wanted = [("overdraft", "fee"), ("fee",), ("fee", "is", "a"), ("a", "overdraft"), ("fee", "zzz")]
    assert list(found(tokens, wanted).values()) == [3, 5, 2, 0, 0]


def test_no_phrase_goes_over_the_end_of_a_text(tmp_path):
    assert found(tokens_of(tmp_path, "big bank", "of x", "bank of"), [("bank", "of")]) == {("bank", "of"): 1}


def test_the_place_is_that_of_the_last_word():
    trie = PhraseTrie.of(PhraseNumbers.of([("a", "b"), ("b",)]), ["a", "b"])
    single, pair = trie.matches(np.array([1, 0, 1]), np.zeros(3, dtype="i8"))
    assert [part.tolist() for part in single] == [[1, 1], [0, 2]]
    assert [part.tolist() for part in pair] == [[0], [2]]


@pytest.mark.slow
def test_nothing_is_found_of_nothing(tmp_path):
    assert found(tokens_of(tmp_path, "a b"), []) == {}
