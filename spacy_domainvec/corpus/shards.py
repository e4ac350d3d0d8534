"""Cutting a corpus into shards that any worker can read: ranges of bytes, or whole files."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..reading.sources import STDIN, Source, is_compressed, is_remote, remote_state
from ..reading.stdin import path_of_stdin, version_of_stdin
from ..reading.versions import UNKNOWN, version_of, version_of_remote

# A corpus is cut into this many shards, within limits of their size: a small shard is not worth a
# task, and a large one is much work to repeat if the machine goes down.
N_SHARDS = 64
SMALLEST, LARGEST = 2**20, 2**26
# A file of fewer bytes is read in seconds by one process.
WORTH_SPLITTING = 2**24
# In these formats, each line is a text.
SPLITTABLE = ("txt", "jsonl")
# Bytes of text for each byte of a compressed file, roughly.
EXPANSION = 4
STDIN_NAME = "standard input"


@dataclass(frozen=True)
class Piece:
    """The part of a file for one reader: the lines that start in a range of bytes.

    start, end: The range; end is None for the whole file.
    version: The version of the file, which changes with it.
    """

    source: Source
    version: str
    start: int = 0
    end: int | None = None

    @property
    def key(self) -> tuple[str, str, str, int, int | None]:
        """Values that identify the piece, also in a later run."""
        return self.source.shown, self.source.format, self.version, self.start, self.end


@dataclass(frozen=True)
class ShardPlan:
    """The shards of a corpus.

    shards: The pieces of each shard, one or more, in the order of the files.
    whole: The large files that can't be split.
    unversioned: The remote files for which a change can't be noticed.
    """

    shards: list[tuple[Piece, ...]]
    whole: list[Source]
    unversioned: list[Source]


@dataclass(frozen=True)
class _Sized:
    """A file with its size.

    n_bytes: The bytes of text in it, roughly.
    can_be_split: Whether a reader can start in its middle.
    """

    source: Source
    n_bytes: int
    version: str
    can_be_split: bool

    @property
    def whole(self) -> Piece:
        """The whole file as one piece."""
        return Piece(self.source, self.version)


def plan_shards(sources: Sequence[Source], largest: int = LARGEST) -> ShardPlan:
    """Cut files into shards of about equal size.

    The shards depend on the files alone, so that a later run finds the same ones.

    sources: The files, see `sources.find_sources`.
    largest: The limit for the bytes of a shard.
    RAISES: DomainVectorsError (DV030, DV033, DV036, DV055) for a file that can't be opened.
    """
    found = [_sized(source) for source in sources]
    size = min(max(sum(file.n_bytes for file in found) // N_SHARDS, SMALLEST), largest)
    shards: list[tuple[Piece, ...]] = []
    # Files that are too small for a shard of their own, and their bytes.
    small: list[Piece] = []
    n_small = 0
    for file in found:
        if small and n_small + file.n_bytes > size:
            shards.append(tuple(small))
            small, n_small = [], 0
        if file.n_bytes <= size:
            small.append(file.whole)
            n_small += file.n_bytes
        elif file.can_be_split:
            shards += [(piece,) for piece in _pieces(file, size)]
        else:
            shards.append((file.whole,))
    if small:
        shards.append(tuple(small))
    too_large = [file for file in found if file.n_bytes > size and not file.can_be_split]
    whole = [file.source for file in too_large if file.n_bytes >= WORTH_SPLITTING]
    unversioned = [file.source for file in found if file.version == UNKNOWN]
    return ShardPlan(shards, whole, unversioned)


def _pieces(file: _Sized, size: int) -> list[Piece]:
    """Cut a file into equal pieces of `size` bytes at most."""
    n_pieces = -(-file.n_bytes // size)
    edges = [file.n_bytes * i // n_pieces for i in range(n_pieces + 1)]
    return [Piece(file.source, file.version, start, end) for start, end in pairwise(edges)]


def is_splittable(source: Source) -> bool:
    """Whether a reader can start in the middle of the file."""
    # The name of a compressed file ends with the compression.
    return source.format in SPLITTABLE and source.path.lower().endswith(f".{source.format}")


def _sized(source: Source) -> _Sized:
    times = EXPANSION if is_compressed(source.path) else 1
    if source.path == STDIN:
        copy = Source(path_of_stdin(), source.format, STDIN_NAME)
        return _Sized(copy, os.path.getsize(copy.path), version_of_stdin(), True)
    if is_remote(source.path):
        state = remote_state(source.path)
        # A file of unknown size may be large.
        n_bytes = LARGEST + 1 if state.size is None else state.size * times
        can_be_split = state.is_seekable and is_splittable(source)
        return _Sized(source, n_bytes, version_of_remote(state), can_be_split)
    version = version_of(source.path)
    return _Sized(source, int(version.split("-")[0]) * times, version, is_splittable(source))
