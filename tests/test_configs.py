"""The configs for `spacy train` in configs/, with spaCy's own commands."""

from pathlib import Path

import pytest
import spacy
from conftest import make_base, make_table, make_texts
from spacy.cli.debug_config import debug_config
from spacy.cli.train import train
from spacy.tokens import DocBin

from spacy_domainvec.pipeline.loading import merge, save

CONFIGS = Path(__file__).resolve().parent.parent / "configs"


@pytest.fixture
def overrides(tmp_path):
    """A pipeline, and texts with labels and entities."""
    base = make_base()
    words = ["the", "bank1", "fruit1", "unheard"]
    nlp = merge(base, make_table(words, [[i == j for j in range(8)] for i in range(4)], base))
    save(nlp, tmp_path / "pipeline", "tiny")
    docs = []
    for text in make_texts(30):
        doc = nlp.make_doc(text)
        doc.cats = {topic: float(topic in text) for topic in ("bank", "fruit")}
        doc.ents = [doc.char_span(token.idx, token.idx + len(token), "FRUIT") for token in doc if "fruit" in token.text]
        docs.append(doc)
    DocBin(docs=docs).to_disk(tmp_path / "texts.spacy")
    texts = str(tmp_path / "texts.spacy")
    return {"paths.pipeline": str(tmp_path / "pipeline"), "paths.train": texts, "paths.dev": texts}


@pytest.mark.parametrize("name", ["textcat", "ner"])
def test_debug_config_passes(name, overrides, capsys):
    debug_config(CONFIGS / f"{name}.cfg", overrides=overrides)
    assert "validation error" not in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["textcat", "ner"])
def test_spacy_trains_it(name, overrides, tmp_path):
    short = {"training.max_steps": 4, "training.eval_frequency": 2}
    train(CONFIGS / f"{name}.cfg", tmp_path / "model", overrides={**overrides, **short})
    nlp = spacy.load(tmp_path / "model" / "model-last")
    assert nlp.pipe_names == ["domain_vectors", name]
    doc = nlp("the bank1 unheard fruit7")
    assert doc[2]._.dvec_source == "domain" and doc[3]._.dvec_source == "general"
    assert doc.cats or name == "ner"
