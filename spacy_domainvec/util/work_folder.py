"""How a command runs long work: the folder for finished parts, the number of cores, the cluster."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ..errors import DomainVectorsError, Errors
from ..files.locks import HOST, Claim, claim, read_note
from ..files.outputs import check_link, foreign
from ..files.replacing import SCRATCH, remove_directory, sweep, system_errors
from .extras import import_extra
from .jobs import NAME, Jobs, parse_bytes
from .workers import stop_workers

# Their names have no ending of a text format, as the folder may lie among texts.
MARK, LOCK = "README", "lock"
MARK_TEXT = (
    "The finished part of work by spacy-domainvec that was stopped. "
    "The same command goes on from here; or delete this folder.\n"
)
KEPT = "What was finished is kept in {folder}: the same command goes on from there."
# How long the holder of a lock may take to write its name into it.
TELLING = 1.0


@contextmanager
def running(
    output: str | Path,
    n_jobs: int | None = -1,
    memory: str = "4GB",
    scheduler: str | None = None,
    say: Callable[[str], None] = print,
) -> Iterator[Jobs]:
    """Keep the finished parts of long work beside its output, so that the same command can go on.

    output: The path of the output. Finished parts are kept in OUTPUT.work until the output is
        complete. Neither is read as texts.
    n_jobs: The number of processes; -1 for as many as there are cores.
    memory: The memory that all processes together may need for counting, such as "4GB"; on a
        cluster, that of each worker.
    scheduler: The address of a Dask cluster. Its workers must see the output's folder by the same path.
    say: Called with a message on how to go on, if the work stops before its end.
    RAISES: DomainVectorsError (DV010, DV011, DV024 if OUTPUT.work is somebody else's, DV013 and DV014 if
        another run is at work on the output, DV045, DV052, DV066).
    """
    output = Path(output).absolute()
    folder, limit = output.with_name(f"{output.name}.work"), parse_bytes(memory)
    with ExitStack() as stack:
        if scheduler is not None:
            n_jobs, limit = None, limit * (1 + _connect(scheduler, stack))
        jobs = Jobs(folder, n_jobs, limit, (output, folder))
        jobs.n_workers  # noqa: B018  (refuses too little memory before anything is written)
        with system_errors(folder):
            lock = _locked(folder, output)
        is_done = False
        try:
            try:
                yield jobs
                is_done = True
            finally:
                stop_workers()
        finally:
            _leave(folder, lock, is_done, say)


def _locked(folder: Path, output: Path) -> Claim:
    """Make the work folder, or take over the one that a dead run has left."""
    while True:
        sweep(folder.parent)
        check_link(folder)
        _check_names(folder)
        folder.mkdir(parents=True, exist_ok=True)
        # Another run may delete the folder at this moment.
        with suppress(FileNotFoundError):
            lock = claim(folder / LOCK)
            if lock is None:
                raise _held(folder / LOCK, output)
            break
    try:
        note = lock.note()
        if note is None:
            raise foreign(folder, "a work folder", f"its file '{LOCK}' is another's")
        if note and note["host"] != HOST:
            shown = {"path": output, "pid": note["pid"], "host": note["host"], "file": folder / LOCK}
            raise DomainVectorsError(Errors.DV014.format(**shown))
        lock.write()
        sweep(folder)
        (folder / MARK).write_text(MARK_TEXT, encoding="utf8")
    except BaseException:
        lock.release(empty=False)
        raise
    return lock


def _held(file: Path, output: Path) -> DomainVectorsError:
    """The error (DV013) that names the holder of a lock."""
    deadline, note = time.monotonic() + TELLING, read_note(file)
    while not note and time.monotonic() < deadline:
        time.sleep(0.02)
        note = read_note(file)
    shown = {"pid": note.get("pid", "unknown"), "host": note.get("host", HOST)}
    return DomainVectorsError(Errors.DV013.format(path=output, **shown))


def _check_names(folder: Path) -> None:
    """RAISES: DomainVectorsError (DV024) if a work folder holds a file that no run makes."""
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise foreign(folder, "a work folder", "it is a file")
    with suppress(FileNotFoundError):
        for name in sorted(os.listdir(folder)):
            if name not in (MARK, LOCK) and not NAME.fullmatch(name) and not SCRATCH.fullmatch(name):
                raise foreign(folder, "a work folder", f"it holds '{name}'")


def _leave(folder: Path, lock: Claim, is_done: bool, say: Callable[[str], None]) -> None:
    """Delete the work folder, or say why it is kept."""
    try:
        sweep(folder)
        names = os.listdir(folder) if folder.is_dir() else []
        finished = [name for name in names if NAME.fullmatch(name) and not name.startswith("tokenizer")]
        if not is_done and finished:
            say(KEPT.format(folder=folder))
        else:
            remove_directory(folder)
    finally:
        lock.release()


def _connect(scheduler: str, stack: ExitStack) -> int:
    """Let joblib run on a Dask cluster. RETURNS: The number of its workers."""
    joblib = import_extra("joblib", "a cluster")
    distributed = import_extra("distributed", "a cluster", extra="dask")
    try:
        stack.enter_context(distributed.Client(scheduler, timeout="20s"))
    except (OSError, ValueError) as e:
        raise DomainVectorsError(Errors.DV052.format(address=scheduler, why=e)) from None
    stack.enter_context(joblib.parallel_config(backend="dask", n_jobs=-1))
    return int(joblib.effective_n_jobs(-1))
