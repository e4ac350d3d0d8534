"""Updating a table with further text, such as next month's comments."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import srsly

from ..counting.saved_counts import State
from ..errors import DomainVectorsError, Errors
from ..files.kinds import TRAINED
from ..files.names import CHANGES, COUNTS_FOLDER
from ..files.outputs import written_directory
from ..learning.encoding import Teacher
from ..pipeline.loading import load_pipeline
from ..table.base_vectors import BaseTable
from ..table.table import VectorTable
from ..util.arrays import scaled_to_unit
from ..util.jobs import Jobs
from ..util.progress import Progress, no_progress
from .run import train_state
from .settings import load_settings

# Rarer words move by chance.
LEAST_COUNT = 20


@dataclass(frozen=True, eq=False)
class Changes:
    """The changes of a table by further text.

    new_words: Words and phrases with a new row, most frequent first.
    moved: Words and phrases with at least 20 occurrences, and the cosine between their old and new
        vectors, lowest first.
    mean_cosine: The mean of this cosine over all words and phrases with a row in both tables.
    unchanged_cosine: Its mean over those that do not occur in the new texts.
    """

    new_words: list[str]
    moved: list[tuple[str, float]]
    mean_cosine: float
    unchanged_cosine: float


@dataclass(frozen=True, eq=False)
class Updated:
    """A new table, its counts, and the changes."""

    table: VectorTable
    state: State
    changes: Changes

    def to_disk(self, path: str | Path) -> None:
        """Write the table with its counts, and the changes as JSON; see `save_trained`."""
        save_trained(self.table, self.state, path, self.changes)


def save_trained(table: VectorTable, state: State | None, path: str | Path, changes: Changes | None = None) -> None:
    """Write a table with its counts. An earlier one is replaced once the new one is complete.

    RAISES: DomainVectorsError (DV010, DV011, DV024, DV053).
    """
    with written_directory(path, TRAINED) as new:
        table.to_disk(new)
        if state is not None:
            state.to_disk(new / COUNTS_FOLDER)
        if changes is not None:
            srsly.write_json(new / CHANGES, asdict(changes))


def update_table(
    path: str | Path,
    corpus: Sequence[str],
    base: str | None = None,
    overrides: dict[str, Any] | None = None,
    progress: Progress = no_progress,
    jobs: Jobs | None = None,
) -> Updated:
    """Add texts to the counts of a table, and train again on all counts, starting from the last vectors.

    The vocabulary is the same as if all texts were read anew, as far as the first training kept
    counts (of the million most frequent words). A word new to the vocabulary has its pairs in the
    new texts, and those counted for it as a rare word. A word that leaves the vocabulary is folded
    in as a rare word. New texts are subsampled by the frequencies in all texts. The new vectors are
    rotated onto the last ones.

    path: A table with counts, as 'domain-vectors train' writes it.
    corpus: The new texts.
    base: The pipeline that the table was made for; None for the name in the table's meta.
    overrides: Settings by dotted name that differ from those of the table. Its terms are kept, and
        new ones are added.
    RAISES: DomainVectorsError (DV008, DV020 to DV022, DV041 to DV043, DV049, DV087, DV089, and the
        errors of `run.train_state`).
    """
    old = VectorTable.from_disk(path)
    if not (Path(path) / COUNTS_FOLDER).is_dir():
        raise DomainVectorsError(Errors.DV049.format(path=path))
    name, made_for = base or old.base_name, old.meta.get("base", {})
    state, config = State.from_disk(Path(path) / COUNTS_FOLDER), old.meta.get("config", {})
    nlp = load_pipeline(name)
    base_table = BaseTable(nlp.vocab.vectors)
    if not base_table.is_table_of(made_for.get("fingerprint")):
        shown = {"expected": made_for.get("name"), "expected_id": made_for["fingerprint"]}
        raise DomainVectorsError(Errors.DV008.format(**shown, found_id=base_table.fingerprint))
    _check_counts(old, state, base_table.width, Path(path) / COUNTS_FOLDER)
    paths = {"paths.corpus": list(corpus), "paths.base": name}
    settings = load_settings(config, {**(overrides or {}), **paths})
    if settings.paths.labelled is not None:
        why = "an update keeps its maps"
        raise DomainVectorsError(Errors.DV043.format(path=settings.paths.labelled, why=why))
    before = load_settings(config)
    _check_settings(before.config, settings.config)
    _check_ridge(before.teacher, settings.teacher)
    trained = train_state(settings, nlp, progress, jobs, state)
    assert trained.state is not None  # as _check_settings lets through only a trainer of counts
    return Updated(trained.table, trained.state, compare(old, trained.table))


def _check_counts(table: VectorTable, state: State, base_width: int, path: Path) -> None:
    """RAISES: DomainVectorsError (DV042) for the counts of another table."""
    tokens = state.tokens
    for name in ("attr", "n_tokens", "n_texts"):
        if table.meta.get(name) != getattr(tokens, name):
            why = f"{name} is {getattr(tokens, name)}, and {table.meta.get(name)} in the table"
            raise DomainVectorsError(Errors.DV042.format(path=path, why=why))
    space = state.space
    # In a concatenation, the base's columns come first.
    of_domain = (table.width, table.width - base_width)
    fits = {
        "centre": len(space.centre) == base_width,
        "base's matrix": space.base.shape[1] == base_width,
        "domain's matrix": space.domain.shape[1] in of_domain,
        "map": space.map is None or len(space.map) == table.width,
    }
    if state.lessons is not None:
        of_base = state.lessons.of_base
        fits_base = of_base is None or len(of_base) == base_width
        fits["teacher"] = len(state.lessons.of_own) == table.width and fits_base
    for name, is_fit in fits.items():
        if not is_fit:
            why = f"its {name} does not fit a base of {base_width} and a table of {table.width} columns"
            raise DomainVectorsError(Errors.DV042.format(path=path, why=why))


def _check_settings(old: dict[str, Any], new: dict[str, Any]) -> None:
    """RAISES: DomainVectorsError (DV041) for a changed setting that must stay the same in an update."""
    fixed = [("corpus", "attr"), *(("trainer", name) for name in old["trainer"]), ("system", "seed")]
    for section, name in fixed:
        left, right = old[section][name], new[section].get(name)
        if left != right:
            raise DomainVectorsError(Errors.DV041.format(what=name, left=left, right=right))
    for section in ("more_trainers", "more_tables"):
        if new[section]:
            raise DomainVectorsError(Errors.DV041.format(what=section, left="none", right="some"))


def _check_ridge(old: Teacher | None, new: Teacher | None) -> None:
    """RAISES: DomainVectorsError (DV041) for another one. The penalty that it gave is kept."""
    if old is not None and new is not None and old.ridge != new.ridge:
        raise DomainVectorsError(Errors.DV041.format(what="teacher.ridge", left=old.ridge, right=new.ridge))


def compare(old: VectorTable, new: VectorTable) -> Changes:
    """The changes from one table to another in the same space."""
    row_of = {word: row for row, word in enumerate(old.words)}
    rows = np.array([row for row, word in enumerate(new.words) if word in row_of], dtype="i8")
    names = [new.words[row] for row in rows.tolist()]
    before = np.array([row_of[name] for name in names], dtype="i8")
    cosines = (scaled_to_unit(old.vectors[before]) * scaled_to_unit(new.vectors[rows])).sum(axis=1)
    frequent = np.flatnonzero(new.counts[rows] >= LEAST_COUNT).tolist()
    moved = sorted((round(float(cosines[i]), 4), names[i]) for i in frequent)
    unchanged = cosines[old.counts[before] == new.counts[rows]]
    return Changes(
        [word for word in new.words if word not in row_of],
        [(name, cosine) for cosine, name in moved],
        _mean(cosines),
        _mean(unchanged),
    )


def _mean(cosines: np.ndarray) -> float:
    return round(float(cosines.mean()), 4) if len(cosines) else 1.0
