"""Random settings and options: each is refused by a line with a code, or is what the setting says that it takes.

usage: python tests/attacks/options.py [--short] [--tries N] [--seed N]

One try in 15 is a whole `train` of a tiny corpus with values from the ends of their ranges, and one in 15 a command
with an option that makes no sense. Each must end within a time and a memory that are bounded, with a whole table or
with none.
"""

import random
import re
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from conftest import make_base, make_texts
from described import WORDS, all_settings, ends_of, is_one
from tally import Tally

from spacy_domainvec import DomainVectorsError, VectorTable
from spacy_domainvec.build.settings import Settings, load_settings
from spacy_domainvec.cli import domain_vectors_cli

SETTINGS = list(all_settings())
LOAD_SECONDS, TRAIN_SECONDS = 5, 120
# What a tiny training may take beyond what Python and its libraries have mapped.
ROOM = 4 * 2**30
JUNK: list[Any] = [
    None, True, False, 0, -1, 1, 0.5, 1.5, -0.0, 1e-300, 1e300, float("nan"), float("inf"), -float("inf"), 2**31,
    2**32, 2**63, 2**64, -(2**63), 10**400, "", " ", "3", "0.5", "nan", "1e400", "null", "lower", "base", "int8", "\0",
    "\ud83d", "ä" * 5000, "${", "${trainer}", "${paths.base}", "$(rm)", "%(x)s", "../..", "/dev/zero", [], [[]], [0],
    [1], [1, "a"], [None], {}, {"a": 1}, {"@misc": "spacy_domainvec.PpmiSvd.v1"}, {"@readers": "spacy.Corpus.v1"}, b"x",
]  # fmt: skip
NAMES = [
    "trainer", "combine", "more_trainers.x", "more_trainers.trainer", "trainer.@misc", "combine.@misc", "@misc", "",
    "trainer.@readers", "storage.subwords", "vocabulary.phrases", "paths", "system.sed", "x.y", ".", "trainer.",
    "trainer.window.x",
]  # fmt: skip
# The ends of these ranges take hours or terabytes, as they say.
TRAINED_WITH = {
    "trainer.vector_size": [1, 2, 8, 300],
    "trainer.epochs": [1, 20],
    "trainer.negative": [1, 50],
    "trainer.workers": [1, 4],
    "trainer.buckets": [1, 1000],
    "trainer.n_iter": [1, 100],
    "storage.subwords.n_rows": [1, 2, 50_000],
    "paths.corpus": [],
    "paths.vectors": [],
    "paths.counts": [],
    "paths.terms": [],
    "paths.base": [],
}
OPTIONS = {
    "--memory": ["", "0", "-1GB", "9e20TB", "nanGB", "infTB", "599MB", "GB", "1e-9GB", "4 GB GB", "٣GB"],
    "--n-jobs": ["0", "-2", "-5", "1.5", "x", "99999", str(2**64)],
    "--scheduler": ["nonsense", "tcp://", "x://y:1"],
    "--paths.base": ["", "pip", "numpy", "nowhere", ".", "{tmp}/texts.txt", "/dev/null", "n" * 300, "a/" * 3000],
    "--paths.corpus": ["", "{tmp}/nowhere", "[]", "[1]", "n" * 300, "{tmp}/config.cfg", "-1", "null"],
    "--paths.terms": ["{tmp}", "{tmp}/nowhere", "/dev/null", "[]"],
    "--paths.vectors": ["{tmp}", "{tmp}/texts.txt", "pip", "/dev/null"],
    "--nonsense": ["1"],
    "--trainer": ["1"],
    "--trainer.window": ["3 4", "--", "1e400", "[" * 2000, "9" * 5000],
}


class TooSlowError(BaseException):
    """The time is over."""


@contextmanager
def bounded(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooSlowError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def edges(rng: random.Random, name: str, description: str) -> Any:
    """A value that a setting takes, most likely one from an end of its range."""
    if name in TRAINED_WITH:
        return rng.choice(TRAINED_WITH[name]) if TRAINED_WITH[name] else None
    part = rng.choice(description.split(" or "))
    if part in WORDS:
        return WORDS[part]
    if found := ends_of(part):
        kind, least, most = found
        if kind == "a whole":
            return rng.choice(
                [int(least), int(least) + 1, 5, int(most)] if least <= 5 <= most else [int(least), int(most)]
            )
        value = rng.choice([least, least + (most - least) * 1e-9, (least + most) / 2, most])
        return [value] if kind == "a list of" else value
    return part if description.split(" or ")[0].isidentifier() else "text"


def value_of(settings: Settings, name: str) -> Any:
    """The value of a setting by its dotted name; None where there is none."""
    found: Any = settings.config
    for key in name.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def load(rng: random.Random) -> str | None:
    """Settings of any kind, among them some that are right."""
    given: dict[str, Any] = {}
    chosen = rng.sample(SETTINGS, rng.randint(1, 4))
    for setting in chosen:
        given |= setting.beside
    for setting in chosen:
        given[setting.name] = rng.choice(JUNK) if rng.random() < 0.5 else edges(rng, setting.name, setting.description)
    if rng.random() < 0.2:
        given[rng.choice(NAMES)] = rng.choice(JUNK)
    try:
        with bounded(LOAD_SECONDS):
            settings = load_settings(None, given)
    except DomainVectorsError as e:
        is_line = re.match(r"\[DV\d{3}\] ", str(e)) and len(str(e).splitlines()) == 1 and len(str(e)) < 2000
        return None if is_line else f"no line with a code: {str(e)[:300]!r} of {shown(given)}"
    except BaseException as e:
        return f"{type(e).__name__}: {str(e)[:200]} of {shown(given)}"
    by_name = {s.name: s for s in SETTINGS if all(value_of(settings, k) == v for k, v in s.beside.items())}
    for name in set(given) & set(by_name):
        found = value_of(settings, name)
        if not is_one(found, by_name[name].description):
            return f"{name} = {found!r} was accepted, and is not {by_name[name].description}"
    return None


def train(rng: random.Random, folder: Path) -> str | None:
    """A whole training with settings that are accepted."""
    trainer = rng.choice([s.beside["trainer.@misc"] for s in SETTINGS if "trainer.@misc" in s.beside])
    combiner = rng.choice([s.beside["combine.@misc"] for s in SETTINGS if "combine.@misc" in s.beside])
    functions = {"trainer.@misc": trainer, "combine.@misc": combiner}
    usable = [s for s in SETTINGS if s.beside.items() <= functions.items() and TRAINED_WITH.get(s.name) != []]
    given = {**functions, "trainer.vector_size": 8, "storage.subwords.n_rows": 64}
    for setting in rng.sample(usable, rng.randint(1, 4)):
        given[setting.name] = edges(rng, setting.name, setting.description)
    (folder / "config.cfg").write_text("[paths]\n")
    args = ["--paths.corpus", str(folder / "texts.txt"), "--paths.base", str(folder / "base"), "--n-jobs", "1"]
    args += [f"--{name}={srsly.json_dumps(value)}" for name, value in given.items()]
    return run(["train", str(folder / "config.cfg"), str(folder / "out"), *args], folder)


def option(rng: random.Random, folder: Path) -> str | None:
    """A command with one option that makes no sense."""
    name = rng.choice(list(OPTIONS))
    value = rng.choice(OPTIONS[name]).format(tmp=folder) if "[" not in name else ""
    (folder / "config.cfg").write_text("[paths]\n")
    args = {"--paths.corpus": str(folder / "texts.txt"), "--paths.base": str(folder / "base"), "--n-jobs": "1"}
    args |= {"--trainer.vector_size": "8", name: value}
    said = [part for pair in args.items() for part in pair]
    return run(["train", str(folder / "config.cfg"), str(folder / "out"), *said], folder)


def run(args: list[str], folder: Path) -> str | None:
    """Run a command. RETURNS: What is wrong with how it ended."""
    start = time.monotonic()
    try:
        with bounded(TRAIN_SECONDS):
            result = CliRunner().invoke(domain_vectors_cli, args)
    except TooSlowError:
        return f"it took more than {TRAIN_SECONDS} s: {shown(args)}"
    fault = wrong(result, folder / "out")
    for path in (folder / "out", folder / "out.work"):
        remove(path)
    return f"{fault}: {shown(args)} ({time.monotonic() - start:.0f} s)" if fault else None


def wrong(result: Any, output: Path) -> str | None:
    if isinstance(result.exception, TooSlowError):
        return f"it took more than {TRAIN_SECONDS} s"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return f"traceback of {result.exception!r:.300}"
    if "RuntimeWarning" in result.output:
        return f"numbers went wrong: {result.output[:300]!r}"
    failed = [line for line in result.output.splitlines() if line.startswith("✘")]
    if result.exit_code == 1 and not (len(failed) == 1 and re.match(r"✘ \[DV\d{3}\] ", failed[0])):
        return f"no line with a code: {result.output[:300]!r}"
    if result.exit_code not in (0, 1, 2):
        return f"exit code {result.exit_code}"
    if result.exit_code:
        return "an output, though it failed" if output.exists() else None
    table = VectorTable.from_disk(output)
    if not np.isfinite(table.vectors[:]).all():
        return "rows that are no numbers"
    return None if len(table) and table.vectors[:].any() else "a table without vectors"


def remove(path: Path) -> None:
    for file in sorted(path.rglob("*"), reverse=True) if path.is_dir() else ():
        file.rmdir() if file.is_dir() else file.unlink()
    if path.is_dir():
        path.rmdir()


def shown(given: object) -> str:
    return repr(given)[:500].encode("utf8", "backslashreplace").decode()


def main() -> None:
    tally = Tally("options", long=1500, short=90)
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + ROOM, resource.RLIM_INFINITY))
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", RuntimeWarning)
    rng = random.Random(tally.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_base().to_disk(folder / "base")
        (folder / "texts.txt").write_text("\n".join(make_texts(100)))
        for number in range(tally.planned):
            kind = number % 15
            tally.check(train(rng, folder) if kind == 7 else option(rng, folder) if kind == 14 else load(rng))
    tally.close()


if __name__ == "__main__":
    main()
