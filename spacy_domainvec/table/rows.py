"""Rows of vectors as they are stored: float32, float16, or int8 with a scale a row."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import DomainVectorsError, Errors

DTYPES = {"float32": "<f4", "float16": "<f2", "int8": "|i1"}
# The squares of larger entries add up to more than float32 holds.
LARGEST = 1e15
# Much wider than any; a look-up has room for many rows from the start.
MAX_WIDTH = 2**16
# How many rows are looked at together, and of how many bytes at most all are.
BATCH, ALL_BYTES = 4096, 2**25


@dataclass(frozen=True, eq=False)
class Rows:
    """Row vectors of one width. Indexing them gives float32, whatever they are stored as.

    values: Array of shape (n, width), dtype float32, float16 or int8.
    scales: With int8, what a row is multiplied by, shape (n,), float32; otherwise None.
    RAISES: DomainVectorsError (DV023) where the parts don't fit together.
    """

    values: np.ndarray
    scales: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.dtype.name not in DTYPES:
            raise unfit(f"vectors of shape {self.values.shape} and dtype {self.values.dtype}")
        if (self.scales is not None) != (self.values.dtype == np.int8):
            raise unfit("scales belong to int8 vectors, and only to them")
        if self.scales is None:
            return
        if self.scales.shape != (len(self.values),) or self.scales.dtype.kind != "f":
            raise unfit(f"{len(self.values)} vectors and scales of shape {self.scales.shape} and {self.scales.dtype}")

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> np.ndarray:
        values = np.asarray(self.values)[rows]
        if self.scales is None:
            return values.astype("f")
        return np.multiply(values, np.asarray(self.scales)[rows][..., None], dtype="f")

    # Not a property: spaCy's floret table asks for it once an n-gram.
    @cached_property
    def shape(self) -> tuple[int, int]:
        """Number and width of the rows."""
        return self.values.shape[0], self.values.shape[1]

    @property
    def dtype(self) -> str:
        """What the rows are stored as."""
        return str(self.values.dtype.name)

    def take(self, rows: np.ndarray | slice) -> "Rows":
        """Some of the rows, stored as before."""
        return Rows(np.asarray(self.values)[rows], None if self.scales is None else np.asarray(self.scales)[rows])

    def are_finite(self) -> bool:
        """Whether all entries, and so the lengths of the rows, are numbers. Of more than 32 MiB, some rows tell."""
        if self.scales is not None:
            return bool(len(self.scales) == 0 or 0 <= self.scales.min() <= self.scales.max() <= LARGEST / 128)
        values = np.asarray(self.values)
        values = values[:: 1 + values.nbytes // ALL_BYTES]
        batches = (values[start : start + BATCH] for start in range(0, len(values) if self.shape[1] else 0, BATCH))
        # Of NaN, neither is true.
        return all(float(batch.min()) >= -LARGEST and float(batch.max()) <= LARGEST for batch in batches)

    def astype(self, dtype: str) -> "Rows":
        """The same rows stored as "float32", "float16" or "int8".

        With int8, a row is scaled so that its largest entry is 127, and the error of an entry is at most half a
        step, max(abs(row)) / 254.
        RAISES: DomainVectorsError (DV045) for another dtype.
        """
        if dtype not in DTYPES:
            raise DomainVectorsError(Errors.DV045.format(name="dtype", value=repr(dtype), expected=", ".join(DTYPES)))
        vectors = self[:]
        if dtype != "int8":
            return Rows(vectors.astype(DTYPES[dtype]))
        scales = (np.abs(vectors).max(axis=1, initial=0) / 127).astype("f")
        steps = np.rint(vectors / np.where(scales > 0, scales, 1)[:, None])
        return Rows(steps.astype(np.int8), scales)


def row_bytes(width: int, dtype: str) -> int:
    """What one row takes on disk, with its scale."""
    return width * np.dtype(DTYPES[dtype]).itemsize + (4 if dtype == "int8" else 0)


def unfit(why: str) -> DomainVectorsError:
    """The error (DV023) for parts that don't fit together."""
    return DomainVectorsError(Errors.DV023.format(why=why))
