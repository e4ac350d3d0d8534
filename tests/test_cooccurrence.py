import json

import numpy as np
import pytest
import spacy

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.cooccurrence import Cooccurrence, build_vocabulary, count, distance_unit, merge
from spacy_domainvec.corpus import Corpus, tokenize

TEXTS = ["a b c a", "b b a", "c d", "a", "d c b a d c b a a a"]


@pytest.fixture
def tokens_of(tmp_path_factory):
    def tokens(texts):
        folder = tmp_path_factory.mktemp("corpus")
        (folder / "a.txt").write_text("\n".join(texts) + "\n")
        return tokenize(Corpus(folder / "a.txt"), spacy.blank("en"), folder)

    return tokens


def pairs_of(counted):
    words, matrix = counted.vocabulary.words, counted.matrix.tocoo()
    return {(words[i], words[j]): int(n) for i, j, n in zip(matrix.row, matrix.col, matrix.data) if n}


def pairs_by_hand(texts, words, window):
    found = {}
    for text in texts:
        kept = [word for word in text.split() if word in words]
        for i, left in enumerate(kept):
            for distance, right in enumerate(kept[i + 1 : i + 1 + window], 1):
                found[left, right] = found.get((left, right), 0) + distance_unit(window) // distance
    return found


def test_words_are_sorted_by_count_and_then_by_name(tokens_of):
    tokens = tokens_of(["b a b c", "c d"])
    assert build_vocabulary(tokens, min_count=1).words == ["b", "c", "a", "d"]
    assert build_vocabulary(tokens, min_count=2).words == ["b", "c"]
    vocabulary = build_vocabulary(tokens, min_count=1, max_vocab=3)
    assert vocabulary.words == ["b", "c", "a"]
    assert vocabulary.counts.tolist() == [2, 2, 1]
    assert vocabulary.n_tokens == 6


@pytest.mark.parametrize("window", [1, 2, 10])
def test_counts_are_those_made_by_hand(tokens_of, window):
    tokens = tokens_of(TEXTS)
    vocabulary = build_vocabulary(tokens, min_count=1)
    counted = count(tokens, vocabulary, window, subsample=0)
    assert pairs_of(counted) == pairs_by_hand(TEXTS, vocabulary.words, window)


def test_rare_words_are_taken_out_before_windows(tokens_of):
    texts = ["a x b", "a b"]
    tokens = tokens_of(texts)
    counted = count(tokens, build_vocabulary(tokens, min_count=2), 1, subsample=0)
    assert pairs_of(counted) == {("a", "b"): 2}


def test_windows_do_not_cross_texts(tokens_of):
    tokens = tokens_of(["a", "b", "a", "b"])
    assert pairs_of(count(tokens, build_vocabulary(tokens, min_count=1), 5, subsample=0)) == {}


def test_frequent_words_are_subsampled(tokens_of):
    tokens = tokens_of([f"the the the the w{i % 7} w{i % 5}" for i in range(300)])
    vocabulary = build_vocabulary(tokens, min_count=1)
    full, some = (count(tokens, vocabulary, 2, subsample) for subsample in (0, 0.05))
    the = vocabulary.words.index("the")
    # Of a word of frequency f, sqrt(0.05 / f) are kept.
    kept = some.matrix[the, the] / full.matrix[the, the]
    assert 0.01 < kept < 0.3
    assert some.vocabulary.counts.tolist() == full.vocabulary.counts.tolist() == vocabulary.counts.tolist()


def test_the_seed_chooses_what_is_dropped(tokens_of):
    tokens = tokens_of(TEXTS * 20)
    vocabulary = build_vocabulary(tokens, min_count=1)
    one, same, other = (pairs_of(count(tokens, vocabulary, 3, 0.05, seed)) for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize("parts", [2, 5])
def test_parts_merged_are_the_whole(tokens_of, parts):
    texts = TEXTS * 7
    whole = tokens_of(texts)
    vocabulary = build_vocabulary(whole, min_count=1)
    expected = count(whole, vocabulary, 4, 0.05)
    counted = [count(tokens_of(texts[i::parts]), vocabulary, 4, 0.05) for i in range(parts)]
    for order in (counted, counted[::-1]):
        merged = merge(order)
        assert merged.vocabulary.words == vocabulary.words
        assert merged.vocabulary.counts.tolist() == vocabulary.counts.tolist()
        assert merged.vocabulary.n_tokens == vocabulary.n_tokens
        assert (merged.matrix != expected.matrix).nnz == 0
        assert merged.matrix.dtype == np.int64


def test_words_that_a_part_lacks_are_merged_too(tokens_of):
    parts = []
    for texts in (["a b", "a b"], ["b c", "b c", "b c"]):
        tokens = tokens_of(texts)
        parts.append(count(tokens, build_vocabulary(tokens, min_count=1), 1, subsample=0))
    merged = merge(parts)
    assert merged.vocabulary.words == ["b", "c", "a"]
    assert pairs_of(merged) == {("a", "b"): 2, ("b", "c"): 3}


def test_counts_of_other_settings_do_not_add_up(tokens_of):
    tokens = tokens_of(TEXTS)
    vocabulary = build_vocabulary(tokens, min_count=1)
    with pytest.raises(DomainVectorsError, match="DV041.*window is 2 in one and 3"):
        merge([count(tokens, vocabulary, window) for window in (2, 3)])


def test_counts_are_the_same_after_the_disk(tokens_of, tmp_path):
    tokens = tokens_of(TEXTS)
    counted = count(tokens, build_vocabulary(tokens, min_count=1), 3, 0.05, seed=4)
    counted.to_disk(tmp_path / "counts")
    read = Cooccurrence.from_disk(tmp_path / "counts")
    assert pairs_of(read) == pairs_of(counted)
    assert read.vocabulary.counts.tolist() == counted.vocabulary.counts.tolist()
    assert (read.window, read.subsample, read.seed) == (3, 0.05, 4)
    assert (merge([read, counted]).matrix != counted.matrix * 2).nnz == 0


@pytest.mark.parametrize("file", ["meta.json", "words.json", "counts.npy", "matrix.npz"])
def test_damaged_counts_are_refused(tokens_of, tmp_path, file):
    tokens = tokens_of(TEXTS)
    count(tokens, build_vocabulary(tokens, min_count=1), 3).to_disk(tmp_path / "counts")
    (tmp_path / "counts" / file).write_bytes(b"\0\1")
    with pytest.raises(DomainVectorsError, match="DV042.*counts"):
        Cooccurrence.from_disk(tmp_path / "counts")
    (tmp_path / "counts" / file).unlink()
    with pytest.raises(DomainVectorsError, match="DV042"):
        Cooccurrence.from_disk(tmp_path / "counts")


def test_counts_that_do_not_fit_together_are_refused(tokens_of, tmp_path):
    tokens = tokens_of(TEXTS)
    count(tokens, build_vocabulary(tokens, min_count=1), 3).to_disk(tmp_path / "counts")
    (tmp_path / "counts" / "words.json").write_text(json.dumps(["a"]))
    with pytest.raises(DomainVectorsError, match="DV042.*1 words, 4 counts"):
        Cooccurrence.from_disk(tmp_path / "counts")


def test_settings_out_of_range_are_refused(tokens_of):
    tokens = tokens_of(TEXTS)
    vocabulary = build_vocabulary(tokens, min_count=1)
    for window, subsample in ((0, 0), (21, 0), (5, -1)):
        with pytest.raises(DomainVectorsError, match="DV045"):
            count(tokens, vocabulary, window, subsample)
    for settings in ({"min_count": 0}, {"max_vocab": 0}):
        with pytest.raises(DomainVectorsError, match="DV045"):
            build_vocabulary(tokens, **settings)
    with pytest.raises(DomainVectorsError, match="DV040.*0 words occur at least 99"):
        build_vocabulary(tokens, min_count=99)
