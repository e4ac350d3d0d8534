"""Which files a corpus is made of, and opening them: local, remote, compressed or stdin."""

import glob
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, TextIO

from .errors import DomainVectorsError, Errors
from .extras import import_extra

FORMATS = ("txt", "jsonl", "csv", "tsv", "spacy")
COMPRESSIONS = ("gz", "bz2", "xz", "zst")
STDIN = "-"


@dataclass(frozen=True)
class Source:
    """A file to read: its path or address, and its format without the compression."""

    path: str
    format: str


def find_sources(
    paths: str | Path | Sequence[str | Path], exclude: Sequence[Path] = ()
) -> tuple[list[Source], list[str]]:
    """Resolve files, folders, globs, addresses and "-" to files, in a fixed order.

    paths: One or more of them. A folder stands for all its files of a known format, hidden ones left out.
    exclude: Files and folders that are no texts, though they may lie in a folder or match a glob.
    RETURNS: The files in the order given, those of a folder or glob sorted; and the files of folders that were left
        out because their names tell no format.
    RAISES: DomainVectorsError (DV030, DV031, DV035).
    """
    sources: list[Source] = []
    left_out: list[str] = []
    excluded = [path.resolve() for path in exclude]
    for path in [paths] if isinstance(paths, str | Path) else paths:
        path = str(path)
        if path == STDIN:
            sources.append(Source(STDIN, "txt"))
        elif "://" in path:
            sources.append(_source(path))
        elif Path(path).is_dir():
            files = sorted(str(p) for p in Path(path).rglob("*") if p.is_file() and not _is_hidden(p, Path(path)))
            files = [f for f in files if not _is_in(f, excluded)]
            found = [Source(f, format) for f in files if (format := format_of(f))]
            if not found:
                raise DomainVectorsError(Errors.DV035.format(path=path, **_known()))
            sources += found
            left_out += [f for f in files if not format_of(f)]
        elif Path(path).exists():
            sources.append(_source(path))
        elif matches := sorted(
            p for p in glob.glob(path, recursive=True) if Path(p).is_file() and not _is_in(p, excluded)
        ):
            sources += [_source(match) for match in matches]
        else:
            raise DomainVectorsError(Errors.DV030.format(path=path))
    return sources, left_out


def format_of(path: str) -> str | None:
    """The format that a file's name tells, or None."""
    parts = path.rsplit("/", 1)[-1].lower().split(".")[1:]
    if parts and parts[-1] in COMPRESSIONS:
        parts.pop()
    return parts[-1] if parts and parts[-1] in FORMATS else None


@contextmanager
def opened(source: Source) -> Iterator[IO[bytes]]:
    """Open a source for reading bytes, decompressed.

    RAISES: DomainVectorsError (DV030, DV033, DV036) where it can't be opened.
    """
    if source.path == STDIN:
        with open(path_of_stdin(), "rb") as file:
            yield file
        return
    smart_open = import_extra("smart_open", "reading a corpus")
    try:
        file = smart_open.open(source.path, "rb")
    except FileNotFoundError:
        raise DomainVectorsError(Errors.DV030.format(path=source.path)) from None
    except (ImportError, NotImplementedError) as e:
        extra = source.path.split("://")[0] if "://" in source.path else source.path.rsplit(".", 1)[-1]
        raise DomainVectorsError(Errors.DV036.format(path=source.path, why=e, extra=extra)) from None
    except Exception as e:  # every backend has errors of its own
        raise DomainVectorsError(Errors.DV033.format(path=source.path, why=e)) from None
    with file:
        yield file


def path_of_stdin() -> str:
    """A file with what standard input holds, as a stream can be read once and a corpus as often as one likes."""
    return str(_kept(sys.stdin).name)


@lru_cache(maxsize=1)
def _kept(stdin: TextIO) -> Any:
    copy = tempfile.NamedTemporaryFile(prefix="stdin-")  # noqa: SIM115
    shutil.copyfileobj(stdin.buffer, copy)
    copy.flush()
    return copy


def _source(path: str) -> Source:
    format = format_of(path)
    if format is None:
        raise DomainVectorsError(Errors.DV031.format(path=path, **_known()))
    return Source(path, format)


def _known() -> dict[str, str]:
    return {"known": ", ".join(f".{f}" for f in FORMATS), "compressions": ", ".join(f".{c}" for c in COMPRESSIONS)}


def _is_in(file: str, folders: Sequence[Path]) -> bool:
    path = Path(file).resolve() if folders else Path(file)
    return any(path == folder or folder in path.parents for folder in folders)


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
