"""Install a packaged pipeline in a clean virtual environment, use it there, and show the results of the evaluation."""

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import srsly
from wasabi import msg

from spacy_domainvec.console import show_report
from spacy_domainvec.evaluate import Report

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
    args = parser.parse_args()
    package = args.wheel.name.split("-")[0]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        msg.info(f"Installing {args.wheel.name} in a clean virtual environment")
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, PROJECT, args.wheel.resolve()], check=True)
        msg.good(f"spacy.load({package!r}), from there:")
        subprocess.run([python, "-I", "-c", USE, package, TEXT], check=True, cwd=folder)
    show_report(msg, Report(**srsly.read_json(args.metrics)))
    msg.good(f"The package to install: {args.wheel}")


if __name__ == "__main__":
    main()
