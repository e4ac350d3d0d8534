import io
import os
import subprocess
import sys
import tempfile

import pytest

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.reading.sources import STDIN, find_sources, opened
from spacy_domainvec.reading.stdin import version_of_stdin


def give(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_standard_input_can_be_read_twice(monkeypatch):
    give(monkeypatch, b"one\ntwo\n")
    (source,), _ = find_sources(STDIN)
    for _ in range(2):
        with opened(source) as file:
            assert file.read() == b"one\ntwo\n"


def test_its_version_is_that_of_its_bytes(monkeypatch):
    versions = []
    for data in (b"one", b"two", b"one"):
        give(monkeypatch, data)
        versions.append(version_of_stdin())
    assert versions[0] == versions[2] != versions[1]


def test_what_can_not_be_kept_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DomainVectorsError, match=r"DV033.*standard input.*closed"):
        version_of_stdin()
    give(monkeypatch, b"one")
    sys.stdin.close()
    with pytest.raises(DomainVectorsError, match=r"DV033.*standard input"):
        version_of_stdin()
    give(monkeypatch, b"one")
    (tmp_path / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(DomainVectorsError, match="DV010.*file"):
        version_of_stdin()


KILLED = """
import os, signal, sys
from spacy_domainvec.reading.stdin import path_of_stdin
print(open(path_of_stdin()).read(), flush=True)
os.kill(os.getpid(), getattr(signal, sys.argv[1]))
"""


@pytest.mark.slow
def test_what_a_killed_process_kept_is_removed_by_the_next(tmp_path):
    for signal in ("SIGKILL", "SIGKILL", "SIGURG"):
        given = {
            "input": "a secret",
            "capture_output": True,
            "text": True,
            "env": {**os.environ, "TMPDIR": str(tmp_path)},
        }
        done = subprocess.run([sys.executable, "-c", KILLED, signal], **given)
        assert done.stdout == "a secret\n", done.stderr
        assert len(list(tmp_path.iterdir())) == (signal == "SIGKILL")
