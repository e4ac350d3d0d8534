import time

import numpy as np
import pytest
from conftest import make_base

from spacy_domainvec.comparison.costs import STATM, loading, on_disk, speed, watched


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
