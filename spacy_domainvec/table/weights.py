"""How words are weighted in a mean, and how far a rare word's row is trusted."""

import numpy as np

from ..util.arrays import scaled_to_unit

# A word that the base lacks and that occurs this often stands half for itself.
BACK_OFF_COUNT = 10


def backed_off(vectors: np.ndarray, priors: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Rows moved towards what one would guess without the contexts. The rarer the word, the further its row moves.

    A word that occurs n times keeps n / (n + 10) of its own row: a few contexts tell less than a word's spelling or
    a phrase's words do.

    vectors: Shape (n_words, width), of unit length.
    priors: The guesses, of unit length; zeros where there is none, and the row stays.
    counts: How often each word occurs, shape (n_words,).
    RETURNS: Shape (n_words, width), float32, of unit length.
    """
    own = np.where(priors.any(axis=1), counts / (counts + BACK_OFF_COUNT), 1)[:, None]
    return scaled_to_unit(np.asarray(own * vectors + (1 - own) * priors, dtype="f"))


def sif_weights(counts: np.ndarray, n_tokens: int, a: float | None) -> np.ndarray:
    """Smooth inverse frequency, a / (a + p), of words that make up a share p of a text (Arora, Liang and Ma, 2017).

    counts: How often each word occurs, shape (n_words,).
    n_tokens: Length of the text.
    a: Share of the text at which a word weighs one half, above 0; None for weights of one.
    RETURNS: Shape (n_words,), float32, in (0, 1].
    """
    if a is None:
        return np.ones(len(counts), dtype="f")
    return np.asarray(a / (a + counts / max(n_tokens, 1)), dtype="f")
