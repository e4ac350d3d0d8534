"""The vocabulary: the words that are frequent enough to learn vectors for."""

from dataclasses import dataclass, field

import numpy as np

from ..corpus.tokenized import TokenizedCorpus
from ..errors import DomainVectorsError, Errors


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words to learn vectors for.

    words: The words, most frequent first; words of equal count in alphabetical order.
    counts: How often each word occurs, shape (n_words,), int64.
    n_tokens: The number of all tokens of the corpus, also of rarer words.
    """

    words: list[str] = field(repr=False)
    counts: np.ndarray
    n_tokens: int

    def __len__(self) -> int:
        return len(self.words)

    @property
    def probabilities(self) -> np.ndarray:
        """The share of each word in all tokens, shape (n_words,), float64."""
        return np.asarray(self.counts / max(self.n_tokens, 1))


def build_vocabulary(tokens: TokenizedCorpus, min_count: int = 3, max_vocab: int | None = None) -> Vocabulary:
    """Choose the vocabulary: words that occur at least min_count times, and at most max_vocab of them.

    RAISES: DomainVectorsError (DV040) for fewer than two words.
    """
    n_found = int((tokens.counts >= min_count).sum())
    n_words = n_found if max_vocab is None else min(n_found, max_vocab)
    if n_words < 2:
        shown = {"found": n_words, "min_count": min_count, "tokens": tokens.n_tokens, "needed": 2}
        raise DomainVectorsError(Errors.DV040.format(**shown))
    return Vocabulary(tokens.words[:n_words], tokens.counts[:n_words], tokens.n_tokens)
