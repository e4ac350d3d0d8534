import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from conftest import WIDTH, make_texts
from typer.testing import CliRunner

from spacy_domainvec.arguments import split_overrides
from spacy_domainvec.cli import domain_vectors_cli

SMALL = ["--trainer.vector_size", str(WIDTH), "--trainer.subsample=0.01"]
COMMANDS = ["build", "train", "merge", "evaluate", "compare", "report", "neighbors", "sizes", "export"]


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


@pytest.mark.slow
def test_the_commands_are_spacys():
    done = subprocess.run(
        [sys.executable, "-m", "spacy", "domain-vectors", "--help"], capture_output=True, text=True, check=True
    )
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_has_an_example(run, command):
    assert f"EXAMPLE: python -m spacy domain-vectors {command}" in " ".join(run(command, "--help").output.split())


@pytest.mark.slow
def test_build_says_what_it_made_and_where(run, base_path, corpus_path, tmp_path):
    result = run("build", corpus_path, "--base", base_path, "--output", tmp_path / "out", "--name", "mine", *SMALL)
    lines = result.output.splitlines()
    assert len(lines) == 4
    assert "124 words and 0 phrases from 16,000 tokens of 800 texts" in lines[0]
    assert "All other words from 12,288 rows of character n-grams" in lines[1]
    assert "No document maps: 0 pairs of sentences, of 2,000 that one needs" in lines[2]
    assert f"Saved the pipeline en_mine: spacy.load('{tmp_path / 'out'}')" in lines[3]
    assert spacy.load(tmp_path / "out").get_pipe("domain_vectors").width == WIDTH


@pytest.mark.slow
def test_train_and_merge_make_what_build_makes(run, base_path, corpus_path, pipeline, tmp_path):
    (tmp_path / "config.cfg").write_text(f'[paths]\ncorpus = "{corpus_path}"\n[trainer]\nsubsample = 0.01\n')
    given = ["--paths.base", base_path, "--trainer.vector_size", WIDTH]
    assert "Saved the table" in run("train", tmp_path / "config.cfg", tmp_path / "table", *given).output
    run("merge", base_path, tmp_path / "table", tmp_path / "out")
    files = [path.relative_to(pipeline) for path in pipeline.rglob("*") if path.is_file()]
    assert len(files) > 10
    for file in files:
        assert (tmp_path / "out" / file).read_bytes() == (pipeline / file).read_bytes(), file


@pytest.mark.slow
def test_standard_input_is_a_corpus(base_path, tmp_path, python):
    command = [python, "-m", "spacy", "domain-vectors", "build", "-", "--base", str(base_path)]
    done = subprocess.run(
        [*command, "--output", str(tmp_path / "out"), *SMALL], input="\n".join(make_texts(200)), text=True, check=True,
        capture_output=True,
    )  # fmt: skip
    assert "of 200 texts" in done.stdout
    # Nobody watches, so there are no bars.
    assert done.stderr == ""


@pytest.mark.slow
def test_silent_is_silent(run, base_path, corpus_path, tmp_path):
    given = [corpus_path, "--base", base_path, "--output", tmp_path / "out", "--silent", *SMALL]
    assert run("build", *given).output == ""


@pytest.mark.slow
def test_evaluate_prints_a_table_and_writes_numbers(run, base_path, pipeline, tmp_path):
    rows = ["text,label", *(f"{topic}{i} {topic}{i + 1},{topic}" for topic in ("bank", "music") for i in range(20))]
    (tmp_path / "a.csv").write_text("\n".join(rows))
    labels = ["--labelled", tmp_path / "a.csv", "--test", tmp_path / "a.csv", "--shots", 3]
    result = run("evaluate", pipeline, "--base", base_path, *labels, "--json", tmp_path / "numbers.json")
    assert "accuracy, 3 texts a label" in result.output
    assert "MB on disk" in result.output
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert numbers["few_shot"]["3"]["dvec"] == 1.0


@pytest.mark.slow
def test_evaluate_covers_a_text(run, base_path, pipeline, corpus_path):
    result = run("evaluate", pipeline, "--base", base_path, "--text", corpus_path)
    assert "words with a vector       100.00%" in result.output


def test_evaluate_needs_both_or_neither(run, base_path, pipeline, tmp_path):
    assert "--test" in run("evaluate", pipeline, "--base", base_path, "--labelled", tmp_path / "a.csv", code=2).output


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_bases_names_can_be_left_out(run, base_path, pipeline, tmp_path):
    table = pipeline / "domain_vectors" / "table"
    run("merge", base_path, table, tmp_path / "out", "--shrink-base")
    small, whole = (path / "vocab" / "strings.json" for path in (tmp_path / "out", pipeline))
    assert small.stat().st_size < whole.stat().st_size
    assert spacy.load(tmp_path / "out")("fruit9")._.has_dvec


@pytest.mark.slow
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


@pytest.mark.slow
def test_vectors_of_others_are_merged_like_a_table(run, base_path, pipeline, tmp_path):
    run("export", pipeline, tmp_path / "v.bin", "--format", "word2vec")
    result = run("merge", base_path, tmp_path / "v.bin", tmp_path / "out", "--name", "given")
    assert "phrases from the vectors given" in result.output
    assert "Saved the pipeline en_given" in result.output
    nlp = spacy.load(tmp_path / "out")
    assert nlp("bank1")[0]._.dvec_similarity(nlp("bank2")) > nlp("bank1")[0]._.dvec_similarity(nlp("music2"))


@pytest.mark.slow
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


@pytest.mark.slow
def test_neighbors_answers_for_every_word_that_has_a_vector(run, pipeline):
    result = run("neighbors", pipeline, " ", "bank1", "", "music3's", "-n", 3)
    titles = [line for line in result.stdout.splitlines() if line.startswith(("bank1", "music3"))]
    assert titles[0] == "bank1" and any(title.startswith("music3 's: ") for title in titles)
    assert [line.split(" has no")[0] for line in result.stderr.splitlines()] == [
        "✘ [DV005] The word ' '",
        "✘ [DV005] The word ''",
    ]
    assert len(run("neighbors", pipeline, " ", "", code=1).stderr.splitlines()) == 2


BUILD = ["build", "{corpus}", "--base", "{base}", "--output", "{tmp}/o"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["build", "nowhere.txt", "--base", "{base}", "--output", "{tmp}/o"], "[DV030] No such file or folder"),
        (["build", "", "--base", "{base}", "--output", "{tmp}/o"], "[DV045] paths.corpus = ['']"),
        (["evaluate", "{pipeline}", "--base", "{base}", "--text", ""], "[DV056] An empty path"),
        (["export", "{pipeline}", "{tmp}/o", "--text", ""], "[DV056] An empty path"),
        (["build", "{corpus}", "--base", "nowhere", "--output", "{tmp}/o"], "[DV062] The pipeline 'nowhere'"),
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
        (
            ["export", "{pipeline}", "{tmp}/o", "--max-rows", "0"],
            "[DV045] --max-rows = 0: expected a whole number from 1",
        ),
        (["neighbors", "{pipeline}", "bank1", "-n", "-3"], "[DV045] --n = -3"),
        (["evaluate", "{pipeline}", "--base", "{base}", "--shots", "5", "--shots", "0"], "[DV045] --shots = 0"),
        (["evaluate", "{pipeline}", "--base", "{base}", "--shots", "9" * 20], "[DV045] --shots = 9"),
        (["sizes", "{pipeline}/domain_vectors/table", "--shots", "-1"], "[DV045] --shots = -1"),
        ([*BUILD, "--memory", "9e20TB"], "[DV045] memory = '9e20TB'"),
        ([*BUILD, "--memory", ""], "[DV045] memory = ''"),
        ([*BUILD, "--memory", "nanGB"], "[DV045] memory = 'nanGB'"),
        ([*BUILD, "--memory=-4GB"], "[DV045] memory = '-4GB'"),
        ([*BUILD, "--n-jobs", "0"], "[DV045] n_jobs = 0"),
        ([*BUILD, "--n-jobs=-5"], "[DV045] n_jobs = -5"),
        ([*BUILD, "--name", ""], "[DV064] ''"),
        ([*BUILD, "--scheduler", ""], "[DV052] The Dask cluster at ''"),
        ([*BUILD, "--config", "{tmp}"], "[DV061] The config can't be used: [Errno 21] Is a directory: '{tmp}'"),
        ([*BUILD, "--system.seed", "4294967296"], "[DV045] system.seed = 4294967296"),
        ([*BUILD, "--trainer.window", "nan"], "[DV045] trainer.window = 'nan'"),
        ([*BUILD, "--trainer.@misc", "spacy_domainvec.Average.v1"], "[DV079] [trainer] @misc"),
        ([*BUILD, "--more_trainers.trainer.@misc", "spacy_domainvec.PpmiSvd.v1"], "[DV061]"),
        (
            ["build", "{corpus}", "--base", "pip", "--output", "{tmp}/o"],
            "[DV062] The pipeline 'pip' can't be loaded: Attr",
        ),
        (["build", "{corpus}", "--base", "", "--output", "{tmp}/o"], "[DV045] paths.base = ''"),
        (["evaluate", "", "--base", "{base}"], "[DV062] The pipeline '' can't be loaded: it is no spaCy pipeline"),
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


def test_one_argument_too_many_is_refused(run, tmp_path):
    for more in (["extra"], ["--trainer.window", "3", "extra"], ["--trainer.window=3", "extra"]):
        assert "'extra'" in run("train", "no.cfg", tmp_path / "o", *more, code=2).output


@pytest.mark.slow
def test_a_column_that_looks_like_a_number_is_read(run, base_path, tmp_path):
    for name in ("0", "2024", "null"):
        (tmp_path / "a.csv").write_text("\n".join([f"id,{name}", *(f"1,{text}" for text in make_texts(200))]))
        given = ["build", tmp_path / "a.csv", "--base", base_path, "--output", tmp_path / name, "--corpus.field", name]
        assert "of 200 texts" in run(*given, *SMALL).output


@pytest.mark.slow
def test_a_text_a_word_is_told(run, base_path, tmp_path):
    (tmp_path / "a.txt").write_text("\n".join(f"bank{i % 30}" for i in range(600)))
    for trainer in ([], ["--trainer.@misc", "spacy_domainvec.Word2Vec.v1"]):
        given = [
            "build",
            tmp_path / "a.txt",
            "--base",
            base_path,
            "--output",
            tmp_path / "o",
            "--trainer.vector_size",
            8,
        ]
        result = run(*given, *trainer, code=1)
        assert "[DV059] No two words to learn from stand near each other" in result.stderr


def test_a_pipeline_that_needs_a_missing_package_is_told(run, corpus_path, tmp_path):
    spacy.blank("en").to_disk(tmp_path / "base")
    config = (tmp_path / "base" / "config.cfg").read_text()
    config = config.replace("pipeline = []", 'pipeline = ["x"]') + '\n[components.x]\nfactory = "not_installed"\n'
    (tmp_path / "base" / "config.cfg").write_text(
        config.replace("[components]\n", "", 1).replace("[components.x]", "[components]\n\n[components.x]")
    )
    result = run("build", corpus_path, "--base", tmp_path / "base", "--output", tmp_path / "o", code=1)
    (line,) = result.stderr.splitlines()
    assert "[DV062]" in line and "Can't find factory for 'not_installed'" in line


@pytest.mark.slow
def test_the_commands_of_the_readme_work_in_an_empty_folder(base_path, tmp_path, python):
    readme = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf8")
    lines = readme.split("## Your own text")[1].split("```bash\n")[1].split("```")[0].splitlines()
    commands = [line for line in lines if "pip install" not in line]
    assert [line.split()[3] for line in commands if line.startswith("python")] == [*["domain-vectors"] * 2, "package"]
    (tmp_path / "comments.txt").write_text("\n".join(make_texts(200)))
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).write_text("\n".join(["text,label", *(f"{text},{text[-6:-2]}" for text in make_texts(40))]))
    env = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    for line in commands:
        command = line.replace("en_core_web_md", str(base_path)).replace("--build wheel", "--build none")
        command += f" {' '.join(SMALL)}" if " build comments" in line else ""
        subprocess.run(command, shell=True, cwd=tmp_path, env=env, check=True, capture_output=True)
    assert (tmp_path / "packages" / "en_my_comments-0.0.0" / "setup.py").is_file()


@pytest.mark.parametrize(
    "error", [AttributeError("load"), RecursionError(), SystemExit(3), IndexError("x\ny"), MemoryError()]
)
def test_whatever_loading_a_pipeline_raises_is_one_line(run, monkeypatch, corpus_path, tmp_path, error):
    def fail(name):
        raise error

    monkeypatch.setattr(spacy, "load", fail)
    result = run("build", corpus_path, "--base", "x", "--output", tmp_path / "o", code=1)
    (line,) = result.stderr.splitlines()
    assert f"[DV062] The pipeline 'x' can't be loaded: {type(error).__name__}" in line


def test_what_is_no_pipeline_is_told(run, monkeypatch, corpus_path, tmp_path):
    monkeypatch.setattr(spacy, "load", lambda name: {"not": "a pipeline"})
    result = run("build", corpus_path, "--base", "x", "--output", tmp_path / "o", code=1)
    assert "[DV062] The pipeline 'x' can't be loaded: it is no spaCy pipeline" in result.stderr


def test_an_unknown_option_is_refused(run, base_path, corpus_path, tmp_path):
    result = run("build", corpus_path, "--base", base_path, "--output", tmp_path / "o", "--windw", "3", code=2)
    assert "--windw" in result.output


def test_overrides_stand_among_files():
    args = ["a.txt", "--trainer.window", "3", "b.txt", "--combine.shares=[1, 2]", "--weighting.a", "null"]
    assert split_overrides(args) == (
        ["a.txt", "b.txt"],
        {"trainer.window": 3, "combine.shares": [1, 2], "weighting.a": None},
    )


@pytest.mark.slow
def test_skipped_lines_are_told_on_standard_error(run, base_path, tmp_path):
    (tmp_path / "a.txt").write_bytes("\n".join(make_texts(200)).encode() + b"\n\xff\n")
    given = ["build", tmp_path / "a.txt", "--base", base_path, "--output", tmp_path / "out", *SMALL]
    result = run(*given)
    assert "[DV101] 1 line(s) of the corpus skipped" in result.stderr
    assert run(*given, "--silent").stderr == ""
