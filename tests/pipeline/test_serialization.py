"""Tables, components and pipelines are written and read again: to disk, to bytes, in a pickle."""

import copy
import pickle
import shutil

import numpy as np
import pytest
import spacy
import srsly
from conftest import WIDTH, files_of, make_base, make_table
from small_tables import FILES, STORED, make, stored
from test_component import TEXT, component_of

from spacy_domainvec import DomainVectorsError, VectorTable
from spacy_domainvec.files.checked_files import packed
from spacy_domainvec.files.integrity import sealed
from spacy_domainvec.table.table_files import FORMAT

# A table


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


def test_writing_over_a_table_leaves_one_that_is_in_use(tmp_path):
    make().to_disk(tmp_path / "t")
    table = VectorTable.from_disk(tmp_path / "t")
    rows = table.vectors[:]
    make(("x", "y", "z")).to_disk(tmp_path / "t")
    assert np.array_equal(table.vectors[:], rows)
    assert list(VectorTable.from_disk(tmp_path / "t").words) == ["x", "y", "z"]
    assert [p.name for p in tmp_path.iterdir()] == ["t"]


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


# A table that lies among the test data, see small_tables.py

TODAYS = STORED / f"table_format_{FORMAT}"


def test_a_table_is_written_as_it_was(tmp_path):
    # Where this fails, tables of users are no longer what they were: a new format needs a new number.
    stored().to_disk(tmp_path / "t")
    assert files_of(tmp_path / "t") == files_of(TODAYS)


@pytest.mark.parametrize("folder", sorted(STORED.glob("table_format_*")), ids=lambda folder: folder.name)
def test_a_table_of_any_format_is_read_or_refused(folder):
    try:
        table = VectorTable.from_disk(folder)
        table.verify()
    except DomainVectorsError as e:
        assert "DV021" in str(e) and folder != TODAYS
        return
    assert list(table.words) == ["fee", "naïve", "overdraft fee", "number"]
    assert table.vectors[:].tolist() == [[63.5, 0, -32], [0.5, 1, 63.5], [-63.5, 2.5, 0], [0, 0, 63.5]]
    assert table.counts.tolist() == [40, 30, 20, 10]
    assert np.linalg.norm(table.subwords.vectors(["unseen"])) == pytest.approx(1.5)
    assert table.subwords.vectors(["unseen"])[0] == pytest.approx([-1.024386, -0.557845, -0.943103], abs=1e-5)
    assert (table.subwords.ngrams, table.subwords.held_out_cosine) == (stored().subwords.ngrams, 0.25)
    assert table.meta == stored().meta
    assert table.base_name == "en_core_web_md"


# What is no table, or a damaged one; tests/table/test_table_files.py has all kinds of damage


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


# A pipeline with its component


@pytest.fixture
def expected(nlp):
    return nlp(TEXT)._.dvecs


def test_the_disk_keeps_everything(nlp, tmp_path, expected):
    nlp.to_disk(tmp_path / "pipeline")
    read = spacy.load(tmp_path / "pipeline")
    assert np.array_equal(read(TEXT)._.dvecs, expected)
    assert isinstance(component_of(read).table.vectors.values, np.memmap)
    # Over the files that are mapped.
    read.to_disk(tmp_path / "pipeline")
    assert np.array_equal(read(TEXT)._.dvecs, expected)
    assert np.array_equal(spacy.load(tmp_path / "pipeline")(TEXT)._.dvecs, expected)


def test_bytes_keep_everything(nlp, expected):
    other = spacy.blank("en")
    other.add_pipe("domain_vectors")
    other.from_bytes(nlp.to_bytes())
    assert np.array_equal(other(TEXT)._.dvecs, expected)


def test_a_pipeline_is_pickled_whole(nlp, expected):
    read = pickle.loads(pickle.dumps(nlp))
    assert np.array_equal(read(TEXT)._.dvecs, expected)
    assert np.array_equal(copy.deepcopy(nlp)(TEXT)._.dvecs, expected)


def test_the_config_keeps_the_settings(base, tmp_path):
    table_path = tmp_path / "table"
    make_table(["apr"], np.ones((1, WIDTH))).to_disk(table_path)
    base.add_pipe("domain_vectors", config={"attrs": ["LOWER"], "attr_name": "lvec"})
    base.config["initialize"]["components"]["domain_vectors"] = {"table": str(table_path)}
    config = spacy.Config().from_str(base.config.to_str())
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    nlp.initialize()
    assert component_of(nlp).attrs == ["LOWER"]
    assert nlp("apr")._.lvec.any()


def test_what_is_excluded_is_left_out(nlp, tmp_path):
    nlp.to_disk(tmp_path / "without", exclude=["domain_vectors"])
    assert not (tmp_path / "without" / "domain_vectors").exists()
    component = component_of(nlp)
    component.to_disk(tmp_path / "component", exclude=["table"])
    assert [path.name for path in (tmp_path / "component").iterdir()] == ["component.json"]
    assert component.to_bytes(exclude=["table"]) == b""
    nlp.to_disk(tmp_path / "with")
    read = spacy.load(tmp_path / "with", exclude=["domain_vectors"])
    assert read.pipe_names == []
    with pytest.raises(DomainVectorsError, match="DV00[12]"):
        read(TEXT)._.dvec  # noqa: B018


@pytest.mark.slow
def test_a_component_without_a_table_is_saved_and_loaded(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("domain_vectors")
    nlp.to_disk(tmp_path / "empty")
    read = spacy.load(tmp_path / "empty")
    assert read.pipe_names == ["domain_vectors"]
    other = spacy.blank("en")
    other.add_pipe("domain_vectors")
    other.from_bytes(nlp.to_bytes())
    with pytest.raises(DomainVectorsError, match="DV001"):
        component_of(other).table  # noqa: B018


@pytest.mark.slow
def test_a_sourced_component_is_assembled(nlp, tmp_path, expected):
    nlp.to_disk(tmp_path / "pipeline")
    config = {
        "nlp": {"lang": "en", "pipeline": ["domain_vectors"]},
        "components": {"domain_vectors": {"source": str(tmp_path / "pipeline")}},
        "initialize": {"vectors": str(tmp_path / "pipeline")},
    }
    assembled = spacy.util.load_model_from_config(spacy.Config(config), auto_fill=True)
    assembled.initialize()
    assembled.to_disk(tmp_path / "assembled")
    assert np.array_equal(spacy.load(tmp_path / "assembled")(TEXT)._.dvecs, expected)


@pytest.mark.slow
def test_a_pipeline_whose_table_is_missing_is_refused_when_it_is_loaded(nlp, tmp_path):
    nlp.to_disk(tmp_path / "pipeline")
    folder = tmp_path / "pipeline" / "domain_vectors"
    for missing in (folder / "table", folder):
        shutil.rmtree(missing)
        with pytest.raises(DomainVectorsError, match=r"DV086.*'domain_vectors'.*domain_vectors/table"):
            spacy.load(tmp_path / "pipeline")
        # Who does not want it can say so.
        read = spacy.load(tmp_path / "pipeline", exclude=["domain_vectors"])
        assert read.pipe_names == []
        component = component_of(nlp)
        assert component.from_disk(folder, exclude=["table"]) is component


@pytest.mark.parametrize("note", [b"", b"{}", b"[]", b'{"table": 1}', b'{"table": null}', b"\xff", b'{"table": tru'])
def test_a_damaged_note_is_named(nlp, tmp_path, note):
    nlp.to_disk(tmp_path / "pipeline")
    (tmp_path / "pipeline" / "domain_vectors" / "component.json").write_bytes(note)
    with pytest.raises(DomainVectorsError, match=r"DV022.*component\.json"):
        spacy.load(tmp_path / "pipeline")


def test_without_a_note_a_table_is_read(nlp, tmp_path, expected):
    nlp.to_disk(tmp_path / "pipeline")
    (tmp_path / "pipeline" / "domain_vectors" / "component.json").unlink()
    assert np.array_equal(spacy.load(tmp_path / "pipeline")(TEXT)._.dvecs, expected)


def test_the_table_of_an_earlier_pipeline_is_not_read(nlp, tmp_path):
    nlp.to_disk(tmp_path / "pipeline")
    without = make_base()
    without.add_pipe("domain_vectors")
    without.to_disk(tmp_path / "pipeline")
    with pytest.raises(DomainVectorsError, match="DV001"):
        component_of(spacy.load(tmp_path / "pipeline")).table  # noqa: B018
    nlp.to_disk(tmp_path / "pipeline")
    assert component_of(spacy.load(tmp_path / "pipeline")).table.words == component_of(nlp).table.words


@pytest.mark.parametrize("file", ["vectors.npy", "words.json", "counts.npy"])
def test_a_damaged_pipeline_names_the_file(nlp, tmp_path, file):
    nlp.to_disk(tmp_path / "pipeline")
    damaged = tmp_path / "pipeline" / "domain_vectors" / "table" / file
    damaged.write_bytes(damaged.read_bytes()[:-7])
    with pytest.raises(DomainVectorsError, match=f"DV022.*{file}"):
        spacy.load(tmp_path / "pipeline")
