import io

import pytest

from spacy_domainvec.reading import text_lines
from spacy_domainvec.reading.text_lines import NOT_UTF8, NUL, TOO_LONG, TextLines


def read(data, longest=1000):
    """The lines with their numbers, and what was told."""
    told, found = [], []
    lines = TextLines(io.BytesIO(data).read, longest, lambda *what: told.append(what))
    while lines.is_there():
        found.append((lines.number, lines.text(1)))
        lines.go_on(1)
        lines.forget()
    return found, told


@pytest.mark.parametrize("block", [1, 2, 3, 7, 2**20])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_numbered_as_they_end(monkeypatch, block, end):
    monkeypatch.setattr(text_lines, "BLOCK", block)
    texts = ["one", "", "zwei \u00fc", "\x85\u2028\x0c", "x" * 20]
    data = "".join(f"{text}{end}" for text in texts).encode()
    if end == "\r" and block < 7:
        pytest.skip("How lines end is seen from the first block.")
    assert read(data) == ([(i, f"{text}{end}") for i, text in enumerate(texts, start=1)], [])
    assert read(data + b"last")[0][-1] == (6, "last")


@pytest.mark.parametrize("block", [10, 2**20])
def test_an_empty_line_stands_for_one_that_is_too_long(monkeypatch, block):
    monkeypatch.setattr(text_lines, "BLOCK", block)
    found, told = read(b"one\n" + b"x" * 2000 + b"\nthree\n" + b"y" * 2000 + b"\n")
    assert [text.strip() for _, text in found] == ["one", "", "three", ""]
    assert told == [(2, TOO_LONG), (4, TOO_LONG)]


def test_what_is_no_text_is_known():
    lines = TextLines(io.BytesIO(b"\xef\xbb\xbfgood\nb\xffd\nnu\0l\n").read, 1000, print)
    assert lines.is_there(2) and not lines.is_there(3)
    assert [lines.fault(lines.text(1, i)) for i in range(3)] == [None, NOT_UTF8, NUL]
    assert lines.fault(lines.text(3)) == NUL
    assert lines.text(1) == "good\n"
    assert list(lines.ahead(2)) == lines.lines[:2]
