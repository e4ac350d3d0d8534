"""Standard input, copied to a file: it can be read only once, but a corpus is read several times."""

import atexit
import hashlib
import shutil
import sys
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import TextIO

from ..errors import DomainVectorsError, Errors
from ..files.replacing import coded, temporary_directory


def path_of_stdin() -> str:
    """The path of a copy of standard input. RAISES: DomainVectorsError (DV010, DV033, DV053)."""
    return str(_kept(sys.stdin))


def version_of_stdin() -> str:
    """A version with a hash of standard input. RAISES: DomainVectorsError (DV010, DV033, DV053)."""
    digest = hashlib.blake2b(digest_size=16)
    with open(path_of_stdin(), "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return f"stdin-{digest.hexdigest()}"


@lru_cache(maxsize=1)
def _kept(stdin: TextIO | None) -> Path:
    if stdin is None:
        raise DomainVectorsError(Errors.DV033.format(path="standard input", why="it is closed"))
    with ExitStack() as stack:
        # The copy holds somebody's text: if this process is killed, the next one removes it.
        copy = stack.enter_context(temporary_directory()) / "stdin"
        try:
            with copy.open("wb") as file:
                shutil.copyfileobj(stdin.buffer, file)
        except OSError as e:
            raise coded(e, "standard input") from None
        except ValueError as e:
            raise DomainVectorsError(Errors.DV033.format(path="standard input", why=e)) from None
        atexit.register(stack.pop_all().close)
    return copy
