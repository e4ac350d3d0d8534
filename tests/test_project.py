"""The demo project, run whole in a copy of it with a small base and few texts."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import spacy
import srsly
from conftest import make_texts
from weasel.cli.document import project_document
from weasel.cli.run import project_run

ROOT = Path(__file__).resolve().parent.parent
# The script, but a few steps show that spaCy's default is trained. By itself it would stop after 1,600 without a gain.
COMPARE = """
import sys
sys.path.insert(0, "assets")
import compare_textcat as script

def run(*args, run=script.run):
    few = ("--training.max_steps", "40", "--training.eval_frequency", "20")
    run(*args, *(few if args[0] == "train" and args[1].name == "default.cfg" else ()))

script.run = run
# Its commands are forks, too.
sys.executable = sys.argv.pop(1)
script.main()
"""
SMALL = "[vocabulary]\nmin_count = 2\n[trainer]\nvector_size = 8\nsubsample = 0.01\n"


@pytest.fixture
def project(tmp_path):
    """The project's files, with settings and data that are small."""
    folder = tmp_path / "project"
    for name in ("project.yml", "assets", "configs"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        folder.mkdir(exist_ok=True)
        copy(ROOT / name, folder / name)
    (folder / "configs" / "domain_vectors.cfg").write_text(SMALL)
    rows = ["text,label", *(f"{text},{text.split()[-1][:4]}" for text in make_texts(60))]
    (folder / "labelled.csv").write_text("\n".join(rows))
    return folder


@pytest.fixture
def run(project, base_path, corpus_path, python, monkeypatch):
    """Runs a step or a workflow of the project."""
    # With this, Weasel runs the commands.
    monkeypatch.setattr(sys, "executable", str(python))
    overrides = {
        "vars.base": str(base_path),
        "vars.corpus": str(corpus_path),
        "vars.train": "labelled.csv",
        "vars.test": "labelled.csv",
        "vars.name": "tiny_topics",
    }
    return lambda name: project_run(project, name, overrides=overrides)


@pytest.mark.slow
def test_each_step_makes_what_it_says_and_is_then_skipped(project, run, capfd):
    steps = ["train", "merge", "evaluate"]
    for step in steps:
        run(step)
    assert (project / "training" / "table" / "vectors.npy").is_file()
    assert (project / "training" / "pipeline" / "config.cfg").is_file()
    assert srsly.read_json(project / "training" / "metrics.json")["few_shot"]
    capfd.readouterr()
    for step in steps:
        run(step)
    assert capfd.readouterr().out.count("nothing changed") == len(steps)


@pytest.mark.slow
def test_the_workflow_ends_with_an_installed_package(run, project, capfd):
    # check.py installs the project that it lies in.
    for name in ("spacy_domainvec", "setup.cfg", "pyproject.toml", "README.md"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, project / name)
    run("all")
    shown = capfd.readouterr().out
    assert "spacy.load('en_tiny_topics'), from there" in shown
    assert "token._.dvec = [" in shown
    assert "MB on disk" in shown
    assert "The package to install: packages/en_tiny_topics-0.1.0/dist/en_tiny_topics-0.1.0-py3-none-any.whl" in shown
    assert "token._.dvec = [" in (project / "training" / "report.txt").read_text()
    # What a shell shows last: the advice, and where the page is.
    assert "Saved the page to training/report.html" in shown and "a label" in shown
    assert (project / "training" / "report.html").is_file()


def test_the_project_documents_itself(project):
    project_document(project, project / "DOCS.md")
    text = (project / "DOCS.md").read_text()
    steps = ("train", "merge", "evaluate", "package", "check", "report", "routes", "compare", "all")
    assert all(f"`{name}`" in text for name in steps)


def test_all_paths_of_the_demo_are_there():
    variables = srsly.read_yaml(ROOT / "project.yml")["vars"]
    for name in ("corpus", "train", "test"):
        assert (ROOT / variables[name]).is_file()


@pytest.mark.slow
def test_classifiers_are_compared_with_a_control(project, run):
    for step in ("train", "merge", "control"):
        run(step)
    control = spacy.load(project / "training" / "control")
    component, own = control.get_pipe("domain_vectors"), control.vocab["bank1"].vector
    row = component.vector("bank1")
    of_base = component.table.base.embed((own / np.linalg.norm(own))[None])[0]
    assert row @ of_base == pytest.approx(np.linalg.norm(row) * np.linalg.norm(of_base), rel=1e-5)
    script = [sys.executable, "-c", COMPARE, sys.executable, "--output", "scores.json", "--shots", "0", "--draws", "1"]
    given = {
        "pipeline": "training/pipeline",
        "control": "training/control",
        "train": "labelled.csv",
        "test": "labelled.csv",
    }
    options = [part for name, value in given.items() for part in (f"--{name}", value)]
    done = subprocess.run([*script, *options], cwd=project, check=True, capture_output=True, text=True)
    assert "all texts a label, mean of 1 draws" in done.stdout
    scores = srsly.read_json(project / "scores.json")
    assert len(scores) == 5
    assert scores["domain vectors"]["accuracy"] > 0.6
