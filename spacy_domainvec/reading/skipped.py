"""Lines and records of a corpus that readers leave out or mend: they are counted and reported."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import DomainVectorsWarning, Warnings
from .sources import format_of

MOST_TOLD = 20
# For each file and reason: the number of times, and the first line.
Found = dict[tuple[str, str], tuple[int, int]]


@dataclass
class Skipped:
    """Lines or records that were left out or mended.

    found: Those that were left out.
    n_lines: The number of lines of each file.
    mended: Those that were read after something in them was replaced.
    """

    found: Found = field(default_factory=dict)
    n_lines: dict[str, int] = field(default_factory=dict)
    mended: Found = field(default_factory=dict)

    def add(self, path: str, line: int, reason: str, times: int = 1) -> None:
        """Note a line that is left out. times: How many lines are, of which it is the first."""
        _add(self.found, path, line, reason, times)

    def add_mended(self, path: str, line: int, reason: str, times: int = 1) -> None:
        """Note a line that was mended. times: How many lines were, of which it is the first."""
        _add(self.mended, path, line, reason, times)

    def append(self, later: "Skipped") -> None:
        """Add the notes on later parts of the same files. There, lines are numbered from 1 again."""
        for mine, found in ((self.found, later.found), (self.mended, later.mended)):
            for (path, reason), (count, first) in found.items():
                _add(mine, path, self.n_lines.get(path, 0) + first, reason, count)
        for path, n_lines in later.n_lines.items():
            self.n_lines[path] = self.n_lines.get(path, 0) + n_lines

    @property
    def total(self) -> int:
        """The number of lines or records that were left out."""
        return _total(self.found)

    def __str__(self) -> str:
        return _told(self.found)


def warn_of(skipped: Skipped) -> None:
    """WARNS: DomainVectorsWarning (DV101, DV109) if something was left out or mended."""
    for message, found in ((Warnings.DV101, skipped.found), (Warnings.DV109, skipped.mended)):
        if found:
            are_lines = {format_of(path) or "txt" for path, _ in found} == {"txt"}
            what = "line(s)" if are_lines else "record(s)"
            told = message.format(total=_total(found), what=what, details=_told(found))
            warnings.warn(told, DomainVectorsWarning, stacklevel=3)


def _add(found: Found, path: str, line: int, reason: str, times: int) -> None:
    count, first = found.get((path, reason), (0, line))
    found[path, reason] = (count + times, first)


def _total(found: Mapping[tuple[str, str], tuple[int, int]]) -> int:
    return sum(count for count, _ in found.values())


def _told(found: Mapping[tuple[str, str], tuple[int, int]]) -> str:
    told = [f"{path} line {first}: {why}{_more(n)}" for (path, why), (n, first) in found.items()]
    left = [f"and more in {len(told) - MOST_TOLD:,} other places"] if len(told) > MOST_TOLD else []
    return "; ".join(told[:MOST_TOLD] + left)


def _more(count: int) -> str:
    return f" (and {count - 1:,} more)" if count > 1 else ""
