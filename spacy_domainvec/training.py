"""What a trainer is given, and what the stages pass on to each other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .cooccurrence import Cooccurrence, Vocabulary
from .corpus import TokenizedCorpus
from .general import GeneralVectors


class Progress(Protocol):
    """Wraps an iteration, for a progress bar."""

    def __call__(self, steps: Iterable[Any], description: str, total: int | None = None) -> Iterable[Any]:
        """Iterate over the steps; total is their number where that is known."""


def no_progress(steps: Iterable[Any], description: str, total: int | None = None) -> Iterable[Any]:
    """Iterate without showing anything."""
    return steps


@dataclass(frozen=True, eq=False)
class TrainingData:
    """What every trainer gets.

    tokens: The corpus.
    vocabulary: The words that get a vector.
    general: The base's vectors, for a warm start.
    base: The base's name, for messages.
    count: Counts the corpus with a window and a subsampling threshold.
    seed: For all that is random.
    progress: Wraps long iterations.
    """

    tokens: TokenizedCorpus
    vocabulary: Vocabulary
    general: GeneralVectors
    base: str
    count: Callable[[int, float], Cooccurrence]
    seed: int
    progress: Progress = no_progress

    def sentences(self) -> "Sentences":
        """The texts as lists of words."""
        return Sentences(self.tokens)


@dataclass(frozen=True, eq=False)
class Sentences:
    """The corpus as gensim wants it: an iterable that starts anew each time."""

    tokens: TokenizedCorpus

    def __iter__(self) -> Iterator[list[str]]:
        return self.tokens.sentences()


Trainer = Callable[[TrainingData], np.ndarray]
