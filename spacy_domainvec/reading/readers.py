"""Texts from files, with one reader for each format. Lines that can't be read are counted."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

from ..errors import DomainVectorsError, Errors
from .cutting import LONGEST, place_to_cut
from .quoting import described
from .records import Table
from .skipped import Skipped
from .sources import Source, opened
from .text_lines import BOM, CR_LINE, MAX_RECORD, NOT_UTF8, NUL, TOO_LONG, Tell

# A longer text is read in pieces, so that memory is bounded.
PIECE = 2**20

NOT_JSON = "not JSON"
NO_FIELD = "without the field '{field}' as a text"
HALF_CHARACTER = "half of a character (a lone surrogate), replaced by U+FFFD"
DELIMITERS = {"csv": ",", "tsv": "\t"}
CONTINUATION_BYTES = bytes(range(0x80, 0xC0))

_CR_LINE = re.compile(CR_LINE.pattern.encode())
_SURROGATE = re.compile("[\ud800-\udfff]")
# Numbers are not needed, and a long one is no error.
_DECODER = json.JSONDecoder(parse_int=float)


def read_texts(
    source: Source, text_field: Any, skipped: Skipped, start: int = 0, end: int | None = None
) -> Iterator[str]:
    """Yield the texts of a file of lines or records.

    source: A file of the format txt, jsonl, csv or tsv.
    text_field: The key or column of the text, see `field_name`; not used for txt.
    skipped: Notes each line or record that can't be used.
    start, end: The range of bytes in which the lines to read start; None for the end of the file.
    RAISES: DomainVectorsError (DV030, DV032, DV033, DV036, DV039, DV054, DV057).
    """
    name = field_name(text_field)
    with opened(source) as file:
        if source.format in DELIMITERS:
            yield from _read_rows(file, source, name, skipped)
            return
        lines = Lines(file, source.shown, start, end)
        read = _read_txt if source.format == "txt" else _read_jsonl
        yield from read(lines, source.shown, name, skipped)
        skipped.n_lines[source.shown] = skipped.n_lines.get(source.shown, 0) + lines.n_lines


def field_name(field: Any) -> str:
    """The name of a column or key. A config may have turned it into a number or None: 0, 2024, null."""
    return field if isinstance(field, str) else json.dumps(field)


class Lines:
    """The lines of a file that start in a range of bytes.

    n_lines: How many of them were read.
    """

    def __init__(self, file: IO[bytes], path: str, start: int = 0, end: int | None = None) -> None:
        self.n_lines = 0
        self._file, self._path = file, path
        self._end: int | None = None
        self._position, self._is_new = start, True
        if start:
            # A line that starts before this range belongs to the range before: it is read and dropped.
            self._position = call(file.seek, start - 1, path)
            self.drain()
            self.n_lines = 0
        self._end = end

    def readline(self, limit: int) -> bytes:
        """The next line, or its first bytes if it is longer than the limit; empty at the end.

        RAISES: DomainVectorsError (DV033).
        """
        if self._is_new and self._end is not None and self._position >= self._end:
            return b""
        line = call(self._file.readline, limit, self._path)
        n_bom = 0
        if self._position == 0 and line.startswith(BOM):
            n_bom = len(BOM)
            rest = b"" if line.endswith(b"\n") else call(self._file.readline, n_bom, self._path)
            line = line[n_bom:] + rest
        self._position += len(line) + n_bom
        self._is_new = line.endswith(b"\n")
        self.n_lines += self._is_new
        return bytes(line)

    def drain(self) -> None:
        """Read on to the end of the line."""
        while (chunk := self.readline(PIECE)) and not chunk.endswith(b"\n"):
            pass


def call(function: Callable[[int], Any], argument: int, path: str) -> Any:
    """Read or seek. RAISES: DomainVectorsError (DV033 for any error of the file, DV054)."""
    try:
        return function(argument)
    except DomainVectorsError:
        raise
    except Exception as e:  # gzip, bz2, lzma, zstandard and remote backends have errors of their own
        raise DomainVectorsError(Errors.DV033.format(path=path, why=e or type(e).__name__)) from None


def open_table(file: IO[bytes], source: Source, wanted: list[str], tell: Tell) -> Table:
    """The records of an open CSV or TSV file.

    wanted: The columns to look for.
    tell: Called with the line and the reason for each record that can't be used.
    RAISES: DomainVectorsError (DV033, DV039).
    """
    delimiter, path = DELIMITERS[source.format], source.shown
    return Table(lambda n: call(file.read, n, path), path, delimiter, wanted, MAX_RECORD, tell)


def _read_txt(file: Lines, path: str, text_field: str, skipped: Skipped) -> Iterator[str]:
    number, rest = 1, b""
    while chunk := file.readline(PIECE):
        piece, rest = rest + chunk, b""
        ended = piece.endswith(b"\n")
        if not ended and len(chunk) == PIECE:
            cut = max(piece.rfind(b" "), piece.rfind(b"\t"))
            if cut <= 0:
                cut = _place_to_cut_bytes(piece)
            piece, rest = piece[:cut], piece[cut:]
        # Lines that end with CR alone are texts, too.
        has_inner_cr = -1 < piece.find(b"\r") < len(piece) - 2
        for part in _CR_LINE.findall(piece) if has_inner_cr else (piece,):
            yield from _decoded(part, path, number, skipped)
        number += ended
    if rest:
        yield from _decoded(rest, path, number, skipped)


def _read_jsonl(file: Lines, path: str, text_field: str, skipped: Skipped) -> Iterator[str]:
    for number, line in _lines(file, path, skipped):
        if not line.strip():
            continue
        try:
            # The standard library's parser, as ujson and simdjson accept other lines than it does.
            records: Iterable[Any] = (_DECODER.decode(line),)
        except (ValueError, RecursionError):
            records = _records_between_crs(line, path, number, skipped)
        for record in records:
            text = record.get(text_field) if isinstance(record, dict) else None
            if not isinstance(text, str):
                skipped.add(path, number, NO_FIELD.format(field=text_field))
                continue
            if "\\u" in line and _SURROGATE.search(text):
                text = _SURROGATE.sub("\ufffd", text)
                skipped.add_mended(path, number, HALF_CHARACTER)
            yield from _pieces(text)


def _records_between_crs(line: str, path: str, number: int, skipped: Skipped) -> Iterator[Any]:
    """The records of a line whose records end with CR alone: a string of JSON holds no CR."""
    parts = [part for part in line.split("\r") if part.strip()]
    for part in parts:
        try:
            yield _DECODER.decode(part)
        except (ValueError, RecursionError):
            skipped.add(path, number, NOT_JSON)


def _read_rows(file: IO[bytes], source: Source, text_field: str, skipped: Skipped) -> Iterator[str]:
    path = source.shown
    table = open_table(file, source, [text_field], lambda line, why: skipped.add(path, line, why))
    if not table.columns:
        return
    if text_field not in table.columns:
        found = described(table.header, table.columns, DELIMITERS[source.format], text_field)
        raise DomainVectorsError(Errors.DV032.format(path=path, field=text_field, found=found))
    column = table.columns.index(text_field)
    for number, fields in table.rows():
        if len(fields) > column:
            yield from _pieces(fields[column])
        else:
            skipped.add(path, number, NO_FIELD.format(field=text_field))
    skipped.n_lines[path] = skipped.n_lines.get(path, 0) + table.n_lines


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


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > PIECE:
        end = start + PIECE
        cut = max(text.rfind(" ", start, end), text.rfind("\n", start, end))
        if cut <= start:
            cut = place_to_cut(text, max(end - LONGEST, start), end)
        yield text[start:cut]
        start = cut
    yield text[start:]


def _place_to_cut_bytes(piece: bytes) -> int:
    """Where to cut a piece of a line without spaces: after a sentence, or at least after a character."""
    end = len(piece) - 1
    while end > max(len(piece) - 4, 1) and piece[end] & 0xC0 == 0x80:
        end -= 1
    # The last character may go on in the next piece.
    end = max(end, 1)
    try:
        tail = piece[max(end - 4 * LONGEST, 0) : end].lstrip(CONTINUATION_BYTES).decode("utf8")
    except UnicodeDecodeError:
        return end
    cut = place_to_cut(tail, max(len(tail) - LONGEST, 0), len(tail))
    return max(end - len(tail[cut:].encode()), 1)


def _decoded(line: bytes, path: str, number: int, skipped: Skipped) -> Iterator[str]:
    if b"\0" in line:
        skipped.add(path, number, NUL)
        return
    try:
        yield line.decode("utf8")
    except UnicodeDecodeError:
        skipped.add(path, number, NOT_UTF8)
