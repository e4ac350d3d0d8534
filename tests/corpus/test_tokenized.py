import random
import tracemalloc
import warnings

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_domainvec import DomainVectorsError, DomainVectorsWarning
from spacy_domainvec.corpus.texts import Corpus
from spacy_domainvec.corpus.tokenize import tokenize as tokenize_with
from spacy_domainvec.corpus.tokenized import MAX_TOKENS
from spacy_domainvec.util.jobs import Jobs


@pytest.fixture
def blank():
    return spacy.blank("en")


def tokenize(corpus, nlp, folder, *args):
    return tokenize_with(corpus, nlp, Jobs(folder / "jobs"), *args).tokens


def write(tmp_path, text, name="a.txt"):
    (tmp_path / name).write_text(text, encoding="utf8")
    return Corpus(tmp_path / name)


def test_a_corpus_can_be_read_again(tmp_path, blank):
    corpus = write(tmp_path, "One two.\nThree\n")
    for _ in range(2):
        assert [[t.text for t in doc] for doc in corpus.docs(blank)] == [["One", "two", "."], ["Three"]]


def test_tokens_are_numbers_of_words(tmp_path, blank):
    tokens = tokenize(write(tmp_path, "The the\tcat \u00a0 \n\nDon't\n"), blank, tmp_path)
    assert list(tokens.sentences()) == [["the", "the", "cat"], ["do", "n't"]]
    assert tokens.n_tokens == 5
    assert dict(zip(tokens.words, tokens.counts.tolist())) == {"the": 2, "cat": 1, "do": 1, "n't": 1}


def test_case_is_kept_on_request(tmp_path, blank):
    tokens = tokenize(write(tmp_path, "The the\n"), blank, tmp_path, "ORTH")
    assert list(tokens.sentences()) == [["The", "the"]]


def test_the_pipelines_own_tokenizer_is_used(tmp_path, blank):
    # One that is a plain function has no pipe().
    blank.tokenizer = lambda text: Doc(blank.vocab, words=text.split("-"))
    assert list(tokenize(write(tmp_path, "a b-c\n"), blank, tmp_path).sentences()) == [["a b", "c"]]


def test_long_texts_are_split(tmp_path, blank):
    n = 2 * MAX_TOKENS + 5
    tokens = tokenize(write(tmp_path, "a " * n), blank, tmp_path)
    assert [len(s) for s in tokens.sentences()] == [MAX_TOKENS, MAX_TOKENS, 5]
    ids, texts = zip(*tokens.parts[0].batches(MAX_TOKENS))
    assert [len(i) for i in ids] == [MAX_TOKENS, MAX_TOKENS, 5]
    assert np.concatenate(texts).tolist() == [0] * MAX_TOKENS + [1] * MAX_TOKENS + [2] * 5


def test_batches_hold_whole_texts_and_all_of_them(tmp_path, blank):
    tokens = tokenize(write(tmp_path, "\n".join("abcdefg"[:n].replace("", " ") for n in range(1, 8))), blank, tmp_path)
    for n_tokens in (1, 5, 100):
        batches = list(tokens.parts[0].batches(n_tokens))
        assert np.concatenate([ids for ids, _ in batches]).tolist() == tokens.parts[0].ids.tolist()
        assert np.concatenate([texts for _, texts in batches]).tolist() == [i for i in range(7) for _ in range(i + 1)]
        assert len({t for _, texts in batches for t in set(texts.tolist())}) == 7


def test_annotated_docs_can_be_read_by_lemma(tmp_path, blank):
    doc = Doc(blank.vocab, words=["cats", "sat"], lemmas=["cat", "sit"])
    DocBin(attrs=["LEMMA"], docs=[doc]).to_disk(tmp_path / "a.spacy")
    tokens = tokenize(Corpus(tmp_path / "a.spacy"), blank, tmp_path, "LEMMA")
    assert list(tokens.sentences()) == [["cat", "sit"]]


def test_lemmas_that_nobody_set_are_an_error(tmp_path, blank):
    with pytest.raises(DomainVectorsError, match="DV038"):
        tokenize(write(tmp_path, "cats sat\n"), blank, tmp_path, "LEMMA")


@pytest.mark.parametrize("text", ["", "\n\n \n", "\0\n"])
def test_a_corpus_without_text_is_an_error(tmp_path, blank, text):
    with pytest.raises(DomainVectorsError, match="DV034.*1 file"):
        tokenize(write(tmp_path, text), blank, tmp_path)


def test_what_was_skipped_is_told_once_at_the_end(tmp_path, blank):
    (tmp_path / "a.txt").write_bytes(b"good\n\xff\n\0\n\xff\n")
    with pytest.warns(DomainVectorsWarning, match=r"DV101.*3 line.*a\.txt line 2.*1 more.*a\.txt line 3") as noted:
        tokenize(Corpus(tmp_path / "a.txt"), blank, tmp_path)
    assert len(noted) == 1
    with pytest.warns(DomainVectorsWarning, match="DV101"):
        list(Corpus(tmp_path / "a.txt").docs(blank))


def test_files_of_a_folder_that_are_left_out_are_told(tmp_path, blank):
    (tmp_path / "texts").mkdir()
    write(tmp_path, "one\n", "texts/a.txt")
    write(tmp_path, "two\n", "texts/b.docx")
    with pytest.warns(DomainVectorsWarning, match=r"DV104.*b\.docx"):
        assert len(list(Corpus(tmp_path / "texts").docs(blank))) == 1


def test_an_unknown_attribute_is_refused(tmp_path, blank):
    with pytest.raises(DomainVectorsError, match="DV037.*SHAPE"):
        tokenize(write(tmp_path, "one\n"), blank, tmp_path, "SHAPE")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_corpus(tmp_path, blank, monkeypatch):
    monkeypatch.setattr("spacy_domainvec.corpus.tokenize_shard.BATCH_CHARACTERS", 2**12)
    monkeypatch.setattr("spacy_domainvec.util.jobs.MOST_TOKENS", 2**11)
    words, drawing = [f"word{i}" for i in range(300)], random.Random(0)

    def peak(n_lines):
        # No two lines are alike, so one that is kept takes memory; the words are those of any corpus.
        lines = (" ".join(drawing.choices(words, k=8)) for _ in range(n_lines))
        corpus = write(tmp_path, "\n".join([" ".join(words), *lines]), f"{n_lines}.txt")
        tracemalloc.start()
        try:
            tokens = tokenize(corpus, blank, tmp_path)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            assert tokens.n_texts == n_lines + 1

    peak(100)
    assert peak(10_000) < peak(1_000) + 200_000


@pytest.mark.parametrize("text", ["!" * 20_000, "\u4e2d\u6587\u3002" * 5000, "a " + "x" * 5000 + "\u3000b"])
def test_a_text_without_white_space_comes_in_several_docs(tmp_path, blank, text):
    corpus, given, tokenizer = write(tmp_path, f"{text}\nlast\n"), [], blank.tokenizer
    blank.tokenizer = lambda text: given.append(text) or tokenizer(text)
    *docs, last = corpus.docs(blank)
    assert last.text == "last" and "".join(doc.text for doc in docs) == text
    assert max(len(chunk) for piece in given for chunk in piece.split()) <= 1000


def test_a_file_that_changes_while_docs_are_made_is_an_error(tmp_path, blank):
    corpus = write(tmp_path, "one\ntwo\n")
    docs = corpus.docs(blank)
    assert next(docs).text == "one"
    write(tmp_path, "other\n")
    with pytest.raises(DomainVectorsError, match=r"DV055.*a\.txt"):
        list(docs)


def test_half_of_a_character_is_told_and_read(tmp_path, blank):
    corpus = write(tmp_path, '{"text": "cut \\ud83d"}\n', "a.jsonl")
    for reading in (lambda: list(corpus.docs(blank)), lambda: tokenize(corpus, blank, tmp_path)):
        with pytest.warns(DomainVectorsWarning, match=r"DV109.*1 record.*a\.jsonl line 1: half of a character"):
            reading()


def test_a_column_may_be_called_like_a_number(tmp_path, blank):
    write(tmp_path, "id,0\n7,one\n", "a.csv")
    assert [doc.text for doc in Corpus(tmp_path / "a.csv", 0).docs(blank)] == ["one"]
    assert tokenize(Corpus(tmp_path / "a.csv", 0), blank, tmp_path).words == ["one"]


def test_reading_is_silent_when_all_is_well(tmp_path, blank):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(write(tmp_path, "one\n").docs(blank))
