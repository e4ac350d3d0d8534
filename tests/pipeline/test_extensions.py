import gc
import weakref

import numpy as np
import pytest
import spacy
from conftest import WIDTH, make_base, make_table
from spacy.tokens import Doc, Span, Token

from spacy_domainvec import DomainVectors, DomainVectorsError, DomainVectorsWarning
from spacy_domainvec.pipeline.extensions import install_extensions
from spacy_domainvec.pipeline.loading import merge


def test_the_attributes_agree_with_each_other(nlp):
    doc = nlp("the bank1 of fruit3 nowhere apr")
    assert doc._.dvecs.shape == (6, WIDTH)
    assert doc._.dvecs.dtype == np.float32
    assert np.allclose([token._.dvec for token in doc], doc._.dvecs)
    assert np.allclose(doc._.dvec, doc._.dvecs.mean(axis=0), atol=1e-6)
    assert np.allclose(doc[1:4]._.dvec, doc._.dvecs[1:4].mean(axis=0), atol=1e-6)
    assert np.allclose(doc[1:4]._.dvecs, doc._.dvecs[1:4])
    assert [token._.has_dvec for token in doc] == [True, True, True, True, False, True]
    assert doc._.has_dvec
    assert doc[3:5]._.has_dvec
    assert not doc[4:5]._.has_dvec


def test_similarity_is_the_cosine(nlp):
    doc = nlp("bank1 apr fruit3 nowhere nowhere")
    a, b = doc[0]._.dvec, doc[1]._.dvec
    assert doc[0]._.dvec_similarity(doc[1]) == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-6)
    assert doc._.dvec_similarity(doc) == pytest.approx(1, abs=1e-6)
    assert doc._.dvec_similarity(doc[0]) == pytest.approx(doc[0]._.dvec_similarity(doc), abs=1e-6)
    assert isinstance(doc[:2]._.dvec_similarity(doc[2]), float)
    # doc.similarity says 1.0 of the same unknown word.
    assert doc[3]._.dvec_similarity(doc[4]) == 0.0


def test_two_pipelines_do_not_mix():
    pipelines = []
    for seed in (1, 2):
        base = make_base(seed=seed)
        pipelines.append(merge(base, make_table(["apr"], np.full((1, WIDTH), seed), base)))
    docs = [nlp("apr fruit3") for nlp in pipelines]
    for seed, nlp, doc in zip((1, 2), pipelines, docs):
        assert doc[0]._.dvec.tolist() == [seed] * WIDTH
        expected = nlp.vocab["fruit3"].vector
        assert np.allclose(doc[1]._.dvec, expected / np.linalg.norm(expected), atol=1e-6)


def test_a_pipeline_that_is_gone_is_not_kept_alive():
    base = make_base()
    nlp = merge(base, make_table(["apr"], np.ones((1, WIDTH)), base))
    nlp("bank1 fruit3")._.dvec  # noqa: B018
    alive = weakref.ref(nlp.get_pipe("domain_vectors"))
    del nlp, base
    gc.collect()
    assert alive() is None


def test_two_components_have_two_names(nlp, base):
    other = nlp.add_pipe("domain_vectors", name="other", config={"attr_name": "ovec"})
    other.set_table(make_table(["apr"], np.ones((1, WIDTH)), base))
    doc = nlp("apr")
    assert doc._.ovec.tolist() == [1] * WIDTH
    assert doc._.dvec.tolist() != [1] * WIDTH
    assert doc[0]._.has_ovec
    assert doc._.ovecs.shape == (1, WIDTH)


def test_two_components_of_one_name_are_warned_of(nlp, base):
    table = make_table(["apr"], np.ones((1, WIDTH)), base)
    other = nlp.add_pipe("domain_vectors", name="other")
    with pytest.warns(DomainVectorsWarning, match="DV102.*'other'.*attr_name"):
        other.set_table(table)
    assert nlp("apr")._.dvec.tolist() == [1] * WIDTH


def test_a_component_without_a_table_does_not_take_over(nlp):
    before = nlp("apr")._.dvec
    nlp.add_pipe("domain_vectors", name="other")
    assert np.array_equal(nlp("apr")._.dvec, before)


def test_without_a_table_the_error_says_what_to_do():
    nlp = spacy.blank("en")
    nlp.add_pipe("domain_vectors")
    for of in (nlp("a b"), nlp("a b")[0], nlp("a b")[:1]):
        with pytest.raises(DomainVectorsError, match="DV001.*load_table"):
            of._.dvec  # noqa: B018


def test_a_doc_of_another_vocab_says_what_is_wrong(nlp):
    doc = spacy.blank("en")("apr")
    with pytest.raises(DomainVectorsError, match="DV002.*Doc.*_.dvec"):
        doc._.dvec  # noqa: B018
    with pytest.raises(DomainVectorsError, match="DV002.*Token"):
        doc[0]._.dvec_similarity(doc[0])


@pytest.mark.parametrize("attr_name", ["no name", "1vec", ""])
def test_a_name_that_is_no_identifier_is_refused(attr_name):
    with pytest.raises(DomainVectorsError, match="DV003"):
        spacy.blank("en").add_pipe("domain_vectors", config={"attr_name": attr_name})


@pytest.mark.parametrize("kind", [Doc, Span, Token])
def test_an_attribute_of_another_package_is_left_alone(kind):
    kind.set_extension("has_taken", default="mine")
    try:
        with pytest.raises(DomainVectorsError, match="DV003.*'has_taken'.*another package"):
            DomainVectors(spacy.blank("en").vocab, attr_name="taken")
        assert kind.get_extension("has_taken")[0] == "mine"
    finally:
        kind.remove_extension("has_taken")


def test_installing_twice_is_once():
    install_extensions("dvec")
    before = Doc.get_extension("dvec")
    install_extensions("dvec")
    assert Doc.get_extension("dvec") == before
