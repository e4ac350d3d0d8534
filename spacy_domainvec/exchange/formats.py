"""The formats of vectors that other tools read and write."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np


class Format(str, Enum):
    """The formats in which vectors can be written."""

    spacy = "spacy"
    word2vec = "word2vec"
    floret = "floret"
    npz = "npz"
    safetensors = "safetensors"
    model2vec = "model2vec"


def is_binary(path: str | Path) -> bool:
    """Whether a file of word2vec is written in binary: .bin, also .bin.gz."""
    return ".bin" in Path(path).suffixes[-2:]


def shown(vector: np.ndarray) -> str:
    """The values of a vector as text, separated by spaces. A float32 value is read back exactly."""
    # Nine digits distinguish any two float32 values.
    return " ".join([f"{value:.9g}" for value in vector.tolist()])


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A binary file to write to, compressed if its name ends with .gz."""
    with gzip.open(path, "wb") if path.suffix == ".gz" else path.open("wb") as file:
        yield file
