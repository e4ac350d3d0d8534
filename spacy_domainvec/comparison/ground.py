"""What all routes share: the settings, the base, the gathered text, and texts as bags of words."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.language import Language

from ..build.select import Gathered
from ..build.settings import Settings
from ..build.train import training_data
from ..counting.adding import moved_rows
from ..evaluation.costs import on_disk, speed, watched, with_vectors
from ..evaluation.measures import megabytes
from ..evaluation.report import DEFAULT_A
from ..learning.gensim_trainers import spelled
from ..learning.trainer_data import Trainer
from ..pipeline.loading import load_pipeline
from ..table.base_vectors import BaseTable
from ..table.weights import sif_weights
from ..util.arrays import product, scaled_to_unit
from ..util.extras import import_extra
from ..util.jobs import Jobs, Task, name_of
from ..util.progress import Progress, no_progress
from .results import Costs, Coverage

ROWS, NGRAMS, COSTS = "rows.npy", "ngrams.npy", "costs.json"
N_SAMPLE = 300
# The sources of a word's vector.
NO_VECTOR, OWN, BASE, SPELLING = range(4)


@dataclass(frozen=True, eq=False)
class Bags:
    """Texts as counts of words.

    words: The distinct tokens of all texts.
    counts: How often each text has each word, a sparse CSR matrix (n_texts, n_words), float32.
    is_alpha: Whether each word consists of letters, shape (n_words,), bool.
    """

    words: list[str] = field(repr=False)
    counts: Any
    is_alpha: np.ndarray

    @classmethod
    def of_texts(cls, nlp: Language, texts: Sequence[str], more: Sequence[str] = ()) -> "Bags":
        """Tokenize texts. more: Further words that get vectors."""
        sparse = import_extra("scipy.sparse", "comparing")
        number_of: dict[str, int] = {}
        is_alpha: list[bool] = []
        ids: list[int] = []
        ends = [0]
        for doc in map(nlp.tokenizer, texts):
            for token in doc:
                number = number_of.setdefault(token.text, len(number_of))
                if number == len(is_alpha):
                    is_alpha.append(token.is_alpha)
                ids.append(number)
            ends.append(len(ids))
        for word in more:
            if word not in number_of:
                number_of[word] = len(number_of)
                is_alpha.append(word.isalpha())
        shape = len(texts), len(number_of)
        counts = sparse.csr_matrix((np.ones(len(ids), dtype="f"), ids, ends), shape=shape)
        counts.sum_duplicates()
        return cls(list(number_of), counts, np.array(is_alpha, dtype=bool))

    def documents(self, rows: np.ndarray) -> np.ndarray:
        """The sums of the texts' rows, scaled to unit length, shape (n_texts, width), float32.

        rows: The words' rows, as long as they weigh, shape (n_words, width), float32.
        """
        return scaled_to_unit(product(self.counts, rows))

    def coverage(self, sources: np.ndarray) -> Coverage:
        """The shares of word tokens by source. sources: Of each word, shape (n_words,), int."""
        n_tokens = np.asarray(self.counts.sum(axis=0)).ravel() * self.is_alpha
        shares = np.bincount(sources, n_tokens, minlength=4) / max(n_tokens.sum(), 1)
        named = {"own": OWN, "base": BASE, "spelling": SPELLING, "none": NO_VECTOR}
        return Coverage(**{name: round(float(shares[source]), 4) for name, source in named.items()})


@dataclass(frozen=True, eq=False)
class Ground:
    """The input of every route.

    settings: All settings; the corpus is in them.
    nlp: The base.
    gathered: The text as numbers, and the words to learn from.
    jobs: The processes, and the folder for what is finished.
    progress: Wraps long iterations.
    """

    settings: Settings
    nlp: Language
    gathered: Gathered
    jobs: Jobs
    progress: Progress

    @cached_property
    def base(self) -> BaseTable:
        """The base's vectors."""
        return BaseTable(self.nlp.vocab.vectors)

    @property
    def base_name(self) -> str:
        """The base's name."""
        return self.settings.paths.base

    @property
    def key(self) -> list[object]:
        """What the results depend on, JSON-serializable: settings, base and text."""
        parts = [f"{part.folder.parent.name}/{part.folder.name}" for part in self.gathered.tokens.parts]
        return [self.settings.config, self.base.fingerprint, self.nlp.meta["name"], parts]

    @property
    def size(self) -> float | None:
        """The size of the base in MiB; None if it is not on disk."""
        return None if self.nlp.path is None else megabytes(self.nlp.path)

    def forms(self, words: Sequence[str]) -> list[str]:
        """Words in the form by which the text tells them apart."""
        attr = self.settings.corpus.attr
        if attr == "ORTH":
            return list(words)
        # Without a text, the lower-case word stands for its lemma.
        return [self.nlp.vocab[word].norm_ if attr == "NORM" else word.lower() for word in words]

    def weights(self, words: Sequence[str]) -> np.ndarray:
        """The words' weights in a mean, by how often the text has them, shape (n_words, 1), float32."""
        tokens = self.gathered.tokens
        count_of = dict(zip(tokens.words, tokens.counts.tolist()))
        counts = np.array([count_of.get(form, 0) for form in self.forms(words)], dtype="i8")
        return sif_weights(counts, tokens.n_tokens, self.settings.weighting.a or DEFAULT_A)[:, None]

    def learned(self, name: str, trainer: Trainer, words: Sequence[str], beside_base: bool = False) -> "Learned":
        """Rows of unit length that a trainer learns from the text.

        name: Tells the trainers of a comparison apart. What one has learned is kept.
        beside_base: Whether the pipeline, of which the costs are told, has the base's vectors, too.
        RAISES: DomainVectorsError, see `build.train.train`.
        """
        task = Task(name_of("trained", name, *self.key), (self, trainer, beside_base))
        (folder,) = self.jobs.run(_write_trained, [task], no_progress, name)
        forms = self.forms(words)
        rows = moved_rows(scaled_to_unit(_array(folder / ROWS)), self.gathered.words, forms)
        is_spelled = np.zeros(len(words), dtype=bool)
        if (folder / NGRAMS).exists():
            missing = [i for i, form in enumerate(forms) if form.strip() and not rows[i].any()]
            rows[missing] = scaled_to_unit(spelled([forms[i] for i in missing], _array(folder / NGRAMS)))
            is_spelled[missing] = rows[missing].any(axis=1)
        return Learned(rows, is_spelled, Costs(**srsly.read_json(folder / COSTS)))

    def sample(self) -> list[str]:
        """Some texts of the corpus, to measure the speed with."""
        return [" ".join(words) for words in islice(self.gathered.tokens.sentences(), N_SAMPLE)]


@dataclass(frozen=True, eq=False)
class Learned:
    """What a trainer learns from the text.

    rows: Of unit length, shape (n_words, width), float32; zeros for words that the text has too rarely.
    is_spelled: Whether a row is made of n-grams as the text lacks the word, shape (n_words,), bool.
    costs: Of the training, and of the base with these vectors.
    """

    rows: np.ndarray
    is_spelled: np.ndarray
    costs: Costs


def _write_trained(new: Path, ground: Ground, trainer: Trainer, beside_base: bool) -> None:
    threads = import_extra("threadpoolctl", "comparing")
    settings, name = ground.settings.system, ground.base_name
    given = ground.gathered, ground.base, ground.jobs, ground.progress
    with watched() as training, threads.threadpool_limits(1):
        trained = trainer(training_data(settings, name, *given))
    rows, ngrams = trained.rows, trained.ngrams
    np.save(new / ROWS, rows, allow_pickle=False)
    if ngrams is not None:
        np.save(new / NGRAMS, ngrams, allow_pickle=False)
    attr = "ORTH" if ground.settings.corpus.attr == "ORTH" else "LOWER"
    nlp = with_vectors(load_pipeline(name), ground.gathered.words, rows, attr, beside_base)
    size, seconds = on_disk(nlp)
    size += 0 if ngrams is None else ngrams.nbytes / 2**20
    microseconds = speed(nlp, ground.sample(), lambda doc: doc.vector)
    costs = Costs(round(training.seconds, 1), seconds, round(size, 1), training.megabytes, microseconds)
    srsly.write_json(new / COSTS, asdict(costs))


def _array(path: Path) -> np.ndarray:
    return np.asarray(np.load(path, allow_pickle=False))
