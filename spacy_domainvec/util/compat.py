"""Undocumented parts of other libraries that this package uses, each behind one function.

A library may change them without notice. Then tests/util/test_compat.py fails, and this file must be
mended. Libraries are imported inside the functions, as some are heavy and not everybody has them.
"""

import multiprocessing.resource_tracker
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from spacy.vectors import Vectors
from spacy.vocab import Vocab

from .extras import import_extra

JOBS = "counting"


def spacy_app() -> Any:
    """The commands of `python -m spacy`, to which others can be added: a `typer.Typer`."""
    from spacy.cli import app

    return app


def parse_spacy_overrides(args: list[str]) -> dict[str, Any]:
    """Read --dotted.names and their values as spaCy's commands do, its environment variable included.

    RAISES: click.ClickException, of the click that spaCy uses.
    """
    from spacy.cli._util import parse_config_overrides

    return dict(parse_config_overrides(args))


def limit_attributes(vocab: Vocab, attributes: Collection[int]) -> None:
    """Make a vocab compute only these attributes of words that it has not met before.

    attributes: Numbers of `spacy.attrs`.
    """
    untyped: Any = vocab
    getters = untyped.lex_attr_getters.items()
    untyped.lex_attr_getters = {number: getter for number, getter in getters if number in attributes}


def growing_output(layer: Any, is_exclusive: bool) -> Any:
    """An output layer to which labels can be added, as in spaCy's text classifiers.

    layer: A `Softmax` or `Linear` of thinc, with a row for each label.
    is_exclusive: Whether a text has one label only. A new label is then unlikely at first, else
        undecided.
    """
    from spacy.ml.models.textcat import NEG_VALUE
    from thinc.api import resizable
    from thinc.layers.resizable import resize_linear_weighted

    fill_defaults = {"W": 0, "b": NEG_VALUE if is_exclusive else 0}
    return resizable(layer, resize_layer=partial(resize_linear_weighted, fill_defaults=fill_defaults))


def label_adder(growing: Any) -> Callable[..., Any]:
    """The function with which spaCy adds labels to a model's `growing_output`."""
    from spacy.ml.models.textcat import resize_and_set_ref

    return partial(resize_and_set_ref, resizable_layer=growing)


def ngrams_of(floret: Vectors, word: str) -> list[str]:
    """The n-grams into which a floret table splits a word; the word with its marks comes first."""
    untyped: Any = floret
    return list(untyped._get_ngrams(word))


def ngram_hashes(floret: Vectors, ngram: str) -> list[int]:
    """The hashes of an n-gram. Modulo the length of the floret table, they are the n-gram's rows."""
    untyped: Any = floret
    return list(untyped._get_ngram_hashes(ngram))


def trained_rows(model: Any) -> np.ndarray:
    """The rows that gensim's Word2Vec or FastText trains for its words, starting from their values."""
    is_fasttext = hasattr(model.wv, "vectors_vocab")
    return np.asarray(model.wv.vectors_vocab if is_fasttext else model.wv.vectors)


def n_parts(model: Any) -> np.ndarray:
    """The number of rows of which each word's vector is the mean, shape (n_words,), int64.

    It is 1 in Word2Vec. FastText averages the word's own row and the rows of its n-grams.
    """
    ngrams = getattr(model.wv, "buckets_word", None)
    if ngrams is None:
        return np.ones(len(model.wv), dtype="i8")
    return np.array([1 + len(rows) for rows in ngrams], dtype="i8")


def fasttext_hashes(purpose: str) -> Callable[[str, int, int, int], list[int]]:
    """The function of gensim's FastText from a word to the rows of its n-grams.

    Its arguments are the word, the least and the largest length of n-grams, and the number of rows.

    purpose: What gensim is needed for, for an error (DV066).
    """
    return import_extra("gensim.models.fasttext", purpose).ft_ngram_hashes


def update_vectors(model: Any) -> None:
    """Compute the vectors of gensim's FastText again from its rows; in Word2Vec, they are the rows."""
    if hasattr(model.wv, "adjust_vectors"):
        model.wv.adjust_vectors()


def loky_backend() -> type[Any]:
    """The class of joblib's backend for processes, to inherit from."""
    backend: type[Any] = import_extra("joblib._parallel_backends", JOBS).LokyBackend
    return backend


def executor_of(backend: Any) -> Any:
    """The executor of a configured loky backend."""
    return backend._workers


def start_trackers() -> None:
    """Start the processes that track shared memory for Python and loky, unless they run already."""
    multiprocessing.resource_tracker.ensure_running()
    import_extra("joblib.externals.loky.backend.resource_tracker", JOBS).ensure_running()


@dataclass
class Reused:
    """An executor for loky to reuse, and the arguments that it was made with; None before it is made."""

    executor: Any = None
    loky_arguments: Any = None
    joblib_arguments: Any = None


@contextmanager
def reusing(ours: Reused) -> Iterator[None]:
    """Within this block, loky finds our executor in the place of the user's, or makes one for us.

    Loky keeps one executor in a process, and shuts it down if one with other arguments is needed. The
    user's executor must not be shut down, so it is put back after the block.
    """
    joblib = import_extra("joblib.executor", JOBS)
    loky = import_extra("joblib.externals.loky.reusable_executor", JOBS)

    def put(reused: Reused) -> None:
        loky._executor = reused.executor
        loky._executor_kwargs = reused.loky_arguments
        joblib._executor_args = reused.joblib_arguments

    with loky._executor_lock:
        users = Reused(loky._executor, loky._executor_kwargs, joblib._executor_args)
        put(ours)
        try:
            yield
        finally:
            ours.executor = loky._executor
            ours.loky_arguments = loky._executor_kwargs
            ours.joblib_arguments = joblib._executor_args
            put(users)


def stop_executor(ours: Reused) -> None:
    """Kill the workers of our executor, even in the middle of a task, and forget it."""
    executor = ours.executor
    ours.executor = None
    if executor is not None:
        executor.shutdown(wait=True, kill_workers=True)
