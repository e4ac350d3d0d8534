import numpy as np
import pytest
import spacy
from conftest import make_base
from spacy.vectors import BaseVectors, Vectors

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.table.base_vectors import BasePart, BaseTable, floret_rows, warn_of_unnamed
from spacy_domainvec.util.arrays import scaled_to_unit


def floret_vectors(nlp):
    data = np.random.default_rng(0).normal(size=(50, 8)).astype("f")
    return Vectors(strings=nlp.vocab.strings, data=data, mode="floret", minn=2, maxn=3, hash_count=2, name="floret")


class OwnVectors(BaseVectors):
    """The least that spaCy asks of vectors that somebody registers."""

    def __init__(self, strings):
        self.strings = strings
        self.name = "own"

    @property
    def shape(self):
        return (2, 3)

    def __len__(self):
        return 2

    def __contains__(self, key):
        return self.strings[key] in ("apple", "pear")

    def __getitem__(self, key):
        return np.full(3, len(self.strings[key]), dtype="f")

    def to_ops(self, ops):
        pass


def test_known_words_have_unit_rows_and_others_zeros():
    base = make_base()
    rows = BaseTable(base.vocab.vectors).unit_rows(["bank1", "nowhere", "the"])
    assert rows.shape == (3, 8)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), [1, 0, 1])
    bank1 = base.vocab["bank1"].vector
    assert np.allclose(rows[0], bank1 / np.linalg.norm(bank1))


def test_an_unknown_word_is_not_the_last_row():
    # Vectors.get_batch answers with the last row.
    base = BaseTable(make_base().vocab.vectors)
    assert base.find(["nowhere"]).tolist() == [-1]
    assert not base.unit_rows(["nowhere"]).any()


def test_words_of_one_row_are_found_as_one():
    rows = BaseTable(make_base().vocab.vectors).find(["music28", "music29", "music27"])
    assert rows[0] == rows[1] != rows[2]


def test_a_word_that_is_a_symbol_is_found():
    strings = spacy.blank("en").vocab.strings
    vectors = Vectors(strings=strings, data=np.eye(2, dtype="f"), keys=["number", "agent"])
    assert BaseTable(vectors).unit_rows(["number", "agent"]).any(axis=1).all()


def test_a_base_without_vectors_knows_nothing():
    base = BaseTable(spacy.blank("en").vocab.vectors)
    assert base.width == 0
    assert base.unit_rows(["a", "b"]).shape == (2, 0)
    assert base.find(["a"]).tolist() == [-1]
    assert base.fingerprint == "none"


def test_floret_knows_every_word():
    nlp = spacy.blank("en")
    nlp.vocab.vectors = floret_vectors(nlp)
    base = BaseTable(nlp.vocab.vectors)
    assert base.find(["never", "seen", ""]).tolist() == [0, 1, -1]
    expected = nlp.vocab["never"].vector
    assert np.allclose(base.unit_rows(["never"])[0], expected / np.linalg.norm(expected), atol=1e-6)


def test_a_users_own_kind_of_vectors_works():
    nlp = spacy.blank("en")
    for word in ("apple", "pear", "plum"):
        nlp.vocab.strings.add(word)
    nlp.vocab.vectors = OwnVectors(nlp.vocab.strings)
    base = BaseTable(nlp.vocab.vectors)
    assert base.find(["apple", "plum", "pear"]).tolist() == [0, -1, 2]
    assert np.allclose(np.linalg.norm(base.unit_rows(["apple", "plum"]), axis=1), [1, 0])
    assert base.fingerprint is None


def test_vectors_of_lower_case_are_looked_up_in_lower_case():
    nlp = spacy.blank("en")
    data = np.eye(2, dtype="f")
    vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=["apple", "pear"], attr="LOWER")
    assert BaseTable(vectors).unit_rows(["APPLE"])[0].tolist() == [1, 0]


def test_vectors_by_another_attribute_are_refused():
    vectors = Vectors(data=np.eye(2, dtype="f"), keys=["a", "b"], attr="LEMMA")
    with pytest.raises(DomainVectorsError, match="DV007"):
        BaseTable(vectors)


def test_fingerprints_tell_tables_apart():
    def fingerprint(**how):
        return BaseTable(make_base(**how).vocab.vectors).fingerprint

    assert fingerprint() == fingerprint()
    assert len({fingerprint(), fingerprint(seed=1), fingerprint(width=9)}) == 3


def test_nothing_is_changed_by_a_search():
    base = make_base()
    before = base.vocab.vectors.data.copy()
    found = BaseTable(base.vocab.vectors).most_similar("bank1", ["bank2", "the", "bank1", "nowhere"], 5)
    assert next(word for word, _ in found) == "bank2"
    assert "bank1" not in dict(found)
    assert np.array_equal(base.vocab.vectors.data, before)
    assert BaseTable(base.vocab.vectors).most_similar("nowhere", ["the"], 5) == []


def test_a_row_of_the_base_has_its_place_in_the_table():
    rows = BasePart(weight=0.5, start=2).embed(np.ones((1, 3), dtype="f"), 6)
    assert rows.tolist() == [[0, 0, 0.5, 0.5, 0.5, 0]]


@pytest.mark.parametrize("vectors_of", [floret_vectors, lambda nlp: make_base().vocab.vectors])
def test_many_words_are_looked_up_a_few_at_a_time(vectors_of, monkeypatch):
    nlp = spacy.blank("en")
    nlp.vocab.vectors = vectors_of(nlp)
    base = BaseTable(nlp.vocab.vectors)
    words = [f"bank{i % 300}" for i in range(700)]
    whole = base.unit_rows(words)
    sizes = []

    class Watched:
        def __init__(self, vectors):
            self.vectors = vectors

        def get_batch(self, keys):
            sizes.append(len(keys))
            return self.vectors.get_batch(keys)

        shape = nlp.vocab.vectors.shape

    monkeypatch.setattr("spacy_domainvec.table.base_vectors.FLORET_BATCH", 64)
    if base.is_floret:
        assert np.array_equal(scaled_to_unit(floret_rows(Watched(nlp.vocab.vectors), words)), whole)
        assert len(sizes) == 11 and max(sizes) == 64
    assert np.array_equal(base.unit_rows(words), whole)
    monkeypatch.setattr("spacy_domainvec.table.nearest.SEARCH_BATCH", 64)
    words = words[:300]
    found = base.most_similar("bank3", words, 5)
    cosines = whole[:300] @ base.unit_rows(["bank3"])[0]
    assert [cosine for _, cosine in found] == pytest.approx(
        sorted((c for c, word in zip(cosines, words) if word != "bank3"), reverse=True)[:5], abs=1e-6
    )


def test_words_without_a_name_are_counted():
    nlp = make_base([f"bank{i}" for i in range(30)], strings=False)
    base, strings = BaseTable(nlp.vocab.vectors), nlp.vocab.strings
    assert (base.n_words, base.n_unnamed(strings)) == (30, 30)
    strings.add("bank3")
    with pytest.warns(UserWarning, match="DV115. 29 of 30 words .* so they are left out. If it was merged"):
        warn_of_unnamed(base, strings, "they are left out")
    assert BaseTable(spacy.blank("en").vocab.vectors).n_unnamed(strings) == 0
    assert BaseTable(floret_vectors(spacy.blank("en"))).n_unnamed(strings) == 0
