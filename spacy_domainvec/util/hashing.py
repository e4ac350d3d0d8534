"""Numbers that look random and depend on a text alone: the same whatever reads it, and in what order."""

import numpy as np


def mixed(values: np.ndarray) -> np.ndarray:
    """The finalizer of SplitMix64 (Steele, Lea and Flood, 2014), uint64 in and out."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)))


def text_hashes(keys: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """A hash of each text that has a token, from its tokens and their order; shape (n_texts,), uint64.

    keys: The hashes of the words, shape (n_tokens,), uint64.
    texts: The number of each token's text, increasing, shape (n_tokens,), int64.
    """
    starts = np.flatnonzero(np.diff(texts, prepend=-1))
    if not len(starts):
        return np.zeros(0, dtype="u8")
    return np.add.reduceat(mixed(keys ^ places(texts)), starts)


def places(texts: np.ndarray) -> np.ndarray:
    """A hash of each token's position in its text, shape (n_tokens,), uint64."""
    starts = np.flatnonzero(np.diff(texts, prepend=-1))
    lengths = np.diff(starts, append=len(texts))
    positions = np.arange(len(texts), dtype="u8") - np.repeat(starts, lengths).astype("u8")
    return mixed(positions + np.uint64(1))
