"""The words to learn from."""

from dataclasses import dataclass, field

import numpy as np

from ..corpus.tokenized import TokenizedCorpus
from ..errors import DomainVectorsError, Errors


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words that are counted, most frequent first, words of equal count in alphabetical order.

    words: The words.
    counts: How often each occurs, shape (n_words,), int64.
    n_tokens: All tokens of the corpus, those of rarer words included.
    """

    words: list[str] = field(repr=False)
    counts: np.ndarray
    n_tokens: int

    def __len__(self) -> int:
        return len(self.words)

    @property
    def probabilities(self) -> np.ndarray:
        """Share of each word in all tokens, shape (n_words,), float64."""
        return np.asarray(self.counts / max(self.n_tokens, 1))


def build_vocabulary(tokens: TokenizedCorpus, min_count: int = 3, max_vocab: int | None = None) -> Vocabulary:
    """Choose the words to count: at least min_count occurrences, at most max_vocab words.

    RAISES: DomainVectorsError (DV040).
    """
    n_found = int((tokens.counts >= min_count).sum())
    n_words = n_found if max_vocab is None else min(n_found, max_vocab)
    if n_words < 2:
        shown = {"found": n_words, "min_count": min_count, "tokens": tokens.n_tokens, "needed": 2}
        raise DomainVectorsError(Errors.DV040.format(**shown))
    return Vocabulary(tokens.words[:n_words], tokens.counts[:n_words], tokens.n_tokens)
