"""Rows fitted to a teacher that is known to be linear."""

import numpy as np
import pytest

from spacy_domainvec.corpus.sentences import Sentences
from spacy_domainvec.learning.teacher import (
    bags,
    base_map,
    evidence_of,
    fit_rows,
    penalty_of,
    principal_axes,
    spread,
    to_targets,
)

N_WORDS, WIDTH = 30, 5
rng = np.random.default_rng(0)
TRUE = rng.normal(size=(N_WORDS, WIDTH)).astype("f")
PRIOR = rng.normal(size=(N_WORDS, WIDTH)).astype("f")


def sentences_of(n, words=N_WORDS, seed=1):
    made, lengths = np.random.default_rng(seed), np.full(n, 6)
    return Sentences(made.integers(0, words, 6 * n), lengths, np.arange(n))


def matrix_of(n, words=N_WORDS, seed=1):
    return bags(sentences_of(n, words, seed), N_WORDS)


def distance(rows, others):
    return float(np.linalg.norm(rows - others))


def test_sentences_are_means_of_their_words():
    sentences = Sentences(np.array([0, 1, 1, 2, 2]), np.array([3, 2]), np.array([0, 0]))
    found = bags(sentences.renumbered(np.array([1, 0, -1])), 2).toarray()
    assert np.allclose(found, [[2 / 3, 1 / 3], [0, 0]])


def test_rows_are_recovered_from_enough_sentences():
    matrix = matrix_of(2000)
    assert np.allclose(fit_rows(matrix, matrix @ TRUE, PRIOR, penalty_of(matrix, 0.01)), TRUE, atol=0.01)


def test_the_prior_decides_where_a_word_is_never_seen():
    matrix = matrix_of(2000, words=20)
    found = fit_rows(matrix, matrix @ TRUE, PRIOR, penalty_of(matrix, 0.01))
    assert np.allclose(found[:20], TRUE[:20], atol=0.01)
    assert np.array_equal(found[20:], PRIOR[20:])


def test_the_larger_the_ridge_the_nearer_the_prior():
    matrix = matrix_of(200)
    found = [fit_rows(matrix, matrix @ TRUE, PRIOR, penalty_of(matrix, ridge)) for ridge in (0.1, 3, 30, 1000)]
    from_prior = [distance(rows, PRIOR) for rows in found]
    assert from_prior == sorted(from_prior, reverse=True)
    assert from_prior[-1] < 0.1 * from_prior[0]


def test_it_is_the_solution_of_the_normal_equations():
    matrix, ridge = matrix_of(300), 7.0
    targets = rng.normal(size=(300, WIDTH)).astype("f")
    penalty = penalty_of(matrix, ridge)
    assert penalty == pytest.approx(ridge / (matrix.nnz / 300) ** 2)
    dense = matrix.toarray().astype("f8")
    left = dense.T @ dense + penalty * np.eye(N_WORDS)
    exact = np.linalg.solve(left, dense.T @ targets + penalty * PRIOR)
    assert np.allclose(fit_rows(matrix, targets, PRIOR, penalty), exact, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("ridge", [1, 30])
def test_it_is_the_solution_for_words_as_frequent_and_rare_as_in_a_text(ridge):
    n_words, rng = 1000, np.random.default_rng(3)
    chances = 1 / np.arange(1, n_words + 1)
    ids = rng.choice(n_words, size=30_000, p=chances / chances.sum())
    matrix = bags(Sentences(ids, np.full(3000, 10), np.arange(3000)), n_words)
    targets, prior = rng.normal(size=(3000, 4)).astype("f"), rng.normal(size=(n_words, 4)).astype("f")
    penalty, plain = penalty_of(matrix, ridge), matrix.toarray().astype("f8")
    wanted = np.linalg.solve(plain.T @ plain + penalty * np.eye(n_words), plain.T @ targets + penalty * prior)
    assert np.allclose(fit_rows(matrix, targets, prior, penalty), wanted, atol=1e-3 * np.abs(wanted).max())


def test_what_was_fitted_is_the_prior_of_what_comes_later():
    first, second = matrix_of(2000, seed=1), matrix_of(200, words=20, seed=2)
    before = fit_rows(first, first @ TRUE, PRIOR, 0.01)
    # The second teacher says that all words have changed.
    found = fit_rows(second, second @ -TRUE, before, 0.01 + evidence_of(first))
    assert np.array_equal(found[20:], before[20:])
    assert 0 < distance(found[:20], before[:20]) < 0.3 * distance(-TRUE[:20], before[:20])
    assert np.allclose(evidence_of(first), (first.toarray() ** 2).sum(axis=0))


def test_the_factor_is_that_of_least_squares():
    assert to_targets(TRUE, 2 * TRUE) == pytest.approx(2)
    assert to_targets(np.zeros((2, 2)), np.ones((2, 2))) == 1


def test_the_spread_does_not_depend_on_the_mean():
    matrix = matrix_of(500)
    assert spread(matrix, TRUE + 3) == pytest.approx(spread(matrix, TRUE), rel=1e-4)
    assert spread(matrix, 2 * TRUE) == pytest.approx(2 * spread(matrix, TRUE), rel=1e-4)
    assert spread(matrix, np.zeros_like(TRUE)) == 1


def test_a_linear_map_from_the_base_is_found():
    rows, turned = rng.normal(size=(500, 8)).astype("f"), rng.normal(size=(8, WIDTH)).astype("f")
    assert np.allclose(base_map(rows, rows @ turned), turned, atol=0.01)
    assert np.array_equal(base_map(np.zeros((4, 8), dtype="f"), np.ones((4, WIDTH))), np.zeros((8, WIDTH)))


def test_as_many_axes_as_directions_keep_all_cosines():
    rows = np.hstack([TRUE, TRUE @ rng.normal(size=(WIDTH, 3))]).astype("f")
    axes = principal_axes(rows, sentences_of(40), WIDTH)
    assert np.allclose(axes.T @ axes, np.eye(WIDTH), atol=1e-5)
    assert np.allclose((rows @ axes) @ (rows @ axes).T, rows @ rows.T, atol=1e-3)


def test_without_two_sentences_of_a_text_the_axes_are_the_principal_components():
    found = principal_axes(TRUE, sentences_of(40), 2)
    _, _, expected = np.linalg.svd(TRUE, full_matrices=False)
    assert np.allclose(np.abs((found * expected[:2].T).sum(axis=0)), 1, atol=1e-4)


def test_a_short_direction_that_tells_texts_apart_is_kept():
    rows = np.random.default_rng(7).normal(size=(N_WORDS, WIDTH)).astype("f")
    rows[:, -1] = np.repeat([0.75, -0.75], N_WORDS // 2)
    texts = np.repeat(np.arange(40), 3)
    halves = (texts % 2)[:, None] * (N_WORDS // 2)
    ids = halves + np.random.default_rng(8).integers(0, N_WORDS // 2, size=(len(texts), 6))
    together = Sentences(ids.ravel(), np.full(len(texts), 6), texts)
    apart = Sentences(ids.ravel(), np.full(len(texts), 6), np.arange(len(texts)))
    kept = [np.linalg.norm(principal_axes(rows, sentences, 1)[-1]) for sentences in (together, apart)]
    assert kept[0] > 0.7 > 0.3 > kept[1]
