"""Whether a file is still the one that it was: between runs, and while it is read."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import DomainVectorsError, Errors
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


class Watch:
    """Sees whether files are changed while they are read.

    sources: The files. They are watched from now on.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self._states = {source: FileState.of(source.path) for source in sources if not is_remote(source.path)}

    def check(self, source: Source, version: str | None = None) -> None:
        """See whether a file is what it was.

        version: What it was when the work was planned, of a remote file or one that `version_of` was asked about.
        RAISES: DomainVectorsError (DV055) where it is not; (DV030, DV033, DV036) for a remote file.
        """
        if is_remote(source.path):
            is_other = version != version_of_remote(remote_state(source.path))
        else:
            state = FileState.of(source.path)
            is_other = state != self._states[source] or (version is not None and not version.startswith(f"{state}-"))
        if is_other:
            raise DomainVectorsError(Errors.DV055.format(path=source.shown, why="it is not what it was"))
