"""How much longer does DvecVectorizer.transform take than the tokenizer alone?

usage: python tests/benchmarks/vectorizer_speed.py PIPELINE [--texts FILE] [--n N] [--repeat N]

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

import spacy

from spacy_domainvec.evaluation.labelled import read_labelled
from spacy_domainvec.sklearn import DvecVectorizer

TEXTS = Path(__file__).resolve().parent.parent.parent / "assets" / "banking77_train.csv"


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline")
    parser.add_argument("--texts", type=Path, default=TEXTS, help="CSV with the column text")
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    args = parser.parse_args()
    known = read_labelled(args.texts).texts
    texts = list(islice(cycle(known), args.n))
    ratios = []
    for _ in range(args.repeat):
        alone, both = spacy.load(args.pipeline), spacy.load(args.pipeline)
        tokenizer = seconds(lambda nlp=alone: deque(map(nlp.tokenizer, texts), maxlen=0))
        transform = seconds(lambda nlp=both: DvecVectorizer(nlp).transform(texts))
        ratios.append(transform / tokenizer)
        print(f"tokenizer {tokenizer:5.2f} s    transform {transform:5.2f} s    {ratios[-1]:.2f} times")
    print(f"{args.n:,} texts, {len(known):,} different: {statistics.median(ratios):.2f} times (median)")


if __name__ == "__main__":
    main()
