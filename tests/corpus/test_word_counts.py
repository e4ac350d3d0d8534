from collections import Counter

import numpy as np
import pytest
from conftest import make_texts, tokens_of
from spacy.strings import get_string_id

from spacy_domainvec.corpus import tokenize_shard
from spacy_domainvec.corpus.tokenized import TokenizedPart
from spacy_domainvec.corpus.word_counts import add_words
from spacy_domainvec.util import jobs

TEXTS = [
    ["a b c a", "b b NOUN a", "once é"],
    ["c d", "a d c b a d c b a a a", "VERB"],
    ["d", "a é", "twice twice"],
]
COUNTS = Counter(word for texts in TEXTS for text in texts for word in text.split())


def part_of(folder, texts, key_of=get_string_id):
    """Texts as one part."""
    tokens = [word for text in texts for word in text.split()]
    words = sorted(set(tokens), key=key_of)
    return TokenizedPart.write(
        folder,
        words,
        keys=np.array([key_of(word) for word in words], dtype="u8"),
        counts=np.array([tokens.count(word) for word in words], dtype="i8"),
        ids=np.array([words.index(token) for token in tokens], dtype="i4"),
        ends=np.cumsum([len(text.split()) for text in texts]),
    )


@pytest.fixture
def parts(tmp_path):
    return [part_of(tmp_path / str(i), texts) for i, texts in enumerate(TEXTS)]


def found(tokens):
    return dict(zip(tokens.words, tokens.counts.tolist()))


def test_counts_are_those_of_all_parts(parts):
    tokens = add_words(parts, "ORTH")
    assert found(tokens) == COUNTS
    assert list(tokens.sentences()) == [text.split() for texts in TEXTS for text in texts]
    assert (tokens.n_tokens, tokens.n_texts) == (sum(COUNTS.values()), sum(map(len, TEXTS)))
    assert (tokens.attr, tokens.counts.dtype) == ("ORTH", np.int64)


def test_the_most_frequent_words_come_first(parts):
    tokens = add_words(parts, "ORTH")
    assert tokens.words == sorted(COUNTS, key=lambda word: (-COUNTS[word], word))


@pytest.mark.parametrize("most_entries", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("most_words", [3, 100])
def test_what_is_added_at_a_time_changes_nothing(parts, most_entries, most_words):
    some, expected = (add_words(parts, "ORTH", most_words, n) for n in (most_entries, 2**25))
    assert found(some) == found(expected)
    assert some.words == expected.words
    assert set(some.once.tolist()) == set(expected.once.tolist())


@pytest.mark.parametrize("most_entries", [1, 2, 4])
def test_hashes_at_the_edges_are_counted(tmp_path, most_entries):
    keys = {"a": 0, "b": 2**62, "c": 2**63 - 1, "d": 2**63, "e": 2**64 - 1}
    parts = [part_of(tmp_path / str(i), [text], keys.get) for i, text in enumerate(["a b c d e", "a c e", "e"])]
    assert found(add_words(parts, "ORTH", most_entries=most_entries)) == {"a": 2, "b": 1, "c": 2, "d": 1, "e": 3}


@pytest.mark.parametrize("most_words", range(1, len(COUNTS) + 1))
@pytest.mark.parametrize("most_entries", [4, 2**25])
def test_the_rarest_words_are_left_out_all_of_one_count_together(parts, most_words, most_entries):
    fitting = [n for n in COUNTS.values() if sum(count >= n for count in COUNTS.values()) <= most_words]
    expected = {word: n for word, n in COUNTS.items() if fitting and n >= min(fitting)}
    tokens = add_words(parts, "ORTH", most_words, most_entries)
    assert found(tokens) == expected
    assert tokens.n_tokens == sum(COUNTS.values())


def test_all_words_are_left_out_where_they_occur_as_often(tmp_path):
    tokens = add_words([part_of(tmp_path / "a", ["a b c", "d e"])], "ORTH", most_words=3)
    assert (tokens.words, tokens.counts.tolist(), len(tokens.once)) == ([], [], 5)


@pytest.mark.parametrize("most_words", [2, 100])
def test_words_that_occur_once_are_kept_as_hashes(parts, most_words):
    once = add_words(parts, "ORTH", most_words).once
    assert once.dtype == np.uint64
    assert sorted(once.tolist()) == sorted(get_string_id(word) for word, n in COUNTS.items() if n == 1)


@pytest.mark.slow
def test_a_corpus_is_counted_however_many_parts_it_has(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_TOKENS", 64)
    monkeypatch.setattr(tokenize_shard, "BATCH_CHARACTERS", 500)
    texts = make_texts(60)
    tokens = tokens_of(tmp_path, *texts)
    assert len(tokens.parts) > 5
    assert found(tokens) == Counter(word for text in texts for word in text.split())
