import numpy as np
import pytest
import spacy
from conftest import WIDTH, labelled, make_base

from spacy_domainvec import VectorTable
from spacy_domainvec.build.run import train_table
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.console import sizes_table
from spacy_domainvec.evaluation import similarity_sets
from spacy_domainvec.evaluation.sizes import find_knee, measure_sizes
from spacy_domainvec.table.rows import Rows
from spacy_domainvec.table.subwords import NgramSettings, Subwords

SMALL = {"trainer.vector_size": WIDTH, "trainer.subsample": 0.01, "storage.subwords.n_rows": 256}


@pytest.fixture(scope="module", autouse=True)
def few_pairs():
    """Nothing here asks for similarities, and all pairs of words take most of the time."""
    read = similarity_sets.read_similarity_set
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(similarity_sets, "read_similarity_set", lambda file: read(file)[:20])
        yield


@pytest.fixture(scope="module")
def made(base_path, corpus_path):
    given = {**SMALL, "paths.corpus": str(corpus_path), "paths.base": str(base_path), "storage.dtype": "float16"}
    return train_table(load_settings(None, given), spacy.load(base_path))


@pytest.fixture(scope="module")
def sizes(made, base_path):
    return measure_sizes(made, spacy.load(base_path))


@pytest.fixture(scope="module")
def labelled_sizes(made, base_path):
    return measure_sizes(made, spacy.load(base_path), labelled(), labelled(seed=1), shots=2)


@pytest.mark.slow
def test_sizes_are_measured_from_all_to_nothing(labelled_sizes):
    sizes = labelled_sizes
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


@pytest.mark.slow
def test_without_labels_there_is_no_accuracy(sizes):
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


def test_the_table_is_for_people(labelled_sizes):
    lines = sizes_table(labelled_sizes, shots=2).splitlines()
    assert lines[1].split()[:3] == ["MB", "rows", "stored"]
    assert "2 texts a label" in lines[1]
    assert lines[3].split()[1:4] == ["124", "float16", "256"]
    assert len(lines) >= 3 + len(labelled_sizes)


def test_less_of_a_table_gives_less(made, sizes):
    by_rows = sorted((size for size in sizes if size.plan.n_rows == 124), key=lambda size: size.plan.n_subwords)
    # A word that has a row of its own does not ask what the others have.
    assert [size.coverage for size in by_rows] == [1, 1, 1]
    assert by_rows[0].fit <= by_rows[1].fit + 1e-3
    cut = [size for size in sizes if size.plan.dtype == "int8" and size.plan.n_subwords * 124 == size.plan.n_rows * 256]
    assert [size.plan.n_rows for size in cut] == [124, 62, 31, 0]
    for what in ("fit", "coverage", "megabytes"):
        found = [getattr(size, what) for size in cut]
        assert found == sorted(found, reverse=True)
        assert found[0] > found[-1]
    of_text = made.counts / made.n_tokens
    # The rows that are missed most need not be those of the most frequent words.
    assert of_text[-62:].sum() < cut[1].coverage <= of_text[:62].sum() + 1e-4
    assert 0 <= cut[-1].fit < 0.95 < cut[0].fit <= 1


@pytest.mark.slow
@pytest.mark.parametrize("n_words", [0, 1, 2, 30])
@pytest.mark.parametrize("with_subwords", [False, True])
def test_a_table_by_hand_can_be_measured_too(n_words, with_subwords):
    rng = np.random.default_rng(0)
    rows = Rows(rng.normal(size=(20, WIDTH)).astype("f"))
    subwords = Subwords(rows, NgramSettings(3, 5, 2, lower=True), 1.0, 0.5) if with_subwords else None
    vectors = Rows(rng.normal(size=(n_words, WIDTH)).astype("f"))
    table = VectorTable([f"word{i}" for i in range(n_words)], vectors, np.arange(n_words, 0, -1), subwords)
    sizes = measure_sizes(table, make_base())
    assert sizes[0].plan.n_rows == n_words
    assert sizes[0].fit == pytest.approx(1, abs=1e-3)
    assert sizes[0].coverage == (1 if n_words else 0)
    assert (sizes[-1].plan.n_rows, sizes[-1].megabytes, sizes[-1].coverage) == (0, 0, 0)
    assert sum(size.is_knee for size in sizes) == 1
