"""Reading the files that belong together, in a folder or in bytes, each only if it is what was written."""

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
from .npy import read_array

# The file that notes the sizes and hashes of all others.
META = "meta.json"
NOTED = "files"


@dataclass(frozen=True, eq=False)
class CheckedFiles:
    """Files by their names.

    where: The folder, or what else an error is to name.
    opener: Opens one of them.
    error: The message, with a path and a reason, for a file that is not what was written.
    noted: Their sizes and hashes.
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

        names: Those that files may have.
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
        """Read the file that notes the others.

        RETURNS: The files, with what was noted; the other values; and whether a seal shows that they are unchanged.
        RAISES: DomainVectorsError.
        """
        with self._opened(META) as file:
            values, is_sealed = unsealed(file.read())
            noted = values.pop(NOTED, {})
            if not isinstance(noted, dict):
                raise ValueError(f"its '{NOTED}' are none")
        return replace(self, noted=noted), values, is_sealed

    def json(self, name: str) -> list[Any]:
        """Read a list. RAISES: DomainVectorsError."""
        with self._opened(name) as file:
            check(file, self.noted.get(name))
            file.seek(0)
            return list(parsed(file.read(), list))

    def array(self, name: str, dtypes: Collection[str], n_dims: int, mapped: bool = False) -> np.ndarray:
        """Read an array, see `npy.read_array`; of a mapped one above 32 MiB, blocks are checked.

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
        """The error for a file; "" for all of them together."""
        return DomainVectorsError(self.error.format(path=Path(self.where) / name, why=why))

    @contextmanager
    def _opened(self, name: str) -> Iterator[BinaryIO]:
        with reading(Path(self.where) / name, self.error), self.opener(name) as file:
            yield file


@contextmanager
def reading(path: Path, error: str) -> Iterator[None]:
    """Tell what is wrong with a file that is read inside.

    error: The message, with a path and a reason, for a file that is not what it should be.
    RAISES: DomainVectorsError: with that message, or (DV087) where the file can't be read.
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
    """The sizes and hashes of those files of a folder that are there, in the order of their names."""
    noted = {}
    for name in sorted(names):
        if (folder / name).is_file():
            with (folder / name).open("rb") as file:
                noted[name] = checksum(file)
    return noted


def list_json(values: Iterable[Any]) -> bytes:
    """What `CheckedFiles.json` reads."""
    return json.dumps(list(values), separators=(",", ":")).encode()


def packed(files: Mapping[str, bytes]) -> bytes:
    """Files as bytes, with msgpack."""
    return bytes(srsly.msgpack_dumps(dict(files)))


def unpacked(data: bytes, names: Collection[str]) -> dict[str, bytes]:
    """Read what `packed` gave. RAISES: ValueError where it is anything else, or holds a file of another name."""
    # Without the hook, nothing makes arrays of what is there. An array's stated length would be allocated unseen.
    limits = {"max_array_len": 0, "max_ext_len": 0, "max_map_len": len(names), "strict_map_key": True}
    try:
        held = srsly.msgpack.unpackb(data, raw=False, object_pairs_hook=None, **limits)
    except (ValueError, TypeError) as e:
        raise ValueError(str(e) or "it is no msgpack") from None
    if not isinstance(held, dict) or any(name not in names or type(held[name]) is not bytes for name in held):
        raise ValueError("it holds no files of a table")
    return held
