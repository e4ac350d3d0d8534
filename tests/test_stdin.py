import io
import sys
import tempfile

import pytest

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.sources import STDIN, find_sources, opened
from spacy_domainvec.stdin import version_of_stdin


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


def test_what_can_not_be_kept_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DomainVectorsError, match=r"DV033.*standard input.*closed"):
        version_of_stdin()
    give(monkeypatch, b"one")
    sys.stdin.close()
    with pytest.raises(DomainVectorsError, match=r"DV033.*standard input"):
        version_of_stdin()
    give(monkeypatch, b"one")

    def refuse(prefix):
        raise OSError("No space left on device")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    with pytest.raises(DomainVectorsError, match=r"DV053.*No space left"):
        version_of_stdin()
