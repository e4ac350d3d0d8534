"""Counting with other processes: the same bytes, whoever does the work."""

import os
import signal
import threading
import time

import pytest
from conftest import files_of, make_texts, trained

from spacy_domainvec.corpus import shards

distributed = pytest.importorskip("distributed")


@pytest.fixture
def corpus(tmp_path):
    texts = make_texts(3000)
    (tmp_path / "big.txt").write_text("\n".join(texts[:2000]) + "\n")
    (tmp_path / "many").mkdir()
    for i in range(100):
        (tmp_path / "many" / f"{i:03d}.txt").write_text("\n".join(texts[2000 + 10 * i : 2010 + 10 * i]))
    return [tmp_path / "big.txt", tmp_path / "many"]


@pytest.fixture
def cluster():
    made = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.parametrize("size", [2**11, 2**15])
def test_any_number_of_workers_and_shards_gives_the_same_bytes(tmp_path, config, corpus, small, monkeypatch, size):
    trained(config, corpus, tmp_path / "one")
    monkeypatch.setattr(shards, "SMALLEST", size)
    trained(config, corpus, tmp_path / "two", 2)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(tmp_path, config, corpus, small, cluster):
    trained(config, corpus, tmp_path / "here")
    killed = []

    def kill():
        while not list((tmp_path / "there.work").glob("pairs-*")):
            time.sleep(0.005)
        victim = next(iter(cluster.workers.values())).pid
        os.kill(victim, signal.SIGKILL)
        killed.append(len(list((tmp_path / "there.work").glob("pairs-*"))))

    watcher = threading.Thread(target=kill, daemon=True)
    watcher.start()
    trained(config, corpus, tmp_path / "there", scheduler=cluster.scheduler_address)
    watcher.join(10)
    assert killed
    assert files_of(tmp_path / "here") == files_of(tmp_path / "there")
