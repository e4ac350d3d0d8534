"""Reading a corpus in several shards, with several processes."""

import errno
import gzip
import io
import json
import os
import shutil
import sys
import warnings
from contextlib import nullcontext

import numpy as np
import pytest
import spacy
from conftest import make_texts
from spacy.tokens import Doc

from spacy_domainvec import DomainVectorsError, DomainVectorsWarning
from spacy_domainvec.corpus import shards, tokenize_shard
from spacy_domainvec.corpus import tokenize as tokenizing
from spacy_domainvec.corpus.texts import Corpus
from spacy_domainvec.corpus.tokenize import tokenize
from spacy_domainvec.reading.sources import RemoteState
from spacy_domainvec.util import jobs
from spacy_domainvec.util.jobs import Jobs

TEXTS = make_texts(600)


@pytest.fixture(scope="module")
def blank():
    return spacy.blank("en")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Small shards and small parts, so that there are many of both."""
    monkeypatch.setattr(shards, "SMALLEST", 2**13)
    monkeypatch.setattr(shards, "WORTH_SPLITTING", 2**13)
    monkeypatch.setattr(jobs, "FEWEST_TOKENS", 2**10)
    monkeypatch.setattr(jobs, "MOST_TOKENS", 2**10)


def write(path, texts):
    path.write_bytes(b"\n".join(text if isinstance(text, bytes) else text.encode() for text in texts) + b"\n")
    return path


def plain_function(vocab):
    return lambda text: Doc(vocab, words=text.split())


def texts_of(tokenized):
    return [" ".join(words) for words in tokenized.tokens.sentences()]


def said_by(noted):
    return [str(warning.message) for warning in noted if warning.category is DomainVectorsWarning]


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_texts_stay_in_their_order(tmp_path, blank, n_jobs):
    paths = [write(tmp_path / f"{name}.txt", TEXTS[i::2]) for i, name in enumerate("ab")]
    found = tokenize(Corpus(paths), blank, Jobs(tmp_path / "jobs", n_jobs))
    assert texts_of(found) == TEXTS[::2] + TEXTS[1::2]
    assert found.tokens.n_texts == 600
    assert found.tokens.n_tokens == 12_000
    assert len(found.tokens.parts) >= len(list((tmp_path / "jobs").glob("tokens-*"))) > 3


@pytest.mark.slow
def test_one_process_reads_what_can_not_be_split(tmp_path, blank):
    (tmp_path / "big.txt.gz").write_bytes(gzip.compress("\n".join(TEXTS).encode()))
    (tmp_path / "small.txt.gz").write_bytes(gzip.compress(b"a b"))
    corpus = Corpus([tmp_path / "big.txt.gz", tmp_path / "small.txt.gz", write(tmp_path / "big.txt", TEXTS)])
    with pytest.warns(DomainVectorsWarning, match=r"DV106.*big\.txt\.gz\. To read with all cores, decompress") as noted:
        found = tokenize(corpus, blank, Jobs(tmp_path / "jobs", 2))
    (said,) = said_by(noted)
    assert "small.txt.gz" not in said
    assert "big.txt," not in said
    assert texts_of(found) == [*TEXTS, "a b", *TEXTS]
    assert found.tokens.n_texts == 1201
    # One process is told nothing, as it reads all by itself.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alone = tokenize(corpus, blank, Jobs(tmp_path / "alone", 1))
    assert alone.tokens.words == found.tokens.words
    assert alone.tokens.counts.tolist() == found.tokens.counts.tolist()
    assert texts_of(alone) == texts_of(found)


def test_a_tokenizer_that_is_a_function_stays_in_its_process(tmp_path):
    nlp = spacy.blank("en")
    nlp.tokenizer = plain_function(nlp.vocab)
    corpus = Corpus(write(tmp_path / "a.txt", [*TEXTS, "Don't (stop)!"]))
    with pytest.warns(DomainVectorsWarning, match=r"DV107.*\(function\).*one process") as noted:
        found = tokenize(corpus, nlp, Jobs(tmp_path / "jobs", 2))
    assert len(said_by(noted)) == 1
    assert texts_of(found) == [*TEXTS, "don't (stop)!"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alone = tokenize(corpus, nlp, Jobs(tmp_path / "alone", 1))
    assert texts_of(alone) == texts_of(found)


def test_work_with_a_function_is_not_taken_for_that_with_another(tmp_path):
    corpus = Corpus(write(tmp_path / "a.txt", ["a-b c"]))
    nlp = spacy.blank("en")
    found = []
    for cut in (" ", "-"):
        nlp.tokenizer = lambda text, cut=cut: Doc(nlp.vocab, words=text.split(cut))
        found.append(texts_of(tokenize(corpus, nlp, Jobs(tmp_path / "jobs"))))
    assert found == [["a-b c"], ["a b c"]]
    assert sorted(tokenize(corpus, nlp, Jobs(tmp_path / "jobs")).tokens.words) == ["a", "b c"]


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_was_skipped_is_told_once_with_its_lines_in_the_file(tmp_path, blank, n_jobs):
    texts = list(TEXTS)
    for line, bad in ((201, b"\xff"), (3, b"\xff\xff"), (598, b"x\0y"), (500, b"\xff"), (400, b"\0")):
        texts[line - 1] = bad
    corpus = Corpus([write(tmp_path / "a.txt", texts), write(tmp_path / "b.txt", ["good", b"\xff", *TEXTS[:5]])])
    with pytest.warns(DomainVectorsWarning, match="DV101") as noted:
        found = tokenize(corpus, blank, Jobs(tmp_path / "jobs", n_jobs))
    (said,) = said_by(noted)
    a, b = tmp_path / "a.txt", tmp_path / "b.txt"
    assert said.startswith(f"[DV101] 6 line(s) of the corpus skipped: {a} line 3: not UTF-8 (and 2 more); ")
    assert f"; {a} line 400: with a NUL byte (is the file UTF-16?) (and 1 more); " in said
    assert said.endswith(f"; {b} line 2: not UTF-8.")
    assert found.tokens.n_texts == 595 + 6
    assert len(list((tmp_path / "jobs").glob("tokens-*"))) > 4


@pytest.mark.slow
def test_what_was_skipped_is_told_again_where_the_work_goes_on(tmp_path, blank):
    corpus = Corpus(write(tmp_path / "a.txt", [*TEXTS, b"\xff"]))
    for _ in range(2):
        with pytest.warns(DomainVectorsWarning, match=r"DV101.*a\.txt line 601: not UTF-8"):
            tokenize(corpus, blank, Jobs(tmp_path / "jobs"))


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_acronyms_of_all_shards_are_put_together(tmp_path, blank, n_jobs):
    texts = list(TEXTS)
    texts[0] = "the annual percentage rate (APR) is high"
    texts[300] = "an adjustable rate mortgage (ARM)"
    texts[100] = texts[500] = texts[599] = "an annual rate measure (ARM) of it"
    found = tokenize(Corpus(write(tmp_path / "a.txt", texts)), blank, Jobs(tmp_path / "jobs", n_jobs))
    assert found.acronyms == {"apr": ("annual", "percentage", "rate"), "arm": ("annual", "rate", "measure")}


@pytest.mark.slow
@pytest.mark.parametrize("n_before", [0, 7, 18])
def test_a_disk_that_is_full_is_told_and_what_was_finished_is_kept(tmp_path, blank, monkeypatch, n_before):
    corpus, folder, save = Corpus(write(tmp_path / "a.txt", TEXTS)), tmp_path / "jobs", np.save
    n_shards = len(shards.plan_shards(corpus.sources()).shards)
    n_saved = 0

    def save_few(file, *args, **kwargs):
        nonlocal n_saved
        n_saved += getattr(file, "stem", "") in ("keys", "counts", "ids", "ends")
        if n_saved > n_before:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(file, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", save_few)
        with pytest.raises(DomainVectorsError, match=r"DV053.*tokens-.*the disk is full"):
            tokenize(corpus, blank, Jobs(folder, 1))
    finished = {path.name for path in folder.glob("tokens-*")}
    # A part has four arrays.
    assert len(finished) == n_before // 4 < n_shards
    assert not list(folder.glob(".*"))
    made = []
    original = tokenizing.tokenize_shard
    monkeypatch.setattr(tokenizing, "tokenize_shard", lambda new, *args: (made.append(new), original(new, *args)))
    assert texts_of(tokenize(corpus, blank, Jobs(folder, 1))) == TEXTS
    assert len(made) == n_shards - len(finished)
    assert finished < {path.name for path in folder.glob("tokens-*")}


@pytest.mark.slow
def test_a_file_that_was_changed_is_read_again(tmp_path, blank):
    for texts in (TEXTS, TEXTS[:50], ["a b", "c d"]):
        corpus = Corpus(write(tmp_path / "a.txt", texts))
        assert texts_of(tokenize(corpus, blank, Jobs(tmp_path / "jobs"))) == texts


@pytest.mark.slow
def test_other_bytes_of_the_same_size_and_time_are_read_again(tmp_path, blank):
    for texts in (["a b", "c d"], ["a b", "c e"], ["f b", "c e"]):
        os.utime(write(tmp_path / "a.txt", texts), ns=(1, 1))
        assert texts_of(tokenize(Corpus(tmp_path / "a.txt"), blank, Jobs(tmp_path / "jobs"))) == texts


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda path: write(path, TEXTS[:300]),
        lambda path: write(path, [*TEXTS, "more"]),
        lambda path: path.touch(),
        lambda path: path.unlink(),
        lambda path: os.replace(shutil.copy2(path, f"{path}.new"), path),
    ],
    ids=["cut", "appended", "touched", "deleted", "replaced"],
)
@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_a_file_that_changes_while_it_is_read_is_an_error(tmp_path, blank, monkeypatch, change, name):
    path = write(tmp_path / name, TEXTS)
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(path.read_bytes()))
    read, n_read = tokenize_shard.read_texts, 0

    def read_and_change(*args):
        nonlocal n_read
        for text in read(*args):
            n_read += 1
            if n_read == 200:
                change(path)
            yield text

    monkeypatch.setattr(tokenize_shard, "read_texts", read_and_change)
    with pytest.raises(DomainVectorsError, match=rf"DV055.*{name}"):
        tokenize(Corpus(path), blank, Jobs(tmp_path / "jobs", 1))


@pytest.mark.slow
def test_standard_input_is_told_from_another(tmp_path, blank, monkeypatch):
    made = []
    for data in (b"a b\n", b"a c\n", b"a b\n"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data + b"\xff\n")))
        with pytest.warns(DomainVectorsWarning, match=r"DV101.*standard input line 2"):
            found = tokenize(Corpus("-"), blank, Jobs(tmp_path / "jobs", 1))
        assert texts_of(found) == [data.decode().strip()]
        made.append(len(list((tmp_path / "jobs").glob("tokens-*"))))
    assert made == [1, 2, 2]


def test_half_characters_are_told_once_for_all_shards(tmp_path, blank):
    records = [json.dumps({"text": text}) for text in TEXTS]
    records[100] = records[500] = '{"text": "cut \\ud83d"}'
    with pytest.warns(DomainVectorsWarning, match=r"DV109\] 2 record.*a\.jsonl line 101: half.*\(and 1 more\)"):
        found = tokenize(Corpus(write(tmp_path / "a.jsonl", records)), blank, Jobs(tmp_path / "jobs"))
    assert texts_of(found)[100] == "cut \ufffd" and len(list((tmp_path / "jobs").glob("tokens-*"))) > 1


def test_a_remote_file_of_which_nothing_is_known_is_told(tmp_path, blank, monkeypatch):
    write(tmp_path / "a.txt", ["a b"])
    monkeypatch.setattr(shards, "is_remote", lambda path: True)
    monkeypatch.setattr(shards, "remote_state", lambda path: RemoteState(None, "", False))
    monkeypatch.setattr(tokenize_shard, "unchanged", nullcontext)
    with pytest.warns(DomainVectorsWarning, match=r"DV110.*a\.txt"):
        tokenize(Corpus(tmp_path / "a.txt"), blank, Jobs(tmp_path / "jobs", 1))


def test_a_file_whose_name_is_no_text_is_read(tmp_path, blank):
    folder = tmp_path / "texts"
    folder.mkdir()
    try:
        (folder / os.fsdecode(b"\xff.txt")).write_bytes(b"a b\n\xff\n")
    except OSError:
        pytest.skip("The file system takes only text")
    with pytest.warns(DomainVectorsWarning, match=r"DV101.*udcff\.txt line 2"):
        found = tokenize(Corpus(folder), blank, Jobs(tmp_path / "jobs"))
    assert texts_of(found) == ["a b"]
