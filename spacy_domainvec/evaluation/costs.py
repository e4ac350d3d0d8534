"""What a route costs: time and memory of the training, size, loading time and speed of the pipeline."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vectors import Vectors

from ..files.replacing import temporary_directory
from ..pipeline.loading import load_pipeline
from ..table.base_vectors import BaseTable
from .measures import megabytes, time_of

# The memory of this process in pages, which only Linux tells.
STATM = Path("/proc/self/statm")
SECONDS_BETWEEN = 0.02


@dataclass
class Training:
    """What a training took, set when it has ended.

    seconds: The time.
    megabytes: How much the memory of this process grew, in MiB; None where the system does not tell.
    """

    seconds: float = 0.0
    megabytes: float | None = None


@contextmanager
def watched() -> Iterator[Training]:
    """Measure the block, looking at the memory every 20 ms."""
    found, has_ended = Training(), threading.Event()
    before = _memory()
    peak = [before or 0.0]

    def look() -> None:
        while not has_ended.wait(SECONDS_BETWEEN):
            peak[0] = max(peak[0], _memory() or 0.0)

    watcher = threading.Thread(target=look, daemon=True)
    start = time.perf_counter()
    watcher.start()
    try:
        yield found
    finally:
        found.seconds = time.perf_counter() - start
        has_ended.set()
        watcher.join()
        if before is not None:
            found.megabytes = round(max(peak[0], _memory() or 0.0) - before, 1)


def loading(name: str) -> float:
    """The seconds for loading a pipeline; the faster of two times."""
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        load_pipeline(name)
        seconds.append(time.perf_counter() - start)
    return round(min(seconds), 2)


def on_disk(nlp: Language) -> tuple[float, float]:
    """The size of a pipeline when it is saved, in MiB, and the seconds for loading it."""
    with temporary_directory() as folder:
        nlp.to_disk(folder / "pipeline")
        return round(megabytes(folder / "pipeline"), 1), loading(str(folder / "pipeline"))


def with_vectors(nlp: Language, words: Sequence[str], rows: np.ndarray, attr: str, beside_base: bool) -> Language:
    """Give a pipeline other vectors, as users of gensim do.

    words, rows: The words and their vectors, shape (n_words, width), float32.
    attr: The token attribute by which they are found.
    beside_base: Whether the pipeline's own vectors stay, for the words that the others lack. The words
        are then found by the attribute of these. Vectors of another kind, and none, are replaced.
    RETURNS: The pipeline itself.
    """
    own = nlp.vocab.vectors
    if beside_base and BaseTable(own).n_words:
        n = len(own.data)
        own.resize((n + len(words), own.shape[1]))
        for row, (word, vector) in enumerate(zip(words, rows), n):
            own.add(word, vector=vector, row=row)
    else:
        nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=rows, keys=words, attr=attr)
    return nlp


def speed(nlp: Language, texts: Sequence[str], vector: Callable[[Doc], Any]) -> float:
    """The time for a document vector, microseconds per token."""
    return round(time_of(nlp, texts, vector), 2)


def _memory() -> float | None:
    """The memory of this process in MiB; None where the system does not tell."""
    try:
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, ValueError, IndexError, AttributeError):
        return None
