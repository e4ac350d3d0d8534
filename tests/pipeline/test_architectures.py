import subprocess
from pathlib import Path

import numpy as np
import pytest
import spacy
from conftest import TOPICS, make_base, make_table, make_texts
from spacy.ml.models.tok2vec import MultiHashEmbed
from spacy.tokens import DocBin
from spacy.training import Example
from thinc.api import Adam, fix_random_seed

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.pipeline.architectures import multi_hash_embed, text_cat_dvec
from spacy_domainvec.pipeline.loading import merge

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
TEXTCAT = {"@architectures": "spacy_domainvec.TextCatDvec.v1", "exclusive_classes": True, "hidden_width": 16}
EMBED = {"width": 8, "attrs": ["NORM", "SHAPE"], "rows": [50, 20]}


@pytest.fixture
def nlp():
    """A pipeline whose table has some of the topics' words."""
    base = make_base()
    words = ["the", *(word for topic in TOPICS.values() for word in topic[:10])]
    vectors = np.stack([base.vocab[word].vector for word in words])
    return merge(base, make_table(words, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), base))


def topic_of(text):
    return next(word for word in text.split() if word[-1].isdigit()).rstrip("0123456789")


def examples_of(nlp, n_texts=80, seed=1):
    cats = [(text, {topic: float(topic == topic_of(text)) for topic in TOPICS}) for text in make_texts(n_texts, seed)]
    return [Example.from_dict(nlp.make_doc(text), {"cats": labels}) for text, labels in cats]


def train(nlp, examples, n_epochs=60):
    fix_random_seed(0)
    nlp.initialize(lambda: examples)
    optimizer = Adam(0.01)
    for _ in range(n_epochs):
        nlp.update(examples, sgd=optimizer, drop=0.1)
    return nlp


def accuracy(nlp, examples):
    found = [doc.cats for doc in nlp.pipe(example.reference.text for example in examples)]
    return np.mean([max(cats, key=cats.get) == topic_of(e.reference.text) for cats, e in zip(found, examples)])


# TextCatDvec


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [{}, {"hidden_width": None}, {"use_reduce_max": True}, {"tune": True}],
    ids=["default", "no hidden layer", "max", "tune"],
)
@pytest.mark.parametrize("factory", ["textcat", "textcat_multilabel"])
def test_a_classifier_learns(nlp, factory, settings, tmp_path):
    model = {**TEXTCAT, **settings, "exclusive_classes": factory == "textcat"}
    nlp.add_pipe(factory, config={"model": model})
    train(nlp, examples_of(nlp))
    test = examples_of(nlp, n_texts=200, seed=2)
    assert accuracy(nlp, test) > 0.9
    nlp.to_disk(tmp_path / "model")
    again = spacy.load(tmp_path / "model")
    texts = [example.reference.text for example in test[:20]]
    for one, other in zip(nlp.pipe(texts), again.pipe(texts)):
        assert one.cats == pytest.approx(other.cats, abs=1e-6)
    scores = nlp("").cats
    assert set(scores) == set(TOPICS) and np.isfinite(list(scores.values())).all()


def test_bytes_hold_the_classifier(nlp):
    nlp.add_pipe("textcat", config={"model": {**TEXTCAT, "tune": True}})
    train(nlp, examples_of(nlp), 5)
    again = spacy.blank("en").from_config(nlp.config).from_bytes(nlp.to_bytes())
    text = "bank1 the fruit2 bank3"
    assert again(text).cats == pytest.approx(nlp(text).cats, abs=1e-6)


@pytest.mark.slow
def test_training_goes_on_from_disk(nlp, tmp_path):
    nlp.add_pipe("textcat", config={"model": {**TEXTCAT, "tune": True}})
    train(nlp, examples_of(nlp), 1)
    nlp.to_disk(tmp_path / "model")
    again = spacy.load(tmp_path / "model")
    examples, optimizer = examples_of(again), again.resume_training()
    optimizer.learn_rate = 0.01
    first = again.update(examples, sgd=optimizer)["textcat"]
    for _ in range(60):
        losses = again.update(examples, sgd=optimizer)
    assert losses["textcat"] < first / 10
    assert again.get_pipe("textcat").model.layers[0].get_param("E").any()


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_new_label_leaves_the_others_as_they_were(nlp, exclusive):
    textcat = nlp.add_pipe(
        "textcat" if exclusive else "textcat_multilabel", config={"model": {**TEXTCAT, "exclusive_classes": exclusive}}
    )
    train(nlp, examples_of(nlp), 5)
    before = nlp("bank1 bank2").cats
    textcat.add_label("weather")
    after = nlp("bank1 bank2").cats
    assert set(after) == {*before, "weather"}
    assert {label: after[label] for label in before} == pytest.approx(before, abs=1e-5)


def test_two_processes_predict_what_one_does(nlp):
    nlp.add_pipe("textcat", config={"model": {**TEXTCAT, "tune": True}})
    train(nlp, examples_of(nlp), 5)
    texts = make_texts(20)
    for one, other in zip(nlp.pipe(texts), nlp.pipe(texts, n_process=2, batch_size=5)):
        assert one.cats == pytest.approx(other.cats, abs=1e-6)


def test_initialize_without_a_table_says_what_to_do():
    nlp = make_base()
    nlp.add_pipe("textcat", config={"model": TEXTCAT})
    with pytest.raises(DomainVectorsError, match="DV080.*source = PIPELINE"):
        nlp.initialize(lambda: examples_of(nlp))


def test_a_hidden_layer_without_width_is_refused():
    with pytest.raises(DomainVectorsError, match="DV045.*hidden_width"):
        text_cat_dvec(exclusive_classes=True, hidden_width=0)


def test_gradients_reach_the_offsets(nlp):
    docs = [nlp.make_doc(text) for text in make_texts(5)]
    model = text_cat_dvec(exclusive_classes=True, hidden_width=None, use_reduce_max=True, tune=True)
    targets = np.eye(3, dtype="f")[[0, 1, 2, 0, 1]]
    model.initialize(X=docs, Y=targets)
    softmax = next(node for node in model.walk() if node.name == "softmax")
    softmax.set_param("W", np.random.default_rng(0).normal(size=softmax.get_param("W").shape).astype("f"))
    scores, backprop = model.begin_update(docs)
    backprop(scores - targets)
    rows = model.layers[0]
    offsets, gradient = rows.get_param("E"), rows.get_grad("E")

    def loss():
        found = model.predict(docs).astype("d")
        return -float((targets * np.log(found)).sum())

    places = [np.unravel_index(i, gradient.shape) for i in np.argsort(-np.abs(gradient).ravel())[:20]]
    for place in places:
        offsets[place] = 1e-3
        above = loss()
        offsets[place] = -1e-3
        below = loss()
        offsets[place] = 0
        assert gradient[place] == pytest.approx((above - below) / 2e-3, rel=0.05, abs=1e-3)


# MultiHashEmbed


def test_without_domain_vectors_it_is_spacys(nlp):
    docs = [nlp.make_doc(text) for text in make_texts(3)]
    for static in (True, False):
        ours = multi_hash_embed(**EMBED, include_static_vectors=static, include_domain_vectors=False)
        spacys = MultiHashEmbed(**EMBED, include_static_vectors=static)
        ours.initialize(X=docs)
        spacys.initialize(X=docs)
        ours.from_bytes(spacys.to_bytes())
        for one, other in zip(ours.predict(docs), spacys.predict(docs)):
            assert np.array_equal(one, other)


@pytest.mark.parametrize("static", [True, False])
def test_domain_vectors_stand_beside_the_others(nlp, static):
    docs = [nlp.make_doc(text) for text in [*make_texts(3), ""]]
    model = multi_hash_embed(**EMBED, include_static_vectors=static, tune=True).initialize(X=docs)
    found = model.predict(docs)
    assert [rows.shape for rows in found] == [(len(doc), 8) for doc in docs]
    assert any(node.name == "domain_rows" and node.has_param("E") for node in model.walk())
    assert any(node.name == "static_vectors" for node in model.walk()) == static


def test_attributes_need_their_rows():
    with pytest.raises(DomainVectorsError, match="DV083.*2 attrs and 1 rows"):
        multi_hash_embed(8, ["NORM", "SHAPE"], [10], include_static_vectors=False)


@pytest.mark.slow
def test_an_entity_recognizer_learns(nlp):
    tok2vec = {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {"@architectures": "spacy_domainvec.MultiHashEmbed.v1", **EMBED, "include_static_vectors": True},
        "encode": {
            "@architectures": "spacy.MaxoutWindowEncoder.v2",
            "width": 8,
            "depth": 1,
            "window_size": 1,
            "maxout_pieces": 2,
        },
    }
    nlp.add_pipe("ner", config={"model": {"tok2vec": tok2vec}})
    examples = []
    for text in make_texts(60):
        doc = nlp.make_doc(text)
        entities = [(token.idx, token.idx + len(token), "FRUIT") for token in doc if token.text.startswith("fruit")]
        examples.append(Example.from_dict(doc, {"entities": entities}))
    train(nlp, examples)
    assert nlp.evaluate(examples)["ents_f"] > 0.95


# In training with spaCy's own command


@pytest.mark.slow
def test_spacy_train_finds_the_architectures_and_the_table(nlp, tmp_path, python):
    nlp.meta["name"] = "tiny"
    nlp.to_disk(tmp_path / "pipeline")
    DocBin(docs=[example.reference for example in examples_of(nlp)]).to_disk(tmp_path / "train.spacy")
    options = ["--paths.pipeline", tmp_path / "pipeline", "--paths.train", tmp_path / "train.spacy"]
    options += ["--output", tmp_path / "model"]
    command = [
        python,
        "-m",
        "spacy",
        "train",
        CONFIGS / "textcat.cfg",
        "--output",
        tmp_path / "model",
        *options,
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    again = spacy.load(tmp_path / "model" / "model-last")
    assert accuracy(again, examples_of(again, n_texts=200, seed=2)) > 0.9
