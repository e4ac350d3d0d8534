"""Builds with a teacher: a random projection of word counts."""

from functools import partial

import numpy as np
import pytest
from conftest import ALL_WORDS, TOPICS, WIDTH, files_of, make_base, make_texts
from taught import OTHER_WIDTH, REVISION, TEACHER, Projection, train_small

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build.run import describe
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.build.teach import open_teacher
from spacy_domainvec.build.update import save_trained, update_table
from spacy_domainvec.errors import DomainVectorsWarning
from spacy_domainvec.learning import encoding
from spacy_domainvec.pipeline.loading import load_pipeline, merge
from spacy_domainvec.table.table import VectorTable
from spacy_domainvec.util.arrays import scaled_to_unit
from spacy_domainvec.util.jobs import Jobs


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setattr(encoding, "open_encoder", lambda name: Projection())


@pytest.fixture
def train(tmp_path, base_path):
    return partial(train_small, tmp_path, base_path)


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
    assert found.meta["teacher"] == {"name": "tiny", "revision": REVISION, "licence": "mit", "n_sentences": 300}
    assert f"Fitted to 300 sentences that tiny encoded (revision {REVISION[:12]}, licence mit)" in describe(found)
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


# Further texts, for a table with a teacher

ADDED = "bank1 the bank2 novel bank3 is a novel of bank4"


@pytest.fixture
def table(train, tmp_path):
    made = train(**TEACHER)
    save_trained(made.table, made.state, tmp_path / "table")
    lines = [*make_texts(60, seed=9), *[ADDED] * 5]
    (tmp_path / "more.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "table"


def updated(table, **overrides):
    return update_table(table, [str(table.with_name("more.txt"))], overrides=overrides)


@pytest.mark.slow
def test_an_update_encodes_what_is_new_and_keeps_the_space(table, monkeypatch):
    before, encoder = VectorTable.from_disk(table), Projection()
    monkeypatch.setattr(encoding, "open_encoder", lambda name: encoder)
    found = updated(table)
    words, sentences = ([text for text in encoder.seen if (" " in text) == is_long] for is_long in (False, True))
    assert "novel" in words and not set(words) & set(before.words)
    assert 0 < len(sentences) <= 65 and ADDED in sentences
    assert found.table.meta["teacher"] == {**before.meta["teacher"], "n_sentences": 300 + len(sentences)}
    assert found.changes.mean_cosine > 0.9 and found.changes.unchanged_cosine > 0.97
    topics = [word for topic in TOPICS.values() for word in topic if word in found.table.words]
    assert topic_gap(found.table, topics) > topic_gap(before, topics) - 0.05
    found.to_disk(table)
    assert updated(table).table.meta["teacher"]["n_sentences"] > 300 + len(sentences)


@pytest.mark.slow
def test_an_update_is_the_same_to_the_byte(table):
    for name in ("first", "second"):
        updated(table).to_disk(table.with_name(name))
    assert files_of(table.with_name("first")) == files_of(table.with_name("second"))


@pytest.mark.slow
def test_an_update_has_the_teacher_of_before(table, train, monkeypatch):
    with pytest.raises(DomainVectorsError, match="DV041.*the teacher is sha256:abc in one and none"):
        updated(table, **{"teacher.@misc": None})
    monkeypatch.setattr(Projection, "checksum", "xyz")
    with pytest.raises(DomainVectorsError, match="DV041.*the teacher is sha256:abc in one and xyz"):
        updated(table)
    plain = train()
    save_trained(plain.table, plain.state, table.with_name("plain"))
    with pytest.raises(DomainVectorsError, match="DV041.*the teacher is none in one and xyz"):
        updated(table.with_name("plain"), **TEACHER)


@pytest.mark.slow
def test_a_commit_that_changes_no_weights_is_the_same_teacher(table, monkeypatch):
    monkeypatch.setattr(Projection, "revision", "another")
    assert updated(table).table.meta["teacher"]["revision"] == "another"


@pytest.mark.slow
@pytest.mark.parametrize("texts", [None, "novel bank1\n" * 5])
def test_an_update_by_encodings_of_another_width_is_refused(table, monkeypatch, texts):
    if texts:
        table.with_name("more.txt").write_text(texts)
    monkeypatch.setattr(Projection, "encode", lambda self, texts: np.ones((len(texts), OTHER_WIDTH + 1)))
    with pytest.raises(DomainVectorsError, match="DV041.*the width of the teacher's encodings is 12 in one and 13"):
        updated(table)


@pytest.mark.slow
def test_an_update_by_another_ridge_is_refused(table):
    with pytest.raises(DomainVectorsError, match="DV041.*teacher.ridge is 10.0 in one and 500"):
        updated(table, **{"teacher.ridge": 500})
    assert updated(table, **{"teacher.n_sentences": 50}).table.meta["teacher"]["n_sentences"] == 350


@pytest.mark.slow
def test_an_update_without_a_sentence_keeps_the_rows(table):
    table.with_name("more.txt").write_text("bank1 bank2\nfruit1\n")
    found = updated(table)
    assert found.table.meta["teacher"]["n_sentences"] == 300
    assert found.changes.mean_cosine > 0.98


# What goes wrong


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.DV114")  # so few texts fit nothing
def test_fifty_sentences_are_enough(train):
    made = train(50, **TEACHER, **{"vocabulary.min_count": 1, "vocabulary.max_vocab": 40}).table
    assert made.meta["teacher"]["n_sentences"] == 50


@pytest.mark.slow
def test_a_stopped_encoding_goes_on(train, tmp_path, monkeypatch):
    monkeypatch.setattr(encoding, "PART", 100)
    jobs, whole = Jobs(tmp_path / "jobs"), train(**TEACHER).table

    class Stopped(Projection):
        def encode(self, texts):
            if len(self.seen) == 200:
                raise KeyboardInterrupt
            return super().encode(texts)

    monkeypatch.setattr(encoding, "open_encoder", lambda name: Stopped())
    with pytest.raises(KeyboardInterrupt):
        train(jobs=jobs, **TEACHER)
    encoder = Projection()
    monkeypatch.setattr(encoding, "open_encoder", lambda name: encoder)
    train(jobs=jobs, **TEACHER).table.to_disk(tmp_path / "found")
    assert sum(" " in text for text in encoder.seen) == 100
    whole.to_disk(tmp_path / "whole")
    assert files_of(tmp_path / "found") == files_of(tmp_path / "whole")


@pytest.mark.slow
def test_encodings_that_are_no_numbers_are_told(train, monkeypatch):
    monkeypatch.setattr(Projection, "encode", lambda self, texts: np.full((len(texts), OTHER_WIDTH), np.nan))
    with pytest.raises(DomainVectorsError, match="DV098.*not finite"):
        train(**TEACHER)


def test_a_teacher_of_another_language_is_told(monkeypatch):
    teacher = load_settings(None, TEACHER).teacher
    for languages, lang in [
        ((), "de"),
        (("en",), "en"),
        (("multilingual", "en"), "de"),
        (("Multilingual",), "de"),
        (("en",), "xx"),
        (("pt-BR",), "pt"),
        (("zh_Hant", "EN"), "en"),
        (("no",), "nb"),
        (("nb",), "nb"),
    ]:
        monkeypatch.setattr(Projection, "languages", languages)
        assert open_teacher(teacher, lang, None) is not None
    monkeypatch.setattr(Projection, "languages", ("en",))
    with pytest.warns(DomainVectorsWarning, match="DV119.*'tiny' is of the language en .* 'de'"):
        open_teacher(teacher, "de", None)


@pytest.mark.slow
def test_a_teacher_that_knows_no_word_does_no_harm(train, monkeypatch):
    """One of another language may give the same encoding for everything."""
    plain = train().table
    monkeypatch.setattr(Projection, "encode", lambda self, texts: np.ones((len(texts), OTHER_WIDTH), dtype="f"))
    found = train(**TEACHER).table
    words = [word for topic in TOPICS.values() for word in topic if word in found.words]
    assert np.isfinite(found.vectors[:]).all()
    assert topic_gap(found, words) == pytest.approx(topic_gap(plain, words), abs=0.01)
