"""Second stage of a build: vectors of the domain, turned into the base's space and combined with its vectors."""

from dataclasses import dataclass

import numpy as np

from ..counting.adding import add_counts, moved_rows
from ..counting.cooccurrence import Cooccurrence, count
from ..counting.saved_counts import State
from ..learning.ppmi_svd import FROM_COUNTS
from ..learning.trainer_data import TrainingData
from ..table.base_vectors import GeneralVectors
from ..util.jobs import Jobs
from ..util.progress import Progress
from .select import Gathered
from .settings import Settings


@dataclass(frozen=True, eq=False)
class Tables:
    """What the trainers made.

    rows: A row for each of the words and fold-ins that were gathered, (n_words, width), float32, by trainer.
    counted: What they made it from, where that is counts alone.
    """

    rows: dict[str, np.ndarray]
    counted: Cooccurrence | None = None


def train(
    settings: Settings,
    gathered: Gathered,
    general: GeneralVectors,
    jobs: Jobs,
    progress: Progress,
    earlier: State | None = None,
) -> Tables:
    """Train the tables.

    earlier: What an earlier training counted, to be added to; its vectors are what is started from.
    RAISES: DomainVectorsError (DV040 to DV046, DV048, DV066).
    """
    tokens, vocabulary, fold_ins, seed = gathered.tokens, gathered.vocabulary, gathered.fold_ins, settings.system.seed
    found: list[Cooccurrence] = []

    def counted(window: int, subsample: float) -> Cooccurrence:
        counts = count(tokens, vocabulary, fold_ins, jobs, window, subsample, seed, progress)
        found.append(add_counts(earlier.counted, counts) if earlier else counts)
        return found[-1]

    start = moved_rows(earlier.rows, earlier.counted.vocabulary.words, vocabulary.words) if earlier else None
    data = TrainingData(tokens, vocabulary, fold_ins, general, settings.paths.base, counted, seed, start, progress)
    rows = {name: trainer(data) for name, trainer in settings.trainers.items()}
    is_counts = len(rows) == 1 and settings.config["trainer"]["@misc"] in FROM_COUNTS
    return Tables(rows, found[0] if is_counts else None)
