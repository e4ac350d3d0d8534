"""The records of CSV and TSV files, read one after the other in bounded memory, whatever the bytes are.

A quote that is never closed costs at most its own line. These are the rules:

1. A record is read as its quotes say if each quote that opens a field is closed before a delimiter
   or the end of a line, and if the record then has as many fields as the header.
2. If not, its first line is a record by itself, in which quotes are ordinary characters, and the
   next record starts on the next line.
3. A quoted field over several lines may be a mistake: two stray quotes that happen to match. The
   lines are then read as separate records. This is assumed if only two quotes are in the lines, and
   each line by itself has as many fields as the header, none of them empty. In a CSV, no comma may
   be followed by a space, and if there are two lines, their other fields must look alike.
4. In a file whose lines end with LF, a CR ends a record only if the line is no record but a part of
   it is one. The same holds for an LF in a file whose lines end with CR.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence

from ..errors import DomainVectorsError, Errors
from .quoting import QUOTE, has_escapes, readings
from .text_lines import Tell, TextLines

# Memory of a line beside its characters, in bytes, so that many short lines are limited, too.
LINE_OVERHEAD = 60
MOST_COLUMNS = 2**17
# The lines that the csv module gets at a time. They are few where records are odd, as it may read all of
# them in vain.
FEWEST_AT_ONCE, MOST_AT_ONCE = 8, 2**20
TOO_MANY_FIELDS = "with more fields than the header"

_QUOTE = re.compile(QUOTE)
_QUOTE_OR_ESCAPE = re.compile(r'\\?"')
_END_INSIDE = re.compile(r"[\r\n]+(?=[^\r\n])")


class Table:
    r"""The records of a CSV or TSV file.

    columns: The names in the header, which is the first line that is not empty; none for an empty file.
    header: The header as it is written.

    read: Reads a number of bytes from the file, decompressed.
    path: The name of the file in errors.
    delimiter: The character between fields.
    wanted: The columns to look for. With them, it is decided whether quotes in the header are ordinary
        characters.
    longest: The limit for the bytes of a line and the characters of a record. Longer ones are left out.
    tell: Called with the line and the reason for each record that is left out.
    RAISES: DomainVectorsError (DV039) if the header is no text.

    A quote in a field is written as "", or as \" if no field in the first megabyte has "".
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        path: str,
        delimiter: str,
        wanted: Sequence[str],
        longest: int,
        tell: Tell,
    ) -> None:
        self._lines = TextLines(read, longest, tell)
        self._delimiter, self._longest, self._tell = delimiter, longest, tell
        is_escaped = has_escapes(self._lines.look.decode("latin-1"), delimiter)
        self._marks = [_QUOTE, _QUOTE_OR_ESCAPE] if is_escaped else [_QUOTE]
        self.columns: list[str] = []
        self._read_header(path, wanted)

    @property
    def n_lines(self) -> int:
        """The number of lines that were read."""
        return self._lines.number - 1

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each record: the number of its first line, and its fields. It may have too few."""
        n_at_once = MOST_AT_ONCE
        while self._lines.is_there():
            self._is_odd = False
            yield from self._plain_rows(n_at_once)
            n_at_once = FEWEST_AT_ONCE if self._is_odd else min(2 * n_at_once, MOST_AT_ONCE)
            if self._is_odd:
                yield from self._odd_rows()
            self._lines.forget()

    def _read_header(self, path: str, wanted: Sequence[str]) -> None:
        lines, self.header = self._lines, ""
        while lines.is_there() and not lines.text(1).strip("\r\n"):
            lines.go_on(1)
        if not lines.is_there():
            return
        quoted = self._quoted(MOST_COLUMNS, _QUOTE)
        first, *others = _parts(lines.text(1))
        found = [quoted] if quoted else []
        found += [(fields, 1) for fields in self._readings(lines.text(1), MOST_COLUMNS)]
        found += [(fields, 0) for fields in self._readings(first, MOST_COLUMNS)] if others else []
        self.columns, used = next((each for each in found if set(wanted) <= set(each[0])), found[0])
        self.header = lines.text(used) if used else first
        if not used:
            # The line has records after the header.
            lines.lines[lines.next] = "".join(others)
        if why := lines.fault(self.header):
            raise DomainVectorsError(Errors.DV039.format(path=path, why=why))
        lines.go_on(used)

    def _plain_rows(self, n_at_once: int) -> Iterator[tuple[int, list[str]]]:
        """Yield the records that the csv module reads in some lines, up to one that is odd."""
        lines, n_columns, read = self._lines, len(self.columns), 0
        rows = csv.reader(lines.ahead(n_at_once), delimiter=self._delimiter, strict=True)
        try:
            for fields in rows:
                used = rows.line_num - read
                if len(fields) == n_columns and (used == 1 or self._is_one_record(fields, used, read)):
                    if lines.is_suspect and (why := lines.fault(lines.text(used, read))):
                        self._tell(lines.number + read, why)
                    else:
                        yield lines.number + read, fields
                elif fields:
                    self._is_odd = True
                    break
                read += used
        except csv.Error:
            self._is_odd = True
        lines.go_on(read)
        self._is_odd |= not read

    def _odd_rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the next record, however odd it is, or all records of the next line."""
        lines, n_columns = self._lines, len(self.columns)
        number, line = lines.number, lines.text(1)
        quoted = [found for marks in self._marks if (found := self._quoted(n_columns, marks))]
        quoted = [(fields, used) for fields, used in quoted if self._is_one_record(fields, used)]
        exact = next((found for found in quoted if len(found[0]) == n_columns), None)
        if exact is None and (fields := self._alone(line)):
            exact = fields, 1
        parts = _parts(line) if exact is None else []
        if len(parts) > 1 and any(map(self._alone, parts)):
            lines.go_on(1)
            for part in parts:
                fields = self._alone(part) or self._readings(part, n_columns)[0]
                yield from self._checked(number, part, fields)
            return
        fields, used = exact or (quoted[0] if quoted else (self._readings(line, n_columns)[0], 1))
        text = lines.text(used)
        lines.go_on(used)
        yield from self._checked(number, text, fields)

    def _checked(self, number: int, text: str, fields: list[str]) -> Iterator[tuple[int, list[str]]]:
        n_columns = len(self.columns)
        if why := self._lines.fault(text):
            self._tell(number, why)
        elif n_columns == 1 < len(fields):
            # With one column, delimiters belong to the text.
            yield number, [text.rstrip("\r\n")]
        elif any(fields[n_columns:]):
            self._tell(number, TOO_MANY_FIELDS)
        elif text.strip("\r\n"):
            yield number, fields[:n_columns]

    def _is_one_record(self, fields: Sequence[str], used: int, n_ahead: int = 0) -> bool:
        """Whether lines that are one record by their quotes are not separate records, see rule 3."""
        n_columns, start = len(self.columns), self._lines.next + n_ahead
        if used == 1 or n_columns == 1:
            return True
        lines = self._lines.lines[start : start + used]
        if len(fields) < n_columns:
            return not any(map(self._is_alone, lines))
        if not all(map(self._is_alone, lines)):
            return True
        if used == 2 and self._delimiter != "\t":
            first, second = (line.split(self._delimiter) for line in lines)
            if not _are_alike(first, second):
                return True
        text = "".join(lines)
        parts = re.split(rf"{self._delimiter}|[\r\n]+", text.strip("\r\n"))
        return text.count(QUOTE) > 2 or not all(parts)

    def _is_alone(self, line: str) -> bool:
        """Whether a line has as many fields as the header. A comma before a space belongs to a text."""
        if line.count(self._delimiter) != len(self.columns) - 1:
            return False
        return self._delimiter == "\t" or f"{self._delimiter} " not in line

    def _quoted(self, most: int, marks: "re.Pattern[str]") -> tuple[list[str], int] | None:
        """The next record as its quotes say, and its number of lines; None if a quote is out of place.

        most: The limit for the number of fields.
        marks: Matches a quote, and an escaped quote in a field.
        """
        lines, delimiter = self._lines, self._delimiter
        fields: list[str] = []
        used, size = 1, 0
        line, place = lines.text(1), 0
        stop = len(line.rstrip("\r\n"))
        while len(fields) < most:
            if not line.startswith(QUOTE, place):
                end = line.find(delimiter, place)
                fields.append(line[place : stop if end < 0 else end])
                if end < 0:
                    return fields, used
                place = end + 1
                continue
            parts, place = [], place + 1
            while True:
                mark = marks.search(line, place)
                if mark is None:
                    parts.append(line[place:])
                    size += len(line) + LINE_OVERHEAD
                    if size > self._longest or not lines.is_there(used):
                        return None
                    line, place = lines.text(1, used), 0
                    stop = len(line.rstrip("\r\n"))
                    used += 1
                    continue
                parts.append(line[place : mark.start()])
                place = mark.end()
                is_escape = len(mark.group()) > 1
                if not is_escape and not line.startswith(QUOTE, place):
                    break
                parts.append(QUOTE)
                place += not is_escape
            fields.append("".join(parts))
            if place >= stop:
                return fields, used
            if not line.startswith(delimiter, place):
                return None
            place += 1
        return None

    def _alone(self, line: str) -> list[str] | None:
        """The fields of a line by itself, if they can be as many as those of the header."""
        found = self._readings(line, len(self.columns))
        return next((fields for fields in found if len(fields) == len(self.columns)), None)

    def _readings(self, line: str, most: int) -> list[list[str]]:
        return readings(line.rstrip("\r\n"), self._delimiter, most)


def _are_alike(fields: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two records have three or more fields, and their fields without quotes have one shape."""
    pairs = [(left, right) for left, right in zip(fields, others) if QUOTE not in left + right]
    return len(fields) > 2 and all(_shape(left) == _shape(right) for left, right in pairs)


def _shape(field: str) -> str:
    """A field with one letter for each run of letters, and one digit for each run of digits."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", field.strip()))


def _parts(line: str) -> list[str]:
    """The parts of a line between line ends of another kind than those of the file."""
    starts = [0, *(match.end() for match in _END_INSIDE.finditer(line))]
    return [line[start:end] for start, end in zip(starts, [*starts[1:], len(line)])]
