import numpy as np
import pytest

from spacy_domainvec.learning.align import align, choose_anchors, procrustes
from spacy_domainvec.util.arrays import centred_to_unit, scaled_to_unit


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def rotation_of(rng, rows, columns):
    return np.linalg.qr(rng.normal(size=(max(rows, columns), max(rows, columns))))[0][:rows, :columns].astype("f")


def test_a_known_rotation_is_recovered(rng):
    vectors = scaled_to_unit(rng.normal(size=(200, 10)).astype("f"))
    rotation = rotation_of(rng, 10, 10)
    found = align(vectors, vectors @ rotation, np.arange(0, 200, 2), rng.integers(1, 1000, 200))
    # The words that are no anchors are turned along.
    assert np.allclose(found.vectors, vectors @ rotation, atol=1e-5)
    assert found.n_anchors == 100
    assert found.held_out_cosine == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("width", "target_width"), [(6, 10), (10, 6)])
def test_unequal_widths_are_turned_too(rng, width, target_width):
    vectors = scaled_to_unit(rng.normal(size=(300, width)).astype("f"))
    target = scaled_to_unit(vectors @ rotation_of(rng, width, target_width))
    found = align(vectors, target, np.arange(300), np.full(300, 50))
    assert found.vectors.shape == (300, target_width)
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
    assert found.held_out_cosine > (0.999 if width < target_width else 0.9)


def test_the_held_out_cosine_tells_noise_from_a_fit(rng):
    vectors, noise = (scaled_to_unit(rng.normal(size=(500, 20)).astype("f")) for _ in range(2))
    found = align(vectors, noise, np.arange(500), np.full(500, 50))
    assert abs(found.held_out_cosine) < 0.2


def test_a_frequent_anchor_counts_for_more(rng):
    vectors = scaled_to_unit(rng.normal(size=(100, 4)).astype("f"))
    good, bad = rotation_of(rng, 4, 4), rotation_of(rng, 4, 4)
    target = np.concatenate([vectors[:50] @ good, vectors[50:] @ bad])
    counts = np.repeat([10_000, 1], 50)
    found = align(vectors, target, np.arange(100), counts)
    assert (found.vectors * (vectors @ good)).sum(axis=1).mean() > 0.95


def test_procrustes_is_orthogonal(rng):
    source, target = rng.normal(size=(2, 30, 5))
    found = procrustes(source, target, np.ones(30))
    assert np.allclose(found @ found.T, np.eye(5), atol=1e-5)


def test_there_is_one_anchor_for_each_row():
    rows = np.array([7, -1, 7, 3, -1, 3, 0])
    assert choose_anchors(rows).tolist() == [0, 3, 6]
    assert choose_anchors(np.array([-1, -1])).tolist() == []


def test_rows_are_scaled_and_centred(rng):
    vectors = rng.normal(size=(50, 4)).astype("f") + 3
    vectors[3] = 0
    unit = scaled_to_unit(vectors)
    assert not unit[3].any()
    assert np.allclose(np.linalg.norm(np.delete(unit, 3, axis=0), axis=1), 1, atol=1e-6)
    centred = centred_to_unit(vectors)
    assert np.abs(centred.mean(axis=0)).max() < 0.3
    assert unit.dtype == centred.dtype == np.float32
