import pickle

import numpy as np
import pytest
import spacy
from conftest import WIDTH, make_base, make_part, make_table
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from spacy_domainvec import DomainVectors, DomainVectorsError
from spacy_domainvec.errors import DomainVectorsWarning
from spacy_domainvec.pipeline import component, lookup_cache
from spacy_domainvec.pipeline.loading import merge

TEXT = "the bank1 of fruit3 nowhere Apr"


@pytest.fixture
def expected(nlp):
    return nlp(TEXT)._.dvecs


@pytest.fixture
def table_path(table, tmp_path):
    table.to_disk(tmp_path / "table")
    return tmp_path / "table"


def component_of(nlp) -> DomainVectors:
    return nlp.get_pipe("domain_vectors")


# Getting a table


@pytest.mark.slow
def test_the_table_comes_through_initialize(base, table_path, expected):
    base.remove_pipe("domain_vectors")
    base.add_pipe("domain_vectors")
    base.config["initialize"]["components"]["domain_vectors"] = {"table": str(table_path)}
    base.initialize()
    assert np.array_equal(base(TEXT)._.dvecs, expected)


def test_the_table_comes_through_a_method(table_path):
    nlp = make_base()
    component = nlp.add_pipe("domain_vectors")
    component.load_table(table_path)
    assert nlp("bank1")._.has_dvec
    assert component.width == WIDTH


def test_initialize_keeps_a_table(nlp, expected):
    nlp.initialize()
    assert np.array_equal(nlp(TEXT)._.dvecs, expected)


def test_initialize_without_a_table_says_what_to_do():
    nlp = spacy.blank("en")
    nlp.add_pipe("domain_vectors", name="mine")
    with pytest.raises(DomainVectorsError, match=r"DV001.*\[initialize.components.mine\] table"):
        nlp.initialize()


def test_a_table_that_is_none_is_refused_by_path(tmp_path):
    with pytest.raises(DomainVectorsError, match="DV020.*nowhere"):
        spacy.blank("en").add_pipe("domain_vectors").load_table(tmp_path / "nowhere")


def test_the_settings_are_those_of_the_config():
    nlp = spacy.blank("en")
    component = nlp.add_pipe("domain_vectors", config={"attrs": ["LEMMA"], "attr_name": "lvec"})
    assert (component.attrs, component.attr_name) == (["LEMMA"], "lvec")
    with pytest.raises(DomainVectorsError, match="DV004"):
        nlp.add_pipe("domain_vectors", name="other", config={"attrs": ["COLOUR"]})


# Asking it


def test_words_have_vectors_and_neighbours(nlp, table):
    component = component_of(nlp)
    assert np.array_equal(component.vector("apr"), table.vectors[:][2])
    assert np.array_equal(component.vector("APR"), table.vectors[:][2])
    assert np.isclose(np.linalg.norm(component.vector("fruit3")), 1)
    assert not component.vector("nowhere").any()
    found = component.most_similar("apr", n=2)
    assert len(found) == 2
    assert "apr" not in dict(found)
    # A word that only the base knows has neighbours too.
    assert len(component.most_similar("fruit3")) == len(table)
    assert component.most_similar(table.vectors[:][2], n=1)[0][0] == "apr"


def test_what_has_no_neighbours_is_refused(nlp):
    with pytest.raises(DomainVectorsError, match="DV005.*'nowhere'"):
        component_of(nlp).most_similar("nowhere")
    with pytest.raises(DomainVectorsError, match=rf"DV006.*\(3,\).*width {WIDTH}"):
        component_of(nlp).most_similar(np.zeros(3))


def test_a_base_that_is_too_wide_for_the_table_is_refused():
    narrow = make_table(["apr"], np.ones((1, WIDTH - 1)), part=make_part(WIDTH - 1, WIDTH - 1))
    with pytest.raises(DomainVectorsError, match=rf"DV008.*x{WIDTH}-"):
        merge(make_base(), narrow)
    nlp = make_base()
    component = nlp.add_pipe("domain_vectors")
    component.set_table(narrow)
    with pytest.warns(DomainVectorsWarning, match="DV103"):
        assert not nlp("fruit3")._.has_dvec
    assert nlp("apr")._.dvec.tolist() == [1] * (WIDTH - 1)


# The pipeline's life


def test_the_base_is_not_touched(base, table):
    before = base.vocab.vectors.data.tobytes(), dict(base.vocab.vectors.key2row)
    nlp = merge(base, table)
    docs = list(nlp.pipe([TEXT, "fruit1 bank2"]))
    strings = len(base.vocab.strings)
    for doc in docs:
        doc._.dvec, doc[0]._.has_dvec, doc._.dvec_similarity(docs[0])
    assert (nlp.vocab.vectors.data.tobytes(), dict(nlp.vocab.vectors.key2row)) == before
    assert len(nlp.vocab.strings) == strings


def test_a_sourced_component_answers_in_both_pipelines(nlp, expected):
    other = make_base()
    other.add_pipe("domain_vectors", source=nlp)
    assert np.array_equal(other(TEXT)._.dvecs, expected)
    assert np.array_equal(nlp(TEXT)._.dvecs, expected)
    assert np.array_equal(other(TEXT)._.dvecs, expected)


# The doc's life


def test_a_pickled_doc_says_what_is_wrong(nlp):
    doc = pickle.loads(pickle.dumps(nlp(TEXT)))
    with pytest.raises(DomainVectorsError, match="DV002.*pickled"):
        doc._.dvec  # noqa: B018


def test_docs_of_a_docbin_and_of_bytes_have_vectors(nlp, expected):
    doc = nlp(TEXT)
    (read,) = DocBin().from_bytes(DocBin(docs=[doc]).to_bytes()).get_docs(nlp.vocab)
    assert np.array_equal(read._.dvecs, expected)
    assert np.array_equal(Doc(nlp.vocab).from_bytes(doc.to_bytes())._.dvecs, expected)
    assert np.array_equal(Doc(nlp.vocab).from_json(doc.to_json())._.dvecs, expected)


def test_nothing_is_stored_on_the_doc(nlp):
    doc = nlp(TEXT)
    before = doc.to_bytes()
    doc._.dvec, doc[0]._.dvec, doc[:2]._.dvec
    assert doc.to_bytes() == before
    assert not doc.user_data


def test_copies_of_docs_have_vectors(nlp, expected):
    doc = nlp(TEXT)
    assert np.array_equal(doc.copy()._.dvecs, expected)
    assert np.array_equal(doc[1:4].as_doc()._.dvecs, expected[1:4])
    assert np.array_equal(Doc.from_docs([doc, doc])._.dvecs, np.concatenate([expected, expected]))


def test_retokenizing_is_noticed(nlp, expected):
    doc = nlp(TEXT)
    assert doc._.dvec.any()
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2])
    assert np.array_equal(doc._.dvecs[1:], expected[2:])
    assert np.allclose(doc._.dvec, doc._.dvecs.mean(axis=0), atol=1e-6)
    with doc.retokenize() as retokenizer:
        retokenizer.split(doc[0], ["the", " bank1"], heads=[(doc[0], 0), (doc[0], 1)])
    assert np.array_equal(doc._.dvecs[0], expected[0])


def test_a_memory_zone_leaves_nothing_behind(nlp, expected):
    if not hasattr(nlp, "memory_zone"):
        pytest.skip("spaCy before 3.8 has no memory zones")
    for i in range(3):
        with nlp.memory_zone():
            doc = nlp(f"{TEXT} transient{i}")
            assert np.array_equal(doc._.dvecs[:6], expected)
            assert not doc[6]._.has_dvec
        assert f"transient{i}" not in nlp.vocab.strings
    assert np.array_equal(nlp(TEXT)._.dvecs, expected)


def test_a_table_that_is_replaced_answers_for_docs_that_exist(nlp, base):
    doc = nlp("apr")
    component_of(nlp).set_table(make_table(["apr"], np.ones((1, WIDTH)), base))
    assert doc._.dvec.tolist() == [1] * WIDTH


# Many docs at once

TEXTS = [TEXT, "", "fruit1 bank2", "nowhere", "APR apr", "the the a of", "bank1"]


def pooled(nlp, docs):
    return component_of(nlp).pool(docs)


def one_by_one(docs):
    return np.stack([doc._.dvec for doc in docs])


def with_attrs(base, table, attrs):
    component = base.add_pipe("domain_vectors", config={"attrs": attrs})
    component.set_table(table)
    return base


@pytest.mark.parametrize("attrs", [["ORTH", "LOWER"], ["LOWER"], ["ORTH", "NORM"], ["NORM"], ["ORTH", "NORM", "LEMMA"]])
def test_docs_are_pooled_as_one_by_one(base, table, attrs):
    nlp = with_attrs(base, table, attrs)
    docs = [nlp(text) for text in TEXTS]
    docs[0][0].norm_, docs[0][4].lemma_ = "apr", "number"
    found = pooled(nlp, docs)
    assert (found.shape, found.dtype) == ((len(TEXTS), WIDTH), np.float32)
    assert np.allclose(found, one_by_one(docs), atol=1e-6)
    # Those of which nothing is known.
    assert [i for i, row in enumerate(found) if not row.any()] == [1, 3]


def test_an_attribute_that_tells_tokens_apart_is_asked_for(base, table):
    nlp = with_attrs(base, table, ["NORM"])
    one, other = nlp("bank2"), nlp("bank2")
    other[0].norm_ = "apr"
    found = pooled(nlp, [one, other])
    assert np.allclose(found, one_by_one([one, other]), atol=1e-6)
    assert np.array_equal(found[1], table.vectors[:][2])
    assert not np.allclose(found[0], found[1])


def test_docs_of_a_generator_are_pooled(nlp):
    docs = [nlp(text) for text in TEXTS]
    assert np.array_equal(pooled(nlp, nlp.pipe(TEXTS)), pooled(nlp, docs))
    assert np.array_equal(pooled(nlp, iter(docs)), pooled(nlp, tuple(docs)))


@pytest.mark.parametrize("docs", [[], (), iter([])])
def test_no_docs_are_no_rows(nlp, docs):
    assert pooled(nlp, docs).shape == (0, WIDTH)


def test_empty_docs_are_zeros(nlp):
    for docs in ([nlp("")], [nlp(""), Doc(nlp.vocab)]):
        assert pooled(nlp, docs).tolist() == [[0] * WIDTH] * len(docs)


@pytest.mark.parametrize("attrs", [["ORTH", "LOWER"], ["ORTH", "NORM"]])
def test_spans_are_pooled(base, table, attrs):
    nlp = with_attrs(base, table, attrs)
    doc = nlp(TEXT)
    spans = [doc[1:4], doc[4:5], doc[2:2], doc[:], doc[5:], doc]
    assert np.allclose(pooled(nlp, spans), one_by_one(spans), atol=1e-6)


def test_a_span_that_is_a_phrase_is_the_mean_of_its_tokens(base):
    nlp = merge(base, make_table(["apr", "apr bank1"], np.eye(2, WIDTH), base))
    span = nlp("the apr bank1")[1:]
    assert np.array_equal(span._.dvec, np.eye(2, WIDTH)[1])
    assert np.allclose(pooled(nlp, [span])[0], span._.dvecs.mean(axis=0), atol=1e-6)


def test_more_docs_than_are_pooled_together(nlp, monkeypatch):
    docs = [nlp(text) for text in TEXTS]
    expected = pooled(nlp, docs)
    monkeypatch.setattr(component, "POOLED_DOCS", 3)
    for n in range(len(docs) + 1):
        assert np.allclose(pooled(nlp, docs[:n]), expected[:n], atol=1e-6)
    assert np.allclose(pooled(nlp, docs * 5), np.concatenate([expected] * 5), atol=1e-6)


def test_long_docs_are_pooled_as_short_ones(nlp):
    docs = [nlp(f"{TEXT} " * n) for n in (1, 200, 3)]
    assert np.allclose(pooled(nlp, docs), one_by_one(docs), atol=1e-6)
    assert np.allclose(pooled(nlp, docs)[0], pooled(nlp, docs)[1], atol=1e-6)


@pytest.mark.parametrize("n_together", [2, 3, 4096])
def test_docs_of_two_vocabs_are_not_pooled(nlp, table, monkeypatch, n_together):
    monkeypatch.setattr(component, "POOLED_DOCS", n_together)
    other = merge(make_base(), table)
    docs = [nlp("bank1"), nlp("bank2"), other("bank1"), other("bank2")]
    with pytest.raises(DomainVectorsError, match="DV009.*different vocabs"):
        pooled(nlp, docs)
    assert np.allclose(pooled(nlp, docs[:2]), pooled(other, docs[2:]))


def test_what_was_pooled_is_not_changed_afterwards(nlp):
    docs = [nlp(text) for text in TEXTS]
    found = pooled(nlp, docs)
    before = found.copy()
    found[:] = 7
    assert np.array_equal(pooled(nlp, docs), before)
    assert not any(doc.user_data for doc in docs)


def test_without_a_table_nothing_is_pooled():
    nlp = spacy.blank("en")
    nlp.add_pipe("domain_vectors")
    with pytest.raises(DomainVectorsError, match="DV001"):
        pooled(nlp, [nlp.make_doc("a")])


WORDS = st.sampled_from(["the", "bank1", "Fruit3", "apr", "number", "nowhere", "norhere", " "])


@pytest.fixture(scope="module")
def kept_base():
    return make_base()


@pytest.mark.parametrize("attrs", [["ORTH", "LOWER"], ["LEMMA"]])
@settings(deadline=None, max_examples=60)
@given(texts=st.lists(st.lists(WORDS, max_size=5), max_size=6))
def test_what_is_pooled_is_what_each_doc_has(kept_base, attrs, texts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup_cache, "CACHE_BYTES", 3 * lookup_cache.WORD_BYTES)
        made = DomainVectors(kept_base.vocab, attrs=attrs)
        made.set_table(make_table(["the", "bank1", "apr", "number"], np.eye(4, WIDTH), kept_base))
        docs = [Doc(kept_base.vocab, words=words, lemmas=words) for words in texts]
        pooled = made.pool(docs)
        assert pooled.shape == (len(docs), WIDTH)
        one_by_one = np.reshape([doc._.dvec for doc in docs], pooled.shape)
        assert np.allclose(pooled, one_by_one, atol=1e-6)


def test_a_first_batch_of_one_word_goes_through_the_pipeline(nlp):
    (doc,) = nlp.pipe(["hello"])
    assert doc._.dvec.shape == (WIDTH,)
    assert component_of(nlp).pool([nlp.make_doc("bank1")]).shape == (1, WIDTH)
