import numpy as np
import pytest
from small_tables import make, make_subwords

from spacy_domainvec import DomainVectorsError, VectorTable
from spacy_domainvec.table.rows import Rows


def test_symbols_of_spacy_have_their_own_keys():
    # get_string_id("number") is a symbol's number and not the hash of the string, as token.orth is.
    import spacy

    nlp = spacy.blank("en")
    assert make(("number", "mark", "x")).key2row[nlp.make_doc("number")[0].orth] == 0


def test_parts_that_do_not_fit_are_refused():
    rows = Rows(np.zeros((2, 3), dtype="f"))
    for words, counts in ((["a"], np.array([1, 2])), (["a", "b"], np.array([1]))):
        with pytest.raises(DomainVectorsError, match="DV023"):
            VectorTable(words, rows, counts)
    with pytest.raises(DomainVectorsError, match="DV023.*width 3.*width 4"):
        VectorTable(["a", "b"], rows, np.array([2, 1]), make_subwords())


def test_a_word_twice_is_refused():
    with pytest.raises(DomainVectorsError, match="DV023"):
        _ = make(("a", "b", "a")).key2row


def test_unknown_dtype_is_refused():
    with pytest.raises(DomainVectorsError, match=r"DV045.*float64"):
        make().astype("float64")


def test_some_rows_can_be_taken():
    table = make(dtype="int8")
    taken = table.take(np.array([0, 2]))
    assert taken.words == ["a", "c"]
    assert taken.counts.tolist() == [3, 1]
    assert np.array_equal(taken.vectors[:], table.vectors[:][[0, 2]])
    assert taken.subwords is table.subwords


def test_the_longest_phrase_is_known():
    assert make().longest_phrase == 1
    assert make(("a", "bank of america", "c d")).longest_phrase == 3


def test_what_a_table_by_hand_does_not_tell_is_counted():
    table = make(("a", "b", "a b"))
    assert table.n_tokens == 5
    assert make(n_tokens=9).n_tokens == 9
    assert make(base={"name": "x"}).base_name == "x"
    for base in ({}, {"name": None}):
        with pytest.raises(DomainVectorsError, match="DV089.*--base"):
            make(base=base).base_name  # noqa: B018


def test_the_nearest_words_are_found_without_changing_the_query(table):
    query = table.vectors[:][2] * 5
    before = query.copy()
    words, cosines = zip(*table.most_similar(query, 3))
    assert words[0] == "apr"
    assert cosines[0] == pytest.approx(1, abs=1e-5)
    assert list(cosines) == sorted(cosines, reverse=True)
    assert np.array_equal(query, before)
    query.flags.writeable = False
    assert len(table.most_similar(query, 100)) == len(table)
