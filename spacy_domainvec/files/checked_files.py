"""Reading a set of files from a folder or from bytes; a file that has changed is refused."""

import io
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import srsly

from ..errors import DomainVectorsError, Errors
from .integrity import check, checksum, parsed, unsealed
from .names import META
from .npy import read_array

# The key in META for the sizes and hashes of all other files.
NOTED = "files"


@dataclass(frozen=True, eq=False)
class CheckedFiles:
    """A set of files, read by name.

    where: The folder, or another place for errors to name.
    opener: Opens a file, given its name.
    error: The message for a file that is not as it was written, with fields for a path and a reason.
    noted: The sizes and hashes of the files.
    """

    where: str | Path
    opener: Callable[[str], BinaryIO]
    error: str
    noted: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_folder(cls, folder: Path, error: str) -> "CheckedFiles":
        """The files of a folder."""
        return cls(folder, lambda name: (folder / name).open("rb"), error)

    @classmethod
    def of_bytes(cls, data: bytes, names: Collection[str], error: str) -> "CheckedFiles":
        """The files that `packed` put into bytes.

        names: The names that are allowed.
        RAISES: DomainVectorsError.
        """
        try:
            held = unpacked(data, names)
        except ValueError as e:
            raise DomainVectorsError(error.format(path="bytes", why=e)) from None

        def opener(name: str) -> BinaryIO:
            if name not in held:
                raise FileNotFoundError
            return io.BytesIO(held[name])

        return cls("bytes", opener, error)

    def meta(self) -> tuple["CheckedFiles", dict[str, Any], bool]:
        """Read META, in which the sizes and hashes of the other files are noted.

        RETURNS: The files, with these sizes and hashes; the other values in META; and whether it
            has a seal, which shows that they are unchanged.
        RAISES: DomainVectorsError.
        """
        with self._opened(META) as file:
            values, is_sealed = unsealed(file.read())
            noted = values.pop(NOTED, {})
            if not isinstance(noted, dict):
                raise ValueError(f"its '{NOTED}' are none")
        return replace(self, noted=noted), values, is_sealed

    def json(self, name: str) -> list[Any]:
        """Read a JSON file that holds a list. RAISES: DomainVectorsError."""
        with self._opened(name) as file:
            check(file, self.noted.get(name))
            file.seek(0)
            return list(parsed(file.read(), list))

    def array(self, name: str, dtypes: Collection[str], n_dims: int, mapped: bool = False) -> np.ndarray:
        """Read an array, see `npy.read_array`. Of a mapped one above 32 MiB, only blocks are checked.

        RAISES: DomainVectorsError.
        """
        with self._opened(name) as file:
            check(file, self.noted.get(name), in_full=not mapped)
            return read_array(file, dtypes, n_dims, mapped)

    def check(self, name: str) -> None:
        """Check that every byte of a file is as it was written. RAISES: DomainVectorsError."""
        with self._opened(name) as file:
            check(file, self.noted.get(name))

    def fault(self, name: str, why: object) -> DomainVectorsError:
        """The error for a file; the name "" stands for all of them together."""
        return DomainVectorsError(self.error.format(path=Path(self.where) / name, why=why))

    @contextmanager
    def _opened(self, name: str) -> Iterator[BinaryIO]:
        with reading(Path(self.where) / name, self.error), self.opener(name) as file:
            yield file


@contextmanager
def reading(path: Path, error: str) -> Iterator[None]:
    """Turn errors of reading a file, in this block, into an error that names the file.

    error: The message for a file that is not what it should be, with fields for a path and a reason.
    RAISES: DomainVectorsError with that message, or DV087 if the file can't be read.
    """
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise DomainVectorsError(error.format(path=path, why="it is missing")) from None
    except OSError as e:
        raise DomainVectorsError(Errors.DV087.format(path=path, why=e.strerror or e)) from None
    except DomainVectorsError:
        raise
    except ValueError as e:
        raise DomainVectorsError(error.format(path=path, why=e)) from None


def checksums(folder: Path, names: Iterable[str]) -> dict[str, Any]:
    """The sizes and hashes of files in a folder, sorted by name; missing files are left out."""
    noted = {}
    for name in sorted(names):
        if (folder / name).is_file():
            with (folder / name).open("rb") as file:
                noted[name] = checksum(file)
    return noted


def list_json(values: Iterable[Any]) -> bytes:
    """A list as JSON, for `CheckedFiles.json` to read."""
    return json.dumps(list(values), separators=(",", ":")).encode()


def packed(files: Mapping[str, bytes]) -> bytes:
    """Pack files into bytes, with msgpack."""
    return bytes(srsly.msgpack_dumps(dict(files)))


def unpacked(data: bytes, names: Collection[str]) -> dict[str, bytes]:
    """The files that `packed` put into bytes.

    RAISES: ValueError for any other bytes, or for a file with another name.
    """
    # Without the hook, nothing in the bytes becomes an array: memory would be allocated for any
    # length they state.
    limits = {"max_array_len": 0, "max_ext_len": 0, "max_map_len": len(names), "strict_map_key": True}
    try:
        held = srsly.msgpack.unpackb(data, raw=False, object_pairs_hook=None, **limits)
    except (ValueError, TypeError) as e:
        raise ValueError(str(e) or "it is no msgpack") from None
    are_files = isinstance(held, dict) and all(type(file) is bytes for file in held.values())
    if not are_files or not held.keys() <= set(names):
        raise ValueError("it holds no files of a table")
    return dict(held)
