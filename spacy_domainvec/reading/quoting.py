"""How the quotes in a line of a CSV or TSV file may be meant."""

import csv
import re
from contextlib import suppress

QUOTE = '"'
DELIMITERS = {",": "commas", "\t": "tabs (.tsv)", ";": "';'", "|": "'|'"}
# What looks like the name of a column, and not like somebody's text.
MOST_SHOWN, MOST_WORDS = 20, 3
_NAME = re.compile(r"[^\W\d][\w .:#%&+/()-]{0,29}")
# Longer lines are not read in ways that take much memory.
LONGEST_READ = 2**20


def readings(line: str, delimiter: str, most: int) -> list[list[str]]:
    """A line as a record by itself, in the ways that its quotes may be meant, the likeliest first.

    most: How many fields are told apart. What is behind them is one more field, without the delimiters at its end.
    """
    found = [_with_sound_quotes(line, delimiter, most), _limited(line.split(delimiter, most), delimiter, most)]
    if len(line) <= LONGEST_READ:
        # It lets text stand behind the quote that closes a field; a CR or a longer field than it takes is an error.
        with suppress(csv.Error):
            found.insert(1, next(csv.reader([line], delimiter=delimiter), [""]))
    return found


def has_escapes(look: str, delimiter: str) -> bool:
    r"""Whether quotes inside of fields seem to be written as \" and not as "".

    look: The start of the file.
    """
    rest = look.replace('\\"', "\\")
    if rest == look:
        return False
    other = rf"[^{re.escape(delimiter)}\r\n]"
    return '""' not in re.sub(rf'(?<!{other})""(?!{other})', "", rest)


def quoted_field(line: str, place: int) -> tuple[str, int] | None:
    """A field that begins with a quote, and where it ends; None where no quote of the line closes it."""
    parts, place = [], place + 1
    while (end := line.find(QUOTE, place)) >= 0:
        parts.append(line[place:end])
        place = end + 1
        if not line.startswith(QUOTE, place):
            return "".join(parts), place
        parts.append(QUOTE)
        place += 1
    return None


def _with_sound_quotes(line: str, delimiter: str, most: int) -> list[str]:
    """Fields are quoted where the quotes are in order; in others they are characters."""
    fields: list[str] = []
    place = 0
    while len(fields) < most:
        quoted = quoted_field(line, place) if line.startswith(QUOTE, place) else None
        if quoted is not None and (quoted[1] == len(line) or line.startswith(delimiter, quoted[1])):
            text, end = quoted
        else:
            end = line.find(delimiter, place)
            end = len(line) if end < 0 else end
            text = line[place:end]
        fields.append(text)
        place = end + 1
        if place > len(line):
            return fields
    return _limited([*fields, line[place:]], delimiter, most)


def _limited(fields: list[str], delimiter: str, most: int) -> list[str]:
    return [*fields[:most], *(field.rstrip(delimiter) for field in fields[most:])]


def described(header: str, columns: list[str], delimiter: str, wanted: str) -> str:
    """What is known about a header that lacks a column, without showing a text in the place of a header.

    header: The line.
    columns: What it is split into.
    """
    for other, name in DELIMITERS.items():
        names = readings(header.strip("\r\n"), other, MOST_SHOWN)[0]
        if other != delimiter and (wanted in names or (len(columns) == 1 < len(names))):
            return f"Its columns seem to be separated by {name}: separate them by {DELIMITERS[delimiter]}."
    if not all(_NAME.fullmatch(column) and len(column.split()) <= MOST_WORDS for column in columns if column):
        return f"Its first line is not shown, as it does not look like names of columns ({len(columns)} fields)."
    shown = ", ".join(columns[:MOST_SHOWN])
    return f"Its columns are: {shown}{f' and {len(columns) - MOST_SHOWN} more' if len(columns) > MOST_SHOWN else ''}."
