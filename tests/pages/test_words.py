from dataclasses import replace

import numpy as np
import pytest
import spacy
from conftest import WIDTH, make_base, make_table, tokens_of

from spacy_domainvec.pages import words as module
from spacy_domainvec.pages.words import Counted, chosen, means_something, page_words
from spacy_domainvec.pipeline.loading import merge
from spacy_domainvec.util.jobs import Jobs

VOCAB = spacy.blank("en").vocab
NAMES = ["the", "bank1", "bank2", "zorp", "apr", "bank1 bank2", "fruit1", "rare1", "music29"]


@pytest.fixture
def pipeline():
    base = make_base()
    table = make_table(NAMES, np.random.default_rng(1).normal(size=(len(NAMES), WIDTH)), base)
    counts = np.array([900, 90, 80, 70, 60, 50, 40, 5, 4])
    meta = {**table.meta, "acronyms": {"apr": "annual percentage rate", "bank2": "b a n k", "fruit1": "a , mark"}}
    return merge(base, replace(table, counts=counts, meta=meta))


def words_of(nlp, counted=None, docs=()):
    component = nlp.get_pipe("domain_vectors")
    counted = counted or Counted.of_table(component.table)
    return {word.word: word for word in page_words(nlp, component, counted, component.table.acronyms, docs)}


@pytest.mark.parametrize(
    "word",
    ["", "the", "The", "'s", "n't", "'ve", "XXXX", "xxxxthe", "pmtxxxx", "2016", "1,000", "ten", "3", "2013correct",
     "...", "-", "--", "a/b", "xx/xx/xxxx", "http://a.com", "me@a.com", "{$500.00}", "5.i", "id", "the of",
     "bank of the", "means that in a study"],
)  # fmt: skip
def test_what_means_nothing_is_left_out(word):
    assert not means_something(word, VOCAB)


@pytest.mark.parametrize(
    "word",
    ["fee", "401k", "e-mail", "covid-19", "at&t", "u.s.", "u.s.c", "bank of america", "naïve", "人", "मुंबई"],
)
def test_what_means_something_stays(word):
    assert means_something(word, VOCAB)


def test_the_words_of_a_table(pipeline):
    found = words_of(pipeline)
    assert list(found) == ["bank1", "bank2", "zorp", "apr", "bank1 bank2", "fruit1", "rare1", "music29"]
    assert [word.count for word in found.values()] == [90, 80, 70, 60, 50, 40, 5, 4]
    # A word with a vector of its own in the base is no acronym, and neither is what has a mark in its long form.
    kinds = {"zorp": "new", "rare1": "new", "apr": "acronym", "bank1 bank2": "phrase"}
    assert {name: word.kind for name, word in found.items() if word.kind != "known"} == kinds
    # The base gives the last two of its words one row: it is the vector of the first.
    assert {name: word.weak for name, word in found.items() if word.weak} == {"rare1": "rare", "music29": "rare"}
    assert found["zorp"].before == [] and found["zorp"].moved is None and found["zorp"].after
    assert found["bank1"].before and found["bank1"].moved is not None
    assert not {"the", "bank1 bank2"} & {*found["bank1"].after}
    assert all(0 <= word.x <= 1 and 0 <= word.y <= 1 and word.examples == [] for word in found.values())


@pytest.mark.slow
def test_the_words_of_a_text(pipeline, tmp_path):
    texts = ["bank1 bank2 is a fruit2", "zorp fruit2 music29", "music29 fruit2 the zorp. XXXX"]
    tokens = tokens_of(tmp_path, *texts, nlp=pipeline)
    table = pipeline.get_pipe("domain_vectors").table
    counted = Counted.of_text(tokens, table, Jobs(tmp_path / "jobs"))
    found = words_of(pipeline, counted, map(pipeline.make_doc, texts))
    assert {name: word.count for name, word in found.items()} == {
        "fruit2": 3, "music29": 2, "zorp": 2, "bank1": 1, "bank2": 1,
    }  # fmt: skip
    assert found["fruit2"].kind == "known" and found["fruit2"].weak is None
    assert sorted(found["zorp"].examples) == ["music29 fruit2 the zorp.", "zorp fruit2 music29"]


def test_a_word_with_the_vector_of_another_is_an_alias(tmp_path):
    base = make_base()
    nlp = merge(base, make_table(["bank1", "bank2"], np.eye(2, WIDTH), base))
    found = words_of(nlp, Counted(["music29", "music28", "zorp"], np.array([5, 4, 3])))
    assert {name: word.weak for name, word in found.items()} == {"music29": "alias", "music28": None}


def test_frequent_words_and_some_of_each_kind_and_weakness_are_shown(monkeypatch):
    for name in ("N_WORDS", "N_OF_KIND", "N_WEAK"):
        monkeypatch.setattr(module, name, 2)
    kinds = ["known", "phrase", "known", "known", "new", "new", "new", "acronym", "phrase", "phrase", "known", "new"]
    names = [f"w{i}" for i in range(len(kinds))]
    weak = dict.fromkeys(names) | {"w10": "rare", "w11": "alias"}
    counted = Counted(names, np.array([9] * 11 + [1]))
    # The last one occurs once only.
    assert chosen(counted, dict(zip(names, kinds)), weak) == [0, 1, 2, 4, 5, 7, 8, 10]


def test_no_words_are_no_words(pipeline):
    assert words_of(pipeline, Counted([], np.zeros(0, dtype="i8"))) == {}
    assert words_of(pipeline, Counted(["the", "XXXX", "unknown"], np.array([3, 2, 1]))) == {}


def test_a_base_without_vectors_knows_none():
    base = spacy.blank("en")
    nlp = merge(base, make_table(["bank1", "zorp"], np.eye(2, WIDTH), base))
    found = words_of(nlp)
    assert {word.kind for word in found.values()} == {"new"} and found["bank1"].after == ["zorp"]
