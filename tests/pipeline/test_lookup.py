import numpy as np
import pytest
import spacy
from conftest import WIDTH, make_base, make_part, make_table
from spacy.tokens import Doc
from spacy.vectors import Vectors

from spacy_domainvec import DomainVectorsError, DomainVectorsWarning
from spacy_domainvec.pipeline import lookup, lookup_cache
from spacy_domainvec.pipeline.lookup import VectorLookup, check_attrs
from spacy_domainvec.table.answers import outside
from spacy_domainvec.table.base_vectors import BaseTable
from spacy_domainvec.table.rows import Rows
from spacy_domainvec.table.subwords import NgramSettings, Subwords
from spacy_domainvec.util.arrays import scaled_to_unit


def doc_of(nlp, *words, **annotations):
    return Doc(nlp.vocab, words=words, **annotations)


@pytest.fixture(params=["float32", "float16", "int8"])
def found(request, base, table):
    return VectorLookup(table.astype(request.param), ["ORTH", "LOWER"])


def bytes_of(n_words):
    """What a cache needs for so many words of the base."""
    return n_words * (lookup_cache.WORD_BYTES + lookup_cache.CHECKSUM_BYTES + 4 * WIDTH)


def base_row(base, word):
    return scaled_to_unit(base.vocab[word].vector[None])[0]


def test_the_tables_row_comes_first_then_that_of_the_base_then_zeros(base, table, found):
    vectors = found.vectors(doc_of(base, "bank1", "BANK1", "apr", "fruit3", "Fruit3", "nowhere"))
    assert vectors.dtype == np.float32
    expected = [*table.vectors[:][[1, 1, 2]], base_row(base, "fruit3"), base_row(base, "fruit3"), np.zeros(WIDTH)]
    assert np.allclose(vectors, expected, atol=0.02)


def test_words_that_are_symbols_of_spacy_are_found(base, table, found):
    # The key of "number" is the number of a symbol, not the hash of the string.
    assert np.allclose(found.vectors(doc_of(base, "number"))[0], table.vectors[:][3], atol=0.02)


@pytest.mark.parametrize(
    "words", [["bank1"], ["nowhere"], ["the", "fruit3", "nowhere", "apr", "the"], ["fruit1", "the"]]
)
def test_the_mean_is_that_of_the_rows(base, found, words):
    doc = doc_of(base, *words)
    assert np.allclose(found.mean(doc), found.vectors(doc).mean(axis=0), atol=1e-6)
    assert np.allclose(found.mean(doc[:1]), found.vectors(doc)[0], atol=1e-6)
    assert found.mean(doc).dtype == np.float32


def test_no_tokens_have_a_vector_of_zeros(base, found):
    doc = doc_of(base)
    assert found.mean(doc).tolist() == [0] * WIDTH
    assert found.vectors(doc).shape == (0, WIDTH)
    assert not found.is_known(doc)


def test_what_is_known(base, found):
    assert found.is_known(doc_of(base, "nowhere", "apr"))
    assert found.is_known(doc_of(base, "fruit3"))
    assert not found.is_known(doc_of(base, "nowhere", "norhere"))


def test_no_string_is_added(base, found):
    doc = doc_of(base, "Fruit3", "Nowhere", "bank1")
    before = len(base.vocab.strings)
    found.vectors(doc)
    found.word_vector("Completely", base.vocab)
    found.word_vector("unseen", base.vocab)
    assert len(base.vocab.strings) == before


def test_many_words_outside_the_table_keep_their_rows(base, table):
    words = [f"{topic}{i}" for topic in ("fruit", "train", "music") for i in range(30)]
    found = VectorLookup(table, ["ORTH", "LOWER"])
    vectors = found.vectors(doc_of(base, *words))
    assert np.allclose(vectors, [base_row(base, word) for word in words], atol=1e-6)
    assert np.allclose(found.vectors(doc_of(base, *words[::-1])), vectors[::-1])


def test_the_cache_is_emptied_when_it_is_full(base, table, monkeypatch):
    monkeypatch.setattr(lookup_cache, "CACHE_BYTES", bytes_of(5))
    found = VectorLookup(table, ["ORTH", "LOWER"])
    for _ in range(3):
        for i in range(30):
            assert np.allclose(found.vectors(doc_of(base, f"fruit{i}"))[0], base_row(base, f"fruit{i}"), atol=1e-6)
            assert len(found._cache.row_of) <= 6


@pytest.mark.parametrize("attrs", [["ORTH", "LOWER"], ["LEMMA"]])
def test_one_call_uses_one_cache_also_where_it_overfills_it(base, table, monkeypatch, attrs):
    monkeypatch.setattr(lookup_cache, "CACHE_BYTES", bytes_of(3))
    found = VectorLookup(table, attrs)
    for i in range(12):
        doc = doc_of(base, f"fruit{i}", "bank1", f"nowhere{i}", lemmas=[f"fruit{i}", "bank1", f"nowhere{i}"])
        assert found.table_rows(doc).tolist() == [-1, 1, -1]
        assert [found.source(doc[i : i + 1]) for i in range(3)] == ["general", "domain", "none"]


def test_a_first_batch_of_one_word_is_looked_up(base, table):
    for word in ("bank1", "nowhere"):
        found = VectorLookup(table, ["ORTH", "LOWER"])
        rows, numbers = found.rows_of(found.values([doc_of(base, word)]), base.vocab)
        assert np.array_equal(rows[numbers], VectorLookup(table, ["ORTH", "LOWER"]).vectors(doc_of(base, word)))


def ways_to_ask(found, base, word):
    """The vector of a word, in each way that a look-up gives it."""
    doc = doc_of(base, word)
    rows, numbers = found.rows_of(found.values([doc]), base.vocab)
    return [found.vector(doc[0]), found.vectors(doc)[0], found.mean(doc), rows[numbers[0]]]


@pytest.mark.parametrize("way", range(4))
@pytest.mark.parametrize("word", ["fruit3", "Fruit3", "zero", "nowhere"])
def test_a_vector_that_is_set_shows_in_each_way(base, table, way, word):
    base.vocab.set_vector("zero", np.zeros(WIDTH, dtype="f"))
    found = VectorLookup(table, ["ORTH", "LOWER"])
    ways_to_ask(found, base, word)
    for column in (0, 1):
        base.vocab.set_vector(word, np.eye(WIDTH, dtype="f")[column])
        assert ways_to_ask(found, base, word)[way].argmax() == column
        assert found.source(doc_of(base, word)[:]) == "general"


def test_a_domains_row_stays_when_the_bases_is_set(base, table, found):
    before = found.vectors(doc_of(base, "bank1"))
    base.vocab.set_vector("bank1", np.eye(WIDTH, dtype="f")[0])
    assert np.array_equal(found.vectors(doc_of(base, "bank1")), before)


def test_lemma_and_norm_are_looked_up_on_request(base):
    vectors = np.eye(2, WIDTH, dtype="f")
    table = make_table(["go", "us"], vectors, base)
    doc = doc_of(base, "went", "went", lemmas=["go", "walk"])
    assert VectorLookup(table, ["LEMMA"]).vectors(doc)[:, 0].tolist() == [1, 0]
    doc = doc_of(base, "U.S.", "us")
    doc[0].norm_ = "us"
    assert VectorLookup(table, ["NORM"]).vectors(doc)[:, 1].tolist() == [1, 1]
    # The order tells which comes first.
    doc = doc_of(base, "us", lemmas=["go"])
    assert VectorLookup(table, ["LEMMA", "ORTH"]).vectors(doc)[0, 0] == 1
    assert VectorLookup(table, ["ORTH", "LEMMA"]).vectors(doc)[0, 1] == 1


def test_a_table_of_both_cases_answers_with_the_nearer_one(base):
    found = VectorLookup(make_table(["us", "US"], np.eye(2, WIDTH), base), ["ORTH", "LOWER"])
    assert found.vectors(doc_of(base, "US", "us", "Us")).argmax(axis=1).tolist() == [1, 0, 0]


def test_a_table_without_a_part_of_the_base_leaves_other_words_without_a_vector(base):
    found = VectorLookup(make_table(["apr"], np.ones((1, 3)), base, part=None), ["ORTH", "LOWER"])
    assert found.vectors(doc_of(base, "fruit3", "apr")).any(axis=1).tolist() == [False, True]


def test_the_part_of_the_base_stands_in_its_columns(base):
    wide = make_table(["apr"], np.ones((1, 2 * WIDTH)), base, part=make_part(WIDTH, 2 * WIDTH, start=WIDTH, weight=0.5))
    vector = VectorLookup(wide, ["ORTH", "LOWER"]).vectors(doc_of(base, "fruit3"))[0]
    assert not vector[:WIDTH].any()
    assert np.allclose(vector[WIDTH:], 0.5 * base_row(base, "fruit3"), atol=1e-6)


def test_other_vectors_than_the_bases_are_not_mixed_in(base, table):
    found = VectorLookup(table, ["ORTH", "LOWER"])
    other = make_base(seed=7)
    with pytest.warns(DomainVectorsWarning, match="DV103.*never saw have no vector"):
        vectors = found.vectors(doc_of(other, "fruit3", "bank1"))
    assert vectors.any(axis=1).tolist() == [False, True]


def test_vectors_that_are_replaced_are_noticed(base, table):
    found = VectorLookup(table, ["ORTH", "LOWER"])
    assert found.vectors(doc_of(base, "fruit3")).any()
    base.vocab.vectors = Vectors(strings=base.vocab.strings, shape=(1, WIDTH), name="new")
    with pytest.warns(DomainVectorsWarning, match="DV103"):
        assert not found.vectors(doc_of(base, "fruit3")).any()


def test_vectors_that_are_added_are_noticed(base, table):
    # The retokenizer does that for each token it merges: the table grows, and is still that of the base.
    found = VectorLookup(table, ["ORTH", "LOWER"])
    assert not found.vectors(doc_of(base, "the bank1"))[0].any()
    n_rows = len(base.vocab.vectors.data)
    base.vocab.set_vector("the bank1", np.ones(WIDTH, dtype="f"))
    assert len(base.vocab.vectors.data) > n_rows
    for lookup_of in (found, VectorLookup(table, ["ORTH", "LOWER"])):
        assert np.allclose(lookup_of.vectors(doc_of(base, "the bank1"))[0], np.full(WIDTH, WIDTH**-0.5))
        assert lookup_of.vectors(doc_of(base, "fruit3")).any()


def test_floret_vectors_answer_for_every_other_word():
    nlp = spacy.blank("en")
    data = np.random.default_rng(0).normal(size=(50, WIDTH)).astype("f")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, mode="floret", minn=2, maxn=3, hash_count=2)
    found = VectorLookup(make_table(["apr"], np.ones((1, WIDTH)), nlp), ["ORTH", "LOWER"])
    vectors = found.vectors(doc_of(nlp, "apr", "neverseen"))
    assert np.allclose(vectors[0], 1)
    assert np.allclose(vectors[1], base_row(nlp, "neverseen"), atol=1e-6)


@pytest.mark.parametrize("attrs", [[], "ORTH", ["SHAPE"], ["ORTH", "POS"]])
def test_unknown_attributes_are_refused(attrs):
    with pytest.raises(DomainVectorsError, match="DV004"):
        check_attrs(attrs)


# Words in neither table, and phrases


@pytest.fixture
def with_subwords(base):
    rows = np.random.default_rng(2).normal(size=(50, WIDTH)).astype("f")
    subwords = Subwords(Rows(rows), NgramSettings(3, 5, 2, lower=True), weight=0.5, held_out_cosine=0.0)
    words = ["bank1", "overdraft fee", "bank of america"]
    return make_table(words, np.random.default_rng(1).normal(size=(3, WIDTH)), base, subwords)


def test_a_word_in_neither_table_has_its_subwords(base, with_subwords):
    found = VectorLookup(with_subwords, ["ORTH", "LOWER"])
    doc = doc_of(base, "bank1", "fruit3", "Unseen", "unseen", " ")
    vectors = found.vectors(doc)
    assert np.allclose(vectors[2], with_subwords.subwords.vectors(["unseen"])[0])
    assert np.array_equal(vectors[2], vectors[3])
    assert np.linalg.norm(vectors[2]) == pytest.approx(0.5)
    assert not vectors[4].any()
    assert np.allclose(found.mean(doc), vectors.mean(axis=0), atol=1e-6)
    assert np.array_equal(found.word_vector("Unseen", base.vocab), vectors[2])


def test_beside_other_vectors_words_have_those_of_their_spelling(with_subwords):
    found = VectorLookup(with_subwords, ["ORTH", "LOWER"])
    with pytest.warns(DomainVectorsWarning, match="DV103.*by their spelling only"):
        assert found.vectors(doc_of(make_base(seed=7), "fruit3")).any()


def test_the_source_is_told(base, with_subwords, table):
    doc = doc_of(base, "bank1", "Fruit3", "unseen", " ")
    expected = ["domain", "general", "subword", "none"]
    found = VectorLookup(with_subwords, ["ORTH", "LOWER"])
    assert [found.source(doc[i : i + 1]) for i in range(4)] == expected
    assert [found.word_source(token.text, base.vocab) for token in doc] == expected
    without = VectorLookup(table, ["ORTH", "LOWER"])
    assert without.source(doc[2:3]) == "none"


def test_no_string_is_added_for_subwords(base, with_subwords):
    doc = doc_of(base, "Unseen")
    before = len(base.vocab.strings)
    VectorLookup(with_subwords, ["ORTH", "LOWER"]).vectors(doc)
    VectorLookup(with_subwords, ["ORTH", "LOWER"]).word_vector("Completely", base.vocab)
    assert len(base.vocab.strings) == before


def test_a_span_that_is_a_phrase_has_its_row(base, with_subwords):
    found = VectorLookup(with_subwords, ["ORTH", "LOWER"])
    doc = doc_of(base, "an", "Overdraft", "fee", "at", "bank", "of", "america")
    assert np.array_equal(found.phrase(doc[1:3]), with_subwords.vectors[1])
    assert np.array_equal(found.phrase(doc[4:7]), with_subwords.vectors[2])
    for other in (doc[0:2], doc[1:2], doc[1:4], doc[0:7]):
        assert found.phrase(other) is None
    assert VectorLookup(with_subwords, ["ORTH"]).phrase(doc[1:3]) is None
    lemmas = doc_of(base, "banks", "of", "america", lemmas=["bank", "of", "america"])
    assert np.array_equal(VectorLookup(with_subwords, ["LEMMA"]).phrase(lemmas[:]), with_subwords.vectors[2])


@pytest.mark.parametrize("attrs", [["ORTH"], ["LOWER"], ["ORTH", "LOWER"], ["LOWER", "NORM"]])
def test_a_word_has_the_row_that_its_token_has(base, table, attrs):
    found = VectorLookup(table, attrs)
    for word in ("bank1", "BANK1", "apr", "Fruit3", "nowhere"):
        assert np.array_equal(found.word_vector(word, base.vocab), found.vectors(doc_of(base, word))[0])
        assert found.word_rows([word]).tolist() == found.table_rows(doc_of(base, word)).tolist()


@pytest.mark.parametrize("attrs", [["ORTH", "LOWER"], ["LEMMA"]])
def test_the_rows_of_many_docs_are_those_of_each(base, table, attrs):
    found = VectorLookup(table, attrs)
    docs = [doc_of(base, "the", "apr", "nowhere"), doc_of(base), doc_of(base, "fruit3", "the")]
    values = [doc.to_array(found.columns).reshape(len(doc), -1) for doc in docs if len(doc)]
    rows, numbers = found.rows_of(np.concatenate(values), base.vocab)
    assert np.array_equal(rows[numbers], np.concatenate([found.vectors(doc) for doc in docs]))


def test_shares_are_kept_for_short_texts_only():
    for n in (0, 1, 3, lookup.LONG_TEXT - 1, lookup.LONG_TEXT, 10**6):
        shares = lookup.equal_shares(n)
        assert shares.shape == (n,)
        assert shares.dtype == np.float32
        assert np.allclose(shares.sum(), bool(n))
        assert (lookup.equal_shares(n) is shares) == (n < lookup.LONG_TEXT)


# Words that share a row of a pruned base


@pytest.fixture
def pruned():
    """A base in which 100 words share the row of fruit1, and a table with subwords."""
    base = make_base()
    for i in range(100):
        base.vocab.strings.add(f"alias{i}")
        base.vocab.vectors.add(f"alias{i}", row=base.vocab.vectors.key2row[base.vocab.strings["fruit1"]])
    rows = np.random.default_rng(3).normal(size=(64, WIDTH)).astype("f")
    subwords = Subwords(Rows(rows), NgramSettings(3, 5, 2, True), 1.0, 0.0)
    return base, make_table(["the"], np.ones((1, WIDTH)), base, subwords)


@pytest.mark.parametrize("attrs", [["ORTH", "LOWER"], ["LOWER"]])
def test_an_alias_has_one_vector_however_it_is_asked_for(pruned, attrs):
    base, table = pruned
    found = VectorLookup(table, attrs)
    for word, source in (("fruit1", "general"), ("alias3", "general"), ("Alias3", "general"), ("alias99", "subword")):
        expected = found.word_vector(word, base.vocab)
        assert all(np.allclose(vector, expected, atol=1e-6) for vector in ways_to_ask(found, base, word))
        assert found.source(doc_of(base, word)[:]) == found.word_source(word, base.vocab) == source
    row = base_row(base, "fruit1")
    cosines = [row @ scaled_to_unit(found.word_vector(f"alias{i}", base.vocab)[None])[0] for i in (0, 9, 29, 99)]
    assert np.allclose(found.word_vector("fruit1", base.vocab), row, atol=1e-6)
    assert cosines[0] > 0.98 and cosines[-1] < 0.9


@pytest.mark.parametrize("way", range(4))
@pytest.mark.parametrize("word", ["alias3", "alias99", "Alias99"])
def test_an_alias_changes_with_the_row_that_it_shares(pruned, way, word):
    base, table = pruned
    found = VectorLookup(table, ["ORTH", "LOWER"])
    before = ways_to_ask(found, base, word)[way]
    base.vocab.set_vector("fruit1", np.eye(WIDTH, dtype="f")[0])
    after = ways_to_ask(found, base, word)[way]
    assert not np.allclose(after, before, atol=0.01)
    assert np.allclose(after, outside(table, BaseTable(base.vocab.vectors), table.base, [word]).vectors[0], atol=1e-6)
    n_strings = len(base.vocab.strings)
    ways_to_ask(found, base, word)
    assert len(base.vocab.strings) == n_strings
