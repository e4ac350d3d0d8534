"""Phrases of the domain: words that stand together much more often than their frequencies let expect."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..corpus.tokenized import TokenizedCorpus, TokenizedPart
from ..util.arrays import added_up
from ..util.jobs import Jobs, Task, name_of
from ..util.progress import Progress, no_progress
from .matching import Matcher, SpanIndex
from .vocabulary import Vocabulary

KEYS, COUNTS, GIVEN = "keys.npy", "counts.npy", "given.npy"
# Connectors that a phrase can have in a row: "state of the art".
MOST_CONNECTORS = 3

Phrase = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class PhraseFinder:
    """Finds phrases of two words by normalized pointwise mutual information (Bouma, 2009), as gensim's Phrases does.

    vocabulary: The words that a phrase begins and ends with.
    min_count: How often a phrase must occur.
    threshold: Least score, from -1 to 1.
    connectors: Words that may stand inside a phrase, but not at its ends, as in "bank of america".
    """

    vocabulary: Vocabulary
    min_count: int
    threshold: float
    connectors: Sequence[str]

    def coded(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The number of each word that can begin or end a phrase, else -1; and of each connector, else 0."""
        number_of = {word: i for i, word in enumerate(self.vocabulary.words[: self._n_words]) if _has_letter(word)}
        connectors = {word: i for i, word in enumerate(self.connectors, start=1)}
        numbers = [-1 if word in connectors else number_of.get(word, -1) for word in words]
        return np.array(numbers, dtype="i8"), np.array([connectors.get(word, 0) for word in words], dtype="i8")

    def candidates(self, numbers: np.ndarray, connectors: np.ndarray, ids: np.ndarray, texts: np.ndarray) -> np.ndarray:
        """What could be a phrase if its rarer word stood only there, each time it occurs, as numbers, int64.

        numbers, connectors: As `coded` gives them.
        ids: Tokens as indices into these, shape (n_tokens,).
        texts: The number of each token's text.
        """
        between = connectors[ids]
        places = np.flatnonzero(between == 0)
        starts, ends = places[:-1], places[1:]
        first, last = numbers[ids[starts]], numbers[ids[ends]]
        near = (texts[starts] == texts[ends]) & (ends - starts <= MOST_CONNECTORS + 1)
        kept = np.flatnonzero((first >= 0) & (last >= 0) & near & ((first != last) | (ends - starts > 1)))
        first, last, starts, ends = first[kept], last[kept], starts[kept], ends[kept]
        # For any rarer pair of the same words, the score is lower.
        most = np.minimum(self.vocabulary.counts[first], self.vocabulary.counts[last])
        kept = self.is_phrase(first, last, most)
        first, last, starts, ends = first[kept], last[kept], starts[kept], ends[kept]
        code = np.zeros(len(first), dtype="i8")
        for distance in range(1, MOST_CONNECTORS + 1):
            is_longer = starts + distance < ends
            code = code * self._base
            code[is_longer] += between[starts[is_longer] + distance]
        return np.asarray((first * self._n_words + last) * self._base**MOST_CONNECTORS + code)

    def is_phrase(self, first: np.ndarray, last: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Whether words of the vocabulary, given as numbers, are a phrase if they occur together so often."""
        total, of_word = self.vocabulary.n_tokens, self.vocabulary.counts.astype("f8")
        with np.errstate(divide="ignore", invalid="ignore"):
            score = np.log(counts * total / (of_word[first] * of_word[last])) / -np.log(counts / total)
        return np.asarray((score > self.threshold) & (counts >= self.min_count))

    def phrases(self, keys: np.ndarray, counts: np.ndarray) -> dict[Phrase, int]:
        """Those of the candidates, given as numbers, that are phrases if they occur so often, and how often that is."""
        pairs, codes = np.divmod(keys, self._base**MOST_CONNECTORS)
        first, last = np.divmod(pairs, self._n_words)
        found: dict[Phrase, int] = {}
        for i in np.flatnonzero(self.is_phrase(first, last, counts)).tolist():
            code, between = int(codes[i]), []
            while code:
                code, connector = divmod(code, self._base)
                between += [self.connectors[connector - 1]] if connector else []
            words = self.vocabulary.words
            found[(words[first[i]], *reversed(between), words[last[i]])] = int(counts[i])
        return found

    @property
    def _base(self) -> int:
        return len(self.connectors) + 1

    @property
    def _n_words(self) -> int:
        """The words that can be numbered: two of them and the connectors between must fit into 63 bits."""
        return min(len(self.vocabulary), math.isqrt((2**63 - 1) // self._base**MOST_CONNECTORS))


def find_phrases(
    tokens: TokenizedCorpus,
    finder: PhraseFinder | None,
    given: Sequence[Phrase],
    jobs: Jobs,
    progress: Progress = no_progress,
) -> dict[Phrase, int]:
    """Find phrases, and count those that are given.

    finder: What a phrase is; None for none but those given.
    given: Phrases to count whatever their score.
    RETURNS: How often each phrase occurs. Words that no letter is in are not joined, nor is a word with itself.
    RAISES: DomainVectorsError (DV048).
    """
    if finder is None and not given:
        return {}
    how = [finder.min_count, finder.threshold, finder.connectors] if finder else []
    words = [finder.vocabulary.words, finder.vocabulary.counts.tolist()] if finder else []
    version = name_of("", tokens.n_tokens, given, how, words)
    tasks = [
        Task(name_of("phrases", version, str(part.folder)), (part.folder, finder, list(given))) for part in tokens.parts
    ]
    keys, counts, n_given = [np.zeros(0, dtype="i8")], [np.zeros(0, dtype="i8")], np.zeros(len(given), dtype="i8")
    for path in jobs.run(count_phrases, tasks, progress, "Finding phrases"):
        keys.append(np.load(path / KEYS))
        counts.append(np.load(path / COUNTS))
        n_given += np.load(path / GIVEN)
        if sum(map(len, keys)) > 2 * len(keys[0]) + jobs.n_entries:
            keys, counts = ([array] for array in added_up(keys, counts))
    found = {phrase: n for phrase, n in zip(given, n_given.tolist()) if n}
    return found if finder is None else {**finder.phrases(*added_up(keys, counts)), **found}


def count_phrases(new: Path, part: Path, finder: PhraseFinder | None, given: list[Phrase]) -> None:
    """Write how often each phrase that could be one occurs in a part of a corpus, and each of those given."""
    tokens, n_given, keys = TokenizedPart(part), np.zeros(len(given), dtype="i8"), [np.zeros(0, dtype="i8")]
    matcher, coded = Matcher.of(SpanIndex.of(given), tokens.words), finder.coded(tokens.words) if finder else None
    for ids, texts in tokens.batches():
        for spans, _ in matcher.matches(ids, texts) if given else ():
            n_given += np.bincount(spans, minlength=len(given))
        if finder is not None and coded is not None:
            keys.append(finder.candidates(*coded, ids, texts))
    found, counts = np.unique(np.concatenate(keys), return_counts=True)
    for name, array in ((KEYS, found), (COUNTS, counts.astype("i8")), (GIVEN, n_given)):
        np.save(new / name, array, allow_pickle=False)


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word))
