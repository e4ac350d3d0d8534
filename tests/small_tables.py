"""Small tables made by hand.

`python tests/small_tables.py` writes one to tests/data, in a folder of today's format. A new format gets a
new folder; those of earlier ones stay as they are, for a test that they are read or refused.
"""

from pathlib import Path

import numpy as np

from spacy_domainvec.table.rows import Rows
from spacy_domainvec.table.space import BasePart
from spacy_domainvec.table.subwords import NgramSettings, Subwords
from spacy_domainvec.table.table import VectorTable
from spacy_domainvec.table.table_files import FORMAT

STORED = Path(__file__).resolve().parent / "data"

FILES = ["meta.json", "words.json", "counts.npy", "vectors.npy", "scales.npy", "base_matrix.npy", "base_centre.npy"]
FILES += ["subwords.npy", "subword_scales.npy"]


def make(words=("a", "b", "c"), width=4, dtype="float32", **meta):
    vectors = np.random.default_rng(0).normal(size=(len(words), width)).astype("f")
    counts = np.arange(len(words), 0, -1)
    table = VectorTable(list(words), Rows(vectors), counts, make_subwords(width), make_part(width), meta)
    return table.astype(dtype)


def make_part(width=4):
    return BasePart(2 * np.eye(3, width, dtype="f"), np.zeros(3, dtype="f"))


def make_subwords(width=4):
    rows = np.random.default_rng(1).normal(size=(7, width)).astype("f")
    return Subwords(Rows(rows), NgramSettings(3, 5, 2, lower=True), weight=0.5, held_out_cosine=0.25)


def stored():
    """A table with all that one can have. Its numbers are exact in each dtype."""
    words = ["fee", "naïve", "overdraft fee", "number"]
    values = np.array([[127, 0, -64], [1, 2, 127], [-127, 5, 0], [0, 0, 127]], dtype="i1")
    rows = Rows(values, np.full(4, 0.5, dtype="f"))
    steps = (np.arange(15) * 37 % 255 - 127).astype("i1").reshape(5, 3)
    hashed = Rows(steps, np.full(5, 0.25, dtype="f"))
    subwords = Subwords(hashed, NgramSettings(3, 5, 2, lower=True), weight=1.5, held_out_cosine=0.25)
    meta = {
        "made_by": "spacy-domainvec 0.1.0",
        "lang": "en",
        "base": {"name": "en_core_web_md", "fingerprint": "20000x2-0123abcd"},
        "n_texts": 10,
        "n_tokens": 1000,
        "unseen_share": 0.25,
        "attr": "LOWER",
        "alignment": {"trainer": {"anchors": 100, "held_out_cosine": 0.5}},
        "acronyms": {"apr": "annual percentage rate"},
        "kept": {"n_rows": 4, "dtype": "int8", "n_subwords": 5, "of_rows": 9, "loss": 0.125},
        "config": {
            "trainer": {"@misc": "spacy_domainvec.PpmiSvd.v1", "window": 5},
            "weighting": {"a": 0.001},
        },
    }
    part = BasePart(np.array([[0, 2, 0], [0, 0, 2]], dtype="f"), np.array([0.25, -0.5], dtype="f"))
    return VectorTable(words, rows, np.array([40, 30, 20, 10]), subwords, part, meta)


if __name__ == "__main__":
    stored().to_disk(STORED / f"table_format_{FORMAT}")
