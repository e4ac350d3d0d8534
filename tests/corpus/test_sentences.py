"""The sentences that the document map is fitted to."""

import itertools
import random

import numpy as np
import pytest
import spacy
from conftest import tokens_of
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.strings import hash_string

from spacy_domainvec.corpus import shards
from spacy_domainvec.corpus.sentences import Sentences, sample_sentences, sentences_of_labels
from spacy_domainvec.corpus.texts import Corpus
from spacy_domainvec.corpus.tokenize import tokenize
from spacy_domainvec.corpus.tokenized import TokenizedCorpus, TokenizedPart
from spacy_domainvec.util import jobs
from spacy_domainvec.util.jobs import Jobs

WORDS = [f"w{i}" for i in range(60)]


@pytest.fixture(scope="module")
def blank():
    return spacy.blank("en")


@pytest.fixture
def found(tmp_path, blank):
    def sample(*texts, words=WORDS, most=60_000):
        folder = tmp_path / str(next(numbers))
        return spelled(sample_sentences(corpus_of(folder, [texts]), words, most), words)

    numbers = itertools.count()

    return sample


def spelled(sentences, words=WORDS):
    """The words of each sentence, by text."""
    assert sentences.ids.dtype == sentences.lengths.dtype == sentences.texts.dtype == np.int64
    n_texts = sentences.texts.max(initial=-1) + 1
    texts, start = [[] for _ in range(n_texts)], 0
    assert (np.diff(sentences.texts) >= 0).all() and len(np.unique(sentences.texts)) == n_texts
    for text, length in zip(sentences.texts.tolist(), sentences.lengths.tolist()):
        texts[text].append(" ".join(words[i] for i in sentences.ids[start : start + length]))
        start += length
    assert start == len(sentences.ids)
    return texts


def words_from(first, n=4):
    return " ".join(WORDS[first : first + n])


@pytest.mark.parametrize("end", [".", "!", "?", "。", "?!", "...", "!!!", ". ?", "\u06d4"])
def test_a_sentence_ends_after_the_sentencizers_characters(tmp_path, blank, end):
    tokens = tokens_of(tmp_path, f"{words_from(0)}{end} {words_from(10)} {end} {words_from(20)}", nlp=blank)
    assert spelled(sample_sentences(tokens, WORDS)) == [[words_from(0), words_from(10), words_from(20)]]


@pytest.mark.parametrize("mark", [",", ";", ":", "-", '"'])
def test_it_goes_on_after_other_marks(found, mark):
    assert found(f"{words_from(0)} {mark} {words_from(10)}") == [[f"{words_from(0)} {words_from(10)}"]]


def test_a_sentence_of_fewer_than_four_known_words_is_left_out(found):
    text = f"{words_from(0, 3)} . {words_from(10)} . {words_from(20, 3)} unheard of . unheard {words_from(30, 5)}"
    assert found(text) == [[words_from(10), words_from(30, 5)]]


@pytest.mark.parametrize(
    ("n", "pieces"),
    [(4, [4]), (12, [12]), (23, [23]), (24, [12, 12]), (35, [12, 23]), (36, [12] * 3), (59, [12, 12, 12, 23])],
)
def test_a_long_text_of_one_sentence_is_cut(found, n, pieces):
    (text,) = found(f"unheard {words_from(0, n)} . {words_from(0, 3)}")
    assert [len(piece.split()) for piece in text] == pieces
    assert " ".join(text) == words_from(0, n)


def test_a_text_of_two_sentences_is_not_cut(found):
    text = f"{words_from(0, 30)} . {words_from(30, 30)}"
    assert found(text) == [[words_from(0, 30), words_from(30, 30)]]


def test_sentences_do_not_go_on_in_the_next_text(found):
    texts = [words_from(0), words_from(10), words_from(20, 3), words_from(30, 3)]
    assert sorted(found(*texts)) == [[words_from(0)], [words_from(10)]]


def test_the_same_text_counts_once(found):
    texts = [words_from(0), f"{words_from(10)} . {words_from(20)}"]
    assert (
        sorted(found(*texts, *texts[::-1], texts[0]))
        == sorted(found(*texts))
        == [[words_from(0)], [*map(words_from, (10, 20))]]
    )


@pytest.mark.parametrize("texts", [["unheard of"], ["w1"], ["w1 w2 w3 ."], [". . ."], ["unheard", "w1", "."]])
def test_texts_may_have_no_sentence(found, texts):
    assert found(*texts) == []


def test_a_corpus_may_have_no_texts():
    empty = sample_sentences(
        TokenizedCorpus([], np.zeros(0, dtype="i8"), 0, 0, np.zeros(0, dtype="u8"), "LOWER"), WORDS
    )
    assert (len(empty), empty.n_pairs, spelled(empty)) == (0, 0, [])


def test_no_words_may_be_known(found):
    assert found(words_from(0, 30), words=[]) == []


def test_pairs_are_of_one_text():
    texts = np.array([0, 0, 0, 1, 2, 2])
    assert Sentences(np.arange(6), np.ones(6, dtype="i8"), texts).n_pairs == 3


@pytest.mark.parametrize("most", range(1, 13))
def test_no_more_are_taken_than_wanted_but_one_text(found, most):
    texts = [" . ".join(words_from(4 * i + k) for k in range(3)) for i in range(4)]
    all_of_them = found(*texts)
    assert len(all_of_them) == 4
    # Whole texts, those with the lowest hashes.
    assert found(*texts, most=most) == all_of_them[: max(1, most // 3)]


# The same sample, whoever read the texts


DRAWING = random.Random(0)
TEXTS = [
    " ".join(DRAWING.choice([*WORDS[:20], "unheard", ".", "."]) for _ in range(DRAWING.choice([2, 5, 20, 60])))
    for _ in range(400)
]
TEXTS += DRAWING.choices(TEXTS, k=100)


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("ids", "lengths", "texts"))


@pytest.mark.slow
@pytest.mark.parametrize("most", [50, 10_000])
def test_the_sample_is_the_same_for_any_shards_and_workers(tmp_path, blank, monkeypatch, most):
    paths = [tmp_path / f"{name}.txt" for name in "abc"]
    for i, path in enumerate(paths):
        path.write_text("\n".join(TEXTS[i::3]) + "\n")
    whole = sample_sentences(tokenize(Corpus(paths), blank, Jobs(tmp_path / "one")).tokens, WORDS, most)
    assert len(whole) <= most
    monkeypatch.setattr(shards, "SMALLEST", 2**11)
    monkeypatch.setattr(shards, "WORTH_SPLITTING", 2**11)
    monkeypatch.setattr(jobs, "FEWEST_TOKENS", 2**8)
    monkeypatch.setattr(jobs, "MOST_TOKENS", 2**8)
    for n_jobs, order in ((1, paths), (2, paths), (1, paths[::-1])):
        tokens = tokenize(Corpus(order), blank, Jobs(tmp_path / f"{n_jobs}{order[0].name}", n_jobs)).tokens
        assert len(tokens.parts) > 5
        assert same(sample_sentences(tokens, WORDS, most), whole)


def corpus_of(folder, groups):
    """A corpus with a part for each group of texts, split at spaces."""
    parts = []
    for i, group in enumerate(groups):
        texts = [text.split() for text in group]
        words = sorted({word for text in texts for word in text}, key=hash_string)
        number = {word: i for i, word in enumerate(words)}
        ids = np.array([number[word] for text in texts for word in text], dtype="i4")
        keys, ends = np.array([*map(hash_string, words)], dtype="u8"), np.cumsum([*map(len, texts)])
        folder.mkdir(exist_ok=True)
        parts.append(TokenizedPart.write(folder / str(i), words, keys=keys, ids=ids, ends=ends))
    return TokenizedCorpus([], np.zeros(0, dtype="i8"), 0, 0, np.zeros(0, dtype="u8"), "LOWER", parts)


def test_a_text_that_two_parts_have_counts_once(tmp_path):
    # In both, it has the same number if only texts with sentences are numbered.
    twice = f"{words_from(0)} . {words_from(10)}"
    tokens = corpus_of(tmp_path, [["w1", "w2", twice], [twice]])
    assert spelled(sample_sentences(tokens, WORDS)) == [[words_from(0), words_from(10)]]


@pytest.mark.slow
@given(st.data())
@settings(deadline=None, max_examples=100)
def test_any_parts_and_batches_give_the_same_sample(tmp_path_factory, data):
    texts = data.draw(st.lists(st.sampled_from(TEXTS[:40]), min_size=1, max_size=25))
    cuts = sorted(data.draw(st.lists(st.integers(1, len(texts)), max_size=3)))
    most = data.draw(st.sampled_from([1, 5, 20, 1000]))
    whole = corpus_of(tmp_path_factory.mktemp("whole"), [texts])
    groups = [texts[start:end] for start, end in zip([0, *cuts], [*cuts, len(texts)])]
    split = corpus_of(tmp_path_factory.mktemp("split"), groups[::-1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TokenizedPart.batches, "__defaults__", (data.draw(st.sampled_from([1, 30, 2**20])),))
        assert same(sample_sentences(whole, WORDS, most), sample_sentences(split, WORDS, most))


def plain(text):
    """The sentences of a text, one word after another."""
    sentences, words = [[]], text.split()
    for before, word in zip(["", *words], words):
        if before in (".", "?!") and word not in (".", "?!"):
            sentences.append([])
        if word in WORDS:
            sentences[-1].append(word)
    kept = [sentence for sentence in sentences if len(sentence) >= 4]
    if len(kept) == 1 and len(kept[0]) >= 24:
        n = len(kept[0]) // 12
        cuts = [12 * i for i in range(n)]
        kept = [kept[0][start:end] for start, end in zip(cuts, [*cuts[1:], None])]
    return [" ".join(sentence) for sentence in kept]


@given(st.lists(st.integers(0, 2**32), min_size=1, max_size=12))
@settings(deadline=None, max_examples=50)
def test_sentences_are_those_of_the_plain_loop(tmp_path_factory, seeds):
    texts = []
    for seed in seeds:
        drawing = random.Random(seed)
        marks = drawing.choice([[], [".", "?!", "unheard"], ["."] * 5])
        texts.append(" ".join(drawing.choices([*WORDS[:15], *marks], k=drawing.randint(1, 70))))
    tokens = corpus_of(tmp_path_factory.mktemp("plain"), [texts])
    expected = sorted(plain(text) for text in set(texts) if plain(text))
    assert sorted(spelled(sample_sentences(tokens, WORDS))) == expected


@given(st.lists(st.tuples(st.lists(st.sampled_from([*WORDS[:5], "unknown"]), max_size=4), st.sampled_from("abc"))))
@settings(max_examples=60, deadline=None)
def test_the_texts_of_a_label_are_those_of_one_text(labelled):
    texts, labels = [words for words, _ in labelled], [label for _, label in labelled]
    found = sentences_of_labels(texts, labels, WORDS)
    known = [[WORDS.index(word) for word in words if word != "unknown"] for words in texts]
    assert found.lengths.sum() == len(found.ids) == sum(map(len, known))
    assert (np.diff(found.texts) >= 0).all() and len(found) == len(found.texts) == sum(map(bool, known))
    # Each label has its texts, in their order.
    starts = np.cumsum(found.lengths) - found.lengths
    by_number: dict[int, list] = {}
    for number, start, length in zip(found.texts.tolist(), starts, found.lengths):
        by_number.setdefault(number, []).append(found.ids[start : start + length].tolist())
    expected: dict[str, list] = {}
    for ids, label in zip(known, labels):
        if ids:
            expected.setdefault(label, []).append(ids)
    assert list(by_number.values()) == list(expected.values())


@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=4), max_size=6), st.permutations([0, 1, 2, -1, -1]))
@settings(max_examples=60, deadline=None)
def test_words_get_other_numbers_or_are_left_out(words, places):
    lengths = np.array([len(ids) for ids in words], dtype="i8")
    ids = np.array([i for found in words for i in found], dtype="i8")
    found = Sentences(ids, lengths, np.arange(len(words))).renumbered(np.array(places))
    expected = [[places[i] for i in ids if places[i] >= 0] for ids in words]
    assert found.ids.tolist() == [i for ids in expected for i in ids]
    assert found.lengths.tolist() == [len(ids) for ids in expected]
    assert found.texts.tolist() == list(range(len(words)))
