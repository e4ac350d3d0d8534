"""Arrays in .npy files, written by `np.save` and read without evaluating anything."""

import io
import math
import re
import struct
from collections.abc import Collection
from typing import Any, BinaryIO

import numpy as np

# numpy's own reader evaluates the header as Python, and treats a damaged one differently from
# version to version.
HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(?P<length>..)\{'descr': '(?P<dtype>[<|][fiu]\d)', 'fortran_order': False, "
    rb"'shape': \((?P<shape>\d{1,18},(?: \d{1,18},?)*)\), \} *\n",
    re.DOTALL,
)
PREFIX = 10


def write_array(file: Any, array: np.ndarray, dtype: str) -> None:
    """Write an array as .npy. file: A path, or a file that is open for writing."""
    np.save(file, np.ascontiguousarray(array, dtype=dtype), allow_pickle=False)


def read_array(file: BinaryIO, dtypes: Collection[str], n_dims: int, mapped: bool = False) -> np.ndarray:
    """Read an array that `write_array` wrote. It is read-only.

    dtypes: The dtypes that are allowed, such as "<f4".
    n_dims: The number of dimensions that is expected.
    mapped: Whether a file on disk is mapped into memory, and not read.
    RAISES: ValueError for any other content.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    header = HEADER.match(file.read(2**12))
    if header is None or PREFIX + struct.unpack("<H", header["length"])[0] != header.end():
        raise ValueError("it does not begin as an array")
    shape = tuple(int(number) for number in header["shape"].decode().split(",") if number)
    found = header["dtype"].decode()
    if len(shape) != n_dims or found not in dtypes:
        raise ValueError(f"it holds an array of the shape {shape} and the dtype {found}")
    dtype, start = np.dtype(found), header.end()
    if size != start + math.prod(shape) * dtype.itemsize:
        raise ValueError(f"it has {size:,} bytes, too few or too many for an array of the shape {shape}")
    if mapped and not isinstance(file, io.BytesIO):
        return np.memmap(file, dtype, "r", start, shape)
    file.seek(0)
    data = file.getvalue() if isinstance(file, io.BytesIO) else file.read()
    return np.frombuffer(data, dtype, offset=start).reshape(shape)
