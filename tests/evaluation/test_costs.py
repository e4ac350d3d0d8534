import time

import numpy as np
import pytest
import spacy
from conftest import ALL_WORDS, WIDTH, make_base

from spacy_domainvec.comparison.results import Costs
from spacy_domainvec.evaluation.costs import STATM, loading, on_disk, speed, watched, with_vectors


def test_time_and_memory_of_a_block():
    with watched() as training:
        kept = np.ones(2**23)  # 64 MiB
        time.sleep(0.1)
        del kept
    assert 0.1 <= training.seconds < 5
    assert training.megabytes is None if not STATM.exists() else training.megabytes > 50


def test_a_block_that_fails_still_fails():
    with pytest.raises(ZeroDivisionError), watched():
        1 / 0  # noqa: B018


@pytest.mark.slow
def test_size_loading_and_speed_of_a_pipeline():
    nlp = make_base()
    size, seconds = on_disk(nlp)
    assert 0 <= size < 1 and seconds > 0
    assert speed(nlp, ["bank1 the"], lambda doc: doc.vector) > 0


@pytest.mark.slow
def test_loading_takes_time(base_path):
    assert loading(str(base_path)) > 0


@pytest.mark.parametrize("beside_base", [False, True])
def test_a_pipeline_gets_the_vectors_of_others(beside_base):
    rows = np.ones((2, WIDTH), dtype="f")
    nlp = with_vectors(make_base(), ["bank1", "new"], rows, "LOWER", beside_base)
    before = make_base()
    assert nlp("new").vector.tolist() == nlp("bank1").vector.tolist() == [1] * WIDTH
    assert nlp("NEW").has_vector != beside_base
    # The last two words share a row, and neither of them is touched.
    for word in ALL_WORDS[-2:]:
        assert nlp(word).vector.tolist() == (before(word).vector if beside_base else np.zeros(WIDTH)).tolist()


def test_where_there_are_no_vectors_there_are_others():
    nlp = with_vectors(spacy.blank("en"), ["new"], np.ones((1, 3), dtype="f"), "ORTH", beside_base=True)
    assert nlp("new").vector.tolist() == [1] * 3


def test_costs_are_added_unless_one_was_not_measured():
    one, other = Costs(1.0, 0.25, 2.0, None, 0.5), Costs(0.0, 0.5, 1.0, 3.0, 0.25)
    assert one + other == Costs(1.0, 0.75, 3.0, None, 0.75)
