"""Subsampling: the choice of occurrences of frequent words that are not counted."""

import numpy as np

from ..util.hashing import mixed, places, text_hashes
from .vocabulary import Vocabulary

# How often the text is subsampled and counted: what one draw leaves out is more likely in the other.
N_DRAWS = 2


def shares_to_keep(vocabulary: Vocabulary, threshold: float) -> np.ndarray:
    """The share of each word's occurrences to keep (Mikolov et al., 2013), shape (n_words,), float64.

    threshold: The threshold for the relative frequency, 0 for no subsampling.
    """
    if not threshold:
        return np.ones(len(vocabulary))
    return np.asarray(np.minimum(1, np.sqrt(threshold / vocabulary.probabilities)))


def is_kept(chance: np.ndarray, share: np.ndarray, draw: int) -> np.ndarray:
    """Whether each token is kept in a draw, shape (n,), bool.

    Over all draws, each token is kept as nearly as possible for its share of them ("stratified
    sampling"; Owen, 2013, section 8.4). So counts depend less on chance than with independent draws.

    chance: Of each token, see `chances`, shape (n,).
    share: The share of draws in which to keep it, shape (n,).
    draw: The number of the draw, below N_DRAWS.
    """
    return np.asarray((chance + draw / N_DRAWS) % 1 < share)


def chances(keys: np.ndarray, texts: np.ndarray, seed: int) -> np.ndarray:
    """A pseudo-random number in [0, 1) for each token, shape (n,), float64.

    It depends only on the words of the text, on the position in it and on the seed.

    keys: The hashes of the words, shape (n,), uint64.
    texts: The number of each token's text, increasing, shape (n,).
    """
    starts = np.flatnonzero(np.diff(texts, prepend=-1))
    lengths = np.diff(starts, append=len(texts))
    hashes = np.repeat(text_hashes(keys, texts), lengths)
    of_text = mixed(hashes ^ np.uint64(seed % 2**64))
    # The upper 53 bits are as many as a float64 has.
    return np.asarray((mixed(of_text ^ places(texts)) >> np.uint64(11)) * 2.0**-53)
