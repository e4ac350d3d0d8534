import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.corpus.sentences import Sentences
from spacy_domainvec.learning.document_map import document_map, fit_map, scatter
from spacy_domainvec.util.arrays import scaled_to_unit

WIDTH = 6
N_WORDS = 60


def words_of_topics(seed=0):
    """Rows of words of two topics, which differ little from each other beside what all words differ in."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(N_WORDS, WIDTH)) * [4, 3, 2, 1, 1, 1] + [3, 0, 0, 0, 0, 0]
    rows[:, -1] += np.repeat([0.8, -0.8], N_WORDS // 2)
    return scaled_to_unit(rows.astype("f"))


def texts_of_topics(n_texts, seed=0, n_sentences=3, n_words=6):
    """Texts of one topic each."""
    rng = np.random.default_rng(seed)
    topics = rng.integers(2, size=n_texts)
    n = n_sentences * n_words
    ids = (topics[:, None] * (N_WORDS // 2) + rng.integers(N_WORDS // 2, size=(n_texts, n))).ravel()
    lengths = np.full(n_texts * n_sentences, n_words)
    return Sentences(ids, lengths, np.repeat(np.arange(n_texts), n_sentences)), topics


def means(sentences, rows):
    """The vectors of sentences, of unit length."""
    starts = np.cumsum(sentences.lengths) - sentences.lengths
    return scaled_to_unit(np.add.reduceat(rows[sentences.ids], starts))


def topic_gap(vectors, topics):
    """By how much sentences of one topic are more alike than those of two, in standard deviations."""
    cosines = vectors @ vectors.T
    same = topics[:, None] == topics
    others = ~np.eye(len(topics), dtype=bool)
    return (cosines[same & others].mean() - cosines[~same].mean()) / cosines[others].std()


@pytest.mark.parametrize("seed", range(3))
def test_a_map_tells_topics_apart_that_are_alike_without_it(seed):
    rows = words_of_topics(seed)
    matrix = fit_map(document_map(), texts_of_topics(300)[0], rows, np.ones(N_WORDS, dtype="f"))
    held_out, topics = texts_of_topics(60, seed=1)
    topics = topics[held_out.texts]
    without, with_map = (topic_gap(means(held_out, found), topics) for found in (rows, rows @ matrix))
    assert with_map > 1.5 * without


@given(st.integers(0, 1000), st.floats(0, 5), st.floats(0.01, 1), st.floats(0, 2))
@settings(max_examples=20, deadline=None)
def test_a_rotation_of_the_rows_changes_no_cosine(seed, shrinkage, floor, exponent):
    fitter, rows, sentences = document_map(shrinkage, floor, exponent), words_of_topics(), texts_of_topics(100)[0]
    weights = np.linspace(0.2, 1, N_WORDS).astype("f")
    rotation = np.linalg.qr(np.random.default_rng(seed).normal(size=(WIDTH, WIDTH)))[0].astype("f")
    rotated = rows @ rotation
    mapped = rows @ fit_map(fitter, sentences, rows, weights)
    mapped_rotated = rotated @ fit_map(fitter, sentences, rotated, weights)
    assert np.allclose(mapped @ mapped.T, mapped_rotated @ mapped_rotated.T, atol=1e-3)


@given(st.integers(0, 1000), st.floats(0.01, 100))
@settings(max_examples=20, deadline=None)
def test_the_mean_length_is_kept(seed, size):
    rng = np.random.default_rng(seed)
    rows, sentences = words_of_topics(seed), texts_of_topics(50, seed)[0]
    rows[::7] = 0
    weights = (size * rng.random(N_WORDS)).astype("f")
    mapped = rows @ fit_map(document_map(), sentences, rows, weights)
    assert mapped.dtype == np.float32
    shares = np.bincount(sentences.ids, minlength=N_WORDS) * weights * rows.any(axis=1)
    assert np.linalg.norm(mapped, axis=1) @ shares / shares.sum() == pytest.approx(1, abs=1e-4)
    assert not mapped[::7].any()


def plain_scatter(sentences, rows):
    """The definition, one pair after another."""
    vectors = means(sentences, rows).astype("f8")
    vectors -= vectors.mean(axis=0)
    total = np.mean([np.outer(v, v) for v in vectors], axis=0)
    of_texts = []
    for text in np.unique(sentences.texts):
        places = np.flatnonzero(sentences.texts == text)
        pairs = [np.outer(vectors[i], vectors[j]) for i in places for j in places if i != j]
        if pairs:
            of_texts.append(np.mean(pairs, axis=0))
    return total, np.mean(of_texts, axis=0) if of_texts else np.zeros_like(total)


@given(st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=4), min_size=1, max_size=6), st.integers(0, 100))
@settings(max_examples=30, deadline=None)
def test_the_scatter_is_that_of_its_definition(lengths, seed):
    rng = np.random.default_rng(seed)
    of_sentences = np.concatenate(lengths)
    ids = rng.integers(N_WORDS, size=of_sentences.sum())
    sentences = Sentences(ids, of_sentences, np.repeat(np.arange(len(lengths)), [len(text) for text in lengths]))
    rows = rng.normal(size=(N_WORDS, WIDTH)).astype("f")
    found = scatter(sentences, rows)
    total, between = plain_scatter(sentences, rows)
    assert found.total.dtype == found.between.dtype == np.float64
    assert np.allclose(found.total, total, atol=1e-6)
    assert np.allclose(found.between, between, atol=1e-6)


def covariances(seed=0):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(2, WIDTH, 20))
    return first @ first.T / 20, second[:, :3] @ second[:, :3].T / 20


def test_the_map_is_that_of_the_formula():
    total, between = covariances()
    found = document_map(2, 0.3, 0.5)(total, between)
    values, vectors = np.linalg.eigh(total + 2 * np.linalg.eigvalsh(total).mean() * np.eye(WIDTH))
    whitening = vectors @ np.diag(values**-0.5) @ vectors.T
    shared, directions = np.linalg.eigh(whitening @ between @ whitening)
    stretch = np.diag((np.maximum(shared, 0) + 0.3 * shared.max()) ** 0.5)
    assert np.allclose(found, whitening @ directions @ stretch @ directions.T)


def test_an_exponent_of_zero_is_whitening_alone():
    total, between = covariances()
    found = document_map(0, 0.1, 0)(total, between)
    assert np.allclose(found @ total @ found.T, np.eye(WIDTH))
    assert np.allclose(found, found.T)


ONE_SENTENCE = Sentences(np.tile(np.arange(5), 40), np.full(40, 5), np.arange(40) // 2)
ONE_TEXT = Sentences(texts_of_topics(40)[0].ids, texts_of_topics(40)[0].lengths, np.zeros(120, dtype="i8"))
NO_PAIRS = Sentences(ONE_TEXT.ids, ONE_TEXT.lengths, np.arange(120))


@pytest.mark.parametrize("sentences", [ONE_SENTENCE, ONE_TEXT, NO_PAIRS])
@pytest.mark.parametrize("numbers", [(3.0, 0.1, 0.25), (0, 0, 0.25), (0, 0.1, 4), (3, 0, 0)])
def test_texts_that_tell_nothing_give_a_map_of_numbers(sentences, numbers):
    rows = words_of_topics()
    matrix = fit_map(document_map(*numbers), sentences, rows, np.ones(N_WORDS, dtype="f"))
    assert matrix.shape == (WIDTH, WIDTH)
    assert np.isfinite(matrix).all()
    # No word loses its vector.
    assert (rows @ matrix).any(axis=1).all()


def test_rows_of_zeros_give_a_map_of_numbers():
    rows = np.zeros((N_WORDS, WIDTH), dtype="f")
    assert np.isfinite(fit_map(document_map(), ONE_TEXT, rows, np.ones(N_WORDS, dtype="f"))).all()


@pytest.mark.parametrize("name", ["shrinkage", "floor", "exponent"])
@pytest.mark.parametrize("value", [-0.1, 1001, float("nan"), float("inf"), "1", True, None])
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(DomainVectorsError, match=rf"DV045.*{name}"):
        document_map(**{name: value})


def test_labelled_texts_count_as_much_as_all_sentences():
    sentences, labelled = texts_of_topics(100, seed=1)[0], texts_of_topics(2, seed=2, n_sentences=10)[0]
    rows, weights = words_of_topics(), np.ones(N_WORDS, dtype="f")
    given = []

    def fitter(total, between):
        given.append((total, between))
        return np.eye(WIDTH)

    fit_map(fitter, sentences, rows, weights, labelled)
    one, other = scatter(sentences, rows), scatter(labelled, rows)
    for found, name in zip(given[0], ("total", "between")):
        parts = [getattr(part, name) for part in (one, other)]
        assert np.allclose(found, sum(part / np.trace(part) for part in parts))
        assert np.trace(found) == pytest.approx(2)


def test_labels_that_topics_cut_across_are_learned():
    """Texts of both topics are about all words; labels tell the halves of each topic's words apart."""
    rng = np.random.default_rng(3)
    of_label = np.arange(N_WORDS) % 2
    rows = words_of_topics()
    rows[:, -2] += 0.1 * (2 * of_label - 1)
    rows = scaled_to_unit(rows)
    weights = np.ones(N_WORDS, dtype="f")
    sentences = texts_of_topics(300, seed=4)[0]

    def texts_of(label, n):
        return rng.choice(np.flatnonzero(of_label == label), size=(n, 6))

    def labelled(n):
        ids = np.concatenate([texts_of(label, n) for label in (0, 1)])
        return Sentences(ids.ravel(), np.full(2 * n, 6), np.repeat([0, 1], n))

    held_out = labelled(40)
    gaps = [
        topic_gap(means(held_out, rows @ fit_map(document_map(), sentences, rows, weights, of)), held_out.texts)
        for of in (None, labelled(20))
    ]
    assert gaps[1] > 1.2 * gaps[0]


def test_labels_of_one_text_each_change_nothing_but_the_total():
    rows = words_of_topics()
    found = scatter(texts_of_topics(50)[0], rows)
    singles = Sentences(np.arange(12), np.full(3, 4), np.arange(3))
    both = found.beside(scatter(singles, rows))
    assert np.allclose(both.between, found.between / np.trace(found.between))
    assert np.trace(both.total) == pytest.approx(2)
