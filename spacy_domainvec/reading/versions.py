"""Whether a file is still the one that it was: between runs, and while it is read."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ..errors import DomainVectorsError, Errors
from .sources import RemoteState, Source, is_remote, printable, remote_state

# Other bytes of the same size and time are noticed in both ends of a file, not between them.
HASHED = 2**16
UNKNOWN = "unknown"


@dataclass(frozen=True)
class FileState:
    """What changes when a file is written or replaced.

    size: Its bytes.
    changed: When it was changed, in nanoseconds.
    inode: Its number in the file system. Another machine may give it another one.
    """

    size: int
    changed: int
    inode: int

    @classmethod
    def of(cls, path: str) -> "FileState":
        """The state of a local file. RAISES: DomainVectorsError (DV055) where it is gone."""
        try:
            state = os.stat(path)
        except OSError as e:
            raise DomainVectorsError(Errors.DV055.format(path=printable(path), why=e.strerror or e)) from None
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
        raise DomainVectorsError(Errors.DV033.format(path=printable(path), why=e.strerror or e)) from None
    return f"{state}-{digest.hexdigest()}"


def version_of_remote(state: RemoteState) -> str:
    """The size and ETag of a remote file; "unknown" where its backend tells neither."""
    return UNKNOWN if state.size is None and not state.tag else f"{state.size}-{state.tag}"


@contextmanager
def unchanged(versions: Mapping[Source, str | None]) -> Iterator[None]:
    """See that files are not changed while they are read.

    versions: The files, and what each was when the work was planned, as `version_of` and `version_of_remote` say;
        None for what it is now.
    RAISES: DomainVectorsError (DV055) where one is changed, also if it could not be read for that; (DV030, DV033,
        DV036) where a remote file can't be asked about.
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
            # What standard input was copied to has a version of its own.
            is_other |= version is not None and source.name is None and not version.startswith(f"{state}-")
        if is_other:
            raise DomainVectorsError(Errors.DV055.format(path=source.shown, why="it is not what it was"))
