import os

import numpy as np
import pytest
import scipy.sparse as sparse

from spacy_domainvec.ppmi import left_singular_vectors, ppmi


def random_counts(n=60, seed=0):
    rng = np.random.default_rng(seed)
    return sparse.csr_matrix(rng.poisson(0.4, size=(n, n)).astype("i8"))


def test_ppmi_is_that_of_the_formula():
    counts = random_counts(20).toarray()
    both = (counts + counts.T).astype(float)
    smoothed = both.sum(axis=0) ** 0.75
    with np.errstate(divide="ignore"):
        expected = np.log(both / both.sum() / (both.sum(axis=1) / both.sum())[:, None] / (smoothed / smoothed.sum()))
    found = ppmi(sparse.csr_matrix(counts), 0.75)
    assert np.allclose(found.toarray(), np.maximum(expected, 0), atol=1e-5)
    assert found.dtype == np.float32


def test_singular_vectors_are_those_of_numpy():
    matrix = ppmi(random_counts())
    u, s = left_singular_vectors(matrix, 5, n_iter=10)
    expected_u, expected_s, _ = np.linalg.svd(matrix.toarray())
    assert np.allclose(s, expected_s[:5], rtol=1e-3)
    assert np.allclose(np.abs((u * expected_u[:, :5]).sum(axis=0)), 1, atol=1e-2)
    assert u.dtype == np.float32


@pytest.mark.parametrize("n_threads", [1, 2, 7])
def test_the_number_of_threads_changes_nothing(monkeypatch, n_threads):
    matrix = ppmi(random_counts(200))
    expected = left_singular_vectors(matrix, 50, seed=3)[0]
    monkeypatch.setattr(os, "cpu_count", lambda: n_threads)
    assert np.array_equal(left_singular_vectors(matrix, 50, seed=3)[0], expected)


def test_all_steps_are_counted():
    counted = []

    def progress(steps):
        for step in steps:
            counted.append(step)
            yield step

    left_singular_vectors(ppmi(random_counts()), 5, n_iter=2, progress=progress)
    assert counted == list(range(6))
