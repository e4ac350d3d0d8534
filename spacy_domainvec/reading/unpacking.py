"""Compressed files that expand without end are told, and not read on."""

import io
import zlib
from typing import IO

from ..errors import DomainVectorsError, Errors

# A file that expands to more than MOST_BYTES and to more than MOST_TIMES its size is refused. Text is compressed about
# 3 to 10 times, annotated docs up to 50 times, zeros 1,000 times and more.
MOST_TIMES = 200
MOST_BYTES = 2**28
AT_ONCE = 2**16


class Unpacked(io.RawIOBase):
    """A decompressed stream that ends with an error where it is a bomb.

    file: The stream.
    path: What the file is called in the error.
    size: The bytes of the compressed file.
    """

    def __init__(self, file: IO[bytes], path: str, size: int) -> None:
        self._file, self._path, self._size, self._n_bytes = file, path, size, 0

    def close(self) -> None:
        """Close the stream."""
        self._file.close()
        super().close()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        """Read some bytes. RAISES: DomainVectorsError (DV054)."""
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._n_bytes += len(data)
        check_expansion(self._path, self._n_bytes, self._size)
        return len(data)


def most_expanded(size: int) -> int:
    """How many bytes may come of a compressed file of a size."""
    return max(MOST_BYTES, MOST_TIMES * size)


def check_expansion(path: str, n_bytes: int, size: int) -> None:
    """RAISES: DomainVectorsError (DV054) where so many bytes came of a compressed file of a size."""
    if n_bytes > most_expanded(size):
        raise DomainVectorsError(Errors.DV054.format(path=path, times=MOST_TIMES, limit=MOST_BYTES // 2**20))


def unzipped(path: str, data: bytes) -> bytes:
    """Data that zlib has compressed. RAISES: DomainVectorsError (DV054); zlib.error, EOFError for damaged data."""
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
