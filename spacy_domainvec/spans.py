"""Finding words and phrases in a corpus, and counting what stands around them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .cooccurrence import Sparse, Vocabulary, check_window, distance_unit, subsampled
from .corpus import TokenizedCorpus
from .extras import import_extra


@dataclass(frozen=True, eq=False)
class Spans:
    """Words and phrases outside the vocabulary that get a vector.

    names: A phrase's words have a space between them.
    parts: The words of each, one or more, as indices into the corpus' words.
    counts: How often each occurs in the corpus, shape (n_spans,), int64.
    """

    names: list[str] = field(repr=False)
    parts: list[tuple[int, ...]] = field(repr=False)
    counts: np.ndarray

    def __len__(self) -> int:
        return len(self.names)


def find_spans(tokens: TokenizedCorpus, parts: Sequence[tuple[int, ...]]) -> Spans:
    """Those of the words and phrases that occur in the corpus, with their counts, in the order given.

    parts: Words as indices into tokens.words; doubles are left out.
    """
    distinct = list(dict.fromkeys(parts))
    matcher, counts = _Matcher.of(distinct), np.zeros(len(distinct), dtype="i8")
    for ids, texts in tokens.batches():
        for spans, _ in matcher.matches(ids, texts):
            counts += np.bincount(spans, minlength=len(distinct))
    found = np.flatnonzero(counts).tolist()
    names = [" ".join(tokens.words[i] for i in distinct[span]) for span in found]
    return Spans(names, [distinct[span] for span in found], counts[found])


def count_contexts(
    tokens: TokenizedCorpus,
    spans: Spans,
    vocabulary: Vocabulary,
    window: int = 10,
    subsample: float = 1e-4,
    seed: int = 0,
    progress: Callable[[Iterable[Any]], Iterable[Any]] = iter,
) -> Sparse:
    """Count the words of the vocabulary near each occurrence of the spans, with weight 1 / distance.

    The words between which distances are taken are those of `cooccurrence.count` with the same settings.

    RETURNS: Sparse (n_spans, n_words), int64, in units of `distance_unit(window)`, both sides added up.
    RAISES: DomainVectorsError (DV045).
    """
    check_window(window, subsample)
    sparse, shape = import_extra("scipy.sparse", "counting"), (len(spans), len(vocabulary))
    matrix, unit, matcher = sparse.csr_matrix(shape, dtype="i8"), distance_unit(window), _Matcher.of(spans.parts)
    for batch in progress(subsampled(tokens, vocabulary, subsample, seed)):
        words, texts = batch.words[batch.kept], batch.texts[batch.kept]
        for found, ends in matcher.matches(batch.ids, batch.texts):
            text = batch.texts[ends]
            lengths = np.array([len(part) for part in spans.parts])[found]
            before = np.searchsorted(batch.kept, ends - lengths, side="right") - 1
            after = np.searchsorted(batch.kept, ends, side="right")
            for distance in range(1, window + 1):
                for places in (before - distance + 1, after + distance - 1):
                    near = (places >= 0) & (places < len(words))
                    near[near] = texts[places[near]] == text[near]
                    weights = np.full(int(near.sum()), unit // distance, dtype="i8")
                    pairs = (found[near], words[places[near]])
                    matrix = matrix + sparse.coo_matrix((weights, pairs), shape=shape).tocsr()
    return matrix


@dataclass(frozen=True, eq=False)
class _Matcher:
    """A trie over the words of spans, a level a word: sorted keys of (node before, word) and the nodes they lead to."""

    levels: list[tuple[np.ndarray, np.ndarray]]
    span_of: list[np.ndarray]

    @classmethod
    def of(cls, parts: Sequence[tuple[int, ...]]) -> "_Matcher":
        levels, span_of = [], []
        nodes: dict[tuple[int, ...], int] = {(): 0}
        for depth in range(1, 1 + max((len(part) for part in parts), default=0)):
            prefixes = sorted({part[:depth] for part in parts if len(part) >= depth})
            keys = np.array([_key(nodes[prefix[:-1]], prefix[-1]) for prefix in prefixes], dtype="i8")
            order = np.argsort(keys)
            nodes = {prefix: node for node, prefix in enumerate(prefixes)}
            levels.append((keys[order], order))
            whole = {part: span for span, part in enumerate(parts) if len(part) == depth}
            span_of.append(np.array([whole.get(prefix, -1) for prefix in prefixes], dtype="i8"))
        return cls(levels, span_of)

    def matches(self, ids: np.ndarray, texts: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield, for each length, the spans that were found and the index of the last token of each."""
        ends, nodes = np.arange(len(ids)) - 1, np.zeros(len(ids), dtype="i8")
        for (keys, order), span_of in zip(self.levels, self.span_of):
            starts, ends = ends, ends + 1
            inside = ends < len(ids)
            starts, ends, nodes = starts[inside], ends[inside], nodes[inside]
            wanted = _key(nodes, ids[ends].astype("i8"))
            places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            hit = keys[places] == wanted
            if keys is not self.levels[0][0]:
                hit &= texts[starts] == texts[ends]
            ends, nodes = ends[hit], order[places[hit]]
            spans = span_of[nodes]
            yield spans[spans >= 0], ends[spans >= 0]


def _key(node: Any, word: Any) -> Any:
    return node * 2**32 + word
