import random

from spacy_domainvec.phrases import find_phrases


def sentences(n=400):
    rng = random.Random(0)
    others = [f"w{i}" for i in range(200)]
    phrases = [["overdraft", "fee"], ["bank", "of", "america"], ["1", "2"], ["xxx", "xxx"], ["of", "course"]]
    for _ in range(n):
        words = rng.choices(others, k=10)
        yield [*words[:5], *rng.choice(phrases), *words[5:]]


def test_words_that_stand_together_are_found():
    found = find_phrases(list(sentences()), min_count=10, threshold=0.6, connectors={"of"})
    # Numbers, a word twice, and a phrase that begins with a connector are none.
    assert found == [("bank", "of", "america"), ("overdraft", "fee")]


def test_rare_phrases_are_left_out():
    assert find_phrases(list(sentences()), min_count=200, threshold=0.6, connectors=()) == []
