"""Finding given phrases, and single words, in texts: all of them at once, on arrays.

spaCy's PhraseMatcher does so in a Doc, but here a corpus is numbers on disk, and there are no Docs. The
trie takes a few array operations for a million tokens, for any number of phrases.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Phrase = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class PhraseNumbers:
    """The numbers of phrases by their words: phrases of one word, and longer ones."""

    single: dict[str, int]
    long: dict[Phrase, int]

    @classmethod
    def of(cls, phrases: Sequence[Phrase]) -> "PhraseNumbers":
        """Number phrases in their order."""
        numbered = list(enumerate(phrases))
        single = {phrase[0]: number for number, phrase in numbered if len(phrase) == 1}
        long = {phrase: number for number, phrase in numbered if len(phrase) > 1}
        return cls(single, long)


@dataclass(frozen=True, eq=False)
class _Level:
    """The nodes of a trie at one depth. A node is identified by the branch that leads to it.

    branches: The node above and the next word, as one number, see `_branch`; increasing, shape
        (n_nodes,), int64.
    phrases: The number of the phrase that ends at each node, -1 for none, shape (n_nodes,), int64.
    """

    branches: np.ndarray
    phrases: np.ndarray


@dataclass(frozen=True, eq=False)
class PhraseTrie:
    """A trie over the words of phrases, with a level for each word. The first level's nodes are words.

    single: The number of the phrase that consists of each word alone, -1 for none, shape
        (n_words,), int64.
    is_first: Whether a phrase of two or more words begins with each word, shape (n_words,), bool.
    levels: The levels of the second word, the third and so on.
    """

    single: np.ndarray
    is_first: np.ndarray
    levels: list[_Level]

    @classmethod
    def of(cls, numbers: PhraseNumbers, words: Sequence[str]) -> "PhraseTrie":
        """A trie of the phrases with all their words in `words`, which are numbered in their order."""
        single = np.array([numbers.single.get(word, -1) for word in words], dtype="i8")
        present = _present(numbers.long, words)
        firsts = {phrase[0] for phrase in present}
        is_first = np.zeros(len(words), dtype=bool)
        is_first[list(firsts)] = True
        levels = []
        node_of: dict[tuple[int, ...], int] = {(word,): word for word in firsts}
        for depth in range(2, 1 + max(map(len, present), default=0)):
            # In the order of prefixes, the branches increase, too.
            prefixes = sorted({phrase[:depth] for phrase in present if len(phrase) >= depth})
            branches = [_branch(node_of[prefix[:-1]], prefix[-1]) for prefix in prefixes]
            phrases = [present.get(prefix, -1) for prefix in prefixes]
            levels.append(_Level(np.array(branches, dtype="i8"), np.array(phrases, dtype="i8")))
            node_of = {prefix: node for node, prefix in enumerate(prefixes)}
        return cls(single, is_first, levels)

    def matches(self, ids: np.ndarray, texts: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield, for each length, the phrases that were found and the index of the last token of each.

        ids: The numbers of the words, shape (n_tokens,).
        texts: The number of each token's text, shape (n_tokens,). No phrase goes over the end of a text.
        """
        phrases = self.single[ids]
        yield phrases[phrases >= 0], np.flatnonzero(phrases >= 0)
        # The possible phrases so far: the place of the last word in the texts, and the node in the trie.
        places = np.flatnonzero(self.is_first[ids])
        nodes = ids[places].astype("i8")
        for level in self.levels:
            has_next = places + 1 < len(ids)
            places, nodes = places[has_next], nodes[has_next]
            branches = _branch(nodes, ids[places + 1].astype("i8"))
            below = np.minimum(np.searchsorted(level.branches, branches), len(level.branches) - 1)
            goes_on = (level.branches[below] == branches) & (texts[places] == texts[places + 1])
            places, nodes = places[goes_on] + 1, below[goes_on]
            phrases = level.phrases[nodes]
            yield phrases[phrases >= 0], places[phrases >= 0]


def _present(long: dict[Phrase, int], words: Sequence[str]) -> dict[tuple[int, ...], int]:
    """The numbers of the phrases with all their words in `words`, by the numbers of these words."""
    number_of = {word: i for i, word in enumerate(words)} if long else {}
    present = {}
    for phrase, number in long.items():
        coded = tuple([number_of.get(word, -1) for word in phrase])
        if -1 not in coded:
            present[coded] = number
    return present


def _branch(node: Any, word: Any) -> Any:
    """A node and the next word, each below 2**31, as one number in the order of node, then word."""
    return node * 2**32 + word
