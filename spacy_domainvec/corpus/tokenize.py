"""From texts to numbers: a corpus is cut into shards, and the results of the shards are joined."""

import hashlib
import uuid
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spacy.language import Language

from ..errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from ..reading.readers import field_name
from ..reading.skipped import warn_of
from ..reading.sources import Source
from ..util.attrs import ATTRS
from ..util.jobs import Jobs, Task, name_of
from ..util.progress import Progress, no_progress
from .chunk_tokenizer import ChunkTokenizer, save_tokenizer
from .shard_notes import ShardNotes
from .shards import plan_shards
from .texts import Corpus
from .tokenize_shard import NOTES, Tokenizing, tokenize_shard
from .tokenized import TokenizedCorpus, TokenizedPart
from .word_counts import add_words


@dataclass(frozen=True, eq=False)
class Tokenized:
    """A corpus as numbers, and the acronyms in it with their long forms."""

    tokens: TokenizedCorpus
    acronyms: dict[str, tuple[str, ...]]


def tokenize(
    corpus: Corpus, nlp: Language, jobs: Jobs, attr: str = "LOWER", progress: Progress = no_progress
) -> Tokenized:
    """Tokenize a corpus once and write it to disk as numbers.

    nlp: The pipeline with the tokenizer.
    jobs: How to run. The result reads files in its folder.
    attr: The token attribute by which words are distinguished: ORTH, LOWER, NORM or LEMMA.
    RETURNS: The tokens, without white space, and the acronyms.
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
        # This tokenizer can't be sent to other processes, nor recognized in a later run.
        jobs, tokenizer, version = replace(jobs, n_jobs=1), ChunkTokenizer(nlp, attr), uuid.uuid4().hex
    sources = corpus.sources()
    plan = plan_shards(sources)
    if plan.whole and jobs.n_workers > 1:
        told = Warnings.DV106.format(details=_first_of(plan.whole))
        warnings.warn(told, DomainVectorsWarning, stacklevel=2)
    if plan.unversioned:
        told = Warnings.DV110.format(details=_first_of(plan.unversioned))
        warnings.warn(told, DomainVectorsWarning, stacklevel=2)
    how = Tokenizing(tokenizer, attr, field_name(corpus.field), jobs.n_tokens)
    settings = how.attr, how.text_field, how.n_tokens
    tasks = []
    for shard in plan.shards:
        name = name_of("tokens", version, settings, [piece.key for piece in shard])
        tasks.append(Task(name, (shard, how)))
    parts: list[TokenizedPart] = []
    notes = ShardNotes()
    for path in jobs.run(tokenize_shard, tasks, progress, "Tokenizing"):
        notes.add_from_disk(path / NOTES)
        parts += [TokenizedPart(folder) for folder in sorted(path.iterdir()) if folder.is_dir()]
    skipped = notes.skipped
    if not parts and notes.n_unset:
        raise DomainVectorsError(Errors.DV038.format(attr=attr))
    if not parts:
        why = f"{skipped.total} lines or records skipped"
        details = f"{why} ({skipped})" if skipped.total else why
        raise DomainVectorsError(Errors.DV034.format(files=len(sources), skipped=details))
    warn_of(skipped)
    return Tokenized(add_words(parts, attr), notes.finder.long_forms())


def _first_of(sources: Sequence[Source]) -> str:
    return ", ".join(source.shown for source in sources[:3])


def _version(nlp: Language) -> str:
    """A hash that differs for two different tokenizers."""
    tokenizer: Any = nlp.tokenizer
    data = tokenizer.to_bytes(exclude=["vocab"]) + nlp.vocab.lookups.to_bytes()
    return hashlib.sha256(str(nlp.lang).encode() + data).hexdigest()
