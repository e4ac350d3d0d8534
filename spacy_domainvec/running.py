"""How a command runs long work: where it keeps what is finished, on how many cores, and on which cluster."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .errors import DomainVectorsError, Errors
from .extras import import_extra
from .jobs import Jobs, parse_bytes

MARK = "README.txt"
MARK_TEXT = (
    "What spacy-domainvec has finished of work that was not. The same command goes on from here; or delete it.\n"
)
KEPT = "What was finished is kept in {folder}: the same command goes on from there."


@contextmanager
def running(
    output: str | Path,
    n_jobs: int | None = -1,
    memory: str = "4GB",
    scheduler: str | None = None,
    say: Callable[[str], None] = print,
) -> Iterator[Jobs]:
    """Work whose finished parts are kept beside the output until it is there, so that the same command goes on.

    output: What will be made; OUTPUT.work holds what is finished.
    n_jobs: Processes; -1 for as many as there are cores.
    memory: How much all processes together may need for counting, such as "4GB"; on a cluster, each worker.
    scheduler: Address of a Dask cluster, whose workers see the output's folder by the same path.
    say: Is told how to go on where the work stops before its end.
    RAISES: DomainVectorsError (DV024 where OUTPUT.work is somebody else's, DV045, DV052, DV066).
    """
    output = Path(output).absolute()
    folder, limit = output.with_name(f"{output.name}.work"), parse_bytes(memory)
    if folder.exists() and not (folder / MARK).is_file():
        raise DomainVectorsError(Errors.DV024.format(path=folder))
    with ExitStack() as stack:
        if scheduler is not None:
            n_jobs, limit = None, limit * (1 + _connect(scheduler, stack))
        else:
            stack.callback(_stop_workers)
        jobs = Jobs(folder, n_jobs, limit)
        jobs.n_workers  # noqa: B018  (refuses too little memory before anything is written)
        folder.mkdir(parents=True, exist_ok=True)
        _remove_scratch(folder)
        (folder / MARK).write_text(MARK_TEXT, encoding="utf8")
        try:
            yield jobs
        except BaseException:
            _remove_scratch(folder)
            if any("-" in path.name and not path.name.startswith("tokenizer") for path in folder.iterdir()):
                say(KEPT.format(folder=folder))
            else:
                shutil.rmtree(folder, ignore_errors=True)
            raise
        shutil.rmtree(folder, ignore_errors=True)


def _remove_scratch(folder: Path) -> None:
    """Remove what is half written."""
    for path in folder.glob(".*"):
        shutil.rmtree(path, ignore_errors=True)


def _connect(scheduler: str, stack: ExitStack) -> int:
    """Let joblib run on a Dask cluster. RETURNS: How many workers it has."""
    joblib = import_extra("joblib", "a cluster")
    distributed = import_extra("distributed", "a cluster", extra="dask")
    try:
        stack.enter_context(distributed.Client(scheduler, timeout="20s"))
    except (OSError, ValueError) as e:
        raise DomainVectorsError(Errors.DV052.format(address=scheduler, why=e)) from None
    stack.enter_context(joblib.parallel_config(backend="dask", n_jobs=-1))
    return int(joblib.effective_n_jobs(-1))


def _stop_workers() -> None:
    loky = import_extra("joblib.externals.loky", "counting")
    loky.get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)
