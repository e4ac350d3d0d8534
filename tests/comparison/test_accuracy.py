import numpy as np
import pytest
from conftest import labelled, make_base
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.comparison.accuracy import (
    _widened,
    allowed_shots,
    classification,
    difference,
    interval,
    macro_f1,
    predictions,
)
from spacy_domainvec.comparison.results import Interval
from spacy_domainvec.evaluation.labelled import Labelled
from spacy_domainvec.evaluation.measures import accuracy, document_vectors


def vectors_of(nlp, texts):
    return document_vectors(nlp, texts, lambda doc: doc.vector)


@pytest.mark.slow
def test_it_is_the_accuracy_of_evaluate():
    nlp, train, test = make_base(), labelled(12, seed=1, more=["the"]), labelled(9, seed=2)
    task = classification(train, test)
    right = predictions(vectors_of(nlp, task.texts), task) == task.expected
    vectors = vectors_of(nlp, train.texts), train.labels, vectors_of(nlp, test.texts), test.labels
    assert task.shots == [5, 10]
    for shots, found in zip(task.shots, right):
        assert round(found.mean(), 4) == accuracy(*vectors, shots)


@pytest.mark.slow
def test_folds_test_each_text_once_with_the_others():
    task = classification(labelled(7), None)
    assert sorted(task.tested.tolist()) == list(range(28))
    for train, test in task.splits:
        assert not set(train) & set(test) and len(train) + len(test) == 28
        assert np.bincount(task.codes[train]).min() >= 5
    facts = task.facts()
    assert (facts.n_folds, facts.n_train, facts.n_test, facts.n_labels) == (5, 28, 28, 4)
    assert predictions(vectors_of(make_base(), task.texts), task).shape == (1, 3, 28)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([3, 3, 9], [3]), ([10, 10, 5], [5, 10]), ([1, 1, 1], [1]), ([99, 60, 50, 20], [5, 10, 20, 50])],
)
def test_shots_are_those_that_the_labels_allow(counts, expected):
    assert allowed_shots(np.repeat(np.arange(len(counts)), counts)) == expected


def test_uneven_labels_are_seen():
    even = classification(labelled(4), labelled(4)).facts()
    texts = labelled(10)
    uneven = classification(labelled(4), Labelled(texts.texts[:16], texts.labels[:16])).facts()
    assert not even.is_uneven and even.majority == 0.25
    assert not uneven.is_uneven
    more = Labelled(texts.texts + texts.texts[:20], texts.labels + ["bank"] * 20)
    assert classification(labelled(4), more).facts().is_uneven


@pytest.mark.parametrize(
    ("counts", "is_uneven"), [((95, 5), True), ((60, 40), False), ((66, 33), True), ((1, 1), False)]
)
def test_two_labels_can_be_uneven(counts, is_uneven):
    labels = ["a"] * counts[0] + ["b"] * counts[1]
    task = classification(labelled(4), Labelled([f"t{i}" for i in range(len(labels))], labels))
    assert task.facts().is_uneven == is_uneven


def test_one_label_is_refused():
    with pytest.raises(DomainVectorsError, match="DV067.*one label"):
        classification(Labelled(["a", "b"], ["x", "x"]), None)


def test_a_label_that_only_the_test_has_is_wrong():
    train, test = labelled(5), Labelled(["bank1 bank2", "bank1 bank2"], ["other", "bank"])
    task = classification(train, test)
    right = predictions(vectors_of(make_base(), task.texts), task) == task.expected
    assert not right[:, :, 0].any() and right[:, :, 1].all()


ARRAYS = st.tuples(st.integers(1, 4), st.integers(1, 12), st.integers(0, 99))


def right(n_draws, n_texts, seed, share=0.5):
    return np.random.default_rng(seed).random((n_draws, n_texts)) < share


def plain_interval(values, n_resamples, seed):
    """Sums over single places, in the order in which `interval` draws them."""
    n_rows, n_columns = values.shape
    of_rows, of_columns, means = np.random.default_rng(seed), np.random.default_rng(seed + 1), []
    for _ in range(n_resamples):
        rows, columns = of_rows.integers(0, n_rows, max(n_rows - 1, 1)), of_columns.integers(0, n_columns, n_columns)
        means.append(sum(int(values[i, j]) for i in rows for j in columns) / (len(rows) * len(columns)))
    mean, by_row = values.mean(), values.mean(axis=1)
    factor = 1.0
    if n_rows > 1 and (of_rows := by_row.var(ddof=1) / n_rows) > 1e-12 and np.var(means) > 0:
        freedom = (n_rows - 1) * max(np.var(means) / of_rows, 1) ** 2
        factor = stats.t.ppf(0.975, freedom) / stats.norm.ppf(0.975)
    return mean, *(mean + factor * (end - mean) for end in np.percentile(means, [2.5, 97.5]))


@pytest.mark.slow
@given(ARRAYS)
@settings(max_examples=25, deadline=None)
def test_an_interval_is_that_of_the_plain_definition(shape):
    values = right(*shape).astype("i1")
    found = interval(values, 40, seed=shape[2])
    assert (found.value, found.low, found.high) == pytest.approx(plain_interval(values, 40, shape[2]), abs=1e-4)


@pytest.mark.slow
@given(ARRAYS)
@settings(max_examples=8, deadline=None)
def test_a_difference_turns_around_and_is_nothing_to_itself(shape):
    a, b = right(*shape), right(*shape[:2], shape[2] + 100)
    there, back = difference(a, b), difference(b, a)
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low), abs=1e-3)
    assert difference(a, a) == Interval(0.0, 0.0, 0.0)


def test_pairing_makes_a_difference_surer():
    # The second is the first with five more right of 300.
    a = right(3, 300, 0)
    b = a.copy()
    b[:, np.flatnonzero(~a.any(axis=0))[:5]] = True
    paired, alone = difference(b, a), interval(a.astype("i1"))
    assert 0 < paired.low < paired.value < paired.high
    assert paired.high - paired.low < (alone.high - alone.low) / 3


@pytest.mark.slow
def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    rng, hits, truth = np.random.default_rng(0), 0, 0.7
    for n in range(100):
        # Draws differ, and so do texts.
        chance = truth + rng.normal(0, 0.03, (3, 1)) + rng.normal(0, 0.1, (1, 200))
        found = interval((rng.random((3, 200)) < chance).astype("i1"), 200, n)
        hits += found.low <= truth <= found.high
    assert hits >= 88


def test_few_draws_that_differ_more_than_texts_make_intervals_wider():
    values = np.repeat([[0.6], [0.7], [0.8]], 2000, axis=1)
    of_rows = values.mean(axis=1).var(ddof=1) / 3
    # Student's t with two degrees of freedom, and the normal distribution.
    assert _widened(values.mean(axis=1), of_rows) == pytest.approx(4.303 / 1.960, abs=1e-3)
    assert _widened(values.mean(axis=1), 100 * of_rows) == pytest.approx(1.0, abs=1e-3)
    assert _widened(values[:1].mean(axis=1), 1.0) == _widened(np.full(3, 0.5), 1.0) == 1.0
    found = interval(values)
    assert found.low < 0.6 and found.high > 0.8


def test_macro_f1_counts_labels_alike():
    expected = np.array([0, 0, 0, 0, 1])
    always_0, all_right = np.zeros((2, 5), dtype=int), np.array([expected, expected])
    assert macro_f1(all_right, expected) == 1.0
    assert macro_f1(always_0, expected) == pytest.approx((8 / 9 + 0) / 2, abs=1e-4)
