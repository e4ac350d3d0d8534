import random

import numpy as np
import pytest
from conftest import tokens_of
from gensim.models.phrases import Phrases

from spacy_domainvec.counting.phrases import PhraseFinder, find_phrases
from spacy_domainvec.counting.vocabulary import Vocabulary, build_vocabulary
from spacy_domainvec.util.jobs import Jobs

PHRASES = [
    ["overdraft", "fee"],
    ["bank", "of", "america"],
    ["1", "2"],
    ["xxx", "xxx"],
    ["of", "course"],
    ["day", "of", "day"],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("phrases")


@pytest.fixture(scope="module")
def texts():
    rng = random.Random(0)
    others = [f"w{i}" for i in range(200)]
    lines = ((rng.choices(others, k=10), rng.choice(PHRASES)) for _ in range(400))
    return [" ".join([*words[:5], *phrase, *words[5:]]) for words, phrase in lines]


@pytest.fixture(scope="module")
def tokens(folder, texts):
    return tokens_of(folder, *texts)


def found(tokens, folder, min_count=10, threshold=0.6, connectors=("of",), given=()):
    finder = PhraseFinder(build_vocabulary(tokens, 1), min_count, threshold, connectors)
    return find_phrases(tokens, finder, given, Jobs(folder / "jobs"))


@pytest.mark.slow
def test_words_that_stand_together_are_found_and_counted(tokens, folder, texts):
    phrases = found(tokens, folder)
    # Numbers, a word twice, and a phrase that begins with a connector are none.
    assert set(phrases) == {("bank", "of", "america"), ("overdraft", "fee"), ("day", "of", "day")}
    assert phrases["overdraft", "fee"] == sum("overdraft fee" in text for text in texts)


def test_rare_phrases_are_left_out_but_those_given(tokens, folder, texts):
    n = sum("of course" in text for text in texts)
    assert found(tokens, folder, min_count=200, given=[("of", "course"), ("w1", "zzz")]) == {("of", "course"): n}
    assert find_phrases(tokens, None, [], Jobs(folder / "jobs")) == {}


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.6])
def test_phrases_and_their_counts_are_those_of_gensim(tokens, folder, texts, threshold):
    settings = {"min_count": 5, "threshold": threshold, "scoring": "npmi", "connector_words": frozenset(["of", "w1"])}
    theirs = Phrases([text.split() for text in texts], delimiter=" ", **settings)
    counts = {tuple(name.split()): theirs.vocab[name] for name in theirs.export_phrases()}
    # Those that no letter is in, and words twice, are not joined here.
    expected = {words: n for words, n in counts.items() if n >= 5 and words not in {("1", "2"), ("xxx", "xxx")}}
    assert found(tokens, folder, 5, threshold, ["of", "w1"]) == expected


@pytest.mark.slow
def test_words_that_can_not_be_numbered_are_left_out_and_no_number_overflows():
    n_words = 600_000
    words = [f"w{i}" for i in range(n_words)]
    vocabulary = Vocabulary(words, np.full(n_words, 10), 10 * n_words)
    finder = PhraseFinder(vocabulary, 1, 0.0, [f"c{i}" for i in range(900)])
    numbers, connectors = finder.coded([*words, "c899"])
    last, c = int(numbers.max()), n_words
    assert 0 < last < n_words - 1
    found = finder.candidates(numbers, connectors, np.array([last, c, c, c, last - 1]), np.zeros(5, dtype="i8"))
    assert list(finder.phrases(found, np.array([5]))) == [(words[last], "c899", "c899", "c899", words[last - 1])]
