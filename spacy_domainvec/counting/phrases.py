"""Phrases of the domain: words that follow each other much more often than by chance.

gensim's Phrases finds the same ones, which a test checks. But it stores each pair of neighbours as
text, drops rare pairs when memory is short, and reads a corpus in one process. Here, pairs are
numbers, and the parts of a corpus are counted in parallel.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..corpus.tokenized import TokenizedCorpus, TokenizedPart
from ..util.arrays import added_up
from ..util.jobs import Jobs, Task, name_of
from ..util.progress import Progress, no_progress
from .phrase_trie import Phrase, PhraseNumbers, PhraseTrie
from .vocabulary import Vocabulary

KEYS, COUNTS, GIVEN = "keys.npy", "counts.npy", "given.npy"
# Connectors that a phrase can have in a row: "state of the art".
MOST_CONNECTORS = 3


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pairs of successive words, or with only connectors between them. All shapes are (n_pairs,).

    first, last: The numbers of the two words.
    starts, ends: The indices of the two words among the tokens.
    """

    first: np.ndarray
    last: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    def those(self, wanted: np.ndarray) -> "_Pairs":
        """Some of the pairs. wanted: Which, shape (n_pairs,), bool."""
        kept = np.flatnonzero(wanted)
        return _Pairs(self.first[kept], self.last[kept], self.starts[kept], self.ends[kept])


@dataclass(frozen=True, eq=False)
class PhraseFinder:
    """Finds phrases of two words by normalized pointwise mutual information (Bouma, 2009).

    vocabulary: The words with which a phrase may begin and end.
    min_count: How often a phrase must occur.
    threshold: The score that a phrase must exceed, from -1 to 1.
    connectors: Words that may stand inside a phrase but not at its ends, as in "bank of america".
    """

    vocabulary: Vocabulary
    min_count: int
    threshold: float
    connectors: Sequence[str]

    def coded(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Number words.

        RETURNS: The number of each word that can begin or end a phrase, else -1; and the number of each
            connector, else 0; both of shape (n_words,), int64.
        """
        numbered = enumerate(self.vocabulary.words[: self._n_words])
        number_of = {word: i for i, word in numbered if _has_letter(word)}
        connectors = {word: i for i, word in enumerate(self.connectors, start=1)}
        numbers = [-1 if word in connectors else number_of.get(word, -1) for word in words]
        connector_numbers = [connectors.get(word, 0) for word in words]
        return np.array(numbers, dtype="i8"), np.array(connector_numbers, dtype="i8")

    def candidates(
        self,
        numbers: np.ndarray,
        connectors: np.ndarray,
        ids: np.ndarray,
        texts: np.ndarray,
    ) -> np.ndarray:
        """The pairs that can be phrases, as numbers, int64.

        A pair is left out if its score would be too low even if its rarer word occurred in no other
        pair.

        numbers, connectors: The arrays that `coded` returned.
        ids: Tokens as indices into these arrays, shape (n_tokens,).
        texts: The number of each token's text, shape (n_tokens,).
        """
        between = connectors[ids]
        places = np.flatnonzero(between == 0)
        words = numbers[ids[places]]
        pairs = _Pairs(words[:-1], words[1:], places[:-1], places[1:])
        distances = pairs.ends - pairs.starts
        is_in_reach = (texts[pairs.starts] == texts[pairs.ends]) & (distances <= MOST_CONNECTORS + 1)
        is_of_words = (pairs.first >= 0) & (pairs.last >= 0)
        is_repeated = (pairs.first == pairs.last) & (distances == 1)
        pairs = pairs.those(is_in_reach & is_of_words & ~is_repeated)
        # If the pair occurs less often, its score is lower.
        most = np.minimum(self.vocabulary.counts[pairs.first], self.vocabulary.counts[pairs.last])
        pairs = pairs.those(self.is_phrase(pairs.first, pairs.last, most))
        of_words = pairs.first * self._n_words + pairs.last
        return np.asarray(of_words * self._base**MOST_CONNECTORS + self._codes(pairs, between))

    def _codes(self, pairs: _Pairs, between: np.ndarray) -> np.ndarray:
        """The connectors between the words of each pair, as the digits of one number."""
        codes = np.zeros(len(pairs.first), dtype="i8")
        for distance in range(1, MOST_CONNECTORS + 1):
            places = pairs.starts + distance
            is_inside = places < pairs.ends
            codes *= self._base
            codes[is_inside] += between[places[is_inside]]
        return codes

    def _connectors_of(self, code: int) -> list[str]:
        """The connectors in a number that `_codes` made."""
        found = []
        while code:
            code, connector = divmod(code, self._base)
            if connector:
                found.append(self.connectors[connector - 1])
        return found[::-1]

    def is_phrase(self, first: np.ndarray, last: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Whether pairs of words, given as numbers, are phrases if the pairs occur `counts` times."""
        total, of_word = self.vocabulary.n_tokens, self.vocabulary.counts.astype("f8")
        with np.errstate(divide="ignore", invalid="ignore"):
            score = np.log(counts * total / (of_word[first] * of_word[last])) / -np.log(counts / total)
        return np.asarray((score > self.threshold) & (counts >= self.min_count))

    def phrases(self, keys: np.ndarray, counts: np.ndarray) -> dict[Phrase, int]:
        """The phrases among the candidates, and how often each occurs.

        keys, counts: The candidates as numbers, and how often each occurs, shape (n_candidates,), int64.
        """
        pairs, codes = np.divmod(keys, self._base**MOST_CONNECTORS)
        first, last = np.divmod(pairs, self._n_words)
        words = self.vocabulary.words
        found: dict[Phrase, int] = {}
        for i in np.flatnonzero(self.is_phrase(first, last, counts)).tolist():
            between = self._connectors_of(int(codes[i]))
            found[(words[first[i]], *between, words[last[i]])] = int(counts[i])
        return found

    @property
    def _base(self) -> int:
        return len(self.connectors) + 1

    @property
    def _n_words(self) -> int:
        """The number of words to use: two of them, with connectors, must fit into 63 bits."""
        return min(len(self.vocabulary), math.isqrt((2**63 - 1) // self._base**MOST_CONNECTORS))


def find_phrases(
    tokens: TokenizedCorpus,
    finder: PhraseFinder | None,
    given: Sequence[Phrase],
    jobs: Jobs,
    progress: Progress = no_progress,
) -> dict[Phrase, int]:
    """Find phrases, and count given ones.

    finder: Finds phrases; None to count only the given ones.
    given: Phrases to count, whatever their score.
    RETURNS: How often each phrase occurs. No phrase that is found begins or ends with a word without a
        letter, or is a word repeated.
    RAISES: DomainVectorsError (DV048).
    """
    if finder is None and not given:
        return {}
    how = [finder.min_count, finder.threshold, finder.connectors] if finder else []
    words = [finder.vocabulary.words, finder.vocabulary.counts.tolist()] if finder else []
    version = name_of("", tokens.n_tokens, given, how, words)
    names = [name_of("phrases", version, str(part.folder)) for part in tokens.parts]
    tasks = [Task(name, (part.folder, finder, list(given))) for name, part in zip(names, tokens.parts)]
    keys = [np.zeros(0, dtype="i8")]
    counts = [np.zeros(0, dtype="i8")]
    n_given = np.zeros(len(given), dtype="i8")
    for path in jobs.run(count_phrases, tasks, progress, "Finding phrases"):
        keys.append(np.load(path / KEYS))
        counts.append(np.load(path / COUNTS))
        n_given += np.load(path / GIVEN)
        if sum(map(len, keys)) > 2 * len(keys[0]) + jobs.n_entries:
            keys, counts = ([array] for array in added_up(keys, counts))
    found = {phrase: n for phrase, n in zip(given, n_given.tolist()) if n}
    return found if finder is None else {**finder.phrases(*added_up(keys, counts)), **found}


def count_phrases(new: Path, part: Path, finder: PhraseFinder | None, given: list[Phrase]) -> None:
    """Write how often each candidate and each given phrase occurs in a part of a corpus."""
    tokens = TokenizedPart(part)
    n_given = np.zeros(len(given), dtype="i8")
    keys = [np.zeros(0, dtype="i8")]
    trie = PhraseTrie.of(PhraseNumbers.of(given), tokens.words)
    coded = finder.coded(tokens.words) if finder else None
    for ids, texts in tokens.batches():
        for phrases, _ in trie.matches(ids, texts) if given else ():
            n_given += np.bincount(phrases, minlength=len(given))
        if finder is not None and coded is not None:
            keys.append(finder.candidates(*coded, ids, texts))
    found, counts = np.unique(np.concatenate(keys), return_counts=True)
    for name, array in ((KEYS, found), (COUNTS, counts.astype("i8")), (GIVEN, n_given)):
        np.save(new / name, array, allow_pickle=False)


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word))
