"""Which occurrences of frequent words are left out of the counts."""

import numpy as np

from .vocabulary import Vocabulary


def shares_to_keep(vocabulary: Vocabulary, threshold: float) -> np.ndarray:
    """The share of each word that is kept (Mikolov et al., 2013), shape (n_words,), float64.

    threshold: Of the relative frequency, 0 for none.
    """
    if not threshold:
        return np.ones(len(vocabulary))
    return np.asarray(np.minimum(1, np.sqrt(threshold / vocabulary.probabilities)))


def chances(keys: np.ndarray, texts: np.ndarray, seed: int) -> np.ndarray:
    """A number in [0, 1) for each token, from its text, position and the seed; shape (n,), float64.

    keys: The hashes of the words, shape (n,), uint64.
    texts: The number of each token's text, increasing.
    """
    starts = np.flatnonzero(np.diff(texts, prepend=-1))
    lengths = np.diff(starts, append=len(texts))
    positions = np.arange(len(texts), dtype="u8") - np.repeat(starts, lengths).astype("u8")
    places = _mixed(positions + np.uint64(1))
    if not len(starts):
        return np.zeros(0)
    text_hashes = np.add.reduceat(_mixed(keys ^ places), starts)
    of_text = _mixed(np.repeat(text_hashes, lengths) ^ np.uint64(seed % 2**64))
    # The upper 53 bits are as many as a float64 has.
    return np.asarray((_mixed(of_text ^ places) >> np.uint64(11)) * 2.0**-53)


def _mixed(values: np.ndarray) -> np.ndarray:
    """The finalizer of SplitMix64 (Steele, Lea and Flood, 2014), uint64 in and out."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)))
