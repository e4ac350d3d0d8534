"""Writing so that a reader sees the old output or the new one, never half of it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import srsly

from .errors import DomainVectorsError, Errors

# One of these in a directory says that spaCy or this package wrote it.
OWN_FILES = ("meta.json", "config.cfg", "vectors.npy")


def check_output(path: str | Path) -> Path:
    """Refuse an output directory that holds somebody's other files.

    path: The directory to be written; it may be missing, empty, or an earlier output.
    RETURNS: The path.
    RAISES: DomainVectorsError (DV024).
    """
    path = Path(path)
    is_dir = path.is_dir()
    if path.exists() and not (is_dir and (not any(path.iterdir()) or any((path / f).is_file() for f in OWN_FILES))):
        raise DomainVectorsError(Errors.DV024.format(path=path))
    return path


@contextmanager
def replaced_directory(path: str | Path) -> Iterator[Path]:
    """A directory to write to, which takes the place of `path` when the block ends without an error.

    path: The directory to replace. What it held is deleted, but only then; processes that have mapped its files
        keep them.
    YIELDS: An empty directory beside it.
    """
    path = Path(path).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    new, old = scratch / "new", scratch / "old"
    new.mkdir()
    try:
        yield new
        if path.exists():
            os.replace(path, old)
        try:
            os.replace(new, path)
        except OSError:
            if old.exists():
                os.replace(old, path)
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def replaced_file(path: str | Path) -> Iterator[Path]:
    """A file to write to, which takes the place of `path` when the block ends without an error.

    YIELDS: The path of a file beside it, of the same suffix.
    RAISES: DomainVectorsError (DV024) where it is a directory.
    """
    path = Path(path)
    if path.is_dir():
        raise DomainVectorsError(Errors.DV024.format(path=path))
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".new.{path.name}")
    try:
        yield new
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def write_json(path: str | Path, data: Any) -> None:
    """Write a JSON file, in the place of an earlier one, once all of it is there."""
    with replaced_file(path) as new:
        srsly.write_json(new, data)
