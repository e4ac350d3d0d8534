"""The words of a page: which ones it shows, their kinds, and what is weak about their vectors."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..corpus.tokenized import TokenizedCorpus
from ..counting.phrases import find_phrases
from ..evaluation.both_sides import BothSides, around
from ..evaluation.examples import examples
from ..pipeline.component import DomainVectors
from ..table.answers import DOMAIN, NONE, SUBWORD
from ..table.table import VectorTable
from ..util.jobs import Jobs
from ..util.progress import Progress, no_progress
from .places import places
from .results import Word

KNOWN, NEW, PHRASE, ACRONYM = "known", "new", "phrase", "acronym"
RARE, ALIAS, SPELLING = WEAK = ("rare", "alias", "spelling")
# How many words a page shows: the most frequent, of each kind that is of interest, with each weakness.
N_WORDS, N_OF_KIND, N_WEAK = 400, 60, 30
# A word of interest, or with a weak vector, occurs more than once.
LEAST_COUNT = 2
# A word that the base has no vector of its own for needs so many occurrences for a good row.
FEW = 20
# Neighbours are looked for among so many words of the table, and those that occur so often: rarer
# ones are misspelt.
N_CANDIDATES, LEAST_OF_CANDIDATES = 20_000, 5
# Of a text's words, so many are looked at, most frequent first.
MOST_LOOKED_AT = 50_000
# In ASCII, shorter words are remains of others: 've, n't, xx.
SHORTEST = 3
# A letter three times in a row is a redaction, such as XXXX; four digits are a year or an amount.
REDACTED = re.compile(r"(\w)\1\1|\d{4}")
MOST_CONNECTORS = 1
MARKS = frozenset('!"#$%()*+,./:;<=>?@[\\]^_`{|}~')
ABBREVIATED = re.compile(r"([^\W\d]\.)+[^\W\d]?")
# Of the long form of an acronym: with other characters, what was found is none.
LONG_FORM = re.compile(r"[^\W_]([^\W_]|[ &'-])*")


@dataclass(frozen=True, eq=False)
class Counted:
    """Words and phrases of a text, most frequent first.

    words: As the table tells them apart; the words of a phrase are separated by spaces.
    counts: How often each occurs, shape (n_words,), int64.
    """

    words: Sequence[str]
    counts: np.ndarray

    @classmethod
    def of_table(cls, table: VectorTable) -> "Counted":
        """What a table tells of the text that it was learned from."""
        return cls(table.words, table.counts)

    @classmethod
    def of_text(
        cls, tokens: TokenizedCorpus, table: VectorTable, jobs: Jobs, progress: Progress = no_progress
    ) -> "Counted":
        """The words of a text, and the table's phrases in it.

        RAISES: DomainVectorsError (DV048).
        """
        rows = np.flatnonzero(table.is_phrase).tolist()
        phrases = [tuple(table.words[row].split(" ")) for row in rows]
        found = find_phrases(tokens, None, phrases, jobs, progress)
        words = [*tokens.words, *(" ".join(phrase) for phrase in found)]
        counts = np.concatenate([tokens.counts, np.array(list(found.values()), dtype="i8")])
        order = np.argsort(-counts, kind="stable")
        return cls([words[i] for i in order.tolist()], counts[order])


def page_words(
    nlp: Language,
    component: DomainVectors,
    counted: Counted,
    long_forms: Mapping[str, str],
    docs: Iterable[Doc] = (),
) -> list[Word]:
    """The words to show, most frequent first.

    nlp: A pipeline with the component; the base's vectors are in its vocab.
    counted: The words of the text.
    long_forms: Of the acronyms that the text explains.
    docs: The tokenized text, for example sentences; nothing for none.
    RAISES: DomainVectorsError (DV001, DV066).
    """
    table = component.table
    seen = zip(counted.words[:MOST_LOOKED_AT], counted.counts.tolist())
    count_of = {word: count for word, count in seen if means_something(word, nlp.vocab)}
    found = BothSides.of(nlp, component, list(count_of))
    found = found.take([i for i, source in enumerate(found.sources) if source != NONE])
    counts = np.array([count_of[word] for word in found.words], dtype="i8")
    kind_of = kinds(found, long_forms)
    weak_of = weaknesses(found, dict(zip(table.words, table.counts.tolist())))
    shown = found.take(chosen(Counted(found.words, counts), kind_of, weak_of))
    near = around(shown, BothSides.of(nlp, component, candidates(table, nlp.vocab)))
    sentences = examples(docs, shown.words, table.meta.get("attr", "LOWER"))
    words = []
    for word, (x, y), one, said in zip(shown.words, places(shown.combined).tolist(), near, sentences):
        kind, count, weak = kind_of[word], count_of[word], weak_of[word]
        # What is weak has moved by chance.
        moved = None if weak else one.moved
        words.append(Word(word, kind, count, weak, x, y, one.before, one.after, moved, said))
    return words


def chosen(counted: Counted, kind_of: Mapping[str, str], weak_of: Mapping[str, str | None]) -> list[int]:
    """The places of the words to show, most frequent first.

    kind_of, weak_of: See `kinds` and `weaknesses`.
    """
    words = list(counted.words)
    repeated = np.flatnonzero(counted.counts >= LEAST_COUNT).tolist()
    groups = [[i for i, word in enumerate(words) if kind_of[word] != PHRASE][:N_WORDS]]
    of_interest = (NEW, PHRASE, ACRONYM)
    groups += [[i for i in repeated if kind_of[words[i]] == kind][:N_OF_KIND] for kind in of_interest]
    groups += [[i for i in repeated if weak_of[words[i]] == why][:N_WEAK] for why in WEAK]
    return sorted({place for group in groups for place in group})


def candidates(table: VectorTable, vocab: Vocab) -> list[str]:
    """The words and phrases of the table among which neighbours are looked for."""
    n_frequent = int((table.counts >= LEAST_OF_CANDIDATES).sum())
    return [word for word in table.words[:n_frequent] if means_something(word, vocab)][:N_CANDIDATES]


def means_something(word: str, vocab: Vocab) -> bool:
    """Whether it is no stop word, number, address, mark, redaction or remains of a word."""
    if " " in word:
        first, *between, last = word.split(" ")
        # With more connectors, it is a piece of a sentence that is repeated, and no term.
        is_term = sum(vocab[part].is_stop for part in between) <= MOST_CONNECTORS
        return is_term and means_something(first, vocab) and means_something(last, vocab)
    if not word or (word.isascii() and len(word) < SHORTEST):
        return False
    if not word[0].isalnum() or not (word[-1].isalnum() or word[-1] == "."):
        return False
    if not any(map(str.isalpha, word)):
        return False
    if REDACTED.search(word) or (MARKS.intersection(word) and not ABBREVIATED.fullmatch(word)):
        return False
    lexeme = vocab[word]
    return not (lexeme.is_stop or lexeme.like_num or lexeme.like_url or lexeme.like_email)


def kinds(found: BothSides, long_forms: Mapping[str, str]) -> dict[str, str]:
    """The kind of each word, see `results.Word`.

    long_forms: Of each acronym. A word with a vector of its own in the base, such as "firm", is none,
        whatever a text explains.
    """
    kind_of = {}
    for word, is_known, is_own in zip(found.words, found.is_known.tolist(), found.is_own.tolist()):
        is_acronym = LONG_FORM.fullmatch(long_forms.get(word, "")) and not is_own
        kind_of[word] = PHRASE if " " in word else ACRONYM if is_acronym else KNOWN if is_known else NEW
    return kind_of


def weaknesses(found: BothSides, count_of: Mapping[str, int]) -> dict[str, str | None]:
    """Why the vector of each word is weak, see `results.Word`.

    count_of: How often the table's text has each word.
    """
    weak_of: dict[str, str | None] = {}
    for word, source, trust in zip(found.words, found.sources, found.trust.tolist()):
        weak_of[word] = None
        if source == SUBWORD:
            weak_of[word] = SPELLING
        elif trust < 1 and source != DOMAIN:
            weak_of[word] = ALIAS
        elif trust < 1 and count_of.get(word, 0) < FEW:
            weak_of[word] = RARE
    return weak_of
