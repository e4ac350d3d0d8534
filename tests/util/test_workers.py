"""Worker processes: none outlives its parent, and none hears of Ctrl-C."""

import os
import signal
import subprocess
import sys
import time

import joblib
import pytest

from spacy_domainvec.util import jobs
from spacy_domainvec.util.progress import no_progress
from spacy_domainvec.util.work_folder import running

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs Linux")
WORK = """
import sys, time
from pathlib import Path
from spacy_domainvec.util import jobs
from spacy_domainvec.util.progress import no_progress
from spacy_domainvec.util.work_folder import running

def sleep(new, number, seconds):
    (new / "number").write_text(str(number))
    time.sleep(seconds)

if __name__ == "__main__":
    seconds = float(sys.argv[2])
    try:
        with running(sys.argv[1], 2, say=lambda said: None) as work:
            tasks = [jobs.Task(jobs.name_of("sleep", i), (i, seconds)) for i in range(6)]
            for path in work.run(sleep, tasks, no_progress, "Sleeping"):
                print(path.name, flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def square(new, number):
    (new / "number").write_text(str(number**2))


def descendants(pid):
    """The processes that a process has started, and what these have."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as file:
            found += map(int, file.read().split())
    return found + [other for child in found for other in descendants(child)]


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(pids, seconds=15):
    deadline = time.monotonic() + seconds
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(is_running, pids))


@pytest.fixture
def started(tmp_path):
    (tmp_path / "work.py").write_text(WORK)

    def start(seconds):
        command = [sys.executable, str(tmp_path / "work.py"), str(tmp_path / "out"), str(seconds)]
        given = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(command, start_new_session=True, **given)

    return start


def seen(process, n):
    """Wait until a process has started others. RETURNS: What they are."""
    deadline = time.monotonic() + 30
    while len(found := descendants(process.pid)) < n and time.monotonic() < deadline:
        time.sleep(0.005)
    return found


# The tracker of resources is the first; the others start one after the other, and take a second to be there.
@pytest.mark.slow
@pytest.mark.parametrize(("n", "more"), [(1, 0), (3, 0), (3, 0.5), (3, 1.5)])
def test_workers_end_with_their_parent_also_while_they_start(started, n, more):
    process = started(60)
    found = seen(process, n)
    time.sleep(more)
    found = set(found) | set(descendants(process.pid))
    process.kill()
    process.communicate(timeout=30)
    assert len(found) >= n
    assert gone(found)


@pytest.mark.slow
@pytest.mark.parametrize("more", [0, 0.8, 1.5])
def test_no_worker_speaks_of_an_interruption(started, more):
    process = started(0.5)
    found = seen(process, 3)
    time.sleep(more)
    found = set(found) | set(descendants(process.pid))
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert "interrupted" in said.splitlines()
    assert "Traceback" not in said and "KeyboardInterrupt" not in said
    assert gone(found)


@pytest.mark.slow
def test_an_executor_of_the_user_works_on_after_a_build(tmp_path):
    with joblib.Parallel(2) as parallel:
        busy = set(parallel(joblib.delayed(os.getpid)() for _ in range(8)))
        # One of the two may have been too late for any of the tasks.
        before = set(descendants(os.getpid()))
        with running(tmp_path / "out", 2) as work:
            tasks = [jobs.Task(jobs.name_of("square", i), (i,)) for i in range(4)]
            assert len(list(work.run(square, tasks, no_progress, "Squaring"))) == 4
            assert all(map(is_running, busy))
        assert all(map(is_running, busy))
        assert set(parallel(joblib.delayed(os.getpid)() for _ in range(8))) <= before


@pytest.mark.slow
def test_workers_of_the_user_are_not_stopped(tmp_path):
    pids = set(joblib.Parallel(2)(joblib.delayed(os.getpid)() for _ in range(8)))
    with running(tmp_path / "out", 1):
        pass
    assert all(map(is_running, pids))
    with running(tmp_path / "out", 2) as work:
        tasks = [jobs.Task(jobs.name_of("square", i), (i,)) for i in range(4)]
        assert len(list(work.run(square, tasks, no_progress, "Squaring"))) == 4
        ours = set(descendants(os.getpid()))
    assert joblib.Parallel(2)(joblib.delayed(abs)(i) for i in (-1, -2)) == [1, 2]
    assert ours
