"""The trainers of gensim, as registered functions: Word2Vec and FastText."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from spacy.util import registry

from ..counting.cooccurrence import both_sides
from ..counting.pairs import MAX_WINDOW
from ..errors import DomainVectorsError, Errors
from ..util.checking import checked
from ..util.compat import fasttext_hashes, n_parts, trained_rows, update_vectors
from ..util.extras import import_extra
from .alacarte import a_la_carte
from .ppmi_svd import no_pairs
from .ranges import Buckets, Flag, Negatives, NgramLength, Share, Start, Steps, Threads, WideWindow, Width
from .trainer_data import TrainedRows, Trainer, TrainingData

# The length of the base's rows for a warm start. At their length in en_core_web_md 3.7.1, the sigmoid
# of the training saturates, and nothing moves.
WARM_START_LENGTH = 3.0
# The lengths of FastText's n-grams.
MIN_N, MAX_N = 3, 5


@dataclass(frozen=True)
class GensimSettings:
    """The settings that both trainers have; see `word2vec`."""

    vector_size: int
    window: int
    epochs: int
    negative: int
    sample: float
    skip_gram: bool
    init: str | None
    workers: int


@registry.misc("spacy_domainvec.Word2Vec.v1")
@checked
def word2vec(
    vector_size: Width = 300,
    window: WideWindow = 5,
    epochs: Steps = 10,
    negative: Negatives = 5,
    sample: Share = 1e-4,
    skip_gram: Flag = True,
    init: Start | None = None,
    workers: Threads = 1,
) -> Trainer:
    """Word2Vec of gensim (Mikolov et al., 2013).

    Fold-ins get their vectors from the words around them: see `alacarte.a_la_carte`.

    vector_size: Width of the vectors. With init = "base", it must equal the base's width.
    window, epochs, negative, sample: As in gensim.
    skip_gram: Skip-gram if true, continuous bag of words otherwise.
    init: None to start from random vectors, "base" to start from the base's.
    workers: The number of threads. Only runs with one thread are reproducible.
    RETURNS: A function that trains; it raises DomainVectorsError (DV044, DV046, DV059).
    RAISES: DomainVectorsError (DV045).
    """
    settings = GensimSettings(vector_size, window, epochs, negative, sample, skip_gram, init, workers)
    return gensim_trainer("Word2Vec", settings)


@registry.misc("spacy_domainvec.FastText.v1")
@checked
def fasttext(
    vector_size: Width = 300,
    window: WideWindow = 5,
    epochs: Steps = 5,
    negative: Negatives = 5,
    sample: Share = 1e-4,
    skip_gram: Flag = True,
    min_n: NgramLength = MIN_N,
    max_n: NgramLength = MAX_N,
    buckets: Buckets = 100_000,
    init: Start | None = None,
    workers: Threads = 1,
) -> Trainer:
    """FastText of gensim (Bojanowski et al., 2017).

    min_n, max_n: Lengths of the character n-grams; there are none if max_n is below min_n.
    buckets: The number of rows for n-grams; each takes vector_size * 4 bytes while training.
    The other arguments and the errors are those of `word2vec`.
    """
    settings = GensimSettings(vector_size, window, epochs, negative, sample, skip_gram, init, workers)
    return gensim_trainer("FastText", settings, min_n=min_n, max_n=max_n, bucket=buckets)


def gensim_trainer(name: str, settings: GensimSettings, **further: int) -> Trainer:
    """A trainer that runs a model of gensim.

    name: The name of the model's class.
    further: Arguments of this model alone, by gensim's names.
    """

    def train(data: TrainingData) -> TrainedRows:
        model = getattr(import_extra("gensim.models", "training"), name)(
            vector_size=settings.vector_size,
            window=settings.window,
            min_count=1,
            negative=settings.negative,
            sample=settings.sample,
            sg=int(settings.skip_gram),
            workers=settings.workers,
            seed=data.seed,
            **further,
        )
        words = _train_words(model, data, settings, name)
        ngrams = getattr(model.wv, "vectors_ngrams", None)
        if not len(data.fold_ins):
            return TrainedRows(words, ngrams=ngrams)
        counted = data.count(min(settings.window, MAX_WINDOW), settings.sample)
        fold_ins = a_la_carte(counted.contexts, both_sides(counted.matrix), words)
        return TrainedRows(np.vstack([words, fold_ins]), ngrams=ngrams)

    return train


def spelled(words: Sequence[str], ngrams: np.ndarray, min_n: int = MIN_N, max_n: int = MAX_N) -> np.ndarray:
    """The vectors of words that FastText has not met: the means of their n-grams' rows, as in gensim.

    ngrams: See `TrainedRows`.
    RETURNS: Shape (n_words, width), float32; zeros for words without n-grams.
    """
    rows, hashes = np.zeros((len(words), ngrams.shape[1]), dtype="f"), fasttext_hashes("training")
    for row, word in zip(rows, words):
        if numbers := hashes(word, min_n, max_n, len(ngrams)):
            row[:] = ngrams[numbers].mean(axis=0)
    return rows


def _train_words(model: Any, data: TrainingData, settings: GensimSettings, name: str) -> np.ndarray:
    """Train, and give the rows of the vocabulary's words, shape (n_words, vector_size), float32."""
    words = data.vocabulary.words
    known = set(words)
    if not any(sum(word in known for word in sentence) > 1 for sentence in data.sentences()):
        raise no_pairs(data)
    model.build_vocab_from_freq(dict(zip(words, data.vocabulary.counts.tolist())))
    # gensim has its own order of words with equal counts.
    order = np.array([model.wv.key_to_index[word] for word in words])
    if settings.init == "base":
        _start_from_base(model, data, order)
    _run_epochs(model, data, settings.epochs, name)
    return np.asarray(model.wv.vectors[order], dtype="f")


def _run_epochs(model: Any, data: TrainingData, epochs: int, name: str) -> None:
    callbacks = import_extra("gensim.models.callbacks", "training")
    steps: Iterator[int] = iter(data.progress(range(epochs + 1), name, epochs + 1))
    next(steps)

    class EpochProgress(callbacks.CallbackAny2Vec):  # type: ignore[misc,name-defined]
        def on_epoch_end(self, model: Any) -> None:
            next(steps, None)

    n_texts = data.tokens.n_texts
    model.train(data.sentences(), total_examples=n_texts, epochs=epochs, callbacks=[EpochProgress()])
    for _ in steps:
        pass


def _start_from_base(model: Any, data: TrainingData, order: np.ndarray) -> None:
    width = data.base.width
    if not width:
        raise DomainVectorsError(Errors.DV044.format(base=data.base_name))
    if width != model.vector_size:
        shown = {"width": width, "value": model.vector_size, "section": "trainer"}
        raise DomainVectorsError(Errors.DV046.format(**shown))
    rows = data.base.unit_rows(data.vocabulary.words) * WARM_START_LENGTH
    known = rows.any(axis=1)
    started = order[known]
    # In FastText, a word's vector is the mean of its own row and its n-grams' rows.
    trained_rows(model)[started] = rows[known] * n_parts(model)[started, None]
    update_vectors(model)
