import gc
import weakref

import numpy as np
import pytest
from conftest import WIDTH, make_base, make_table
from thinc.api import Adam, Model
from thinc.types import Ragged

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.pipeline.layers import ROW_LENGTH, domain_rows, static_domain_vectors
from spacy_domainvec.pipeline.loading import merge

TEXTS = ["the bank1 of fruit3", "", "Number nowhere apr the"]


@pytest.fixture
def docs(nlp):
    return [nlp.make_doc(text) for text in TEXTS]


def initialized(model: Model, docs) -> Model:
    return model.initialize(X=docs)


def test_rows_are_the_vectors_of_the_tokens(docs):
    found = initialized(domain_rows(), docs).predict(docs)
    assert found.lengths.tolist() == [4, 0, 4]
    assert np.array_equal(found.data, np.vstack([doc._.dvecs for doc in docs if len(doc)]))


def test_rows_can_be_of_one_length_and_unknown_words_stay_zeros(docs):
    found = initialized(domain_rows(length=ROW_LENGTH), docs).predict(docs)
    norms = np.linalg.norm(found.data, axis=1)
    known = np.array([token._.has_dvec for doc in docs for token in doc])
    assert not known.all()
    assert np.allclose(norms[known], ROW_LENGTH, atol=1e-5) and not norms[~known].any()


def test_the_projection_is_that_of_the_rows(docs):
    model = initialized(static_domain_vectors(3), docs)
    linear = next(node for node in model.walk() if node.name == "linear")
    rows = initialized(domain_rows(length=ROW_LENGTH), docs).predict(docs).data
    found = model.predict(docs)
    assert isinstance(found, Ragged) and found.data.dtype == np.float32
    assert np.allclose(found.data, rows @ linear.get_param("W").T + linear.get_param("b"), atol=1e-5)


def test_empty_docs_are_no_trouble(nlp, docs):
    model = initialized(static_domain_vectors(3, tune=True), docs)
    empty = [nlp.make_doc(""), nlp.make_doc("")]
    found, backprop = model.begin_update(empty)
    assert len(found.data) == 0 and found.lengths.tolist() == [0, 0]
    backprop(found)


@pytest.mark.parametrize("tune", [False, True])
def test_gradients_are_those_of_finite_differences(docs, tune):
    model = initialized(static_domain_vectors(3, tune=tune, tune_l2=0), docs)
    rng = np.random.default_rng(0)
    found, backprop = model.begin_update(docs)
    weights = rng.normal(size=found.data.shape).astype("f")
    backprop(Ragged(weights, found.lengths))

    def loss():
        return float((model.predict(docs).data.astype("d") * weights).sum())

    n_checked = 0
    for node in model.walk():
        for name in node.param_names:
            parameter, gradient = node.get_param(name), node.get_grad(name)
            for place in np.ndindex(parameter.shape):
                before = parameter[place]
                parameter[place] = before + 0.1
                above = loss()
                parameter[place] = before - 0.1
                below = loss()
                parameter[place] = before
                assert gradient[place] == pytest.approx((above - below) / 0.2, abs=2e-3)
                n_checked += 1
    assert n_checked == 3 * WIDTH + 3 + (4 * WIDTH if tune else 0)


def test_offsets_are_drawn_to_zero(docs):
    model = initialized(domain_rows(tune=True, tune_l2=0.5), docs)
    model.set_param("E", np.ones((4, WIDTH), dtype="f"))
    found, backprop = model.begin_update(docs)
    backprop(Ragged(np.zeros_like(found.data), found.lengths))
    assert np.allclose(model.get_grad("E"), 0.5)


def test_offsets_start_at_zero_and_only_frequent_rows_have_one(docs):
    plain = initialized(domain_rows(), docs).predict(docs).data
    model = initialized(domain_rows(tune=True, tuned_rows=2), docs)
    assert np.array_equal(model.predict(docs).data, plain)
    assert model.get_param("E").shape == (2, WIDTH)
    model.set_param("E", np.ones((2, WIDTH), dtype="f"))
    changed = (model.predict(docs).data != plain).all(axis=1)
    words = [token.lower_ for doc in docs for token in doc]
    assert {word for word, is_changed in zip(words, changed) if is_changed} == {"the", "bank1"}


def test_the_table_is_not_touched(nlp, docs):
    before = nlp.get_pipe("domain_vectors").table.vectors[:].copy()
    shown = docs[0]._.dvecs.copy()
    model = initialized(domain_rows(tune=True), docs)
    for _ in range(3):
        found, backprop = model.begin_update(docs)
        backprop(Ragged(np.ones_like(found.data), found.lengths))
        model.finish_update(Adam(0.1))
    assert model.get_param("E").any()
    assert np.array_equal(nlp.get_pipe("domain_vectors").table.vectors[:], before)
    assert np.array_equal(docs[0]._.dvecs, shown)


def test_bytes_hold_the_offsets(docs):
    model = initialized(static_domain_vectors(3, tune=True), docs)
    model.layers[0].set_param("E", np.random.default_rng(0).normal(size=(4, WIDTH)).astype("f"))
    again = static_domain_vectors(tune=True).from_bytes(model.to_bytes())
    assert np.array_equal(again.predict(docs).data, model.predict(docs).data)


def test_a_pipeline_without_a_table_says_what_to_do():
    nlp = make_base()
    docs = [nlp.make_doc("the bank1")]
    with pytest.raises(DomainVectorsError, match=r"DV080.*_\.dvec.*DV002"):
        initialized(static_domain_vectors(3), docs)
    nlp.add_pipe("domain_vectors")
    with pytest.raises(DomainVectorsError, match="DV080.*DV001"):
        initialized(static_domain_vectors(3), docs)


def test_another_width_is_refused(docs):
    model = initialized(static_domain_vectors(3), docs)
    base = make_base(width=5)
    other = merge(base, make_table(["the"], np.ones((1, 5)), base))
    with pytest.raises(DomainVectorsError, match="DV081.*width 5.*width 8"):
        model.predict([other.make_doc("the")])
    with pytest.raises(DomainVectorsError, match="DV081"):
        initialized(static_domain_vectors(3, nM=6), docs)


@pytest.mark.parametrize("words", [["the", "bank2", "apr", "number"], ["the", "bank1"]])
def test_offsets_of_another_table_are_refused(docs, words):
    model = initialized(static_domain_vectors(3, tune=True), docs)
    base = make_base()
    other = merge(base, make_table(words, np.ones((len(words), WIDTH)), base))
    with pytest.raises(DomainVectorsError, match="DV082.*4 rows"):
        model.predict([other.make_doc("the")])
    assert initialized(static_domain_vectors(3), docs).predict([other.make_doc("the")]).data.any()


@pytest.mark.parametrize("setting", [{"tuned_rows": 0}, {"tune_l2": -1}])
def test_settings_that_make_no_sense_are_refused(setting):
    with pytest.raises(DomainVectorsError, match="DV045.*" + next(iter(setting))):
        static_domain_vectors(3, tune=True, **setting)


def test_another_attribute_name(base, table):
    base.add_pipe("domain_vectors", config={"attr_name": "other"}).set_table(table)
    docs = [base.make_doc("the bank1")]
    found = initialized(domain_rows(attr_name="other"), docs).predict(docs)
    assert np.array_equal(found.data, docs[0]._.others)


def test_a_table_that_was_tuned_with_is_let_go(base):
    nlp = merge(base, make_table(["the", "bank1"], np.eye(2, WIDTH), base))
    table = weakref.ref(nlp.get_pipe("domain_vectors").table)
    docs = [nlp.make_doc("the bank1")]
    initialized(static_domain_vectors(3, tune=True), docs).predict(docs)
    assert table() is not None
    nlp.get_pipe("domain_vectors").set_table(make_table(["apr"], np.eye(1, WIDTH), base))
    gc.collect()
    assert table() is None
