import random
import sys

import numpy as np
import pytest
import spacy
from conftest import TOPICS, WIDTH, make_base, make_table

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build import merge
from spacy_domainvec.evaluate import (
    SIMILARITY_SETS,
    Labelled,
    accuracy,
    evaluate,
    find_component,
    load_both,
    megabytes,
    neighbors,
    read_labelled,
    read_similarity_set,
    retention,
    share_with,
    weighted_mean,
)


def labelled(n=10, seed=0):
    rng = random.Random(seed)
    pairs = [(" ".join(rng.choices(TOPICS[topic], k=5)), topic) for topic in TOPICS for _ in range(n)]
    return Labelled(*map(list, zip(*pairs)))


@pytest.fixture
def paths(nlp, tmp_path):
    make_base().to_disk(tmp_path / "base")
    nlp.to_disk(tmp_path / "extended")
    return str(tmp_path / "extended"), str(tmp_path / "base")


def test_a_report_stands_on_both_pipelines(paths):
    nlp, base, seconds = load_both(*paths)
    report = evaluate(nlp, base, seconds, labelled(), labelled(seed=1), shots=[1, 5])
    assert set(report.similarity) == {"WordSim-353", "SimLex-999"}
    assert set(report.few_shot) == {1, 5}
    assert set(report.few_shot[5]) == {"base", "base+unit+sif", "dvec"}
    assert report.few_shot[5]["dvec"] > 0.9
    assert report.coverage == {"base": 0.0, "dvec": 0.0}  # "bank1" is not of letters alone
    assert report.microseconds["dvec"] > 0
    assert report.load_seconds == seconds
    assert report.megabytes["dvec"] >= report.megabytes["base"] > 0


def test_coverage_is_that_of_a_text(paths):
    nlp, base, seconds = load_both(*paths)
    report = evaluate(nlp, base, seconds, texts=["the of nowhere apr", "!"])
    assert report.coverage == {"base": 0.5, "dvec": 0.75}
    assert report.few_shot is None


def test_without_texts_there_is_still_a_report(nlp):
    report = evaluate(nlp, make_base(), {"base": 1.0, "dvec": 1.0})
    assert report.coverage is None
    assert report.microseconds is None
    assert report.megabytes is None


def test_a_base_without_vectors_has_no_accuracy_of_its_own():
    base = spacy.blank("en")
    words = [word for topic in TOPICS.values() for word in topic]
    vectors = np.repeat(np.eye(4, WIDTH), 30, axis=0)
    nlp = merge(spacy.blank("en"), make_table(words, vectors, base, n_tokens=1000))
    report = evaluate(nlp, base, {"base": 1.0, "dvec": 1.0}, labelled(), labelled(seed=1), shots=[2])
    assert report.few_shot == {2: {"dvec": 1.0}}
    assert report.similarity["SimLex-999"]["base"] == 0.0


def test_the_sets_are_those_that_gensim_ships():
    assert {name: len(read_similarity_set(file)) for name, file in SIMILARITY_SETS.items()} == {
        "WordSim-353": 353,
        "SimLex-999": 999,
    }
    assert read_similarity_set("wordsim353.tsv")[0] == ("love", "sex", 6.77)


def test_retention_is_the_rank_correlation():
    vectors = {"a": [1, 0], "b": [1, 0.1], "c": [1, 1], "d": [0, 1]}
    pairs = [("a", "b", 9.0), ("a", "c", 5.0), ("a", "d", 1.0)]
    assert retention(pairs, lambda word: np.array(vectors[word])) == 1.0
    assert retention([(a, b, -n) for a, b, n in pairs], lambda word: np.array(vectors[word])) == -1.0
    assert retention(pairs, lambda word: np.zeros(2)) == 0.0


def test_the_share_of_words_counts_words_of_letters():
    nlp = make_base()
    assert share_with(nlp, ["the a nowhere 17 !"], lambda token: token.has_vector) == pytest.approx(2 / 3)
    assert share_with(nlp, [], lambda token: True) == 0


def test_the_bases_own_weighted_mean(nlp):
    table = make_table(["the"], np.ones((1, WIDTH)), n_tokens=1000, config={"weighting": {"a": 1e-2}})
    mean = weighted_mean(table)
    doc = nlp.make_doc("the bank1 nowhere")
    unit = [token.vector / np.linalg.norm(token.vector) for token in doc[:2]]
    assert np.allclose(mean(doc), (unit[0] * 1e-2 / (1e-2 + 10 / 1000) + unit[1]) / 3, atol=1e-6)
    assert mean(nlp.make_doc("")).tolist() == [0] * WIDTH


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
        (b"text,category\none,x\n", "line 2 has no text and label"),
        (b"text,label\none,\n", "line 2"),
        (b"text,label\n", "no rows"),
        (b"", "no rows"),
        (b"text,label\n\xff,x\n", "utf-8"),
        (b'text,label\n"one,x\n', "unexpected end"),
    ],
)
def test_bad_labelled_texts_are_refused_by_line(tmp_path, data, why):
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(DomainVectorsError, match=rf"DV067.*a\.csv.*{why}"):
        read_labelled(tmp_path / "a.csv")


def test_one_label_is_nothing_to_learn(nlp):
    one = Labelled(["the", "a"], ["x", "x"])
    with pytest.raises(DomainVectorsError, match="DV067.*only one label"):
        evaluate(nlp, make_base(), {}, one, one)


def test_a_pipeline_without_the_component_is_refused(base, tmp_path):
    with pytest.raises(DomainVectorsError, match="DV065"):
        find_component(base)


def test_neighbours_stand_side_by_side(nlp):
    found = neighbors(nlp.get_pipe("domain_vectors"), "bank1", 2)
    assert list(found) == ["base", "dvec"]
    assert len(found["base"]) == len(found["dvec"]) == 2
    assert neighbors(nlp.get_pipe("domain_vectors"), "apr", 2)["base"] == []


def test_sizes_are_those_of_all_files(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_bytes(b"x" * 2**19)
    (tmp_path / "b").write_bytes(b"x" * 2**19)
    assert megabytes(tmp_path) == 1


def test_without_the_extra_the_error_names_its_command(nlp, monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim", None)
    with pytest.raises(DomainVectorsError, match=r"DV066.*spacy-domainvec\[train\]"):
        read_similarity_set("wordsim353.tsv")
