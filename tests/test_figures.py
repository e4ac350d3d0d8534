"""The figures of README and docs are those of assets/figures.json, and a number outside of its blocks is none."""

import re
import shutil
import sys

import pytest
from benchmarks import figures

from spacy_domainvec.about import __version__

PAGES = [path.relative_to(figures.ROOT) for path in figures.pages()]
NUMBER = re.compile(
    r"\d ?%|(?<![\w.-])\d[\d.,]* (?:[kMG]B|times|(?:micro|milli)?seconds|s|us|minutes|hours|core-hours)\b"
    r"|(?<![\w.-])\d+\.\d+(?!\w|\.\d|-\d)"
)
# Versions, code and links are no figures.
NO_FIGURE = re.compile(
    r"(?:Python|Rasa|spaCy|BY|arXiv:)\s*\d+\.\d+|^```\w+\n.*?^```$|`[^`]*`|\]\([^)]*\)", re.DOTALL | re.MULTILINE
)
# What is set, or follows from what is set; and the sources' formulas.
SETTINGS = {
    "README.md": ["0.0 where"],
    "docs/how-it-works.md": ["^0.75", "0.55 n /"],
    "docs/much-text.md": ["600 MB", "4 GB", "11 GB", "5 GB", "50 GB", "40 GB", "500 GB", "400 GB", "32 GB"],
    "docs/texts.md": ["64 MB", "256 MB", "200 times", "32 MB"],
    "docs/words-and-sizes.md": ["3 times", "10 MB"],
}
# Throw-away experiments stand on one page, below one heading: they are no figures of the package.
EXPERIMENTS = {"docs/what-was-tried.md": "## Experiments\n"}


def untied(page, text):
    """The numbers of a page that look measured and stand outside of its blocks."""
    text = text.partition(EXPERIMENTS[page])[0] if page in EXPERIMENTS else text
    spoken = NO_FIGURE.sub("", figures.BLOCK.sub("", text))
    for setting in SETTINGS.get(page, []):
        spoken = re.sub(rf"(?<![\d.]){re.escape(setting)}", "", spoken)
    return [found[0] for found in NUMBER.finditer(spoken)]


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A copy of the pages and the figures."""
    for name in ("docs", "assets"):
        shutil.copytree(figures.ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.csv", "*.xz", "*.py"))
    shutil.copy(figures.ROOT / "README.md", tmp_path)
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    monkeypatch.setattr(figures, "FILE", tmp_path / "assets" / "figures.json")
    return tmp_path


@pytest.fixture
def call(monkeypatch):
    """Runs the script in this process."""

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["figures.py", *args])
        figures.main()

    return run


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_the_blocks_of_a_page_are_what_the_file_gives(page):
    text = (figures.ROOT / page).read_text(encoding="utf8")
    assert figures.shown(text, figures.read()) == text
    assert text.count("<!-- figures") == len(figures.BLOCK.findall(text))


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_has_no_figures_of_its_own(page):
    assert not untied(page.as_posix(), (figures.ROOT / page).read_text(encoding="utf8"))


def test_each_figure_is_shown():
    keys = {key for page in PAGES for _, key, _ in figures.BLOCK.findall((figures.ROOT / page).read_text("utf8"))}
    assert keys == set(figures.FIGURES)


def test_the_file_says_what_each_figure_was_measured_with():
    for key, kept in figures.read().items():
        assert kept["command"] == figures.FIGURES[key].command
        assert re.fullmatch(r"[0-9a-f]{64}", kept["code"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", kept["date"])
        assert kept["version"] and kept["cpus"] > 0
        assert re.search(r"\d", "".join(kept["printed"]))


@pytest.mark.parametrize(
    "text",
    [
        "It gains 63.0%.",
        "It gains 63 %.",
        "It is 1.3 times as fast.",
        "It takes 51 MB.",
        "F1 is 64.4.",
        "In 35 seconds.",
    ],
)
def test_a_number_that_looks_measured_is_found(text):
    assert untied("README.md", text)


@pytest.mark.parametrize("text", ["Python 3.11 or newer", "`--combine.domain_weight 0.6`", "en_core_web_md 3.7.1"])
def test_other_numbers_are_none(text):
    assert not untied("README.md", text)


def test_a_number_changed_by_hand_is_seen_and_mended(clone, call):
    page = clone / "README.md"
    text = page.read_text(encoding="utf8")
    found = next(block[0] for block in figures.BLOCK.finditer(text) if block[2] in figures.read())
    number = re.findall(r"\d+\.\d+", found)[-1]
    page.write_text(text.replace(found, found.replace(number, "99.9")), encoding="utf8")
    assert figures.shown(page.read_text(encoding="utf8"), figures.read()) != page.read_text(encoding="utf8")
    call()
    assert page.read_text(encoding="utf8") == text


def test_what_a_command_prints_is_kept_and_shown(clone, call, monkeypatch, capsys):
    others = figures.read()
    (clone / "found.txt").write_text("reading\nspeed: 1.5 times\n")
    script = "import sys; print(open(sys.argv[1]).read())"
    known = figures.Figure(f"python -c '{script}' reviews.txt", r"^speed: .*$")
    monkeypatch.setitem(figures.FIGURES, "training", known)
    call("training", "--with", f"reviews.txt={clone / 'found.txt'}")
    kept = figures.read()
    assert kept["training"]["printed"] == ["speed: 1.5 times"]
    assert kept["training"]["version"] == __version__
    assert str(clone) not in figures.FILE.read_text()
    assert {**kept, "training": None} == {**others, "training": None}
    assert f"$ {known.command}\nspeed: 1.5 times\n```" in (clone / "docs" / "settings.md").read_text(encoding="utf8")
    assert ": training\n" not in capsys.readouterr().out
    # Of another code or another command, it is not that figure.
    monkeypatch.setattr(figures, "code_hash", lambda key: "0" * 64)
    call()
    assert "of other code: training\n" in capsys.readouterr().out
    monkeypatch.setitem(figures.FIGURES, "training", figures.Figure("python -c ''"))
    call()
    assert "not measured: training\n" in capsys.readouterr().out
    assert "$ python -c ''\n(not measured yet)" in (clone / "docs" / "settings.md").read_text(encoding="utf8")


def test_a_command_that_fails_or_prints_no_figure_changes_nothing(clone, call, monkeypatch):
    before = figures.FILE.read_bytes()
    for command in ("python -c 'raise SystemExit(3)'", "python -c 'print(1)'"):
        monkeypatch.setitem(figures.FIGURES, "training", figures.Figure(command, r"^speed"))
        with pytest.raises((figures.subprocess.CalledProcessError, SystemExit)):
            call("training")
    assert figures.FILE.read_bytes() == before
