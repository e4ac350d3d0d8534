"""How much longer does DvecVectorizer.transform take than the tokenizer alone?

usage: python tests/benchmarks/vectorizer_speed.py PIPELINE [--texts FILE | --words N] [--n N] [--repeat N]

PIPELINE is one with domain vectors. Prints, for each pair of runs over N texts, the seconds of both, and the ratio.
Each run starts with a pipeline that has met no text.
"""

import argparse
import statistics
import time
from collections import deque
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import smart_open
import spacy

from spacy_domainvec.evaluation.labelled import read_labelled
from spacy_domainvec.sklearn import DvecVectorizer

ASSETS = Path(__file__).resolve().parent.parent.parent / "assets"


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def pieces(n_words: int) -> list[str]:
    """The demo's complaints in pieces of so many words."""
    with smart_open.open(ASSETS / "complaints.txt.xz", encoding="utf8") as file:
        words = file.read().split()
    return [" ".join(words[start : start + n_words]) for start in range(0, len(words), n_words)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline")
    parser.add_argument("--texts", type=Path, default=ASSETS / "banking77_train.csv", help="CSV with the column text")
    parser.add_argument("--words", type=int, help="texts of so many words, cut from the complaints, each once")
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    args = parser.parse_args()
    known = pieces(args.words) if args.words else read_labelled(args.texts).texts
    texts = known if args.words else list(islice(cycle(known), args.n))
    ratios = []
    for _ in range(args.repeat):
        alone, both = spacy.load(args.pipeline), spacy.load(args.pipeline)
        tokenizer = seconds(lambda nlp=alone: deque(map(nlp.tokenizer, texts), maxlen=0))
        transform = seconds(lambda nlp=both: DvecVectorizer(nlp).transform(texts))
        ratios.append(transform / tokenizer)
        print(f"tokenizer {tokenizer:5.2f} s    transform {transform:5.2f} s    {ratios[-1]:.2f} times")
    print(f"{len(texts):,} texts, {len(set(texts)):,} different: {statistics.median(ratios):.2f} times (median)")


if __name__ == "__main__":
    main()
