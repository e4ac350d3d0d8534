"""Further text that is added to a table."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from conftest import TOPICS, files_of, make_base, make_table, make_texts
from typer.testing import CliRunner

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build.run import train_state
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.build.update import compare, save_trained, update_table
from spacy_domainvec.cli import domain_vectors_cli
from spacy_domainvec.corpus import shards
from spacy_domainvec.counting.cooccurrence import both_sides
from spacy_domainvec.counting.saved_counts import State
from spacy_domainvec.errors import DomainVectorsWarning
from spacy_domainvec.files.integrity import sealed
from spacy_domainvec.files.names import COUNTS_FOLDER as COUNTS
from spacy_domainvec.pipeline.loading import load_pipeline
from spacy_domainvec.table.table import VectorTable
from spacy_domainvec.util import jobs
from spacy_domainvec.util.work_folder import running

# The texts tell no more than their topics; further dimensions are noise, of which each training has its own.
SIZE = 4
CONFIG = """
[paths]
base = "{base}"
[trainer]
vector_size = {size}
{more}
[storage]
[storage.subwords]
n_rows = 64
"""
OLD, NEW = ([f"{name}{i}" for i in range(8)] for name in ("old", "new"))


def with_words(texts, words):
    """Every other text has a word of its own beside those of its topic."""
    n, found = len(words) // len(TOPICS), []
    for i, text in enumerate(texts):
        first = next(k for k, topic in enumerate(TOPICS) if topic in text)
        parts = text.split()
        found.append(" ".join([*parts[:9], *([words[first * n + i // 2 % n]] if i % 2 else []), *parts[9:]]))
    return found


TEXTS = make_texts(600)
FIRST, SECOND = with_words(TEXTS[:300], OLD), with_words(TEXTS[300:], NEW)


def write(path, texts):
    path.write_text("\n".join(texts) + "\n", encoding="utf8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("update")
    write(folder / "first.txt", FIRST)
    write(folder / "second.txt", SECOND)
    return folder


@pytest.fixture(scope="module")
def train(folder, base_path):
    def made(*corpus, base=base_path, size=SIZE, more="subsample = 0.01", overrides=()):
        path = folder / "c.cfg"
        path.write_text(CONFIG.format(base=base, size=size, more=more))
        settings = load_settings(path, {"paths.corpus": [str(folder / name) for name in corpus], **dict(overrides)})
        return train_state(settings, load_pipeline(settings.paths.base))

    return made


@pytest.fixture(scope="module")
def first(folder, train):
    """A table of the first half, with its counts."""
    trained = train("first.txt")
    save_trained(trained.table, trained.state, folder / "table")
    return folder / "table"


@pytest.fixture(scope="module")
def updated(first, folder):
    return update_table(first, [str(folder / "second.txt")])


@pytest.fixture(scope="module")
def whole(train):
    return train("first.txt", "second.txt")


def words_of(state):
    return state.counted.vocabulary.words


@pytest.mark.slow
def test_the_words_are_those_of_training_on_all_texts(updated, whole):
    assert words_of(updated.state) == words_of(whole.state)
    assert updated.state.tokens.words == whole.state.tokens.words
    assert updated.state.tokens.counts.tolist() == whole.state.tokens.counts.tolist()
    assert updated.state.tokens.n_texts == updated.table.meta["n_texts"] == 600
    assert updated.table.meta["n_tokens"] == whole.table.meta["n_tokens"]
    assert sorted(updated.table.words) == sorted(whole.table.words)
    count_of = dict(zip(whole.table.words, whole.table.counts.tolist()))
    assert dict(zip(updated.table.words, updated.table.counts.tolist())) == count_of


def test_words_that_the_new_texts_do_not_have_stay_where_they_were(first, updated):
    old = VectorTable.from_disk(first)
    assert updated.changes.unchanged_cosine >= 0.98
    for word in OLD:
        before, now = (t.vectors[:][t.words.index(word)] for t in (old, updated.table))
        assert before @ now / np.linalg.norm(before) / np.linalg.norm(now) > 0.9, word
    assert updated.changes.mean_cosine >= 0.98


def test_new_words_are_told(first, updated):
    known = set(VectorTable.from_disk(first).words)
    assert set(updated.changes.new_words) >= set(NEW)
    assert updated.changes.new_words == [word for word in updated.table.words if word not in known]
    assert not known & set(NEW)


def test_frequent_words_that_moved_are_told(first, updated):
    moved = dict(updated.changes.moved)
    cosines = [cosine for _, cosine in updated.changes.moved]
    assert cosines == sorted(cosines)
    assert len(moved) == len(cosines)
    counts = dict(zip(updated.table.words, updated.table.counts.tolist()))
    known = set(VectorTable.from_disk(first).words)
    assert set(moved) == {word for word in known & set(counts) if counts[word] >= 20}


def test_new_words_stand_near_their_topic(updated, whole):
    """The topics are as far apart as after training on all texts."""

    def share(trained):
        state, words = trained.state, words_of(trained.state)
        rows = state.rows @ state.rows.T
        topics = [word for topic in TOPICS.values() for word in topic[:5] if word in words]
        np.fill_diagonal(rows, -2)
        near = [np.argsort(-rows[words.index(word)])[:10] for word in topics]
        return np.mean([[words[i][:4] == word[:4] for i in found] for word, found in zip(topics, near)])

    assert share(updated) > share(whole) - 0.1


def test_what_is_written_can_be_read(updated, tmp_path):
    updated.to_disk(tmp_path / "out")
    assert VectorTable.from_disk(tmp_path / "out").words == updated.table.words
    assert words_of(State.from_disk(tmp_path / "out" / COUNTS)) == words_of(updated.state)
    changes = json.loads((tmp_path / "out" / "changes.json").read_text())
    assert changes["new_words"] == updated.changes.new_words
    assert changes["unchanged_cosine"] == updated.changes.unchanged_cosine


@pytest.mark.slow
def test_an_update_can_be_updated(updated, tmp_path):
    updated.to_disk(tmp_path / "out")
    write(tmp_path / "third.txt", with_words(make_texts(200, seed=5), [f"third{i}" for i in range(4)]))
    again = update_table(tmp_path / "out", [str(tmp_path / "third.txt")])
    assert again.table.meta["n_texts"] == 800
    assert set(again.changes.new_words) >= {f"third{i}" for i in range(4)}
    assert set(words_of(again.state)) >= {*OLD, *NEW}
    assert again.changes.unchanged_cosine >= 0.98
    # In the place of the table that it was made from.
    again.to_disk(tmp_path / "out")
    assert VectorTable.from_disk(tmp_path / "out").meta["n_texts"] == 800


@pytest.mark.slow
def test_the_base_can_be_much_wider_than_the_domains_vectors(train, folder, tmp_path):
    make_base(width=32).to_disk(tmp_path / "base")
    trained = train("first.txt", base=tmp_path / "base", size=16)
    save_trained(trained.table, trained.state, tmp_path / "table")
    found = update_table(tmp_path / "table", [str(folder / "second.txt")])
    assert found.table.width == trained.table.width == 32


@pytest.mark.slow
def test_a_rare_word_keeps_what_was_counted(train, tmp_path):
    write(tmp_path / "rare.txt", [*FIRST, "bank1 bank2 seldom bank3", "bank4 seldom bank5"])
    trained = train(str(tmp_path / "rare.txt"))
    assert "seldom" not in words_of(trained.state)
    assert "seldom" in trained.table.words
    save_trained(trained.table, trained.state, tmp_path / "table")
    write(tmp_path / "new.txt", ["fruit1 seldom fruit2 fruit3", "fruit5 fruit6"])
    found = update_table(tmp_path / "table", [str(tmp_path / "new.txt")])
    assert "seldom" in words_of(found.state)
    assert "seldom" not in found.changes.new_words
    words, fold_ins = words_of(found.state), trained.state.counted.fold_ins.names
    old = dict(
        zip(words_of(trained.state), trained.state.counted.contexts[fold_ins.index("seldom")].toarray()[0].tolist())
    )
    now = dict(zip(words, both_sides(found.state.counted.matrix)[words.index("seldom")].toarray()[0].tolist()))
    assert sum(old.values()) > 0
    assert all(now[word] == n for word, n in old.items() if word.startswith("bank"))


@pytest.mark.slow
def test_texts_that_share_no_words_with_the_table_are_told(train, folder, tmp_path):
    made = train("first.txt")
    save_trained(made.table, made.state, tmp_path / "table")
    write(folder / "others.txt", [text.replace(text[:1], "x").upper()[::-1] for text in 5 * FIRST])
    overrides = {"vocabulary.max_vocab": 40, "vocabulary.phrases": None}
    with pytest.raises(DomainVectorsError, match=r"DV077\] Only 4 of the 40 words .* 10 are needed"):
        update_table(tmp_path / "table", [str(folder / "others.txt")], overrides=overrides)


@pytest.mark.slow
def test_counts_without_any_vector_are_told(train, folder, tmp_path):
    made = train("first.txt")
    emptied = replace(made.state, rows=np.zeros_like(made.state.rows))
    save_trained(made.table, emptied, tmp_path / "table")
    with pytest.raises(DomainVectorsError, match="DV077"):
        update_table(tmp_path / "table", [str(folder / "second.txt")])


def test_nothing_but_what_differs_is_told():
    old = make_table(["a", "b", "c"], [[1, 0], [0, 1], [1, 1]])
    new = make_table(["c", "b", "d"], [[0, 2], [0, 3], [1, 0]])
    changes = compare(old, new)
    assert changes.new_words == ["d"]
    # Of 30, 20 and 10 occurrences; only "b" has as many as before.
    assert changes.moved == [("c", 0.7071), ("b", 1.0)]
    assert changes.mean_cosine == pytest.approx(0.8536, abs=1e-4)
    assert changes.unchanged_cosine == 1.0
    nothing = compare(make_table(["a"], [[1, 0]]), make_table(["b"], [[1, 0]]))
    assert (nothing.new_words, nothing.moved, nothing.mean_cosine, nothing.unchanged_cosine) == (["b"], [], 1.0, 1.0)


# The user's terms


def with_terms(train, folder, tmp_path, *terms):
    """A table of few rows, among which are those of terms."""
    settings = {"paths.terms": str(write(tmp_path / "terms.txt", terms)), "storage.max_rows": 20}
    with pytest.warns(DomainVectorsWarning, match=r"DV105.*\(line \d\)"):
        trained = train("first.txt", overrides=settings)
    save_trained(trained.table, trained.state, tmp_path / "table")
    return trained


@pytest.mark.slow
def test_an_update_goes_on_keeping_the_rows_of_terms(train, folder, tmp_path):
    trained = with_terms(train, folder, tmp_path, "old0", "old3", "nowhere yet")
    assert {"old0", "old3"} <= set(trained.table.words)
    assert len(trained.table) == 20
    assert State.from_disk(tmp_path / "table" / COUNTS).terms == [("old0",), ("old3",), ("nowhere", "yet")]
    text = write(tmp_path / "new.txt", SECOND)
    with pytest.warns(DomainVectorsWarning, match=r"DV105.*'nowhere yet' \(of an earlier list\)"):
        found = update_table(tmp_path / "table", [str(text)])
    assert {"old0", "old3"} <= set(found.table.words)
    assert len(found.table) == 20
    assert found.state.terms == trained.state.terms


@pytest.mark.slow
def test_further_terms_are_added_to_them(train, folder, tmp_path):
    with_terms(train, folder, tmp_path, "old0", "of the later texts")
    text = write(tmp_path / "new.txt", [*SECOND, "bank1 of the later texts bank2"])
    further = write(tmp_path / "further.txt", ["new1", "old0", "new1"])
    found = update_table(tmp_path / "table", [str(text)], overrides={"paths.terms": str(further)})
    assert {"old0", "new1", "of the later texts"} <= set(found.table.words)
    assert found.state.terms == [("new1",), ("old0",), ("of", "the", "later", "texts")]
    found.to_disk(tmp_path / "again")
    again = update_table(tmp_path / "again", [str(write(tmp_path / "third.txt", ["bank1 bank2"]))])
    assert {"old0", "new1", "of the later texts"} <= set(again.table.words)


# The command


def run(*args, code=0):
    result = CliRunner().invoke(domain_vectors_cli, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def table(first, tmp_path):
    shutil.copytree(first, tmp_path / "table")
    return tmp_path / "table"


@pytest.mark.slow
def test_the_command_writes_beside_the_table(table, folder, updated):
    before = files_of(table)
    said = run("update", table, folder / "second.txt", "--n-jobs", 1)
    output = table.with_name("table_updated")
    assert "New words: " in said
    assert f"Saved the table to {output}" in " ".join(said.split())
    assert sorted(path.name for path in table.parent.iterdir()) == ["table", "table_updated"]
    updated.to_disk(table.with_name("expected"))
    assert files_of(output) == files_of(table.with_name("expected"))
    assert json.loads((output / "changes.json").read_text())["new_words"] == updated.changes.new_words
    assert (output / COUNTS / "meta.json").is_file()
    assert files_of(table) == before


@pytest.mark.slow
def test_the_command_has_an_output_and_overrides(table, folder, tmp_path):
    args = ["--output", tmp_path / "mine", "--silent", "--n-jobs", 1, "--storage.dtype", "float32"]
    assert run("update", table, folder / "second.txt", *args) == ""
    assert VectorTable.from_disk(tmp_path / "mine").vectors.dtype == "float32"
    assert not table.with_name("table_updated").exists()


# What can't be


def test_a_table_without_counts_is_refused(table, folder):
    shutil.rmtree(table / COUNTS)
    with pytest.raises(DomainVectorsError, match=r"DV049.*table' has no counts.*PpmiSvd"):
        update_table(table, [str(folder / "second.txt")])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.DV114")  # one epoch fits nothing
def test_a_table_of_another_trainer_has_no_counts(train, folder, tmp_path):
    trained = train("first.txt", more='@misc = "spacy_domainvec.Word2Vec.v1"\nepochs = 1')
    assert trained.state is None
    save_trained(trained.table, trained.state, tmp_path / "table")
    assert not (tmp_path / "table" / COUNTS).exists()
    with pytest.raises(DomainVectorsError, match="DV049"):
        update_table(tmp_path / "table", [str(folder / "second.txt")])


def test_damaged_counts_are_told(table, folder):
    (table / COUNTS / "rows.npy").unlink()
    with pytest.raises(DomainVectorsError, match=r"DV042.*counts"):
        update_table(table, [str(folder / "second.txt")])


@pytest.mark.slow
def test_counts_of_another_table_are_told(table, train, folder, tmp_path):
    other = train("first.txt", "second.txt")
    save_trained(other.table, other.state, tmp_path / "other")
    shutil.rmtree(table / COUNTS)
    shutil.copytree(tmp_path / "other" / COUNTS, table / COUNTS)
    with pytest.raises(DomainVectorsError, match=r"DV042.*counts.*n_tokens is \d+, and \d+ in the table"):
        update_table(table, [str(folder / "second.txt")])


@pytest.mark.slow
def test_a_table_that_names_no_base_must_be_told_which(table, folder):
    old = VectorTable.from_disk(table)
    meta = {name: value for name, value in old.meta.items() if name != "base"}
    save_trained(replace(old, meta=meta), State.from_disk(table / COUNTS), table)
    with pytest.raises(DomainVectorsError, match="DV089.*--base"):
        update_table(table, [str(folder / "second.txt")])
    found = update_table(table, [str(folder / "second.txt")], old.base_name)
    assert found.table.meta["base"]["name"] == old.base_name


def test_functions_of_others_are_not_called(table, folder):
    meta = json.loads((table / "meta.json").read_text())
    meta["config"]["trainer"] = {"@misc": "spacy.first_longest_spans_filter.v1"}
    meta.pop("sha256")
    (table / "meta.json").write_bytes(sealed(meta))
    with pytest.raises(DomainVectorsError, match="DV022.*DV088.*first_longest"):
        update_table(table, [str(folder / "second.txt")])


def test_another_base_is_refused(table, folder, tmp_path):
    make_base(seed=9).to_disk(tmp_path / "other")
    with pytest.raises(DomainVectorsError, match="DV008"):
        update_table(table, [str(folder / "second.txt")], str(tmp_path / "other"))
    with pytest.raises(DomainVectorsError, match="DV062"):
        update_table(table, [str(folder / "second.txt")], str(tmp_path / "nowhere"))


@pytest.mark.slow
def test_the_base_can_lie_elsewhere(table, folder, base_path, tmp_path, updated):
    shutil.copytree(base_path, tmp_path / "moved")
    found = update_table(table, [str(folder / "second.txt")], str(tmp_path / "moved"))
    assert found.table.meta["base"]["name"] == str(tmp_path / "moved")
    assert np.array_equal(found.table.vectors[:], updated.table.vectors[:])


@pytest.mark.slow
def test_new_texts_that_are_not_there_leave_nothing_behind(table, tmp_path):
    before = files_of(tmp_path)
    said = run("update", table, tmp_path / "nowhere.txt", "--n-jobs", 1, code=1)
    assert "DV030" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table"]
    assert files_of(tmp_path) == before


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"trainer.window": 3}, "DV041.*window is 10 in one and 3"),
        ({"trainer.subsample": 0.02}, "DV041.*subsample is 0.01 in one and 0.02"),
        ({"system.seed": 4}, "DV041.*seed is 0 in one and 4"),
        ({"corpus.attr": "ORTH"}, "DV041.*attr is LOWER in one and ORTH"),
        ({"trainer.windw": 4}, "DV060.*windw"),
    ],
)
def test_settings_that_do_not_fit_the_counts_are_refused(table, folder, overrides, code):
    with pytest.raises(DomainVectorsError, match=code):
        update_table(table, [str(folder / "second.txt")], overrides=overrides)


def test_further_trainers_are_refused(table, folder):
    block = {"@misc": "spacy_domainvec.Word2Vec.v1", "vector_size": SIZE, "epochs": 1}
    with pytest.raises(DomainVectorsError, match="DV041.*more_trainers is none in one and some"):
        update_table(table, [str(folder / "second.txt")], overrides={"more_trainers": {"other": block}})


@pytest.mark.slow
@pytest.mark.parametrize("text", ["bank1", "unheard of"])
def test_few_new_texts_are_enough(table, tmp_path, text):
    found = update_table(table, [str(write(tmp_path / "few.txt", [text]))])
    assert found.table.meta["n_texts"] == 301
    assert found.changes.new_words == []
    assert found.changes.mean_cosine > 0.98


@pytest.mark.slow
def test_the_number_of_processes_does_not_matter(table, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SMALLEST", 2**14)
    monkeypatch.setattr(jobs, "FEWEST_TOKENS", 2**11)
    monkeypatch.setattr(jobs, "MOST_TOKENS", 2**11)
    for n_jobs in (1, 2):
        output = tmp_path / f"out{n_jobs}"
        with running(output, n_jobs) as work:
            update_table(table, [str(folder / "second.txt")], jobs=work).to_disk(output)
        assert not (tmp_path / f"out{n_jobs}.work").exists()
    assert files_of(tmp_path / "out1") == files_of(tmp_path / "out2")
