"""Compressed files that expand without end are detected, and not read further."""

import io
import zlib
from typing import IO

from ..errors import DomainVectorsError, Errors

# A file is refused if it expands to more than MOST_BYTES and to more than MOST_TIMES its size. Text is
# compressed about 3 to 10 times, annotated docs up to 50 times, zeros 1,000 times and more.
MOST_TIMES = 200
MOST_BYTES = 2**28
AT_ONCE = 2**16


class Unpacked(io.RawIOBase):
    """A decompressed stream that raises an error if the file is a decompression bomb.

    file: The decompressed stream.
    path: The name of the file in the error.
    size: The size of the compressed file in bytes.
    """

    def __init__(self, file: IO[bytes], path: str, size: int) -> None:
        self._file, self._path, self._size, self._n_bytes = file, path, size, 0

    def close(self) -> None:
        """Close the stream."""
        self._file.close()
        super().close()

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        """Read some bytes. RAISES: DomainVectorsError (DV054)."""
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._n_bytes += len(data)
        check_expansion(self._path, self._n_bytes, self._size)
        return len(data)


def most_expanded(size: int) -> int:
    """The number of bytes that a compressed file of a size may expand to."""
    return max(MOST_BYTES, MOST_TIMES * size)


def check_expansion(path: str, n_bytes: int, size: int) -> None:
    """RAISES: DomainVectorsError (DV054) if n_bytes are too many for a compressed file of a size."""
    if n_bytes > most_expanded(size):
        shown = {"path": path, "times": MOST_TIMES, "limit": MOST_BYTES // 2**20}
        raise DomainVectorsError(Errors.DV054.format(**shown))


def unzipped(path: str, data: bytes) -> bytes:
    """Decompress data with zlib.

    RAISES: DomainVectorsError (DV054); zlib.error, EOFError for damaged data.
    """
    unpacking, parts, n_bytes = zlib.decompressobj(), [], 0
    for start in range(0, len(data), AT_ONCE):
        rest = data[start : start + AT_ONCE]
        while rest:
            parts.append(unpacking.decompress(rest, 2**20))
            n_bytes += len(parts[-1])
            check_expansion(path, n_bytes, len(data))
            rest = unpacking.unconsumed_tail
    if not unpacking.eof:
        raise EOFError("it ends too early")
    return b"".join(parts)
