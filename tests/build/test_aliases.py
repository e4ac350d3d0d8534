"""Bases that were pruned: owners of rows keep the base's vectors, aliases move to what the domain says of them."""

import numpy as np
import pytest
from conftest import ALL_WORDS, FREQUENT, TOPICS, WIDTH, make_base, make_texts
from spacy.tokens import Doc
from spacy.vectors import Vectors

from spacy_domainvec.build import fuse
from spacy_domainvec.build.run import train_table
from spacy_domainvec.build.schema import PathSettings
from spacy_domainvec.build.select import Gathered
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.corpus.tokenized import TokenizedCorpus
from spacy_domainvec.counting.fold_ins import FoldIns
from spacy_domainvec.counting.vocabulary import Vocabulary
from spacy_domainvec.exchange.flat_table import flat_table
from spacy_domainvec.learning.combine import average, concat
from spacy_domainvec.pipeline.loading import merge
from spacy_domainvec.table import base_vectors
from spacy_domainvec.table.answers import outside
from spacy_domainvec.table.base_vectors import BaseTable
from spacy_domainvec.table.space import off_centre
from spacy_domainvec.table.weights import alias_trust
from spacy_domainvec.util.arrays import scaled_to_unit

OWNERS = [*FREQUENT, *(word for words in TOPICS.values() for word in words[:10])]
ALIASES = [word for words in TOPICS.values() for word in words[10:]]
# So many other words stand before each alias on its row.
N_BEFORE = 300
PATHS = PathSettings(corpus=None, vectors=None, counts=None, base="tiny", terms=None, labelled=None)


def pruned_base(row_of, n_before=N_BEFORE):
    """A base in which the aliases are on rows of the owners; those that `row_of` lacks are unknown."""
    nlp = make_base()
    data = BaseTable(nlp.vocab.vectors).rows(OWNERS)
    vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=OWNERS, name="tiny")
    for row in sorted(set(row_of.values())):
        for i in range(n_before):
            vectors.add(f"other{row}x{i}", row=row)
            nlp.vocab.strings.add(f"other{row}x{i}")
    for alias, row in row_of.items():
        vectors.add(alias, row=row)
    nlp.vocab.vectors = vectors
    return nlp


def nearest_rows():
    """The row that each alias is put on by pruning."""
    whole = BaseTable(make_base().vocab.vectors)
    cosines = whole.unit_rows(ALIASES) @ whole.unit_rows(OWNERS).T
    return dict(zip(ALIASES, cosines.argmax(axis=1).tolist()))


def shuffled_rows(seed=0):
    """Rows of other words: which of the aliases stands where is drawn."""
    rows = list(nearest_rows().values())
    return dict(zip(ALIASES, np.random.default_rng(seed).permutation(rows).tolist()))


def learned(base, combiner, width=WIDTH, counts=None):
    """The words combined with a domain table of noise."""
    counts = np.arange(len(ALL_WORDS), 0, -1) * 7 if counts is None else counts
    vocabulary = Vocabulary(ALL_WORDS, counts, int(counts.sum()))
    tokens = TokenizedCorpus(ALL_WORDS, counts, int(counts.sum()), 1, np.zeros(0, dtype="u8"), "LOWER")
    gathered = Gathered(tokens, vocabulary, FoldIns([], np.zeros(0, dtype="i8")), [], {})
    table = np.random.default_rng(5).normal(size=(len(ALL_WORDS), width)).astype("f")
    return fuse.learn(combiner, PATHS, gathered, {"trainer": table}, BaseTable(base.vocab.vectors)), counts


@pytest.mark.filterwarnings("ignore:.DV114")
def test_an_owner_keeps_its_base_share_and_an_alias_moves_to_the_domain():
    base = pruned_base(nearest_rows())
    found, counts = learned(base, average(0.55, 20))
    table = BaseTable(base.vocab.vectors)
    rows = off_centre(table.unit_rows(ALL_WORDS), found.base.centre)
    (placed,) = found.domains.values()
    domain = placed.vectors
    share = 1 - 0.55 * counts / (counts + 20)
    # An alias keeps as much of it as it is trusted.
    is_owner = np.array([word in OWNERS for word in ALL_WORDS])
    assert (found.trust[is_owner] == 1).all()
    assert (found.trust[~is_owner] <= alias_trust(np.array([N_BEFORE]))).all()
    kept = (share * found.trust)[:, None]
    assert np.allclose(found.vectors, scaled_to_unit(kept * rows + (1 - kept) * domain), atol=1e-5)
    # Nearly all of the domain's is there.
    cosines = (found.vectors * domain).sum(axis=1)
    assert cosines[~is_owner].min() > 0.9
    assert found.known.all()


@pytest.mark.filterwarnings("ignore:.DV114")
def test_beside_the_domains_rows_an_alias_has_a_short_one_of_the_base():
    found, _ = learned(pruned_base(nearest_rows()), concat(0.5))
    of_base = (found.vectors[:, :WIDTH] ** 2).sum(axis=1)
    assert np.allclose(of_base, found.trust / (1 + found.trust), atol=1e-4)


@pytest.mark.filterwarnings("ignore:.DV114")
def test_without_aliases_nothing_changes(monkeypatch):
    base = pruned_base({})
    found, _ = learned(base, average())
    assert set(found.trust.tolist()) == {0, 1}
    monkeypatch.setattr(base_vectors, "alias_trust", lambda ranks: 1 / 0)
    assert np.array_equal(learned(base, average())[0].vectors, found.vectors)


def test_the_centre_is_half_the_mean_of_what_the_base_knows():
    rows = scaled_to_unit(np.random.default_rng(0).normal(size=(6, 3)).astype("f"))
    rows[::2] = 0
    assert np.allclose(fuse.base_centre(rows), rows[1::2].mean(axis=0) / 2)
    assert not fuse.base_centre(np.zeros((2, 3), dtype="f")).any()
    assert fuse.base_centre(np.zeros((2, 0), dtype="f")).shape == (0,)


# Whole builds


LONELY = "other0x250"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("aliases") / "texts.txt"
    # One of the aliases stands alone, so the domain tells nothing of it.
    path.write_text("\n".join([*make_texts(600), LONELY, LONELY]) + "\n")
    return path


@pytest.fixture(scope="module")
def build(corpus):
    def built(row_of, **overrides):
        small = {"trainer.vector_size": WIDTH, "trainer.window": 5, "trainer.subsample": 0.01}
        small |= {"vocabulary.phrases": None, "map": None}
        if "storage.subwords" not in overrides:
            small["storage.subwords.n_rows"] = 256
        settings = load_settings(None, {**small, "paths.corpus": str(corpus), **overrides})
        nlp = pruned_base(row_of)
        return merge(nlp, train_table(settings, nlp))

    return built


def topic_share(nlp):
    """How many of the nearest words of the aliases are of the same topic."""
    vectors = scaled_to_unit(np.array([nlp(word)._.dvec for word in ALL_WORDS]))
    cosines = vectors @ vectors.T - 2 * np.eye(len(ALL_WORDS))
    places = [ALL_WORDS.index(alias) for alias in ALIASES]
    near = np.argsort(-cosines[places])[:, :10]
    return np.mean([[ALL_WORDS[i][:4] == alias[:4] for i in row] for row, alias in zip(near.tolist(), ALIASES)])


@pytest.mark.slow
def test_a_base_of_shuffled_aliases_loses_no_more_than_one_without_aliases(build, monkeypatch):
    shuffled, without, nearest = (topic_share(build(rows)) for rows in (shuffled_rows(), {}, nearest_rows()))
    assert shuffled > without - 0.04
    assert nearest > without - 0.02
    # Where all rows are trusted, it loses much.
    monkeypatch.setattr(base_vectors, "alias_trust", lambda ranks: np.ones(len(ranks), dtype="f"))
    assert topic_share(build(shuffled_rows())) < without - 0.3


@pytest.mark.slow
@pytest.mark.parametrize("subwords", [True, False])
def test_the_export_has_the_vectors_of_the_pipeline(build, subwords):
    few = {"storage.max_rows": 40, "storage.dtype": "float32"}
    nlp = build(nearest_rows(), **few) if subwords else build(nearest_rows(), **few, **{"storage.subwords": None})
    component = nlp.get_pipe("domain_vectors")
    assert (component.table.subwords is not None) == subwords
    exact = ["BANK25", "Other3x7", "other3x250", "neverseen"]
    flat = flat_table(nlp, component, exact)
    assert {*ALL_WORDS, "other3x7", *exact[:3]} <= set(flat.words)
    assert ("neverseen" in flat.words) == subwords
    base, part, lower = BaseTable(nlp.vocab.vectors), component.table.base, [word.lower() for word in flat.words]
    # A row that many words share stands as it is for the word that it was made for.
    trust, shared = base.trust(lower), part.embed(base.unit_rows(lower))
    doc = Doc(nlp.vocab, words=flat.words)
    for i, (token, own) in enumerate(zip(doc, doc._.dvecs)):
        is_shared = token.text not in exact and 0 < trust[i] < 1 and token._.dvec_source != "domain"
        assert np.allclose(flat.vectors[flat.rows[i]], shared[i] if is_shared else own, atol=1e-6), token
    assert len(flat.vectors) < 100


@pytest.mark.slow
def test_an_alias_that_the_domain_lacks_is_drawn_to_its_spelling(build):
    nlp = build(nearest_rows())
    table, base = nlp.get_pipe("domain_vectors").table, BaseTable(nlp.vocab.vectors)
    row = nearest_rows()["bank20"]
    owner, (alias,) = OWNERS[row], nlp(f"other{row}x250")
    assert base.find([alias.text]).tolist() == base.find([owner]).tolist()
    of_base = table.base.embed(base.unit_rows([alias.text]))[0]
    spelled = table.subwords.vectors([alias.text])[0]
    assert not np.allclose(alias._.dvec, of_base, atol=0.1)
    assert alias._.dvec_source == "subword"
    found = scaled_to_unit(np.array([alias._.dvec, of_base, spelled]))
    assert found[0] @ found[2] > found[1] @ found[2]


@pytest.mark.slow
def test_so_is_an_alias_of_which_the_domain_tells_nothing(build):
    nlp = build({**nearest_rows(), "bank29": 0}, **{"storage.dtype": "float32"})
    table, base = nlp.get_pipe("domain_vectors").table, BaseTable(nlp.vocab.vectors)
    assert LONELY in table.words
    row = table.vectors[[table.words.index(LONELY)]]
    expected = outside(table, base, table.base, [LONELY]).vectors
    assert np.allclose(scaled_to_unit(row), scaled_to_unit(expected), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("n_rows", [1, 40, 100])
def test_the_loss_is_that_of_the_pipeline(build, n_rows):
    whole = build(nearest_rows(), **{"storage.dtype": "float32", "storage.max_rows": None})
    few = build(nearest_rows(), **{"storage.dtype": "float32", "storage.max_rows": n_rows})
    table, kept = (nlp.get_pipe("domain_vectors").table for nlp in (whole, few))
    assert (len(kept), table.meta["unseen_share"]) == (n_rows, 0)
    vectors = table.vectors[:]
    found = scaled_to_unit(np.array([nlp_vector(few, word) for word in table.words]))
    shares = table.counts * np.linalg.norm(vectors, axis=1)
    losses = 1 - (scaled_to_unit(vectors) * found).sum(axis=1)
    assert kept.meta["kept"]["loss"] == pytest.approx(losses @ shares / shares.sum(), abs=2e-4)


def nlp_vector(nlp, word):
    return Doc(nlp.vocab, words=[word])[0]._.dvec
