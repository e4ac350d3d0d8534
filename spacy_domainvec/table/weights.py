"""The weights of words in a mean, and of a rare word's own row against a guess."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..util.arrays import scaled_to_unit

# The number of occurrences at which a word's own row and the guess have equal weights.
BACK_OFF_COUNT = 10
# How fast the trust in a shared row falls with the number of words that stand before one on it.
ALIAS_SCALE, ALIAS_EXPONENT = 4, 0.3


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


def alias_trust(ranks: np.ndarray) -> np.ndarray:
    """How far a row that many words share tells of one of them: (1 + rank / 4) ** -0.3.

    A pruned table keeps a word's own row only for the first word on it, which the row was made for.
    For the others it was the nearest row that was left, and later ones are further away. The
    numbers were chosen by few-shot accuracy and general similarity on two pruned bases, see
    docs/what-was-tried.md.

    ranks: How many words stand before each on its row, shape (n_words,).
    RETURNS: Shape (n_words,), float32, in (0, 1].
    """
    return np.asarray((1 + ranks / ALIAS_SCALE) ** -ALIAS_EXPONENT, dtype="f")


def by_trust(rows: np.ndarray, others: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """Rows drawn towards others, the more the less they are trusted. They keep their length.

    rows: Shape (n_words, width); zeros where there is none, and the other is taken as it is.
    others: Shape (n_words, width); zeros where there is none, and the row stays.
    trust: The share of the row, shape (n_words,).
    RETURNS: Shape (n_words, width), float32.
    """
    share = trust[:, None]
    directions = scaled_to_unit(
        np.asarray(share * scaled_to_unit(rows) + (1 - share) * scaled_to_unit(others), dtype="f")
    )
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    mixed = np.where(others.any(axis=1, keepdims=True), directions * lengths, rows)
    return np.asarray(np.where(lengths > 0, mixed, others), dtype="f")


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


def row_numbers(words: Sequence[str]) -> dict[str, int]:
    """The row of each word."""
    return {word: row for row, word in enumerate(words)}


def compose(phrases: Sequence[Sequence[str]], row_of: Mapping[str, int], weighted: np.ndarray) -> np.ndarray:
    """The vectors of phrases as the weighted means of their words' vectors.

    phrases: The words of each phrase.
    row_of: The row of each word with a vector.
    weighted: Rows with their weights as lengths, shape (n_words, width), float32.
    RETURNS: Shape (n_phrases, width), float32; zeros for a phrase without such words.
    """
    vectors = np.zeros((len(phrases), weighted.shape[1]), dtype="f")
    for i, words in enumerate(phrases):
        rows = [row_of[word] for word in words if word in row_of]
        if rows:
            vectors[i] = weighted[rows].mean(axis=0)
    return vectors
