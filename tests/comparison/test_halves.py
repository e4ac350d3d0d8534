from pathlib import Path

import numpy as np
import pytest
import spacy
from comparison_tiny import compared, row, small_settings
from conftest import make_base, make_texts
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from spacy.tokens import DocBin

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build.select import gather
from spacy_domainvec.comparison.ground import Ground
from spacy_domainvec.comparison.halves import halves_of, hold_out, measured, own_ranks
from spacy_domainvec.util.arrays import scaled_to_unit
from spacy_domainvec.util.jobs import Jobs
from spacy_domainvec.util.progress import no_progress


def long_texts(n_texts, seed=0):
    """Each of three sentences about one topic."""
    texts = make_texts(3 * n_texts, seed)
    return [". ".join(texts[i : i + 3]) + "." for i in range(0, 3 * n_texts, 3)]


def held_out_of(tmp_path, texts, **more):
    (tmp_path / "texts.txt").write_text("\n".join(texts) + "\n")
    held = hold_out(small_settings(tmp_path / "texts.txt", "tiny", **more), make_base(), Jobs(tmp_path / "work", 1))
    return held.texts, Path(held.settings.paths.corpus).read_text().splitlines()


@pytest.mark.slow
def test_a_tenth_is_held_out_and_no_copy_of_it_is_learned_from(tmp_path):
    texts = long_texts(100)
    held, learned = held_out_of(tmp_path, [*texts, *texts[:50], "short"])
    assert len(held) == len(set(held)) == 15 and set(held) <= set(texts)
    assert not set(held) & set(learned)
    assert set(held) | set(learned) == {*texts, "short"}


def test_what_is_held_out_does_not_depend_on_the_order(tmp_path):
    texts = long_texts(60)
    (tmp_path / "a").mkdir()
    assert held_out_of(tmp_path, texts)[0] == held_out_of(tmp_path / "a", texts[::-1])[0]


def test_texts_of_docs_are_divided_too(tmp_path):
    nlp, texts = make_base(), long_texts(40)
    DocBin(docs=list(map(nlp.make_doc, texts))).to_disk(tmp_path / "a.spacy")
    held = hold_out(small_settings(tmp_path / "a.spacy", "tiny"), nlp, Jobs(tmp_path / "work", 1))
    assert len(held.texts) == 4 and set(held.texts) <= set(texts)


def ground_of(texts, tmp_path):
    nlp, jobs = spacy.blank("en"), Jobs(tmp_path / "work", 1)
    (tmp_path / "texts.txt").write_text("\n".join(texts) + "\n")
    settings = small_settings(tmp_path / "texts.txt", "tiny")
    gathered = gather(settings.paths, settings.corpus, settings.vocabulary, nlp, jobs, no_progress)
    return Ground(settings, nlp, gathered, jobs, no_progress)


@pytest.mark.slow
def test_halves_are_sentences_in_turn_without_rare_words_of_both(tmp_path):
    ground = ground_of(["paid " * 20 + "the"] * 5, tmp_path)
    one, two, three = ("Navient aa bb cc dd ee ff paid.", "I PAID navient qq rr ss tt uu vv ww.", "Then jj kk.")
    firsts, seconds = halves_of(ground, [f"{one} {two}\n{three}", "Too short. It is."])
    # What the corpus has often stays, the name goes, and so does the full stop, which it has not.
    assert firsts == ["aa bb cc dd ee ff paid Then jj kk"]
    assert seconds == ["I PAID qq rr ss tt uu vv ww"]


@pytest.mark.slow
def test_a_text_of_one_sentence_is_cut_into_pieces(tmp_path):
    words = [f"w{chr(97 + i)}" for i in range(24)]
    halves = halves_of(ground_of(["a b"] * 3, tmp_path), [" ".join(words)])
    assert halves == ([" ".join(words[:12])], [" ".join(words[12:])])


@given(st.integers(1, 12), st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_ranks_are_those_of_the_plain_definition(n, seed):
    documents = np.random.default_rng(seed).normal(size=(2 * n, 5)).astype("f")
    centred = documents - documents.mean(axis=0)

    def cosine(a, b):
        return a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-9)

    found = own_ranks(documents)
    for i in range(n):
        own = cosine(centred[i], centred[n + i])
        assert found[0, i] == 1 + sum(cosine(centred[i], centred[n + j]) > own for j in range(n) if j != i)
        assert found[1, i] == 1 + sum(cosine(centred[j], centred[n + i]) > own for j in range(n) if j != i)


def test_halves_without_any_vector_are_found_by_none():
    assert own_ranks(np.zeros((6, 4), dtype="f")).tolist() == [[3] * 3] * 2
    assert own_ranks(csr_matrix((6, 4), dtype="f")).tolist() == [[3] * 3] * 2


def test_the_measures_of_known_ranks():
    same = scaled_to_unit(np.random.default_rng(0).normal(size=(9, 5)).astype("f"))
    found = measured({"base": np.zeros((18, 4), dtype="f"), "domain": np.vstack([same, same])})
    domain, base = found["domain"], found["base"]
    assert (domain.n_texts, domain.recall.value, domain.reciprocal_rank.value) == (9, 1.0, 1.0)
    assert (base.recall.value, base.reciprocal_rank.value) == (0.0, 0.1111)
    assert domain.to_base.value == pytest.approx(8 / 9, abs=1e-4) and domain.to_weighted is base.to_base is None


@pytest.mark.slow
def test_routes_are_compared_without_labels(tmp_path, base_path):
    (tmp_path / "texts.txt").write_text("\n".join(long_texts(600)) + "\n")
    found = compared(tmp_path / "texts.txt", base_path, tmp_path / "work", None, None, ["base", "weighted", "replace"])
    assert found.labels is None and found.text.n_texts == 540
    for route in found.routes:
        assert route.halves.n_texts == 60 and not route.scores
    assert row(found, "base").halves.reciprocal_rank.value > row(found, "replace").halves.reciprocal_rank.value


@pytest.mark.slow
def test_too_little_text_is_told(tmp_path, base_path):
    (tmp_path / "texts.txt").write_text("\n".join(long_texts(60)) + "\n")
    with pytest.raises(DomainVectorsError, match="DV019.*there are 6.*--labelled"):
        compared(tmp_path / "texts.txt", base_path, tmp_path / "work", None, None, ["base"])
