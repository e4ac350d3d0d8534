"""From texts to numbers, shard by shard; and what all shards have in common."""

import hashlib
import uuid
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.language import Language

from ..errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from ..reading.docbins import damaged, read_docs
from ..reading.readers import field_name, read_texts
from ..reading.skipped import Skipped, warn_of
from ..reading.versions import unchanged
from ..util.jobs import Jobs, Task, name_of
from ..util.progress import Progress, no_progress
from .acronyms import AcronymFinder
from .chunk_tokenizer import ChunkTokenizer, Tokens, save_tokenizer, tokenizer_at
from .shards import Piece, plan_shards
from .texts import ATTRS, Corpus
from .tokenized import MAX_TOKENS, TokenizedCorpus, TokenizedPart
from .word_counts import add_words

# Texts are tokenized together up to this many characters.
BATCH_CHARACTERS = 2**20
NOTES = "notes.json"


@dataclass(frozen=True, eq=False)
class Tokenized:
    """A corpus as numbers, and the acronyms that it explains, with their long forms."""

    tokens: TokenizedCorpus
    acronyms: dict[str, tuple[str, ...]]


def tokenize(
    corpus: Corpus, nlp: Language, jobs: Jobs, attr: str = "LOWER", progress: Progress = no_progress
) -> Tokenized:
    """Tokenize a corpus once and write it to disk as numbers.

    nlp: The pipeline whose tokenizer is used.
    jobs: Its folder must outlive the result.
    attr: ORTH, LOWER, NORM or LEMMA; what the domain's words are keyed by.
    RETURNS: The tokens; those that are only white space are dropped.
    RAISES: DomainVectorsError (DV030 to DV039, DV045, DV047, DV048, DV053 to DV057).
    WARNS: DomainVectorsWarning (DV101, DV104, DV106, DV107, DV109, DV110).
    """
    if attr not in ATTRS:
        raise DomainVectorsError(Errors.DV037.format(attr=attr, allowed=", ".join(ATTRS)))
    tokenizer: ChunkTokenizer | Path
    if hasattr(nlp.tokenizer, "to_disk"):
        version = _version(nlp)
        tokenizer = jobs.folder / name_of("tokenizer", version)
        save_tokenizer(nlp, tokenizer)
    else:
        if jobs.n_workers > 1:
            kind = type(nlp.tokenizer).__name__
            warnings.warn(Warnings.DV107.format(kind=kind), DomainVectorsWarning, stacklevel=2)
        jobs, tokenizer, version = replace(jobs, n_jobs=1), ChunkTokenizer(nlp, attr), uuid.uuid4().hex
    sources = corpus.sources()
    plan = plan_shards(sources)
    if plan.whole and jobs.n_workers > 1:
        details = ", ".join(source.shown for source in plan.whole[:3])
        warnings.warn(Warnings.DV106.format(details=details), DomainVectorsWarning, stacklevel=2)
    if plan.unversioned:
        details = ", ".join(source.shown for source in plan.unversioned[:3])
        warnings.warn(Warnings.DV110.format(details=details), DomainVectorsWarning, stacklevel=2)
    how = (attr, field_name(corpus.field), jobs.n_tokens)
    tasks = [
        Task(name_of("tokens", version, how, [piece.key for piece in shard]), (shard, tokenizer, *how))
        for shard in plan.shards
    ]
    parts: list[TokenizedPart] = []
    skipped, finder, n_unset = Skipped(), AcronymFinder(), 0
    for path in jobs.run(tokenize_shard, tasks, progress, "Tokenizing"):
        n_unset += _take_notes(path / NOTES, skipped, finder)
        parts += [TokenizedPart(folder) for folder in sorted(path.iterdir()) if folder.is_dir()]
    if not parts and n_unset:
        raise DomainVectorsError(Errors.DV038.format(attr=attr))
    if not parts:
        files, why = len(sources), f"{skipped.total} lines or records skipped"
        raise DomainVectorsError(
            Errors.DV034.format(files=files, skipped=f"{why} ({skipped})" if skipped.total else why)
        )
    warn_of(skipped)
    return Tokenized(add_words(parts, attr), finder.long_forms())


def tokenize_shard(
    new: Path, shard: Sequence[Piece], tokenizer: Path | ChunkTokenizer, attr: str, text_field: str, n_tokens: int
) -> None:
    """Write the texts of a shard as numbers: a directory for every n_tokens or so, and one file of notes.

    new: An empty directory.
    tokenizer: Where `save_tokenizer` put it.
    RAISES: DomainVectorsError (DV030, DV032, DV033, DV036, DV039, DV047, DV054, DV055, DV057).
    """
    skipped, notes = Skipped(), _Notes()
    with unchanged({piece.source: piece.version for piece in shard}):
        made = _write_parts(new, shard, tokenizer, attr, text_field, n_tokens, skipped, notes)
    notes.to_disk(new / NOTES, skipped)
    if made is not None and isinstance(tokenizer, Path):
        _shared(tokenizer, attr)


def _write_parts(
    new: Path,
    shard: Sequence[Piece],
    tokenizer: Path | ChunkTokenizer,
    attr: str,
    text_field: str,
    n_tokens: int,
    skipped: Skipped,
    notes: "_Notes",
) -> ChunkTokenizer | None:
    made, part = None, _Part()
    for texts in _batches(shard, text_field, skipped):
        if made is None or made.is_full:
            part.flush(new)
            made = _shared(tokenizer, attr) if isinstance(tokenizer, Path) else tokenizer
            part = _Part(made.tokens, part.number)
        if isinstance(texts, Piece):
            numbers, lengths = _numbers_of_docs(texts, made)
        else:
            numbers, lengths = made.numbers(texts)
        notes.look_for_acronyms(made.tokens, numbers, lengths)
        notes.n_unset += part.add(numbers, lengths)
        if part.n_tokens >= n_tokens:
            part.flush(new)
    part.flush(new)
    return made


def _numbers_of_docs(piece: Piece, made: ChunkTokenizer) -> tuple[np.ndarray, np.ndarray]:
    docs = list(read_docs(piece.source, made.nlp.vocab))
    try:
        return made.of_docs(docs)
    except KeyError as e:
        # A hash whose string is not in the file.
        raise damaged(piece.source, e) from None


def _shared(folder: Path, attr: str) -> ChunkTokenizer:
    made = tokenizer_at(folder, attr)
    made.share(folder / f"met-{attr}")
    return made


@dataclass
class _Part:
    """Texts that are collected until there are enough of them."""

    tokens: Tokens = field(default_factory=Tokens)
    number: int = 0
    ids: list[np.ndarray] = field(default_factory=list)
    lengths: list[np.ndarray] = field(default_factory=list)
    n_tokens: int = 0

    def add(self, numbers: np.ndarray, lengths: np.ndarray) -> int:
        """Take texts, without the tokens that have no value of the attribute. RETURNS: How many those are."""
        is_set = self.tokens.keys[numbers] != 0
        of_text = np.repeat(np.arange(len(lengths)), lengths)
        self.ids.append(numbers[is_set])
        self.lengths.append(np.bincount(of_text[is_set], minlength=len(lengths)))
        self.n_tokens += len(self.ids[-1])
        return int(len(numbers) - is_set.sum())

    def flush(self, folder: Path) -> None:
        """Write what was collected, if anything, as the next part."""
        if self.n_tokens:
            self._write(folder / f"{self.number:04d}")
            self.number += 1
        self.ids, self.lengths, self.n_tokens = [], [], 0

    def _write(self, folder: Path) -> None:
        numbers = np.concatenate(self.ids)
        used = np.flatnonzero(np.bincount(numbers))
        # Tokens that are written differently can be the same word.
        keys, places = np.unique(self.tokens.keys[used], return_inverse=True)
        renumber = np.zeros(used[-1] + 1, dtype="i4")
        renumber[used] = places
        ids = renumber[numbers]
        words = [self.tokens.words[key] for key in keys.tolist()]
        counts, ends = np.bincount(ids, minlength=len(keys)), _ends(np.concatenate(self.lengths))
        TokenizedPart.write(folder, words, keys=keys, counts=counts, ids=ids, ends=ends)


@dataclass
class _Notes:
    """What else a shard tells."""

    n_unset: int = 0
    finder: AcronymFinder = field(default_factory=AcronymFinder)

    def look_for_acronyms(self, tokens: Tokens, numbers: np.ndarray, lengths: np.ndarray) -> None:
        """Search those texts where something that looks like an acronym stands beside a parenthesis."""
        if not len(numbers):
            return
        opens, shorts = tokens.opens[numbers], tokens.shorts[numbers]
        places = np.flatnonzero(opens)
        beside = shorts[np.maximum(places - 1, 0)] | shorts[np.minimum(places + 1, len(numbers) - 1)]
        ends = np.cumsum(lengths)
        for text in np.unique(np.searchsorted(ends, places[beside], side="right")).tolist():
            found = numbers[ends[text] - lengths[text] : ends[text]].tolist()
            words = [tokens.texts[i] for i in found]
            keys = tokens.keys[found].tolist()
            self.finder.add(words, [tokens.words.get(key, word) for key, word in zip(keys, words)])

    def to_disk(self, path: Path, skipped: Skipped) -> None:
        """Write them as JSON."""
        pairs = [[short, list(long), n] for (short, long), n in self.finder.pairs.items()]
        found, mended = ([[*what, *where] for what, where in told.items()] for told in (skipped.found, skipped.mended))
        told = {"skipped": found, "mended": mended, "lines": skipped.n_lines}
        srsly.write_json(path, {"unset": self.n_unset, "acronyms": pairs, **told})


def _take_notes(path: Path, skipped: Skipped, finder: AcronymFinder) -> int:
    """Add what a shard tells. RETURNS: How many tokens have no value of the attribute."""
    notes = srsly.read_json(path)
    found, mended = (
        {(file, why): (count, first) for file, why, count, first in notes[kind]} for kind in ("skipped", "mended")
    )
    skipped.append(Skipped(found, notes["lines"], mended))
    for short, long, n in notes["acronyms"]:
        finder.pairs[short, tuple(long)] += n
    return int(notes["unset"])


def _batches(shard: Sequence[Piece], text_field: str, skipped: Skipped) -> Iterator[list[str] | Piece]:
    """Texts, many together; a piece of annotated docs as it is."""
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


def _ends(lengths: np.ndarray) -> np.ndarray:
    """Where texts of these lengths end, empty ones left out and long ones split, int64."""
    whole, rest = np.divmod(lengths, MAX_TOKENS)
    parts = np.full(int((whole + 1).sum()), MAX_TOKENS, dtype="i8")
    parts[np.cumsum(whole + 1) - 1] = rest
    return np.cumsum(parts[parts > 0])


def _version(nlp: Language) -> str:
    """Tells two tokenizers apart."""
    tokenizer: Any = nlp.tokenizer
    data = tokenizer.to_bytes(exclude=["vocab"]) + nlp.vocab.lookups.to_bytes()
    return hashlib.sha256(str(nlp.lang).encode() + data).hexdigest()
