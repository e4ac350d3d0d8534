"""What a trainer is given, and what the stages pass on to each other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .cooccurrence import Cooccurrence, Sparse, Vocabulary
from .corpus import TokenizedCorpus
from .general import GeneralVectors
from .spans import Spans


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
    vocabulary: The words to learn from.
    spans: Rare words and phrases, which get a vector too.
    general: The base's vectors, for a warm start.
    base: The base's name, for messages.
    count: Counts the pairs of the vocabulary's words with a window and a subsampling threshold.
    count_contexts: Counts the vocabulary's words around the spans with the same: sparse (n_spans, n_words).
    seed: For all that is random.
    progress: Wraps long iterations.
    """

    tokens: TokenizedCorpus
    vocabulary: Vocabulary
    spans: Spans
    general: GeneralVectors
    base: str
    count: Callable[[int, float], Cooccurrence]
    count_contexts: Callable[[int, float], Sparse]
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


# Gives a row to each word of the vocabulary, then one to each span: shape (n_words + n_spans, width), float32.
Trainer = Callable[[TrainingData], np.ndarray]
