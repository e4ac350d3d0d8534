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
from .training import Trainer, TrainingData

# What makes the same table of the same counts, so that later counts can be added.
FROM_COUNTS = ("spacy_domainvec.PpmiSvd.v1",)
# Rows of the base are scaled to this length for a warm start: at the length they have in en_core_web_md 3.7.1, the
# sigmoid of the training saturates and nothing moves.
WARM_START_LENGTH = 3.0


@registry.misc("spacy_domainvec.PpmiSvd.v1")
def ppmi_svd(
    vector_size: int = 300,
    window: int = 10,
    subsample: float = 1e-4,
    smoothing: float = 0.75,
    n_iter: int = 3,
) -> Trainer:
    """Truncated SVD of positive PMI, without the singular values (Levy, Goldberg and Dagan, 2015).

    Spans are folded in: see `ppmi.fold_in`.

    vector_size: Width of the vectors. Fewer where the vocabulary is smaller.
    window: Largest distance of two words, from 1 to 20; a pair counts 1 / distance.
    subsample: Threshold of the relative frequency above which occurrences are dropped at random; 0 for none.
    smoothing: Exponent of the context frequencies.
    n_iter: Power iterations of the SVD.
    RETURNS: A function that trains; it raises DomainVectorsError (DV040, DV045).
    """
    check_positive(vector_size=vector_size, n_iter=n_iter)

    def train(data: TrainingData) -> np.ndarray:
        if len(data.vocabulary) <= vector_size:
            raise too_few_words(data, vector_size + 1)
        counted = data.count(window, subsample)
        counts = both_sides(counted.matrix)
        of_context = np.asarray(counts.sum(axis=0)).ravel()
        matrix = ppmi(counts, of_context, smoothing)
        shown = lambda steps: data.progress(steps, "Factorizing")  # noqa: E731
        u, s, v = truncated_svd(matrix, vector_size, n_iter, data.seed, data.start, shown)
        further = ppmi(counted.contexts, of_context, smoothing)
        return np.vstack([u, fold_in(further, s, v)])

    return train


@registry.misc("spacy_domainvec.Word2Vec.v1")
def word2vec(
    vector_size: int = 300,
    window: int = 5,
    epochs: int = 10,
    negative: int = 5,
    sample: float = 1e-4,
    skip_gram: bool = True,
    init: str | None = None,
    workers: int = 1,
) -> Trainer:
    """Word2Vec of gensim (Mikolov et al., 2013).

    Spans get their vectors from the words around them: see `alacarte.a_la_carte`.

    vector_size: Width of the vectors. With init = "base" it must be the base's.
    window, epochs, negative, sample: As in gensim.
    skip_gram: Skip-gram if true, continuous bag of words otherwise.
    init: None to start fresh, "base" to start from the base's vectors.
    workers: Threads. Only with one of them are two runs the same.
    RETURNS: A function that trains; it raises DomainVectorsError (DV044, DV046).
    """
    check_positive(vector_size=vector_size, window=window, epochs=epochs, workers=workers)
    check_init(init)

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
def fasttext(
    vector_size: int = 300,
    window: int = 5,
    epochs: int = 5,
    negative: int = 5,
    sample: float = 1e-4,
    skip_gram: bool = True,
    min_n: int = 3,
    max_n: int = 5,
    buckets: int = 100_000,
    init: str | None = None,
    workers: int = 1,
) -> Trainer:
    """FastText of gensim (Bojanowski et al., 2017).

    min_n, max_n: Lengths of the character n-grams.
    buckets: Rows for n-grams, vector_size * 4 bytes each while training.
    Other arguments and errors as for `word2vec`.
    """
    check_positive(vector_size=vector_size, window=window, epochs=epochs, workers=workers, buckets=buckets)
    check_init(init)

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


def check_positive(**values: int) -> None:
    """RAISES: DomainVectorsError (DV045) for a value below 1."""
    for name, value in values.items():
        if value < 1:
            raise DomainVectorsError(Errors.DV045.format(name=name, value=value, expected="a number from 1"))


def check_init(init: str | None) -> None:
    """RAISES: DomainVectorsError (DV043)."""
    if init not in (None, "base"):
        raise DomainVectorsError(Errors.DV043.format(init=init))


def too_few_words(data: TrainingData, needed: int) -> DomainVectorsError:
    """The error (DV040) for a vocabulary that is too small to train on."""
    vocabulary = data.vocabulary
    min_count = int(vocabulary.counts.min())
    shown = {"found": len(vocabulary), "min_count": min_count, "tokens": vocabulary.n_tokens, "needed": needed}
    return DomainVectorsError(Errors.DV040.format(**shown))


def _train_gensim(model: Any, data: TrainingData, epochs: int, init: str | None, name: str) -> np.ndarray:
    words = data.vocabulary.words
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
