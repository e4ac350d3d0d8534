"""Tables made by hand, also the one in data/ that later versions must read or refuse."""

import numpy as np

from spacy_domainvec.table.rows import Rows
from spacy_domainvec.table.subwords import NgramSettings, Subwords
from spacy_domainvec.table.table import VectorTable

FILES = ["meta.json", "words.json", "counts.npy", "vectors.npy", "scales.npy", "subwords.npy", "subword_scales.npy"]


def make(words=("a", "b", "c"), width=4, dtype="float32", **meta):
    vectors = np.random.default_rng(0).normal(size=(len(words), width)).astype("f")
    counts = np.arange(len(words), 0, -1)
    table = VectorTable(list(words), Rows(vectors), counts, make_subwords(width), meta)
    return table.astype(dtype)


def make_subwords(width=4):
    rows = np.random.default_rng(1).normal(size=(7, width)).astype("f")
    return Subwords(Rows(rows), NgramSettings(3, 5, 2, lower=True), weight=0.5, held_out_cosine=0.25)
