"""The registered trainers: each makes a vector for each word and each span, in a space of its own."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from spacy.util import registry

from .alacarte import a_la_carte
from .cooccurrence import both_sides
from .errors import DomainVectorsError, Errors
from .extras import import_extra
from .pairs import MAX_WINDOW
from .ppmi import fold_in, ppmi, truncated_svd
from .schema import (
    Buckets,
    Flag,
    Negatives,
    NgramLength,
    Share,
    Start,
    Steps,
    Threads,
    WideWindow,
    Width,
    Window,
    checked,
)
from .training import Trainer, TrainingData

# What makes the same table of the same counts, so that later counts can be added.
FROM_COUNTS = ("spacy_domainvec.PpmiSvd.v1",)
# Rows of the base are scaled to this length for a warm start: at the length they have in en_core_web_md 3.7.1, the
# sigmoid of the training saturates and nothing moves.
WARM_START_LENGTH = 3.0


@registry.misc("spacy_domainvec.PpmiSvd.v1")
@checked
def ppmi_svd(
    vector_size: Width = 300,
    window: Window = 10,
    subsample: Share = 1e-4,
    smoothing: Share = 0.75,
    n_iter: Steps = 3,
) -> Trainer:
    """Truncated SVD of positive PMI, without the singular values (Levy, Goldberg and Dagan, 2015).

    Spans are folded in: see `ppmi.fold_in`.

    vector_size: Width of the vectors. Fewer where the vocabulary is smaller.
    window: Largest distance of two words; a pair counts 1 / distance.
    subsample: Threshold of the relative frequency above which occurrences are dropped at random; 0 for none.
    smoothing: Exponent of the context frequencies.
    n_iter: Power iterations of the SVD.
    RETURNS: A function that trains; it raises DomainVectorsError (DV040, DV059).
    RAISES: DomainVectorsError (DV045).
    """

    def train(data: TrainingData) -> np.ndarray:
        if len(data.vocabulary) <= vector_size:
            raise too_few_words(data, vector_size + 1)
        counted = data.count(window, subsample)
        counts = both_sides(counted.matrix)
        of_context = np.asarray(counts.sum(axis=0)).ravel()
        matrix = ppmi(counts, of_context, smoothing)
        if not matrix.nnz:
            raise no_pairs(data)
        shown = lambda steps: data.progress(steps, "Factorizing")  # noqa: E731
        u, s, v = truncated_svd(matrix, vector_size, n_iter, data.seed, data.start, shown)
        further = ppmi(counted.contexts, of_context, smoothing)
        return np.vstack([u, fold_in(further, s, v)])

    return train


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

    Spans get their vectors from the words around them: see `alacarte.a_la_carte`.

    vector_size: Width of the vectors. With init = "base" it must be the base's.
    window, epochs, negative, sample: As in gensim.
    skip_gram: Skip-gram if true, continuous bag of words otherwise.
    init: None to start fresh, "base" to start from the base's vectors.
    workers: Threads. Only with one of them are two runs the same.
    RETURNS: A function that trains; it raises DomainVectorsError (DV044, DV046, DV059).
    RAISES: DomainVectorsError (DV045).
    """

    def train(data: TrainingData) -> np.ndarray:
        model = import_extra("gensim.models", "training").Word2Vec(
            vector_size=vector_size,
            window=window,
            min_count=1,
            negative=negative,
            sample=sample,
            sg=int(skip_gram),
            workers=workers,
            seed=data.seed,
        )
        return _train_gensim(model, data, epochs, init, "Word2Vec")

    return train


@registry.misc("spacy_domainvec.FastText.v1")
@checked
def fasttext(
    vector_size: Width = 300,
    window: WideWindow = 5,
    epochs: Steps = 5,
    negative: Negatives = 5,
    sample: Share = 1e-4,
    skip_gram: Flag = True,
    min_n: NgramLength = 3,
    max_n: NgramLength = 5,
    buckets: Buckets = 100_000,
    init: Start | None = None,
    workers: Threads = 1,
) -> Trainer:
    """FastText of gensim (Bojanowski et al., 2017).

    min_n, max_n: Lengths of the character n-grams; none where max_n is the smaller one.
    buckets: Rows for n-grams, vector_size * 4 bytes each while training.
    Other arguments and errors as for `word2vec`.
    """

    def train(data: TrainingData) -> np.ndarray:
        model = import_extra("gensim.models", "training").FastText(
            vector_size=vector_size,
            window=window,
            min_count=1,
            negative=negative,
            sample=sample,
            sg=int(skip_gram),
            min_n=min_n,
            max_n=max_n,
            bucket=buckets,
            workers=workers,
            seed=data.seed,
        )
        return _train_gensim(model, data, epochs, init, "FastText")

    return train


def no_pairs(data: TrainingData) -> DomainVectorsError:
    """The error (DV059) for a corpus where no word stands near another one."""
    return DomainVectorsError(Errors.DV059.format(tokens=data.tokens.n_tokens, texts=data.tokens.n_texts))


def too_few_words(data: TrainingData, needed: int) -> DomainVectorsError:
    """The error (DV040) for a vocabulary that is too small to train on."""
    vocabulary = data.vocabulary
    min_count = int(vocabulary.counts.min())
    shown = {"found": len(vocabulary), "min_count": min_count, "tokens": vocabulary.n_tokens, "needed": needed}
    return DomainVectorsError(Errors.DV040.format(**shown))


def _train_gensim(model: Any, data: TrainingData, epochs: int, init: str | None, name: str) -> np.ndarray:
    words = data.vocabulary.words
    known = set(words)
    if not any(sum(word in known for word in sentence) > 1 for sentence in data.sentences()):
        raise no_pairs(data)
    model.build_vocab_from_freq(dict(zip(words, data.vocabulary.counts.tolist())))
    # gensim sorts words of equal count in its own way.
    order = np.array([model.wv.key_to_index[word] for word in words])
    if init == "base":
        _start_from_base(model, data, order)
    steps: Iterator[int] = iter(data.progress(range(epochs + 1), name, epochs + 1))
    next(steps)
    callbacks = import_extra("gensim.models.callbacks", "training")

    class EpochProgress(callbacks.CallbackAny2Vec):  # type: ignore[misc,name-defined]
        def on_epoch_end(self, model: Any) -> None:
            next(steps, None)

    n_sentences = data.tokens.n_texts
    model.train(data.sentences(), total_examples=n_sentences, epochs=epochs, callbacks=[EpochProgress()])
    for _ in steps:
        pass
    vectors = np.asarray(model.wv.vectors[order], dtype="f")
    if not len(data.spans):
        return vectors
    window = min(model.window, MAX_WINDOW)
    counted = data.count(window, model.sample)
    return np.vstack([vectors, a_la_carte(counted.contexts, both_sides(counted.matrix), vectors)])


def _start_from_base(model: Any, data: TrainingData, order: np.ndarray) -> None:
    width = data.general.width
    if not width:
        raise DomainVectorsError(Errors.DV044.format(base=data.base))
    if width != model.vector_size:
        raise DomainVectorsError(Errors.DV046.format(width=width, value=model.vector_size, section="trainer"))
    rows = data.general.unit_rows(data.vocabulary.words) * WARM_START_LENGTH
    known = rows.any(axis=1)
    is_fasttext = hasattr(model.wv, "vectors_vocab")
    vectors = model.wv.vectors_vocab if is_fasttext else model.wv.vectors
    # In FastText a word's vector is the mean of its own row and its n-grams' rows.
    parts = np.array([1 + len(ngrams) for ngrams in getattr(model.wv, "buckets_word", ())] or [1] * len(order))
    vectors[order[known]] = rows[known] * parts[order[known], None]
    if is_fasttext:
        model.wv.adjust_vectors()
