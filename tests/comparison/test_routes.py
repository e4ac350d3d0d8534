from dataclasses import replace

import gensim.models
import numpy as np
import pytest
import spacy
from comparison_tiny import compared, row, small_settings
from conftest import ALL_WORDS, WIDTH, labelled, make_base

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build.run import train_table
from spacy_domainvec.build.select import gather
from spacy_domainvec.comparison.ground import BASE, NO_VECTOR, OWN, SPELLING, Bags, Ground
from spacy_domainvec.comparison.routes import ROUTES, choose_routes, tfidf
from spacy_domainvec.learning.gensim_trainers import fasttext
from spacy_domainvec.pipeline.loading import load_pipeline, merge
from spacy_domainvec.util.arrays import scaled_to_unit
from spacy_domainvec.util.jobs import Jobs
from spacy_domainvec.util.progress import no_progress

WORDS = ["bank1", "Bank1", "the", "zzz", "music29"]


@pytest.fixture(scope="module")
def ground(corpus_path, base_path, tmp_path_factory):
    settings, nlp, jobs = small_settings(corpus_path, base_path), make_base(), Jobs(tmp_path_factory.mktemp("work"), 1)
    gathered = gather(settings.paths, settings.corpus, settings.vocabulary, nlp, jobs, no_progress)
    return Ground(settings, nlp, gathered, jobs, no_progress)


def test_base_gives_the_rows_of_the_base(ground):
    found = ROUTES["base"].of_words(ground, WORDS)
    np.testing.assert_array_equal(found.rows[0], ground.nlp.vocab["bank1"].vector)
    assert found.sources.tolist() == [BASE, NO_VECTOR, BASE, NO_VECTOR, BASE]


def test_weights_are_small_for_frequent_words(ground):
    lengths = np.linalg.norm(ROUTES["weighted"].of_words(ground, WORDS).rows, axis=1)
    assert 0 < lengths[2] < lengths[0] < 1
    assert ground.weights(["zzz"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("name", "width"), [("replace", 8), ("continue", 8), ("fasttext", 8), ("pipelines", 16)])
def test_what_gensim_learns(ground, name, width):
    words = [*WORDS, "\n", *ALL_WORDS]
    found = ROUTES[name].of_words(ground, words)
    assert found.rows.shape == (len(words), width)
    # FastText spells out what the text lacks.
    unknown = SPELLING if name == "fasttext" else NO_VECTOR
    assert found.sources[:5].tolist() == [OWN, OWN, OWN, unknown, OWN]
    assert found.rows[3].any() == (unknown == SPELLING) and found.sources[5] == NO_VECTOR
    # Words of a topic are near each other.
    unit = scaled_to_unit(found.rows[-120:])
    topics = np.repeat(np.arange(4), 30)
    cosines, is_same = unit @ unit.T, topics[:, None] == topics
    assert cosines[is_same].mean() > cosines[~is_same].mean()


@pytest.mark.slow
def test_fasttext_spells_words_out_as_gensim_does(ground):
    models = {}
    real = gensim.models.FastText

    def noted(*args, **settings):
        return models.setdefault("made", real(*args, **settings))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gensim.models, "FastText", noted)
        learned = replace(ground, jobs=Jobs(ground.jobs.folder / "again", 1)).learned(
            "noted", fasttext(vector_size=WIDTH), ["bank98", "Zzz"]
        )
    expected = np.array([models["made"].wv[word] for word in ("bank98", "zzz")])
    np.testing.assert_allclose(learned.rows, scaled_to_unit(expected), atol=1e-5)
    assert learned.is_spelled.all()


@pytest.mark.slow
def test_the_control_has_no_vector_that_was_learned_from_the_text(ground):
    found = ROUTES["mapped"].of_words(ground, WORDS)
    assert found.sources.tolist() == [BASE, BASE, BASE, SPELLING, BASE]
    rows = ground.base.unit_rows(["bank1", "the"])
    # With a text this small there is no map, and only the centre tells it from the base.
    assert (scaled_to_unit(found.rows[[0, 2]]) * rows).sum(axis=1).min() > 0.8
    other = ROUTES["domain"].of_words(ground, WORDS)
    assert not np.allclose(found.rows, other.rows)


@pytest.mark.slow
def test_words_that_the_text_lacks_keep_the_bases_vector_in_going_on(ground):
    ground = replace(ground, nlp=make_base([*ALL_WORDS, "bank98", "bank99"]))
    found = ROUTES["continue"].of_words(ground, ["bank98", "bank1"])
    assert found.sources.tolist() == [BASE, OWN] and found.rows.any(axis=1).all()


@pytest.mark.slow
def test_domain_vectors_are_those_of_build(ground):
    found = ROUTES["domain"].of_words(ground, WORDS)
    nlp = merge(load_pipeline(ground.base_name), train_table(ground.settings, ground.nlp))
    doc = nlp.make_doc(" ".join(WORDS))
    np.testing.assert_array_equal(found.rows, doc._.dvecs)
    assert found.sources.tolist() == [OWN, OWN, OWN, SPELLING, OWN]
    bags = Bags.of_texts(nlp, ["bank1 the bank1 zzz"])
    rows = ROUTES["domain"].of_words(ground, bags.words).rows
    np.testing.assert_allclose(
        bags.documents(rows)[0], scaled_to_unit(nlp("bank1 the bank1 zzz")._.dvec[None])[0], atol=1e-5
    )


@pytest.mark.slow
def test_tfidf_knows_words_in_any_case(ground):
    texts = ["bank1 the", "BANK1 The", "fruit1 the"]
    found = tfidf(ground, Bags.of_texts(ground.nlp, texts), texts).toarray()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(found[0], found[1])
    assert 0 < found[0] @ found[2] < 0.5


def test_routes_that_need_a_teacher_are_left_out_without_one():
    assert {"taught", "encoder", "mapped"} == set(ROUTES) - set(choose_routes(None, has_teacher=False))
    assert choose_routes(None, has_teacher=True) == [name for name in ROUTES if name != "mapped"]
    assert choose_routes(["mapped"], has_teacher=False) == ["mapped"]
    assert choose_routes(["domain", "base"], has_teacher=False) == ["base", "domain"]
    with pytest.raises(DomainVectorsError, match="DV015.*'bases'.*Known are: base, weighted"):
        choose_routes(["bases"], has_teacher=True)
    with pytest.raises(DomainVectorsError, match="DV016.*'encoder'.*--teacher"):
        choose_routes(["encoder"], has_teacher=False)


@pytest.mark.slow
def test_a_teacher_adds_its_routes(corpus_path, base_path, tmp_path, monkeypatch):
    class Stub:
        revision, checksum, licence = "1", "1", None
        languages = ()

        def encode(self, texts):
            return np.array([[len(text), text.count("bank"), text.count("fruit"), 1] for text in texts], dtype="f")

    for module in ("learning.encoding", "comparison.routes"):
        monkeypatch.setattr(f"spacy_domainvec.{module}.open_encoder", lambda name: Stub())
    teacher = {"teacher.@misc": "spacy_domainvec.SentenceEncoder.v1", "teacher.name": "stub"}
    routes = ["taught", "encoder"]
    found = compared(corpus_path, base_path, tmp_path, labelled(8), None, routes, load_pipeline(base_path), **teacher)
    assert [route.failed for route in found.routes] == [None] * 2
    assert row(found, "encoder").width == 4 and row(found, "encoder").coverage is None
    assert row(found, "taught").scores[0].accuracy != row(found, "encoder").scores[0].accuracy


def test_a_base_without_vectors_is_told(ground):
    ground = replace(ground, nlp=spacy.blank("en"))
    for name in ("base", "weighted"):
        with pytest.raises(DomainVectorsError, match="DV017.*no vectors"):
            ROUTES[name].of_words(ground, WORDS)
