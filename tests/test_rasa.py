"""The featurizer inside the real Rasa; `.ci/rasa` makes the environment that these tests need."""

import asyncio
import importlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import srsly
from conftest import make_base

pytest.importorskip("rasa", reason="Rasa is not installed, see .ci/rasa")
pytestmark = pytest.mark.filterwarnings("default")

from rasa.engine.graph import ExecutionContext, GraphSchema  # noqa: E402
from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: E402
from rasa.engine.storage.resource import Resource  # noqa: E402
from rasa.nlu.featurizers.dense_featurizer.spacy_featurizer import SpacyFeaturizer  # noqa: E402
from rasa.nlu.tokenizers.spacy_tokenizer import SpacyTokenizer  # noqa: E402
from rasa.nlu.tokenizers.whitespace_tokenizer import WhitespaceTokenizer  # noqa: E402
from rasa.nlu.utils.spacy_utils import SpacyModel, SpacyNLP  # noqa: E402
from rasa.shared.exceptions import InvalidConfigException  # noqa: E402
from rasa.shared.nlu.training_data.message import Message  # noqa: E402
from rasa.shared.nlu.training_data.training_data import TrainingData  # noqa: E402

from spacy_domainvec.rasa import DomainVecFeaturizer  # noqa: E402

ASSETS = Path(__file__).resolve().parent.parent / "assets"
RESOURCE = Resource("domain_vectors")
CASED_SPACY = SpacyNLP(None, {"case_sensitive": True})
CONTEXT = ExecutionContext(GraphSchema({}), node_name="node")


def make_featurizer(tmp_path, **config):
    config = {**DomainVecFeaturizer.get_default_config(), **config}
    return DomainVecFeaturizer.create(config, LocalModelStorage(tmp_path), RESOURCE, CONTEXT)


def with_spacy(nlp, messages):
    """What SpacyNLP and SpacyTokenizer add to messages."""
    CASED_SPACY.process(messages, SpacyModel(nlp, "tiny"))
    return SpacyTokenizer(SpacyTokenizer.get_default_config()).process(messages)


def with_spaces(messages):
    return WhitespaceTokenizer(WhitespaceTokenizer.get_default_config()).process(messages)


def features_of(message, attribute="text"):
    sequence, sentence = message.get_dense_features(attribute)
    return sequence.features, sentence.features


@pytest.fixture
def table_path(table, tmp_path):
    table.to_disk(tmp_path / "table")
    return tmp_path / "table"


def test_features_are_those_of_dvec(nlp, tmp_path):
    (message,) = make_featurizer(tmp_path).process(with_spacy(nlp, [Message({"text": "the bank1 is  unseen bank2"})]))
    sequence, sentence = features_of(message)
    doc = nlp("the bank1 is  unseen bank2")
    rows = np.array([token._.dvec for token in doc if token.text.strip()])
    np.testing.assert_array_equal(sequence, rows)
    np.testing.assert_allclose(sentence[0], rows[rows.any(axis=1)].mean(axis=0), rtol=1e-6)
    assert sequence.dtype == sentence.dtype == np.float32


def test_max_pooling(nlp, tmp_path):
    (message,) = make_featurizer(tmp_path, pooling="max").process(with_spacy(nlp, [Message({"text": "the bank1"})]))
    sequence, sentence = features_of(message)
    np.testing.assert_array_equal(sentence[0], sequence.max(axis=0))


def test_responses_are_featurized_and_intents_are_not(nlp, tmp_path):
    example = Message({"text": "the bank1", "intent": "ask", "response": "bank2 is the apr"})
    data = TrainingData([example])
    CASED_SPACY.process_training_data(data, SpacyModel(nlp, "tiny"))
    SpacyTokenizer(SpacyTokenizer.get_default_config()).process_training_data(data)
    make_featurizer(tmp_path).process_training_data(data)
    assert len(features_of(example)[0]) == 2
    assert len(features_of(example, "response")[0]) == 4
    assert example.get_dense_features("intent") == (None, None)


@pytest.mark.parametrize("text", ["", "   "])
def test_empty_message_has_no_features(nlp, tmp_path, text):
    for messages in (with_spacy(nlp, [Message({"text": text})]), with_spaces([Message({"text": text})])):
        make_featurizer(tmp_path).process(messages)
        assert messages[0].get_dense_features("text") == (None, None)


def test_an_empty_token_has_a_row_of_zeros(table_path, tmp_path):
    messages = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config()).process([Message({"text": "the"})])
    messages[0].get("text_tokens")[0].text = ""
    make_featurizer(tmp_path, vectors=str(table_path)).process(messages)
    sequence, sentence = features_of(messages[0])
    assert len(sequence) == 1 and not sequence.any() and not sentence.any()


def test_unknown_words_alone_are_zeros(nlp, tmp_path):
    (message,) = make_featurizer(tmp_path).process(with_spacy(nlp, [Message({"text": "unseen unheard"})]))
    sequence, sentence = features_of(message)
    assert not sequence.any() and not sentence.any()
    assert sentence.dtype == np.float32


def test_tokens_that_a_pattern_splits(nlp, tmp_path):
    messages = [Message({"text": "the bank1/bank2"})]
    CASED_SPACY.process(messages, SpacyModel(nlp, "tiny"))
    config = {**SpacyTokenizer.get_default_config(), "token_pattern": r"\w+"}
    (message,) = make_featurizer(tmp_path).process(SpacyTokenizer(config).process(messages))
    assert len(features_of(message)[0]) == len(message.get("text_tokens"))


def test_beside_the_features_of_spacy(nlp, tmp_path):
    messages = with_spacy(nlp, [Message({"text": "the bank1 is"})])
    SpacyFeaturizer({**SpacyFeaturizer.get_default_config(), "alias": "spacy"}, "node").process(messages)
    make_featurizer(tmp_path, alias="domain").process(messages)
    assert [(f.type, f.origin, f.features.shape[0]) for f in messages[0].features] == [
        ("sequence", "spacy", 3),
        ("sentence", "spacy", 1),
        ("sequence", "domain", 3),
        ("sentence", "domain", 1),
    ]
    assert not np.array_equal(messages[0].features[0].features, messages[0].features[2].features)


def test_beside_others_its_rows_are_four_times_as_long(nlp, tmp_path):
    storage, messages = (
        LocalModelStorage(tmp_path),
        with_spacy(nlp, [Message({"text": "the bank1 is", "intent": "ask"})]),
    )
    SpacyFeaturizer(SpacyFeaturizer.get_default_config(), "node").process(messages)
    config = DomainVecFeaturizer.get_default_config()
    trained = DomainVecFeaturizer.create(config, storage, RESOURCE, CONTEXT)
    trained.train(TrainingData(messages))
    loaded = DomainVecFeaturizer.load(config, storage, RESOURCE, CONTEXT)
    for featurizer in (trained, loaded):
        features = featurizer.process([Message(dict(messages[0].data), features=list(messages[0].features))])[
            0
        ].features
        lengths = [np.linalg.norm(part.features, axis=1).sum() for part in features if part.type == "sequence"]
        assert len(lengths) == 2 and lengths[1] == pytest.approx(4 * lengths[0], rel=1e-5)
        rows = [part.features for part in features if part.type == "sequence"][1]
        dvecs = nlp("the bank1 is")._.dvecs
        np.testing.assert_allclose(rows / rows[0, 0], dvecs / dvecs[0, 0], rtol=1e-4)


def test_another_tokenizer_with_a_table_that_is_stored_in_the_model(table, table_path, tmp_path):
    storage = LocalModelStorage(tmp_path)
    config = {**DomainVecFeaturizer.get_default_config(), "vectors": str(table_path)}
    trained = DomainVecFeaturizer.create(config, storage, RESOURCE, CONTEXT)
    trained.train(TrainingData([]))
    for path in sorted(table_path.rglob("*"), reverse=True):
        path.unlink()
    loaded = DomainVecFeaturizer.load(config, storage, RESOURCE, CONTEXT)
    for featurizer in (trained, loaded):
        (message,) = featurizer.process(with_spaces([Message({"text": "The bank1 unseen"})]))
        sequence, _ = features_of(message)
        expected = [*table.vectors[[0, 1]], np.zeros(table.width)]
        np.testing.assert_allclose(sequence, expected, atol=1e-6)


def test_a_word2vec_file(tmp_path):
    (tmp_path / "v.txt").write_text("2 3\nloan 1 0 0\nPIN 0 1 0\n", encoding="utf8")
    messages = with_spaces([Message({"text": "Loan PIN pin"})])
    make_featurizer(tmp_path, vectors=str(tmp_path / "v.txt")).process(messages)
    np.testing.assert_array_equal(features_of(messages[0])[0], [[1, 0, 0], [0, 1, 0], [0, 0, 0]])


def test_pipeline_without_domain_vectors(tmp_path):
    with pytest.raises(InvalidConfigException, match="DV085"):
        make_featurizer(tmp_path).process(with_spacy(make_base(), [Message({"text": "the bank1"})]))


def test_file_that_is_no_table(tmp_path):
    with pytest.raises(InvalidConfigException, match=r"DV\d+.*nothing_here"):
        make_featurizer(tmp_path, vectors=str(tmp_path / "nothing_here"))


def test_unknown_pooling(tmp_path):
    with pytest.raises(InvalidConfigException, match="DV045.*mean, max"):
        make_featurizer(tmp_path, pooling="sum")


EXAMPLES = ASSETS / "rasa"


@pytest.fixture(scope="module")
def compare():
    """The script that trains with each of the configs of the example."""
    sys.path.insert(0, str(EXAMPLES))
    yield importlib.import_module("compare")
    sys.path.remove(str(EXAMPLES))


@pytest.fixture(scope="module")
def models(compare, tmp_path_factory):
    """Pipelines that are merged here from a base and a table that were made elsewhere, with another spaCy."""
    given = {name: os.environ.get(f"DOMAINVEC_{name}") for name in ("BASE", "TABLE")}
    if None in given.values():
        pytest.skip("DOMAINVEC_BASE and DOMAINVEC_TABLE are not set, see .ci/rasa")
    folder = tmp_path_factory.mktemp("pipelines")
    return {**compare.make_pipelines(given["BASE"], Path(given["TABLE"]), folder), "table": given["TABLE"]}


@pytest.fixture(scope="module")
def texts_of(compare):
    """Twenty texts for each of five intents."""
    return compare.draw(ASSETS / "banking77_train.csv", shots=20, labels=5)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["overwrite_vectors", "both featurizers", "table, no spaCy"])
def test_small_bot_is_trained_saved_loaded_and_asked(way, compare, models, texts_of, tmp_path, monkeypatch):
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    monkeypatch.chdir(tmp_path)  # Rasa keeps a cache there.
    file, model = compare.WAYS[way]
    config = compare.adapted(srsly.read_yaml(EXAMPLES / file), models.get(model), models["table"])
    config["pipeline"][-1] |= {"epochs": 10, "batch_size": 4}
    srsly.write_yaml(tmp_path / "config.yml", config)
    nlu = compare.nlu({label: texts[:10] for label, texts in texts_of.items()})
    (tmp_path / "nlu.yml").write_text(nlu, encoding="utf8")
    path = train_nlu(str(tmp_path / "config.yml"), str(tmp_path / "nlu.yml"), str(tmp_path / "models"))
    agent = Agent.load(path)
    asked = [(text, label) for label, texts in texts_of.items() for text in texts[10:]]
    answers = [asyncio.run(agent.parse_message(text))["intent"]["name"] for text, _ in asked]
    # By chance it would be 10 of 50.
    assert len(asked) == 50 and sum(answer == label for answer, (_, label) in zip(answers, asked)) >= 30
    assert asyncio.run(agent.parse_message(""))["text"] == ""
