"""Many runs at once to one output: of long ones, one goes on and the others say so at once; short ones all succeed."""

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from forked import COMMANDS, MERGE, TRACEBACK, TRAIN, WITH_WORKERS, Command, Started, copied, digest, make_data, run
from tally import Tally

LOCKED = {"train", "build", "update", *(command.name for command in WITH_WORKERS)}


def attack(command: Command, folder: Path, n: int, is_fresh: bool, made: str | None) -> str | None:
    """Start a command many times at the same moment. RETURNS: What went wrong."""
    if not is_fresh and (fault := run(command, folder)):
        return fault
    names = {path.name for path in folder.iterdir()}
    gate, opened = os.pipe()
    started = [Started(command, folder, gate) for _ in range(n)]
    os.write(opened, b"x" * n)
    ended = [each.wait(300) for each in started]
    os.close(gate)
    os.close(opened)
    at = f"{n} of {command.name}, {'fresh' if is_fresh else 'existing'} output"
    good = [said for code, said in ended if code == 0]
    refused = [said for code, said in ended if code == 1 and "[DV013]" in said and said.count("\n") == 1]
    if any(TRACEBACK in said for _, said in ended) or len(good) + len(refused) < n:
        return f"{at}: {[(code, said[-300:]) for code, said in ended if code]}"
    if len(good) != (1 if command.name in LOCKED else n):
        return f"{at}: {len(good)} went through"
    if digest(folder / command.output) != made:
        return f"{at}: not what one of them makes"
    if any(each.orphans() for each in started):
        return f"{at}: processes are left"
    litter = {path.name for path in folder.iterdir()} - names - {command.output}
    return f"{at}: {litter} left behind" if litter else None


def main() -> None:
    """Race every command in turn, with 2 to 16 starters."""
    tally = Tally("races", long=32, short=3)
    rng, is_short = random.Random(tally.seed), tally.planned < 16
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        make_data(data, 400)
        several = [command for command in [*COMMANDS, *WITH_WORKERS] if "in its place" not in command.name]
        commands = [TRAIN, MERGE, COMMANDS[-2]] if is_short else several
        made = {}
        for i in range(tally.planned):
            command = commands[i % len(commands)]
            if command.name not in made:
                folder = copied(data, Path(scratch) / f"whole{i}")
                assert run(command, folder) is None
                made[command.name] = digest(folder / command.output)
            n = rng.choice([2, 4]) if is_short or command.name not in LOCKED else rng.choice([2, 4, 16])
            folder = copied(data, Path(scratch) / f"try{i}")
            tally.check(attack(command, folder, n, (i // len(commands)) % 2 == 0, made[command.name]))
            shutil.rmtree(folder)
    tally.close()


if __name__ == "__main__":
    main()
