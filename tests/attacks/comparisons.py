"""Kills and interruptions of `compare` at random moments, once or several times, until it is let run to its end.

Whatever the moments: the output is there only at the end, whole; it says what it says undisturbed, but for times; and
neither a work folder nor a process is left.
"""

import json
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

# They are imported once, before any fork.
import gensim.models  # noqa: F401
import sklearn.feature_extraction.text
import sklearn.linear_model  # noqa: F401
from conftest import FEW_EXCEPTIONS
from forked import SMALL, TRACEBACK, Command, Started, copied, make_data, run
from spacy.lang.en import English
from tally import Tally

import spacy_domainvec.comparison.compare
import spacy_domainvec.pages.written  # noqa: F401

COMPARE = Command(
    "compare",
    (
        *("compare", "texts.txt", "--base", "base", "--output", "out", "--n-jobs", "1", "--labelled", "labelled.csv"),
        *("--routes", "base,replace,domain,tfidf", *SMALL),
    ),
)
UNLABELLED = Command("compare without labels", (*COMPARE.args[:8], "--routes", "base,weighted", *SMALL))
# What holds times, or is written with them.
TIMED = ("costs", "seconds", "advice")
MOST_STOPS = 3


def result(folder: Path) -> Any:
    """What a comparison has found, without times. RETURNS: None if it is not there."""
    file = folder / "out" / "compare.json"
    return _untimed(json.loads(file.read_bytes())) if file.exists() else None


def _untimed(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _untimed(value) for name, value in data.items() if name not in TIMED}
    return [_untimed(value) for value in data] if isinstance(data, list) else data


def attack(command: Command, folder: Path, wanted: Any, seconds: float, rng: random.Random) -> str | None:
    """Stop a comparison at random moments, and let it run. RETURNS: What went wrong."""
    names = {path.name for path in folder.iterdir()}
    for _ in range(rng.randint(1, MOST_STOPS)):
        number = rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGINT))
        started = Started(command, folder)
        time.sleep(rng.random() * seconds)
        started.send(number)
        _, said = started.wait()
        at = f"{command.name}, {number.name}"
        if TRACEBACK in said:
            return f"{at}: {said[-800:]}"
        if result(folder) not in (None, wanted):
            return f"{at}: another result"
        if started.orphans():
            return f"{at}: processes are left"
    if fault := run(command, folder):
        return fault
    if result(folder) != wanted:
        return f"{command.name}: not the result that it has undisturbed"
    litter = {path.name for path in folder.iterdir()} - names - {"out"}
    return f"{command.name}: {litter} left behind" if litter else None


def main() -> None:
    """Attack comparisons with labels and without."""
    tally = Tally("kills of comparisons", long=40, short=1)
    rng = random.Random(tally.seed)
    # The base is loaded many times.
    English.Defaults.tokenizer_exceptions = FEW_EXCEPTIONS
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        make_data(data)
        known = []
        for i, command in enumerate((COMPARE, UNLABELLED)[: tally.planned]):
            folder = copied(data, Path(scratch) / f"whole{i}")
            start = time.monotonic()
            assert (fault := run(command, folder)) is None, fault
            known.append((command, result(folder), time.monotonic() - start))
        for i in range(tally.planned):
            command, wanted, seconds = known[i % len(known)]
            folder = copied(data, Path(scratch) / f"try{i}")
            tally.check(attack(command, folder, wanted, seconds, rng))
            shutil.rmtree(folder)
    tally.close()


if __name__ == "__main__":
    main()
