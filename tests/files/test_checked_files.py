import io

import numpy as np
import pytest

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.errors import Errors
from spacy_domainvec.files.checked_files import CheckedFiles, packed, unpacked
from spacy_domainvec.files.integrity import checksum, sealed
from spacy_domainvec.files.npy import write_array


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "words.json").write_bytes(b'["a", "b"]')
    write_array(tmp_path / "counts.npy", np.array([2, 1]), "<i8")
    files = ("words.json", "counts.npy")
    noted = {name: checksum(io.BytesIO((tmp_path / name).read_bytes())) for name in files}
    (tmp_path / "meta.json").write_bytes(sealed({"a": 1, "files": noted}))
    return tmp_path


def opened(folder):
    return CheckedFiles.of_folder(folder, Errors.DV042)


def test_files_are_read_from_a_folder_and_from_bytes(folder):
    names = [path.name for path in folder.iterdir()]
    data = packed({name: (folder / name).read_bytes() for name in names})
    for files in (opened(folder), CheckedFiles.of_bytes(data, names, Errors.DV042)):
        files, values, is_sealed = files.meta()
        assert (values, is_sealed) == ({"a": 1}, True)
        assert files.json("words.json") == ["a", "b"]
        assert files.array("counts.npy", ["<i8"], 1).tolist() == [2, 1]


def test_nothing_is_read_that_is_not_noted(folder):
    with pytest.raises(DomainVectorsError, match=r"DV042.*words\.json' can't be used.*not noted"):
        opened(folder).json("words.json")
    files, _, _ = opened(folder).meta()
    (folder / "other.json").write_bytes(b"[]")
    with pytest.raises(DomainVectorsError, match=r"DV042.*other\.json.*not noted"):
        files.json("other.json")


@pytest.mark.parametrize("name", ["words.json", "counts.npy"])
def test_a_changed_file_is_named(folder, name):
    files, _, _ = opened(folder).meta()
    (folder / name).write_bytes(b"[]")
    for read in (files.check, files.json, lambda name: files.array(name, ["<i8"], 1, mapped=True)):
        with pytest.raises(DomainVectorsError, match=rf"DV042.*{name}"):
            read(name)
    (folder / name).unlink()
    with pytest.raises(DomainVectorsError, match=rf"DV042.*{name}.*missing"):
        files.check(name)


def test_only_files_of_the_names_are_unpacked():
    assert unpacked(packed({"a": b"1"}), ["a", "b"]) == {"a": b"1"}
    for data in (packed({"c": b"1"}), packed({"a": b"1", "b": b"2", "c": b"3"}), packed({})[:0], b"\x91\x01"):
        with pytest.raises(ValueError):
            unpacked(data, ["a", "b"])
