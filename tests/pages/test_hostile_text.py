"""Texts, labels and names of files that are HTML, through the commands: a page shows them, and runs nothing."""

import re
import shutil
from html import escape

import pytest
from conftest import TOPICS, WIDTH, labelled, make_texts
from typer.testing import CliRunner

from spacy_domainvec.cli import domain_vectors_cli

EVIL = "<script>alert(1)</script>"
SMALL = ["--trainer.vector_size", WIDTH, "--trainer.subsample=0.01", "--storage.subwords.n_rows", 64, "--n-jobs", 1]


@pytest.fixture
def hostile(tmp_path, base_path):
    """A folder with a base, a text and labelled texts. Its path and their content are HTML."""
    folder = tmp_path / EVIL
    folder.mkdir(parents=True)
    shutil.copytree(base_path, folder / "base")
    texts = [f"{text} {EVIL} {EVIL.upper()} {text}." for text in make_texts(400)]
    (folder / "text.txt").write_text("\n".join(texts))
    for name, n, seed in (("train", 8, 0), ("test", 20, 1)):
        found = labelled(n, seed, more=["the", EVIL])
        label_of = {topic: f"{EVIL} {topic}" for topic in TOPICS}
        rows = [f"{text},{label_of[label]}" for text, label in zip(found.texts, found.labels)]
        # A label with one text is named in a warning.
        (folder / f"{name}.csv").write_text("\n".join(["text,label", *rows, f"bank1 of the bank2,{EVIL} alone"]))
    return folder


def run(*args):
    result = CliRunner().invoke(domain_vectors_cli, [str(arg) for arg in args])
    assert result.exit_code == 0, result.output


def check(page, markdown, shown):
    """A page has no script but its own and its data, and it shows what looks like one as text.

    shown: A label or a name that it has to show.
    """
    html, text = page.read_text(encoding="utf8"), markdown.read_text(encoding="utf8")
    has_data = 'id="data"' in html
    assert len(re.findall("<script", html, flags=re.IGNORECASE)) == 1 + has_data
    assert not re.search(r"(?<!\\)<script", text, flags=re.IGNORECASE)
    assert escape(shown) in html and escape(EVIL) in html and (not has_data or "\\u003cscript\\u003ealert" in html)
    assert shown.replace("<", "\\<").replace(">", "\\>") in text


@pytest.mark.slow
def test_compare(hostile, monkeypatch):
    # A learning curve takes two more trainings.
    monkeypatch.setattr("spacy_domainvec.comparison.compare.SHARES", (1,))
    args = ["--base", hostile / "base", "--labelled", hostile / "train.csv", "--test", hostile / "test.csv"]
    run("compare", hostile / "text.txt", *args, "--routes", "base,domain", "--output", hostile / "o", *SMALL)
    check(hostile / "o" / "compare.html", hostile / "o" / "compare.md", f"{EVIL} alone")


@pytest.mark.slow
def test_report(hostile):
    run("build", hostile / "text.txt", "--base", hostile / "base", "--output", hostile / "built", *SMALL)
    args = ["--labelled", hostile / "train.csv", "--test", hostile / "test.csv", "--text", hostile / "text.txt"]
    run("report", hostile / "built", *args, "--output", hostile / "page.html")
    check(hostile / "page.html", hostile / "page.md", f"{EVIL} alone")


@pytest.mark.slow
def test_update(hostile):
    name = EVIL.replace("/", "")
    (hostile / "c.cfg").write_text(
        "[trainer]\nvector_size = 8\nsubsample = 0.01\n[storage]\n[storage.subwords]\nn_rows = 64\n"
    )
    paths = ["--paths.corpus", hostile / "text.txt", "--paths.base", hostile / "base"]
    run("train", hostile / "c.cfg", hostile / name, "--n-jobs", 1, *paths)
    new = [text.replace("fruit3", "zorp") for text in (hostile / "text.txt").read_text().splitlines()]
    (hostile / "new.txt").write_text("\n".join(new))
    args = ["--output", hostile / "o", "--report", hostile / "page.html", "--n-jobs", 1]
    run("update", hostile / name, hostile / "new.txt", *args, "--before", hostile / "text.txt")
    check(hostile / "page.html", hostile / "page.md", "<script>alert(1)<script> has changed")
