"""Other processes: workers of nlp.pipe, and what an import brings in."""

import subprocess
import sys

import pytest
from taught import TEACHER, Projection, train_small

from spacy_domainvec.learning import encoding
from spacy_domainvec.pipeline.loading import load_pipeline, merge

PIPE = """
import multiprocessing, sys
import spacy
from spacy.language import Language


@Language.component("mean_of_dvec")
def mean_of_dvec(doc):
    doc.user_data["mean"] = float(doc._.dvec.sum())
    return doc


if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[2])
    nlp = spacy.load(sys.argv[1])
    nlp.add_pipe("mean_of_dvec")
    texts = [f"the bank1 of fruit{i} nowhere apr" for i in range(20)]
    docs = list(nlp.pipe(texts, n_process=2, batch_size=3))
    for doc, text in zip(docs, texts):
        alone = nlp(text)
        assert abs(doc.user_data["mean"] - float(alone._.dvec.sum())) < 1e-5
        assert abs(doc._.dvec - alone._.dvec).max() < 1e-6 and doc._.dvec.any()
    print("good", len(docs))
"""

# As if torch and sentence-transformers were not installed, as spaCy imports torch where it is.
IMPORTS = """
import sys
sys.modules["torch"] = sys.modules["sentence_transformers"] = None
import {module}
heavy = {{"gensim", "scipy", "sklearn", "joblib", "plotly", "smart_open"}} & set(sys.modules)
assert not heavy, heavy
print("good")
"""

RUN = """
import sys
sys.modules["torch"] = sys.modules["sentence_transformers"] = None
import spacy
assert spacy.load(sys.argv[1])("the bank1 of fruit1")._.dvec.any()
heavy = {"gensim", "scipy", "sklearn", "joblib", "plotly", "smart_open"} & set(sys.modules)
assert not heavy, heavy
print("good")
"""


def run(code, tmp_path, *args):
    (tmp_path / "script.py").write_text(code)
    command = [sys.executable, "-W", "error::UserWarning", str(tmp_path / "script.py"), *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_workers_have_the_table(nlp, tmp_path, method):
    nlp.to_disk(tmp_path / "pipeline")
    assert "good 20" in run(PIPE, tmp_path, tmp_path / "pipeline", method)


@pytest.mark.slow
@pytest.mark.parametrize(
    "module", ["pipeline.component", "pipeline.architectures", "pipeline.layers", "cli", "exchange.write"]
)
def test_an_import_is_light(tmp_path, module):
    assert "good" in run(IMPORTS.format(module=f"spacy_domainvec.{module}"), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("is_taught", [False, True])
def test_a_loaded_pipeline_is_light(nlp, tmp_path, base_path, monkeypatch, is_taught):
    if is_taught:
        monkeypatch.setattr(encoding, "open_encoder", lambda name: Projection())
        table = train_small(tmp_path, base_path, **TEACHER).table
        assert table.meta["teacher"]["name"] == "tiny"
        nlp = merge(load_pipeline(str(base_path)), table)
    nlp.to_disk(tmp_path / "pipeline")
    assert "good" in run(RUN, tmp_path, tmp_path / "pipeline")
