"""The ways in which the quotes in a line of a CSV or TSV file can be read."""

import csv
import re
from contextlib import suppress

QUOTE = '"'
DELIMITERS = {",": "commas", "\t": "tabs (.tsv)", ";": "';'", "|": "'|'"}
# A short field of few words looks like the name of a column, and not like somebody's text.
MOST_SHOWN, MOST_WORDS = 20, 3
_NAME = re.compile(r"[^\W\d][\w .:#%&+/()-]{0,29}")
# Longer lines are not given to the csv module, which takes much memory for them.
LONGEST_READ = 2**20


def readings(line: str, delimiter: str, most: int) -> list[list[str]]:
    """The fields of a line by itself, in each way to read its quotes, the likeliest way first.

    most: The number of fields to separate. The rest of the line is one more field, without the
        delimiters at its end.
    """
    with_quotes = _with_sound_quotes(line, delimiter, most)
    without_quotes = _limited(line.split(delimiter, most), delimiter, most)
    found = [with_quotes, without_quotes]
    if len(line) <= LONGEST_READ:
        # The csv module allows text after the quote that closes a field, but no CR and no very long
        # field.
        with suppress(csv.Error):
            found.insert(1, next(csv.reader([line], delimiter=delimiter), [""]))
    return found


def has_escapes(look: str, delimiter: str) -> bool:
    r"""Whether quotes inside fields seem to be written as \" and not as "".

    look: The start of the file.
    """
    rest = look.replace('\\"', "\\")
    if rest == look:
        return False
    other = rf"[^{re.escape(delimiter)}\r\n]"
    return '""' not in re.sub(rf'(?<!{other})""(?!{other})', "", rest)


def quoted_field(line: str, place: int) -> tuple[str, int] | None:
    """A field that begins with a quote, and its end; None if no quote of the line closes it."""
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
    """The fields of a line. In fields whose quotes don't match, quotes are ordinary characters."""
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
    """Describe a header that lacks a column, for a message. A line that may be a text is not shown.

    header: The first line.
    columns: Its fields.
    """
    for other, name in DELIMITERS.items():
        names = readings(header.strip("\r\n"), other, MOST_SHOWN)[0]
        if other != delimiter and (wanted in names or (len(columns) == 1 < len(names))):
            right = DELIMITERS[delimiter]
            return f"Its columns seem to be separated by {name}: separate them by {right}."
    if not all(_is_name(column) for column in columns if column):
        what = f"it does not look like names of columns ({len(columns)} fields)"
        return f"Its first line is not shown, as {what}."
    shown = ", ".join(columns[:MOST_SHOWN])
    n_more = len(columns) - MOST_SHOWN
    return f"Its columns are: {shown} and {n_more} more." if n_more > 0 else f"Its columns are: {shown}."


def _is_name(column: str) -> bool:
    return bool(_NAME.fullmatch(column)) and len(column.split()) <= MOST_WORDS
