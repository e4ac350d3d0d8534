"""Builds with a teacher: a random projection of word counts."""

import numpy as np
import pytest
from conftest import ALL_WORDS, TOPICS, WIDTH, files_of, make_base, make_texts

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build.run import describe, train_state
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.build.update import save_trained, update_table
from spacy_domainvec.learning import encoding
from spacy_domainvec.pipeline.loading import load_pipeline, merge
from spacy_domainvec.util.arrays import scaled_to_unit

SMALL = {"trainer.vector_size": WIDTH, "trainer.window": 5, "trainer.subsample": 0.01}
SMALL |= {"storage.dtype": "float32", "storage.subwords.n_rows": 64, "vocabulary.phrases": None}
TEACHER = {"teacher.@misc": "spacy_domainvec.SentenceEncoder.v1", "teacher.name": "tiny"}
OTHER_WIDTH = 12


class Projection:
    """The mean of words' random vectors; words of a topic have one direction in common."""

    revision, licence = "abc", "mit"

    def __init__(self):
        rng = np.random.default_rng(3)
        self.vectors = {word: rng.normal(size=OTHER_WIDTH) for word in ALL_WORDS}
        for words in TOPICS.values():
            shared = 2 * rng.normal(size=OTHER_WIDTH)
            for word in words:
                self.vectors[word] += shared

    def encode(self, texts):
        none = np.zeros(OTHER_WIDTH)
        found = [np.mean([self.vectors.get(word, none) for word in text.split()], axis=0) for text in texts]
        return np.array(found, dtype="f")


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setattr(encoding, "open_encoder", lambda name: Projection())


@pytest.fixture
def train(tmp_path, base_path):
    def made(n_texts=300, **overrides):
        (tmp_path / "texts.txt").write_text("\n".join(make_texts(n_texts)) + "\n")
        paths = {"paths.corpus": str(tmp_path / "texts.txt"), "paths.base": str(base_path)}
        return train_state(load_settings(None, {**SMALL, **paths, **overrides}), load_pipeline(str(base_path)))

    return made


def topic_gap(table, words):
    """By how much words of one topic are more alike than those of two."""
    rows = dict(zip(table.words, scaled_to_unit(table.vectors[:].astype("f"))))
    vectors, topics = np.array([rows[word] for word in words]), np.array([word.rstrip("0123456789") for word in words])
    same, others = topics[:, None] == topics, ~np.eye(len(words), dtype=bool)
    cosines = vectors @ vectors.T
    return cosines[same & others].mean() - cosines[~same].mean()


@pytest.mark.slow
def test_the_teacher_shows_in_rows_meta_and_report(train):
    plain, found = train().table, train(**TEACHER).table
    assert found.words == plain.words
    assert found.width == plain.width == WIDTH
    words = [word for topic in TOPICS.values() for word in topic if word in found.words]
    assert topic_gap(found, words) > topic_gap(plain, words)
    assert found.meta["teacher"] == {"name": "tiny", "revision": "abc", "licence": "mit", "n_sentences": 300}
    assert "Fitted to 300 sentences that tiny encoded (licence mit)" in describe(found)
    assert not any("encoded" in line for line in describe(plain))
    assert found.meta["config"]["teacher"]["name"] == "tiny"
    assert plain.meta["config"]["teacher"] == {"@misc": None}


@pytest.mark.slow
def test_words_of_the_base_alone_are_in_the_same_space(train, base_path):
    made = train(**TEACHER, **{"vocabulary.max_vocab": 60, "vocabulary.fold_in_min_count": None}).table
    nlp = merge(load_pipeline(str(base_path)), made)
    words = [word for topic in TOPICS.values() for word in topic]
    unknown = [word for word in words if word not in made.words]
    assert len(unknown) > 20
    vectors = scaled_to_unit(np.array([nlp(word)[0]._.dvec for word in unknown]))
    assert vectors.shape[1] == WIDTH
    assert vectors.any(axis=1).all()


@pytest.mark.slow
def test_it_is_the_same_to_the_byte(train, tmp_path):
    for name in ("first", "second"):
        train(**TEACHER).table.to_disk(tmp_path / name)
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")


def test_fewer_than_fifty_sentences_are_too_few(train):
    with pytest.raises(DomainVectorsError, match=r"DV099.*needs 50.*there are 40"):
        train(40, **TEACHER, **{"vocabulary.min_count": 1, "vocabulary.max_vocab": 40})


def test_vectors_of_others_have_no_sentences(train, tmp_path):
    rows = make_base().vocab.vectors
    lines = [f"{word} {' '.join(map(str, rows[word].tolist()))}" for word in ALL_WORDS]
    (tmp_path / "vectors.txt").write_text("\n".join(lines) + "\n")
    with pytest.raises(DomainVectorsError, match=r"DV099.*there are 0"):
        train(**TEACHER, **{"paths.corpus": None, "paths.vectors": str(tmp_path / "vectors.txt")})


def test_a_wrong_teacher_is_told_before_anything_is_read(train, monkeypatch):
    def fail(name):
        raise DomainVectorsError("DV098 no")

    monkeypatch.setattr(encoding, "open_encoder", fail)
    with pytest.raises(DomainVectorsError, match="DV098"):
        train(**TEACHER, **{"paths.corpus": "no/such/file.txt"})


@pytest.mark.slow
def test_such_a_table_can_not_be_updated(train, tmp_path):
    made = train(**TEACHER)
    assert made.state is None
    save_trained(made.table, made.state, tmp_path / "table")
    with pytest.raises(DomainVectorsError, match=r"DV049.*no teacher"):
        update_table(tmp_path / "table", [str(tmp_path / "texts.txt")])
