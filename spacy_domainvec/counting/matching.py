"""Finding spans in texts, many at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class SpanIndex:
    """The number of each span by its words: single words, and others."""

    single: dict[str, int]
    long: dict[tuple[str, ...], int]

    @classmethod
    def of(cls, parts: Sequence[tuple[str, ...]]) -> "SpanIndex":
        """Number spans as they stand."""
        numbered = list(enumerate(parts))
        single = {part[0]: span for span, part in numbered if len(part) == 1}
        return cls(single, {part: span for span, part in numbered if len(part) > 1})


@dataclass(frozen=True, eq=False)
class Matcher:
    """A trie over the words of spans, a level a word. The nodes of the first level are the words themselves.

    is_first: Which words a span of two or more words begins with, shape (n_words,), bool.
    levels: Of each further word, sorted keys of (node before, word), and the nodes they lead to.
    span_of: The span that ends at each node, -1 for none, by level.
    """

    is_first: np.ndarray
    levels: list[tuple[np.ndarray, np.ndarray]]
    span_of: list[np.ndarray]

    @classmethod
    def of(cls, index: SpanIndex, words: Sequence[str]) -> "Matcher":
        """The spans whose words are all among the words given, which are numbered as they stand."""
        single, number_of = index.single, {word: i for i, word in enumerate(words)} if index.long else {}
        kept = {tuple(map(number_of.__getitem__, p)): s for p, s in index.long.items() if number_of.keys() >= set(p)}
        is_first = np.zeros(len(words), dtype=bool)
        is_first[[part[0] for part in kept]] = True
        levels, span_of = [], [np.array([single.get(word, -1) for word in words], dtype="i8")]
        nodes: dict[tuple[int, ...], int] = {(word,): word for word in {part[0] for part in kept}}
        for depth in range(2, 1 + max(map(len, kept), default=0)):
            prefixes = sorted({part[:depth] for part in kept if len(part) >= depth})
            keys = np.array([_key(nodes[prefix[:-1]], prefix[-1]) for prefix in prefixes], dtype="i8")
            order = np.argsort(keys)
            levels.append((keys[order], order))
            nodes = {prefix: node for node, prefix in enumerate(prefixes)}
            span_of.append(np.array([kept.get(prefix, -1) for prefix in prefixes], dtype="i8"))
        return cls(is_first, levels, span_of)

    def matches(self, ids: np.ndarray, texts: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield, for each length, the spans that were found and the index of the last token of each.

        ids: The numbers of words, shape (n_tokens,).
        texts: The number of each token's text; no span goes over the end of one.
        """
        spans = self.span_of[0][ids]
        yield spans[spans >= 0], np.flatnonzero(spans >= 0)
        ends = np.flatnonzero(self.is_first[ids])
        nodes = ids[ends].astype("i8")
        for (keys, order), span_of in zip(self.levels, self.span_of[1:]):
            starts, ends = ends, ends + 1
            inside = ends < len(ids)
            starts, ends, nodes = starts[inside], ends[inside], nodes[inside]
            wanted = _key(nodes, ids[ends].astype("i8"))
            places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            hit = (keys[places] == wanted) & (texts[starts] == texts[ends])
            ends, nodes = ends[hit], order[places[hit]]
            spans = span_of[nodes]
            yield spans[spans >= 0], ends[spans >= 0]


def _key(node: Any, word: Any) -> Any:
    return node * 2**32 + word
