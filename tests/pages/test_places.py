import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_domainvec.pages import places as places_module
from spacy_domainvec.pages.places import LEAST_WORDS, places
from spacy_domainvec.util.extras import import_extra


def clusters(n_of_each=20, n=3, width=16, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n, width)) * 3
    return np.concatenate([centre + rng.normal(size=(n_of_each, width)) * 0.3 for centre in centres]).astype("f")


@pytest.mark.slow
@pytest.mark.parametrize("library", ["openTSNE", "sklearn.manifold"])
def test_near_words_lie_near_each_other_and_always_at_the_same_place(library, monkeypatch):
    # scikit-learn makes the map only where openTSNE is not installed.
    monkeypatch.setattr("spacy_domainvec.pages.places.find_spec", lambda name: name == library or None)
    used = []
    monkeypatch.setattr(places_module, "import_extra", lambda name, what: used.append(name) or import_extra(name, what))
    rows = clusters()
    found = places(rows)
    assert found.shape == (60, 2) and found.min() == 0 and found.max() == 1
    assert np.array_equal(found, places(rows))
    distances = np.linalg.norm(found[:, None] - found[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (distances.argmin(axis=1) // 20 == np.arange(60) // 20).all()
    assert set(used) == {"threadpoolctl", library}


@pytest.mark.parametrize("n", [0, 1, 2, 5, pytest.param(LEAST_WORDS, marks=pytest.mark.slow)])
def test_any_number_of_words_has_places(n):
    found = places(clusters(4)[:n])
    assert found.shape == (n, 2) and np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()
    if n == 1:
        assert found.tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize("n", [2, 50])
@pytest.mark.parametrize("value", [0.0, 0.3])
def test_equal_words_lie_in_the_middle(n, value):
    assert (places(np.full((n, 7), value, dtype="f")) == 0.5).all()


def test_words_that_differ_in_one_direction_lie_on_a_line():
    rows = np.outer(np.ones(30), [1, 0, 0]).astype("f")
    rows[::2] = [0, 1, 0]
    found = places(rows)
    assert {tuple(place) for place in found.tolist()} == {(0.0, 0.5), (1.0, 0.5)}


@given(st.integers(0, 9), st.integers(1, 4), st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_places_are_shares(n, width, seed):
    rows = np.round(np.random.default_rng(seed).normal(size=(n, width))).astype("f")
    found = places(rows)
    assert found.shape == (n, 2) and ((found >= 0) & (found <= 1)).all()
