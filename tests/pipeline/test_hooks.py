import warnings

import numpy as np
import pytest
import spacy
from conftest import WIDTH, make_base, make_table
from spacy.tokens import Doc, DocBin

from spacy_domainvec.pipeline.loading import merge

TEXT = "the bank1 of fruit3 nowhere apr"


@pytest.fixture
def hooked(base, table):
    return merge(base, table, overwrite_vectors=True)


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_all_that_reads_vectors_gets_dvec(hooked):
    doc = hooked(TEXT)
    for item in (doc, doc[1:4], doc[1]):
        assert np.array_equal(item.vector, item._.dvec) and item.vector.any()
        assert item.has_vector
        assert item.vector_norm == pytest.approx(np.linalg.norm(item._.dvec))
        assert item.similarity(doc[5]) == pytest.approx(cosine(item._.dvec, doc[5]._.dvec))
        assert item.similarity(hooked.vocab["apr"]) == pytest.approx(cosine(item._.dvec, doc[5]._.dvec))


def test_what_has_no_vector_says_so(hooked):
    doc = hooked("nowhere")
    for item in (doc, doc[:], doc[0]):
        assert not item.has_vector and not item.vector.any()
        assert item.vector_norm == 0 and item.similarity(hooked("the")) == 0


def test_the_vocabs_own_vectors_stay(hooked, base):
    before = base.vocab.vectors.data.copy()
    hooked(TEXT)
    assert np.array_equal(hooked.vocab.vectors.data, before)
    assert not np.array_equal(hooked.vocab["bank1"].vector, hooked("bank1")[0].vector)


def test_without_the_setting_nothing_is_hooked(nlp):
    doc = nlp(TEXT)
    assert np.array_equal(doc[1].vector, nlp.vocab["bank1"].vector)
    assert not doc.user_hooks


def test_the_setting_is_saved_and_can_be_given_when_loading(hooked, table, tmp_path):
    hooked.to_disk(tmp_path / "hooked")
    merge(make_base(), table).to_disk(tmp_path / "plain")
    option = {"components.domain_vectors.overwrite_vectors": True}
    for doc in (spacy.load(tmp_path / "hooked")(TEXT), spacy.load(tmp_path / "plain", config=option)(TEXT)):
        assert np.array_equal(doc[1].vector, doc[1]._.dvec)


def test_hooks_of_others_stay(hooked):
    doc = hooked.make_doc(TEXT)
    doc.user_hooks["sentiment"] = len
    hooked.get_pipe("domain_vectors")(doc)
    assert doc.user_hooks["sentiment"] is len and "vector" in doc.user_hooks


def test_a_base_without_vectors_has_a_width(tmp_path):
    table = make_table(["one", "two"], np.eye(2, WIDTH), None)
    nlp = merge(spacy.blank("en"), table, overwrite_vectors=True)
    nlp.to_disk(tmp_path / "out")
    for loaded in (nlp, spacy.load(tmp_path / "out")):
        assert loaded.vocab.vectors_length == WIDTH and len(loaded.vocab.vectors) == 0
        assert loaded("one")[0].has_vector and not loaded("three")[0].has_vector
        assert loaded("one")[0]._.dvec_source == "domain"
        # Its table still fits.
        assert loaded("three")[0].vector.tolist() == [0] * WIDTH


def test_pipe_and_copies_keep_them(hooked):
    (doc,) = hooked.pipe([TEXT])
    for kept in (doc, doc.copy(), doc[:].as_doc()):
        assert np.array_equal(kept[1].vector, doc[1]._.dvec)


def test_what_is_made_without_the_pipeline_gets_them_by_the_component(hooked):
    component, expected = hooked.get_pipe("domain_vectors"), hooked(TEXT)[1]._.dvec
    doc = hooked(TEXT)
    (from_bin,) = DocBin(docs=[doc]).get_docs(hooked.vocab)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\[W109\]")
        from_bytes = Doc(hooked.vocab).from_bytes(doc.to_bytes())
    for lost in (from_bin, from_bytes):
        assert np.array_equal(lost[1].vector, hooked.vocab["bank1"].vector)
        assert np.array_equal(component(lost)[1].vector, expected)


def test_other_processes_drop_them(hooked):
    component, expected = hooked.get_pipe("domain_vectors"), hooked(TEXT)[1]._.dvec
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\[W109\]")
        docs = list(hooked.pipe([TEXT, TEXT], n_process=2))
    for doc in docs:
        assert np.array_equal(doc[1]._.dvec, expected)
        assert not np.array_equal(doc[1].vector, expected)
        assert np.array_equal(component(doc)[1].vector, expected)
