import numpy as np
import pytest
import spacy
from conftest import WIDTH
from test_evaluate import labelled

from spacy_domainvec.build import train_table
from spacy_domainvec.config import load_settings
from spacy_domainvec.console import sizes_table
from spacy_domainvec.sizes import find_knee, measure_sizes

SMALL = {"trainer.vector_size": WIDTH, "trainer.subsample": 0.01, "storage.subwords.n_rows": 256}


@pytest.fixture(scope="module")
def made(base_path, corpus_path):
    given = {**SMALL, "paths.corpus": str(corpus_path), "paths.base": str(base_path), "storage.dtype": "float16"}
    return train_table(load_settings(None, given), spacy.load(base_path))


def test_sizes_are_measured_from_all_to_nothing(made, base_path):
    sizes = measure_sizes(made, spacy.load(base_path), labelled(), labelled(seed=1), shots=2)
    whole, nothing = sizes[0], sizes[-1]
    assert (whole.plan.n_rows, whole.plan.dtype, whole.plan.n_subwords) == (124, "float16", 256)
    assert whole.coverage == 1
    assert whole.fit > 0.999
    assert whole.accuracy > 0.9
    assert (nothing.plan.n_rows, nothing.megabytes, nothing.coverage) == (0, 0, 0)
    assert [size.megabytes for size in sizes] == sorted((size.megabytes for size in sizes), reverse=True)
    assert sum(size.is_knee for size in sizes) == 1
    assert {size.plan.dtype for size in sizes} == {"float16", "int8"}
    assert any(size.plan.n_rows == 124 and not size.plan.n_subwords for size in sizes)


def test_without_labels_there_is_no_accuracy(made, base_path):
    sizes = measure_sizes(made, spacy.load(base_path))
    assert {size.accuracy for size in sizes} == {None}
    shown = sizes_table(sizes, shots=10)
    assert "texts a label" not in shown
    assert shown.count("<- knee") == 1


@pytest.mark.parametrize(
    ("sizes", "gains", "knee"),
    [([0, 1, 2, 4, 8], [0, 5, 9, 9.5, 10], 2), ([8, 4, 2, 1, 0], [10, 9.5, 9, 5, 0], 2), ([1, 1], [3, 3], 0)],
)
def test_the_knee_is_where_the_curve_bends(sizes, gains, knee):
    assert find_knee(sizes, gains) == knee


def test_the_table_is_for_people(made, base_path):
    sizes = measure_sizes(made, spacy.load(base_path), labelled(), labelled(seed=1), shots=2)
    lines = sizes_table(sizes, shots=2).splitlines()
    assert lines[1].split()[:3] == ["MB", "rows", "stored"]
    assert "2 texts a label" in lines[1]
    assert lines[3].split()[1:4] == ["124", "float16", "256"]
    assert np.isfinite([size.fit for size in sizes]).all()
