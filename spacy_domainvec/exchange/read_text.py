"""Reading rows of words and numbers: text, the binary format of word2vec, and floret tables."""

from collections.abc import Callable, Iterator
from typing import IO

import numpy as np
from spacy.vectors import Vectors

from .given_rows import NO_NUMBER, SPACED, ZEROS, Collector, LeftOut, faults
from .recognize import Layout, is_number
from .unpacked import HEAD

MOST_WORD = 2**12
CHUNK = 2**22
# Higher numbers are damage, and n-grams of that length would take for ever to make.
MOST_NGRAM, MOST_HASHES = 64, 4

TOO_LONG = f"longer than {HEAD // 2**20} MB"
OTHER_WIDTH = "of another width"
NO_ROW = "that can't be told apart from there on"
CUT = "cut off by the end of the file"


def read_text(
    file: IO[bytes], layout: Layout, most: int | None, occurs: Callable[[str], bool] | None = None
) -> tuple[Collector, LeftOut]:
    """Read lines with a word and its values, separated by white space. A header is optional."""
    left_out = LeftOut("line")
    rows = Collector(left_out, layout.width, most, occurs)
    lines = _lines(file, left_out)
    if layout.n_announced is not None:
        next(lines)
    for number, line in lines:
        rows.n_rows += 1
        if line and rows.needs(line.split(None, 1)[0]):
            _take_line(rows, left_out, number, line)
    return rows, left_out


def read_binary(
    file: IO[bytes], layout: Layout, most: int | None, occurs: Callable[[str], bool] | None = None
) -> tuple[Collector, LeftOut]:
    """Read rows of a word, a space and float32 values. All rows end with a line feed, or none does."""
    left_out, size = LeftOut("row"), 4 * layout.width
    rows = Collector(left_out, layout.width, most, occurs)
    while file.readline(HEAD).isspace():
        pass
    data, start, has_feeds = b"", 0, None
    while True:
        if len(data) - start < MOST_WORD + size + 2:
            data, start = data[start:] + file.read(CHUNK + size), 0
        while data[start : start + 1] == b"\n":
            start += 1
        if start >= len(data):
            return rows, left_out
        rows.n_rows += 1
        if has_feeds is None:
            has_feeds = _end_of_word(data, start, size, True) is not None
        end = _end_of_word(data, start, size, has_feeds)
        if end is None or end + size >= len(data):
            left_out.add(NO_ROW if end is None else CUT, rows.n_rows)
            return rows, left_out
        word, values = data[start:end], np.frombuffer(data, "<f4", layout.width, end + 1)
        start = end + 1 + size
        if b" " in word:
            left_out.add(SPACED, rows.n_rows, word.decode("utf8", "replace"))
        elif rows.needs(word):
            # A view would keep all of the data that was read with it.
            rows.add(rows.n_rows, word, values.copy())


def read_floret(file: IO[bytes], layout: Layout) -> Vectors:
    """Read a table of n-grams. Each row is part of many words, so no row can be left out.

    RAISES: ValueError, which says what is wrong.
    """
    n_rows, width, min_n, max_n, hash_count, seed = (int(part) for part in layout.header[:6])
    has_size = n_rows > 0 and 0 < width <= HEAD
    has_ngrams = min_n <= max_n <= MOST_NGRAM and 0 < hash_count <= MOST_HASHES
    if not has_size or not has_ngrams:
        raise ValueError(f"its header has a number out of range: {' '.join(layout.header)}")
    if seed >= 2**32:
        raise ValueError(f"its header has the seed {seed}")
    left_out = LeftOut("line")
    found: list[np.ndarray] = []
    lines = _lines(file, left_out)
    next(lines)
    for number, line in lines:
        values = line.split()[1:]
        if len(values) != width or len(found) == n_rows:
            announced = f"{n_rows} rows of {width} are announced"
            raise ValueError(f"line {number} has {len(values)} values, and {announced}")
        row = np.array([float(value) for value in values])
        if faults(row[None])[0] not in (None, ZEROS):
            raise ValueError(f"line {number} has a value that is no number of float32")
        found.append(row.astype("f"))
    if left_out.total:
        raise ValueError(str(left_out))
    if len(found) != n_rows:
        raise ValueError(f"it ends after {len(found)} of {n_rows} rows")
    bow, eow = layout.header[6:8]
    settings = {"minn": min_n, "maxn": max_n, "hash_count": hash_count, "hash_seed": seed}
    return Vectors(data=np.array(found), mode="floret", bow=bow, eow=eow, **settings)


def _lines(file: IO[bytes], left_out: LeftOut) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, numbered from 1. A line that is too long is yielded empty."""
    number = 0
    while line := file.readline(HEAD):
        number += 1
        if len(line) == HEAD and not line.endswith(b"\n"):
            left_out.add(TOO_LONG, number)
            while (rest := file.readline(HEAD)) and not rest.endswith(b"\n"):
                pass
            line = b""
        if not line.isspace():
            yield number, line


def _take_line(rows: Collector, left_out: LeftOut, number: int, line: bytes) -> None:
    word, *parts = line.split()
    if len(parts) < rows.width:
        left_out.add(OTHER_WIDTH, number, _shown(word))
        return
    try:
        values = np.array([float(part) for part in parts[-rows.width :]])
    except ValueError:
        left_out.add(NO_NUMBER, number, _shown(word))
        return
    if len(parts) > rows.width:
        is_word = any(not is_number(part) for part in parts[: -rows.width])
        left_out.add(SPACED if is_word else OTHER_WIDTH, number, _shown(word))
        return
    rows.add(number, word, values)


def _end_of_word(data: bytes, start: int, size: int, has_feeds: bool) -> int | None:
    """The index of the space after a word.

    A word may contain spaces. If rows end with a line feed, it is the space from which the row's
    length is right.
    """
    end = data.find(b" ", start, start + MOST_WORD)
    if not has_feeds:
        return None if end < 0 else end
    while end >= 0:
        # The last row may lack the line feed.
        if data[end + 1 + size : end + 2 + size] in (b"\n", b""):
            return end
        end = data.find(b" ", end + 1, start + MOST_WORD)
        if end >= 0 and not _is_text(data[start:end]):
            return None
    return None


def _is_text(word: bytes) -> bool:
    try:
        return word.decode("utf8").isprintable()
    except UnicodeDecodeError:
        return False


def _shown(word: bytes) -> str:
    return word.decode("utf8", "replace")
