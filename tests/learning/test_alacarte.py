import numpy as np
import scipy.sparse as sparse

from spacy_domainvec.learning.alacarte import a_la_carte


def test_the_map_is_the_one_that_fits_the_words():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(300, 8)).astype("f")
    contexts = sparse.csr_matrix(rng.poisson(0.3, size=(300, 300)).astype("i8"))
    means = contexts @ vectors / np.maximum(contexts.sum(axis=1), 1)
    mapped = np.asarray(means @ rng.normal(size=(8, 8)), dtype="f")
    # Where each word's vector is a linear map of its contexts, that map is found.
    found = a_la_carte(contexts, contexts, mapped)
    means = np.asarray(contexts @ mapped / np.maximum(contexts.sum(axis=1), 1))
    expected = means @ np.linalg.lstsq(means, mapped, rcond=None)[0]
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.99


def test_no_contexts_give_zeros():
    vectors = np.random.default_rng(0).normal(size=(5, 3)).astype("f")
    word_contexts = sparse.csr_matrix(np.ones((5, 5), dtype="i8"))
    assert not a_la_carte(sparse.csr_matrix((2, 5), dtype="i8"), word_contexts, vectors).any()


def test_words_that_never_stand_near_each_other_give_zeros():
    vectors = np.random.default_rng(0).normal(size=(5, 3)).astype("f")
    nothing = sparse.csr_matrix((5, 5), dtype="i8")
    assert not a_la_carte(nothing[:2], nothing, vectors).any()
