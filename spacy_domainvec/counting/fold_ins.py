"""Fold-ins: rare words and phrases outside the vocabulary that get a vector nevertheless."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..corpus.tokenized import TokenizedCorpus
from .terms import Term
from .vocabulary import Vocabulary

# A limit for the memory of their vectors: at width 300, each takes 1.2 kB.
MOST_RARE_WORDS = 100_000


@dataclass(frozen=True, eq=False)
class FoldIns:
    """Rare words and phrases outside the vocabulary. Their vectors are made from the words near them.

    parts: The words of each fold-in, one or more.
    counts: How often each fold-in occurs in the corpus, shape (n_fold_ins,), int64.
    """

    parts: list[tuple[str, ...]] = field(repr=False)
    counts: np.ndarray

    def __len__(self) -> int:
        return len(self.parts)

    @property
    def names(self) -> list[str]:
        """The names of the fold-ins. In a phrase, the words are joined by spaces."""
        return [" ".join(part) for part in self.parts]

    @property
    def phrases(self) -> dict[tuple[str, ...], int]:
        """The fold-ins of two or more words, and how often each occurs."""
        return {part: n for part, n in zip(self.parts, self.counts.tolist()) if len(part) > 1}


def choose_fold_ins(
    tokens: TokenizedCorpus,
    vocabulary: Vocabulary,
    fold_in_min_count: int | None,
    phrases: Mapping[tuple[str, ...], int],
    terms: Iterable[Term],
) -> FoldIns:
    """Choose the fold-ins, most frequent first.

    tokens: The corpus.
    vocabulary: The words that are learned themselves.
    fold_in_min_count: How often a rare word must occur; None for no rare words. At most
        MOST_RARE_WORDS are taken.
    phrases: Phrases of the domain and of the user's list, and how often each occurs.
    terms: The user's terms, which are taken however rare they are.
    """
    n_words = len(vocabulary)
    n_frequent = 0 if fold_in_min_count is None else int((tokens.counts >= fold_in_min_count).sum())
    rare = slice(n_words, min(n_frequent, n_words + MOST_RARE_WORDS))
    rare_counts = tokens.counts[rare].tolist()
    found: dict[tuple[str, ...], int] = {(word,): n for word, n in zip(tokens.words[rare], rare_counts)}
    in_vocabulary = set(vocabulary.words)
    wanted = {term.words[0] for term in terms if len(term.words) == 1} - in_vocabulary
    if wanted:
        for word, n in zip(tokens.words[n_words:], tokens.counts[n_words:].tolist()):
            if word in wanted:
                found[word,] = n
    # A token may hold a space. A phrase with the same name as a word can't have a row of its own.
    names = in_vocabulary | {" ".join(words) for words in found}
    for words, n in phrases.items():
        if " ".join(words) not in names:
            names.add(" ".join(words))
            found[words] = n
    parts = sorted(found, key=lambda words: (-found[words], " ".join(words)))
    return FoldIns(parts, np.array([found[words] for words in parts], dtype="i8"))
