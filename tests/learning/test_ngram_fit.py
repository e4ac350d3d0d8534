import numpy as np
import pytest
import spacy
from conftest import make_part
from spacy.vectors import Vectors

from spacy_domainvec.learning.ngram_fit import Examples, Hasher, SubwordFitter, choose_examples, fit
from spacy_domainvec.table.base_vectors import BaseTable
from spacy_domainvec.table.rows import Rows
from spacy_domainvec.table.subwords import NgramSettings, Subwords
from spacy_domainvec.util.arrays import scaled_to_unit

NGRAMS = NgramSettings(3, 5, 2, lower=True)
STEMS = [a + b + c for a in "bdfgklmn" for b in "aeiou" for c in ("rt", "st", "nk", "lp")]
ENDINGS = ["s", "ed", "ing", "er"]


@pytest.fixture(scope="module")
def examples():
    """Words whose vectors are sums of those of their stem and their ending."""
    rng = np.random.default_rng(0)
    parts = {part: rng.normal(size=20) for part in [*STEMS, *ENDINGS]}
    words = [(stem, ending) for stem in STEMS for ending in ENDINGS]
    vectors = np.array([parts[stem] + parts[ending] for stem, ending in words], dtype="f")
    return Examples(["".join(word) for word in words], scaled_to_unit(vectors))


def fitted_cosine(examples, n_rows):
    subwords = Subwords(Rows(fit(examples, n_rows, NGRAMS).rows), NGRAMS, 1.0, 0.0)
    return float((subwords.vectors(examples.words) * examples.vectors).sum(axis=1).mean())


def test_more_buckets_reproduce_the_rows_better(examples):
    cosines = [fitted_cosine(examples, n_rows) for n_rows in (50, 200, 1000, 5000)]
    assert cosines == sorted(cosines)
    assert cosines[-1] > 0.95
    assert cosines[0] < cosines[-1] - 0.2


def test_words_never_seen_come_near_their_stem(examples):
    cosine = fit(examples, 5000, NGRAMS).held_out_cosine
    assert cosine > 0.7
    shuffled = Examples(examples.words, np.random.default_rng(0).permutation(examples.vectors))
    assert fit(shuffled, 5000, NGRAMS).held_out_cosine < cosine - 0.3


def test_the_matrix_times_the_table_is_spacys_look_up(examples):
    rows = np.random.default_rng(0).normal(size=(97, 5)).astype("f")
    words = ["Overdraft", "q", "fee"]
    expected = Subwords(Rows(rows), NGRAMS, 1.0, 0.0).vectors(words)
    assert np.allclose(scaled_to_unit(Hasher(NGRAMS).matrix(words, 97) @ rows), expected, atol=1e-5)


def test_progress_reaches_its_end(examples):
    done = []
    fit(examples, 100, NGRAMS, lambda steps: (done.append(step) or step for step in steps))
    assert done == list(range(20))


def test_the_same_twice(examples):
    assert np.array_equal(fit(examples, 300, NGRAMS).rows, fit(examples, 300, NGRAMS).rows)


def test_a_number_of_rows_is_fitted_once(examples):
    fitter = SubwordFitter(examples, NGRAMS, 0.75, lambda steps, description: steps)
    assert fitter(100) is fitter(100)
    assert fitter(100).weight == 0.75
    assert fitter(0) is None
    assert SubwordFitter(Examples([], np.zeros((0, 3), dtype="f")), NGRAMS, 1.0, iter)(100) is None


def test_examples_are_reliable_words_and_the_bases_others():
    nlp = spacy.blank("en")
    keys = ["the", "Fee", "fee", "Bank1", "apr"]
    data = np.random.default_rng(0).normal(size=(5, 8)).astype("f")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=keys)
    nlp.vocab.vectors.add("x", row=4)
    for word in [*keys, "x"]:
        nlp.vocab.strings.add(word)
    base = BaseTable(nlp.vocab.vectors)
    words, vectors = ["the", "overdraft fee", "rare", "nothing"], np.eye(4, 8, dtype="f")
    vectors[3] = 0
    reliable = np.array([True, True, False, True])
    found = choose_examples(words, vectors, reliable, base, make_part(), nlp.vocab.strings)
    # "apr" and "x" share a row, which was made for the first of them.
    assert found.words == ["the", "fee", "bank1", "apr"]
    assert np.allclose(found.vectors[0], vectors[0])
    assert np.allclose(found.vectors[1:], base.unit_rows(["fee", "Bank1", "apr"]), atol=1e-6)
    alone = choose_examples(words, vectors, reliable, base, None, nlp.vocab.strings)
    assert alone.words == ["the"]
