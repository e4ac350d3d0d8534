"""Notes on a shard beside its tokens: the lines that could not be read, and the acronyms in it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import srsly

from ..reading.skipped import Found, Skipped
from .acronyms import AcronymFinder
from .chunk_tokenizer import Tokens


@dataclass
class ShardNotes:
    """Notes on one shard, or on several successive ones.

    skipped: The lines and records that were left out or mended.
    finder: The acronyms that were found.
    n_unset: The number of tokens without a value of the attribute.
    """

    skipped: Skipped = field(default_factory=Skipped)
    finder: AcronymFinder = field(default_factory=AcronymFinder)
    n_unset: int = 0

    def look_for_acronyms(self, tokens: Tokens, numbers: np.ndarray, lengths: np.ndarray) -> None:
        """Search the texts in which a word that looks like an acronym stands beside a parenthesis.

        numbers: The numbers of the tokens of all texts, text after text, shape (n_tokens,).
        lengths: The number of tokens of each text, shape (n_texts,).
        """
        if not len(numbers):
            return
        looks_short = tokens.shorts[numbers]
        opens = np.flatnonzero(tokens.opens[numbers])
        before, after = np.maximum(opens - 1, 0), np.minimum(opens + 1, len(numbers) - 1)
        worth_searching = opens[looks_short[before] | looks_short[after]]
        ends = np.cumsum(lengths)
        for text in np.unique(np.searchsorted(ends, worth_searching, side="right")).tolist():
            found = numbers[ends[text] - lengths[text] : ends[text]].tolist()
            words = [tokens.texts[i] for i in found]
            keys = tokens.keys[found].tolist()
            self.finder.add(words, [tokens.words.get(key, word) for key, word in zip(keys, words)])

    def to_disk(self, path: Path) -> None:
        """Write the notes as JSON."""
        told = {
            "unset": self.n_unset,
            "acronyms": [[short, list(long), n] for (short, long), n in self.finder.pairs.items()],
            "skipped": _rows_of(self.skipped.found),
            "mended": _rows_of(self.skipped.mended),
            "lines": self.skipped.n_lines,
        }
        srsly.write_json(path, told)

    def add_from_disk(self, path: Path) -> None:
        """Add the notes on the next shard, which `to_disk` wrote."""
        told = srsly.read_json(path)
        self.n_unset += int(told["unset"])
        found, mended = _found_of(told["skipped"]), _found_of(told["mended"])
        self.skipped.append(Skipped(found, told["lines"], mended))
        for short, long, n in told["acronyms"]:
            self.finder.pairs[short, tuple(long)] += n


def _rows_of(found: Found) -> list[list[Any]]:
    return [[file, why, count, first] for (file, why), (count, first) in found.items()]


def _found_of(rows: list[list[Any]]) -> Found:
    return {(file, why): (count, first) for file, why, count, first in rows}
