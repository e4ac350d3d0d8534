"""The vectors of words that the table lacks."""

from dataclasses import replace

import numpy as np
import pytest
import spacy
from conftest import make_table
from hypothesis import given
from hypothesis import strategies as st
from spacy.vectors import Vectors

from spacy_domainvec.table.answers import inside, outside
from spacy_domainvec.table.base_vectors import BaseTable
from spacy_domainvec.table.rows import Rows
from spacy_domainvec.table.space import BasePart
from spacy_domainvec.table.subwords import NgramSettings, Subwords
from spacy_domainvec.util.arrays import scaled_to_unit

BASE_WIDTH, WIDTH = 4, 5
OWNERS = [f"owner{i}" for i in range(5)]
ALIASES = [f"alias{i}" for i in range(400)]
# An alias is trusted less than a half from this rank on: (1 + r / 4) ** -0.3 < 1 / 2.
LITTLE_TRUSTED = 37
EVERY_WORD = [*OWNERS, *ALIASES, "nowhere", "Owner1", "ALIAS7"]


def make_subwords(width=WIDTH):
    rows = np.random.default_rng(1).normal(size=(50, width)).astype("f")
    return Subwords(Rows(rows), NgramSettings(3, 5, 2, lower=True), weight=0.5, held_out_cosine=0.25)


@pytest.fixture(scope="module")
def base():
    """A pruned table: the first word has its own row and those of most aliases, the last one has its own alone."""
    nlp = spacy.blank("en")
    data = np.random.default_rng(0).normal(size=(len(OWNERS), BASE_WIDTH)).astype("f")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=OWNERS, name="pruned")
    for alias in ALIASES[:380]:
        nlp.vocab.vectors.add(alias, row=0)
    for alias in ALIASES[380:]:
        nlp.vocab.vectors.add(alias, row=1)
    return BaseTable(nlp.vocab.vectors)


@pytest.fixture(scope="module")
def part():
    rng = np.random.default_rng(2)
    return BasePart(rng.normal(size=(BASE_WIDTH, WIDTH)).astype("f"), (rng.normal(size=BASE_WIDTH) / 5).astype("f"))


@pytest.fixture(scope="module")
def table():
    return replace(make_table(["bank1"], np.ones((1, WIDTH)), part=None), subwords=make_subwords())


def found_by(table, base, part, *words):
    found = outside(table, base, part, words)
    assert (found.vectors.shape, found.vectors.dtype) == ((len(words), table.width), np.float32)
    assert found.table_rows.tolist() == [-1] * len(words)
    assert [source == "none" for source in found.sources] == (~found.vectors.any(axis=1)).tolist()
    return found


def test_an_owner_has_exactly_the_bases_row(table, base, part):
    found = found_by(table, base, part, *OWNERS)
    assert np.array_equal(found.vectors, part.embed(base.unit_rows(OWNERS)))
    assert found.sources == ["general"] * len(OWNERS)


def test_an_alias_is_drawn_to_its_spelling_as_far_as_it_is_not_trusted(table, base, part):
    found = found_by(table, base, part, *ALIASES).vectors
    rows, spelled, trust = part.embed(base.unit_rows(ALIASES)), table.subwords.vectors(ALIASES), base.trust(ALIASES)
    share = trust[:, None]
    assert (trust < 1).all()
    expected = scaled_to_unit(share * scaled_to_unit(rows) + (1 - share) * scaled_to_unit(spelled))
    # It weighs what the base's row weighs.
    assert np.allclose(found, expected * np.linalg.norm(rows, axis=1, keepdims=True), atol=1e-5)


def test_the_source_is_the_larger_part(table, base, part):
    trust = base.trust(ALIASES)
    found = found_by(table, base, part, *ALIASES)
    assert found.sources == ["general" if share >= 0.5 else "subword" for share in trust]
    assert found.sources[:380].index("subword") == LITTLE_TRUSTED - 1
    assert found.sources[380:] == ["general"] * 20


def test_without_subwords_the_bases_row_stays(table, base, part):
    bare = replace(table, subwords=None)
    found = found_by(bare, base, part, *ALIASES, "nowhere", "Owner1")
    words = [*ALIASES, "nowhere", "owner1"]
    assert np.array_equal(found.vectors, part.embed(base.unit_rows(words)))
    assert found.sources == ["general"] * len(ALIASES) + ["none", "general"]


def test_words_that_nobody_knows_are_spelled(table, base, part):
    found = found_by(table, base, part, "nowhere", " ", "")
    assert np.array_equal(found.vectors, table.subwords.vectors(["nowhere", " ", ""]))
    assert found.sources == ["subword", "none", "none"]
    assert found_by(replace(table, subwords=None), base, part, "nowhere").sources == ["none"]


def test_a_capital_letter_changes_nothing(table, base, part):
    found = found_by(table, base, part, "OWNER3", "owner3", "Alias9", "alias9")
    assert np.array_equal(found.vectors[::2], found.vectors[1::2])
    assert (found.base_rows[0].tolist(), found.base_rows[1].tolist()) == ([-1, 3], [3, 3])


def test_a_base_that_has_no_place_does_not_answer(table, base):
    for subwords, source in ((table.subwords, "subword"), (None, "none")):
        found = found_by(replace(table, subwords=subwords), base, None, *OWNERS)
        assert found.sources == [source] * len(OWNERS)
        assert (found.base_rows == -1).all()


@given(st.lists(st.sampled_from(EVERY_WORD), max_size=8))
def test_words_are_answered_one_by_one(base, part, table, words):
    together = found_by(table, base, part, *words)
    for i, word in enumerate(words):
        alone = found_by(table, base, part, word)
        assert np.allclose(together.vectors[i], alone.vectors[0], atol=1e-6)
        assert together.sources[i] == alone.sources[0]


def test_rows_of_the_table_are_as_they_are(table):
    found = inside(table, [0, 0])
    assert np.array_equal(found.vectors, np.ones((2, WIDTH)))
    assert (found.sources, found.table_rows.tolist()) == (["domain", "domain"], [0, 0])
    assert (found.base_rows == -1).all()
