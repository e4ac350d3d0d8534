"""Turn a CSV with the columns text and label into a .spacy file for `spacy train`, all of it or a few texts a label."""

import argparse
import random
from collections import defaultdict
from pathlib import Path

import spacy
from spacy.tokens import DocBin

from spacy_domainvec.evaluation.labelled import read_labelled


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--shots", type=int, help="Texts to draw of each label. Default: all")
    parser.add_argument("--seed", type=int, default=0, help="Another seed is another draw")
    parser.add_argument("--lang", default="en")
    args = parser.parse_args()
    n_texts, n_labels = convert(args.csv, args.output, args.shots, args.seed, args.lang)
    print(f"{args.output}: {n_texts:,} texts of {n_labels} labels")


def convert(source: Path, output: Path, shots: int | None = None, seed: int = 0, lang: str = "en") -> tuple[int, int]:
    """Read, draw, shuffle and write; returns how many texts and labels there are."""
    labelled, drawing = read_labelled(source), random.Random(seed)
    texts_of: dict[str, list[str]] = defaultdict(list)
    for text, label in zip(labelled.texts, labelled.labels):
        texts_of[label].append(text)
    drawn = {label: drawing.sample(texts, min(shots or len(texts), len(texts))) for label, texts in texts_of.items()}
    pairs = [(text, label) for label, texts in drawn.items() for text in texts]
    drawing.shuffle(pairs)
    nlp, docs = spacy.blank(lang), DocBin()
    for text, label in pairs:
        doc = nlp.make_doc(text)
        doc.cats = {other: float(other == label) for other in drawn}
        docs.add(doc)
    output.parent.mkdir(parents=True, exist_ok=True)
    docs.to_disk(output)
    return len(pairs), len(drawn)


if __name__ == "__main__":
    main()
