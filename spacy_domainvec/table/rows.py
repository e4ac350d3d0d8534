"""Rows of vectors as they are stored: float32, float16, or int8 with one scale for each row."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import DomainVectorsError, Errors

DTYPES = {"float32": "<f4", "float16": "<f2", "int8": "|i1"}
# With larger entries, a sum of squares overflows float32.
LARGEST = 1e15
# Much wider than any real table: a look-up allocates many rows from the start.
MAX_WIDTH = 2**16
# Entries are checked so many rows at a time; of arrays larger than so many bytes, a sample is checked.
BATCH, ALL_BYTES = 4096, 2**25


@dataclass(frozen=True, eq=False)
class Rows:
    """Row vectors of one width. Indexing them gives float32, whatever the stored dtype.

    values: Array of shape (n, width), dtype float32, float16 or int8.
    scales: With int8, the factor of each row, shape (n,), float32; otherwise None.
    RAISES: DomainVectorsError (DV023) for parts that don't fit together.
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
            shown = f"scales of shape {self.scales.shape} and {self.scales.dtype}"
            raise unfit(f"{len(self.values)} vectors and {shown}")

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> np.ndarray:
        values = np.asarray(self.values)[rows]
        if self.scales is None:
            return values.astype("f")
        return np.multiply(values, np.asarray(self.scales)[rows][..., None], dtype="f")

    # Cached, because spaCy's floret table asks for it once for each n-gram.
    @cached_property
    def shape(self) -> tuple[int, int]:
        """Number and width of the rows."""
        return self.values.shape[0], self.values.shape[1]

    @property
    def dtype(self) -> str:
        """The stored dtype."""
        return str(self.values.dtype.name)

    def take(self, rows: np.ndarray | slice) -> "Rows":
        """Some of the rows, in the same dtype."""
        scales = None if self.scales is None else np.asarray(self.scales)[rows]
        return Rows(np.asarray(self.values)[rows], scales)

    def are_finite(self) -> bool:
        """Whether all entries and the rows' lengths are finite. Above 32 MiB, a sample is checked."""
        scales = self.scales
        if scales is not None:
            return bool(len(scales) == 0 or 0 <= scales.min() <= scales.max() <= LARGEST / 128)
        if not self.shape[1]:
            return True
        values = np.asarray(self.values)
        values = values[:: 1 + values.nbytes // ALL_BYTES]
        batches = (values[start : start + BATCH] for start in range(0, len(values), BATCH))
        # Both comparisons are false for NaN.
        return all(float(batch.min()) >= -LARGEST and float(batch.max()) <= LARGEST for batch in batches)

    def astype(self, dtype: str) -> "Rows":
        """The same rows stored as "float32", "float16" or "int8".

        With int8, a row is scaled so that its largest absolute entry is 127. The error of an entry is at
        most half a step, max(abs(row)) / 254.
        RAISES: DomainVectorsError (DV045) for another dtype.
        """
        if dtype not in DTYPES:
            expected = ", ".join(DTYPES)
            shown = {"name": "dtype", "value": repr(dtype), "expected": expected}
            raise DomainVectorsError(Errors.DV045.format(**shown))
        vectors = self[:]
        if dtype != "int8":
            return Rows(vectors.astype(DTYPES[dtype]))
        scales = (np.abs(vectors).max(axis=1, initial=0) / 127).astype("f")
        steps = np.rint(vectors / np.where(scales > 0, scales, 1)[:, None])
        return Rows(steps.astype(np.int8), scales)


def row_bytes(width: int, dtype: str) -> int:
    """The bytes of one row on disk, with its scale."""
    return width * np.dtype(DTYPES[dtype]).itemsize + (4 if dtype == "int8" else 0)


def unfit(why: str) -> DomainVectorsError:
    """The error (DV023) for parts that don't fit together."""
    return DomainVectorsError(Errors.DV023.format(why=why))
