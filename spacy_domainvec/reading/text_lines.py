"""The numbered lines of a file as text, read as far ahead as needed, in bounded memory."""

import io
import re
from collections.abc import Callable, Iterator

BOM = b"\xef\xbb\xbf"
# The bytes that are read at a time. The first block shows how lines end.
BLOCK = 2**20
NUL = "with a NUL byte (is the file UTF-16?)"
NOT_UTF8 = "not UTF-8"
# A longer line or record is left out.
MAX_RECORD = 2**26
TOO_LONG = f"longer than {MAX_RECORD // 2**20} MB"

_QUOTED = re.compile(rb'"[^"]*"')
_UNUSABLE = re.compile("[\ud800-\udfff\0]")
CR_LINE = re.compile(r"[^\r]+(?:\r\n?)?|\r\n?")

Tell = Callable[[int, str], None]


class TextLines:
    """The lines of a file, and a place among them.

    Lines end with LF or CRLF. They end with CR or CRLF if the first megabyte has more CRs than LFs
    outside quotes.

    lines: The lines that were read, with their ends. Bytes that are not UTF-8 become lone surrogates.
    next: The index of the next line.
    number: The number of the next line in the file, from 1.
    look: The first megabyte of the file.
    is_suspect: Whether the file may hold something that is no text.

    read: Reads a number of bytes from the file.
    longest: The limit for the bytes of a line. A longer line is replaced by an empty one.
    tell: Called with the number of each longer line and the reason for leaving it out.
    """

    def __init__(self, read: Callable[[int], bytes], longest: int, tell: Tell) -> None:
        self.lines: list[str] = []
        self.next, self.number = 0, 1
        self.look = read(BLOCK).removeprefix(BOM)
        self._read, self._longest, self._tell = read, longest, tell
        self._rest, self.is_suspect = self.look, False
        plain = _QUOTED.sub(b"", self.look)
        self._has_cr = plain.count(b"\r") - plain.count(b"\r\n") > plain.count(b"\n")

    def is_there(self, n_ahead: int = 0) -> bool:
        """Whether there is a line, `n_ahead` lines after the next one. It is read if need be."""
        return self.next + n_ahead < len(self.lines) or self._more()

    def ahead(self, most: int) -> Iterator[str]:
        """Yield the next lines that were read, `most` at most, up to one that is very long."""
        for place in range(self.next, min(self.next + most, len(self.lines))):
            if len(self.lines[place]) > BLOCK:
                break
            yield self.lines[place]

    def text(self, n_lines: int, n_ahead: int = 0) -> str:
        """Lines that were read, as one text. n_ahead: The place of the first one after the next line."""
        start = self.next + n_ahead
        return self.lines[start] if n_lines == 1 else "".join(self.lines[start : start + n_lines])

    def go_on(self, n_lines: int) -> None:
        """Go on by a number of lines."""
        self.next += n_lines
        self.number += n_lines

    def forget(self) -> None:
        """Free the memory of the lines before the next one, if they are many."""
        if self.next * 2 >= len(self.lines):
            del self.lines[: self.next]
            self.next = 0

    def fault(self, text: str) -> str | None:
        """The reason why a text of these lines can't be used, or None."""
        if not self.is_suspect or not _UNUSABLE.search(text):
            return None
        return NUL if "\0" in text else NOT_UTF8

    def _more(self) -> bool:
        data = self._whole_lines()
        try:
            text = data.decode("utf8")
            self.is_suspect |= "\0" in text
        except UnicodeDecodeError:
            # A record that can't be decoded is left out as a whole, so all its lines must be there.
            text, self.is_suspect = data.decode("utf8", "surrogateescape"), True
        # Not splitlines, which also splits at form feeds.
        lines = CR_LINE.findall(text) if self._has_cr else list(io.StringIO(text, newline="\n"))
        if len(data) > self._longest:
            first = self._number_behind()
            for i, line in enumerate(lines):
                if len(line) > self._longest:
                    self._tell(first + i, TOO_LONG)
                    lines[i] = "\n"
        self.lines += lines
        return bool(lines)

    def _number_behind(self) -> int:
        return self.number + len(self.lines) - self.next

    def _whole_lines(self) -> bytes:
        """The next bytes, up to the end of a line; nothing at the end of the file."""
        parts: list[bytes] = []
        size = 0
        end_of_line, is_dropped = b"\r" if self._has_cr else b"\n", False
        while block := self._rest or self._read(BLOCK):
            self._rest = b""
            # A CR at the end of the block may be followed by an LF.
            end = block.rfind(end_of_line, 0, len(block) - self._has_cr) + 1
            end += self._has_cr and block.startswith(b"\n", end) and end > 0
            if end:
                self._rest = block[end:]
                if is_dropped:
                    parts = [end_of_line, block[block.find(end_of_line) + 1 : end].removeprefix(b"\n")]
                else:
                    parts.append(block[:end])
                break
            size += len(block)
            is_dropped |= size > self._longest
            parts = [] if is_dropped else [*parts, block]
        if is_dropped:
            self._tell(self._number_behind(), TOO_LONG)
        return b"".join(parts)
