import pytest

from spacy_domainvec.errors import DomainVectorsError
from spacy_domainvec.files import check_output, replaced_directory, write_json


def test_an_error_leaves_the_old_directory(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "meta.json").write_text("old")
    with pytest.raises(RuntimeError), replaced_directory(tmp_path / "out") as new:
        (new / "meta.json").write_text("new")
        raise RuntimeError
    assert (tmp_path / "out" / "meta.json").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_an_interruption_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), replaced_directory(tmp_path / "out"):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_the_new_directory_takes_the_place_of_the_old(tmp_path):
    for text in ("old", "new"):
        with replaced_directory(tmp_path / "a" / "out") as new:
            (new / text).write_text(text)
    assert [p.name for p in (tmp_path / "a" / "out").iterdir()] == ["new"]
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["out"]


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(DomainVectorsError, match="DV024"):
        check_output(tmp_path)
    with pytest.raises(DomainVectorsError, match="DV024"):
        check_output(tmp_path / "thesis.tex")


def test_missing_empty_and_own_folders_can_be_written(tmp_path):
    assert check_output(tmp_path / "missing") == tmp_path / "missing"
    assert check_output(tmp_path) == tmp_path
    (tmp_path / "meta.json").write_text("{}")
    assert check_output(tmp_path) == tmp_path


def test_json_is_written_whole(tmp_path):
    write_json(tmp_path / "a" / "b.json", {"x": 1})
    with pytest.raises(TypeError):
        write_json(tmp_path / "a" / "b.json", {"x": object()})
    assert (tmp_path / "a" / "b.json").read_text().split() == ["{", '"x":1', "}"]
