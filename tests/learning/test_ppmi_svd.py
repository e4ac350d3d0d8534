import inspect
import sys

import numpy as np
import pytest
import spacy
from confection import Config
from conftest import NO_FOLD_INS, TOPICS, WIDTH, make_base, make_texts, tokens_of
from spacy.util import registry

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build.settings import DEFAULT_CONFIG
from spacy_domainvec.counting.cooccurrence import count
from spacy_domainvec.counting.fold_ins import choose_fold_ins
from spacy_domainvec.counting.vocabulary import build_vocabulary
from spacy_domainvec.learning import ppmi_svd as trainers
from spacy_domainvec.learning.trainer_data import TrainingData
from spacy_domainvec.table.base_vectors import BaseTable
from spacy_domainvec.util.arrays import scaled_to_unit
from spacy_domainvec.util.jobs import Jobs

NAMES = ["PpmiSvd", "Word2Vec", "FastText"]
PHRASE = "bank1 bank2"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return data_of(tmp_path_factory.mktemp("data"), make_base(), 300)


def data_of(folder, nlp, n_texts, progress=lambda steps, description, total=None: steps):
    tokens = tokens_of(folder, *make_texts(n_texts), nlp=nlp)
    vocabulary = build_vocabulary(tokens, max_vocab=120)
    fold_ins = choose_fold_ins(tokens, vocabulary, 1, {tuple(PHRASE.split()): 10}, [])
    jobs = Jobs(folder / "jobs")
    counted = lambda window, subsample: count(tokens, vocabulary, fold_ins, jobs, window, subsample)  # noqa: E731
    base = BaseTable(nlp.vocab.vectors)
    return TrainingData(tokens, vocabulary, fold_ins, base, "tiny", counted, 0, None, progress)


def trainer(name, **settings):
    if name == "PpmiSvd":
        settings.pop("epochs", None)
    return registry.get("misc", f"spacy_domainvec.{name}.v1")(**{"vector_size": 16, **settings})


def topic_margin(vectors, words):
    """How much nearer words of one topic are than words of two."""
    unit = scaled_to_unit(vectors - vectors.mean(axis=0))
    topics = np.array([word[:4] for word in words])
    chosen = np.isin(topics, [topic[:4] for topic in TOPICS])
    cosines = (unit @ unit.T)[np.ix_(chosen, chosen)]
    same = topics[chosen][:, None] == topics[chosen]
    return cosines[same].mean() - cosines[~same].mean()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_words_of_a_topic_come_near_each_other(data, name):
    settings = {} if name == "PpmiSvd" else {"epochs": 20, "sample": 0}
    vectors = trainer(name, **settings)(data).rows
    assert vectors.shape == (len(data.vocabulary) + len(data.fold_ins), 16)
    assert vectors.dtype == np.float32
    n_words = len(data.vocabulary)
    assert topic_margin(vectors[:n_words], data.vocabulary.words) > 0.2


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_rare_words_and_phrases_come_near_their_topic(data, name):
    settings = {} if name == "PpmiSvd" else {"epochs": 20, "sample": 0}
    vectors, words = trainer(name, **settings)(data).rows, [*data.vocabulary.words, *data.fold_ins.names]
    assert PHRASE in words
    assert len(data.fold_ins) == 5
    unit = scaled_to_unit(vectors - vectors[: len(data.vocabulary)].mean(axis=0))
    for row in range(len(data.vocabulary), len(words)):
        topics = [words[i][:4] for i in np.argsort(-unit @ unit[row])[1:6]]
        assert topics.count(words[row][:4]) >= 4


@pytest.mark.parametrize("name", NAMES)
def test_the_same_twice(data, name):
    first, second = (trainer(name, epochs=2)(data).rows for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("name", NAMES)
def test_only_a_trainer_that_reads_no_texts_returns_its_counts(data, name):
    counted = trainer(name, epochs=1, window=3)(data).counted
    assert (counted is not None) == (name == "PpmiSvd")
    assert counted is None or counted.window == 3


@pytest.mark.parametrize("name", ["Word2Vec", "FastText"])
def test_a_warm_start_begins_at_the_base(data, name):
    words = [*data.vocabulary.words, *data.fold_ins.names]
    start = data.base.unit_rows(words)
    warm = trainer(name, vector_size=WIDTH, epochs=1, init="base")(data).rows
    fresh = trainer(name, vector_size=WIDTH, epochs=1)(data).rows
    known = start.any(axis=1)
    nearness = [(scaled_to_unit(rows)[known] * start[known]).sum(axis=1).mean() for rows in (warm, fresh)]
    assert nearness[0] > 0.9
    assert nearness[1] < 0.5


@pytest.mark.parametrize("name", ["Word2Vec", "FastText"])
def test_a_warm_start_moves(data, name):
    few, many = (trainer(name, vector_size=WIDTH, epochs=n, init="base")(data).rows for n in (1, 30))
    start = data.base.unit_rows([*data.vocabulary.words, *data.fold_ins.names])
    nearness = [(scaled_to_unit(rows) * start).sum(axis=1).mean() for rows in (few, many)]
    assert nearness[1] < nearness[0] - 0.01


@pytest.mark.parametrize("name", ["Word2Vec", "FastText"])
def test_a_warm_start_needs_a_base_of_that_width(data, name):
    with pytest.raises(DomainVectorsError, match=f"DV046.*width {WIDTH}.*vector_size {WIDTH}"):
        trainer(name, init="base")(data)
    with pytest.raises(DomainVectorsError, match="DV045.*init = 'bass': expected base or null"):
        trainer(name, init="bass")


@pytest.mark.slow
def test_a_warm_start_needs_vectors(tmp_path):
    with pytest.raises(DomainVectorsError, match="DV044.*'tiny'"):
        trainer("Word2Vec", init="base")(data_of(tmp_path, spacy.blank("en"), 30))


def test_too_few_words_are_an_error(data):
    with pytest.raises(DomainVectorsError, match="DV040.*vector_size"):
        trainer("PpmiSvd", vector_size=len(data.vocabulary))(data)


@pytest.mark.parametrize("name", NAMES)
def test_settings_out_of_range_are_refused(name):
    for size in (0, "16", 16.0, True, 10**400):
        with pytest.raises(DomainVectorsError, match="DV045.*vector_size = .*a whole number from 1 to 10,000"):
            trainer(name, vector_size=size)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_text_a_word_is_told_and_not_trained_on(tmp_path, name):
    tokens = tokens_of(tmp_path, *(f"w{i % 40} rare{i}" for i in range(400)))
    vocabulary = build_vocabulary(tokens)
    counted = lambda window, subsample: count(tokens, vocabulary, NO_FOLD_INS, Jobs(tmp_path / "j"), window, subsample)  # noqa: E731
    data = TrainingData(tokens, vocabulary, NO_FOLD_INS, BaseTable(make_base().vocab.vectors), "tiny", counted, 0)
    with pytest.raises(DomainVectorsError, match="DV059.*800 tokens in 400 texts"):
        trainer(name)(data)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_progress_reaches_its_end(tmp_path, name):
    finished = []

    def progress(steps, description, total=None):
        for step in steps:
            yield step
        finished.append((description, step + 1))

    trainer(name, epochs=3)(data_of(tmp_path, make_base(), 50, progress))
    description, n_steps = next((what, n) for what, n in finished if what in ("Factorizing", name))
    assert n_steps == {"Factorizing": 3}.get(description, 4)


def test_the_default_config_holds_the_defaults_of_the_trainer():
    block = Config().from_disk(DEFAULT_CONFIG)["trainer"]
    assert block.pop("@misc") == "spacy_domainvec.PpmiSvd.v1"
    parameters = inspect.signature(trainers.ppmi_svd).parameters
    assert block == {name: parameter.default for name, parameter in parameters.items()}


def test_a_missing_extra_names_its_command(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(DomainVectorsError, match=r"DV066.*gensim.*spacy-domainvec\[train\]"):
        trainer("Word2Vec")(data)
