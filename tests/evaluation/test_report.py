import numpy as np
import pytest
import spacy
from conftest import TOPICS, WIDTH, labelled, make_base, make_table
from quick_spacy import ALL_EXCEPTIONS

from spacy_domainvec import DomainVectorsError, VectorTable
from spacy_domainvec.evaluation.labelled import Labelled
from spacy_domainvec.evaluation.report import evaluate, load_both, weighted_mean
from spacy_domainvec.pipeline.loading import find_component, merge
from spacy_domainvec.table.rows import Rows


@pytest.fixture
def paths(table, tmp_path):
    base = make_base(exceptions=ALL_EXCEPTIONS)
    base.to_disk(tmp_path / "base")
    merge(base, table).to_disk(tmp_path / "extended")
    return str(tmp_path / "extended"), str(tmp_path / "base")


@pytest.mark.slow
def test_a_report_stands_on_both_pipelines(paths):
    nlp, base, seconds = load_both(*paths)
    # Of letters alone, as words of a topic are not: one that both know, one of the table, one that neither knows.
    more = ["the", "apr", "nowhere"]
    report = evaluate(nlp, base, seconds, labelled(more=more), labelled(seed=1, more=more), shots=[1, 5])
    assert set(report.similarity) == {"WordSim-353", "SimLex-999"}
    assert set(report.few_shot) == {1, 5}
    assert set(report.few_shot[5]) == {"base", "base+unit+sif", "dvec"}
    assert report.few_shot[5]["dvec"] > 0.9
    assert report.coverage == {"base": 0.3333, "dvec": 0.6667}
    assert report.microseconds["dvec"] > 0
    assert report.load_seconds == seconds
    assert report.megabytes["dvec"] >= report.megabytes["base"] > 0


@pytest.mark.slow
def test_coverage_is_that_of_a_text(paths):
    nlp, base, seconds = load_both(*paths)
    report = evaluate(nlp, base, seconds, texts=["the of nowhere apr", "!"])
    assert report.coverage == {"base": 0.5, "dvec": 0.75}
    assert report.few_shot is None


@pytest.mark.slow
def test_without_texts_there_is_still_a_report(nlp):
    report = evaluate(nlp, make_base(), {"base": 1.0, "dvec": 1.0})
    assert report.coverage is None
    assert report.microseconds is None
    assert report.megabytes is None


@pytest.mark.slow
def test_a_table_by_hand_has_a_report_too():
    words = [word for topic in TOPICS.values() for word in topic]
    table = VectorTable(words, Rows(np.repeat(np.eye(4, WIDTH, dtype="f"), 30, axis=0)), np.ones(120, dtype="i8"))
    nlp, base = merge(make_base(), table), make_base()
    report = evaluate(nlp, base, {"base": 1.0, "dvec": 1.0}, labelled(), labelled(seed=1), shots=[2], texts=["the of"])
    assert set(report.few_shot[2]) == {"base", "base+unit+sif", "dvec"}
    assert report.few_shot[2]["dvec"] == 1.0
    # Its meta does not tell how the base's vectors would stand beside the table's.
    assert report.coverage == {"base": 1.0, "dvec": 0.0}
    assert report.similarity["WordSim-353"] == {"base": 0.0, "dvec": 0.0}


@pytest.mark.slow
def test_a_base_without_vectors_has_no_accuracy_of_its_own():
    base = spacy.blank("en")
    words = [word for topic in TOPICS.values() for word in topic]
    vectors = np.repeat(np.eye(4, WIDTH), 30, axis=0)
    nlp = merge(spacy.blank("en"), make_table(words, vectors, base, n_tokens=1000))
    report = evaluate(nlp, base, {"base": 1.0, "dvec": 1.0}, labelled(), labelled(seed=1), shots=[2])
    assert report.few_shot == {2: {"dvec": 1.0}}
    assert report.similarity["SimLex-999"]["base"] == 0.0


def test_the_bases_own_weighted_mean(nlp):
    table = make_table(["the"], np.ones((1, WIDTH)), n_tokens=1000, config={"weighting": {"a": 1e-2}})
    mean = weighted_mean(table)
    doc = nlp.make_doc("the bank1 nowhere")
    unit = [token.vector / np.linalg.norm(token.vector) for token in doc[:2]]
    assert np.allclose(mean(doc), (unit[0] * 1e-2 / (1e-2 + 10 / 1000) + unit[1]) / 3, atol=1e-6)
    assert mean(nlp.make_doc("")).tolist() == [0] * WIDTH


@pytest.mark.parametrize("meta", [{}, {"config": {}}, {"config": {"weighting": {"a": None}}}])
def test_without_a_weighting_there_is_one_all_the_same(nlp, meta):
    table = VectorTable(["the", "a", "the a"], Rows(np.ones((3, WIDTH), dtype="f")), np.array([30, 10, 10]), meta=meta)
    doc = nlp.make_doc("the")
    unit = doc[0].vector / np.linalg.norm(doc[0].vector)
    # Of 40 tokens, 30 are this one.
    assert np.allclose(weighted_mean(table)(doc), unit * 1e-3 / (1e-3 + 0.75), atol=1e-6)


@pytest.mark.slow
def test_one_label_is_nothing_to_learn(nlp):
    one = Labelled(["the", "a"], ["x", "x"])
    with pytest.raises(DomainVectorsError, match="DV067.*only one label"):
        evaluate(nlp, make_base(), {}, one, one)


def test_a_pipeline_without_the_component_is_refused(base, tmp_path):
    with pytest.raises(DomainVectorsError, match="DV065"):
        find_component(base)
