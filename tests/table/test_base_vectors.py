from dataclasses import replace

import numpy as np
import pytest
import spacy
from conftest import make_base, make_part
from hypothesis import given
from hypothesis import strategies as st
from spacy.strings import StringStore
from spacy.vectors import BaseVectors, Vectors
from spacy.vocab import Vocab

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.table.base_vectors import BaseTable, floret_rows, warn_of_unnamed
from spacy_domainvec.table.space import BasePart, off_centre
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
    part = make_part(3, 6, start=2, weight=0.5)
    rows = part.embed(np.array([[0, 1, 0], [0, 0, 0]], dtype="f"))
    assert rows.tolist() == [[0, 0, 0, 0.5, 0, 0], [0] * 6]
    centred = replace(part, centre=np.array([0.0, 0.25, 0.0], dtype="f"))
    assert centred.embed(np.array([[0, 1, 0], [0, 0, 0]], dtype="f")).tolist() == rows.tolist()
    assert np.allclose(centred.embed(np.array([[1, 0, 0]], dtype="f")), [[0, 0, 0.4851, -0.1213, 0, 0]], atol=1e-4)


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


# The trust in rows that words share


N_OWNERS = 10
PRUNED = [f"word{i}" for i in range(200)]


def pruned_vocab():
    """A vocab that spaCy pruned to a few rows: the words of highest probability keep theirs."""
    nlp = spacy.blank("en")
    data = np.random.default_rng(0).normal(size=(len(PRUNED), 4)).astype("f")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=PRUNED, name="pruned")
    for i, word in enumerate(PRUNED):
        nlp.vocab[word].prob = -float(i)
    nlp.vocab.prune_vectors(N_OWNERS)
    return nlp.vocab


def ranks_of(table, words):
    """The number of words that stand before each on its row, from the trust."""
    return (4 * (table.trust(words) ** (-1 / 0.3) - 1)).round(3).tolist()


def read_again(vocab, how, folder):
    if how == "disk":
        vocab.to_disk(folder)
        return Vocab().from_disk(folder)
    return Vocab().from_bytes(vocab.to_bytes()) if how == "bytes" else vocab


@pytest.mark.parametrize("how", ["made", "disk", "bytes"])
def test_a_pruned_row_is_trusted_for_the_word_that_it_was_made_for(tmp_path, how):
    vocab = read_again(pruned_vocab(), how, tmp_path / "vocab")
    table = BaseTable(vocab.vectors)
    trust = table.trust([*PRUNED, "unknown", ""])
    assert trust.dtype == np.float32
    assert trust[:N_OWNERS].tolist() == [1] * N_OWNERS
    assert trust[-2:].tolist() == [0, 0]
    rows = table.find(PRUNED)
    for row in range(N_OWNERS):
        # By falling probability, so the others' order is that of the words.
        on_row = [word for word, found in zip(PRUNED, rows.tolist()) if found == row]
        assert ranks_of(table, on_row) == list(range(len(on_row)))
    assert (trust[N_OWNERS:-2] < 1).all()


@pytest.mark.parametrize("how", ["made", "disk", "bytes"])
def test_so_it_is_where_keys_were_added_to_rows(tmp_path, how):
    vocab = spacy.blank("en").vocab
    vectors = Vectors(strings=vocab.strings, data=np.eye(3, dtype="f"), keys=["a", "b", "c"], name="few")
    for word, row in zip("defg", (1, 0, 1, 1)):
        vectors.add(word, row=row)
    vocab.vectors = vectors
    table = BaseTable(read_again(vocab, how, tmp_path / "vocab").vectors)
    assert ranks_of(table, list("abcdefg")) == [0, 0, 0, 1, 1, 2, 3]
    assert ranks_of(table, list("gfa")) == [3, 2, 0]
    assert table.trust([]).shape == (0,)


def test_in_a_table_of_lower_case_the_lower_case_word_counts():
    vectors = Vectors(strings=StringStore(), data=np.eye(2, dtype="f"), keys=["a", "b"], attr="LOWER")
    vectors.add("c", row=0)
    table = BaseTable(vectors)
    assert ranks_of(table, ["A", "B", "C", "c"]) == [0, 0, 1, 1]
    assert table.trust(["X"]).tolist() == [0]


def of_own_kind(nlp):
    for word in ("apple", "pear", "plum"):
        nlp.vocab.strings.add(word)
    return OwnVectors(nlp.vocab.strings)


@pytest.mark.parametrize(
    ("vectors_of", "expected"),
    [
        (lambda nlp: Vectors(strings=nlp.vocab.strings, data=np.eye(2, dtype="f"), keys=["apple", "pear"]), [1, 1, 0]),
        (floret_vectors, [1, 1, 1]),
        (of_own_kind, [1, 1, 0]),
        (lambda nlp: nlp.vocab.vectors, [0, 0, 0]),
    ],
)
def test_rows_that_are_not_shared_are_trusted(vectors_of, expected):
    nlp = spacy.blank("en")
    nlp.vocab.vectors = vectors_of(nlp)
    assert BaseTable(nlp.vocab.vectors).trust(["apple", "pear", "plum"]).tolist() == expected


@pytest.mark.parametrize("is_asked_before", [True, False])
def test_a_vector_that_somebody_set_is_trusted(is_asked_before):
    vocab = pruned_vocab()
    table = BaseTable(vocab.vectors)
    before = table.trust(PRUNED) if is_asked_before else None
    vocab.set_vector("mine", np.ones(4, dtype="f"))
    assert table.trust(["mine", PRUNED[0], "other"]).tolist() == [1, 1, 0]
    assert before is None or np.array_equal(table.trust(PRUNED), before)


def test_a_key_may_have_no_row():
    vectors = Vectors(strings=StringStore(), data=np.eye(2, dtype="f"), keys=["a", "b"])
    vectors.add("none", row=-1)
    assert BaseTable(vectors).trust(["a", "b", "none"]).tolist() == [1, 1, 0]
    vectors.add("c", row=0)
    vectors.add("nothing", row=-1)
    table = BaseTable(vectors)
    assert table.trust(["a", "none", "nothing"]).tolist() == [1, 0, 0]
    assert ranks_of(table, ["a", "b", "c"]) == [0, 0, 1]


@pytest.mark.parametrize("words", [["number", "agent"], ["the", ""]])
def test_any_word_can_be_asked_for(words):
    table = BaseTable(make_base().vocab.vectors)
    assert table.trust(words).tolist() == [float(row >= 0) for row in table.find(words)]


# The place of a vector of the base in a table


@given(st.integers(0, 1000), st.floats(0, 1))
def test_a_centred_row_is_of_unit_length_before_it_is_multiplied(seed, size):
    rng = np.random.default_rng(seed)
    rows = scaled_to_unit(rng.normal(size=(5, 4)).astype("f"))
    rows[2] = 0
    centre = (size * rows.mean(axis=0)).astype("f")
    part = BasePart(np.eye(4, 6, dtype="f"), centre)
    found = part.embed(rows)
    assert (found.shape, found.dtype) == ((5, 6), np.float32)
    assert np.allclose(np.linalg.norm(found, axis=1), [1, 1, 0, 1, 1], atol=1e-5)
    assert np.allclose(found[:, :4], scaled_to_unit(rows - centre) * rows.any(axis=1, keepdims=True), atol=1e-5)
    assert np.allclose(part.mapped(np.float32(3)).embed(rows), 3 * found, atol=1e-5)
    matrix = rng.normal(size=(6, 2)).astype("f")
    assert np.allclose(part.mapped(matrix).embed(rows), found @ matrix, atol=1e-5)


def test_a_row_that_is_the_centre_has_no_direction_left():
    row = np.array([[0.6, 0.8]], dtype="f")
    assert BasePart(np.eye(2, dtype="f"), row[0]).embed(row).tolist() == [[0, 0]]
    assert np.allclose(off_centre(row, np.zeros(2, dtype="f")), row)
    assert BasePart(np.eye(2, dtype="f"), row[0]).embed(row[:0]).shape == (0, 2)


def test_a_part_fits_vectors_of_its_width():
    part = make_part(3, 6)
    assert [part.fits(width) for width in (0, 3, 6)] == [True, True, False]
