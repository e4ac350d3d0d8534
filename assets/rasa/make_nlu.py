"""Make training and test data for Rasa from two CSV files with the columns text and label, as those of Banking77."""

import argparse
import random
from collections import defaultdict
from pathlib import Path

from spacy_domainvec.evaluation.labelled import read_labelled


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", type=Path)
    parser.add_argument("output", type=Path, help="The .yml file")
    parser.add_argument("--shots", type=int, help="Texts to draw of each label. Default: all")
    parser.add_argument("--labels", type=int, help="How many labels, evenly picked. Default: all")
    parser.add_argument("--seed", type=int, default=0, help="Another seed is another draw")
    args = parser.parse_args()
    drawn = draw(args.csv, args.shots, args.labels, args.seed)
    args.output.write_text(nlu(drawn), encoding="utf8")
    print(f"{args.output}: {sum(map(len, drawn.values())):,} texts of {len(drawn)} intents")


def draw(path: Path, shots: int | None = None, labels: int | None = None, seed: int = 0) -> dict[str, list[str]]:
    """Texts by label, in the order of the labels, shuffled."""
    labelled, drawing = read_labelled(path), random.Random(seed)
    by_label: dict[str, list[str]] = defaultdict(list)
    for text, label in zip(labelled.texts, labelled.labels):
        by_label[label].append(" ".join(text.split()))
    kept = sorted(by_label)[:: len(by_label) // (labels or len(by_label))][:labels]
    drawn = {label: drawing.sample(by_label[label], len(by_label[label])) for label in kept}
    return {label: texts[:shots] for label, texts in drawn.items()}


def nlu(texts_of: dict[str, list[str]]) -> str:
    """The texts in Rasa's format for training data."""
    lines = ['version: "3.1"', "nlu:"]
    for label, texts in texts_of.items():
        lines += [f"- intent: {label}", "  examples: |", *(f"    - {text}" for text in texts)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
