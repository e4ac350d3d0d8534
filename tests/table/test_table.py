import pickle

import numpy as np
import pytest
import srsly

from spacy_domainvec import DomainVectorsError, VectorTable
from spacy_domainvec.files.checked_files import packed
from spacy_domainvec.files.integrity import sealed
from spacy_domainvec.table.rows import Rows
from spacy_domainvec.table.subwords import NgramSettings, Subwords

FILES = ["meta.json", "words.json", "counts.npy", "vectors.npy", "scales.npy", "subwords.npy", "subword_scales.npy"]


def make(words=("a", "b", "c"), width=4, dtype="float32", **meta):
    vectors = np.random.default_rng(0).normal(size=(len(words), width)).astype("f")
    return VectorTable(list(words), Rows(vectors), np.arange(len(words), 0, -1), make_subwords(width), meta).astype(
        dtype
    )


def make_subwords(width=4):
    rows = np.random.default_rng(1).normal(size=(7, width)).astype("f")
    return Subwords(Rows(rows), NgramSettings(3, 5, 2, lower=True), weight=0.5, held_out_cosine=0.25)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_disk_and_bytes_keep_everything(tmp_path, dtype):
    table = make(dtype=dtype, attr="LOWER", nested={"a": [1, None]})
    table.to_disk(tmp_path / "t")
    for other in (VectorTable.from_disk(tmp_path / "t"), VectorTable.from_bytes(table.to_bytes())):
        assert list(other.words) == ["a", "b", "c"]
        assert other.vectors.dtype == table.vectors.dtype == dtype
        assert (other.subwords.ngrams, other.subwords.weight) == (table.subwords.ngrams, 0.5)
        assert np.array_equal(other.subwords.vectors(["unseen"]), table.subwords.vectors(["unseen"]))
        assert np.array_equal(other.vectors[:], table.vectors[:])
        assert np.array_equal(other.counts, table.counts)
        assert other.meta == table.meta
        assert other.key2row == table.key2row


def test_same_table_same_bytes(tmp_path):
    for name in ("one", "two"):
        make(dtype="int8").to_disk(tmp_path / name)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_vectors_are_mapped_and_read_only(tmp_path):
    make().to_disk(tmp_path / "t")
    table = VectorTable.from_disk(tmp_path / "t")
    for rows in (table.vectors, table.subwords.rows):
        assert isinstance(rows.values, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            rows.values[0, 0] = 1


def test_symbols_of_spacy_have_their_own_keys():
    # get_string_id("number") is a symbol's number and not the hash of the string, as token.orth is.
    import spacy

    nlp = spacy.blank("en")
    assert make(("number", "mark", "x")).key2row[nlp.make_doc("number")[0].orth] == 0


def test_parts_that_do_not_fit_are_refused():
    rows = Rows(np.zeros((2, 3), dtype="f"))
    for words, counts in ((["a"], np.array([1, 2])), (["a", "b"], np.array([1]))):
        with pytest.raises(DomainVectorsError, match="DV023"):
            VectorTable(words, rows, counts)
    with pytest.raises(DomainVectorsError, match="DV023.*width 3.*width 4"):
        VectorTable(["a", "b"], rows, np.array([2, 1]), make_subwords())


def test_a_word_twice_is_refused():
    with pytest.raises(DomainVectorsError, match="DV023"):
        _ = make(("a", "b", "a")).key2row


def test_unknown_dtype_is_refused():
    with pytest.raises(DomainVectorsError, match=r"DV045.*float64"):
        make().astype("float64")


def test_a_folder_that_is_no_table_is_refused(tmp_path):
    with pytest.raises(DomainVectorsError, match="DV020"):
        VectorTable.from_disk(tmp_path)
    with pytest.raises(DomainVectorsError, match="DV020"):
        VectorTable.from_disk(tmp_path / "missing")


def test_another_format_is_refused(tmp_path):
    make().to_disk(tmp_path / "t")
    for meta in (b'{"format": 99}', sealed({"format": 99})):
        (tmp_path / "t" / "meta.json").write_bytes(meta)
        with pytest.raises(DomainVectorsError, match=r"DV021.*99"):
            VectorTable.from_disk(tmp_path / "t")


def test_a_pipeline_is_no_table(nlp, tmp_path):
    nlp.to_disk(tmp_path / "pipeline")
    with pytest.raises(DomainVectorsError, match="DV020.*something else"):
        VectorTable.from_disk(tmp_path / "pipeline")


@pytest.mark.parametrize("name", ["meta.json", "words.json", "counts.npy", "vectors.npy", "subwords.npy"])
def test_a_damaged_file_is_named(tmp_path, name):
    make().to_disk(tmp_path / "t")
    path = tmp_path / "t" / name
    path.write_bytes(path.read_bytes()[:7])
    with pytest.raises(DomainVectorsError, match=rf"DV022.*{name}"):
        VectorTable.from_disk(tmp_path / "t")


def test_a_missing_word_is_noticed(tmp_path):
    make().to_disk(tmp_path / "t")
    (tmp_path / "t" / "words.json").write_text('["a", "b"]')
    with pytest.raises(DomainVectorsError, match="DV022"):
        VectorTable.from_disk(tmp_path / "t")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(tmp_path, name):
    make(dtype="int8").to_disk(tmp_path / "t")
    (tmp_path / "t" / name).unlink()
    with pytest.raises(DomainVectorsError, match=rf"DV02[02].*{name}"):
        VectorTable.from_disk(tmp_path / "t")
    (tmp_path / "t" / name).mkdir()
    with pytest.raises(DomainVectorsError, match=rf"DV02[02].*{name}"):
        VectorTable.from_disk(tmp_path / "t")


def test_some_rows_can_be_taken():
    table = make(dtype="int8")
    taken = table.take(np.array([0, 2]))
    assert taken.words == ["a", "c"]
    assert taken.counts.tolist() == [3, 1]
    assert np.array_equal(taken.vectors[:], table.vectors[:][[0, 2]])
    assert taken.subwords is table.subwords


def test_the_longest_phrase_is_known():
    assert make().longest_phrase == 1
    assert make(("a", "bank of america", "c d")).longest_phrase == 3


def test_no_pickle_is_loaded(tmp_path):
    make().to_disk(tmp_path / "t")
    np.save(tmp_path / "t" / "counts.npy", np.array([{"a": 1}] * 3, dtype=object), allow_pickle=True)
    with pytest.raises(DomainVectorsError, match=r"DV022.*counts\.npy"):
        VectorTable.from_disk(tmp_path / "t")


BYTES = make(dtype="int8").to_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"\x80",
        b"\x90",
        b"\xc1",
        BYTES[:-1],
        BYTES + b"x",
        b"\x81" * 5000,
        # Lengths that would be allocated before the data is seen.
        b"\xdd\xff\xff\xff\xff" * 2000,
        b"\xdf\xff\xff\xff\xff" * 2000,
        b"\xc6\xff\xff\xff\xff",
        srsly.msgpack_dumps({"vectors.npy": np.zeros(3)}),
        srsly.msgpack_dumps(
            {"vectors.npy": {b"nd": True, b"type": "|O", b"kind": b"", b"shape": [1], b"data": b"12345678"}}
        ),
        srsly.msgpack_dumps({"vectors.npy": "text"}),
        srsly.msgpack_dumps({1: b"x"}),
        srsly.msgpack_dumps({"../meta.json": b"{}"}),
        packed({"meta.json": b"{}"}),
    ],
    ids=range(17),
)
def test_bytes_that_are_no_table_are_refused(data):
    with pytest.raises(DomainVectorsError, match="DV02[02]"):
        VectorTable.from_bytes(data)


def test_refused_bytes_leave_the_garbage_collector_as_it_was():
    import gc

    with pytest.raises(DomainVectorsError, match="DV022"):
        VectorTable.from_bytes(b"nonsense")
    assert gc.isenabled()


def test_a_mapped_table_is_pickled_as_its_path(tmp_path):
    make(width=2000).to_disk(tmp_path / "t")
    table = VectorTable.from_disk(tmp_path / "t")
    data = pickle.dumps(table)
    assert len(data) < 1000
    assert np.array_equal(pickle.loads(data).vectors[:], table.vectors[:])


def test_a_table_whose_file_has_changed_is_pickled_whole(tmp_path):
    make().to_disk(tmp_path / "t")
    table = VectorTable.from_disk(tmp_path / "t")
    rows = table.vectors[:]
    make(("x", "y", "z"), width=9).to_disk(tmp_path / "t")
    copy = pickle.loads(pickle.dumps(table))
    assert list(copy.words) == ["a", "b", "c"]
    assert np.array_equal(copy.vectors[:], rows)


def test_writing_over_a_table_leaves_one_that_is_in_use(tmp_path):
    make().to_disk(tmp_path / "t")
    table = VectorTable.from_disk(tmp_path / "t")
    rows = table.vectors[:]
    make(("x", "y", "z")).to_disk(tmp_path / "t")
    assert np.array_equal(table.vectors[:], rows)
    assert list(VectorTable.from_disk(tmp_path / "t").words) == ["x", "y", "z"]
    assert [p.name for p in tmp_path.iterdir()] == ["t"]


def test_what_a_table_by_hand_does_not_tell_is_counted():
    table = make(("a", "b", "a b"))
    assert table.n_tokens == 5
    assert make(n_tokens=9).n_tokens == 9
    assert make(base={"name": "x"}).base_name == "x"
    for base in ({}, {"name": None}):
        with pytest.raises(DomainVectorsError, match="DV089.*--base"):
            make(base=base).base_name  # noqa: B018
