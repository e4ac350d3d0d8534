"""Sizes and hashes of files, noted in a file of JSON beside them, and a seal for that file."""

import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any, BinaryIO

# Files up to this size are always hashed in full. SHA-256 is the fastest of hashlib where the processor knows it.
WHOLE = 2**25
BLOCK, N_BLOCKS = 2**16, 64
CHUNK = 2**20
SEAL = "sha256"
CHANGED = "its bytes are not those that were written"


def checksum(file: BinaryIO) -> dict[str, Any]:
    """The size and the SHA-256 of a file; of one above 32 MiB also that of 64 blocks of it, the ends included."""
    size = file.seek(0, io.SEEK_END)
    found = {"size": size, "sha256": _of_all(file)}
    return {**found, "sampled": _of_blocks(file, size)} if size > WHOLE else found


def check(file: BinaryIO, noted: Any, in_full: bool = True) -> None:
    """See whether a file is what was noted.

    noted: What `checksum` gave.
    in_full: Hash all of a file above 32 MiB, not only blocks.
    RAISES: ValueError, saying what is wrong.
    """
    if not isinstance(noted, Mapping):
        raise ValueError("its size and hash are not noted")
    size = file.seek(0, io.SEEK_END)
    if noted.get("size") != size:
        raise ValueError(f"it has {size:,} bytes, which is not what was written")
    name, found = ("sha256", _of_all(file)) if in_full or size <= WHOLE else ("sampled", _of_blocks(file, size))
    if noted.get(name) != found:
        raise ValueError(CHANGED)


def sealed(values: Mapping[str, Any]) -> bytes:
    """Values as a file of JSON, whose last one is the hash of what stands before it.

    RAISES: ValueError, TypeError for values that are none of JSON.
    """
    text = json.dumps(values, indent=2, allow_nan=False).removesuffix("\n}").encode()
    return text + _seal_of(text)


def unsealed(data: bytes) -> tuple[dict[str, Any], bool]:
    """Read what `sealed` gave.

    RETURNS: The values, and whether there is a seal.
    RAISES: ValueError where it is no JSON, or not what was sealed.
    """
    text, mark, _ = data.rpartition(_seal_of(b"")[: -len("0" * 64 + '"\n}\n')])
    if mark and data != text + _seal_of(text):
        raise ValueError(CHANGED)
    values = parsed(data, dict)
    values.pop(SEAL, None)
    return values, bool(mark)


def parsed(data: bytes, kind: type) -> Any:
    """Read JSON of a kind: dict or list. RAISES: ValueError."""
    try:
        value = json.loads(data.decode("utf8"), parse_constant=_refused)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(value, kind):
        raise ValueError(f"it holds no {kind.__name__}")
    return value


def _seal_of(text: bytes) -> bytes:
    return f',\n  "{SEAL}": "{hashlib.sha256(text).hexdigest()}"\n}}\n'.encode()


def _refused(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _of_all(file: BinaryIO) -> str:
    file.seek(0)
    found = hashlib.sha256()
    while chunk := file.read(CHUNK):
        found.update(chunk)
    return found.hexdigest()


def _of_blocks(file: BinaryIO, size: int) -> str:
    found = hashlib.sha256()
    for i in range(N_BLOCKS):
        file.seek((size - BLOCK) * i // (N_BLOCKS - 1))
        found.update(file.read(BLOCK))
    return found.hexdigest()
