"""The weights of words in a mean, and of a rare word's own row against a guess."""

import numpy as np

from ..util.arrays import scaled_to_unit

# The number of occurrences at which a word's own row and the guess have equal weights.
BACK_OFF_COUNT = 10


def backed_off(vectors: np.ndarray, priors: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Move rows of rare words towards a guess that needs no contexts.

    The own row of a word with n occurrences has the weight n / (n + 10): a few contexts tell less than a
    word's spelling or a phrase's words.

    vectors: Shape (n_words, width), of unit length.
    priors: The guesses, of unit length; zeros for no guess, which leaves the row as it is.
    counts: How often each word occurs, shape (n_words,).
    RETURNS: Shape (n_words, width), float32, of unit length.
    """
    own = np.where(priors.any(axis=1), counts / (counts + BACK_OFF_COUNT), 1)[:, None]
    return scaled_to_unit(np.asarray(own * vectors + (1 - own) * priors, dtype="f"))


def sif_weights(counts: np.ndarray, n_tokens: int, a: float | None) -> np.ndarray:
    """Smooth inverse frequency (Arora, Liang and Ma, 2017): a / (a + p) for the relative frequency p.

    counts: How often each word occurs, shape (n_words,).
    n_tokens: The number of tokens of the text.
    a: The relative frequency at which a word has the weight 0.5, above 0; None for weights of 1.
    RETURNS: Shape (n_words,), float32, in (0, 1].
    """
    if a is None:
        return np.ones(len(counts), dtype="f")
    return np.asarray(a / (a + counts / max(n_tokens, 1)), dtype="f")
