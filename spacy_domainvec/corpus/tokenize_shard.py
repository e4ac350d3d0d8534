"""From the texts of one shard to numbers on disk: the task of a worker."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..reading.docbins import damaged, read_docs
from ..reading.readers import read_texts
from ..reading.skipped import Skipped
from ..reading.versions import unchanged
from .chunk_tokenizer import ChunkTokenizer, Tokens, tokenizer_at
from .shard_notes import ShardNotes
from .shards import Piece
from .tokenized import MAX_TOKENS, TokenizedPart

# Texts are tokenized together up to this many characters.
BATCH_CHARACTERS = 2**20
NOTES = "notes.json"


@dataclass(frozen=True, eq=False)
class Tokenizing:
    """How texts become numbers.

    tokenizer: The folder that `save_tokenizer` wrote; or the tokenizer itself, in a single process.
    attr: The token attribute by which words are distinguished.
    text_field: The field of records with the text.
    n_tokens: The number of tokens of a part, roughly.
    """

    tokenizer: Path | ChunkTokenizer
    attr: str
    text_field: str
    n_tokens: int

    def loaded(self) -> ChunkTokenizer:
        """The tokenizer, after it has shared its chunks with those of other processes."""
        if isinstance(self.tokenizer, ChunkTokenizer):
            return self.tokenizer
        tokenizer = tokenizer_at(self.tokenizer, self.attr)
        tokenizer.share(self.tokenizer / f"met-{self.attr}")
        return tokenizer


def tokenize_shard(new: Path, shard: Sequence[Piece], how: Tokenizing) -> None:
    """Write the texts of a shard as numbers: a directory for each part, and one file of notes.

    new: An empty directory.
    RAISES: DomainVectorsError (DV030, DV032, DV033, DV036, DV039, DV047, DV054, DV055, DV057).
    """
    notes = ShardNotes()
    with unchanged({piece.source: piece.version for piece in shard}):
        has_texts = _write_parts(new, shard, how, notes)
    notes.to_disk(new / NOTES)
    if has_texts:
        # Once more, for the other processes.
        how.loaded()


def _write_parts(new: Path, shard: Sequence[Piece], how: Tokenizing, notes: ShardNotes) -> bool:
    """Write the parts, and add to the notes. RETURNS: Whether there is any text."""
    tokenizer: ChunkTokenizer | None = None
    part = _Part(new)
    for texts in _batches(shard, how.text_field, notes.skipped):
        if tokenizer is None or tokenizer.is_full:
            # A new tokenizer numbers tokens differently.
            part.flush()
            tokenizer = how.loaded()
            part.tokens = tokenizer.tokens
        if isinstance(texts, Piece):
            numbers, lengths = _numbers_of_docs(texts, tokenizer)
        else:
            numbers, lengths = tokenizer.numbers(texts)
        notes.look_for_acronyms(tokenizer.tokens, numbers, lengths)
        notes.n_unset += part.add(numbers, lengths)
        if part.n_tokens >= how.n_tokens:
            part.flush()
    part.flush()
    return tokenizer is not None


def _batches(shard: Sequence[Piece], text_field: str, skipped: Skipped) -> Iterator[list[str] | Piece]:
    """Yield texts in batches, and pieces with annotated docs as they are."""
    texts: list[str] = []
    n_characters = 0
    for piece in shard:
        if piece.source.format == "spacy":
            yield piece
            continue
        for text in read_texts(piece.source, text_field, skipped, piece.start, piece.end):
            texts.append(text)
            n_characters += len(text)
            if n_characters >= BATCH_CHARACTERS:
                yield texts
                texts, n_characters = [], 0
    if texts:
        yield texts


def _numbers_of_docs(piece: Piece, tokenizer: ChunkTokenizer) -> tuple[np.ndarray, np.ndarray]:
    docs = list(read_docs(piece.source, tokenizer.nlp.vocab))
    try:
        return tokenizer.of_docs(docs)
    except KeyError as e:
        # The file has a hash without its string.
        raise damaged(piece.source, e) from None


@dataclass
class _Part:
    """Collects texts until there are enough of them, then writes them to a directory.

    folder: The folder for these directories, which are numbered.
    tokens: The tokens behind the numbers.
    """

    folder: Path
    tokens: Tokens = field(default_factory=Tokens)
    number: int = 0
    numbers: list[np.ndarray] = field(default_factory=list)
    lengths: list[np.ndarray] = field(default_factory=list)
    n_tokens: int = 0

    def add(self, numbers: np.ndarray, lengths: np.ndarray) -> int:
        """Add texts, without tokens that lack the attribute. RETURNS: The number of such tokens."""
        is_set = self.tokens.keys[numbers] != 0
        of_text = np.repeat(np.arange(len(lengths)), lengths)
        n_set = int(is_set.sum())
        self.numbers.append(numbers[is_set])
        self.lengths.append(np.bincount(of_text[is_set], minlength=len(lengths)))
        self.n_tokens += n_set
        return len(numbers) - n_set

    def flush(self) -> None:
        """Write the collected texts, if any, as the next part."""
        if self.n_tokens:
            self._write(self.folder / f"{self.number:04d}")
            self.number += 1
        self.numbers, self.lengths, self.n_tokens = [], [], 0

    def _write(self, folder: Path) -> None:
        numbers = np.concatenate(self.numbers)
        used = np.flatnonzero(np.bincount(numbers))
        # Tokens that are written differently can be the same word: "Rate" and "rate".
        keys, words_of_used = np.unique(self.tokens.keys[used], return_inverse=True)
        word_of = np.zeros(used[-1] + 1, dtype="i4")
        word_of[used] = words_of_used
        ids = word_of[numbers]
        counts = np.bincount(ids, minlength=len(keys))
        words = [self.tokens.words[key] for key in keys.tolist()]
        ends = _ends(np.concatenate(self.lengths))
        TokenizedPart.write(folder, words, keys=keys, counts=counts, ids=ids, ends=ends)


def _ends(lengths: np.ndarray) -> np.ndarray:
    """The ends of texts of these lengths, int64. Empty texts are left out, and long ones split."""
    n_full, n_left = np.divmod(lengths, MAX_TOKENS)
    # Each text is cut into full pieces, and a last one that may be empty.
    n_pieces = n_full + 1
    pieces = np.full(int(n_pieces.sum()), MAX_TOKENS, dtype="i8")
    pieces[np.cumsum(n_pieces) - 1] = n_left
    return np.cumsum(pieces[pieces > 0])
