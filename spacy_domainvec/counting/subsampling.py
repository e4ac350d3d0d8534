"""Subsampling: the choice of occurrences of frequent words that are not counted."""

import numpy as np

from .vocabulary import Vocabulary


def shares_to_keep(vocabulary: Vocabulary, threshold: float) -> np.ndarray:
    """The share of each word's occurrences to keep (Mikolov et al., 2013), shape (n_words,), float64.

    threshold: The threshold for the relative frequency, 0 for no subsampling.
    """
    if not threshold:
        return np.ones(len(vocabulary))
    return np.asarray(np.minimum(1, np.sqrt(threshold / vocabulary.probabilities)))


def chances(keys: np.ndarray, texts: np.ndarray, seed: int) -> np.ndarray:
    """A pseudo-random number in [0, 1) for each token, shape (n,), float64.

    It depends only on the words of the text, on the position in it and on the seed.

    keys: The hashes of the words, shape (n,), uint64.
    texts: The number of each token's text, increasing, shape (n,).
    """
    starts = np.flatnonzero(np.diff(texts, prepend=-1))
    lengths = np.diff(starts, append=len(texts))
    positions = np.arange(len(texts), dtype="u8") - np.repeat(starts, lengths).astype("u8")
    places = _mixed(positions + np.uint64(1))
    if not len(starts):
        return np.zeros(0)
    text_hashes = np.add.reduceat(_mixed(keys ^ places), starts)
    of_text = _mixed(np.repeat(text_hashes, lengths) ^ np.uint64(seed % 2**64))
    # A float64 holds the upper 53 bits exactly.
    return np.asarray((_mixed(of_text ^ places) >> np.uint64(11)) * 2.0**-53)


def _mixed(values: np.ndarray) -> np.ndarray:
    """The finalizer of SplitMix64 (Steele, Lea and Flood, 2014), uint64 in and out."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)))
