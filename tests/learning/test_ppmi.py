import os

import numpy as np
import pytest
import scipy.sparse as sparse

from spacy_domainvec.counting.cooccurrence import both_sides
from spacy_domainvec.learning.ppmi_svd import fold_in, ppmi, truncated_svd
from spacy_domainvec.util.arrays import scaled_to_unit


def random_counts(n=60, seed=0):
    rng = np.random.default_rng(seed)
    return sparse.csr_matrix(rng.poisson(0.4, size=(n, n)).astype("i8"))


def ppmi_of(n=60, seed=0):
    both = both_sides(random_counts(n, seed))
    return ppmi(both, np.asarray(both.sum(axis=0)).ravel())


def test_ppmi_is_that_of_the_formula():
    both = both_sides(random_counts(20))
    counts = both.toarray().astype(float)
    smoothed = counts.sum(axis=0) ** 0.75
    with np.errstate(divide="ignore"):
        expected = np.log(
            counts / counts.sum() / (counts.sum(axis=1) / counts.sum())[:, None] / (smoothed / smoothed.sum())
        )
    found = ppmi(both, counts.sum(axis=0), 0.75)
    assert np.allclose(found.toarray(), np.maximum(expected, 0), atol=1e-5)
    assert found.dtype == np.float32


def test_a_row_of_its_own_gives_what_it_gives_among_others():
    both = both_sides(random_counts(20))
    of_context = np.asarray(both.sum(axis=0)).ravel()
    assert np.allclose(ppmi(both[3:5], of_context).toarray(), ppmi(both, of_context)[3:5].toarray())


@pytest.mark.slow
def test_singular_vectors_are_those_of_numpy():
    matrix = ppmi_of()
    u, s, v = truncated_svd(matrix, 5, n_iter=10)
    expected_u, expected_s, expected_vt = np.linalg.svd(matrix.toarray())
    assert np.allclose(s, expected_s[:5], rtol=1e-3)
    assert np.allclose(np.abs((u * expected_u[:, :5]).sum(axis=0)), 1, atol=1e-2)
    assert np.allclose(np.abs((v * expected_vt[:5].T).sum(axis=0)), 1, atol=1e-2)
    assert u.dtype == s.dtype == v.dtype == np.float32


@pytest.mark.parametrize("rank", [0, 1, 3, 7])
def test_a_matrix_of_low_rank_has_no_more_directions(rank):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, rank)) @ rng.normal(size=(rank, 60))
    # Words that are never counted, and words that always stand in the same places.
    rows[10:20], rows[20:40] = 0, rows[40:60]
    matrix = sparse.csr_matrix(rows.astype("f"))
    u, s, v = truncated_svd(matrix, 8)
    assert np.isfinite(u).all() and np.isfinite(v).all()
    assert np.allclose((u * s) @ v.T, rows, atol=1e-4)
    assert (np.linalg.norm(u, axis=0) > 0.5).sum() == (np.linalg.norm(v, axis=0) > 0.5).sum() == rank
    assert not u[:, rank:].any() and not v[:, rank:].any()
    assert np.isfinite(fold_in(matrix, s, v)).all()
    again = truncated_svd(matrix, 8, start=u)
    assert np.allclose((again[0] * again[1]) @ again[2].T, rows, atol=1e-4)


def test_folding_in_a_words_own_row_returns_its_row():
    matrix = ppmi_of(200)
    u, s, v = truncated_svd(matrix, 20, n_iter=5)
    folded = fold_in(matrix, s, v)
    cosines = (scaled_to_unit(folded) * scaled_to_unit(u)).sum(axis=1)
    assert cosines.min() > 0.99


@pytest.mark.parametrize("n_threads", [1, 2, 7])
def test_the_number_of_threads_changes_nothing(monkeypatch, n_threads):
    matrix = ppmi_of(200)
    expected = truncated_svd(matrix, 50, seed=3)[0]
    monkeypatch.setattr(os, "cpu_count", lambda: n_threads)
    assert np.array_equal(truncated_svd(matrix, 50, seed=3)[0], expected)


def test_all_steps_are_counted():
    counted = []

    def progress(steps, description, total=None):
        for step in steps:
            counted.append(step)
            yield step

    truncated_svd(ppmi_of(), 5, n_iter=2, progress=progress)
    assert counted == [0, 1]
