import json
import subprocess
import sys

import pytest
import spacy
from conftest import WIDTH, make_texts
from typer.testing import CliRunner

from spacy_domainvec.arguments import split_overrides
from spacy_domainvec.cli import domain_vectors_cli

SMALL = ["--trainer.vector_size", str(WIDTH), "--trainer.subsample=0.01"]
COMMANDS = ["build", "train", "merge", "evaluate", "neighbors", "sizes", "export"]


@pytest.fixture
def run():
    def command(*args, code=0):
        result = CliRunner().invoke(domain_vectors_cli, [str(arg) for arg in args])
        assert result.exit_code == code, result.output
        return result

    return command


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory, base_path, corpus_path):
    path = tmp_path_factory.mktemp("built") / "out"
    args = ["build", str(corpus_path), "--base", str(base_path), "--output", str(path), *SMALL]
    assert CliRunner().invoke(domain_vectors_cli, args).exit_code == 0
    return path


def test_the_commands_are_spacys():
    done = subprocess.run(
        [sys.executable, "-m", "spacy", "domain-vectors", "--help"], capture_output=True, text=True, check=True
    )
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_has_an_example(run, command):
    assert f"EXAMPLE: python -m spacy domain-vectors {command}" in " ".join(run(command, "--help").output.split())


def test_build_says_what_it_made_and_where(run, base_path, corpus_path, tmp_path):
    result = run("build", corpus_path, "--base", base_path, "--output", tmp_path / "out", "--name", "mine", *SMALL)
    lines = result.output.splitlines()
    assert len(lines) == 3
    assert "124 words and 0 phrases from 16,000 tokens of 800 texts" in lines[0]
    assert "All other words from 12,288 rows of character n-grams" in lines[1]
    assert f"Saved the pipeline en_mine: spacy.load('{tmp_path / 'out'}')" in lines[2]
    assert spacy.load(tmp_path / "out").get_pipe("domain_vectors").width == WIDTH


def test_train_and_merge_make_what_build_makes(run, base_path, corpus_path, pipeline, tmp_path):
    (tmp_path / "config.cfg").write_text(f'[paths]\ncorpus = "{corpus_path}"\n[trainer]\nsubsample = 0.01\n')
    given = ["--paths.base", base_path, "--trainer.vector_size", WIDTH]
    assert "Saved the table" in run("train", tmp_path / "config.cfg", tmp_path / "table", *given).output
    run("merge", base_path, tmp_path / "table", tmp_path / "out")
    files = [path.relative_to(pipeline) for path in pipeline.rglob("*") if path.is_file()]
    assert len(files) > 10
    for file in files:
        assert (tmp_path / "out" / file).read_bytes() == (pipeline / file).read_bytes(), file


def test_standard_input_is_a_corpus(base_path, tmp_path):
    command = [sys.executable, "-m", "spacy", "domain-vectors", "build", "-", "--base", str(base_path)]
    done = subprocess.run(
        [*command, "--output", str(tmp_path / "out"), *SMALL], input="\n".join(make_texts(200)), text=True, check=True,
        capture_output=True,
    )  # fmt: skip
    assert "of 200 texts" in done.stdout
    # Nobody watches, so there are no bars.
    assert done.stderr == ""


def test_silent_is_silent(run, base_path, corpus_path, tmp_path):
    given = [corpus_path, "--base", base_path, "--output", tmp_path / "out", "--silent", *SMALL]
    assert run("build", *given).output == ""


def test_evaluate_prints_a_table_and_writes_numbers(run, base_path, pipeline, tmp_path):
    rows = ["text,label", *(f"{topic}{i} {topic}{i + 1},{topic}" for topic in ("bank", "music") for i in range(20))]
    (tmp_path / "a.csv").write_text("\n".join(rows))
    labels = ["--labelled", tmp_path / "a.csv", "--test", tmp_path / "a.csv", "--shots", 3]
    result = run("evaluate", pipeline, "--base", base_path, *labels, "--json", tmp_path / "numbers.json")
    assert "accuracy, 3 texts a label" in result.output
    assert "MB on disk" in result.output
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert numbers["few_shot"]["3"]["dvec"] == 1.0


def test_evaluate_covers_a_text(run, base_path, pipeline, corpus_path):
    result = run("evaluate", pipeline, "--base", base_path, "--text", corpus_path)
    assert "words with a vector       100.00%" in result.output


def test_evaluate_needs_both_or_neither(run, base_path, pipeline, tmp_path):
    assert "--test" in run("evaluate", pipeline, "--base", base_path, "--labelled", tmp_path / "a.csv", code=2).output


def test_sizes_mark_the_knee(run, base_path, pipeline, tmp_path):
    table = pipeline / "domain_vectors" / "table"
    result = run("sizes", table, "--base", base_path, "--json", tmp_path / "sizes.json")
    assert result.output.count("<- knee") == 1
    assert "text covered" in result.output
    sizes = json.loads((tmp_path / "sizes.json").read_text())
    assert sizes[0]["plan"] == {"n_rows": 124, "dtype": "int8", "n_subwords": 12288}
    assert sizes[-1]["megabytes"] == 0
    # The base is that of the table unless another is named.
    assert run("sizes", table, "--silent").output == ""


def test_the_bases_names_can_be_left_out(run, base_path, pipeline, tmp_path):
    table = pipeline / "domain_vectors" / "table"
    run("merge", base_path, table, tmp_path / "out", "--shrink-base")
    small, whole = (path / "vocab" / "strings.json" for path in (tmp_path / "out", pipeline))
    assert small.stat().st_size < whole.stat().st_size
    assert spacy.load(tmp_path / "out")("fruit9")._.has_dvec


@pytest.mark.parametrize("format", ["spacy", "word2vec", "npz"])
def test_export_says_how_to_use_it(run, pipeline, tmp_path, format):
    output = tmp_path / "vectors.npz"
    lines = run("export", pipeline, output, "--format", format, "--max-rows", 50).output.splitlines()
    assert len(lines) == 2 and str(output) in lines[0]
    assert lines[1].startswith("✔ Saved 0.") and lines[1].endswith(f"MB to {output}")
    assert run("export", pipeline, tmp_path / "silent", "--silent", "--format", format).output == ""


def test_words_of_texts_are_exported_too(run, pipeline, tmp_path):
    (tmp_path / "more.txt").write_text("bankk1 of BANKING\n")
    run("export", pipeline, tmp_path / "v.txt", "--format", "word2vec", "--text", tmp_path / "more.txt")
    words = {line.split()[0] for line in (tmp_path / "v.txt").read_text().splitlines()[1:]}
    assert {"bankk1", "BANKING", "bank1", "BANK1"} <= words


def test_vectors_of_others_are_merged_like_a_table(run, base_path, pipeline, tmp_path):
    run("export", pipeline, tmp_path / "v.bin", "--format", "word2vec")
    result = run("merge", base_path, tmp_path / "v.bin", tmp_path / "out", "--name", "given")
    assert "phrases from the vectors given" in result.output
    assert "Saved the pipeline en_given" in result.output
    nlp = spacy.load(tmp_path / "out")
    assert nlp("bank1")[0]._.dvec_similarity(nlp("bank2")) > nlp("bank1")[0]._.dvec_similarity(nlp("music2"))


def test_a_missing_term_is_named(run, base_path, corpus_path, tmp_path):
    (tmp_path / "terms.txt").write_text("bank1\nnowhere\n")
    given = [corpus_path, "--base", base_path, "--output", tmp_path / "out", "--paths.terms", tmp_path / "terms.txt"]
    result = run("build", *given, *SMALL)
    assert "⚠ [DV105] 1 of 2 terms have no vector of their own" in result.stderr
    assert "'nowhere' (line 2) does not occur in the texts" in result.stderr


def test_neighbors_stand_side_by_side(run, pipeline):
    lines = run("neighbors", pipeline, "bank1", "music3", "-n", 3).output.splitlines()
    assert lines[0] == "bank1"
    assert lines[2].split() == ["base", "dvec"]
    assert lines[4].split()[2].startswith("bank")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["build", "nowhere.txt", "--base", "{base}", "--output", "{tmp}/o"], "[DV030] No such file or folder"),
        (["build", "", "--base", "{base}", "--output", "{tmp}/o"], "[DV056] An empty path"),
        (["evaluate", "{pipeline}", "--base", "{base}", "--text", ""], "[DV056] An empty path"),
        (["export", "{pipeline}", "{tmp}/o", "--text", ""], "[DV056] An empty path"),
        (["build", "{corpus}", "--base", "nowhere", "--output", "{tmp}/o"], "[DV062] The base pipeline 'nowhere'"),
        (["build", "{corpus}", "--base", "{base}", "--output", "{tmp}"], "[DV024] '{tmp}' exists"),
        (["build", "{corpus}", "--base", "{base}", "--output", "{tmp}/o", "--trainer.windw", "3"], "[DV060] Unknown"),
        (["build", "{corpus}", "--base", "{base}", "--output", "{tmp}/o", "--config", "no.cfg"], "[DV061] The config"),
        (["train", "no.cfg", "{tmp}/o"], "[DV061] The config"),
        (["merge", "{base}", "{tmp}", "{tmp}/o"], "[DV020] '{tmp}' is not a vector table"),
        (["evaluate", "{base}", "--base", "{base}"], "[DV065] The pipeline"),
        (["merge", "{base}", "{corpus}", "{tmp}/o"], "[DV071] '{corpus}' can't be read as vectors"),
        (["neighbors", "{pipeline}", " "], "[DV005] The word ' '"),
        (["export", "{base}", "{tmp}/o"], "[DV065] The pipeline"),
        (["export", "{pipeline}", "{tmp}"], "[DV024] '{tmp}' exists"),
        (["export", "{pipeline}", "{tmp}", "--format", "word2vec"], "[DV024] '{tmp}' exists"),
        (["export", "{pipeline}", "{tmp}/o", "--text", "no.txt"], "[DV030] No such file or folder"),
    ],
)
def test_a_users_mistake_is_one_line(run, base_path, corpus_path, pipeline, tmp_path, args, message):
    (tmp_path / "mine.txt").touch()
    shown = {"base": base_path, "corpus": corpus_path, "pipeline": pipeline, "tmp": tmp_path}
    result = run(*[arg.format(**shown) for arg in args], code=1)
    (line,) = result.stderr.splitlines()
    assert message.format(**shown) in line
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert not (tmp_path / "o").exists()


def test_without_a_corpus_there_is_nothing_to_build(run, base_path, tmp_path):
    for args in ([], ["--trainer.window", "3"]):
        run("build", *args, "--base", base_path, "--output", tmp_path / "o", code=2)


def test_an_unknown_option_is_refused(run, base_path, corpus_path, tmp_path):
    result = run("build", corpus_path, "--base", base_path, "--output", tmp_path / "o", "--windw", "3", code=2)
    assert "--windw" in result.output


def test_overrides_stand_among_files():
    args = ["a.txt", "--trainer.window", "3", "b.txt", "--combine.shares=[1, 2]", "--weighting.a", "null"]
    assert split_overrides(args) == (
        ["a.txt", "b.txt"],
        {"trainer.window": 3, "combine.shares": [1, 2], "weighting.a": None},
    )


def test_skipped_lines_are_told_on_standard_error(run, base_path, tmp_path):
    (tmp_path / "a.txt").write_bytes("\n".join(make_texts(200)).encode() + b"\n\xff\n")
    given = ["build", tmp_path / "a.txt", "--base", base_path, "--output", tmp_path / "out", *SMALL]
    result = run(*given)
    assert "[DV101] 1 line(s) of the corpus skipped" in result.stderr
    assert run(*given, "--silent").stderr == ""
