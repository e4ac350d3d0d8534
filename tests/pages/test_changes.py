import json
import random

import numpy as np
import pytest
from conftest import FREQUENT, TOPICS, make_texts
from typer.testing import CliRunner

from spacy_domainvec.build.update import compare
from spacy_domainvec.cli import domain_vectors_cli
from spacy_domainvec.table.table import VectorTable


def run(*args, code=0):
    result = CliRunner().invoke(domain_vectors_cli, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def table(tmp_path_factory, base_path, corpus_path):
    folder = tmp_path_factory.mktemp("trained")
    (folder / "c.cfg").write_text(
        "[trainer]\nvector_size = 8\nsubsample = 0.01\n[storage]\n[storage.subwords]\nn_rows = 64\n"
    )
    paths = ["--paths.corpus", corpus_path, "--paths.base", base_path]
    run("train", folder / "c.cfg", folder / "table", "--n-jobs", 1, *paths)
    return folder / "table"


@pytest.fixture
def july(tmp_path):
    texts = make_texts(200, seed=1)
    # A new term among fruit, and a word of banks that now stands among trains.
    texts = [text.replace("fruit3", "zorp") for text in texts]
    rng = random.Random(0)
    texts += [" ".join(rng.choices([*TOPICS["train"], *["bank7"] * 6], k=12)) for _ in range(100)]
    (tmp_path / "july.txt").write_text("\n".join(texts))
    return tmp_path / "july.txt"


@pytest.mark.slow
def test_the_page_shows_new_terms_and_words_that_drifted(table, july, corpus_path, tmp_path):
    args = ["--output", tmp_path / "o", "--report", tmp_path / "p.html", "--n-jobs", 1]
    result = run("update", table, july, *args, "--before", corpus_path)
    assert f"Saved the page to {tmp_path / 'p.html'}" in result.output
    page = json.loads((tmp_path / "p.json").read_text())
    new, drifted = page["changes"]["new"], page["changes"]["drifted"]
    old, updated = VectorTable.from_disk(table), VectorTable.from_disk(tmp_path / "o")
    expected = compare(old, updated)
    assert [word["word"] for word in new] == ["zorp"] == expected.new_words
    assert new[0]["kind"] == "new" and sum("fruit" in near for near in new[0]["after"]) > 4
    assert all("zorp" in one for one in new[0]["examples"]) and len(new[0]["examples"]) == 2
    frequent = [(word, cosine) for word, cosine in expected.moved if word not in FREQUENT]
    assert [(one["word"], one["cosine"]) for one in drifted] == frequent[:40]
    first = next(one for one in drifted[:6] if one["word"] == "bank7")
    for table_then, near in ((old, first["before"]), (updated, first["after"])):
        vector = table_then.vectors[table_then.words.index("bank7")]
        nearest = [word for word, _ in table_then.most_similar(vector, 20, without="bank7")]
        assert (
            near
            == [word for word in nearest if word not in FREQUENT and (word != "zorp" or near is first["after"])][:8]
        )
    texts = [corpus_path.read_text(), july.read_text()]
    for text, name in zip(texts, ("examples_before", "examples")):
        assert first[name] and all(one.strip("… ") in text and "bank7" in one for one in first[name])


@pytest.mark.slow
def test_the_table_may_be_replaced_and_sentences_kept_out(table, july, corpus_path, tmp_path):
    args = ["--report", tmp_path / "p.html", "--before", corpus_path, "--no-examples", "--n-jobs", 1]
    run("update", table, july, "--output", tmp_path / "o", *args)
    run("update", tmp_path / "o", july, "--output", tmp_path / "o", *args)
    page = json.loads((tmp_path / "p.json").read_text())
    assert page["changes"]["drifted"] and not page["changes"]["new"]
    assert not any(one["examples"] or one["examples_before"] for one in page["changes"]["drifted"])
    assert "no sentences" in (tmp_path / "p.html").read_text()


@pytest.mark.slow
def test_a_page_that_cant_be_written_is_told_before_the_work(table, july, tmp_path):
    (tmp_path / "mine.html").write_text("mine")
    for page in (tmp_path / "mine.html", table / "p.html", tmp_path / "o" / "p.html"):
        result = run("update", table, july, "--output", tmp_path / "o", "--report", page, code=1)
        assert len(result.stderr.splitlines()) == 1 and not (tmp_path / "o").exists()
    assert np.any(VectorTable.from_disk(table).counts)
