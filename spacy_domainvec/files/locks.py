"""Lock files, which show that a process is at work.

The system releases the lock of a process when it ends, even if it is killed.
"""

import errno
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

HOST = socket.gethostname()
HELD = (errno.EAGAIN, errno.EACCES)
LONGEST_NOTE = 10_000


@dataclass(frozen=True)
class Claim:
    """A lock file that this process holds, with a note of who holds it."""

    file: Path
    fd: int

    def note(self) -> dict[str, Any] | None:
        """The note in the file: {} if it is empty, None if this package did not write it."""
        return _parsed(_read(self.fd))

    def write(self, **more: Any) -> None:
        """Write a note of who holds the file, with more values that are JSON-serializable."""
        os.ftruncate(self.fd, 0)
        os.lseek(self.fd, 0, os.SEEK_SET)
        os.write(self.fd, json.dumps({"host": HOST, "pid": os.getpid(), **more}).encode())

    def release(self, empty: bool = True) -> None:
        """Release the lock. empty: Whether to delete the note, too."""
        try:
            if empty:
                os.ftruncate(self.fd, 0)
        finally:
            os.close(self.fd)


def claim(file: Path, create: bool = True) -> Claim | None:
    """Take the lock of a file.

    create: Whether to make a file that is missing.
    RETURNS: None if another process, or another thread of this one, holds it.
    RAISES: OSError if the file can't be opened.
    """
    while True:
        # A link would lead to a file that is not ours.
        flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | (os.O_CREAT if create else 0)
        fd = os.open(file, flags, 0o666)
        try:
            if not _is_taken(fd):
                os.close(fd)
                return None
            if os.path.samestat(os.fstat(fd), os.stat(file)):
                return Claim(file, fd)
        except FileNotFoundError:
            pass
        # The holder has deleted the file meanwhile.
        os.close(fd)


def read_note(file: Path) -> dict[str, Any]:
    """The note of the holder of a lock file; {} if it has not written one yet."""
    try:
        return _parsed(file.read_bytes()[:LONGEST_NOTE]) or {}
    except OSError:
        return {}


def _parsed(written: bytes) -> dict[str, Any] | None:
    try:
        note = json.loads(written) if written else {}
    except ValueError:
        return None
    is_ours = isinstance(note, dict) and (not note or isinstance(note.get("host"), str))
    return note if is_ours and (not note or isinstance(note.get("pid"), int)) else None


def _is_taken(fd: int) -> bool:
    """Take the lock of an open file. RETURNS: Whether that worked."""
    try:
        if fcntl is not None:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except OSError as e:
        if e.errno in HELD:
            return False
    # On a file system without locks, the note in the file tells who holds it.
    note = _parsed(_read(fd)) or {}
    return note.get("host") != HOST or note["pid"] == os.getpid() or not _is_running(note["pid"])


def _is_running(pid: int) -> bool:
    if os.name != "posix":  # where a signal of 0 does harm
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _read(fd: int) -> bytes:
    os.lseek(fd, 0, os.SEEK_SET)
    return os.read(fd, LONGEST_NOTE)
