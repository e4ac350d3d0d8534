"""Second stage of a build: train vectors of the domain."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..counting.adding import add_counts, moved_rows
from ..counting.cooccurrence import Cooccurrence, count
from ..counting.saved_counts import State
from ..learning.trainer_data import Trainer, TrainingData
from ..table.base_vectors import BaseTable
from ..util.jobs import Jobs
from ..util.progress import Progress
from .schema import SystemSettings
from .select import Gathered


@dataclass(frozen=True, eq=False)
class Tables:
    """The output of the trainers.

    rows: For each trainer, the rows of the gathered words and fold-ins, shape (n_words, width), float32.
    counted: The counts, if a single trainer made the rows from counts alone; None otherwise.
    """

    rows: dict[str, np.ndarray]
    counted: Cooccurrence | None = None


def train(trainers: Mapping[str, Trainer], data: TrainingData) -> Tables:
    """Train the tables.

    trainers: The trainers by name.
    RAISES: DomainVectorsError (DV040 to DV046, DV048, DV066).
    """
    trained = {name: trainer(data) for name, trainer in trainers.items()}
    rows = {name: made.rows for name, made in trained.items()}
    first, *others = trained.values()
    return Tables(rows, None if others else first.counted)


def training_data(
    system: SystemSettings,
    base_name: str,
    gathered: Gathered,
    base: BaseTable,
    jobs: Jobs,
    progress: Progress,
    earlier: State | None = None,
) -> TrainingData:
    """The input of every trainer.

    base_name: The base's name, for messages.
    base: The base's vectors.
    earlier: The state of an earlier training. Its counts are added, and its vectors are the start.
    """

    def counted(window: int, subsample: float) -> Cooccurrence:
        tokens, vocabulary, fold_ins = gathered.tokens, gathered.vocabulary, gathered.fold_ins
        new = count(tokens, vocabulary, fold_ins, jobs, window, subsample, system.seed, progress)
        return add_counts(earlier.counted, new) if earlier else new

    return TrainingData(
        tokens=gathered.tokens,
        vocabulary=gathered.vocabulary,
        fold_ins=gathered.fold_ins,
        base=base,
        base_name=base_name,
        count=counted,
        seed=system.seed,
        start=_start(earlier, gathered),
        progress=progress,
    )


def _start(earlier: State | None, gathered: Gathered) -> np.ndarray | None:
    """The vocabulary's rows in an earlier training, zeros for new words; None without one."""
    if earlier is None:
        return None
    return moved_rows(earlier.rows, earlier.counted.vocabulary.words, gathered.vocabulary.words)
