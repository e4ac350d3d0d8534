"""Work that stops in the middle, and goes on."""

import gzip
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import files_of, make_texts, trained

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.corpus import shards
from spacy_domainvec.corpus import tokenize as tokenizing
from spacy_domainvec.reading.sources import find_sources
from spacy_domainvec.util.work_folder import running

SETTINGS = ["--trainer.vector_size", "16", "--paths.base"]
KEPT = "goes on from there"
# Small shards and small parts, so that there are many of both.
SMALL = """
import sys
from spacy_domainvec.corpus import shards
from spacy_domainvec.util import jobs
shards.SMALLEST, jobs.FEWEST_TOKENS, jobs.MOST_TOKENS = 2**12, 2**10, 2**10
from spacy.cli import app
import spacy_domainvec.cli
sys.argv[0] = "spacy"
app()
"""


def command(config, corpus, output, n_jobs=2):
    args = ["domain-vectors", "train", config, output, "--n-jobs", n_jobs, "--paths.corpus", corpus]
    return [sys.executable, "-c", SMALL, *map(str, args)]


def wait_for(folder, pattern, n, process):
    while len(list(folder.glob(pattern))) < n:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(make_texts(2500)) + "\n")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_was_killed_goes_on_from_what_it_had_finished(tmp_path, config, corpus, small, monkeypatch, n_jobs):
    trained(config, [corpus], tmp_path / "whole")
    process = subprocess.Popen(
        command(config, corpus, tmp_path / "out", n_jobs), start_new_session=True, stderr=subprocess.PIPE
    )
    work = tmp_path / "out.work"
    wait_for(work, "tokens-*", 5, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_until_gone(process.pid)
    finished = len(list(work.glob("tokens-*")))
    assert not (tmp_path / "out").exists()
    made = []

    def counted(new, *args):
        made.append(new)
        original(new, *args)

    original = tokenizing.tokenize_shard
    monkeypatch.setattr(tokenizing, "tokenize_shard", counted)
    trained(config, [corpus], tmp_path / "out")
    n_shards = len(shards.plan_shards(find_sources(str(corpus))[0]).shards)
    assert len(made) == n_shards - finished
    assert 5 <= finished < n_shards
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")
    assert not work.exists()


def wait_until_gone(group):
    """Until no process of the group is left; workers notice that their parent is gone."""
    for _ in range(300):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("processes are left")


@pytest.mark.slow
def test_an_interruption_leaves_no_process_and_says_how_to_go_on(tmp_path, config, corpus):
    process = subprocess.Popen(
        command(config, corpus, tmp_path / "out"), start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    wait_for(tmp_path / "out.work", "tokens-*", 3, process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert KEPT in said
    assert "Interrupted" in said
    wait_until_gone(process.pid)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_file_that_breaks_off_costs_one_line_and_nothing_else(tmp_path, config, corpus, small, monkeypatch):
    whole = gzip.compress(corpus.read_bytes())
    others = [tmp_path / "b.txt", tmp_path / "c.txt.gz", tmp_path / "d.txt"]
    others[0].write_bytes(corpus.read_bytes())
    others[1].write_bytes(whole[: len(whole) // 2])
    others[2].write_bytes(corpus.read_bytes())
    said = []
    with pytest.raises(DomainVectorsError, match=r"DV033.*c\.txt\.gz"):
        trained(config, others, tmp_path / "out", say=said.append)
    assert KEPT in said[0]
    finished = {path.name for path in (tmp_path / "out.work").glob("tokens-*")}
    assert finished
    others[1].write_bytes(whole)
    trained(config, others, tmp_path / "out")
    assert (tmp_path / "out" / "meta.json").is_file()


@pytest.mark.slow
def test_what_the_disk_refuses_costs_one_line(tmp_path, config, corpus):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = subprocess.run(
        command(config, corpus, tmp_path / "out", 1), preexec_fn=limit, capture_output=True, text=True
    )
    assert done.returncode == 1
    *_, line = done.stderr.strip().splitlines()
    assert "Traceback" not in done.stderr
    assert "too large" in line or "written" in line
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.slow
def test_nothing_is_left_where_nothing_was_finished(tmp_path, config):
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(DomainVectorsError, match="DV030"):
        trained(config, [tmp_path / "nowhere.txt"], tmp_path / "out")
    assert not (tmp_path / "out.work").exists()


@pytest.mark.parametrize("name", ["mine.txt", "pairs-mine", ".domainvec-mine", "TOKENS-0123456789abcdef01234567"])
def test_a_folder_of_somebody_else_is_left_alone(tmp_path, config, corpus, name):
    (tmp_path / "out.work").mkdir()
    (tmp_path / "out.work" / name).write_text("x")
    with pytest.raises(DomainVectorsError, match=rf"DV024.*out\.work.*{name}"):
        trained(config, [corpus], tmp_path / "out")
    assert (tmp_path / "out.work" / name).read_text() == "x"


def test_a_lock_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "out.work").mkdir()
    (tmp_path / "out.work" / "lock").write_text("years of work")
    with pytest.raises(DomainVectorsError, match=r"DV024.*lock"), running(tmp_path / "out"):
        pass
    assert (tmp_path / "out.work" / "lock").read_text() == "years of work"
    (tmp_path / "mine").write_text("years of work")
    (tmp_path / "out.work" / "lock").unlink()
    (tmp_path / "out.work" / "lock").symlink_to(tmp_path / "mine")
    with pytest.raises(DomainVectorsError, match=r"DV010.*lock"), running(tmp_path / "out"):
        pass
    assert (tmp_path / "mine").read_text() == "years of work"


def test_a_work_folder_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.work").write_text("x")
    (tmp_path / "other").mkdir()
    (tmp_path / "b.work").symlink_to(tmp_path / "other")
    for name, code in (("a", "DV024"), ("b", "DV011")):
        with pytest.raises(DomainVectorsError, match=rf"{code}.*{name}\.work"), running(tmp_path / name):
            pass
    assert (tmp_path / "a.work").read_text() == "x"
    assert not list((tmp_path / "other").iterdir())


@pytest.mark.parametrize("left", [[], ["lock"], ["README"], ["tokens-0123456789abcdef01234567"], ["lock", "README"]])
def test_what_a_dead_run_has_left_is_used(tmp_path, left):
    (tmp_path / "out.work").mkdir()
    for name in left:
        (tmp_path / "out.work" / name).mkdir() if "-" in name else (tmp_path / "out.work" / name).touch()
    with running(tmp_path / "out", 1) as work:
        assert {*left, "lock", "README"} == {path.name for path in work.folder.iterdir()}
    assert not list(tmp_path.iterdir())


def test_the_second_run_to_an_output_is_told_of_the_first(tmp_path):
    with running(tmp_path / "out", 1) as work:
        (work.folder / "tokens-0123456789abcdef01234567").mkdir()
        start = time.monotonic()
        told = rf"DV013.*out'.*process {os.getpid()} on {socket.gethostname()}"
        with pytest.raises(DomainVectorsError, match=told), running(tmp_path / "out", 1):
            pass
        assert time.monotonic() - start < 1
        assert len(list(work.folder.iterdir())) == 3
        with running(tmp_path / "other", 1):
            pass
    assert not list(tmp_path.iterdir())


def test_the_lock_of_another_host_is_not_taken_over(tmp_path):
    (tmp_path / "out.work").mkdir()
    lock = tmp_path / "out.work" / "lock"
    lock.write_text('{"host": "far", "pid": 7}')
    told = rf"DV014.*process 7 on another host, far.*delete.*{lock}"
    for _ in range(2):
        with pytest.raises(DomainVectorsError, match=told), running(tmp_path / "out", 1):
            pass
    lock.unlink()
    with running(tmp_path / "out", 1):
        pass


def test_a_run_that_ended_leaves_no_name_in_its_lock(tmp_path):
    with pytest.raises(RuntimeError), running(tmp_path / "out", 1, say=lambda said: None) as work:
        (work.folder / "tokens-0123456789abcdef01234567").mkdir()
        raise RuntimeError
    assert (tmp_path / "out.work" / "lock").read_text() == ""


def test_of_many_that_start_at_once_one_runs(tmp_path):
    barrier, told, n_running, most = threading.Barrier(16), [], [], []

    def start(_):
        barrier.wait()
        try:
            with running(tmp_path / "out", 1):
                n_running.append(1)
                most.append(len(n_running))
                time.sleep(0.2)
                n_running.pop()
        except DomainVectorsError as e:
            told.append(str(e))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(start, range(16)))
    assert set(most) == {1}
    assert len(told) + len(most) == 16 and len(told) > 10
    assert all("DV013" in said for said in told)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_neither_the_output_nor_its_work_is_read_as_text(tmp_path, config):
    (tmp_path / "data" / "more").mkdir(parents=True)
    for name in ("a.txt", "more/b.txt"):
        (tmp_path / "data" / name).write_text("\n".join(make_texts(300, seed=len(name))))
    trained(config, [tmp_path / "data"], tmp_path / "outside")
    for corpus in ([tmp_path / "data"], [f"{tmp_path}/data/**/*.txt"]):
        output = tmp_path / "data" / "out"
        for _ in range(2):
            trained(config, corpus, output)
            assert files_of(output) == files_of(tmp_path / "outside")
            # What lies in the output is no text, nor is what a run that was killed has left.
            (output / "words.txt").write_text("nonsense " * 100)
            work = tmp_path / "data" / "out.work"
            (work / "tokens-0123456789abcdef01234567").mkdir(parents=True)
            (work / "tokens-0123456789abcdef01234567" / "a.txt").write_text("nonsense " * 100)
            (work / "README").write_text("nonsense " * 100)
            with pytest.raises(DomainVectorsError, match=r"DV024.*words\.txt"):
                trained(config, corpus, output)
            (output / "words.txt").unlink()


def test_a_cluster_that_is_not_there_is_told(tmp_path, config, corpus, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(distributed, "Client", lambda address, timeout: (_ for _ in ()).throw(OSError("timed out")))
    with pytest.raises(DomainVectorsError, match="DV052.*tcp://127.0.0.1:1.*timed out"):
        trained(config, [corpus], tmp_path / "out", scheduler="tcp://127.0.0.1:1")
