"""How long work tells how far it is."""

from collections.abc import Iterable
from typing import Any, Protocol


class Progress(Protocol):
    """Wraps an iteration, for a progress bar."""

    def __call__(self, steps: Iterable[Any], description: str, total: int | None = None) -> Iterable[Any]:
        """Iterate over the steps; total is their number where that is known."""


def no_progress(steps: Iterable[Any], description: str, total: int | None = None) -> Iterable[Any]:
    """Iterate without showing anything."""
    return steps
