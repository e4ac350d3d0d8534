"""Install a packaged pipeline in a clean virtual environment, use it there, and show the results of the evaluation."""

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import srsly

from spacy_domainvec.console import Console, report_table
from spacy_domainvec.evaluation.report import Report

PROJECT = Path(__file__).resolve().parent.parent
TEXT = "Why was I charged an overdraft fee?"
USE = """
import sys, spacy
nlp = spacy.load(sys.argv[1])
for token in nlp(sys.argv[2]):
    print(f"{token.text:<10} token._.dvec = {token._.dvec[:4].round(3)} ... {token._.dvec.shape}")
"""


def main() -> None:
    """Run the check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--metrics", type=Path, required=True, help="JSON file of 'domain-vectors evaluate'")
    parser.add_argument("--output", type=Path, required=True, help="Text file for the results")
    args = parser.parse_args()
    package = args.wheel.name.split("-")[0]
    console = Console()
    console.show(f"Installing {args.wheel.name} in a clean virtual environment")
    with tempfile.TemporaryDirectory() as folder:
        used = use_in_clean_environment(args.wheel.resolve(), package, folder)
    console.good(f"spacy.load({package!r}), from there:")
    report = report_table(Report(**srsly.read_json(args.metrics)))
    console.show(used + report)
    args.output.write_text(used + report, encoding="utf8")
    console.good(f"The package to install: {args.wheel}")


def use_in_clean_environment(wheel: Path, package: str, folder: str) -> str:
    """Install the wheel, and what it needs, and return what the pipeline prints there."""
    # The pip at hand installs into the environment: putting a pip of its own there would take longer.
    venv.create(folder, with_pip=False)
    python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-compile", PROJECT, wheel], check=True)
    command: list[str | Path] = [python, "-I", "-c", USE, package, TEXT]
    return subprocess.run(command, check=True, cwd=folder, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
