"""How much faster is counting and factorizing than gensim's Word2Vec and FastText, on the same tokens?

usage: python tests/benchmarks/training_speed.py [CORPUS] [--base NAME] [--repeat N] [--fasttext]

Prints, for each pair of runs, the seconds of count + PpmiSvd with default settings and two workers, rare words folded
in, those of gensim's Word2Vec (skip-gram, 300 dimensions, window 5, 5 epochs, 2 workers, the same vocabulary), and the
ratio; with --fasttext once more for gensim's FastText of the same settings.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import spacy

from spacy_domainvec.corpus.texts import Corpus
from spacy_domainvec.corpus.tokenize import tokenize
from spacy_domainvec.corpus.tokenized import TokenizedCorpus
from spacy_domainvec.counting.cooccurrence import Cooccurrence, count
from spacy_domainvec.counting.fold_ins import choose_fold_ins
from spacy_domainvec.counting.vocabulary import build_vocabulary
from spacy_domainvec.learning.ppmi_svd import ppmi_svd
from spacy_domainvec.learning.trainer_data import TrainingData
from spacy_domainvec.table.base_vectors import BaseTable
from spacy_domainvec.util.jobs import Jobs

DEMO = Path(__file__).resolve().parent.parent.parent / "assets" / "complaints.txt.xz"
THEIRS = {"vector_size": 300, "window": 5, "sg": 1, "epochs": 5, "workers": 2, "min_count": 1}


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", default=str(DEMO))
    parser.add_argument("--base", default="blank:en", help="pipeline whose tokenizer is used")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--fasttext", action="store_true", help="minutes, once")
    args = parser.parse_args()
    # Worker processes import this file, and need no gensim.
    from gensim.models import FastText, Word2Vec

    nlp = spacy.blank("en") if args.base == "blank:en" else spacy.load(args.base)

    def tokenized(folder: str) -> TokenizedCorpus:
        return tokenize(Corpus(args.corpus), nlp, Jobs(Path(folder), 2)).tokens

    with tempfile.TemporaryDirectory() as folder:
        tokens = tokenized(folder)
        vocabulary = build_vocabulary(tokens, min_count=3, max_vocab=20_000)
        fold_ins = choose_fold_ins(tokens, vocabulary, 2, {}, [])

        def our_seconds() -> float:
            # As in a build, the text was tokenized just before, so that the worker processes are there.
            with tempfile.TemporaryDirectory() as scratch:
                tokenized(scratch)
            return seconds(train)

        def train() -> None:
            # A folder of its own, as counts that are there are not made again.
            with tempfile.TemporaryDirectory() as scratch:
                jobs = Jobs(Path(scratch), 2)

                def counted(window: int, subsample: float) -> Cooccurrence:
                    return count(tokens, vocabulary, fold_ins, jobs, window, subsample)

                base = BaseTable(nlp.vocab.vectors)
                ppmi_svd()(TrainingData(tokens, vocabulary, fold_ins, base, args.base, counted, seed=0))

        words = set(vocabulary.words)
        # gensim reads from memory here, as its training would wait for the conversion otherwise.
        sentences = [[word for word in sentence if word in words] for sentence in tokens.sentences()]
        ratios = []
        for _ in range(args.repeat):
            ours = our_seconds()
            theirs = seconds(lambda: Word2Vec(sentences, **THEIRS))
            ratios.append(theirs / ours)
            print(f"count + PpmiSvd {ours:6.2f} s    Word2Vec {theirs:6.2f} s    {ratios[-1]:.2f} times faster")
        median = statistics.median(ratios)
        print(f"{tokens.n_tokens:,} tokens, {len(vocabulary):,} words: {median:.2f} times faster (median)")
        if args.fasttext:
            ours, theirs = our_seconds(), seconds(lambda: FastText(sentences, **THEIRS))
            print(f"count + PpmiSvd {ours:6.2f} s    FastText {theirs:6.2f} s    {theirs / ours:.2f} times faster")


if __name__ == "__main__":
    main()
