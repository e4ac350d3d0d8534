"""How much faster is counting and factorizing than gensim's Word2Vec, on the same tokens?

usage: python tests/benchmarks/training_speed.py [CORPUS] [--base NAME] [--repeat N]

Prints, for each pair of runs, the seconds of count + PpmiSvd with default settings, rare words folded in, those of
gensim's Word2Vec (skip-gram, 300 dimensions, window 5, 5 epochs, 2 workers, the same vocabulary), and the ratio.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import spacy
from gensim.models import Word2Vec

from spacy_domainvec.cooccurrence import build_vocabulary, count
from spacy_domainvec.corpus import Corpus, tokenize
from spacy_domainvec.general import GeneralVectors
from spacy_domainvec.keywords import choose_spans
from spacy_domainvec.spans import count_contexts
from spacy_domainvec.trainers import ppmi_svd
from spacy_domainvec.training import TrainingData

DEMO = Path(__file__).resolve().parent.parent.parent / "assets" / "complaints.txt.xz"


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", default=str(DEMO))
    parser.add_argument("--base", default="blank:en", help="pipeline whose tokenizer is used")
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    nlp = spacy.blank("en") if args.base == "blank:en" else spacy.load(args.base)
    with tempfile.TemporaryDirectory() as folder:
        tokens = tokenize(Corpus(args.corpus), nlp, folder)
        vocabulary = build_vocabulary(tokens, min_count=3, max_vocab=20_000)
        spans = choose_spans(tokens, vocabulary, 2, [], [])
        data = TrainingData(
            tokens,
            vocabulary,
            spans,
            GeneralVectors(nlp.vocab.vectors),
            args.base,
            lambda window, subsample: count(tokens, vocabulary, window, subsample),
            lambda window, subsample: count_contexts(tokens, spans, vocabulary, window, subsample),
            seed=0,
        )
        words = set(vocabulary.words)
        # gensim reads from memory here, as its training would wait for the conversion otherwise.
        sentences = [[word for word in sentence if word in words] for sentence in tokens.sentences()]
        ratios = []
        for _ in range(args.repeat):
            ours = seconds(lambda: ppmi_svd()(data))
            theirs = seconds(
                lambda: Word2Vec(sentences, vector_size=300, window=5, sg=1, epochs=5, workers=2, min_count=1)
            )
            ratios.append(theirs / ours)
            print(f"count + PpmiSvd {ours:6.2f} s    Word2Vec {theirs:6.2f} s    {ratios[-1]:.2f} times faster")
    print(
        f"{tokens.n_tokens:,} tokens, {len(vocabulary):,} words: {statistics.median(ratios):.2f} times faster (median)"
    )


if __name__ == "__main__":
    main()
