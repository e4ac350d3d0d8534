import numpy as np
import pytest
from conftest import WIDTH

from spacy_domainvec.pipeline import lookup_cache
from spacy_domainvec.pipeline.lookup_cache import FIRST_ROWS, WORD_BYTES, LookupCache
from spacy_domainvec.table.answers import Answers
from spacy_domainvec.table.base_vectors import BaseTable


def answers_of(vectors, sources=None, base_rows=None):
    n = len(vectors)
    base_rows = np.full((n, 2), -1) if base_rows is None else np.array(base_rows)
    return Answers(np.asarray(vectors, dtype="f"), sources or ["domain"] * n, np.arange(n), base_rows)


@pytest.fixture
def cache(base):
    return LookupCache(BaseTable(base.vocab.vectors), None, WIDTH)


@pytest.mark.parametrize("n", [0, 1, 2, FIRST_ROWS, 3 * FIRST_ROWS])
def test_what_was_added_is_found(cache, n):
    rng = np.random.default_rng(n)
    keys = np.unique(rng.integers(2**63, size=n, dtype="u8")) * np.uint64(2)
    vectors = rng.normal(size=(n, WIDTH)).astype("f")
    cache.add(keys.tolist(), answers_of(vectors))
    numbers = cache.find(keys)
    assert np.array_equal(cache.rows[numbers], vectors)
    assert cache.find(keys + np.uint64(1)).tolist() == [-1] * n
    assert [cache.table_rows[number] for number in numbers] == list(range(n))


@pytest.mark.parametrize("width", [8, 300, 3000])
def test_the_bound_is_one_of_bytes_whatever_the_width(base, monkeypatch, width):
    bound = 16 * 10**6
    monkeypatch.setattr(lookup_cache, "CACHE_BYTES", bound)
    cache, n = LookupCache(BaseTable(base.vocab.vectors), None, width), 0
    while cache.can_serve(base.vocab.vectors):
        cache.add(list(range(n, n + 100)), answers_of(np.full((100, width), n)))
        n += 100
    of_batch = 101 * (4 * width + WORD_BYTES)
    assert n * (4 * width + WORD_BYTES) == pytest.approx(bound, abs=of_batch)
    assert cache.rows.nbytes <= bound + of_batch
    assert cache.rows[1 : n + 1, 0].tolist() == [i // 100 * 100 for i in range(n)]


def test_the_bound_counts_words_without_a_row(base, monkeypatch):
    monkeypatch.setattr(lookup_cache, "CACHE_BYTES", 4 * WIDTH + 50 * WORD_BYTES)
    cache = LookupCache(BaseTable(base.vocab.vectors), None, WIDTH)
    for n in range(51):
        assert cache.can_serve(base.vocab.vectors)
        cache.add([n], answers_of(np.zeros((1, WIDTH)), ["none"]))
    assert not cache.can_serve(base.vocab.vectors)


def test_words_without_a_vector_share_a_row_of_zeros(cache):
    cache.add([5, 6, 7], answers_of(np.eye(3, WIDTH), ["none", "subword", "none"]))
    numbers = cache.find(np.array([5, 6, 7], dtype="u8"))
    assert numbers.tolist() == [0, 1, 0]
    assert cache.rows[numbers].any(axis=1).tolist() == [False, True, False]


@pytest.mark.parametrize("as_array", [True, False])
def test_a_changed_row_of_the_base_is_noticed_by_those_that_were_made_of_it(base, cache, as_array):
    cache.add([1, 2, 3], answers_of(np.eye(3, WIDTH), ["general"] * 3, [[4, -1], [-1, 5], [6, 7]]))
    numbers = np.array([1, 2, 3])
    ask = cache.watched if as_array else (lambda numbers: numbers.tolist())
    assert not cache.is_stale(ask(numbers))
    # The same values in other columns.
    base.vocab.vectors.data[7] = base.vocab.vectors.data[7][::-1].copy()
    assert not cache.is_stale(ask(numbers[:2]))
    assert cache.is_stale(ask(numbers))
    base.vocab.vectors.data[5] = 0
    assert not cache.is_stale(ask(numbers[:1]))
    assert cache.is_stale(ask(numbers[1:2]))


def test_a_table_that_became_smaller_is_noticed(base, cache):
    cache.add([1], answers_of(np.eye(1, WIDTH), ["general"], [[len(base.vocab.vectors.data) - 1, -1]]))
    base.vocab.vectors.resize((3, WIDTH))
    assert cache.is_stale([1])
