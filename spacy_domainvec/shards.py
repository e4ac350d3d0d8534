"""How a corpus is cut into shards, which any worker can read by itself: ranges of bytes, or whole files."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .sources import FORMATS, STDIN, Source, format_of, opened, path_of_stdin

# A corpus is cut into so many shards, as long as they are neither too small to be worth a task nor too large to be
# lost with it when the machine goes down.
N_SHARDS = 64
SMALLEST, LARGEST = 2**20, 2**26
# A file of fewer bytes is read in seconds by one process.
WORTH_SPLITTING = 2**24
# A line ends a text in these formats, and nothing else does.
SPLITTABLE = ("txt", "jsonl")
# Uncompressed texts a byte of a compressed file, roughly.
EXPANSION = 4


@dataclass(frozen=True)
class Piece:
    """What one reader reads of a file: the lines that start in a range of bytes.

    start, end: The range; end is None for the whole file.
    version: Tells whether the file has changed.
    """

    source: Source
    version: str
    start: int = 0
    end: int | None = None


@dataclass(frozen=True)
class Plan:
    """The shards, each with one or more pieces, in the order of the files.

    whole: The files that take long and can't be split.
    """

    shards: list[tuple[Piece, ...]]
    whole: list[Source]


def plan_shards(sources: Sequence[Source], largest: int = LARGEST) -> Plan:
    """Cut files into shards of about one size. It depends on the files alone, so that a later run finds the same ones.

    sources: Files, see `sources.find_sources`.
    largest: Most bytes of a shard.
    RAISES: DomainVectorsError (DV030, DV033, DV036) for a remote file that can't be opened.
    """
    found = [_sized(source) for source in sources]
    size = min(max(sum(n for _, n, _ in found) // N_SHARDS, SMALLEST), largest)
    shards: list[tuple[Piece, ...]] = []
    small: list[Piece] = []
    whole: list[Source] = []
    n_small = 0
    for source, n_bytes, version in found:
        if n_bytes <= size:
            if small and n_small + n_bytes > size:
                shards.append(tuple(small))
                small, n_small = [], 0
            small.append(Piece(source, version))
            n_small += n_bytes
            continue
        shards += [tuple(small)] if small else []
        small, n_small = [], 0
        if is_splittable(source):
            edges = [n_bytes * i // (-(-n_bytes // size)) for i in range(-(-n_bytes // size) + 1)]
            shards += [(Piece(source, version, start, end),) for start, end in pairwise(edges)]
        else:
            shards.append((Piece(source, version),))
            whole += [source] if n_bytes >= WORTH_SPLITTING else []
    return Plan(shards + ([tuple(small)] if small else []), whole)


def is_splittable(source: Source) -> bool:
    """Whether a reader can start in the middle of the file."""
    # The name of a compressed file ends with the compression.
    return source.format in SPLITTABLE and source.path.lower().endswith(f".{source.format}")


def _sized(source: Source) -> tuple[Source, int, str]:
    """The file, about how many bytes of text it has, and its version."""
    if source.path == STDIN:
        source = Source(path_of_stdin(), source.format)
        return source, os.stat(source.path).st_size, "stdin"
    if "://" in source.path:
        n_bytes = _remote_size(source)
        return source, n_bytes, str(n_bytes)
    stat = os.stat(source.path)
    is_compressed = source.path.rsplit(".", 1)[-1].lower() not in FORMATS and format_of(source.path) is not None
    return source, stat.st_size * (EXPANSION if is_compressed else 1), f"{stat.st_size}-{stat.st_mtime_ns}"


def _remote_size(source: Source) -> int:
    """The bytes of a remote file; those of the largest shard where the file can't be read from its middle."""
    if not is_splittable(source):
        return LARGEST + 1
    with opened(source) as file:
        try:
            return int(file.seek(0, os.SEEK_END))
        except (OSError, ValueError, NotImplementedError):
            return LARGEST + 1
