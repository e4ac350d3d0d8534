"""Example sentences for words and phrases: found in one pass, whatever the order of the texts."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from spacy.attrs import IDS
from spacy.pipeline import Sentencizer
from spacy.strings import get_string_id
from spacy.tokens import Doc

from ..counting.phrase_trie import PhraseNumbers, PhraseTrie
from ..util.hashing import mixed, text_hashes

N_EXAMPLES = 2
# So many sentences a word are kept to choose from: those of the texts with the lowest hashes.
N_KEPT = 6
# Characters of an example; a longer sentence is cut around the word.
LONGEST = 200
# A sentence of fewer or of more words is not read as gladly.
FEW_WORDS, MANY_WORDS = 6, 30
# Texts looked through at a time.
BATCH = 500
ENDS = frozenset(Sentencizer.default_punct_chars)
REDACTED = re.compile(r"(\w)\1\1|\d{3}|[/{}<>|]")


@dataclass
class _Found:
    """The sentences found for a word, by the hash of the text.

    bound: The highest hash that is kept.
    """

    sentences: dict[int, str] = field(default_factory=dict)
    bound: int = 2**64 - 1

    def takes(self, rank: int) -> bool:
        """Whether there is a place for a text with this hash that is not there yet."""
        return rank <= self.bound and rank not in self.sentences

    def add(self, rank: int, sentence: str) -> None:
        self.sentences[rank] = sentence
        if len(self.sentences) > N_KEPT:
            del self.sentences[max(self.sentences)]
        if len(self.sentences) == N_KEPT:
            self.bound = max(self.sentences)


def examples(docs: Iterable[Doc], words: Sequence[str], attr: str = "LOWER") -> list[list[str]]:
    """Up to two sentences with each word, never two from one text; easily read ones are preferred.

    Of the texts with a word, a hash chooses six, and of their sentences the easiest ones are taken,
    so that memory is bounded, and the result does not depend on the order of the texts.

    docs: Tokenized texts.
    words: Words and phrases without duplicates, as `attr` tells them apart; the words of a phrase are
        separated by spaces.
    RETURNS: The sentences of each word, on one line, cut to about 200 characters around the word.
    """
    found = [_Found() for _ in words]
    phrases = [tuple(word.split(" ")) for word in words]
    known = sorted({part for phrase in phrases for part in phrase}, key=get_string_id)
    keys = np.array([get_string_id(word) for word in known], dtype="u8")
    # The last number is that of all other words.
    trie = PhraseTrie.of(PhraseNumbers.of(phrases), [*known, ""])
    column = IDS[attr]
    for batch in _batches(docs):
        values, texts, places = _tokens(batch, column)
        if not len(values):
            continue
        ids = _numbers(values, keys)
        hashes = np.zeros(len(batch), dtype="u8")
        hashes[np.unique(texts)] = text_hashes(values, texts)
        for numbers, ends in trie.matches(ids, texts):
            of_text = texts[ends]
            ranks = mixed(hashes[of_text] ^ mixed(numbers.astype("u8") + np.uint64(1)))
            bounds = np.array([one.bound for one in found], dtype="u8")
            kept = np.flatnonzero(ranks <= bounds[numbers])
            # The first place of a word in a text is enough.
            _, first = np.unique(of_text[kept] * len(words) + numbers[kept], return_index=True)
            for i in sorted(kept[first].tolist(), key=lambda i: int(ranks[i])):
                number, rank = int(numbers[i]), int(ranks[i])
                if found[number].takes(rank):
                    doc, last = batch[int(of_text[i])], int(places[ends[i]])
                    found[number].add(rank, _sentence(doc, last, len(phrases[number])))
    return [_best(list(dict(sorted(one.sentences.items())).values())) for one in found]


def _batches(docs: Iterable[Doc]) -> Iterator[list[Doc]]:
    rest = iter(docs)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _tokens(docs: Sequence[Doc], column: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The hash of each token, the number of its text, and its place in the Doc; without white space."""
    columns = [column, IDS["IS_SPACE"]]
    values = np.concatenate([doc.to_array(columns).reshape(-1, 2) for doc in docs])
    lengths = [len(doc) for doc in docs]
    texts = np.repeat(np.arange(len(docs)), lengths)
    places = np.concatenate([np.arange(length) for length in lengths])
    is_word = values[:, 1] == 0
    return values[is_word, 0], texts[is_word], places[is_word]


def _numbers(values: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """The place of each hash among increasing keys; the number of keys for others."""
    found = np.minimum(np.searchsorted(keys, values), max(len(keys) - 1, 0))
    is_known = keys[found] == values if len(keys) else np.zeros(len(values), dtype=bool)
    return np.where(is_known, found, len(keys))


def _sentence(doc: Doc, last: int, n_words: int) -> str:
    """The sentence around a word, on one line, cut to about 200 characters.

    last: The place of its last token.
    """
    start, end = last, last + 1
    first = last - n_words + 1
    while start > 0 and not _ends(doc, start - 1):
        start -= 1
    while end < len(doc) and not _ends(doc, end - 1):
        end += 1
    left, right = min(first, last), last + 1
    left = max(left, start)
    length = len(doc[left:right].text)
    # The window grows by a token on either side while there is room.
    while left > start or right < end:
        grown = False
        if left > start and length + len(doc[left - 1].text_with_ws) <= LONGEST:
            left, grown = left - 1, True
            length += len(doc[left].text_with_ws)
        if right < end and length + len(doc[right].text_with_ws) <= LONGEST:
            length += len(doc[right].text_with_ws)
            right, grown = right + 1, True
        if not grown:
            break
    text = " ".join(doc[left:right].text.split())
    return f"{'… ' if left > start else ''}{text}{' …' if right < end else ''}"


def _ends(doc: Doc, place: int) -> bool:
    """Whether a sentence ends after a token: at a new line, and of several marks after the last."""
    if doc[place].is_space:
        return "\n" in doc[place].text
    is_mark = doc[place].text in ENDS
    return is_mark and not (place + 1 < len(doc) and doc[place + 1].text in ENDS)


def _best(sentences: Sequence[str]) -> list[str]:
    """The sentences that are read most easily, no two the same."""
    return sorted(dict.fromkeys(sentences), key=_difficulty)[:N_EXAMPLES]


def _difficulty(sentence: str) -> float:
    """How hard a sentence is to read: by its length and redactions, and if it was cut or has no end."""
    n_words = len(sentence.split())
    found = max(FEW_WORDS - n_words, 0) + max(n_words - MANY_WORDS, 0) / 4
    found += 4 * len(REDACTED.findall(sentence)) + 4 * sentence.count("…")
    return found + 2 * (not sentence[:1].isupper()) + 2 * (sentence[-1:] not in ENDS)
