"""Builds with a teacher, for several files of tests: a random projection of word counts."""

import numpy as np
from conftest import ALL_WORDS, TOPICS, WIDTH, make_texts

from spacy_domainvec.build.run import train_state
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.pipeline.loading import load_pipeline

SMALL = {"trainer.vector_size": WIDTH, "trainer.window": 5, "trainer.subsample": 0.01}
SMALL |= {"storage.dtype": "float32", "storage.subwords.n_rows": 64, "vocabulary.phrases": None}
TEACHER = {"teacher.@misc": "spacy_domainvec.SentenceEncoder.v1", "teacher.name": "tiny"}
OTHER_WIDTH = 12
REVISION = "0123456789abcdef"


class Projection:
    """The mean of words' random vectors; words of a topic have one direction in common."""

    revision, checksum, licence, languages = REVISION, "sha256:abc", "mit", ("en",)

    def __init__(self):
        rng = np.random.default_rng(3)
        self.seen = []
        self.vectors = {word: rng.normal(size=OTHER_WIDTH) for word in ALL_WORDS}
        for words in TOPICS.values():
            shared = 2 * rng.normal(size=OTHER_WIDTH)
            for word in words:
                self.vectors[word] += shared

    def encode(self, texts):
        self.seen += texts
        none = np.zeros(OTHER_WIDTH)
        found = [np.mean([self.vectors.get(word, none) for word in text.split()], axis=0) for text in texts]
        return np.array(found, dtype="f")


def train_small(folder, base_path, n_texts=300, jobs=None, **overrides):
    """Train a table on texts that are made here."""
    (folder / "texts.txt").write_text("\n".join(make_texts(n_texts)) + "\n")
    paths = {"paths.corpus": str(folder / "texts.txt"), "paths.base": str(base_path)}
    settings = load_settings(None, {**SMALL, **paths, **overrides})
    return train_state(settings, load_pipeline(str(base_path)), jobs=jobs)
