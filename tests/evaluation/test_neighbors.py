from dataclasses import replace

import numpy as np
import pytest
from conftest import WIDTH, make_base, make_table

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.evaluation.neighbors import MEAN, neighbors, tokenized
from spacy_domainvec.pipeline.loading import merge
from spacy_domainvec.table.base_vectors import BaseTable


def test_neighbours_stand_side_by_side(nlp):
    found = neighbors(nlp.get_pipe("domain_vectors"), "bank1", 2)
    assert len(found.base) == len(found.dvec) == 2
    assert found.long_form is None
    assert neighbors(nlp.get_pipe("domain_vectors"), "apr", 2).base == []


@pytest.mark.parametrize("word", ["apr", "APR"])
def test_an_acronym_is_explained(nlp, table, word):
    component = nlp.get_pipe("domain_vectors")
    component.set_table(replace(table, meta={**table.meta, "acronyms": {"apr": "annual percentage rate"}}))
    assert neighbors(component, word, 2).long_form == "annual percentage rate"


def test_an_unknown_word_has_none(nlp):
    with pytest.raises(DomainVectorsError, match="DV005"):
        neighbors(nlp.get_pipe("domain_vectors"), "nowhere", 2)


@pytest.fixture
def with_phrase():
    words = ["the", "bank1", "bank2", "bank3", "'s", "bank1 bank2", "music1"]
    base = make_base()
    return merge(base, make_table(words, np.random.default_rng(1).normal(size=(len(words), WIDTH)), base))


def test_a_phrase_is_looked_up_as_the_tokenizer_makes_it(with_phrase):
    component = with_phrase.get_pipe("domain_vectors")
    found = neighbors(component, tokenized(with_phrase, "Bank1 Bank2"), 3)
    assert (found.word, found.source) == ("Bank1 Bank2", "domain")
    assert found.dvec == component.most_similar("bank1 bank2", 3)


def test_words_that_are_no_phrase_are_their_mean(with_phrase):
    component = with_phrase.get_pipe("domain_vectors")
    found = neighbors(component, tokenized(with_phrase, " bank3's  music1 "), 7)
    assert (found.word, found.source) == ("bank3 's music1", MEAN)
    span = with_phrase("bank3's music1")[:]
    assert found.dvec == [
        (word, pytest.approx(cosine, abs=1e-6)) for word, cosine in component.most_similar(span._.dvec, 7)
    ]
    vector = with_phrase.make_doc("bank3's music1").vector
    rows = BaseTable(with_phrase.vocab.vectors).unit_rows(component.table.words)
    expected = dict(zip(component.table.words, rows @ vector / np.linalg.norm(vector)))
    assert [word for word, _ in found.base][:2] == sorted(expected, key=expected.get, reverse=True)[:2]
    assert all(cosine == pytest.approx(expected[word], abs=1e-5) for word, cosine in found.base)


def test_white_space_is_left_as_it_is(with_phrase):
    assert [tokenized(with_phrase, word) for word in (" ", "", "bank1")] == [" ", "", "bank1"]
    for word in (" ", ""):
        with pytest.raises(DomainVectorsError, match="DV005"):
            neighbors(with_phrase.get_pipe("domain_vectors"), word, 2)
