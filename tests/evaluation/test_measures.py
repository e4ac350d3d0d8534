import os
import sys

import numpy as np
import pytest
from conftest import make_base
from spacy.tokens import DocBin

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.evaluation.labelled import Labelled, read_labelled
from spacy_domainvec.evaluation.measures import accuracy, document_vectors, megabytes, share_with
from spacy_domainvec.evaluation.similarity_sets import SIMILARITY_SETS, read_similarity_set, retention


def test_the_sets_are_those_that_gensim_ships():
    assert {name: len(read_similarity_set(file)) for name, file in SIMILARITY_SETS.items()} == {
        "WordSim-353": 353,
        "SimLex-999": 999,
    }
    assert read_similarity_set("wordsim353.tsv")[0] == ("love", "sex", 6.77)


def test_retention_is_the_rank_correlation():
    rows = {"a": [1, 0], "b": [1, 0.1], "c": [1, 1], "d": [0, 1]}
    pairs = [("a", "b", 9.0), ("a", "c", 5.0), ("a", "d", 1.0)]

    def vectors(words):
        return np.array([rows[word] for word in words])

    assert retention(pairs, vectors) == 1.0
    assert retention([(a, b, -n) for a, b, n in pairs], vectors) == -1.0
    assert retention(pairs, lambda words: np.zeros((len(words), 2))) == 0.0


def test_the_share_of_words_counts_words_of_letters():
    nlp = make_base()
    assert share_with(nlp, ["the a nowhere 17 !"], lambda token: token.has_vector) == pytest.approx(2 / 3)
    assert share_with(nlp, [], lambda token: True) == 0


def test_accuracy_is_that_of_few_texts():
    rng = np.random.default_rng(0)
    labels = ["a", "b"] * 50
    vectors = np.array([[1.0, 0] if label == "a" else [0, 1.0] for label in labels])
    noise = rng.normal(size=(100, 2))
    assert accuracy(vectors, labels, vectors, labels, shots=1) == 1.0
    assert 0.3 < accuracy(noise, labels, rng.normal(size=(100, 2)), labels, shots=5) < 0.7


def test_labelled_texts_are_read(tmp_path):
    (tmp_path / "a.csv").write_text('id,text,label\n1,"one, two",x\n2,three,y\n', encoding="utf-8-sig")
    assert read_labelled(tmp_path / "a.csv") == Labelled(["one, two", "three"], ["x", "y"])
    (tmp_path / "a.tsv").write_text("text\tlabel\none, two\tx\n")
    assert read_labelled(tmp_path / "a.tsv") == Labelled(["one, two"], ["x"])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"text,label\none,x\ntwo\n", "line 3 has no text and label"),
        (b"text,category\none,x\n", "no column 'label'. Its columns are: text, category"),
        (b"text;label\none;x\n", "separated by ';'"),
        (b"text,label\none,two,x\n", "line 2 is with more fields than the header"),
        (b"text,label\none,\n", "line 2"),
        (b"text,label\n", "no rows"),
        (b"", "no rows"),
        (b'text,label\n"o\n\n",x\n\xff,x\n', "line 5 is not UTF-8"),
    ],
)
def test_bad_labelled_texts_are_refused_by_line(tmp_path, data, why):
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(DomainVectorsError, match=rf"DV067.*a\.csv.*{why}"):
        read_labelled(tmp_path / "a.csv")


def test_labelled_texts_are_read_as_a_corpus_is(tmp_path):
    (tmp_path / "a.csv").write_text('id,text,label\r1,"one,x\r2,two,y\r3,"a\rb",z\r')
    assert read_labelled(tmp_path / "a.csv") == Labelled(['"one', "two", "a\rb"], ["x", "y", "z"])
    (tmp_path / "a.TSV").write_text("text\tlabel\n" + "!" * 2500 + "\tx\n")
    (text,) = read_labelled(tmp_path / "a.TSV").texts
    assert list(map(len, text.split())) == [1000, 1000, 500]


@pytest.mark.parametrize(("name", "code"), [("no.csv", "DV030"), ("fifo.csv", "DV057"), ("a.jsonl", "DV067")])
def test_what_can_not_be_read_as_labelled_texts_is_refused(tmp_path, name, code):
    os.mkfifo(tmp_path / "fifo.csv")
    (tmp_path / "a.jsonl").touch()
    with pytest.raises(DomainVectorsError, match=rf"{code}.*{name}"):
        read_labelled(tmp_path / name)


def test_a_header_of_labelled_texts_that_is_no_text_is_an_error(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"text,label,gr\xf6\n")
    with pytest.raises(DomainVectorsError, match=r"DV039.*a\.csv"):
        read_labelled(tmp_path / "a.csv")


def test_sizes_are_those_of_all_files(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_bytes(b"x" * 2**19)
    (tmp_path / "b").write_bytes(b"x" * 2**19)
    assert megabytes(tmp_path) == 1


def test_without_the_extra_the_error_names_its_command(nlp, monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim", None)
    with pytest.raises(DomainVectorsError, match=r"DV066.*spacy-domainvec\[train\]"):
        read_similarity_set("wordsim353.tsv")


def test_document_vectors_are_of_unit_length():
    nlp = make_base()
    vectors = document_vectors(nlp, ["the bank1", "", "fruit1"], lambda doc: doc.vector * 5)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 0, 1], atol=1e-6)


def test_docs_with_cats_are_labelled_texts(tmp_path):
    nlp, path = make_base(), tmp_path / "a.spacy"
    docs = [nlp.make_doc("bank1  the"), nlp.make_doc("fruit1")]
    docs[0].cats, docs[1].cats = {"x": 0.2, "y": 0.8}, {"x": 1, "y": 0}
    DocBin(docs=docs).to_disk(path)
    assert read_labelled(path) == Labelled(["bank1  the", "fruit1"], ["y", "x"])
    docs[1].cats = {}
    for made, why in ((docs, "doc 2 has no cats"), ([], "it has no docs")):
        DocBin(docs=made).to_disk(path)
        with pytest.raises(DomainVectorsError, match=rf"DV067.*a\.spacy.*{why}"):
            read_labelled(path)
