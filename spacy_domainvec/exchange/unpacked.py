"""Opening a file of vectors. How it is packed is recognized by its first bytes, never by its name."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..errors import DomainVectorsError, Errors
from ..reading.unpacking import MOST_TIMES, most_expanded
from ..util.extras import import_extra

# The limit for a line of a text, and the first bytes by which a file is recognized.
HEAD = 2**21
ZIP = b"PK\x03\x04"
BOM = b"\xef\xbb\xbf"
# A packed file can lie in another.
MOST_LAYERS = 2


@dataclass(frozen=True, eq=False)
class Opened:
    """A file, unpacked.

    file: The unpacked file, at its beginning, without a BOM.
    head: Its first bytes, at most HEAD.
    is_packed: Whether the file on disk is packed.
    members: The names in a zip of several files or of NumPy arrays, which is not unpacked.
    """

    file: IO[bytes]
    head: bytes
    is_packed: bool = False
    members: tuple[str, ...] = ()


@contextmanager
def unpacked(path: Path) -> Iterator[Opened]:
    """Open a file, and unpack it if it is packed by gzip, bzip2, xz, zstd or zip (of one file).

    RAISES: DomainVectorsError (DV066 without the package for zstd, DV071 if it can't be unpacked).
    """
    most = most_bytes(path)
    with ExitStack() as stack:
        file: Any = _Stream(stack.enter_context(path.open("rb")), path)
        head, n_layers = file.head(), 0
        if head.startswith(ZIP):
            archive, members = _members(stack, path)
            if len(members) != 1 or members[0].endswith(".npy"):
                yield Opened(io.BufferedReader(file), head, True, members)
                return
            file, n_layers = _Stream(_member(stack, archive, members[0], path), path, most), 1
            head = file.head()
        while (unpack := _unpacker(head)) and n_layers < MOST_LAYERS:
            file, n_layers = _Stream(unpack(io.BufferedReader(file)), path, most), n_layers + 1
            head = file.head()
        if n_layers and (head.startswith(ZIP) or _unpacker(head)):
            raise no_vectors(path, "it is packed several times over: unpack it first")
        if head.startswith(BOM):
            head = head[file.skip(len(BOM)) :]
        yield Opened(io.BufferedReader(file, HEAD), head, n_layers > 0)


def most_bytes(path: Path) -> int:
    """The bytes that a packed file may have when it is unpacked."""
    return most_expanded(path.stat().st_size)


class _Stream(io.RawIOBase):
    """A file that is read once, from its beginning. Its first bytes can be inspected before.

    most: The limit for its bytes; None for no limit.
    """

    def __init__(self, file: Any, path: Path, most: int | None = None) -> None:
        self._file, self._path, self._most, self._n_read, self._ahead = file, path, most, 0, b""

    def readable(self) -> bool:
        return True

    def head(self) -> bytes:
        """The first bytes, at most HEAD. They are read again later."""
        while len(self._ahead) < HEAD and (chunk := self._read(HEAD - len(self._ahead))):
            self._ahead += chunk
        return self._ahead

    def skip(self, n: int) -> int:
        """Leave out the first bytes."""
        self._ahead = self._ahead[n:]
        return n

    def readinto(self, buffer: Any) -> int:
        chunk, self._ahead = self._ahead[: len(buffer)], self._ahead[len(buffer) :]
        chunk = chunk or self._read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def _read(self, size: int) -> bytes:
        try:
            chunk = self._file.read(size)
        except DomainVectorsError:
            raise
        except Exception as e:  # the file system and each format have errors of their own
            raise no_vectors(self._path, e or type(e).__name__) from None
        self._n_read += len(chunk)
        if self._most is not None and self._n_read > self._most:
            raise no_vectors(self._path, f"unpacked, it is more than {MOST_TIMES} times as large")
        return bytes(chunk)


def _members(stack: ExitStack, path: Path) -> tuple[zipfile.ZipFile, tuple[str, ...]]:
    """A zip, and the names of the files in it, without those that macOS adds."""
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as e:
        raise no_vectors(path, f"the zip is damaged ({e})") from None
    files = [name for name in archive.namelist() if not name.endswith("/")]
    return archive, tuple(name for name in files if not name.startswith("__MACOSX/"))


def _member(stack: ExitStack, archive: zipfile.ZipFile, name: str, path: Path) -> Any:
    try:
        return stack.enter_context(archive.open(name))
    except (zipfile.BadZipFile, RuntimeError, OSError, ValueError) as e:
        raise no_vectors(path, f"its member '{name}' can't be unpacked ({e})") from None


def _unpacker(head: bytes) -> Callable[[Any], Any] | None:
    if head.startswith(b"\x1f\x8b\x08"):
        return lambda file: gzip.GzipFile(fileobj=file)
    # A word could begin with these three letters, too.
    if head.startswith(b"BZh") and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return bz2.BZ2File
    if head.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMAFile
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        smart_open = import_extra("smart_open.compression", "reading what zstd has packed")
        return lambda file: smart_open.compression_wrapper(file, "rb", ".zst")
    return None


def no_vectors(path: str | Path, why: object) -> DomainVectorsError:
    """The error (DV071) for a file that can't be read as vectors."""
    return DomainVectorsError(Errors.DV071.format(path=path, why=why))
