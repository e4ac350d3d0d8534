import numpy as np
import pytest
from conftest import labelled, make_base

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.comparison.accuracy import allowed_shots, classification, predictions
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


def test_one_label_is_refused():
    with pytest.raises(DomainVectorsError, match="DV067.*one label"):
        classification(Labelled(["a", "b"], ["x", "x"]), None)


def test_a_label_that_only_the_test_has_is_wrong():
    train, test = labelled(5), Labelled(["bank1 bank2", "bank1 bank2"], ["other", "bank"])
    task = classification(train, test)
    right = predictions(vectors_of(make_base(), task.texts), task) == task.expected
    assert not right[:, :, 0].any() and right[:, :, 1].all()
