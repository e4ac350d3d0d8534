"""Writing outputs as a whole: a reader sees the old or the new one, even if writing is stopped."""

import ctypes
import errno
import os
import re
import shutil
import stat
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import srsly

from ..errors import DomainVectorsError, Errors
from .locks import HOST, Claim, claim

SCRATCH = re.compile(r"\.domainvec-[0-9a-f]{16}")
# A scratch folder holds a note of its owner, the new output and, between two renames, the old one.
OWNER, NEW, OLD = "owner.json", "new", "old"
# Other runs that replace the same output can be in the way for a moment.
ATTEMPTS = 100
FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EFBIG: "the file would be larger than the system allows",
}
# The errors of renameat2 on a system or file system that can't exchange two paths.
NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)
AT_FDCWD, RENAME_EXCHANGE = -100, 2


@contextmanager
def replaced_directory(
    path: str | Path, check: Callable[[Path], Any] | None = None, beside: Path | None = None
) -> Iterator[Path]:
    """A directory to write to. It takes the place of `path` if the block ends without an error.

    path: The directory to replace. Its old content is deleted at the end; a process that has mapped
        one of the files keeps it.
    check: Called with the path just before it is replaced. It may raise an error.
    beside: The folder for the scratch folder, on the same file system; the folder of `path` by default.
    YIELDS: An empty directory.
    RAISES: DomainVectorsError (DV010, DV053) for errors of the system.
    """
    path = Path(path).absolute()
    with system_errors(path), _scratch(path, beside) as scratch:
        new = scratch / NEW
        yield new
        if check is not None:
            check(path)
        _copy_mode(path, new)
        _sync(new)
        _put(new, path, scratch / OLD)
        _sync_folder(path.parent)


@contextmanager
def replaced_file(path: str | Path, check: Callable[[Path], Any] | None = None) -> Iterator[Path]:
    """A file to write to. It takes the place of `path` if the block ends without an error.

    check: As for `replaced_directory`.
    YIELDS: The path of a file of the same name in another folder.
    RAISES: DomainVectorsError (DV010, DV053) for errors of the system.
    """
    path = Path(path).absolute()
    with system_errors(path), _scratch(path) as scratch:
        new = scratch / NEW / path.name
        yield new
        if check is not None:
            check(path)
        _copy_mode(path, new)
        _sync(scratch / NEW)
        os.replace(new, path)
        _sync_folder(path.parent)


def write_json(path: str | Path, data: Any, check: Callable[[Path], Any] | None = None) -> None:
    """Write a JSON file in the place of an earlier one; see `replaced_file`."""
    with replaced_file(path, check) as new:
        srsly.write_json(new, data)


@contextmanager
def temporary_directory() -> Iterator[Path]:
    """A directory for temporary files; if this process is killed, the next one removes it.

    RAISES: DomainVectorsError (DV010) if it can't be made.
    """
    folder = Path(tempfile.gettempdir())
    with system_errors(folder), _scratch(folder / "domainvec") as scratch:
        yield scratch / NEW


def remove_directory(path: Path) -> None:
    """Delete a directory of our own. For other processes it vanishes at once."""
    try:
        with _scratch(path) as scratch:
            os.rename(path, scratch / NEW / path.name)
    except OSError:  # such as a mount point
        shutil.rmtree(path, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove the scratch folders of dead processes of this host. Outputs that they had moved are put back.

    Scratch folders of living processes stay, and so does anything else with such a name.
    """
    with suppress(OSError):
        for name in os.listdir(folder):
            if SCRATCH.fullmatch(name):
                with suppress(OSError):
                    _sweep(folder / name)


def coded(error: OSError, path: str | Path | None = None) -> DomainVectorsError:
    """The error with a code for an error of the system; it names the file and the reason.

    path: The output that was being made. It is named if the system names no file.
    RETURNS: DomainVectorsError (DV053 for a file that can't grow, DV010 for all else).
    """
    why = error.strerror or str(error) or type(error).__name__
    file = error.filename or path
    if path is not None and any(SCRATCH.fullmatch(part) for part in Path(str(file)).parts):
        file = path
    if error.errno in FULL:
        output = path or file or "The output"
        return DomainVectorsError(Errors.DV053.format(path=output, why=FULL[error.errno]))
    # NumPy drops the system's reason.
    if error.errno is None and "requested and" in why:
        why = f"the system took less ({why})"
        return DomainVectorsError(Errors.DV053.format(path=path or "The output", why=why))
    return DomainVectorsError(Errors.DV010.format(path=f"'{file}'" if file else "A file", why=why))


@contextmanager
def system_errors(path: str | Path) -> Iterator[None]:
    """Turn errors of the system, while a path is written, into errors with a code; see `coded`."""
    try:
        yield
    except OSError as e:
        raise coded(e, path) from None


@contextmanager
def _scratch(path: Path, beside: Path | None = None) -> Iterator[Path]:
    """A scratch folder with an empty folder, for the output that replaces a path; removed at the end."""
    parent = beside or path.parent
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(parent)
    target, mine = os.path.relpath(path, parent), None
    while mine is None:
        folder = parent / f".domainvec-{uuid.uuid4().hex[:16]}"
        # Nobody else may read the output until it is in its place.
        folder.mkdir(mode=0o700)
        mine = _claimed(folder, target)
    try:
        yield folder
    finally:
        _clear(mine, folder, target)


def _claimed(scratch: Path, target: str) -> Claim | None:
    """The lock of a new scratch folder, with an empty folder in it.

    RETURNS: None if another process took it for one that was left behind, as it had no owner yet.
    """
    mine = None
    with suppress(FileNotFoundError):
        mine = claim(scratch / OWNER)
        if mine is not None:
            mine.write(target=target)
            (scratch / NEW).mkdir()
        return mine
    if mine is not None:
        mine.release(empty=False)
    return None


def _sweep(scratch: Path) -> None:
    if scratch.is_symlink():
        return
    with suppress(OSError):
        os.rmdir(scratch)
        return
    mine = claim(scratch / OWNER, create=False)
    if mine is None:
        return
    note = mine.note()
    has_target = note is not None and isinstance(note.get("target", ""), str)
    is_ours = note is not None and has_target and note.get("host", HOST) == HOST
    known = {OWNER, NEW, OLD} if note else {OWNER}
    # An output that is put together in it may have a scratch folder of its own.
    names = {name for name in os.listdir(scratch) if not SCRATCH.fullmatch(name)}
    if is_ours and names <= known:
        _clear(mine, scratch, note["target"] if note else None)
    else:
        mine.release(empty=False)


def _clear(mine: Claim, scratch: Path, target: str | None) -> None:
    """Remove a scratch folder. If its target is missing, the old output is put back there."""
    try:
        if target and ".." not in Path(target).parts and not os.path.lexists(scratch.parent / target):
            with suppress(FileNotFoundError):
                os.rename(scratch / OLD, scratch.parent / target)
        with suppress(FileNotFoundError):
            for name in set(os.listdir(scratch)) - {OWNER}:
                shutil.rmtree(scratch / name, ignore_errors=True)
    finally:
        mine.release(empty=False)
    # A folder that can't be deleted keeps the note of its owner, so that a later run tries again.
    with suppress(OSError):
        if os.listdir(scratch) == [OWNER]:
            os.unlink(scratch / OWNER)
            os.rmdir(scratch)


def _put(new: Path, path: Path, old: Path) -> None:
    """Put a directory in the place of another, which is moved to `new` or `old`."""
    for attempt in range(ATTEMPTS):
        try:
            if not os.path.lexists(path):
                os.rename(new, path)
            elif not _exchange(new, path):
                _swap(new, path, old)
            return
        except OSError as e:
            # Another run has just put its output there, or is about to.
            is_in_the_way = e.errno in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST) and new.exists()
            if not is_in_the_way or attempt == ATTEMPTS - 1:
                raise
            time.sleep(0.01)


def _exchange(new: Path, path: Path) -> bool:
    """Exchange two paths at once. RETURNS: Whether the system can."""
    renameat2 = _renameat2()
    if renameat2 is None:
        return False
    if renameat2(AT_FDCWD, os.fsencode(new), AT_FDCWD, os.fsencode(path), RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(path))


@lru_cache(maxsize=1)
def _renameat2() -> Any:
    """The function of Linux, or None."""
    try:
        return ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return None


def _swap(new: Path, path: Path, old: Path) -> None:
    """Exchange two paths by two renames. Between them, the old output is at `old` only."""
    shutil.rmtree(old, ignore_errors=True)
    try:
        os.rename(path, old)
        os.rename(new, path)
    except BaseException:
        if old.exists() and not os.path.lexists(path):
            os.rename(old, path)
        raise


def _copy_mode(path: Path, new: Path) -> None:
    """Give the new output the permissions of the one that it replaces."""
    with suppress(FileNotFoundError):
        os.chmod(new, stat.S_IMODE(os.stat(path).st_mode))


def _sync(folder: Path) -> None:
    """Write a folder through to the disk before it is renamed: else a power cut leaves empty files."""
    for root, _, files in os.walk(folder):
        for file in files:
            fd = os.open(os.path.join(root, file), os.O_RDONLY if os.name == "posix" else os.O_RDWR)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
        _sync_folder(root)


def _sync_folder(folder: str | Path) -> None:
    # Windows opens no folders, and some file systems sync none.
    with suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
