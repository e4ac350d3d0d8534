"""What all attacks share: their arguments, and one line that says how many tries there were and how many failed."""

import argparse
import sys
import time


class Tally:
    """Counts the tries of an attack.

    name: What is attacked.
    long, short: How many tries there are by default, and with --short.
    """

    def __init__(self, name: str, long: int, short: int) -> None:
        parser = argparse.ArgumentParser(description=name)
        parser.add_argument("--tries", type=int, default=long)
        parser.add_argument("--short", action="store_const", const=short, dest="tries")
        parser.add_argument("--seed", type=int, default=0)
        given = parser.parse_args()
        self.name, self.planned, self.seed = name, given.tries, given.seed
        self.tries, self.failures, self.start = 0, [], time.monotonic()

    def check(self, fault: str | None) -> None:
        """Count a try. fault: What went wrong; None where nothing did."""
        self.tries += 1
        if fault:
            self.failures.append(fault)
            print(f"  try {self.tries}: {fault}", flush=True)

    def close(self) -> None:
        """Print the line, and exit with 1 where a try failed or there was none."""
        seconds = time.monotonic() - self.start
        print(f"{self.name}: {self.tries} tries, {len(self.failures)} failures, {seconds:.0f} s")
        sys.exit(bool(self.failures) or not self.tries)
