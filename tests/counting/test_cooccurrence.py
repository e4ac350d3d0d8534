import numpy as np
import pytest
from conftest import NO_FOLD_INS, tokens_of

from spacy_domainvec.counting import pairs
from spacy_domainvec.counting.cooccurrence import both_sides, count
from spacy_domainvec.counting.fold_ins import FoldIns
from spacy_domainvec.counting.pairs import distance_unit
from spacy_domainvec.counting.vocabulary import build_vocabulary
from spacy_domainvec.counting.windows import neighbours
from spacy_domainvec.util.jobs import Jobs

TEXTS = ["a b c a", "b b a", "c d", "a", "d c b a d c b a a a"]


@pytest.fixture
def counted(tmp_path_factory):
    def counts(texts, window=10, subsample=0.0, seed=0, min_count=1, fold_ins=NO_FOLD_INS):
        folder = tmp_path_factory.mktemp("corpus")
        tokens = tokens_of(folder, *texts)
        jobs = Jobs(folder / "jobs")
        return count(tokens, build_vocabulary(tokens, min_count), fold_ins, jobs, window, subsample, seed)

    return counts


def fold_ins_of(*names):
    return FoldIns([tuple(name.split()) for name in names], np.ones(len(names), dtype="i8"))


def pairs_of(counted):
    words, matrix = counted.vocabulary.words, counted.matrix.tocoo()
    return {(words[i], words[j]): int(n) for i, j, n in zip(matrix.row, matrix.col, matrix.data) if n}


def contexts_of(counted):
    words, matrix = counted.vocabulary.words, counted.contexts.tocoo()
    return {(counted.fold_ins.names[i], words[j]): int(n) for i, j, n in zip(matrix.row, matrix.col, matrix.data) if n}


def pairs_by_hand(texts, words, window):
    found = {}
    for text in texts:
        kept = [word for word in text.split() if word in words]
        for i, left in enumerate(kept):
            for distance, right in enumerate(kept[i + 1 : i + 1 + window], 1):
                found[left, right] = found.get((left, right), 0) + distance_unit(window) // distance
    return found


@pytest.mark.slow
@pytest.mark.parametrize("window", [1, 2, 10])
def test_counts_are_those_made_by_hand(counted, window):
    found = counted(TEXTS, window)
    assert pairs_of(found) == pairs_by_hand(TEXTS, found.vocabulary.words, window)
    assert found.matrix.dtype == np.int64
    assert found.matrix.has_canonical_format


@pytest.mark.slow
def test_rare_words_are_taken_out_before_windows(counted):
    assert pairs_of(counted(["a x b", "a b"], 1, min_count=2)) == {("a", "b"): 2}


@pytest.mark.slow
def test_windows_do_not_cross_texts(counted):
    assert pairs_of(counted(["a", "b", "a", "b"], 5)) == {}


@pytest.mark.slow
def test_frequent_words_are_subsampled(counted):
    texts = [f"the the the the w{i % 7} w{i % 5}" for i in range(300)]
    full, some = (counted(texts, 2, subsample) for subsample in (0, 0.05))
    the = full.vocabulary.words.index("the")
    # Of a word of frequency f, sqrt(0.05 / f) are kept.
    kept = some.matrix[the, the] / full.matrix[the, the]
    assert 0.01 < kept < 0.3
    assert some.vocabulary.counts.tolist() == full.vocabulary.counts.tolist()


@pytest.mark.slow
def test_the_seed_chooses_what_is_dropped(counted):
    one, same, other = (pairs_of(counted(TEXTS * 20, 3, 0.05, seed)) for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.slow
def test_what_is_dropped_depends_on_the_text_not_on_its_place(counted):
    assert pairs_of(counted(TEXTS * 20, 3, 0.05)) == pairs_of(counted(sorted(TEXTS * 20), 3, 0.05))


@pytest.mark.slow
def test_contexts_of_a_word_are_those_of_the_counts(counted):
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), 30)) for _ in range(20)]
    found = counted(texts, 4, 0.05, fold_ins=fold_ins_of(*"abcdefgh"))
    # Of words of the vocabulary there are contexts where they were dropped, too, so all are kept here.
    found = counted(texts, 4, fold_ins=fold_ins_of(*found.vocabulary.words))
    assert np.array_equal(found.contexts.toarray(), both_sides(found.matrix).toarray())


@pytest.mark.slow
def test_contexts_of_a_phrase_stand_outside_it(counted):
    found = counted(["x y overdraft fee z", "w", "v"], 2, fold_ins=fold_ins_of("overdraft fee"))
    unit, phrase = distance_unit(2), "overdraft fee"
    assert contexts_of(found) == {(phrase, "x"): unit // 2, (phrase, "y"): unit, (phrase, "z"): unit}


def test_contexts_stay_in_their_text(counted):
    assert contexts_of(counted(["x", "rare", "y", "a rare"], 5, fold_ins=fold_ins_of("rare"))) == {
        ("rare", "a"): distance_unit(5)
    }


def test_rare_words_do_not_count_as_distance(counted):
    found = counted(["a rare b", "a b", "a b"], 1, min_count=2, fold_ins=fold_ins_of("rare", "never"))
    assert contexts_of(found) == {("rare", "a"): 1, ("rare", "b"): 1}
    assert found.contexts.shape == (2, 2)


@pytest.mark.slow
def test_a_wider_window_takes_fewer_tokens_at_a_time(counted, monkeypatch):
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), 30)) for _ in range(200)]
    whole = counted(texts, 20, fold_ins=fold_ins_of("a b", "c"))
    held, count_near = [], pairs.count_near

    def watched(places, words, texts, weights, shape):
        held.append(neighbours(places[0], texts, len(weights)).lengths.sum())
        return count_near(places, words, texts, weights, shape)

    monkeypatch.setattr(pairs, "count_near", watched)
    for n_tokens in (60, 600, 2000):
        monkeypatch.setattr(Jobs, "n_tokens", property(lambda self, n=n_tokens: n))
        held.clear()
        found = counted(texts, 20, fold_ins=fold_ins_of("a b", "c"))
        # As many pairs as a window of 10 has of all n_tokens.
        assert max(held) <= n_tokens * 10
        assert len(held) >= 6000 // n_tokens
        assert found.matrix.has_canonical_format and found.contexts.has_canonical_format
        for one, other in ((found.matrix, whole.matrix), (found.contexts, whole.contexts)):
            assert np.array_equal(one.data, other.data) and np.array_equal(one.indices, other.indices)
