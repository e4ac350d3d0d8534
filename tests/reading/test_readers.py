import gzip
import json
from pathlib import Path

import pytest
import smart_open
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.reading import readers
from spacy_domainvec.reading.readers import MAX_RECORD, PIECE, field_name, read_texts
from spacy_domainvec.reading.skipped import Skipped
from spacy_domainvec.reading.sources import Source, format_of


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


def test_a_field_that_the_csv_module_refuses_is_read(write):
    long = "x " * 200_000
    assert read(write("a.csv", f"id,text,tag\n1,{long},{long}\n2,two,x\n")) == ([long, "two"], "")
    assert read(write("a.tsv", f'id\ttext\n1\t"{long}\n{long}"\n2\ttwo\n')) == ([f"{long}\n{long}", "two"], "")


def test_records_are_counted_and_told_with_their_first_line(write):
    data = 'id,text,tag\n1,one,x\n2,"t\xe9\nw\xe9o",x\n3,three,x\n4,\xe9,x\n5,a,b,c,d\n6\n7,seven,x\n'
    texts, skipped = read(write("a.csv", data.encode("cp1252")))
    assert texts == ["one", "three", "seven"]
    assert "a.csv line 3: not UTF-8 (and 1 more)" in skipped
    assert "a.csv line 7: with more fields than the header" in skipped
    assert "a.csv line 8: without the field 'text'" in skipped


def test_a_stray_quote_costs_no_text_and_other_columns_are_no_words(write):
    rows = [f"tkt{i}\tthe text of {i}\tlbl{i}" for i in range(40)]
    for i in (10, 17, 30):
        rows[i] = rows[i].replace("the", '"the')
    texts, skipped = read(write("a.tsv", "id\ttext\tlabel\n" + "\n".join(rows)))
    assert skipped == "" and [text.strip('"') for text in texts] == [f"the text of {i}" for i in range(40)]


@pytest.mark.parametrize(("field", "name"), [(0, "0"), (2024, "2024"), (None, "null"), ("text", "text")])
def test_a_field_may_be_called_like_a_number_or_nothing(write, field, name):
    assert field_name(field) == name
    assert read(write("a.csv", f"id,{name}\n1,one\n"), field) == (["one"], "")
    assert read(write("a.jsonl", json.dumps({name: "one"})), field) == (["one"], "")


def test_a_missing_column_names_the_columns_there_are(write):
    with pytest.raises(DomainVectorsError, match=r"DV032.*a\.csv.*'text'.*id, body"):
        read(write("a.csv", "id,body\n1,one\n"))
    with pytest.raises(DomainVectorsError, match=r"DV032.*column0, .*column19 and 80 more\."):
        read(write("a.csv", ",".join(f"column{i}" for i in range(100))))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", "id;text;tag\n1;secret;x\n", r"separated by ';': separate them by commas"),
        ("a.csv", "id;body;tag\n1;secret;x\n", r"separated by ';'"),
        ("a.csv", "id\ttext\n1\tsecret\n", r"separated by tabs \(\.tsv\)"),
        ("a.tsv", "id,text\n1,secret\n", r"separated by commas: separate them by tabs"),
    ],
)
def test_a_missing_column_tells_the_delimiter_that_was_found(write, name, data, said):
    with pytest.raises(DomainVectorsError, match=f"DV032.*{said}") as noted:
        read(write(name, data))
    assert "secret" not in str(noted.value)


@pytest.mark.parametrize("header", ["1,my secret,x", "John,I have a secret to tell,x", "secret" * 10, '"secret\n",b'])
def test_a_text_in_the_place_of_a_header_is_not_shown(write, header):
    with pytest.raises(DomainVectorsError, match=r"DV032.*a\.csv.*not look like names") as noted:
        read(write("a.csv", f"{header}\n2,other,y\n"))
    assert "secret" not in str(noted.value)


def test_a_header_that_is_no_text_is_an_error_that_shows_nothing(write):
    with pytest.raises(DomainVectorsError, match=r"DV039.*a\.csv.*not UTF-8") as noted:
        read(write("a.csv", "größe,text\n1,secret\n".encode("cp1252")))
    assert "secret" not in str(noted.value)


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ('{"text": "cut \\ud83d"}', "cut \ufffd"),
        ('{"text": "\\udc00 and \\ud83d\\ude00 \\ud83d"}', "\ufffd and \U0001f600 \ufffd"),
    ],
)
def test_half_of_a_character_is_replaced_and_counted(write, record, text):
    skipped = Skipped()
    source = write("a.jsonl", f'{{"text": "one \\\\ud83d"}}\n{record}\n{{"text": "two"}}\n{record}\n')
    assert list(read_texts(source, "text", skipped)) == ["one \\ud83d", text, "two", text]
    assert skipped.total == 0
    ((path, reason), found), *_ = skipped.mended.items()
    assert path == source.path and "U+FFFD" in reason and found == (2, 2)


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ('{"text": "one", "n": ' + "9" * 10_000 + "}", ["one"]),
        ('{"text": "no", "text": "one", "x": {"text": "no"}}', ["one"]),
        ('{"text": "one", "x": NaN}', ["one"]),
        ('{"text": 5}', []),
        ('{"text": ' + '{"text":' * 100_000, []),
        ('"text"', []),
    ],
)
def test_odd_json_is_read_or_told(write, line, texts):
    found, skipped = read(write("a.jsonl", line))
    assert found == texts and bool(skipped) != bool(texts)


def test_lines_that_end_with_cr_alone_are_texts(write):
    assert read(write("a.txt", "one\rtwo\r\nthree\r")) == (["one\r", "two\r\n", "three\r"], "")
    texts, skipped = read(write("a.txt", b"one\r\xff\rthree"))
    assert texts == ["one\r", "three"] and "a.txt line 1: not UTF-8" in skipped
    assert read(write("a.jsonl", '{"text": "one"}\r{"text": \r{"text": "two"}'))[0] == ["one", "two"]


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=100), st.sampled_from(["txt", "jsonl", "csv", "tsv"]))
def test_any_bytes_are_read_or_told(write, data, format):
    head = b"text\n" if format in ("csv", "tsv") else b""
    texts, skipped = read(write(f"a.{format}", head + data))
    data = data.removeprefix(b"\xef\xbb\xbf")
    lines = [line for line in data.split(b"\n") if line.strip(b" \t\r\x0b\x0c")]
    assert texts or skipped or not lines or format == "jsonl"
    assert not any("\0" in text or text != text.encode().decode() for text in texts)
    if format == "txt" and not skipped:
        assert "".join(texts).encode() == data


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv", "a.tsv"])
def test_an_empty_file_has_no_texts(write, name):
    assert read(write(name, "")) == ([], "")


@pytest.mark.slow
def test_a_line_of_50_mb_comes_in_pieces(write):
    line = f"{'word' * 12}, " * 1_000_000
    texts, skipped = read(write("a.txt", f"{line}\nlast\n"))
    assert max(map(len, texts)) <= 2 * PIECE
    assert "".join(texts).split() == [*line.split(), "last"]
    assert skipped == ""


@pytest.mark.slow
def test_a_record_of_50_mb_comes_in_pieces(write):
    line = f"{'word' * 12}, " * 1_000_000
    texts, skipped = read(write("a.jsonl", json.dumps({"text": line}) + '\n{"text": "last"}\n'))
    assert max(map(len, texts)) <= PIECE
    assert "".join(texts).split() == [*line.split(), "last"]
    assert skipped == ""


@pytest.mark.parametrize("unit", ["x", "\u4e2d\u6587\u3002", "\U0001f600", "\u0e44\u0e17\u0e22"])
@pytest.mark.parametrize("shift", range(4))
def test_a_long_text_without_spaces_is_read_whole(write, monkeypatch, unit, shift):
    monkeypatch.setattr(readers, "PIECE", 5000)
    line = "y" * shift + unit * 3000
    for source in (
        write("a.txt", f"{line}\nlast\n"),
        write("a.jsonl", json.dumps({"text": line}) + '\n{"text": "last"}'),
    ):
        texts, skipped = read(source)
        assert skipped == "" and texts[-1].strip() == "last" and "".join(texts[:-1]).strip() == line
        assert max(map(len, texts)) <= 5001
        if "\u3002" in unit:
            assert all(text.strip().endswith("\u3002") for text in texts[:-1])


def test_bytes_that_are_no_text_are_told_in_a_line_without_spaces_too(write, monkeypatch):
    monkeypatch.setattr(readers, "PIECE", 5000)
    texts, skipped = read(
        write("a.txt", b"\xe4\xb8\xad" * 2000 + b"\x80" * 9000 + b"\xe4\xb8\xad" * 4000 + b"\nlast\n")
    )
    assert texts[-1] == "last\n" and "a.txt line 1: not UTF-8" in skipped
    assert 3000 < "".join(texts).count("\u4e2d") < 6000


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
