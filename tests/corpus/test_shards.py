import gzip
import json
import os
from itertools import pairwise

import pytest

from spacy_domainvec.corpus import shards
from spacy_domainvec.corpus.shards import Piece, is_splittable, plan_shards
from spacy_domainvec.reading import readers
from spacy_domainvec.reading.readers import read_texts
from spacy_domainvec.reading.skipped import Skipped
from spacy_domainvec.reading.sources import Source, format_of

LINES = ["one", "", "zwei ü€😀 drei", "x " * 40, "four", "y " * 200 + "z", "ende"]
RECORDS = [json.dumps({"text": line}, ensure_ascii=False) for line in LINES]


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SMALLEST", 1)
    monkeypatch.setattr(shards, "WORTH_SPLITTING", 1)

    def written(name, data):
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return Source(str(path), format_of(name))

    return written


def read(*pieces):
    skipped = Skipped()
    texts = [text for piece in pieces for text in read_texts(piece.source, "text", skipped, piece.start, piece.end)]
    return texts, skipped


def read_all(plan):
    """What the readers of all shards find together."""
    texts, skipped = [], Skipped()
    for shard in plan.shards:
        found, left_out = read(*shard)
        texts += found
        skipped.append(left_out)
    return texts, skipped


def test_a_large_file_is_cut_into_ranges_that_cover_it(write):
    source = write("a.txt", "word " * 2000)
    plan = plan_shards([source], largest=300)
    pieces = [piece for (piece,) in plan.shards]
    assert [pieces[0].start, pieces[-1].end] == [0, 10_000]
    assert all(left.end == right.start for left, right in pairwise(pieces))
    assert 33 < len(pieces) < 100
    assert max(piece.end - piece.start for piece in pieces) <= 300
    assert plan.whole == []
    assert plan == plan_shards([source], largest=300)


def test_small_files_are_grouped_in_order(write, monkeypatch):
    monkeypatch.setattr(shards, "SMALLEST", 100)
    monkeypatch.setattr(shards, "WORTH_SPLITTING", 100)
    names = {"a.txt": 40, "b.csv": 60, "c.txt": 1, "d.jsonl": 250, "e.txt": 0, "f.spacy": 100, "g.txt.gz": 5}
    sources = [write(name, "x" * n) for name, n in names.items()]
    plan = plan_shards(sources)
    found = [[os.path.basename(piece.source.path) for piece in shard] for shard in plan.shards]
    assert found == [["a.txt", "b.csv"], ["c.txt"], *[["d.jsonl"]] * 3, ["e.txt", "f.spacy"], ["g.txt.gz"]]
    assert [piece.end for shard in plan.shards for piece in shard] == [None, None, None, 83, 166, 250, *[None] * 3]


def test_a_large_compressed_file_is_whole_and_told(write):
    packed = write("a.jsonl.gz", gzip.compress("\n".join(RECORDS).encode()))
    table = write("a.csv", "text\n" + "\n".join(LINES))
    plan = plan_shards([packed, table])
    assert plan.whole == [packed, table]
    pieces = [piece for (piece,) in plan.shards]
    assert [(piece.source, piece.start, piece.end) for piece in pieces] == [(packed, 0, None), (table, 0, None)]


@pytest.mark.parametrize("path", ["a.txt", "A.TXT", "s3://b/a.jsonl", "a.csv", "a.txt.gz", "a.jsonl.zst"])
def test_lines_that_are_not_compressed_can_be_split(path):
    assert is_splittable(Source(path, format_of(path))) is path.lower().endswith(("txt", "jsonl"))


def test_the_version_changes_with_the_file(write):
    versions = set()
    for text, time in (("one", 1), ("one", 2), ("longer", 2)):
        source = write("a.txt", text)
        os.utime(source.path, ns=(time, time))
        versions.add(plan_shards([source], largest=10).shards[0][0].version)
    assert len(versions) == 3


@pytest.mark.parametrize("piece", [2**20, 7])
@pytest.mark.parametrize("last", ["", "\n", "\n\n"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_all_shards_have_the_texts_of_the_file(write, monkeypatch, name, newline, last, piece):
    monkeypatch.setattr(readers, "PIECE", piece)
    lines = LINES if name == "a.txt" else RECORDS
    for mark in ("", "\ufeff"):
        source = write(name, mark + newline.join(lines) + last)
        expected, skipped = read(Piece(source, ""))
        plan = plan_shards([source])
        assert len(plan.shards) > 60
        assert read_all(plan) == (expected, skipped)
        if piece > 7:
            assert [text.strip("\r\n") for text in expected[: len(LINES)]] == LINES


@pytest.mark.parametrize("data", ["\n", "\n\n\n", "a", "a\nb", "\nü\n", "\ufeff\na\n\n", "\ufeff", "€\r\n\r\nb"])
def test_a_range_can_be_a_byte(write, data):
    source = write("a.txt", data)
    plan = plan_shards([source])
    assert len(plan.shards) == len(data.encode())
    assert read_all(plan) == read(Piece(source, ""))


def test_lines_left_out_keep_their_number(write):
    good = b'{"text": "good"}\n'
    source = write("a.jsonl", good * 9 + b"\n\xff\n" + good * 9 + b"[]\n" + good + b"\xff\n{}\n" + good * 9 + b"{")
    texts, skipped = read_all(plan_shards([source]))
    assert (texts, skipped.total) == (["good"] * 28, 5)
    assert "line 11: not UTF-8 (and 1 more)" in str(skipped)
    assert "line 21: without the field 'text' as a text (and 1 more)" in str(skipped)
    assert "line 34: not JSON" in str(skipped)
    assert skipped == read(Piece(source, ""))[1]


def test_a_long_line_after_a_byte_order_mark_is_cut_between_words(write, monkeypatch):
    monkeypatch.setattr(readers, "PIECE", 10)
    texts, _ = read(Piece(write("a.txt", "\ufeffthree two one"), ""))
    assert [word for text in texts for word in text.split()] == ["three", "two", "one"]


def test_long_lines_left_out_keep_their_number(write, monkeypatch):
    monkeypatch.setattr(readers, "PIECE", 10)
    source = write("a.txt", b"one two\n" * 20 + b"\xff" * 100 + b"\n" + b"b b\n" * 20 + b"y" * 100 + b"\n\xff")
    texts, skipped = read_all(plan_shards([source]))
    assert (texts, skipped) == read(Piece(source, ""))
    ((_, (count, first)),) = skipped.found.items()
    assert first == 21 and count > 2 and "".join(texts).count("y") == 100
