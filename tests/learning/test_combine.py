import numpy as np
import pytest

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.learning.combine import Ingredients, average, concat, domain_only
from spacy_domainvec.table.weights import sif_weights
from spacy_domainvec.util.arrays import scaled_to_unit

COUNTS = np.array([1000, 100, 20, 1])


@pytest.fixture
def parts():
    rng = np.random.default_rng(0)
    base, one, two = (scaled_to_unit(rng.normal(size=(4, 5)).astype("f")) for _ in range(3))
    base[1] = 0
    return Ingredients(base, np.array([1, 0, 0.5, 1]), [one, two], COUNTS)


def only_first(parts):
    return Ingredients(parts.base, parts.trust, parts.domains[:1], parts.counts)


def test_the_average_is_that_of_the_formula(parts):
    found = average(0.6, 20).combine(only_first(parts))
    of_base = (1 - 0.6 * COUNTS / (COUNTS + 20)) * [1, 0, 0.5, 1]
    expected = of_base[:, None] * parts.base + (1 - of_base)[:, None] * parts.domains[0]
    assert np.allclose(found, scaled_to_unit(expected), atol=1e-6)
    assert average().has_base
    assert found.dtype == np.float32


def test_the_more_often_a_word_occurs_the_more_the_domain_decides(parts):
    base, domain = (np.tile(rows[:1], (4, 1)) for rows in (parts.base, parts.domains[0]))
    likeness = average().combine(Ingredients(base, np.ones(4), [domain], COUNTS)) @ domain[0]
    assert (np.diff(likeness) < 0).all()


def test_a_word_that_the_base_lacks_is_the_domains(parts):
    assert np.allclose(average().combine(only_first(parts))[1], parts.domains[0][1], atol=1e-6)


def test_several_tables_share_the_domains_part(parts):
    one = average(shares=[1, 0]).combine(parts)
    assert np.allclose(one, average().combine(only_first(parts)))
    equal = average().combine(parts)
    assert np.allclose(equal, average(shares=[3, 3]).combine(parts))
    assert np.allclose(equal[1], scaled_to_unit((parts.domains[0] + parts.domains[1])[1:2])[0], atol=1e-6)


def test_a_base_without_vectors_leaves_the_domain_alone(parts):
    found = average().combine(Ingredients(np.zeros((4, 0), dtype="f"), np.zeros(4), parts.domains[:1], COUNTS))
    assert np.allclose(found, parts.domains[0], atol=1e-6)


def test_concat_puts_them_side_by_side(parts):
    found = concat(0.36).combine(parts)
    assert found.shape == (4, 15)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    lengths = [np.linalg.norm(found[0, i : i + 5]) ** 2 for i in (0, 5, 10)]
    assert np.allclose(lengths, [0.64, 0.18, 0.18], atol=1e-6)
    # The cosine with a word that only the base knows is the base's, scaled by its part.
    assert concat().has_base
    other = np.pad(parts.base[3], (0, 10))
    assert found[0] @ other == pytest.approx(0.8 * parts.base[0] @ parts.base[3], abs=1e-6)


def test_domain_only_has_no_place_for_other_words(parts):
    found = domain_only().combine(parts)
    assert found.shape == (4, 10)
    assert not domain_only().has_base


def test_sif_weights_are_those_of_the_formula():
    weights = sif_weights(np.array([100, 1, 0]), 10_000, 1e-3)
    assert np.allclose(weights, [1e-3 / (1e-3 + 1e-2), 1e-3 / (1e-3 + 1e-4), 1])
    assert weights.dtype == np.float32


@pytest.mark.parametrize("combiner", [average, concat])
def test_weights_out_of_range_are_refused(parts, combiner):
    for weight in (-0.1, 1.1):
        with pytest.raises(DomainVectorsError, match="DV045.*domain_weight"):
            combiner(domain_weight=weight)
    with pytest.raises(DomainVectorsError, match="DV051.*2 domain tables"):
        combiner(shares=[1, 2, 3]).combine(parts)
    with pytest.raises(DomainVectorsError, match="DV051.*all of them are 0"):
        combiner(shares=[0, 0]).combine(parts)
    for shares in ([1, -1], [1, float("nan")], 1, [True, 1], ["1", 1]):
        with pytest.raises(DomainVectorsError, match="DV045.*shares"):
            combiner(shares=shares)


def test_a_negative_count_is_refused():
    with pytest.raises(DomainVectorsError, match="DV045.*half_weight_count"):
        average(half_weight_count=-1)


def test_a_domain_without_a_part_leaves_the_base_alone(parts):
    found = average(domain_weight=0).combine(only_first(parts))
    assert np.allclose(found, parts.base, atol=1e-6)
