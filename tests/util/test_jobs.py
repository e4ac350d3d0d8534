import errno
import os
import time
import warnings

import joblib
import pytest

from spacy_domainvec import DomainVectorsError, DomainVectorsWarning
from spacy_domainvec.util.jobs import DEFAULT_MEMORY, MOST_TOKENS, WORKER_BYTES, Jobs, Task, name_of, parse_bytes
from spacy_domainvec.util.progress import no_progress


def square(new, number, seconds=0.0):
    time.sleep(seconds)
    (new / "number").write_text(str(number**2))


def square_of_few(new, number):
    square(new, number)
    if number == 3:
        # The others are finished first; they stand beside what is written.
        deadline = time.monotonic() + 30
        while not all((new.parents[1] / task.name).exists() for task in tasks_of(1, 2)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        raise DomainVectorsError(f"[DV000] {number} is too many")


def die(new, number):
    os.kill(os.getpid(), 9)


def tasks_of(*numbers, more=()):
    return [Task(name_of("square", number), (number, *more)) for number in numbers]


def run(jobs, function, tasks):
    return [int((path / "number").read_text()) for path in jobs.run(function, tasks, no_progress, "Squaring")]


def names_in(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [None, 1, 2])
def test_results_are_in_the_order_of_the_tasks(tmp_path, n_jobs):
    tasks = [*tasks_of(4, more=[0.2]), *tasks_of(2, 3, 1)]
    assert run(Jobs(tmp_path, n_jobs), square, tasks) == [16, 4, 9, 1]
    assert names_in(tmp_path) == {task.name for task in tasks}
    assert run(Jobs(tmp_path, n_jobs), square, []) == []


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_exists_is_not_made_again(tmp_path, n_jobs):
    run(Jobs(tmp_path, n_jobs), square, tasks_of(2, 4))
    for path in tmp_path.iterdir():
        (path / "number").write_text("0")
    assert run(Jobs(tmp_path, n_jobs), square, tasks_of(1, 2, 3, 4, 5)) == [1, 0, 9, 0, 25]
    assert run(Jobs(tmp_path, n_jobs), die, tasks_of(5, 2, 1)) == [25, 0, 1]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_arrives_as_it_is_and_what_was_finished_is_kept(tmp_path, n_jobs):
    with pytest.raises(DomainVectorsError, match=r"^\[DV000\] 3 is too many$"):
        run(Jobs(tmp_path, n_jobs), square_of_few, tasks_of(1, 2, 3))
    assert names_in(tmp_path) == {task.name for task in tasks_of(1, 2)}
    assert run(Jobs(tmp_path, n_jobs), square, tasks_of(1, 2, 3)) == [1, 4, 9]


@pytest.mark.slow
def test_a_worker_that_is_killed_is_told(tmp_path):
    run(Jobs(tmp_path, 2), square, tasks_of(1, 2))
    with pytest.raises(DomainVectorsError, match=r"DV048.*memory"):
        run(Jobs(tmp_path, 2), die, tasks_of(1, 2, 3, 4))
    assert names_in(tmp_path) >= {task.name for task in tasks_of(1, 2)}
    assert run(Jobs(tmp_path, 2), square, tasks_of(1, 2, 3, 4)) == [1, 4, 9, 16]


def test_the_number_of_workers_can_come_from_joblib(tmp_path):
    with joblib.parallel_config("threading", n_jobs=2):
        jobs = Jobs(tmp_path)
        assert jobs.n_workers == 2
        assert run(jobs, square, tasks_of(1, 2, 3)) == [1, 4, 9]


def test_less_memory_means_fewer_workers_and_tokens(tmp_path):
    sizes = [WORKER_BYTES * n for n in (1, 2, 3, 5, 9, 100)]
    some = [Jobs(tmp_path, 8, size) for size in sizes]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\[DV118\]")
        assert [jobs.n_workers for jobs in some] == [1, 1, 2, 4, 8, 8]
    alone = [Jobs(tmp_path, 1, size) for size in sizes]
    for counted in ([jobs.n_tokens for jobs in alone], [jobs.n_entries for jobs in alone]):
        assert counted == sorted(counted) != [counted[0]] * 6
    assert all(jobs.n_tokens.bit_count() == 1 for jobs in (*some, *alone))
    assert alone[-1].n_tokens == Jobs(tmp_path, 1, DEFAULT_MEMORY).n_tokens == MOST_TOKENS


def test_fewer_workers_than_were_asked_for_are_told(tmp_path):
    told = r"DV118\] Of 16 processes, 5 fit into --memory 4GB.*Give --memory 10.2GB"
    with pytest.warns(DomainVectorsWarning, match=told):
        assert Jobs(tmp_path, 16).n_workers == 5
    assert Jobs(tmp_path, 16, parse_bytes("10.2GB")).n_workers == 16
    # All cores are as many as have room, too.
    assert Jobs(tmp_path, -1, WORKER_BYTES).n_workers == 1


@pytest.mark.parametrize("n_jobs", [0, -2, -5, 10_001, 2**63])
def test_other_numbers_of_workers_are_refused(tmp_path, n_jobs):
    with pytest.raises(DomainVectorsError, match=f"DV045.*n_jobs = {n_jobs}: expected a whole number from 1 to"):
        Jobs(tmp_path, n_jobs).n_workers  # noqa: B018


def test_too_little_memory_is_refused(tmp_path):
    with pytest.raises(DomainVectorsError, match=r"DV045.*memory = 599MB.*600MB"):
        run(Jobs(tmp_path, 2, 599 * 10**6), square, tasks_of(1, 2))


def test_a_name_tells_what_it_was_made_from():
    names = {name_of(*what) for what in (("a", 1), ("b", 1), ("a", 2), ("a", 1, 2), ("a", [1, 2]))}
    assert len(names) == 5
    assert name_of("a", 1) in names


def test_a_path_that_is_not_utf_8_has_a_name():
    assert name_of("a", "july\udcff").isascii() and name_of("a", "july\udcff") != name_of("a", "july\udcfe")


@pytest.mark.parametrize(
    ("size", "expected"), [("4GB", 4 * 10**9), ("500 MB", 5 * 10**8), ("1.5gb", 15 * 10**8), (" 2TB\n", 2 * 10**12)]
)
def test_sizes_have_a_unit(size, expected):
    assert parse_bytes(size) == expected


@pytest.mark.parametrize("size", ["4", "x", "", "GB", "4 PB", "nanGB", "infGB", "-4GB", "0MB", "9e20TB", "1e999TB"])
def test_other_sizes_are_refused(size):
    with pytest.raises(DomainVectorsError, match="DV045.*memory"):
        parse_bytes(size)


def refuse(new, error):
    raise error


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EIO, "Input/output error", "texts.txt"), "DV010.*texts.txt.*can't be read.*Input/output error"),
        (PermissionError(errno.EACCES, "Permission denied", "texts.txt"), "DV010.*texts.txt.*Permission denied"),
        (OSError(errno.EIO, "Input/output error"), "DV010.*refuse-.*Input/output error"),
        (OSError(errno.ENOSPC, "No space left on device"), "DV053.*the disk is full"),
    ],
)
def test_what_the_system_refuses_is_told_as_it_is(tmp_path, n_jobs, error, said):
    tasks = [Task(name_of("refuse", i), (error,)) for i in range(n_jobs)]
    with pytest.raises(DomainVectorsError, match=said) as raised:
        run(Jobs(tmp_path, n_jobs), refuse, tasks)
    assert ("full" in str(raised.value)) == (error.errno == errno.ENOSPC)
    # Those of others that still ran are of living processes.
    run(Jobs(tmp_path, 1), square, tasks_of(1))
    assert [name for name in names_in(tmp_path) if not name.startswith(".")] == [tasks_of(1)[0].name]
