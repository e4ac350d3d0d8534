"""Builds with and without the document map."""

import json
from dataclasses import replace

import numpy as np
import pytest
import spacy
from conftest import TOPICS, WIDTH, files_of, make_base, make_texts, trained

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build import fit_map
from spacy_domainvec.build.run import describe, train_state
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.build.update import save_trained, update_table
from spacy_domainvec.corpus import shards
from spacy_domainvec.learning.combine import Ingredients, average
from spacy_domainvec.pipeline.loading import load_pipeline, merge
from spacy_domainvec.table.base_vectors import BaseTable
from spacy_domainvec.table.space import off_centre
from spacy_domainvec.util.arrays import scaled_to_unit

SMALL = {"trainer.vector_size": WIDTH, "trainer.window": 5, "trainer.subsample": 0.01}
SMALL |= {"storage.dtype": "float32", "storage.subwords.n_rows": 64, "vocabulary.phrases": None}
OTHERS = {"Concat": 2 * WIDTH, "DomainOnly": WIDTH}


def in_sentences(texts):
    """Four sentences of five words of each text."""
    words = [text.split() for text in texts]
    return [" . ".join(" ".join(text[i : i + 5]) for i in range(0, 20, 5)) + " ." for text in words]


TEXTS = in_sentences(make_texts(400))


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch):
    monkeypatch.setattr(fit_map, "LEAST_PAIRS", 600)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sentences")
    for name, texts in (("first", TEXTS[:300]), ("second", TEXTS[300:]), ("short", make_texts(300))):
        (folder / f"{name}.txt").write_text("\n".join(texts) + "\n")
    return folder


@pytest.fixture(scope="module")
def train(corpora, base_path):
    def made(name="first", nlp=None, given=None, **overrides):
        small = {name: value for name, value in SMALL.items() if not name.startswith(tuple(overrides))}
        paths = {"paths.corpus": str(corpora / f"{name}.txt"), "paths.base": str(base_path)}
        settings = load_settings(given, {**small, **paths, **overrides})
        return train_state(settings, nlp or load_pipeline(str(base_path)))

    return made


@pytest.fixture(scope="module")
def with_map(train):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_map, "LEAST_PAIRS", 600)
        return train()


@pytest.fixture(scope="module")
def without(train):
    return train(map=None)


def means(texts, nlp):
    return scaled_to_unit(np.array([nlp(text)._.dvec for text in texts]))


def topic_gap(trained, base_path):
    """By how much texts of one topic are more alike than those of two, in standard deviations."""
    texts = [text.replace(" .", "") for text in TEXTS[300:]]
    topics = np.array([next(i for i, topic in enumerate(TOPICS) if topic in text) for text in texts])
    vectors = means(texts, merge(load_pipeline(str(base_path)), trained.table))
    cosines, same, others = vectors @ vectors.T, topics[:, None] == topics, ~np.eye(len(texts), dtype=bool)
    return (cosines[same & others].mean() - cosines[~same].mean()) / cosines[others].std()


@pytest.mark.slow
def test_the_meta_tells_of_the_map(with_map):
    assert with_map.table.meta["map"] == {"n_sentences": 1200, "n_pairs": 900, "is_fitted": True}
    assert with_map.state.space.map.shape == (WIDTH, WIDTH)
    assert not any("map" in line for line in describe(with_map.table))


@pytest.mark.slow
def test_a_map_can_be_left_out(with_map, without, train, tmp_path):
    (tmp_path / "c.cfg").write_text("[map]\n@misc = null\n")
    for made in (without, train(given=tmp_path / "c.cfg")):
        assert "map" not in made.table.meta
        assert made.state.space.map is None
        assert np.array_equal(made.table.vectors[:], without.table.vectors[:])
        assert not any("map" in line for line in describe(made.table))
    assert made.table.words == with_map.table.words
    assert not np.allclose(with_map.table.vectors[:], without.table.vectors[:], atol=0.1)


def test_base_and_domain_have_a_map_each_and_their_combination_one(with_map, without, base_path):
    space, words = with_map.state.space, with_map.state.counted.vocabulary.words
    base = BaseTable(load_pipeline(str(base_path)).vocab.vectors)
    of_base = scaled_to_unit(off_centre(base.unit_rows(words), space.centre) @ space.base)
    of_domain = scaled_to_unit(with_map.state.rows @ space.domain)
    counts = with_map.state.counted.vocabulary.counts
    parts = Ingredients(of_base, base.trust(words), [of_domain], counts)
    expected = scaled_to_unit(average().combine(parts) @ space.map)
    row_of = {word: row for row, word in enumerate(with_map.table.words)}
    found = scaled_to_unit(with_map.table.vectors[[row_of[word] for word in words]])
    # Rare words that the base lacks are drawn to what their spelling tells.
    is_kept = (of_base.any(axis=1)) | (counts >= 100)
    assert is_kept.sum() > 50
    assert np.allclose(found[is_kept], expected[is_kept], atol=1e-3)
    # A word that the texts lack comes there by the same matrices.
    part = with_map.table.base
    assert np.allclose(scaled_to_unit(part.matrix), scaled_to_unit(space.base @ space.map), atol=1e-4)
    assert np.array_equal(part.centre, without.table.base.centre)
    # Each of the three does something.
    for matrix in (space.base, space.map, space.domain.T @ space.domain):
        assert not np.allclose(matrix / matrix[0, 0], np.eye(WIDTH), atol=0.05)


def test_without_maps_the_domain_is_only_rotated(without):
    space = without.state.space
    assert np.allclose(space.domain.T @ space.domain, np.eye(WIDTH), atol=1e-4)
    assert np.array_equal(space.base, np.eye(WIDTH))


def test_it_tells_the_texts_apart_better(with_map, without, base_path):
    assert topic_gap(with_map, base_path) > topic_gap(without, base_path)


@pytest.mark.slow
def test_too_few_pairs_are_told(train):
    found = train("short")
    assert found.table.meta["map"] == {"n_sentences": 300, "n_pairs": 0, "is_fitted": False}
    assert found.state.space.map is None
    assert "No document maps: 0 pairs of sentences, of 2,000 that one needs" in describe(found.table)


@pytest.mark.slow
def test_the_number_of_processes_does_not_matter(corpora, config, small, tmp_path, monkeypatch):
    paths = [corpora / "first.txt", corpora / "second.txt"]
    trained(config, paths, tmp_path / "one")
    monkeypatch.setattr(shards, "SMALLEST", 2**13)
    trained(config, paths, tmp_path / "two", 2)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    assert '"is_fitted": true' in " ".join((tmp_path / "one" / "meta.json").read_text().split())


@pytest.mark.slow
def test_an_update_keeps_the_space(with_map, corpora, tmp_path):
    save_trained(with_map.table, with_map.state, tmp_path / "table")
    found = update_table(tmp_path / "table", [str(corpora / "second.txt")])
    for name in ("domain", "centre", "base", "map"):
        assert np.array_equal(getattr(found.state.space, name), getattr(with_map.state.space, name)), name
    assert np.array_equal(found.table.base.matrix, with_map.table.base.matrix)
    assert np.array_equal(found.table.base.centre, with_map.table.base.centre)
    assert found.changes.mean_cosine > 0.9
    found.to_disk(tmp_path / "again")
    again = update_table(tmp_path / "again", [str(corpora / "first.txt")])
    assert np.array_equal(again.state.space.map, with_map.state.space.map)


@pytest.mark.slow
def test_an_update_keeps_the_vectors_of_words_that_it_lacks(train, corpora, base_path, tmp_path):
    made = train()
    save_trained(made.table, made.state, tmp_path / "table")
    (tmp_path / "more.txt").write_text("\n".join(text for text in TEXTS[300:] if "bank" not in text))
    found = update_table(tmp_path / "table", [str(tmp_path / "more.txt")])
    before, after = (merge(load_pipeline(str(base_path)), table) for table in (made.table, found.table))
    cosines = (means(TOPICS["bank"], before) * means(TOPICS["bank"], after)).sum(axis=1)
    assert cosines.min() > 0.9
    assert cosines.mean() > 0.98


@pytest.mark.slow
def test_an_update_of_a_table_without_a_map_makes_none(without, corpora, tmp_path):
    save_trained(without.table, without.state, tmp_path / "table")
    found = update_table(tmp_path / "table", [str(corpora / "second.txt")])
    assert found.state.space.map is None
    assert np.array_equal(found.state.space.centre, without.state.space.centre)


@pytest.mark.slow
def test_a_base_without_vectors_has_a_map_of_the_domains_rows(train):
    # Without subwords, to which rare words are backed off.
    made = train(nlp=spacy.blank("en"), **{"storage.subwords": None})
    plain = train(nlp=spacy.blank("en"), **{"storage.subwords": None, "map": None})
    assert made.table.meta["map"]["is_fitted"]
    assert made.table.base is None and made.state.space.base.shape == (0, 0)
    # It is the only one.
    assert np.array_equal(made.state.space.domain, np.eye(WIDTH))
    assert np.allclose(made.table.vectors[:], plain.table.vectors[:] @ made.state.space.map, atol=1e-3)
    assert merge(spacy.blank("en"), made.table)("bank1")._.dvec.any()


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_other_combiners_have_a_map_of_their_width(train, base_path, corpora, tmp_path, name):
    made = train(combine={"@misc": f"spacy_domainvec.{name}.v1"})
    width = OTHERS[name]
    assert made.state.space.map.shape == (width, width)
    assert made.table.width == width
    nlp = merge(load_pipeline(str(base_path)), made.table)
    assert np.isfinite(nlp("bank1 neverseen")._.dvecs).all()
    assert (made.table.base is None) == (name == "DomainOnly")
    if made.table.base is not None:
        assert made.table.base.matrix.shape == (WIDTH, width)
    save_trained(made.table, made.state, tmp_path / "table")
    found = update_table(tmp_path / "table", [str(corpora / "second.txt")])
    assert np.array_equal(found.state.space.map, made.state.space.map)
    assert found.table.width == width


def test_given_vectors_without_a_corpus_have_no_map(base_path, tmp_path):
    make_base().to_disk(tmp_path / "given")
    given = {"paths.vectors": str(tmp_path / "given"), "paths.base": str(base_path), "storage.subwords": None}
    made = train_state(load_settings(None, given), load_pipeline(str(base_path)))
    assert "map" not in made.table.meta
    assert len(describe(made.table)) == 1


@pytest.mark.parametrize("name", ["map", "centre", "base", "domain"])
def test_counts_of_another_space_are_told(with_map, corpora, tmp_path, name):
    array = np.zeros(3, dtype="f") if name == "centre" else np.eye(3, dtype="f")
    rows = with_map.state.rows[:, :3] if name == "domain" else with_map.state.rows
    # The centre and the base's matrix must fit each other, or the file is refused before.
    changes = {"centre": np.zeros(3, dtype="f"), "base": np.eye(3, dtype="f")} if name == "base" else {name: array}
    changes |= {"base": np.eye(3, WIDTH, dtype="f")} if name == "centre" else {}
    state = replace(with_map.state, rows=rows, space=replace(with_map.state.space, **changes))
    save_trained(with_map.table, state, tmp_path / "table")
    with pytest.raises(DomainVectorsError, match=rf"DV042.*counts.* {WIDTH} .* {WIDTH} columns"):
        update_table(tmp_path / "table", [str(corpora / "second.txt")])


def write_labelled(path, texts):
    lines = [f"{text.split(' . ')[0]},{next(topic for topic in TOPICS if topic in text)}" for text in texts]
    path.write_text("\n".join(["text,label", *lines]) + "\n")
    return {"paths.labelled": str(path)}


@pytest.mark.slow
def test_labelled_texts_change_the_maps_and_are_told_in_the_meta(with_map, train, corpora, tmp_path):
    labelled = write_labelled(tmp_path / "labelled.csv", TEXTS[300:340])
    made = train(**labelled)
    assert made.table.meta["map"] == {**with_map.table.meta["map"], "n_labelled": 40}
    assert "labelled" not in json.dumps(made.table.meta["config"].get("paths", {}))
    assert not np.allclose(made.state.space.map, with_map.state.space.map, atol=0.01)
    # An update keeps them, and needs no labels.
    save_trained(made.table, made.state, tmp_path / "table")
    found = update_table(tmp_path / "table", [str(corpora / "second.txt")])
    assert np.array_equal(found.state.space.map, made.state.space.map)
    with pytest.raises(DomainVectorsError, match=r"DV043.*labelled.csv.*an update keeps its maps"):
        update_table(tmp_path / "table", [str(corpora / "second.txt")], overrides=labelled)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"map": None}, r"DV043.*labelled.csv.*\[map\] @misc = null"),
        ({"paths.corpus": None, "paths.vectors": "vectors.txt"}, "DV043.*labelled.csv.*there is no corpus"),
        ({"paths.labelled": "not_there.csv"}, "DV030.*not_there.csv"),
    ],
)
def test_labelled_texts_that_can_not_be_used_are_told_before_the_work(train, tmp_path, changes, message):
    labelled = write_labelled(tmp_path / "labelled.csv", TEXTS[:4])
    with pytest.raises(DomainVectorsError, match=message):
        train(**{**labelled, **changes})


def test_a_label_needs_two_texts(train, tmp_path):
    (tmp_path / "labelled.csv").write_text("text,label\nbank1 bank2,one\nbank3,two\n")
    with pytest.raises(DomainVectorsError, match=r"DV043.*labelled.csv.*no label has two texts"):
        train(**{"paths.labelled": str(tmp_path / "labelled.csv")})
