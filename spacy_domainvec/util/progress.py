"""How long work shows its progress."""

from collections.abc import Iterable
from typing import Any, Protocol


class Progress(Protocol):
    """A function that wraps an iteration, such as a progress bar."""

    def __call__(self, steps: Iterable[Any], description: str, total: int | None = None) -> Iterable[Any]:
        """Iterate over the steps. total: Their number, or None if it is not known."""


def no_progress(steps: Iterable[Any], description: str, total: int | None = None) -> Iterable[Any]:
    """Iterate without showing anything."""
    return steps
