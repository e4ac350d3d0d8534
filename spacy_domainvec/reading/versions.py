"""Whether a file has changed, between two runs or while it is read."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ..errors import DomainVectorsError, Errors
from .sources import RemoteState, Source, is_remote, printable, remote_state

# If neither size nor time has changed, other bytes are noticed only at both ends of a file.
HASHED = 2**16
UNKNOWN = "unknown"


@dataclass(frozen=True)
class FileState:
    """The state of a file; it changes when the file is written or replaced.

    size: Its size in bytes.
    changed: The time of its last change, in nanoseconds.
    inode: Its number in the file system, which may differ from machine to machine.
    """

    size: int
    changed: int
    inode: int

    @classmethod
    def of(cls, path: str) -> "FileState":
        """The state of a local file. RAISES: DomainVectorsError (DV055) if it is gone."""
        try:
            state = os.stat(path)
        except OSError as e:
            shown = {"path": printable(path), "why": e.strerror or e}
            raise DomainVectorsError(Errors.DV055.format(**shown)) from None
        return cls(state.st_size, state.st_mtime_ns, state.st_ino)

    def __str__(self) -> str:
        return f"{self.size}-{self.changed}"


def version_of(path: str) -> str:
    """The size of a local file, the time of its last change, and a hash of its first and last 64 kB.

    RAISES: DomainVectorsError (DV033, DV055).
    """
    state, digest = FileState.of(path), hashlib.blake2b(digest_size=8)
    try:
        with open(path, "rb") as file:
            digest.update(file.read(HASHED))
            file.seek(max(state.size - HASHED, 0))
            digest.update(file.read(HASHED))
    except OSError as e:
        shown = {"path": printable(path), "why": e.strerror or e}
        raise DomainVectorsError(Errors.DV033.format(**shown)) from None
    return f"{state}-{digest.hexdigest()}"


def version_of_remote(state: RemoteState) -> str:
    """The size and ETag of a remote file; "unknown" if its backend tells neither."""
    return UNKNOWN if state.size is None and not state.tag else f"{state.size}-{state.tag}"


@contextmanager
def unchanged(versions: Mapping[Source, str | None]) -> Iterator[None]:
    """Check that files do not change while they are read in this block.

    versions: The files, and the version of each when the work was planned, see `version_of` and
        `version_of_remote`; None for its version now.
    RAISES: DomainVectorsError (DV055 if a file has changed, even if the change caused another error
        of this package; DV030, DV033, DV036 if the state of a remote file can't be asked for).
    """
    states = {source: FileState.of(source.path) for source in versions if not is_remote(source.path)}
    try:
        yield
    except DomainVectorsError:
        _check(versions, states)
        raise
    _check(versions, states)


def _check(versions: Mapping[Source, str | None], states: Mapping[Source, FileState]) -> None:
    for source, version in versions.items():
        if is_remote(source.path):
            is_other = version is not None and version != version_of_remote(remote_state(source.path))
        else:
            state = FileState.of(source.path)
            is_other = state != states[source]
            # The copy of standard input has a version of another form.
            has_version = version is not None and source.name is None
            is_other |= has_version and not str(version).startswith(f"{state}-")
        if is_other:
            raise DomainVectorsError(Errors.DV055.format(path=source.shown, why="it is not what it was"))
