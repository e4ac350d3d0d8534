import io
import json
import random
import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_tables import FILES, make, make_subwords

from spacy_domainvec import DomainVectorsError, VectorTable
from spacy_domainvec.files import integrity
from spacy_domainvec.files.integrity import checksum, sealed
from spacy_domainvec.files.npy import write_array
from spacy_domainvec.table.rows import Rows
from spacy_domainvec.table.space import BasePart

# Damage: each change is told, or changes nothing


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Tables of each dtype, as files."""
    folder = tmp_path_factory.mktemp("saved")
    for dtype in ("float32", "float16", "int8"):
        table = make(("fee", "overdraft fee", "naïve"), dtype=dtype, n_tokens=99)
        table.to_disk(folder / dtype)
    return folder


def contents(table):
    """All that a table gives."""
    subwords = table.subwords.vectors(["unseen", "fee"]).tobytes()
    return list(table.words), table.vectors[:].tobytes(), table.counts.tolist(), subwords, table.meta, table.key2row


def flipped(data, place, bit):
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_found_wherever_it_is(saved, tmp_path, dtype, name):
    shutil.copytree(saved / dtype, tmp_path / "t")
    path = tmp_path / "t" / name
    if not path.exists():
        assert dtype == "float32"
        return
    data, rng = path.read_bytes(), random.Random(name)
    for place in range(len(data)):
        path.write_bytes(flipped(data, place, rng.randrange(8)))
        with pytest.raises(DomainVectorsError, match=rf"DV02[0-2].*{name if name != 'meta.json' else ''}"):
            VectorTable.from_disk(tmp_path / "t")
    path.write_bytes(data)
    assert contents(VectorTable.from_disk(tmp_path / "t")) == contents(VectorTable.from_disk(saved / dtype))


def test_a_flipped_bit_of_bytes_is_found():
    rng, data = random.Random(0), make(dtype="int8").to_bytes()
    for place in range(len(data)):
        with pytest.raises(DomainVectorsError, match="DV02[0-2]"):
            VectorTable.from_bytes(flipped(data, place, rng.randrange(8)))


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_any_mutation_is_told_or_changes_nothing(saved, tmp_path_factory, data):
    dtype = data.draw(st.sampled_from(["float32", "float16", "int8"]))
    folder = tmp_path_factory.mktemp("mutated") / "t"
    shutil.copytree(saved / dtype, folder)
    names = sorted(path.name for path in folder.iterdir())
    for _ in range(data.draw(st.integers(1, 3))):
        path = folder / data.draw(st.sampled_from(names))
        old = path.read_bytes()
        start = data.draw(st.integers(0, len(old)))
        end = data.draw(st.integers(start, min(len(old), start + 8)))
        new = data.draw(st.binary(max_size=8) | st.just((folder / data.draw(st.sampled_from(names))).read_bytes()))
        path.write_bytes(old[:start] + new + old[end:])
    try:
        found = VectorTable.from_disk(folder)
    except DomainVectorsError as e:
        assert str(folder) in str(e)
    else:
        assert contents(found) == contents(VectorTable.from_disk(saved / dtype))


def test_files_of_two_tables_do_not_mix(saved, tmp_path):
    make(dtype="int8").to_disk(tmp_path / "other")
    for name in FILES:
        shutil.copytree(saved / "int8", tmp_path / name)
        shutil.copy(tmp_path / "other" / name, tmp_path / name / name)
        if (tmp_path / name / name).read_bytes() != (saved / "int8" / name).read_bytes():
            with pytest.raises(DomainVectorsError, match="DV022"):
                VectorTable.from_disk(tmp_path / name)


def test_large_vectors_are_checked_in_part_and_can_be_in_full(tmp_path, monkeypatch):
    monkeypatch.setattr(integrity, "WHOLE", 10_000)
    monkeypatch.setattr(integrity, "BLOCK", 256)
    make([f"word{i}" for i in range(5000)]).to_disk(tmp_path / "t")
    path = tmp_path / "t" / "vectors.npy"
    data = path.read_bytes()
    for place in (0, 100, 130, len(data) - 1):
        path.write_bytes(flipped(data, place, 0))
        with pytest.raises(DomainVectorsError, match=r"DV022.*vectors\.npy"):
            VectorTable.from_disk(tmp_path / "t")
    path.write_bytes(flipped(data, 1000, 0))
    table = VectorTable.from_disk(tmp_path / "t")
    with pytest.raises(DomainVectorsError, match=r"DV022.*vectors\.npy"):
        table.verify()
    path.write_bytes(data)
    table.verify()
    path.write_bytes(data[:-8])
    with pytest.raises(DomainVectorsError, match=r"DV022.*vectors\.npy"):
        VectorTable.from_disk(tmp_path / "t")
    make().verify()  # in memory


def test_a_file_that_can_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    make().to_disk(tmp_path / "t")

    def refused(path, *args, **how):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.open", refused)
    with pytest.raises(DomainVectorsError, match=r"DV087.*meta\.json' can't be read: Permission denied"):
        VectorTable.from_disk(tmp_path / "t")


# What somebody has changed who writes the hashes anew


def rewritten(folder, meta=None, **files):
    """Change files and what is noted of them."""
    for name, content in files.items():
        path = folder / name.replace("_npy", ".npy").replace("_json", ".json")
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            write_array(path, np.asarray(content), np.asarray(content).dtype.str)
    found = json.loads((folder / "meta.json").read_text())
    found.pop("sha256")
    for name in found["files"]:
        found["files"][name] = checksum(io.BytesIO((folder / name).read_bytes()))
    (folder / "meta.json").write_bytes(sealed({**found, **(meta or {})}))


def test_what_is_written_anew_is_read(saved, tmp_path):
    shutil.copytree(saved / "int8", tmp_path / "t")
    rewritten(tmp_path / "t", counts_npy=np.array([9, 9, 9], dtype="i8"))
    assert VectorTable.from_disk(tmp_path / "t").counts.tolist() == [9, 9, 9]


NAN, INF, LARGE = float("nan"), float("inf"), 1e30
NGRAMS = {"min_n": 3, "max_n": 5, "hash_count": 2, "lower": True}
SUBWORDS = {"ngrams": NGRAMS, "weight": 0.5, "held_out_cosine": 0.25}


@pytest.mark.parametrize(
    ("dtype", "changes"),
    [
        ("float32", {"words_json": b'["a", "b"]'}),
        ("float32", {"words_json": b'["a", "b", "b"]'}),
        ("float32", {"words_json": b'["a", "b", 3]'}),
        ("float32", {"words_json": b'["a", "b", null]'}),
        ("float32", {"words_json": b'["a", "b", ["c"]]'}),
        ("float32", {"words_json": b'["a", "b", "\\ud800"]'}),
        ("float32", {"words_json": b'{"a": 1}'}),
        ("float32", {"words_json": b"[" * 100_000}),
        ("float32", {"words_json": b""}),
        ("float32", {"counts_npy": np.array([3, 2, -1], dtype="i8")}),
        ("float32", {"counts_npy": np.array([3, 2, 2**62], dtype="i8")}),
        ("float32", {"counts_npy": np.array([3.0, 2, 1])}),
        ("float32", {"counts_npy": np.array([[3, 2, 1]], dtype="i8")}),
        ("float32", {"counts_npy": np.array([3, 2], dtype="i8")}),
        *(("float32", {"vectors_npy": np.full((3, 4), value, dtype="f4")}) for value in (NAN, INF, -INF, LARGE)),
        *(("float16", {"vectors_npy": np.full((3, 4), value, dtype="f2")}) for value in (NAN, INF)),
        *(("int8", {"scales_npy": np.full(3, value, dtype="f4")}) for value in (NAN, INF, -1, LARGE)),
        ("int8", {"scales_npy": np.ones(2, dtype="f4")}),
        ("int8", {"scales_npy": np.ones((3, 1), dtype="f4")}),
        ("float32", {"vectors_npy": np.zeros((3, 0), dtype="f4")}),
        ("float32", {"vectors_npy": np.zeros((3, 5), dtype="f4")}),
        ("float32", {"vectors_npy": np.zeros((2, 4), dtype="f4")}),
        ("float32", {"vectors_npy": np.zeros((3, 4))}),
        (
            "float32",
            {"vectors_npy": np.zeros((0, 10**9), dtype="f4"), "words_json": b"[]", "counts_npy": np.zeros(0, "i8")},
        ),
        ("float32", {"subwords_npy": np.full((7, 4), NAN, dtype="f4")}),
        ("float32", {"subwords_npy": np.zeros((0, 4), dtype="f4")}),
        ("int8", {"subword_scales_npy": np.full(7, INF, dtype="f4")}),
        ("float32", {"base_matrix_npy": np.zeros((3, 5), dtype="f4")}),
        ("float32", {"base_matrix_npy": np.zeros((2, 4), dtype="f4")}),
        ("float32", {"base_matrix_npy": np.full((3, 4), NAN, dtype="f4")}),
        ("float32", {"base_matrix_npy": np.zeros((3, 4), dtype="f8")}),
        ("float32", {"base_matrix_npy": np.zeros((0, 4), dtype="f4"), "base_centre_npy": np.zeros(0, dtype="f4")}),
        ("float32", {"base_centre_npy": np.zeros(4, dtype="f4")}),
        ("float32", {"base_centre_npy": np.full(3, INF, dtype="f4")}),
        *(("float32", {"meta": {"subwords": value}}) for value in (1, [], {}, {**SUBWORDS, "more": 1})),
        *(("float32", {"meta": {"subwords": {**SUBWORDS, "weight": value}}}) for value in (None, "1", -1, LARGE)),
        *(("float32", {"meta": {"subwords": {**SUBWORDS, "held_out_cosine": value}}}) for value in (None, "1", 7)),
        *(("float32", {"meta": {"subwords": {**SUBWORDS, "ngrams": value}}}) for value in (None, [], {}, "x")),
        *(
            ("float32", {"meta": {"subwords": {**SUBWORDS, "ngrams": {**NGRAMS, **value}}}})
            for value in (
                {"min_n": 0},
                {"min_n": -5},
                {"min_n": 6},
                {"min_n": True},
                {"max_n": 10**9},
                {"max_n": "5"},
                {"hash_count": 0},
                {"hash_count": 5},
                {"hash_count": 10**9},
                {"lower": None},
                {"lower": 1},
                {"more": 1},
            )
        ),
        ("float32", {"meta": {"n_tokens": -1}}),
        ("float32", {"meta": {"acronyms": {"a": 1}}}),
        ("float32", {"meta": {"config": {"trainer": {"@misc": "other.v1"}}}}),
        ("float32", {"meta": {"format": None}}),
        ("float32", {"meta": {"format": "2"}}),
        ("float32", {"meta": {"files": None}}),
        ("float32", {"meta": {"files": []}}),
        ("float32", {"meta": {"files": {}}}),
        ("float32", {"meta": {"files": {"vectors.npy": 3}}}),
    ],
)
def test_what_can_not_be_used_is_refused_when_it_is_read(saved, tmp_path, dtype, changes):
    shutil.copytree(saved / dtype, tmp_path / "t")
    rewritten(tmp_path / "t", **changes)
    with pytest.raises(DomainVectorsError, match=r"DV02[12]"):
        VectorTable.from_disk(tmp_path / "t")


def test_files_elsewhere_are_not_looked_at(saved, tmp_path):
    shutil.copytree(saved / "float32", tmp_path / "t")
    noted = {name: {"size": 0} for name in ("../t/words.json", "/etc/passwd")}
    meta = json.loads((tmp_path / "t" / "meta.json").read_text())
    rewritten(tmp_path / "t", {"files": {**meta["files"], **noted}})
    table = VectorTable.from_disk(tmp_path / "t")
    table.verify()
    assert contents(table) == contents(VectorTable.from_disk(saved / "float32"))


def test_a_very_long_phrase_is_a_word_like_any_other(tmp_path):
    make(("a", "b" + " b" * 10**6, " " * 10**6)).to_disk(tmp_path / "t")
    table = VectorTable.from_disk(tmp_path / "t")
    assert table.longest_phrase == 10**6 + 1
    assert len(table.key2row) == 3


# What can't be read is not written


@pytest.mark.parametrize(
    "table",
    [
        make(("a", "a", "b")),
        make(("a", "\ud800", "b")),
        make(("a", 1, "b")),
        replace(make(), counts=np.array([1, 2, -3])),
        replace(make(), counts=np.array([1, 2, 2**63], dtype="u8")),
        replace(make(), vectors=Rows(np.full((3, 4), np.nan, dtype="f"))),
        replace(make(), vectors=Rows(np.ones((3, 4), dtype="i1"), np.full(3, np.inf, dtype="f"))),
        VectorTable(["a"], Rows(np.zeros((1, 0), dtype="f")), np.array([1])),
    ],
)
def test_what_can_not_be_read_is_not_written(tmp_path, table):
    make().to_disk(tmp_path / "t")
    with pytest.raises(DomainVectorsError, match="DV023"):
        table.to_disk(tmp_path / "t")
    with pytest.raises(DomainVectorsError, match="DV023"):
        table.to_bytes()
    assert contents(VectorTable.from_disk(tmp_path / "t")) == contents(make())


def test_a_meta_that_is_changed_afterwards_is_not_written(tmp_path):
    table = make()
    table.meta["x"] = object()
    with pytest.raises(DomainVectorsError, match="DV023"):
        table.to_disk(tmp_path / "t")
    with pytest.raises(DomainVectorsError, match="DV023.*n_tokens"):
        make(n_tokens="many")
    with pytest.raises(DomainVectorsError, match="DV088"):
        make(config={"trainer": {"@misc": "other.v1"}})
    with pytest.raises(DomainVectorsError, match="DV023"):
        replace(make(), counts=np.array([1.5, 2, 3]))


def test_numbers_are_kept_to_the_last_digit(tmp_path):
    subwords = replace(make_subwords(), weight=np.float32(1 / 3), held_out_cosine=1 / 3)
    part = BasePart(np.full((3, 4), 1 / 3, dtype="f"), np.full(3, 300**0.5, dtype="f"))
    replace(make(), subwords=subwords, base=part).to_disk(tmp_path / "t")
    table = VectorTable.from_disk(tmp_path / "t")
    assert np.array_equal(table.base.matrix, part.matrix) and np.array_equal(table.base.centre, part.centre)
    assert (table.subwords.weight, table.subwords.held_out_cosine) == (np.float32(1 / 3), 1 / 3)
