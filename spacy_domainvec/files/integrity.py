"""Sizes and hashes of files, noted in a JSON file beside them, and a seal for that JSON file."""

import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any, BinaryIO

# Files up to this size, 32 MiB, are always hashed in full. SHA-256 is the fastest hash of hashlib on
# processors with instructions for it.
WHOLE = 2**25
BLOCK, N_BLOCKS = 2**16, 64
CHUNK = 2**20
SEAL = "sha256"
CHANGED = "its bytes are not those that were written"


def checksum(file: BinaryIO) -> dict[str, Any]:
    """The size and the SHA-256 of a file.

    Above 32 MiB, also the SHA-256 of 64 blocks, evenly spaced from its start to its end.
    """
    size = file.seek(0, io.SEEK_END)
    found = {"size": size, "sha256": _of_all(file)}
    if size > WHOLE:
        found["sampled"] = _of_blocks(file, size)
    return found


def check(file: BinaryIO, noted: Any, in_full: bool = True) -> None:
    """Compare a file with the size and hashes that were noted.

    noted: The value that `checksum` returned when the file was written.
    in_full: Whether a file above 32 MiB is hashed in full, and not only in blocks.
    RAISES: ValueError, which says what is wrong.
    """
    if not isinstance(noted, Mapping):
        raise ValueError("its size and hash are not noted")
    size = file.seek(0, io.SEEK_END)
    if noted.get("size") != size:
        raise ValueError(f"it has {size:,} bytes, which is not what was written")
    if in_full or size <= WHOLE:
        is_same = noted.get("sha256") == _of_all(file)
    else:
        is_same = noted.get("sampled") == _of_blocks(file, size)
    if not is_same:
        raise ValueError(CHANGED)


def sealed(values: Mapping[str, Any]) -> bytes:
    """Values as JSON. A last value is added to them: the hash of all the text before it.

    RAISES: ValueError, TypeError for values that JSON can't hold.
    """
    text = json.dumps(values, indent=2, allow_nan=False).removesuffix("\n}").encode()
    return text + _seal_of(text)


def unsealed(data: bytes) -> tuple[dict[str, Any], bool]:
    """Read JSON that `sealed` made.

    RETURNS: The values, and whether there is a seal.
    RAISES: ValueError if it is no JSON, or has changed since it was sealed.
    """
    text, mark, _ = data.rpartition(_seal_of(b"")[: -len("0" * 64 + '"\n}\n')])
    if mark and data != text + _seal_of(text):
        raise ValueError(CHANGED)
    values = parsed(data, dict)
    values.pop(SEAL, None)
    return values, bool(mark)


def parsed(data: bytes, kind: type) -> Any:
    """Read JSON that holds a value of a kind: dict or list. RAISES: ValueError."""
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
