"""Running a function on many tasks, on all cores or on a cluster, and keeping the finished results.

The result of a task is a folder, named by a hash of the task's input. joblib.Memory caches results, too,
but does not fit, for three reasons. Results are large directories, which other processes read. A folder
appears only when it is complete, so that work that was killed can go on. And joblib.Memory stores
pickles, which this package never loads.
"""

import hashlib
import json
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..about import __version__
from ..errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from ..files.replacing import replaced_directory
from .extras import import_extra
from .progress import Progress
from .workers import backend

# Memory of a worker before it has read anything: Python, spaCy, scipy and the words it met.
WORKER_BYTES = 600 * 10**6
# Memory for each token that a worker holds at a time, with the pairs that the token is in.
TOKEN_BYTES = 300
# Four times the memory for an entry of a sparse matrix while two are added up: other processes
# work, too.
ENTRY_BYTES = 160
FEWEST_TOKENS, MOST_TOKENS = 2**16, 2**22
DEFAULT_MEMORY = 4 * 10**9
# See `name_of`.
NAME = re.compile(r"[a-z]+-[0-9a-f]{24}")
MOST_MEMORY, MOST_JOBS = 10**15, 10_000


@dataclass(frozen=True)
class Task:
    """The arguments of a function, and a name for its result that no other arguments have."""

    name: str
    args: tuple[Any, ...]


@dataclass(frozen=True)
class Jobs:
    """Where and on how many cores long work is done. No result depends on it.

    folder: The folder for results. On a cluster, every worker must see it by this path.
    n_jobs: The number of processes; -1 for one on each core, None for joblib.parallel_config or one.
    memory: The bytes that all processes together may need for counting.
    outputs: Files and folders that are written. They are not read as texts, even if they lie among them.
    """

    folder: Path
    n_jobs: int | None = None
    memory: int = DEFAULT_MEMORY
    outputs: tuple[Path, ...] = ()

    @cached_property
    def n_workers(self) -> int:
        """The number of worker processes, limited by cores and by the memory beside this process.

        RAISES: DomainVectorsError (DV045) if there is not enough memory for one.
        WARNS: DomainVectorsWarning (DV118) if there is not enough memory for as many as were asked for.
        """
        fitting = self.memory // WORKER_BYTES
        if fitting < 1:
            value = f"{self.memory / 1e6:.0f}MB"
            expected = f"{WORKER_BYTES // 10**6}MB or more"
            raise DomainVectorsError(Errors.DV045.format(name="memory", value=value, expected=expected))
        if self.n_jobs not in (None, -1) and not 1 <= self.n_jobs <= MOST_JOBS:
            expected = f"a whole number from 1 to {MOST_JOBS:,}, or -1 for all cores"
            shown = {"name": "n_jobs", "value": self.n_jobs, "expected": expected}
            raise DomainVectorsError(Errors.DV045.format(**shown))
        wanted = import_extra("joblib", "counting").effective_n_jobs(self.n_jobs)
        found = int(max(min(wanted, fitting - 1), 1))
        if found < (self.n_jobs or 0):
            memory = f"{self.memory / 1e9:g}GB"
            needed = f"{(wanted + 1) * WORKER_BYTES / 1e9:g}GB"
            message = Warnings.DV118.format(wanted=wanted, found=found, memory=memory, needed=needed)
            warnings.warn(message, DomainVectorsWarning, stacklevel=2)
        return found

    @property
    def n_tokens(self) -> int:
        """The tokens that a worker holds at a time: a power of two, for most runs the same."""
        fitting = max(self._room // TOKEN_BYTES, FEWEST_TOKENS)
        return int(min(2 ** (int(fitting).bit_length() - 1), MOST_TOKENS))

    @property
    def n_entries(self) -> int:
        """The entries of sparse matrices that a process holds at a time."""
        return int(self._room // ENTRY_BYTES)

    @property
    def _room(self) -> int:
        """The bytes that each process has for its data."""
        n_processes = self.n_workers + (self.n_workers > 1)
        return int(max(self.memory // n_processes - WORKER_BYTES // 2, WORKER_BYTES // 8))

    def run(
        self, function: Callable[..., None], tasks: Sequence[Task], progress: Progress, description: str
    ) -> Iterator[Path]:
        """Yield the result of each task, a directory, in the order of the tasks. None is made twice.

        function: An importable function. It gets an empty directory to write to, and the task's
            arguments.
        RAISES: DomainVectorsError (DV010 and DV053 for errors of the system, DV048 for a worker
            that was killed), and any error of the function.
        """
        joblib = import_extra("joblib", "counting")
        paths = [self.folder / task.name for task in tasks]
        missing = [not path.exists() for path in paths]
        todo = [
            joblib.delayed(_make)(path, function, task.args)
            for path, task, is_missing in zip(paths, tasks, missing)
            if is_missing
        ]
        n_jobs = self._n_jobs_for(len(todo))
        processes = backend() if n_jobs and n_jobs > 1 else None
        parallel = joblib.Parallel(n_jobs, backend=processes, batch_size=1, return_as="generator")
        made = iter(parallel(todo))
        try:
            for path, is_missing in progress(zip(paths, missing), description, len(paths)):
                if is_missing:
                    next(made)
                yield path
        except Exception as e:
            with warnings.catch_warnings():
                # joblib warns that the results of other workers are lost: they are kept in the folder.
                warnings.simplefilter("ignore", UserWarning)
                made.close()
            if type(e).__name__ in ("TerminatedWorkerError", "BrokenProcessPool", "KilledWorker"):
                why = " ".join(str(e).split())[:200]
                raise DomainVectorsError(Errors.DV048.format(why=why)) from None
            raise

    def _n_jobs_for(self, n_tasks: int) -> int | None:
        """The n_jobs for joblib: 1 stays in this process, None leaves it to joblib.parallel_config."""
        if min(self.n_workers, n_tasks) < 2:
            return 1
        return None if self.n_jobs is None else self.n_workers


def name_of(kind: str, *parts: Any) -> str:
    """A name with a hash of this package's version and of a result's input.

    parts: The input, JSON-serializable values.
    """
    # In ASCII, as a path in them may have bytes that are no UTF-8.
    told = json.dumps([__version__, *parts])
    return f"{kind}-{hashlib.sha256(told.encode()).hexdigest()[:24]}"


def parse_bytes(size: str) -> int:
    """Read a size such as "4GB" or "500MB". RAISES: DomainVectorsError (DV045)."""
    units = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
    number, unit = size.strip()[:-2], size.strip()[-2:].upper()
    try:
        n_bytes = int(float(number) * units[unit])
        if not 0 < n_bytes <= MOST_MEMORY:
            raise ValueError(number)
        return n_bytes
    except (ValueError, KeyError, OverflowError):
        expected = "a number and MB, GB or TB, such as 4GB, of 1,000TB at most"
        shown = {"name": "memory", "value": repr(size), "expected": expected}
        raise DomainVectorsError(Errors.DV045.format(**shown)) from None


def _make(path: Path, function: Callable[..., None], args: tuple[Any, ...]) -> None:
    with replaced_directory(path) as new:
        function(new, *args)
