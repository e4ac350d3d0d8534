import numpy as np
import pytest
import spacy

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.cooccurrence import both_sides, build_vocabulary, count, distance_unit
from spacy_domainvec.corpus import Corpus, tokenize
from spacy_domainvec.spans import Spans, count_contexts, find_spans


def tokens_of(folder, *texts, **settings):
    (folder / "a.txt").write_text("\n".join(texts))
    return tokenize(Corpus(folder / "a.txt"), spacy.blank("en"), folder, **settings)


def ids(tokens, *words):
    return tuple(tokens.words.index(word) for word in words)


def test_words_and_phrases_are_found_and_counted(tmp_path):
    tokens = tokens_of(tmp_path, "an overdraft fee is a fee", "overdraft fee overdraft fee", "overdraft", "fee is a")
    wanted = [("overdraft", "fee"), ("fee",), ("fee", "is", "a"), ("a", "overdraft"), ("overdraft", "fee")]
    found = find_spans(tokens, [ids(tokens, *words) for words in wanted])
    assert dict(zip(found.names, found.counts.tolist())) == {"overdraft fee": 3, "fee": 5, "fee is a": 2}


def test_no_phrase_goes_over_the_end_of_a_text(tmp_path):
    tokens = tokens_of(tmp_path, "big bank", "of x", "bank of")
    assert find_spans(tokens, [ids(tokens, "bank", "of")]).counts.tolist() == [1]


def test_nothing_is_found_of_nothing(tmp_path):
    tokens = tokens_of(tmp_path, "a b")
    assert len(find_spans(tokens, [])) == 0
    vocabulary = build_vocabulary(tokens, 1)
    assert count_contexts(tokens, Spans([], [], np.zeros(0, dtype="i8")), vocabulary).shape == (0, 2)


def test_contexts_of_a_word_are_those_of_the_counts(tmp_path):
    rng = np.random.default_rng(0)
    tokens = tokens_of(tmp_path, *(" ".join(rng.choice(list("abcdefgh"), 30)) for _ in range(20)))
    vocabulary = build_vocabulary(tokens, 1)
    words = Spans(vocabulary.words, [ids(tokens, word) for word in vocabulary.words], vocabulary.counts)
    found = count_contexts(tokens, words, vocabulary, window=4, subsample=0)
    assert np.array_equal(found.toarray(), both_sides(count(tokens, vocabulary, 4, 0).matrix).toarray())


def test_contexts_of_a_phrase_stand_outside_it(tmp_path):
    tokens = tokens_of(tmp_path, "x y overdraft fee z", "w", "v")
    vocabulary = build_vocabulary(tokens, 1)
    phrase = find_spans(tokens, [ids(tokens, "overdraft", "fee")])
    found = count_contexts(tokens, phrase, vocabulary, window=2, subsample=0).toarray()[0]
    unit = distance_unit(2)
    expected = {"x": unit // 2, "y": unit, "z": unit}
    assert {word: int(n) for word, n in zip(vocabulary.words, found) if n} == expected


def test_rare_words_do_not_count_as_distance(tmp_path):
    tokens = tokens_of(tmp_path, "a rare b", "a b", "a b")
    vocabulary = build_vocabulary(tokens, 2)
    rare = find_spans(tokens, [ids(tokens, "rare")])
    found = count_contexts(tokens, rare, vocabulary, window=1, subsample=0).toarray()[0]
    assert dict(zip(vocabulary.words, found.tolist())) == {"a": 1, "b": 1}


def test_a_window_out_of_range_is_refused(tmp_path):
    tokens = tokens_of(tmp_path, "a b")
    with pytest.raises(DomainVectorsError, match="DV045.*window = 21"):
        count_contexts(tokens, find_spans(tokens, [(0,)]), build_vocabulary(tokens, 1), window=21)
