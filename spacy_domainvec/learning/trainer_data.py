"""The input and the output of a trainer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..corpus.tokenized import TokenizedCorpus
from ..counting.cooccurrence import Cooccurrence
from ..counting.fold_ins import FoldIns
from ..counting.vocabulary import Vocabulary
from ..table.base_vectors import BaseTable
from ..util.progress import Progress, no_progress


@dataclass(frozen=True, eq=False)
class TrainingData:
    """The input of every trainer.

    tokens: The corpus.
    vocabulary: The words to learn from.
    fold_ins: Rare words and phrases, which get vectors too.
    base: The base's vectors, for a warm start.
    base_name: The base's name, for messages.
    count: Counts the vocabulary's words near each other and near the fold-ins, given a window and a
        threshold of subsampling.
    seed: The seed of all random numbers.
    start: The vocabulary's rows from an earlier training, zeros for new words; None without one.
    progress: Wraps long iterations.
    """

    tokens: TokenizedCorpus
    vocabulary: Vocabulary
    fold_ins: FoldIns
    base: BaseTable
    base_name: str
    count: Callable[[int, float], Cooccurrence]
    seed: int
    start: np.ndarray | None = None
    progress: Progress = no_progress

    def sentences(self) -> "Sentences":
        """The texts as lists of words."""
        return Sentences(self.tokens)


@dataclass(frozen=True, eq=False)
class Sentences:
    """The corpus as gensim needs it: an iterable that can be read several times."""

    tokens: TokenizedCorpus

    def __iter__(self) -> Iterator[list[str]]:
        return self.tokens.sentences()


@dataclass(frozen=True, eq=False)
class TrainedRows:
    """The output of every trainer.

    rows: A row for each word of the vocabulary, then one for each fold-in; shape
        (n_words + n_fold_ins, width), float32.
    counted: The counts, if the rows depend on them alone, so that an update can add to them. None if the
        trainer read the texts.
    ngrams: Rows of character n-grams, for words that the texts lack, shape (n_buckets, width),
        float32; None if the trainer has none.
    """

    rows: np.ndarray
    counted: Cooccurrence | None = None
    ngrams: np.ndarray | None = None


Trainer = Callable[[TrainingData], TrainedRows]
