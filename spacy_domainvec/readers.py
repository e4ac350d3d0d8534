"""Texts out of files, one reader for each format; what can't be read is counted, not lost silently."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from .errors import DomainVectorsError, Errors
from .sources import Source, opened

BOM = b"\xef\xbb\xbf"
# A longer text is read in pieces, so that memory is bounded; a record of more than MAX_RECORD is skipped.
PIECE = 2**20
MAX_RECORD = 2**26

NOT_UTF8 = "not UTF-8"
NUL = "with a NUL byte (is the file UTF-16?)"
TOO_LONG = f"longer than {MAX_RECORD // 2**20} MB"
NO_SPACE = f"without a space in {PIECE // 2**20} MB"
NOT_JSON = "not JSON"
NO_FIELD = "without the field '{field}' as a text"
BAD_ROW = "not a row of the table"


@dataclass
class Skipped:
    """What was left out, by file and reason: how often, and the first line; and how many lines each file has."""

    found: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    n_lines: dict[str, int] = field(default_factory=dict)

    def add(self, path: str, line: int, reason: str, times: int = 1) -> None:
        """Take note of a line, or of a number of lines of which it is the first."""
        count, first = self.found.get((path, reason), (0, line))
        self.found[path, reason] = (count + times, first)

    def append(self, later: "Skipped") -> None:
        """Take over what was left out of later parts of the same files, whose lines are numbered from 1 again."""
        for (path, reason), (count, first) in later.found.items():
            self.add(path, self.n_lines.get(path, 0) + first, reason, count)
        for path, n_lines in later.n_lines.items():
            self.n_lines[path] = self.n_lines.get(path, 0) + n_lines

    @property
    def total(self) -> int:
        """How many lines were left out."""
        return sum(count for count, _ in self.found.values())

    def __str__(self) -> str:
        parts = [f"{path} line {first}: {why}{_more(n)}" for (path, why), (n, first) in self.found.items()]
        return "; ".join(parts)


def read_texts(
    source: Source, text_field: str, skipped: Skipped, start: int = 0, end: int | None = None
) -> Iterator[str]:
    """Yield the texts of a file of lines or records.

    source: A file of the format txt, jsonl, csv or tsv.
    text_field: The key or column that holds the text; not used for txt.
    skipped: Takes note of each line that can't be used.
    start, end: Read the lines that start in this range of bytes; end is None for the end of the file.
    RAISES: DomainVectorsError (DV030, DV032, DV033, DV036).
    """
    with opened(source) as file:
        lines = Lines(file, source.path, start, end)
        yield from READERS[source.format](lines, source.path, text_field, skipped)
        skipped.n_lines[source.path] = skipped.n_lines.get(source.path, 0) + lines.n_lines


def read_docs(source: Source, vocab: Vocab) -> Iterator[Doc]:
    """Yield the docs of a .spacy file (DocBin), which is held in memory as a whole.

    RAISES: DomainVectorsError (DV030, DV033).
    """
    with opened(source) as file:
        try:
            docs = DocBin().from_bytes(file.read()).get_docs(vocab)
            yield from docs
        except Exception as e:  # zlib, msgpack, numpy and spaCy each have errors of their own
            raise DomainVectorsError(Errors.DV033.format(path=source.path, why=e or type(e).__name__)) from None


class Lines:
    """The lines of a file that start in a range of bytes, and how many of them were read."""

    def __init__(self, file: IO[bytes], path: str, start: int = 0, end: int | None = None) -> None:
        self.n_lines = 0
        self._file, self._path, self._end, self._position, self._is_new = file, path, end, start, True
        if start:
            # The line that the byte before stands in belongs to the range before.
            self._position = self._call(file.seek, start - 1)
            self._end, given = None, self._end
            self.drain()
            self._end, self.n_lines = given, 0

    def readline(self, limit: int) -> bytes:
        """The next line, or as much of it as the limit lets; nothing at the end. RAISES: DomainVectorsError (DV033)."""
        if self._is_new and self._end is not None and self._position >= self._end:
            return b""
        line, n_bom = self._call(self._file.readline, limit), 0
        if self._position == 0 and line.startswith(BOM):
            n_bom = len(BOM)
            line = line[n_bom:] + (b"" if line.endswith(b"\n") else self._call(self._file.readline, n_bom))
        self._position += len(line) + n_bom
        self._is_new = line.endswith(b"\n")
        self.n_lines += self._is_new
        return bytes(line)

    def drain(self) -> None:
        """Read to the end of a line."""
        while (chunk := self.readline(PIECE)) and not chunk.endswith(b"\n"):
            pass

    def _call(self, function: Callable[[int], Any], argument: int) -> Any:
        try:
            return function(argument)
        except Exception as e:  # gzip, bz2, lzma, zstandard and the remote backends each have errors of their own
            raise DomainVectorsError(Errors.DV033.format(path=self._path, why=e)) from None


def _read_txt(file: Lines, path: str, text_field: str, skipped: Skipped) -> Iterator[str]:
    number, rest = 1, b""
    while chunk := file.readline(PIECE):
        piece, rest = rest + chunk, b""
        ended = piece.endswith(b"\n")
        if not ended and len(chunk) == PIECE:
            cut = max(piece.rfind(b" "), piece.rfind(b"\t"))
            if cut <= 0:
                skipped.add(path, number, NO_SPACE)
                file.drain()
                number += 1
                continue
            piece, rest = piece[:cut], piece[cut:]
        yield from _decoded(piece, path, number, skipped)
        number += ended
    if rest:
        yield from _decoded(rest, path, number, skipped)


def _read_jsonl(file: Lines, path: str, text_field: str, skipped: Skipped) -> Iterator[str]:
    for number, line in _lines(file, path, skipped):
        if not line.strip():
            continue
        try:
            # The standard library's parser, as ujson and simdjson differ in what they let pass.
            record = json.loads(line)
        except (ValueError, RecursionError):
            skipped.add(path, number, NOT_JSON)
            continue
        text = record.get(text_field) if isinstance(record, dict) else None
        if isinstance(text, str):
            yield from _pieces(text, path, number, skipped)
        else:
            skipped.add(path, number, NO_FIELD.format(field=text_field))


def _read_csv(file: Lines, path: str, text_field: str, skipped: Skipped) -> Iterator[str]:
    return _read_rows(file, path, text_field, skipped, "excel")


def _read_tsv(file: Lines, path: str, text_field: str, skipped: Skipped) -> Iterator[str]:
    return _read_rows(file, path, text_field, skipped, "excel-tab")


def _read_rows(file: Lines, path: str, text_field: str, skipped: Skipped, dialect: str) -> Iterator[str]:
    rows = csv.reader((line for _, line in _lines(file, path, skipped)), dialect)
    header = next(rows, None)
    if header is None:
        return
    if text_field not in header:
        raise DomainVectorsError(Errors.DV032.format(path=path, field=text_field, found=", ".join(header)))
    column = header.index(text_field)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            skipped.add(path, rows.line_num, BAD_ROW)
            continue
        if len(row) > column:
            yield from _pieces(row[column], path, rows.line_num, skipped)
        elif row:
            skipped.add(path, rows.line_num, NO_FIELD.format(field=text_field))


READERS: dict[str, Callable[[Lines, str, str, Skipped], Iterator[str]]] = {
    "txt": _read_txt,
    "jsonl": _read_jsonl,
    "csv": _read_csv,
    "tsv": _read_tsv,
}


def _lines(file: Lines, path: str, skipped: Skipped) -> Iterator[tuple[int, str]]:
    number = 0
    while line := file.readline(MAX_RECORD):
        number += 1
        if len(line) == MAX_RECORD and not line.endswith(b"\n"):
            skipped.add(path, number, TOO_LONG)
            file.drain()
            continue
        for text in _decoded(line, path, number, skipped):
            yield number, text


def _pieces(text: str, path: str, number: int, skipped: Skipped) -> Iterator[str]:
    start = 0
    while len(text) - start > PIECE:
        cut = max(text.rfind(" ", start, start + PIECE), text.rfind("\n", start, start + PIECE))
        if cut <= start:
            skipped.add(path, number, NO_SPACE)
            return
        yield text[start:cut]
        start = cut
    yield text[start:]


def _decoded(line: bytes, path: str, number: int, skipped: Skipped) -> Iterator[str]:
    if b"\0" in line:
        skipped.add(path, number, NUL)
        return
    try:
        yield line.decode("utf8")
    except UnicodeDecodeError:
        skipped.add(path, number, NOT_UTF8)


def _more(count: int) -> str:
    return f" (and {count - 1:,} more)" if count > 1 else ""
