"""Worker processes that end with the process that started them, and ignore Ctrl-C."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .compat import Reused, executor_of, loky_backend, reusing, start_trackers, stop_executor
from .extras import import_extra

PR_SET_PDEATHSIG = 1
# The executor that `backend` started last, for the next one to reuse. The user's own is another.
_OURS = Reused()


def backend() -> Any:
    """A backend for `joblib.Parallel` in the place of loky; None if loky is not the active one."""
    parallel = import_extra("joblib.parallel", "counting")
    loky = loky_backend()
    active, _ = parallel.get_active_backend()
    if type(active) is not loky:
        return None

    class Workers(loky):  # type: ignore[misc, valid-type]
        def configure(self, *args: Any, **settings: Any) -> int:
            # The system ends a process together with the thread that started it.
            is_main = threading.current_thread() is threading.main_thread()
            start = {"initializer": _stay_with, "initargs": (os.getpid(), is_main)}
            with reusing(_OURS):
                n_jobs = super().configure(*args, **start, **settings)
            with _ctrl_c_left_out():
                # This starts all workers.
                executor_of(self).submit(int)
            return int(n_jobs)

    return Workers(nesting_level=active.nesting_level)


def stop_workers() -> None:
    """Stop the workers that `backend` has started, even in the middle of a task."""
    stop_executor(_OURS)


def _stay_with(parent: int, is_main: bool) -> None:
    """End this process when its parent ends. Without this, joblib's workers wait for minutes."""
    if is_main and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.name != "posix":
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    if os.getppid() != parent:
        os._exit(1)
    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _ctrl_c_left_out() -> Iterator[None]:
    """Processes that are started in this block ignore Ctrl-C. This process gets it after the block."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Starting the trackers unblocks the signal, so they are started before.
    start_trackers()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    # The signal may go to another thread, such as those of a BLAS.
    heard: list[int] = []
    handler = signal.getsignal(signal.SIGINT)
    is_ours = handler is not None and threading.current_thread() is threading.main_thread()
    if is_ours:
        signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        yield
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if heard:
            signal.raise_signal(signal.SIGINT)
