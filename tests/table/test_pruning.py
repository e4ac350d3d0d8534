from dataclasses import asdict, replace

import numpy as np
import pytest
import spacy

from spacy_domainvec import DomainVectorsError, VectorTable
from spacy_domainvec.files import integrity
from spacy_domainvec.table.pruning import MB, Everything, Plan, check_rows, choose
from spacy_domainvec.table.rows import Rows
from spacy_domainvec.table.subwords import NgramSettings, Subwords
from spacy_domainvec.util.arrays import scaled_to_unit

N, WIDTH = 400, 50


def make_subwords(n_rows):
    if not n_rows:
        return None
    rows = np.random.default_rng(1).normal(size=(n_rows, WIDTH)).astype("f")
    return Subwords(Rows(rows), NgramSettings(3, 5, 2, lower=True), 1.0, held_out_cosine=0.5 + n_rows / 10_000)


@pytest.fixture
def everything():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(N, WIDTH)).astype("f")
    counts = (10_000 // np.arange(1, N + 1)).astype("i8")
    meta = {"n_tokens": int(counts.sum()), "unseen_share": 0.01}
    table = VectorTable([f"wörd{i}" for i in range(N)], Rows(vectors), counts, meta=meta)
    base = np.where(np.arange(N)[:, None] % 2 == 0, vectors + rng.normal(size=vectors.shape), 0).astype("f")
    trust = base.any(axis=1).astype("f")
    return Everything(table, base, trust, {"wörd399", "wörd398"}, make_subwords)


def size_on_disk(table, folder):
    table.to_disk(folder / "t")
    return sum(file.stat().st_size for file in (folder / "t").iterdir())


@pytest.mark.parametrize("plan", [Plan(N, "int8", 0), Plan(100, "float16", 300), Plan(1, "float32", 10)])
def test_the_size_is_that_of_the_files(everything, tmp_path, plan):
    found, planned = size_on_disk(everything.kept(plan), tmp_path), everything.megabytes(plan) * MB
    # The meta of what is kept may still grow.
    assert found <= planned <= found + 3000


def test_the_size_holds_for_all_files_of_the_component(everything, tmp_path, monkeypatch):
    # As if all of them were so large that a second hash is noted.
    monkeypatch.setattr(integrity, "WHOLE", 1)
    monkeypatch.setattr(integrity, "BLOCK", 1)
    plan = Plan(100, "int8", 300)
    kept = {**asdict(plan), "of_rows": 10**9, "loss": 0.1234}
    table = everything.kept(plan)
    component = spacy.blank("en").add_pipe("domain_vectors")
    component.set_table(replace(table, meta={**table.meta, "kept": kept}))
    component.to_disk(tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 8
    found = sum(path.stat().st_size for path in files)
    assert found <= everything.megabytes(plan) * MB <= found + 1000


def test_what_is_kept_are_the_users_words_and_those_that_are_missed_most(everything):
    table = everything.kept(Plan(5, "int8", 70))
    # Words of odd numbers have no vector without their row.
    assert list(table.words) == ["wörd1", "wörd3", "wörd5", "wörd398", "wörd399"]
    assert table.vectors.dtype == table.subwords.rows.dtype == "int8"
    assert len(table.subwords.rows) == 70


def test_a_row_is_missed_by_what_it_adds_to_the_other_answers(everything):
    table, base = everything.table, everything.base.copy()
    # The base has the same vector for the most frequent word, so its row adds nothing.
    base[0] = 2 * table.vectors[[0]][0]
    assert replace(everything, base=base).order(0)[-1] == 0
    by_spelling = make_subwords(7).vectors(table.words)
    order = replace(everything, base=np.zeros_like(base), trust=np.zeros(N)).order(7)
    off = 1 - (scaled_to_unit(table.vectors[:]) * scaled_to_unit(by_spelling)).sum(axis=1)
    missed = off * table.counts * np.linalg.norm(table.vectors[:], axis=1)
    assert order[2:10].tolist() == [row for row in np.argsort(-missed).tolist() if row < 398][:8]


def test_a_phrase_is_missed_by_what_it_adds_to_its_words(everything):
    vectors = np.eye(4, WIDTH, dtype="f")
    vectors[2] = vectors[0] + vectors[1]
    words = ["new", "york", "new york", "new deal"]
    table = VectorTable(words, Rows(vectors), np.full(4, 10))
    phrases = Everything(table, np.zeros_like(vectors), np.zeros(4), (), make_subwords)
    assert phrases.order(0)[-1] == 2


def test_keeping_more_costs_less(everything):
    losses = [everything.loss(Plan(n, "int8", 0)) for n in (2, 50, 200, N)]
    assert losses == sorted(losses, reverse=True)
    assert everything.loss(Plan(N, "float32", 0)) < everything.loss(Plan(N, "int8", 0))
    assert everything.loss(Plan(N, "int8", 4000)) < everything.loss(Plan(N, "int8", 100))


def test_a_loss_of_everything_is_that_of_words_never_seen(everything):
    table = replace(everything.table, meta={**everything.table.meta, "unseen_share": 0})
    assert replace(everything, table=table).loss(Plan(N, "float32", 0)) == pytest.approx(0, abs=1e-6)


def test_the_loss_is_the_mean_over_the_text(everything):
    whole = everything.table.vectors[:]
    unit = whole / np.linalg.norm(whole, axis=1, keepdims=True)
    left = unit.copy()
    left_out = everything.order(0)[12:]
    left[left_out] = scaled_to_unit(everything.base[left_out])
    shares = everything.table.counts * np.linalg.norm(whole, axis=1) / everything.table.meta["n_tokens"]
    unseen = 0.01 * np.sqrt(everything.table.width)
    expected = ((1 - (unit * left).sum(axis=1)) @ shares + unseen) / (shares.sum() + unseen)
    assert everything.loss(Plan(12, "float32", 0)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("max_mb", [0.008, 0.02, 0.04, 1])
def test_a_plan_fits_and_loses_least(everything, tmp_path, max_mb):
    plan = choose(everything, max_mb, None, [0, 64, 256])
    assert size_on_disk(everything.kept(plan), tmp_path) <= max_mb * MB
    for dtype in ("int8", "float16", "float32"):
        for n in (0, 64, 256):
            other = Plan(everything.most_rows(dtype, n, max_mb), dtype, n)
            if other.n_rows >= 2:
                assert everything.loss(plan) <= everything.loss(other) + 1e-4


def test_rows_can_be_bounded_too(everything):
    assert choose(everything, 1, 30, [0]).n_rows == 30


def test_too_little_room_says_how_much_is_needed(everything):
    with pytest.raises(DomainVectorsError, match=r"DV070.*max_mb = 0\.002 .*2 row\(s\).*Give 0\.00\d or more"):
        choose(everything, 0.002, None, [0])
    check_rows(everything, 2)
    with pytest.raises(DomainVectorsError, match=r"DV070.*max_rows = 1 .*Give 2 or more"):
        check_rows(everything, 1)


def test_an_acronym_counts_for_more(everything):
    meta = {**everything.table.meta, "acronyms": {"wörd300": "what it stands for"}}
    known = replace(everything, table=replace(everything.table, meta=meta))
    first, last = list(everything.order(0)), list(known.order(0))
    assert first.index(300) > last.index(300)
    counts = everything.table.counts.copy()
    counts[300] += 10
    more = replace(everything, table=replace(everything.table, counts=counts))
    assert list(more.order(0)) == last
