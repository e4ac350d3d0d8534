"""The rows in a file of vectors: those that are kept, and those that are left out, with the reasons."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

# The number of rows to check together.
BATCH = 1024
# A row is left out if it is 100 times longer or 10,000 times shorter than the median row.
MOST_TIMES_LONGER, MOST_TIMES_SHORTER = 100, 10_000
LARGEST, SMALLEST = float(np.finfo("f").max), float(np.finfo("f").tiny)
# The number of words to name for each reason, and the characters to show of each.
NAMED, SHOWN = 5, 30

NOT_UTF8 = "whose word is not UTF-8"
NO_WORD = "whose word is white space"
SPACED = "whose word has a space in it"
TWICE = "whose word an earlier row has"
NO_NUMBER = "with a value that is no number"
NOT_FINITE = "with NaN or infinity, or a value too large for float32"
ZEROS = "of zeros"
ODD_LENGTH = "far longer or shorter than the others"
NO_NAME = "without a name (was the pipeline shrunk by --shrink-base?)"
# A key of sense2vec: duck|NOUN, natural_language_processing|NOUN.
SENSE = re.compile(r"(.+)\|[A-Z][A-Z_]*", re.DOTALL)
# Reasons that are no fault of the file.
HARMLESS = (TWICE, ZEROS, NO_NAME)


@dataclass
class LeftOut:
    """The rows that were left out.

    unit: What the numbers of rows count: "line" or "row".
    found: For each reason, the number of rows and the places of the first ones.
    """

    unit: str = "row"
    found: dict[str, tuple[int, list[str]]] = field(default_factory=dict)

    def add(self, reason: str, number: int, word: str = "", times: int = 1) -> None:
        """Note a row that is left out. times: How many rows are, of which it is the first."""
        count, places = self.found.get(reason, (0, []))
        if len(places) < NAMED:
            places = [*places, f"{self.unit} {number}" + (f" {word[:SHOWN]!r}" if word else "")]
        self.found[reason] = (count + times, places)

    @property
    def total(self) -> int:
        """The number of rows that were left out."""
        return sum(count for count, _ in self.found.values())

    @property
    def n_faults(self) -> int:
        """The number of rows that were left out because of a fault of the file."""
        return sum(count for reason, (count, _) in self.found.items() if reason not in HARMLESS)

    def __str__(self) -> str:
        parts = []
        for reason, (count, places) in self.found.items():
            more = ", ..." if count > len(places) else ""
            parts.append(f"{count:,} {reason} ({', '.join(places)}{more})")
        return "; ".join(parts)


@dataclass(frozen=True, eq=False)
class ForeignVectors:
    """Words and their vectors. Words may share a row.

    words: The words, each once, in the order of the file.
    numbers: The number of each word's line or row in the file, shape (n_words,), int64.
    ranks: The place of each word among the rows of the file, from 0, shape (n_words,), int64.
    n_ranks: The number of rows of the file, also of those that were left out.
    rows: The row of each word in `vectors`, shape (n_words,), int64.
    vectors: Shape (n_rows, width), float32.
    n_announced: The number of rows that the header of the file announces; None without a header.
    """

    words: list[str]
    numbers: np.ndarray
    ranks: np.ndarray
    n_ranks: int
    rows: np.ndarray
    vectors: np.ndarray
    n_announced: int | None = None

    def take(self, kept: Sequence[int]) -> "ForeignVectors":
        """Some of the words. kept: Their indices."""
        words, places = [self.words[i] for i in kept], np.array(kept, dtype="i8")
        arrays = {name: getattr(self, name)[places] for name in ("numbers", "ranks", "rows")}
        return replace(self, words=words, **arrays)

    def renamed(self, name: Callable[[str], str], left_out: LeftOut) -> "ForeignVectors":
        """Rename the words. If several words get the same name, only the first is kept."""
        known: dict[str, int] = {}
        for i, word in enumerate(map(name, self.words)):
            if word in known or not word.strip():
                left_out.add(TWICE if word in known else NO_WORD, int(self.numbers[i]), self.words[i])
            else:
                known[word] = i
        return replace(self.take(list(known.values())), words=list(known))


@dataclass
class Collector:
    """Takes rows from a reader, and keeps those that are vectors.

    left_out: Notes the other rows.
    width: The number of values in a row.
    most: The number of words to keep; None for all. Further rows need not be read, only counted.
    occurs: Whether a word occurs in a text. If given, all that do are kept, and `most` limits the
        others.
    n_rows: The number of rows so far; the reader counts them.
    """

    left_out: LeftOut
    width: int
    most: int | None = None
    occurs: Callable[[str], bool] | None = None
    n_rows: int = 0
    _n_others: int = 0
    _known: dict[str, tuple[int, int]] = field(default_factory=dict)
    _kept: list[np.ndarray] = field(default_factory=list)
    _words: list[tuple[str, int, int]] = field(default_factory=list)
    _batch: list[np.ndarray] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether there are as many words as wanted."""
        return self.occurs is None and self.most is not None and len(self._known) >= self.most

    def needs(self, word: bytes | str) -> bool:
        """Whether the row of a word is to be read. To be asked once for each row."""
        if self.occurs is None or self.most is None:
            return not self.is_full
        text, reason = name_of(word)
        if reason is None and self.occurs(text):
            return True
        self._n_others += 1
        return self._n_others <= self.most

    def add(self, number: int, word: bytes | str, values: np.ndarray) -> None:
        """Take the next row: its number for messages, its word, and its values, shape (width,)."""
        text, reason = name_of(word)
        if reason is not None:
            self.left_out.add(reason, number, text)
            return
        self._words.append((text, number, self.n_rows - 1))
        self._batch.append(values)
        if len(self._batch) == BATCH:
            self._flush()

    def vectors(self) -> ForeignVectors:
        """The words and vectors that were kept."""
        self._flush()
        words = list(self._known)
        numbers, ranks = np.array(list(self._known.values()), dtype="i8").reshape(len(words), 2).T
        vectors = np.concatenate(self._kept) if self._kept else np.zeros((0, self.width), dtype="f")
        return ForeignVectors(words, numbers, ranks, self.n_rows, np.arange(len(words)), vectors)

    def _flush(self) -> None:
        if not self._batch:
            return
        values = np.array(self._batch)
        reasons, kept = faults(values), []
        for i, ((word, number, rank), reason) in enumerate(zip(self._words, reasons)):
            if reason is None and word in self._known:
                reason = TWICE
            if reason is not None:
                self.left_out.add(reason, number, word)
            elif not self.is_full:
                self._known[word] = (number, rank)
                kept.append(i)
        self._kept.append(values[kept].astype("f"))
        self._words, self._batch = [], []


def faults(values: np.ndarray) -> list[str | None]:
    """For each row, the reason why it is no vector, or None.

    values: Shape (n_rows, width), of any numbers.
    """
    largest = np.abs(values).max(axis=1, initial=0)
    found: list[str | None] = [None] * len(values)
    for i in np.flatnonzero(~(largest <= LARGEST) | (largest < SMALLEST)).tolist():
        found[i] = ZEROS if largest[i] < SMALLEST else NOT_FINITE
    return found


def of_array(words: Sequence[str], rows: np.ndarray, vectors: np.ndarray, left_out: LeftOut) -> ForeignVectors:
    """The words and vectors of an array, without those that are no words or vectors.

    rows: The row of each word, shape (n_words,), int64.
    vectors: Shape (n_rows, width), of any numbers.
    left_out: Notes the words that are left out.
    """
    reasons: list[str | None] = []
    for start in range(0, len(vectors), BATCH):
        reasons += faults(vectors[start : start + BATCH].astype("f8"))
    known: dict[str, int] = {}
    for i, (word, row) in enumerate(zip(words, rows.tolist())):
        reason = name_of(word)[1] or reasons[row] or (TWICE if word in known else None)
        if reason is None:
            known[word] = i
        else:
            left_out.add(reason, i + 1, name_of(word)[0])
    kept = np.fromiter(known.values(), "i8", len(known))
    clean = [reason is None for reason in reasons]
    # A value that is too large for float32 may overflow silently, as its row is left out.
    with np.errstate(over="ignore", invalid="ignore"):
        floats = np.asarray(vectors, dtype="f")
    if not all(clean):
        floats = np.where(np.array(clean, dtype=bool)[:, None], floats, np.float32(0))
    return ForeignVectors(list(known), kept + 1, kept, len(words), rows[kept], floats)


def without_senses(found: ForeignVectors, left_out: LeftOut) -> ForeignVectors:
    """Remove the senses from keys of sense2vec, if most keys have one. A word gets its first vector."""
    n_senses = sum(SENSE.fullmatch(word) is not None for word in found.words)
    if 2 * n_senses <= len(found.words):
        return found
    return found.renamed(lambda word: match[1] if (match := SENSE.fullmatch(word)) else word, left_out)


def without_odd_lengths(found: ForeignVectors, left_out: LeftOut) -> ForeignVectors:
    """Leave out rows that are far longer or shorter than others: they would distort the mean of all."""
    lengths = row_lengths(found.vectors)[found.rows]
    usual = float(np.median(lengths)) if len(lengths) else 0.0
    odd = (lengths > MOST_TIMES_LONGER * usual) | (lengths * MOST_TIMES_SHORTER < usual)
    for i in np.flatnonzero(odd).tolist():
        left_out.add(ODD_LENGTH, int(found.numbers[i]), found.words[i])
    return found.take(np.flatnonzero(~odd).tolist())


def row_lengths(vectors: np.ndarray) -> np.ndarray:
    """The Euclidean length of each row, shape (n_rows,), float64.

    In float32, the squares of 1e20 and 1e-23 would overflow and underflow.
    """
    batches = [vectors[start : start + BATCH].astype("f8") for start in range(0, len(vectors), BATCH)]
    return np.concatenate([np.linalg.norm(batch, axis=1) for batch in batches] or [np.zeros(0)])


def name_of(word: bytes | str) -> tuple[str, str | None]:
    """A word as text, and the reason why it is no word, or None."""
    try:
        text = word.decode("utf8") if isinstance(word, bytes) else word
        # Texts from NumPy or JSON can have lone surrogates.
        text.encode("utf8")
    except UnicodeError:
        shown = word if isinstance(word, bytes) else word.encode("utf8", "replace")
        return shown.decode("utf8", "replace"), NOT_UTF8
    return text, None if text.strip() else NO_WORD
