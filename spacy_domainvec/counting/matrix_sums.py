"""Sums of sparse matrices of whole numbers, on disk.

scipy adds matrices in memory, and can read only whole matrices from disk. Here, matrices that are
larger than memory are added up some rows at a time.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DomainVectorsError, Errors
from ..files.npy import read_array, write_array
from ..files.replacing import replaced_directory
from ..util.extras import import_extra
from ..util.jobs import name_of

ENDS, COLUMNS, VALUES = MATRIX_FILES = ("ends.npy", "columns.int32", "values.int64")
# The number of matrices to add up at a time. Sums are added up again, as in a tree, so that few
# exist at once.
FAN_IN = 8
# The limit for a count, and for the sum of all counts.
MOST = 2**62


@dataclass(frozen=True)
class StoredMatrix:
    """A sparse CSR matrix of counts in a directory, int64. Any rows of it can be read.

    All numbers are checked: scipy's code trusts them, and a wrong one would crash the process.
    """

    folder: Path

    @cached_property
    def ends(self) -> np.ndarray:
        """The start of each row among the entries, and the end of the last, shape (n_rows + 1,), int64.

        RAISES: DomainVectorsError (DV042) if they don't fit the other files.
        """
        try:
            with (self.folder / ENDS).open("rb") as file:
                ends = read_array(file, ["<i8"], 1)
            sizes = [(self.folder / name).stat().st_size / n for name, n in ((COLUMNS, 4), (VALUES, 8))]
        except (OSError, ValueError) as e:
            raise self._fault(ENDS, e) from None
        # Numbers are compared, as the difference of two could overflow.
        if not len(ends) or ends[0] != 0 or (ends[1:] < ends[:-1]).any() or sizes != [ends[-1]] * 2:
            raise self._fault(ENDS, "its rows are not those of the entries beside it")
        return ends

    def rows(self, first: int, last: int, n_columns: int) -> Any:
        """The rows from first to below last, as a csr_matrix. RAISES: DomainVectorsError (DV042)."""
        start, end = int(self.ends[first]), int(self.ends[last])
        columns = self._entries(COLUMNS, "<i4", start, end, n_columns - 1)
        values = self._entries(VALUES, "<i8", start, end, MOST)
        sparse = import_extra("scipy.sparse", "counting")
        ends = self.ends[first : last + 1] - start
        return sparse.csr_matrix((values, columns, ends), (last - first, n_columns))

    def whole(self, n_rows: int, n_columns: int) -> Any:
        """All rows, as a csr_matrix. RAISES: DomainVectorsError (DV042), also for another n_rows."""
        found = len(self.ends) - 1
        if found != n_rows:
            raise self._fault(ENDS, f"it has {found} rows, and {n_rows} are expected")
        return self.rows(0, n_rows, n_columns)

    def _entries(self, name: str, dtype: str, start: int, end: int, largest: int) -> np.ndarray:
        size = np.dtype(dtype).itemsize
        try:
            found = np.fromfile(self.folder / name, dtype, end - start, offset=size * start)
        except OSError as e:
            raise self._fault(name, e) from None
        is_wrong = len(found) and not 0 <= found.min() <= found.max() <= largest
        if len(found) != end - start or is_wrong or found.sum(dtype="f8") > MOST:
            raise self._fault(name, f"it lacks entries, or has some that are not from 0 to {largest:,}")
        return found

    def _fault(self, name: str, why: object) -> DomainVectorsError:
        return DomainVectorsError(Errors.DV042.format(path=self.folder / name, why=why))


def write_matrix(folder: Path, blocks: Iterable[Any]) -> None:
    """Write blocks of rows as one matrix."""
    ends = [np.zeros(1, dtype="<i8")]
    with (folder / COLUMNS).open("wb") as columns, (folder / VALUES).open("wb") as values:
        for block in blocks:
            columns.write(block.indices.astype("<i4").data)
            values.write(block.data.astype("<i8").data)
            ends.append(ends[-1][-1] + block.indptr[1:].astype("<i8"))
    write_array(folder / ENDS, np.concatenate(ends), "<i8")


def added(matrices: Sequence[StoredMatrix], n_columns: int, n_entries: int) -> Iterator[Any]:
    """Yield the sum of matrices as blocks of rows.

    n_entries: The number of entries of all matrices to read at a time; at least one row is read.
    """
    total = np.sum([matrix.ends for matrix in matrices], axis=0)
    first, n_rows = 0, len(total) - 1
    while first < n_rows:
        last = max(first + 1, int(np.searchsorted(total, total[first] + n_entries, side="right")) - 1)
        block = matrices[0].rows(first, last, n_columns)
        for matrix in matrices[1:]:
            block = block + matrix.rows(first, last, n_columns)
        yield block
        first = last


@dataclass(frozen=True)
class _Node:
    """The sum of successive results: the number of the first task, and how many, a power of FAN_IN."""

    start: int
    size: int


@dataclass(frozen=True)
class SumTree:
    """Adds up the matrices that tasks make, a few at a time. It goes on from sums that exist already.

    folder: The folder with the results of the tasks, and for the sums.
    names: The names of the tasks, in order. They are also the names of their results in the folder.
    n_columns: The number of columns of each matrix.
    n_entries: The number of entries to hold in memory.
    """

    folder: Path
    names: Sequence[str]
    n_columns: int
    n_entries: int

    def missing(self) -> list[str]:
        """The names of the tasks whose results are in no sum yet."""
        return [self.names[node.start] for node in self._nodes() if node.size == 1]

    def total(self, made: Iterable[Path]) -> list[StoredMatrix]:
        """Add up all results. A matrix that has been added up is deleted.

        made: The results of the missing tasks, in order.
        RETURNS: A few matrices. Their sum is the total.
        """
        results = iter(made)
        # Sizes never grow from one node to the next. FAN_IN nodes of one size become one node.
        nodes: list[_Node] = []
        for node in self._nodes():
            if node.size == 1:
                next(results)
            nodes.append(node)
            while len(nodes) >= FAN_IN and nodes[-FAN_IN].size == nodes[-1].size:
                nodes[-FAN_IN:] = [self._sum(nodes[-FAN_IN:])]
        # The generator of results goes on to its end.
        next(results, None)
        return [StoredMatrix(self._path(node)) for node in nodes]

    def _nodes(self) -> list[_Node]:
        """The sums that exist, and the tasks that are in no sum."""
        nodes, start, n_tasks = [], 0, len(self.names)
        while start < n_tasks:
            # The largest sum that can start here, and then the largest one that exists.
            size = 1
            while start % (size * FAN_IN) == 0 and start + size * FAN_IN <= n_tasks:
                size *= FAN_IN
            while size > 1 and not self._path(_Node(start, size)).exists():
                size //= FAN_IN
            nodes.append(_Node(start, size))
            start += size
        return nodes

    def _path(self, node: _Node) -> Path:
        names = self.names[node.start : node.start + node.size]
        return self.folder / (names[0] if len(names) == 1 else name_of("sum", names))

    def _sum(self, nodes: Sequence[_Node]) -> _Node:
        """Write the sum of successive nodes, and delete them."""
        node = _Node(nodes[0].start, sum(one.size for one in nodes))
        matrices = [StoredMatrix(self._path(one)) for one in nodes]
        with replaced_directory(self._path(node)) as new:
            write_matrix(new, added(matrices, self.n_columns, self.n_entries))
        for matrix in matrices:
            shutil.rmtree(matrix.folder)
        return node
