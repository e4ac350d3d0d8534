"""What attacks on whole commands share: small data, commands in forked processes, and what lies in a folder."""

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from conftest import TOPICS, make_base, make_texts

# They are imported once, before any fork, so that a command starts in milliseconds.
import spacy_domainvec.build
import spacy_domainvec.build.update
import spacy_domainvec.cli
import spacy_domainvec.console
import spacy_domainvec.evaluation.report
import spacy_domainvec.evaluation.sizes
import spacy_domainvec.exchange.write
from spacy_domainvec.util.workers import stop_workers

SMALL = ["--trainer.vector_size", "8", "--trainer.subsample", "0.01", "--storage.subwords.n_rows", "64"]
# What differs from run to run.
TIMES = ("microseconds", "load_seconds")
TRACEBACK = "Traceback"
# The exit code of what was interrupted before it had begun.
EARLY = 131


@dataclass(frozen=True)
class Command:
    """A command with a name, whose output is the path `output` in the folder that it runs in."""

    name: str
    args: tuple[str, ...]
    output: str = "out"


class Started:
    """A command in a process of its own, and a group of its own."""

    def __init__(self, command: Command, folder: Path, gate: int | None = None) -> None:
        self.said = folder.parent / f"said-{random.getrandbits(64):x}"
        self.pid = os.fork()
        if self.pid == 0:
            _run(command, folder, self.said, gate)

    def send(self, number: int) -> None:
        """Send a signal: SIGKILL to the process alone, as whoever kills it does, others to its group, as Ctrl-C is."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number) if number == signal.SIGKILL else os.killpg(self.pid, number)

    def wait(self, seconds: float = 120) -> tuple[int, str]:
        """RETURNS: The exit code, and what was said."""
        deadline = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                raise TimeoutError(f"it hangs: {self.said.read_text()}")
            time.sleep(0.002)
        said = self.said.read_text() if self.said.exists() else ""
        self.said.unlink(missing_ok=True)
        return os.waitstatus_to_exitcode(status), said

    def orphans(self, seconds: float = 8) -> bool:
        """Whether processes of the group are left after some seconds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                os.killpg(self.pid, 0)
            except ProcessLookupError:
                return False
            time.sleep(0.02)
        os.killpg(self.pid, signal.SIGKILL)
        return True


def _run(command: Command, folder: Path, said: Path, gate: int | None) -> None:
    code: object = 99
    try:
        os.setpgrp()
        os.chdir(folder)
        fd = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(fd, 1)
        os.dup2(fd, 2)
        sys.stdout, sys.stderr = (open(n, "w", closefd=False) for n in (1, 2))  # noqa: SIM115
        if gate is not None:
            os.read(gate, 1)
        try:
            spacy_domainvec.cli.domain_vectors_cli(list(command.args))
        except SystemExit as e:
            code = e.code
        except KeyboardInterrupt:
            # Where typer has not come to the command yet, Python itself would say more.
            code = EARLY
        except BaseException:
            traceback.print_exc()
        stop_workers()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        pass
    finally:
        os._exit(code if isinstance(code, int) else 99)


def run(command: Command, folder: Path) -> str | None:
    """Run a command to its end. RETURNS: What went wrong."""
    code, said = Started(command, folder).wait()
    return f"{command.name} ended with {code}: {said[-500:]}" if code else None


def digest(path: Path) -> str | None:
    """What a file or folder holds; None for nothing."""
    if not path.exists():
        return None
    found = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        found.update(str(file.relative_to(path)).encode())
        if file.is_file():
            found.update(_content(file))
    return found.hexdigest()


def _content(file: Path) -> bytes:
    if file.name != "numbers.json":
        return file.read_bytes()
    try:
        data = json.loads(file.read_bytes())
    except ValueError:
        return b"damaged"
    return json.dumps(data if isinstance(data, list) else {k: v for k, v in data.items() if k not in TIMES}).encode()


def make_data(folder: Path, n_texts: int = 400) -> None:
    """A base, texts, labelled texts, a table with counts and a pipeline."""
    folder.mkdir(parents=True)
    nlp = make_base()
    nlp.meta["name"] = "tiny"
    nlp.to_disk(folder / "base")
    (folder / "texts.txt").write_text("\n".join(make_texts(n_texts)))
    (folder / "more.txt").write_text("\n".join(make_texts(n_texts // 2, seed=1)))
    rows = [f"{topic}{i} {topic}{i + 1},{topic}" for topic in TOPICS for i in range(8)]
    (folder / "labelled.csv").write_text("\n".join(["text,label", *rows]))
    (folder / "c.cfg").write_text("[paths]\nbase = null\n")
    for command in (TRAIN, MERGE):
        fault = run(command, folder)
        assert fault is None, fault
        (folder / "out").rename(folder / {"train": "table", "merge": "pipeline"}[command.name])


def copied(data: Path, to: Path) -> Path:
    """A copy of the data to work in."""
    shutil.copytree(data, to)
    return to


TRAIN = Command(
    "train", ("train", "c.cfg", "out", "--paths.base", "base", "--paths.corpus", "texts.txt", "--n-jobs", "1", *SMALL)
)
MERGE = Command("merge", ("merge", "base", "table", "out"))
LABELLED = ("--labelled", "labelled.csv", "--test", "labelled.csv", "--json", "numbers.json")
COMMANDS = [
    TRAIN,
    Command("build", ("build", "texts.txt", "--base", "base", "--output", "out", "--n-jobs", "1", *SMALL)),
    Command("update", ("update", "table", "more.txt", "--output", "out", "--n-jobs", "1")),
    Command("update in its place", ("update", "table", "more.txt", "--output", "table", "--n-jobs", "1"), "table"),
    MERGE,
    Command("evaluate", ("evaluate", "pipeline", "--base", "base", "--shots", "3", *LABELLED), "numbers.json"),
    Command("sizes", ("sizes", "table", "--base", "base", "--shots", "3", *LABELLED), "numbers.json"),
    *(
        Command(f"export {format}", ("export", "pipeline", "out", "--format", format, "--max-rows", "90"))
        for format in ("spacy", "word2vec", "floret", "npz")
    ),
]
WITH_WORKERS = [
    Command("build on two workers", (*COMMANDS[1].args[:-7], "2", *SMALL)),
    Command("train on two workers", (*TRAIN.args[:-7], "2", *SMALL)),
]
