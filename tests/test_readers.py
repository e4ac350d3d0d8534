import gzip
import io
import json
from pathlib import Path

import pytest
import smart_open
import spacy
from spacy.tokens import DocBin

from spacy_domainvec import DomainVectorsError, readers
from spacy_domainvec.readers import MAX_RECORD, PIECE, Skipped, read_docs, read_texts
from spacy_domainvec.sources import Source, format_of


@pytest.fixture
def write(tmp_path):
    def written(name, data):
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return Source(str(path), format_of(name))

    return written


def read(source, field="text"):
    skipped = Skipped()
    return list(read_texts(source, field, skipped)), str(skipped)


def test_txt_is_a_text_a_line(write):
    assert read(write("a.txt", "one\n\ntwo words\r\nthree")) == (["one\n", "\n", "two words\r\n", "three"], "")


def test_jsonl_and_tables_have_a_field(write):
    jsonl = '{"text": "one", "id": 1}\n\n{"id": 2, "text": "zwei \\u00fc"}\n'
    assert read(write("a.jsonl", jsonl)) == (["one", "zwei ü"], "")
    assert read(write("a.csv", 'id,body\n1,"one, two"\n2,"a ""b""\nc"\n'), "body") == (["one, two", 'a "b"\nc'], "")
    assert read(write("a.tsv", "id\ttext\n1\tone, two\n")) == (["one, two"], "")


def test_a_byte_order_mark_is_no_text(write):
    assert read(write("a.txt", b"\xef\xbb\xbfone\n"))[0] == ["one\n"]
    assert read(write("a.csv", b"\xef\xbb\xbftext\none\n"))[0] == ["one"]


def test_a_line_that_is_not_utf8_is_skipped_and_told(write):
    texts, skipped = read(write("a.txt", b"one\n\xff\xfe\ntwo\n\xff\n"))
    assert texts == ["one\n", "two\n"]
    assert "a.txt line 2: not UTF-8 (and 1 more)" in skipped


def test_nul_bytes_are_skipped_and_told(write):
    texts, skipped = read(write("a.txt", "one\ntwo\n".encode("utf-16-le")))
    assert texts == []
    assert "a.txt line 1: with a NUL byte (is the file UTF-16?)" in skipped


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": ', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"body": "x"}', "without the field 'text' as a text"),
        ('{"text": null}', "without the field 'text' as a text"),
        ('["text"]', "without the field 'text' as a text"),
    ],
)
def test_a_bad_record_is_skipped_and_told(write, line, reason):
    texts, skipped = read(write("a.jsonl", f'{{"text": "one"}}\n{line}\n{{"text": "two"}}\n'))
    assert texts == ["one", "two"]
    assert f"a.jsonl line 2: {reason}" in skipped


def test_a_short_row_is_skipped_and_told(write):
    texts, skipped = read(write("a.csv", "id,text\n1,one\n2\n3,three\n"))
    assert texts == ["one", "three"]
    assert "a.csv line 3: without the field 'text'" in skipped


def test_a_field_that_csv_refuses_is_skipped_and_told(write, monkeypatch):
    source = write("a.csv", "text\n" + "x" * 200_000 + "\ntwo\n")
    texts, skipped = read(source)
    assert texts == ["two"]
    assert "a.csv line 2: not a row of the table" in skipped


def test_a_missing_column_names_the_columns_there_are(write):
    with pytest.raises(DomainVectorsError, match=r"DV032.*a\.csv.*'text'.*id, body"):
        read(write("a.csv", "id,body\n1,one\n"))


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv", "a.tsv"])
def test_an_empty_file_has_no_texts(write, name):
    assert read(write(name, "")) == ([], "")


def test_a_line_of_50_mb_comes_in_pieces(write):
    line = "word " * 10_000_000
    texts, skipped = read(write("a.txt", f"{line}\nlast\n"))
    assert max(map(len, texts)) <= 2 * PIECE
    assert "".join(texts).split() == [*line.split(), "last"]
    assert skipped == ""


def test_a_record_of_50_mb_comes_in_pieces(write):
    line = "word " * 10_000_000
    texts, skipped = read(write("a.jsonl", json.dumps({"text": line}) + '\n{"text": "last"}\n'))
    assert max(map(len, texts)) <= PIECE
    assert "".join(texts).split() == [*line.split(), "last"]
    assert skipped == ""


def test_what_has_no_spaces_is_no_text(write):
    texts, skipped = read(write("a.txt", "x" * 2 * PIECE + "\nlast\n"))
    assert texts == ["last\n"]
    assert "a.txt line 1: without a space in 1 MB" in skipped
    texts, skipped = read(write("a.jsonl", json.dumps({"text": "x" * 2 * PIECE}) + '\n{"text": "last"}\n'))
    assert texts == ["last"]
    assert "a.jsonl line 1: without a space in 1 MB" in skipped


def test_a_longer_record_is_skipped_and_told(write, monkeypatch):
    monkeypatch.setattr(readers, "MAX_RECORD", 2**10)
    texts, skipped = read(write("a.jsonl", json.dumps({"text": "x " * 2**10}) + '\n{"text": "last"}\n'))
    assert texts == ["last"]
    assert f"a.jsonl line 1: longer than {MAX_RECORD // 2**20} MB" in skipped


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", "zst"])
def test_a_damaged_file_is_an_error_that_names_it(write, suffix):
    with pytest.raises(DomainVectorsError, match=rf"DV033.*a\.txt\.{suffix}"):
        read(write(f"a.txt.{suffix}", b"this is not compressed\n"))


def test_a_cut_file_is_an_error_that_names_it(write):
    text = "".join(f"line {i}\n" for i in range(100_000))
    with pytest.raises(DomainVectorsError, match=r"DV033.*a\.txt\.gz"):
        read(write("a.txt.gz", gzip.compress(text.encode())[:-1000]))


def test_a_cut_zst_file_is_an_error_too(write):
    source = write("a.txt.zst", b"")
    with smart_open.open(source.path, "wb") as file:
        file.write("".join(f"line {i}\n" for i in range(100_000)).encode())
    data = Path(source.path).read_bytes()
    with pytest.raises(DomainVectorsError, match=r"DV033.*a\.txt\.zst"):
        read(write("a.txt.zst", data[:-1000]))


def test_docs_keep_their_tokens(write):
    nlp = spacy.blank("en")
    docs = [nlp("New York is big"), nlp("")]
    with docs[0].retokenize() as retokenizer:
        retokenizer.merge(docs[0][:2])
    source = write("a.spacy", DocBin(docs=docs).to_bytes())
    assert [[t.text for t in doc] for doc in read_docs(source, spacy.blank("en").vocab)] == [
        ["New York", "is", "big"],
        [],
    ]


@pytest.mark.parametrize("data", [b"", b"nonsense", io.BytesIO(b"\x80\x04N.").getvalue()])
def test_a_damaged_docbin_is_an_error_that_names_it(write, data):
    with pytest.raises(DomainVectorsError, match=r"DV033.*a\.spacy"):
        list(read_docs(write("a.spacy", data), spacy.blank("en").vocab))
