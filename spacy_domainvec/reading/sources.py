"""The files of a corpus: finding and opening them, be they local, remote, compressed or stdin."""

import errno
import glob
import io
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from ..errors import DomainVectorsError, Errors
from ..util.extras import import_extra
from .stdin import path_of_stdin
from .unpacking import Unpacked

FORMATS = ("txt", "jsonl", "csv", "tsv", "spacy")
COMPRESSIONS = ("gz", "bz2", "xz", "zst")
STDIN = "-"
LOCAL_SCHEME = "file://"
NO_FORMAT = "its name tells no format"
NO_FILE = "no file"
A_LINK = "a link to a folder"


@dataclass(frozen=True)
class Source:
    """A file to read.

    path: Its path or address.
    format: Its format, without the compression.
    name: A name for messages; None for the path.
    """

    path: str
    format: str
    name: str | None = None

    @property
    def shown(self) -> str:
        """The name of the file in messages and notes. Bytes that are no text are escaped."""
        return printable(self.name or self.path)


@dataclass(frozen=True)
class RemoteState:
    """The state of a remote file, which shows whether it has changed, as far as its backend knows.

    size: Its size in bytes, compressed; None if unknown.
    tag: The ETag, or the time of the last change; empty if unknown.
    is_seekable: Whether reading can start in the middle of the file.
    """

    size: int | None
    tag: str
    is_seekable: bool


def find_sources(
    paths: str | Path | Sequence[str | Path], exclude: Sequence[Path] = ()
) -> tuple[list[Source], list[str]]:
    """Resolve files, folders, globs, addresses and "-" to files, in a fixed order.

    paths: One or more of them. A folder stands for all its files of a known format, without hidden
        ones. Links to folders are not followed.
    exclude: Files and folders to leave out, though they may lie in a folder or match a glob.
    RETURNS: The files in the order given, those of a folder or glob sorted; and a list of the files
        that were left out of folders and globs, each with the reason.
    RAISES: DomainVectorsError (DV030, DV031, DV033, DV035, DV056, DV057).
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    sources: list[Source] = []
    left_out: list[str] = []
    excluded = [path.resolve() for path in exclude]
    if not given or not all(str(path).strip() for path in given):
        raise DomainVectorsError(Errors.DV056)
    for path in map(str, given):
        if path == STDIN:
            sources.append(Source(STDIN, "txt"))
        elif is_remote(path):
            sources.append(_source(path))
        else:
            found, others = _local(_without_scheme(path), excluded)
            sources += found
            left_out += others
    return sources, left_out


def format_of(path: str) -> str | None:
    """The format that a file's name tells, or None."""
    parts = path.rsplit("/", 1)[-1].lower().split(".")[1:]
    if parts and parts[-1] in COMPRESSIONS:
        parts.pop()
    return parts[-1] if parts and parts[-1] in FORMATS else None


def is_compressed(path: str) -> bool:
    """Whether a file's name ends with a compression."""
    return path.rsplit(".", 1)[-1].lower() in COMPRESSIONS


def is_remote(path: str) -> bool:
    """Whether a path is the address of a file on another machine."""
    return "://" in path and not path.startswith(LOCAL_SCHEME)


def printable(path: str) -> str:
    """A path as text. Bytes that are no text are escaped."""
    return path.encode("utf8", "backslashreplace").decode("utf8")


@contextmanager
def opened(source: Source) -> Iterator[IO[bytes]]:
    """Open a source for reading bytes, decompressed.

    RAISES: DomainVectorsError (DV030, DV033, DV036, DV057) if it can't be opened; DV054 while it is
        read.
    """
    with _opened(source) as file:
        yield file


def remote_state(path: str) -> RemoteState:
    """Ask a backend about a file. RAISES: DomainVectorsError (DV030, DV033, DV036)."""
    with _smart_opened(path, compression="disable") as raw:
        headers = getattr(getattr(raw, "response", None), "headers", None) or {}
        tag = headers.get("ETag") or headers.get("Last-Modified") or ""
        try:
            return RemoteState(int(raw.seek(0, os.SEEK_END)), tag, True)
        except Exception:  # every backend has errors of its own
            size = str(headers.get("Content-Length", ""))
            return RemoteState(int(size) if size.isdigit() else None, tag, False)


def _opened(source: Source) -> IO[bytes]:
    if is_remote(source.path):
        size = remote_state(source.path).size if is_compressed(source.path) else None
        file = _smart_opened(source.path)
        return file if size is None else _bounded(file, source, size)
    path = path_of_stdin() if source.path == STDIN else source.path
    try:
        state = os.stat(path)
        if not stat.S_ISREG(state.st_mode):
            raise DomainVectorsError(Errors.DV057.format(path=source.shown))
        if is_compressed(path):
            # In a relative path, smart_open takes ~ for a home.
            return _bounded(_smart_opened(os.path.abspath(path)), source, state.st_size)
        return open(path, "rb")
    except OSError as e:
        raise _refused(source.path, e) from None


def _bounded(file: IO[bytes], source: Source, size: int) -> IO[bytes]:
    return io.BufferedReader(Unpacked(file, source.shown, size), 2**16)


def _smart_opened(path: str, **how: str) -> Any:
    smart_open = import_extra("smart_open", "reading a corpus")
    try:
        return smart_open.open(path, "rb", **how)
    except OSError as e:
        raise _refused(path, e) from None
    except (ImportError, NotImplementedError) as e:
        extra = path.split("://")[0] if "://" in path else path.rsplit(".", 1)[-1]
        raise DomainVectorsError(Errors.DV036.format(path=printable(path), why=e, extra=extra)) from None
    except Exception as e:  # every backend has errors of its own
        raise DomainVectorsError(Errors.DV033.format(path=printable(path), why=e)) from None


def _local(path: str, excluded: Sequence[Path]) -> tuple[list[Source], list[str]]:
    """The files that a path stands for, and those that are left out, without the excluded ones."""
    try:
        mode = os.stat(path).st_mode
    except OSError as e:
        if e.errno not in (errno.ENOENT, errno.ENOTDIR) and not glob.has_magic(path):
            raise _refused(path, e) from None
        matches = sorted(found for found in glob.glob(path, recursive=True) if not os.path.isdir(found))
        matches = [found for found in matches if not _is_in(found, excluded)]
        files = [found for found in matches if os.path.isfile(found)]
        if not files:
            raise DomainVectorsError(Errors.DV030.format(path=printable(path))) from None
        others = [f"{printable(found)} ({NO_FILE})" for found in matches if found not in files]
        return [_source(found) for found in files], others
    except ValueError:
        # A path with a NUL.
        raise DomainVectorsError(Errors.DV030.format(path=printable(path))) from None
    if stat.S_ISDIR(mode):
        return _of_folder(path, excluded)
    if not stat.S_ISREG(mode):
        raise DomainVectorsError(Errors.DV057.format(path=printable(path)))
    return [_source(path)], []


def _of_folder(path: str, excluded: Sequence[Path]) -> tuple[list[Source], list[str]]:
    files: list[str] = []
    others: list[tuple[str, str]] = []

    def note(e: OSError) -> None:
        others.append((str(e.filename), e.strerror or "unreadable"))

    def is_wanted(folder: str, name: str) -> bool:
        return not name.startswith(".") and not _is_in(os.path.join(folder, name), excluded)

    for folder, names_of_folders, names in os.walk(path, onerror=note):
        # os.walk goes into the folders that are left in this list.
        names_of_folders[:] = [name for name in names_of_folders if is_wanted(folder, name)]
        folders = [os.path.join(folder, name) for name in names_of_folders]
        others += [(path, A_LINK) for path in folders if os.path.islink(path)]
        paths = [os.path.join(folder, name) for name in names if is_wanted(folder, name)]
        files += [file for file in paths if os.path.isfile(file)]
        others += [(file, NO_FILE) for file in paths if not os.path.isfile(file)]
    known = [Source(str(Path(file)), format) for file in sorted(files) if (format := format_of(file))]
    if not known:
        unreadable = [f"{printable(file)} ({why})" for file, why in others[:3]]
        left = f" Left out: {', '.join(unreadable)}." if unreadable else ""
        raise DomainVectorsError(Errors.DV035.format(path=printable(path), left_out=left, **_known()))
    others += [(file, NO_FORMAT) for file in files if not format_of(file)]
    return known, [f"{printable(str(Path(file)))} ({why})" for file, why in sorted(others)]


def _refused(path: str, error: OSError) -> DomainVectorsError:
    if isinstance(error, FileNotFoundError):
        return DomainVectorsError(Errors.DV030.format(path=printable(path)))
    return DomainVectorsError(Errors.DV033.format(path=printable(path), why=error.strerror or error))


def _without_scheme(path: str) -> str:
    plain = path.removeprefix(LOCAL_SCHEME)
    return plain if plain == path or os.path.exists(plain) else unquote(plain)


def _source(path: str) -> Source:
    format = format_of(path)
    if format is None:
        raise DomainVectorsError(Errors.DV031.format(path=printable(path), **_known()))
    return Source(path, format)


def _known() -> dict[str, str]:
    known = ", ".join(f".{format}" for format in FORMATS)
    compressions = ", ".join(f".{compression}" for compression in COMPRESSIONS)
    return {"known": known, "compressions": compressions}


def _is_in(file: str, folders: Sequence[Path]) -> bool:
    path = Path(file).resolve() if folders else Path(file)
    return any(path == folder or folder in path.parents for folder in folders)
