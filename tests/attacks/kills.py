"""Kills and interruptions at random moments of every command that writes, over fresh and existing outputs.

Whatever the moment: the old output is there or the new one, whole; no process is left after a few seconds; what the
command says is true; and the same command, run again, makes what it makes undisturbed, and leaves nothing else behind.
"""

import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from forked import (
    COMMANDS,
    EARLY,
    MERGE,
    TRACEBACK,
    TRAIN,
    WITH_WORKERS,
    Command,
    Started,
    copied,
    digest,
    make_data,
    run,
)
from tally import Tally

from spacy_domainvec.files import replacing as files


class Undisturbed:
    """What a command makes when nobody stops it, and how long it takes."""

    def __init__(self, command: Command, data: Path, folder: Path) -> None:
        self.command, self.folder = command, copied(data, folder)
        self.before = digest(folder / command.output)
        start = time.monotonic()
        assert run(command, folder) is None
        self.seconds = time.monotonic() - start
        self.made = digest(folder / command.output)
        self.again = self.made
        if self.before is not None:
            # A table that was updated is updated again.
            assert run(command, folder) is None
            self.again = digest(folder / command.output)


def attack(wanted: Undisturbed, folder: Path, number: int, is_fresh: bool, rng: random.Random) -> str | None:
    """Stop a command, and run it again. RETURNS: What went wrong."""
    command, output = wanted.command, folder / wanted.command.output
    before, made, after = wanted.before, wanted.made, {wanted.before: wanted.made, wanted.made: wanted.again}
    if not is_fresh and before is None:
        if fault := run(command, folder):
            return fault
        before = made
    names = {path.name for path in folder.iterdir()}
    # Where the system has no exchange of two paths, the next start puts back what was moved away.
    exchange, has_none = files._renameat2, rng.random() < 0.3
    files._renameat2 = (lambda: None) if has_none else exchange
    started = Started(command, folder)
    files._renameat2 = exchange
    if rng.random() < 0.5:
        time.sleep(rng.random() * wanted.seconds)
    else:
        # While the output is put together, or put in its place.
        deadline = time.monotonic() + 2 * wanted.seconds
        while not list(folder.glob(".domainvec-*")) and time.monotonic() < deadline:
            time.sleep(0.0005)
        time.sleep(rng.random() * 0.04)
    started.send(number)
    code, said = started.wait()
    if has_none:
        files.sweep(folder)
    found = digest(output)
    at = f"{command.name}, {'fresh' if is_fresh else 'existing'} output, {signal.Signals(number).name}"
    if found not in (before, made):
        return f"{at}: neither the old output nor the new one"
    if TRACEBACK in said:
        return f"{at}: {said[-800:]}"
    if ("was not written" in said and found != before) or ("was written" in said and found != made):
        return f"{at}: says what is not true: {said[-200:]}"
    if code == EARLY and (found != before or said):
        return f"{at}: had begun: {said[-300:]}"
    # Before it has read its arguments, it is typer that ends it.
    if number == signal.SIGINT and code not in (0, 130, EARLY) and (code, said.strip()) != (1, "Aborted."):
        return f"{at}: ended with {code}: {said[-300:]}"
    if started.orphans():
        return f"{at}: processes are left"
    if fault := run(command, folder):
        return f"{at}, then: {fault}"
    if digest(output) != after.get(found, made):
        return f"{at}, then: not what it makes undisturbed"
    litter = {path.name for path in folder.iterdir()} - names - {command.output}
    return f"{at}, then: {litter} left behind" if litter else None


def main() -> None:
    """Attack every command in turn."""
    tally = Tally("kills", long=104, short=4)
    rng = random.Random(tally.seed)
    is_short = tally.planned < 26
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        make_data(data, 100 if is_short else 400)
        commands = [MERGE, COMMANDS[-2], TRAIN] if is_short else [*COMMANDS, *WITH_WORKERS]
        known = [Undisturbed(command, data, Path(scratch) / f"whole{i}") for i, command in enumerate(commands)]
        for i in range(tally.planned):
            wanted, round_ = known[i % len(known)], i // len(known)
            folder = copied(data, Path(scratch) / f"try{i}")
            number = signal.SIGKILL if round_ % 2 == 0 else signal.SIGINT
            tally.check(attack(wanted, folder, number, (round_ // 2) % 2 == (0 if not is_short else 1), rng))
            shutil.rmtree(folder)
    tally.close()


if __name__ == "__main__":
    main()
