import json
import sys
from dataclasses import asdict
from itertools import pairwise

import pytest
import spacy
from comparison_tiny import QUICK, compared, row
from conftest import TOPICS, labelled, make_base, make_texts
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_domainvec import DomainVectorsError, DomainVectorsWarning
from spacy_domainvec.cli import domain_vectors_cli
from spacy_domainvec.comparison import kept
from spacy_domainvec.comparison.routes import ROUTES
from spacy_domainvec.evaluation.measures import accuracy, document_vectors
from spacy_domainvec.pipeline.loading import load_pipeline

LABELLED = labelled(12, more=["the"]), labelled(30, seed=1, more=["the"])


@pytest.fixture(scope="module")
def whole(corpus_path, base_path, tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    return compared(corpus_path, base_path, folder, *LABELLED, None, load_pipeline(base_path), (0.1, 0.3, 1))


@pytest.mark.slow
def test_every_route_is_measured_on_the_same_texts(whole):
    names = [name for name, plan in ROUTES.items() if not plan.needs_teacher and name != "mapped"]
    assert [route.name for route in whole.routes] == names
    assert [route.failed for route in whole.routes] == [None] * 8
    for route in whole.routes:
        assert [score.shots for score in route.scores] == [5, 10]
        assert all(score.accuracy.low <= score.accuracy.value <= score.accuracy.high for score in route.scores)
        assert (route.scores[0].to_base is None) == (route.name == "base")
        assert (route.scores[0].to_weighted is None) == (route.name == "weighted")
        assert route.scores[0].to_fewer is None and route.scores[1].to_fewer.value == pytest.approx(
            route.scores[1].accuracy.value - route.scores[0].accuracy.value, abs=1e-4
        )
        assert route.costs.train_seconds is not None
        assert (route.coverage is None) == (route.name == "tfidf") == (not route.similarity)
    first, weighted = row(whole, "base").scores[0], row(whole, "weighted").scores[0]
    assert weighted.to_base.value == pytest.approx(weighted.accuracy.value - first.accuracy.value, abs=1e-4)
    domain, before = row(whole, "domain").costs, row(whole, "base").costs
    assert domain.megabytes >= before.megabytes >= 0 and domain.microseconds > 0 and domain.load_seconds > 0
    for name in ("base", "weighted", "replace", "continue", "fasttext", "pipelines"):
        assert all(cost is not None for cost in asdict(row(whole, name).costs).values()), name
    both, replaced = row(whole, "pipelines").costs, row(whole, "replace").costs
    assert both.megabytes == pytest.approx(before.megabytes + replaced.megabytes)
    # Two pipelines are loaded, and each looks the words up.
    assert both.load_seconds > replaced.load_seconds and both.microseconds > replaced.microseconds
    # 100,000 rows of n-grams.
    assert row(whole, "fasttext").costs.megabytes >= replaced.megabytes + 3
    assert row(whole, "replace").coverage.own == 1.0 and row(whole, "base").coverage.base == 1.0


@pytest.mark.slow
def test_the_learning_curve_ends_at_the_whole_text(whole):
    assert [point.share for point in whole.text_curve] == [0.1, 0.3, 1]
    tokens = [point.n_tokens for point in whole.text_curve]
    assert tokens[0] < tokens[1] < tokens[2] == whole.text.n_tokens
    assert whole.text_curve[-1].accuracy == row(whole, "domain").scores[0].accuracy
    assert whole.text_curve[0].to_fewer is None
    for before, point in pairwise(whole.text_curve):
        rise = point.accuracy.value - before.accuracy.value
        assert point.to_fewer.value == pytest.approx(rise, abs=2e-4)


@pytest.mark.slow
def test_the_base_has_the_accuracy_of_evaluate(whole):
    nlp, (train, test) = make_base(), LABELLED
    vectors = [document_vectors(nlp, part.texts, lambda doc: doc.vector) for part in (train, test)]
    for score in row(whole, "base").scores:
        assert score.accuracy.value == accuracy(vectors[0], train.labels, vectors[1], test.labels, score.shots)


@pytest.mark.slow
def test_a_route_that_fails_is_a_row_that_says_why(corpus_path, base_path, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    found = compared(corpus_path, base_path, tmp_path, labelled(8), None, ["base", "replace"])
    assert "DV066" in row(found, "replace").failed and not row(found, "replace").scores
    assert row(found, "base").failed is None and row(found, "base").scores


@pytest.mark.slow
def test_a_base_without_vectors_leaves_the_routes_that_need_none(corpus_path, tmp_path):
    nlp = spacy.blank("en")
    nlp.to_disk(tmp_path / "blank")
    routes = ["base", "weighted", "replace", "continue", "pipelines", "domain", "tfidf"]
    test = labelled(30, seed=1)
    found = compared(corpus_path, tmp_path / "blank", tmp_path / "work", labelled(12), test, routes, nlp)
    failed = {route.name: route.failed[:7] for route in found.routes if route.failed}
    assert failed == dict.fromkeys(["base", "weighted", "continue", "pipelines"], "[DV017]")
    for name in ("replace", "domain", "tfidf"):
        assert row(found, name).scores[0].accuracy.value > 0.5 and row(found, name).scores[0].to_base is None
    assert found.advice[0].startswith(("Take '", "Keep the base, and classify with TF-IDF"))


@pytest.mark.slow
def test_a_comparison_that_was_stopped_goes_on(corpus_path, base_path, tmp_path, monkeypatch):
    calls, real = [], kept._write_route

    def write(new, plan, *args):
        calls.append(plan.title)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(new, plan, *args)

    monkeypatch.setattr(kept, "_write_route", write)
    with pytest.raises(KeyboardInterrupt):
        compared(corpus_path, base_path, tmp_path / "a", labelled(8), None, QUICK)
    found = compared(corpus_path, base_path, tmp_path / "a", labelled(8), None, QUICK)
    assert calls == ["base", "base, weighted", "base, weighted"]
    monkeypatch.undo()
    assert compared(corpus_path, base_path, tmp_path / "b", labelled(8), None, QUICK).labels == found.labels
    assert all(route.scores for route in found.routes)


@pytest.mark.slow
def test_a_fault_of_the_corpus_is_told_once(base_path, tmp_path):
    lines = [json.dumps({"text": text}) for text in make_texts(300)]
    (tmp_path / "texts.jsonl").write_text("\n".join([*lines, "{"]) + "\n")
    corpus, nlp = tmp_path / "texts.jsonl", load_pipeline(base_path)
    with pytest.warns(DomainVectorsWarning) as told:
        compared(corpus, base_path, tmp_path / "work", labelled(8), None, ["domain"], nlp, (0.5, 1))
    assert [str(warning.message)[:7] for warning in told] == ["[DV101]"]


@pytest.mark.parametrize("name", ["paths.labelled", "paths.vectors"])
def test_what_would_let_a_route_see_the_test_is_refused(corpus_path, base_path, tmp_path, name):
    with pytest.raises(DomainVectorsError, match=f"DV018.*{name}"):
        compared(corpus_path, base_path, tmp_path, labelled(8), None, QUICK, **{name: "x.csv"})


def write_csv(path, texts):
    rows = [f"{text},{label}" for text, label in zip(texts.texts, texts.labels)]
    path.write_text("\n".join(["text,label", *rows]) + "\n")
    return path


@pytest.mark.slow
def test_the_command_prints_and_writes_it(corpus_path, base_path, tmp_path):
    files = write_csv(tmp_path / "train.csv", labelled(8)), write_csv(tmp_path / "test.csv", labelled(20, seed=1))
    args = ["compare", corpus_path, "--base", base_path, "--labelled", files[0], "--test", files[1], "--n-jobs", 1]
    args += ["--output", tmp_path / "out", "--routes", "base, weighted"]
    for _ in range(2):  # the second replaces the first
        done = CliRunner().invoke(domain_vectors_cli, list(map(str, args)))
        assert done.exit_code == 0, done.output
    assert "base, weighted" in done.output and f"Saved the comparison to {tmp_path / 'out'}" in done.output
    data = json.loads((tmp_path / "out" / "compare.json").read_text())["comparison"]
    assert [route["name"] for route in data["routes"]] == QUICK and data["labels"]["n_test"] == 80
    assert "| base, weighted |" in (tmp_path / "out" / "compare.md").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "test.csv", "train.csv"]
    (tmp_path / "out" / "notes.txt").touch()
    refused = CliRunner().invoke(domain_vectors_cli, list(map(str, args)))
    assert refused.exit_code == 1 and "DV024" in refused.output


@pytest.mark.slow
def test_the_command_takes_docs_with_cats_and_tests_folds_of_them(corpus_path, base_path, tmp_path):
    nlp, texts = make_base(), labelled(8)
    docs = [nlp.make_doc(text) for text in texts.texts]
    for doc, label in zip(docs, texts.labels):
        doc.cats = {topic: float(topic == label) for topic in TOPICS}
    DocBin(docs=docs, store_user_data=True).to_disk(tmp_path / "train.spacy")
    args = ["compare", corpus_path, "--base", base_path, "--labelled", tmp_path / "train.spacy", "--n-jobs", 1]
    done = CliRunner().invoke(
        domain_vectors_cli, [*map(str, args), "--routes", "base", "--output", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    data = json.loads((tmp_path / "out" / "compare.json").read_text())["comparison"]
    facts = {name: data["labels"][name] for name in ("n_train", "n_test", "n_folds", "n_labels")}
    assert facts == {"n_train": 32, "n_test": 32, "n_folds": 5, "n_labels": 4}
    assert data["routes"][0]["scores"][0]["accuracy"]["value"] > 0.5
