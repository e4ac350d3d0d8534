"""The page on an update: the new terms, and the words that have moved."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from spacy.language import Language

from ..about import __version__
from ..build.update import Updated
from ..comparison.kept import told_before
from ..corpus.texts import Corpus
from ..evaluation.both_sides import BothSides, around
from ..evaluation.examples import examples
from ..files.kinds import OURS
from ..pipeline.loading import find_component, load_pipeline, merge
from ..table.answers import DOMAIN
from ..table.table import VectorTable
from ..table.weights import row_numbers
from ..util.arrays import scaled_to_unit
from .results import Change, Changes, Page
from .words import Counted, candidates, means_something, page_words

# The number of words that have moved most.
N_DRIFTED = 40


def changes_page(
    path: str | Path, updated: Updated, base: str | None, before: Sequence[str] = (), now: Sequence[str] = ()
) -> Page:
    """The page on an update.

    path: The folder of the table of before.
    base: The pipeline that the tables were made for; None for the name in the table's meta.
    before, now: The texts of before and the new ones, for sentences.
    RAISES: DomainVectorsError (DV008, DV020 to DV022, DV030 to DV036, DV062, DV066, DV089).
    """
    old, new, changes = VectorTable.from_disk(path), updated.table, updated.changes
    nlp = merge(load_pipeline(base or new.base_name), new)
    field = new.meta.get("config", {}).get("corpus", {}).get("field", "text")
    corpora = [Corpus(list(paths), field) for paths in (before, now)]
    with told_before():
        row_of = row_numbers(new.words)
        rows = [row_of[word] for word in changes.new_words]
        counted = Counted(changes.new_words, new.counts[rows])
        docs = corpora[1].docs(nlp) if now else []
        words = page_words(nlp, find_component(nlp), counted, new.acronyms, docs)
        drifted = _drifted(nlp, old, updated, [corpus if corpus.paths else None for corpus in corpora])
    mean, unchanged = f"{changes.mean_cosine:.3f}", f"{changes.unchanged_cosine:.3f}"
    facts = [
        f"The table: learned from {old.n_tokens:,} tokens before, and {new.n_tokens:,} now.",
        f"Words and phrases with a new row: {len(changes.new_words):,}.",
        f"The mean cosine of a word's vectors before and now is {mean}; "
        f"for words that the new texts lack, it is {unchanged}.",
    ]
    title, made_by = f"What the update of {Path(path).name} has changed", f"{OURS}{__version__}"
    return Page(title, made_by, [], [], facts, None, [], [], Changes(words, drifted))


def _drifted(nlp: Language, old: VectorTable, updated: Updated, corpora: Sequence[Corpus | None]) -> list[Change]:
    """The words that have moved most, largest change first."""
    new, moved = updated.table, updated.changes.moved
    shown = [(word, cosine) for word, cosine in moved if means_something(word, nlp.vocab)][:N_DRIFTED]
    names = [word for word, _ in shown]
    near = around(_both(old, new, names), _both(old, new, candidates(new, nlp.vocab)))
    attr = new.meta.get("attr", "LOWER")
    said = [examples(corpus.docs(nlp) if corpus else [], names, attr) for corpus in corpora]
    return [
        Change(word, cosine, one.before, one.after, *sentences)
        for (word, cosine), one, *sentences in zip(shown, near, *said)
    ]


def _both(old: VectorTable, new: VectorTable, words: list[str]) -> BothSides:
    """Words with their rows before, zeros for new ones, and now."""
    before, now = (_unit_rows(table, words) for table in (old, new))
    everywhere = np.ones(len(words), dtype="f")
    return BothSides(words, before, now, [DOMAIN] * len(words), everywhere, everywhere == 1)


def _unit_rows(table: VectorTable, words: Sequence[str]) -> np.ndarray:
    row_of = row_numbers(table.words)
    rows = np.array([row_of.get(word, -1) for word in words], dtype="i8")
    return np.where(rows[:, None] >= 0, scaled_to_unit(table.vectors[np.maximum(rows, 0)]), 0)
