"""The records of CSV and TSV files, one after the other, in bounded memory; whatever the bytes are.

A quote that never closes costs its own line at most. A record is taken as its quotes say where each quote that opens a
field is closed before a delimiter or the end of a line, and the record then has as many fields as the header. If not,
its first line is a record by itself, in whose fields quotes are characters, and the next line is the next record. Where
two quotes of several lines do close, but each of these lines has as many fields as the header by itself, none empty,
the lines are records, and the quotes characters; in a CSV, only where no space is behind a comma, and two lines only
where their other fields look alike.

A CR in a file whose lines end with LF, and an LF in one whose lines end with CR, ends a record only where the line is
none and a part of it is one.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence

from ..errors import DomainVectorsError, Errors
from .quoting import QUOTE, has_escapes, readings
from .text_lines import Tell, TextLines

# What a line takes beside its characters, in bytes: the limit of a record holds for many short lines, too.
LINE_OVERHEAD = 60
MOST_COLUMNS = 2**17
# How many lines the csv module gets at a time; few where records are odd, as it may read all of them in vain.
FEWEST_AT_ONCE, MOST_AT_ONCE = 8, 2**20
TOO_MANY_FIELDS = "with more fields than the header"

_QUOTE = re.compile(QUOTE)
_QUOTE_OR_ESCAPE = re.compile(r'\\?"')
_END_INSIDE = re.compile(r"[\r\n]+(?=[^\r\n])")


class Table:
    r"""The records of a CSV or TSV file.

    columns: The names in the header, which is the first line that is not empty; none for an empty file.
    header: That line as it is written.

    read: Reads so many bytes of the file, decompressed.
    path: What the file is called in errors.
    delimiter: What stands between fields.
    wanted: The columns that are looked for; they tell whether quotes of the header are characters.
    longest: Most bytes of a line, and most characters of a record. Longer ones are left out.
    tell: Is called with the line and the reason of each record that is left out.
    RAISES: DomainVectorsError (DV039) for a header that is no text.

    A quote in a field is written as "", or as \" where no field of the first megabyte has the former.
    """

    def __init__(
        self, read: Callable[[int], bytes], path: str, delimiter: str, wanted: Sequence[str], longest: int, tell: Tell
    ) -> None:
        self._lines = TextLines(read, longest, tell)
        self._delimiter, self._longest, self._tell = delimiter, longest, tell
        is_escaped = has_escapes(self._lines.look.decode("latin-1"), delimiter)
        self._marks = [_QUOTE, _QUOTE_OR_ESCAPE] if is_escaped else [_QUOTE]
        self.columns: list[str] = []
        self._read_header(path, wanted)

    @property
    def n_lines(self) -> int:
        """How many lines were read."""
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
            # Behind the header there are records in the same line.
            lines.lines[lines.next] = "".join(others)
        if why := lines.fault(self.header):
            raise DomainVectorsError(Errors.DV039.format(path=path, why=why))
        lines.go_on(used)

    def _plain_rows(self, n_at_once: int) -> Iterator[tuple[int, list[str]]]:
        """What the csv module reads in some lines, up to a record that has something odd."""
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
        """The next record, whatever it is like; or the next line as the records that it holds."""
        lines, n_columns = self._lines, len(self.columns)
        number, line = lines.number, lines.text(1)
        quoted = [found for marks in self._marks if (found := self._quoted(n_columns, marks))]
        quoted = [(fields, used) for fields, used in quoted if self._is_one_record(fields, used)]
        exact = next((found for found in quoted if len(found[0]) == n_columns), None)
        if exact is None and (fields := self._alone(line)):
            exact = fields, 1
        if exact is None and len(parts := _parts(line)) > 1 and any(map(self._alone, parts)):
            lines.go_on(1)
            for part in parts:
                yield from self._checked(number, part, self._alone(part) or self._readings(part, n_columns)[0])
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
            # There is no other column that a part of it could be of.
            yield number, [text.rstrip("\r\n")]
        elif any(fields[n_columns:]):
            self._tell(number, TOO_MANY_FIELDS)
        elif text.strip("\r\n"):
            yield number, fields[:n_columns]

    def _is_one_record(self, fields: Sequence[str], used: int, n_ahead: int = 0) -> bool:
        """Whether lines that are one record as their quotes say are not records by themselves."""
        n_columns, start = len(self.columns), self._lines.next + n_ahead
        if used == 1 or n_columns == 1:
            return True
        lines = self._lines.lines[start : start + used]
        if len(fields) < n_columns:
            return not any(map(self._is_alone, lines))
        if not all(map(self._is_alone, lines)):
            return True
        if used == 2 and self._delimiter != "\t" and not _are_alike(*(line.split(self._delimiter) for line in lines)):
            return True
        text = "".join(lines)
        return text.count(QUOTE) > 2 or not all(re.split(rf"{self._delimiter}|[\r\n]+", text.strip("\r\n")))

    def _is_alone(self, line: str) -> bool:
        """Whether a line has as many fields as the header by itself. Behind a comma in a text there is a space."""
        n_commas = line.count(self._delimiter)
        return n_commas == len(self.columns) - 1 and (self._delimiter == "\t" or f"{self._delimiter} " not in line)

    def _quoted(self, most: int, marks: "re.Pattern[str]") -> tuple[list[str], int] | None:
        """The next record as its quotes say, and how many lines it has; None where a quote is out of place.

        most: More fields than these are no record.
        marks: Matches a quote, and what stands for one in a field.
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
        """A line as a record by itself, if it can be one that has as many fields as the header."""
        found = self._readings(line, len(self.columns))
        return next((fields for fields in found if len(fields) == len(self.columns)), None)

    def _readings(self, line: str, most: int) -> list[list[str]]:
        return readings(line.rstrip("\r\n"), self._delimiter, most)


def _are_alike(fields: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two records have three or more fields, and those without quotes are of letters and digits alike."""
    pairs = [(left, right) for left, right in zip(fields, others) if QUOTE not in left + right]
    return len(fields) > 2 and all(_shape(left.strip()) == _shape(right.strip()) for left, right in pairs)


def _shape(field: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", field))


def _parts(line: str) -> list[str]:
    """What a line is cut into by line ends that are not those of the file."""
    starts = [0, *(match.end() for match in _END_INSIDE.finditer(line))]
    return [line[start:end] for start, end in zip(starts, [*starts[1:], len(line)])]
