import numpy as np
import pytest
import spacy
from conftest import tokens_of
from spacy.tokens import Doc

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.counting import fold_ins
from spacy_domainvec.counting.fold_ins import choose_fold_ins
from spacy_domainvec.counting.terms import Term, missing_terms, read_terms
from spacy_domainvec.counting.vocabulary import build_vocabulary
from spacy_domainvec.table.weights import compose


def test_terms_are_read_as_the_pipeline_tokenizes_them(tmp_path):
    (tmp_path / "terms.txt").write_text("APR\n\nOverdraft  Fee\ntype-2\n", encoding="utf-8-sig")
    terms = read_terms(tmp_path / "terms.txt", spacy.blank("en"), "LOWER")
    assert terms == [Term(1, ("apr",)), Term(3, ("overdraft", "fee")), Term(4, ("type-2",))]
    assert read_terms(tmp_path / "terms.txt", spacy.blank("en"), "ORTH")[1].name == "Overdraft Fee"
    assert read_terms(tmp_path / "terms.txt", spacy.blank("en"), "LEMMA")[1].name == "overdraft fee"


@pytest.mark.parametrize(("data", "why"), [(b"", "no line has a word"), (b" \n", "no line"), (b"a\n\xff\n", "line 2")])
def test_a_list_that_is_none_is_refused(tmp_path, data, why):
    (tmp_path / "terms.txt").write_bytes(data)
    with pytest.raises(DomainVectorsError, match=rf"DV069.*terms\.txt.*{why}"):
        read_terms(tmp_path / "terms.txt", spacy.blank("en"), "LOWER")
    with pytest.raises(DomainVectorsError, match="DV030.*nowhere"):
        read_terms(tmp_path / "nowhere", spacy.blank("en"), "LOWER")


@pytest.fixture
def tokens(tmp_path):
    return tokens_of(tmp_path, "a a a b b c", "a b an overdraft fee", "an overdraft")


def test_rare_words_phrases_and_terms_are_chosen(tokens):
    vocabulary = build_vocabulary(tokens, 3)
    assert vocabulary.words == ["a", "b"]
    phrases, terms = {("overdraft", "fee"): 1, ("a", "b"): 2}, [Term(1, ("c",)), Term(2, ("never",))]
    found = choose_fold_ins(tokens, vocabulary, 2, phrases, terms)
    assert found.names == ["a b", "an", "overdraft", "c", "overdraft fee"]
    assert found.counts.tolist() == [2, 2, 2, 1, 1]


def test_a_phrase_that_is_called_like_a_token_has_no_row_of_its_own(tmp_path):
    nlp = spacy.blank("en")
    nlp.tokenizer = lambda text: Doc(nlp.vocab, words=text.split("|"))
    tokens = tokens_of(tmp_path, "x|x|x|y|y|y|new york|new|york", nlp=nlp)
    phrases = {("new", "york"): 1, ("new york", "x"): 1, ("new", "york x"): 1}
    found = choose_fold_ins(tokens, build_vocabulary(tokens, 3), 1, phrases, [])
    assert sorted(found.names) == ["new", "new york", "new york x", "york"]
    assert ("new york",) in found.parts
    assert len(found.counts) == 4


@pytest.mark.slow
def test_without_folding_in_rare_words_stay_out(tokens):
    assert choose_fold_ins(tokens, build_vocabulary(tokens, 3), None, {}, []).names == []
    assert choose_fold_ins(tokens, build_vocabulary(tokens, 3), 1, {}, []).names == ["an", "overdraft", "c", "fee"]


@pytest.mark.slow
def test_so_many_rare_words_are_folded_in_and_no_more(tokens, monkeypatch):
    monkeypatch.setattr(fold_ins, "MOST_RARE_WORDS", 2)
    found = choose_fold_ins(tokens, build_vocabulary(tokens, 3), 1, {}, [Term(1, ("fee",))])
    assert found.names == ["an", "overdraft", "fee"]


def test_a_phrase_is_the_mean_of_its_words():
    weighted = np.array([[1.0, 0], [0, 0.5]], dtype="f")
    found = compose([["x", "y"], ["x", "?"], ["?"]], {"x": 0, "y": 1}, weighted)
    assert found.tolist() == [[0.5, 0.25], [1, 0], [0, 0]]


@pytest.mark.slow
def test_missing_terms_are_named_with_the_reason(tokens):
    terms = [Term(1, ("a",)), Term(2, ("zzz",)), Term(3, ("fee", "zzz")), Term(4, ("fee", "a")), Term(5, ("c",))]
    assert missing_terms(terms, {"a"}, tokens) == [
        "'zzz' (line 2) does not occur in the texts",
        "'fee zzz' (line 3) has a word that does not occur, 'zzz'",
        "'fee a' (line 4) has words that never stand side by side",
        "'c' (line 5) occurs without any word of the vocabulary near it",
    ]
