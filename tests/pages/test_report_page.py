"""The commands that write pages, and what stands on them."""

import itertools
import json
import random
import sys

import pytest
from conftest import WIDTH, labelled
from typer.testing import CliRunner

from spacy_domainvec.cli import domain_vectors_cli

SMALL = ["--trainer.vector_size", str(WIDTH), "--trainer.subsample=0.01"]


@pytest.fixture(scope="module")
def built(tmp_path_factory, base_path, corpus_path):
    path = tmp_path_factory.mktemp("built") / "out"
    args = ["build", corpus_path, "--base", base_path, "--output", path, "--storage.subwords.n_rows", 64, *SMALL]
    assert CliRunner().invoke(domain_vectors_cli, [str(arg) for arg in args]).exit_code == 0
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labelled")
    for name, n, seed in (("train", 12, 0), ("test", 30, 1)):
        found = labelled(n, seed, more=["the"])
        rows = ["text,label", *(f"{text},{label}" for text, label in zip(found.texts, found.labels))]
        (folder / f"{name}.csv").write_text("\n".join(rows))
    return folder


def run(*args, code=0):
    result = CliRunner().invoke(domain_vectors_cli, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result


def read(path):
    return json.loads(path.with_suffix(".json").read_text())


@pytest.mark.slow
def test_without_a_text_the_page_shows_what_the_table_tells(built, tmp_path):
    result = run("report", built, "--output", tmp_path / "page.html")
    assert f"Saved the page to {tmp_path / 'page.html'}" in result.output
    page = read(tmp_path / "page.html")
    assert len(page["words"]) == 120 and page["comparison"] is None and not page["warnings"]
    assert "Only labelled texts can tell" in page["advice"][0]
    assert not any(word["examples"] for word in page["words"])
    near = [word for word in page["words"] if word["after"][0][:4] == word["word"][:4]]
    assert len(near) > 110


@pytest.mark.slow
def test_with_a_text_there_are_counts_and_sentences(built, corpus_path, tmp_path):
    run("report", built, "--text", corpus_path, "--output", tmp_path / "page.html")
    page, text = read(tmp_path / "page.html"), corpus_path.read_text()
    assert all(word["count"] == text.split().count(word["word"]) for word in page["words"])
    assert all(len(word["examples"]) == 2 for word in page["words"])
    assert all(one.strip("… ") in text for word in page["words"] for one in word["examples"])
    # Two runs make the same page.
    before = (tmp_path / "page.html").read_bytes()
    run("report", built, "--text", corpus_path, "--output", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_bytes() == before


@pytest.mark.slow
def test_sentences_can_be_kept_out(built, corpus_path, tmp_path):
    run("report", built, "--text", corpus_path, "--no-examples", "--output", tmp_path / "page.html")
    page, texts = read(tmp_path / "page.html"), corpus_path.read_text().splitlines()
    assert not any(word["examples"] for word in page["words"])
    for path in tmp_path.iterdir():
        shown = path.read_text()
        assert not any(" ".join(text.split()[i : i + 3]) in shown for text in texts for i in range(0, 18, 3))


@pytest.mark.slow
def test_with_labels_the_vectors_are_compared_with_the_bases(built, files, tmp_path):
    labels = ["--labelled", files / "train.csv", "--test", files / "test.csv"]
    result = run("report", built, *labels, "--output", tmp_path / "page.html")
    page = read(tmp_path / "page.html")
    routes = {route["name"]: route for route in page["comparison"]["routes"]}
    assert list(routes) == ["base", "weighted", "domain", "tfidf"]
    assert [score["shots"] for score in routes["domain"]["scores"]] == [5, 10]
    assert routes["base"]["costs"]["megabytes"] <= routes["domain"]["costs"]["megabytes"]
    assert all(sentence in result.output for sentence in page["advice"])
    # The same as `evaluate` measures.
    evaluated = ["evaluate", built, "--base", built, *labels, "--json", tmp_path / "numbers.json"]
    run(*evaluated)
    for shots, scores in json.loads((tmp_path / "numbers.json").read_text())["few_shot"].items():
        of = {name: {str(s["shots"]): s["accuracy"]["value"] for s in r["scores"]} for name, r in routes.items()}
        assert of["domain"][shots] == pytest.approx(scores["dvec"], abs=0.01)
        assert of["base"][shots] == pytest.approx(scores["base"], abs=0.01)
        assert of["weighted"][shots] == pytest.approx(scores["base+unit+sif"], abs=0.02)


@pytest.mark.slow
def test_smaller_tables_are_measured_if_asked_for(built, files, tmp_path):
    labels = ["--labelled", files / "train.csv", "--test", files / "test.csv"]
    for given in ([], labels):
        run("report", built, "--sizes", *given, "--output", tmp_path / "page.html")
        sizes = read(tmp_path / "page.html")["sizes"]
        megabytes = [size["megabytes"] for size in sizes]
        assert len(sizes) > 2 and megabytes == sorted(megabytes, reverse=True)
        assert all((size["accuracy"] is not None) == bool(given) for size in sizes)
        assert sizes[0]["fit"] >= sizes[-1]["fit"]
        assert "How large the table has to be" in (tmp_path / "page.html").read_text()


@pytest.mark.slow
def test_without_a_test_file_there_are_folds(built, files, corpus_path, tmp_path):
    args = ["--labelled", files / "train.csv", "--text", corpus_path, "--output", tmp_path / "page.html"]
    run("report", built, *args)
    assert read(tmp_path / "page.html")["comparison"]["labels"]["n_folds"] == 5


@pytest.mark.slow
def test_labels_about_something_else_are_told_and_have_a_control(built, tmp_path):
    # Words of letters that the text lacks tell nothing of these labels.
    words = ["".join(letters) for letters in itertools.product("qvxz", "aeiou", "kjwh", "aeiou")]
    rng = random.Random(0)
    rows = ["text,label", *(f"{' '.join(rng.choices(words, k=8))},{i % 4}" for i in range(120))]
    (tmp_path / "strange.csv").write_text("\n".join(rows))
    result = run("report", built, "--labelled", tmp_path / "strange.csv", "--output", tmp_path / "page.html")
    page = read(tmp_path / "page.html")
    assert [route["name"] for route in page["comparison"]["routes"]] == [
        "base",
        "weighted",
        "domain",
        "mapped",
        "tfidf",
    ]
    assert any("about something else than the corpus" in sentence for sentence in page["warnings"])
    assert "'domain vectors'" not in page["advice"][0] or "Take" not in page["advice"][0]
    assert "--teacher" not in result.output and "which 'compare' runs" in result.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nowhere"], "[DV062] The pipeline 'nowhere'"),
        (["{base}"], "[DV065] The pipeline"),
        (["{built}", "--text", "{tmp}/empty.txt"], "[DV034]"),
        (["{built}", "--text", "no.txt"], "[DV030] No such file"),
        (["{built}", "--labelled", "{tmp}/empty.txt"], "[DV067] '{tmp}/empty.txt'"),
        (["{built}", "--labelled", "{tmp}/one.csv"], "[DV067] '--labelled' can't be read as labelled texts: it has"),
        (["{built}", "--output", "{tmp}/mine.html"], "[DV024] '{tmp}/mine.html' exists"),
        (["{built}", "--output", "{tmp}/empty.txt/o.html"], "[DV010]"),
        (["{built}", "--output", "{built}/o.html"], "[DV012]"),
    ],
)
def test_a_mistake_is_one_line(built, base_path, tmp_path, args, message):
    (tmp_path / "empty.txt").touch()
    (tmp_path / "one.csv").write_text("text,label\na,x\nb,x\n")
    (tmp_path / "mine.html").write_text("<p>mine</p>")
    shown = {"built": built, "base": base_path, "tmp": tmp_path}
    given = [arg.format(**shown) for arg in args]
    output = [] if "--output" in given else ["--output", tmp_path / "o.html"]
    (line,) = run("report", *given, *output, code=1).stderr.splitlines()
    assert message.format(**shown) in line
    assert not (tmp_path / "o.html").exists()


def test_a_test_file_alone_is_refused(files, tmp_path):
    run("report", "any", "--test", files / "test.csv", "--output", tmp_path / "o.html", code=2)


def test_a_missing_package_is_told_before_the_work(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    (line,) = run("report", "nowhere", "--output", tmp_path / "o.html", code=1).stderr.splitlines()
    assert "[DV066]" in line and "spacy-domainvec[report]" in line


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["--no-examples"]])
def test_a_comparison_has_a_page_with_the_words_of_its_table(
    base_path, corpus_path, files, tmp_path, monkeypatch, more
):
    # A learning curve takes two more trainings.
    monkeypatch.setattr("spacy_domainvec.comparison.compare.SHARES", (1,))
    args = ["--base", base_path, "--labelled", files / "train.csv", "--routes", "base,domain", "--n-jobs", 1, *SMALL]
    run("compare", corpus_path, *args, *more, "--output", tmp_path / "o")
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == ["compare.html", "compare.json", "compare.md"]
    page = (tmp_path / "o" / "compare.html").read_text()
    assert "bank1" in page and "Which route is best" in page
    assert ("This page contains sentences" in page) == (not more)


@pytest.mark.slow
def test_a_comparison_without_jinja2_says_what_to_install(base_path, corpus_path, files, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    args = ["--base", base_path, "--labelled", files / "train.csv", "--routes", "base", "--n-jobs", 1, *SMALL]
    result = run("compare", corpus_path, *args, "--output", tmp_path / "o")
    assert "spacy-domainvec[report]" in result.stderr and not (tmp_path / "o" / "compare.html").exists()
