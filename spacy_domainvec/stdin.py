"""Standard input as a file, as a stream can be read once and a corpus as often as one likes."""

import hashlib
import shutil
import sys
import tempfile
from functools import lru_cache
from typing import IO, Any, TextIO

from .errors import DomainVectorsError, Errors


def path_of_stdin() -> str:
    """A file with what standard input holds. RAISES: DomainVectorsError (DV033, DV053)."""
    return str(_kept(sys.stdin).name)


def version_of_stdin() -> str:
    """What tells this standard input from another: its bytes. RAISES: DomainVectorsError (DV033, DV053)."""
    digest = hashlib.blake2b(digest_size=16)
    with open(path_of_stdin(), "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return f"stdin-{digest.hexdigest()}"


@lru_cache(maxsize=1)
def _kept(stdin: TextIO | None) -> Any:
    if stdin is None:
        raise DomainVectorsError(Errors.DV033.format(path="standard input", why="it is closed"))
    try:
        copy = tempfile.NamedTemporaryFile(prefix="stdin-")  # noqa: SIM115
    except OSError as e:
        raise DomainVectorsError(Errors.DV053.format(path=tempfile.gettempdir(), why=e)) from None
    try:
        _copy(stdin.buffer, copy)
    except (OSError, ValueError) as e:
        raise DomainVectorsError(Errors.DV033.format(path="standard input", why=e)) from None
    return copy


def _copy(stdin: IO[bytes], copy: Any) -> None:
    shutil.copyfileobj(stdin, copy)
    copy.flush()
