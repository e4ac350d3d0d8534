import os

import pytest

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.reading import versions
from spacy_domainvec.reading.sources import RemoteState, Source
from spacy_domainvec.reading.versions import HASHED, unchanged, version_of, version_of_remote


def write(path, data, time=1):
    path.write_bytes(data)
    os.utime(path, ns=(time, time))
    return str(path)


def test_the_version_is_another_where_size_or_time_or_an_end_is(tmp_path):
    middle = b"m" * 2 * HASHED
    datas = [(b"", 1), (b"a", 1), (b"a", 2), (b"b", 1)]
    datas += [(start + middle + end, 1) for start in (b"a", b"b") for end in (b"a", b"b")]
    found = [version_of(write(tmp_path / "a.txt", data, time)) for data, time in datas]
    assert len(set(found)) == len(datas)
    assert version_of(write(tmp_path / "b.txt", *datas[-1])) == found[-1]


def test_what_is_known_of_a_remote_file_is_its_version():
    states = [
        RemoteState(3, "x", True),
        RemoteState(3, "y", True),
        RemoteState(None, "x", False),
        RemoteState(3, "", True),
    ]
    assert len({version_of_remote(state) for state in states}) == 4
    assert version_of_remote(RemoteState(None, "", False)) == versions.UNKNOWN


@pytest.mark.parametrize("is_damaged", [False, True])
@pytest.mark.parametrize("change", ["time", "size", "inode", "gone"])
def test_a_file_that_is_changed_while_it_is_read_is_an_error(tmp_path, change, is_damaged):
    path = tmp_path / "a.txt"
    source = Source(write(path, b"one"), "txt")
    with unchanged({source: version_of(source.path)}), unchanged({source: None}):
        pass
    with pytest.raises(DomainVectorsError, match=r"DV055.*a\.txt"), unchanged({source: None}):
        if change == "inode":
            write(tmp_path / "b.txt", b"one")
            os.replace(tmp_path / "b.txt", path)
        elif change == "gone":
            path.unlink()
        else:
            write(path, b"one" if change == "time" else b"more", 2 if change == "time" else 1)
        if is_damaged:
            raise DomainVectorsError("It can't be read for that")


def test_a_file_that_was_changed_after_the_plan_is_an_error(tmp_path):
    source = Source(write(tmp_path / "a.txt", b"one"), "txt")
    version = version_of(source.path)
    write(tmp_path / "a.txt", b"two", 2)
    with pytest.raises(DomainVectorsError, match=r"DV055.*a\.txt"), unchanged({source: version}):
        pass
    (tmp_path / "a.txt").unlink()
    with pytest.raises(DomainVectorsError, match=r"DV055.*a\.txt.*No such file"):
        version_of(source.path)


def test_other_errors_stay_what_they_are(tmp_path):
    source = Source(write(tmp_path / "a.txt", b"one"), "txt")
    with pytest.raises(DomainVectorsError, match="another"), unchanged({source: None}):
        raise DomainVectorsError("another")


def test_a_remote_file_is_asked_about_again(monkeypatch):
    source, states = Source("s3://b/a.txt", "txt"), [RemoteState(3, "x", True), RemoteState(3, "y", True)]
    monkeypatch.setattr(versions, "remote_state", lambda path: states.pop(0))
    with unchanged({source: "3-x"}), unchanged({source: None}):
        pass
    with pytest.raises(DomainVectorsError, match=r"DV055.*a\.txt"), unchanged({source: "3-x"}):
        pass
