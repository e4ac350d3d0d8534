"""What may be written, and what is left alone."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest
import spacy
from conftest import ALL_WORDS, NO_FOLD_INS, make_base, make_table, make_texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from typer.testing import CliRunner

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build.update import save_trained
from spacy_domainvec.cli import domain_vectors_cli
from spacy_domainvec.corpus.tokenized import TokenizedCorpus
from spacy_domainvec.counting.cooccurrence import Cooccurrence
from spacy_domainvec.counting.saved_counts import State
from spacy_domainvec.counting.vocabulary import Vocabulary
from spacy_domainvec.exchange.flat_table import FlatTable
from spacy_domainvec.exchange.write import write_npz, write_spacy, write_word2vec
from spacy_domainvec.exchange.write_floret import write_floret
from spacy_domainvec.files.kinds import COUNTS, FLORET, NPZ, PIPELINE, TABLE, TRAINED, WORD2VEC, json_of
from spacy_domainvec.files.locks import HOST
from spacy_domainvec.files.outputs import check_output, is_same
from spacy_domainvec.files.replacing import write_json
from spacy_domainvec.pipeline.loading import save
from spacy_domainvec.table.space import Space
from spacy_domainvec.table.table import VectorTable

FOLDERS = [PIPELINE, TABLE, TRAINED, COUNTS]


@dataclass
class Numbers:
    fit: float
    size: float


NUMBERS, MANY = json_of(Numbers), json_of(Numbers, is_list=True)
FILES = [WORD2VEC, FLORET, NPZ, NUMBERS, MANY]


def refused(path, kind, code, *args, said=""):
    with pytest.raises(DomainVectorsError, match=rf"{code}.*{said}"):
        check_output(path, kind, *args)
    return True


def flat_table():
    rng = np.random.default_rng(0)
    return FlatTable(ALL_WORDS, np.arange(len(ALL_WORDS)), rng.normal(size=(len(ALL_WORDS), 8)).astype("f"))


@pytest.fixture
def state():
    words, counts = ["a", "b"], np.array([3, 2])
    vocabulary = Vocabulary(words, counts, 5)
    pairs, contexts = csr_matrix(np.eye(2, dtype="i8")), csr_matrix((0, 2), dtype="i8")
    counted = Cooccurrence(vocabulary, NO_FOLD_INS, pairs, contexts, 4, 0.0, 0)
    tokens = TokenizedCorpus(words, counts, 5, 1, np.zeros(0, dtype="u8"), "LOWER")
    rows = np.eye(2, dtype="f")
    return State(tokens, counted, rows, Space(rows, rows[0], rows, None), {})


@pytest.mark.parametrize("kind", [*FOLDERS, *FILES], ids=lambda kind: kind.name)
def test_what_is_missing_or_an_empty_folder_may_be_written(tmp_path, kind):
    assert check_output(tmp_path / "a" / "missing", kind) == tmp_path / "a" / "missing"
    assert not list(tmp_path.iterdir())
    if kind.is_folder:
        (tmp_path / "empty").mkdir()
        assert check_output(str(tmp_path / "empty"), kind) == tmp_path / "empty"


OTHERS = {
    "a thesis": {"thesis.tex": "years of work"},
    "a meta.json": {"meta.json": "{}"},
    "another's meta.json": {"meta.json": '{"name": "mine", "version": 1}', "data.csv": "a,b"},
    "a config.cfg": {"config.cfg": "[nlp]\nlang = en\n"},
    "vectors.npy": {"vectors.npy": "x"},
    "a pipeline without a config": {"meta.json": '{"lang": "en", "pipeline": []}'},
    "a pipeline with another config": {"meta.json": '{"lang": "en", "pipeline": []}', "config.cfg": "[x]\na = 1\n"},
    "a damaged config": {"meta.json": '{"lang": "en", "pipeline": []}', "config.cfg": "[nlp\n\\0"},
    "a doubled section": {"meta.json": '{"lang": "en", "pipeline": []}', "config.cfg": "[nlp]\n[nlp]\n"},
    "a damaged meta": {"meta.json": '{"lang": "en", "pip', "config.cfg": "[nlp]\nlang = en\n"},
    "a deep meta": {"meta.json": "[" * 100_000, "config.cfg": "[nlp]\nlang = en\n"},
    "half a table": {"meta.json": '{"format": 1}', "words.json": "[]", "counts.npy": "x"},
    "a table of others": dict.fromkeys(("meta.json", "words.json", "counts.npy", "vectors.bin"), '{"format": 1}'),
    "hidden": {".git": "x"},
}


@pytest.mark.parametrize("kind", [*FOLDERS, *FILES], ids=lambda kind: kind.name)
@pytest.mark.parametrize("held", OTHERS.values(), ids=OTHERS)
def test_a_folder_of_somebody_else_is_left_alone(tmp_path, kind, held):
    for name, text in held.items():
        (tmp_path / name).write_text(text)
    assert refused(tmp_path, kind, "DV024", said="Choose another output")
    for name in held:
        assert refused(tmp_path / name, kind, "DV024")


@pytest.fixture
def made(tmp_path, nlp, table, state):
    """Each kind of output, by its kind."""
    made = {kind: tmp_path / f"output{i}" for i, kind in enumerate([*FOLDERS, *FILES])}
    made[WORD2VEC] = tmp_path / "vectors.txt.gz"
    save(nlp, made[PIPELINE])
    table.to_disk(made[TABLE])
    save_trained(table, state, made[TRAINED])
    state.to_disk(made[COUNTS])
    write_word2vec(flat_table(), made[WORD2VEC])
    write_floret(flat_table(), made[FLORET], 50)
    write_npz(flat_table(), made[NPZ])
    write_json(made[NUMBERS], asdict(Numbers(1.0, 2.0)))
    write_json(made[MANY], [asdict(Numbers(1.0, 2.0))] * 3)
    return made


def test_an_earlier_output_of_the_kind_may_be_replaced_and_no_other(made):
    for kind, path in made.items():
        for wanted in made:
            # A table without counts is a table.
            if kind is wanted or (kind, wanted) == (TABLE, TRAINED):
                assert check_output(path, wanted) == path
            else:
                assert refused(path, wanted, "DV024"), (kind.name, wanted.name)


@pytest.mark.parametrize("kind", FOLDERS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("name", ["notes.txt", ".git", "model2", "README.md"])
def test_an_output_with_something_else_in_it_is_left_alone(made, kind, name):
    path = made[kind]
    (path / name).mkdir()
    assert refused(path, kind, "DV024", said=f"it holds '{name}'")


def test_the_writers_obey_the_same_rule(made, nlp, table, state):
    for kind in (PIPELINE, TABLE, TRAINED, COUNTS):
        (made[kind] / "mine").write_text("years of work")
    plain = flat_table()
    for file in (WORD2VEC, FLORET, NPZ):
        made[file].write_bytes(b"years of work")
    attempts = [
        lambda: save(nlp, made[PIPELINE]),
        lambda: write_spacy(plain, made[PIPELINE], "en", "x"),
        lambda: table.to_disk(made[TABLE]),
        lambda: save_trained(table, state, made[TRAINED]),
        lambda: state.to_disk(made[COUNTS]),
        lambda: write_word2vec(plain, made[WORD2VEC]),
        lambda: write_floret(plain, made[FLORET], 50),
        lambda: write_npz(plain, made[NPZ]),
    ]
    for attempt in attempts:
        with pytest.raises(DomainVectorsError, match="DV024"):
            attempt()
    assert all((made[kind] / "mine").read_text() == "years of work" for kind in FOLDERS)
    assert all(made[file].read_bytes() == b"years of work" for file in (WORD2VEC, FLORET, NPZ))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*"ab", "lang", "pipeline"]), inner, max_size=3)
    ),
    max_leaves=6,
)
META = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("lang", "pipeline", "components", "format", "n_tokens", "window"), JSON)
)
CONFIG = st.lists(st.sampled_from(["[nlp]", "[nlp.x]", "[components]", "lang = en", 'a = "${b.c}"', "b = {", "=", "x"]))
HELD = st.fixed_dictionaries(
    {},
    optional={
        "meta.json": META.map(json.dumps) | JSON.map(json.dumps) | st.text(max_size=9),
        "config.cfg": CONFIG.map("\n".join) | st.text(max_size=20),
        **dict.fromkeys(["words.json", "vectors.npy", "counts.npy", "spans.json", "mine.txt"], st.text(max_size=3)),
    },
)


@pytest.mark.slow
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=HELD, kind=st.sampled_from([*FOLDERS, *FILES]))
def test_whatever_a_folder_holds_it_is_refused_or_ours(tmp_path, held, kind):
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    for name, text in held.items():
        (folder / name).write_text(text, encoding="utf8", errors="replace")
    try:
        check_output(folder, kind)
    except DomainVectorsError as e:
        assert "[DV024]" in str(e)
    else:
        assert not held or ("mine.txt" not in held and kind.is_folder)
        assert not held or ("meta.json" in held and len(held) >= 2)


def test_a_table_without_its_counts_does_not_replace_one_with_them(tmp_path, table, state):
    save_trained(table, state, tmp_path / "table")
    with pytest.raises(DomainVectorsError, match=r"DV024.*it holds 'counts'"):
        table.to_disk(tmp_path / "table")
    assert (tmp_path / "table" / "counts").is_dir()


def test_a_pipeline_does_not_replace_the_base_that_it_was_loaded_from(tmp_path, base_path):
    nlp = spacy.load(base_path)
    with pytest.raises(DomainVectorsError, match=r"DV012.*is it"):
        save(nlp, base_path)
    save(nlp, tmp_path / "other")
    save(nlp, tmp_path / "other")


@pytest.mark.parametrize("name", ["WORD2VEC.txt", "v.bin", "floret"])
def test_vectors_of_other_tools_are_left_alone(tmp_path, name):
    (tmp_path / name).write_bytes(b"3 2\na 1 2\nb 1 2\nc 1 2\n")
    assert refused(tmp_path / name, WORD2VEC, "DV024")
    (tmp_path / name).write_bytes(b"3 2 4 5 2 2166136261 < >\n0 1 2\n")
    assert refused(tmp_path / name, FLORET, "DV024")
    np.savez(tmp_path / "v.npz", words=np.array(["a"]), rows=np.array([0]), vectors=np.ones((1, 2)))
    assert refused(tmp_path / "v.npz", NPZ, "DV024")
    (tmp_path / "v.gz").write_bytes(gzip.compress(b"3 2\n")[:-6])
    assert refused(tmp_path / "v.gz", WORD2VEC, "DV024")


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"fit": 1}', '{"fit": 1, "size": 2, "x": 3}', "years"])
def test_json_of_others_is_left_alone(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    for kind in (NUMBERS, MANY):
        assert refused(tmp_path / "a.json", kind, "DV024")


@pytest.mark.parametrize("kind", [PIPELINE, TABLE, NUMBERS], ids=lambda kind: kind.name)
def test_the_working_folder_and_those_above_it_are_refused(tmp_path, monkeypatch, kind):
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    for path in (".", "", "..", "../..", tmp_path / "a", tmp_path / "a" / "b", "../../a/../a/b"):
        assert refused(path, kind, "DV011", said="the working folder")
    monkeypatch.chdir("/")
    monkeypatch.setenv("HOME", str(tmp_path / "a" / "b"))
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        assert refused(path, kind, "DV011", said="the home folder")
    assert refused("/", kind, "DV011")


def test_a_link_is_refused(tmp_path, nlp):
    save(nlp, tmp_path / "out")
    (tmp_path / "link").symlink_to(tmp_path / "out")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("link", "dangling", "loop"):
        assert refused(tmp_path / name, PIPELINE, "DV011", said="a link to")
        assert refused(f"{tmp_path / name}/", PIPELINE, "DV011", said="a link to")
    assert refused(tmp_path / "loop" / "out", PIPELINE, "DV010")
    # A folder above it may be one.
    (tmp_path / "above").symlink_to(tmp_path)
    assert check_output(tmp_path / "above" / "out", PIPELINE)


def test_a_mount_point_is_refused(tmp_path, monkeypatch):
    (tmp_path / "mounted").mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path).name == "mounted")
    assert refused(tmp_path / "mounted", PIPELINE, "DV011", said="root of a file system")
    assert check_output(tmp_path / "mounted" / "out", PIPELINE)
    # One from the same device.
    (tmp_path / "a b" / "c").mkdir(parents=True)
    (tmp_path / "mountinfo").write_text(rf"1 2 3:4 / {tmp_path}/a\040b/c rw - ext4 /dev/x rw" + "\n")
    monkeypatch.setattr("spacy_domainvec.files.outputs.MOUNTS", tmp_path / "mountinfo")
    for path in (tmp_path / "a b" / "c", tmp_path / "a b"):
        assert refused(path, PIPELINE, "DV011", said="root of a file system, or holds one")
    assert check_output(tmp_path / "a", PIPELINE)


def test_a_device_is_refused(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in ("/dev/null", tmp_path / "fifo"):
        assert refused(path, NUMBERS, "DV024", said="device")


def test_a_folder_that_is_read_is_refused(tmp_path, nlp, monkeypatch):
    save(nlp, tmp_path / "out")
    (tmp_path / "same").symlink_to(tmp_path / "out")
    monkeypatch.chdir(tmp_path)
    for name in ("out", tmp_path / "out", "./out/", "same"):
        assert refused("out", PIPELINE, "DV012", [name], said="is it")
        assert refused("out", PIPELINE, "DV012", [], [name], said="is it")
        assert refused("out/new", PIPELINE, "DV012", [name], said="folder above it")
    assert check_output("out2", PIPELINE, ["out", None, "nowhere", "blank:en", "x" * 5000, "a?["], ["-", "s3://a/b"])


def test_what_holds_texts_is_refused(tmp_path, nlp, monkeypatch):
    save(nlp, tmp_path / "out")
    (tmp_path / "out" / "vocab" / "texts").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "out" / "vocab" / "texts" / name).write_text("x")
    (tmp_path / "linked.txt").symlink_to(tmp_path / "out" / "vocab" / "texts" / "a.txt")
    monkeypatch.chdir(tmp_path)
    corpora = ["out/vocab/texts", "out/vocab/texts/a.txt", "out/*/*/*.txt", "**/*b.txt", "linked.txt"]
    for corpus in [*corpora, f"file://{tmp_path}/out/vocab/texts/a.txt"]:
        assert refused("out", PIPELINE, "DV012", [], [corpus], said="lies in it")
    assert refused("out", PIPELINE, "DV012", ["out/vocab/texts/a.txt"], said="lies in it")


def test_an_output_may_lie_among_the_texts(tmp_path, nlp):
    (tmp_path / "a.txt").write_text("x")
    save(nlp, tmp_path / "out")
    for corpus in (tmp_path, str(tmp_path), f"{tmp_path}/*", f"{tmp_path}/*.txt", f"{tmp_path}/**/*"):
        assert check_output(tmp_path / "out", PIPELINE, [], corpus)
    assert refused(tmp_path, PIPELINE, "DV012", [], [tmp_path])


def test_an_installed_package_is_an_input(tmp_path, monkeypatch):
    import wasabi

    installed = Path(wasabi.__file__).parent
    assert refused(installed, PIPELINE, "DV012", ["wasabi"], said="is it")
    assert refused(installed.parent, PIPELINE, "DV012", ["wasabi"], said="lies in it")
    # One with a pipeline in it.
    (tmp_path / "meta.json").touch()
    monkeypatch.setattr("spacy_domainvec.files.outputs.get_package_path", lambda name: tmp_path)
    assert refused(tmp_path / "new", PIPELINE, "DV012", ["wasabi"], said="is a folder above it")


def test_what_can_not_be_written_is_told_before_the_work(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    assert refused(tmp_path / "file" / "out", PIPELINE, "DV010", said="no folder")
    assert refused(tmp_path / ("n" * 300), PIPELINE, "DV010", said="too long")
    assert refused(tmp_path / ("n" * 300) / "out", PIPELINE, "DV010", said="too long")
    monkeypatch.setattr(os, "access", lambda *args: False)
    assert refused(tmp_path / "new" / "out", PIPELINE, "DV010", said="nothing may be written")


def test_one_folder_has_many_names(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert is_same(tmp_path / "a", f"{tmp_path}/b/../a/.")
    assert is_same(tmp_path / "b", tmp_path / "a")
    assert not is_same(tmp_path / "a", tmp_path)
    assert not is_same(tmp_path / "no", tmp_path / "no")


def test_the_next_start_puts_back_what_a_dead_one_moved(tmp_path, nlp):
    save(nlp, tmp_path / "out")
    scratch = tmp_path / ".domainvec-0123456789abcdef"
    scratch.mkdir()
    (scratch / "owner.json").write_text(json.dumps({"host": HOST, "pid": 2**22 + 1, "target": "out"}))
    (tmp_path / "out").rename(scratch / "old")
    assert check_output(tmp_path / "out", PIPELINE)
    assert spacy.load(tmp_path / "out")("bank1")._.has_dvec
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.slow
def test_a_component_leaves_no_scratch_in_a_pipeline(tmp_path, nlp):
    code = """
import os, signal, sys
import spacy
from spacy_domainvec.files import replacing as files
nlp = spacy.load(sys.argv[1])
files._put = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
nlp.to_disk(sys.argv[1])
"""
    nlp.to_disk(tmp_path / "out")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "out")])
    assert done.returncode == -9
    assert len(list(tmp_path.glob(".*"))) == 1
    assert not [path for path in (tmp_path / "out").rglob("*") if path.name.startswith(".")]
    assert spacy.load(tmp_path / "out")("bank1")._.has_dvec
    spacy.load(tmp_path / "out").to_disk(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    base = make_base()
    component = base.add_pipe("domain_vectors")
    component.set_table(make_table(["a"], [[1.0] * 8], base))
    # By itself, it has only its own folder.
    component.to_disk(tmp_path / "alone" / "component")
    assert [path.name for path in (tmp_path / "alone").rglob("*") if path.is_dir()] == ["component", "table"]


TEXTS = ["--paths.base", "{d}/base", "--paths.corpus", "{d}/texts/a.txt", "--n-jobs", "1"]
BUILD = ["build", "{d}/texts", "--base", "{d}/base", "--config", "{d}/c.cfg", "--paths.terms", "{d}/terms.txt"]
LABELLED = ["--labelled", "{d}/l.csv", "--test", "{d}/l.csv"]
EVALUATE = ["evaluate", "{d}/pipeline", "--base", "{d}/base", *LABELLED]


@pytest.mark.parametrize(
    ("args", "code"),
    [
        *(([*BUILD, "--output", f"{{d}}/{name}"], "DV012") for name in ("base", "c.cfg", "terms.txt", "texts")),
        *(([*BUILD, "--output", output], "DV011") for output in (".", "..", "/", "{d}/link")),
        *(([*BUILD, "--output", output], "DV024") for output in ("{d}/table", "{d}/mine", "{d}/l.csv")),
        ([*BUILD, "--output", "{d}/l.csv/out"], "DV010"),
        (["train", "{d}/c.cfg", "{d}/texts/a.txt", *TEXTS], "DV012"),
        (["train", "{d}/c.cfg", "{d}/base", *TEXTS], "DV012"),
        (["train", "{d}/c.cfg", "{d}/pipeline", *TEXTS], "DV024"),
        (["update", "{d}/table", "{d}/texts", "--output", "{d}/pipeline"], "DV024"),
        (["update", "{d}/table", "{d}/texts", "--output", "{d}/texts"], "DV012"),
        (["update", "{d}/table", "{d}/texts", "--base", "{d}/base", "--output", "{d}/base"], "DV012"),
        (["update", "{d}/table", "{d}/texts", "--output", "{d}/table/new"], "DV012"),
        (["merge", "{d}/base", "{d}/table", "{d}/table"], "DV012"),
        (["merge", "{d}/base", "{d}/table", "{d}/base"], "DV012"),
        (["merge", "{d}/base", "{d}/table", "{d}/base/new"], "DV012"),
        (["export", "{d}/pipeline", "{d}/pipeline"], "DV012"),
        (["export", "{d}/pipeline", "{d}/mine"], "DV024"),
        *((["export", "{d}/pipeline", "{d}/l.csv", "--format", f], "DV024") for f in ("word2vec", "floret", "npz")),
        (["export", "{d}/pipeline", "{d}/texts/a.txt", "--format", "npz", "--text", "{d}/texts/a.txt"], "DV012"),
        ([*EVALUATE, "--json", "{d}/l.csv"], "DV012"),
        ([*EVALUATE, "--json", "{d}/base/meta.json"], "DV012"),
        ([*EVALUATE, "--json", "{d}/mine/thesis.json"], "DV024"),
        ([*EVALUATE, "--json", "{d}/mine"], "DV024"),
        (["sizes", "{d}/table", *LABELLED, "--json", "{d}/l.csv"], "DV012"),
        (["sizes", "{d}/table", "--json", "{d}/table/meta.json"], "DV012"),
        (["sizes", "{d}/table", "--json", "{d}/mine/thesis.json"], "DV024"),
    ],
    ids=lambda value: " ".join(value).replace("{d}/", "") if isinstance(value, list) else value,
)
def test_every_command_refuses_before_its_work(tmp_path, base_path, nlp, table, state, monkeypatch, args, code):
    shutil.copytree(base_path, tmp_path / "base")
    save(nlp, tmp_path / "pipeline")
    save_trained(table, state, tmp_path / "table")
    for name, text in (("texts/a.txt", "x"), ("mine/thesis.json", "[1]"), ("l.csv", "text,label\n"), ("c.cfg", "")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "terms.txt").write_text("bank1\n")
    (tmp_path / "link").symlink_to(tmp_path / "pipeline")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def work(*args, **kwargs):
        raise AssertionError("this comes later")

    # The report first: imported after the change of load_pipeline, it would keep that for all later tests.
    names = ["evaluation.report.load_both", "build.run.train_state", "build.run.open_table"]
    for name in [*names, "pipeline.loading.load_pipeline"]:
        monkeypatch.setattr(f"spacy_domainvec.{name}", work)
    before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
    result = CliRunner().invoke(domain_vectors_cli, [arg.format(d=tmp_path) for arg in args])
    assert result.exit_code == 1, result.output
    (line,) = result.stderr.splitlines()
    assert f"[{code}]" in line
    assert {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")} == before


@pytest.mark.slow
def test_a_table_can_be_updated_in_its_place(tmp_path, base_path):
    for name, seed in (("a.txt", 0), ("b.txt", 1)):
        (tmp_path / name).write_text("\n".join(make_texts(300, seed)))
    settings = "[trainer]\nvector_size = 8\nsubsample = 0.01\n[storage]\n[storage.subwords]\nn_rows = 64\n"
    (tmp_path / "c.cfg").write_text(settings)
    table = tmp_path / "table"
    given = ["--paths.base", base_path, "--paths.corpus", tmp_path / "a.txt"]
    again = ["update", table, tmp_path / "b.txt", "--output", table]
    for args in (["train", tmp_path / "c.cfg", table, *given], again, again):
        result = CliRunner().invoke(domain_vectors_cli, list(map(str, [*args, "--n-jobs", 1])))
        assert result.exit_code == 0, result.output
    assert State.from_disk(table / "counts").tokens.n_texts == 900
    assert VectorTable.from_disk(table).meta["n_texts"] == 900
    assert (table / "changes.json").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "b.txt", "c.cfg", "table"}
