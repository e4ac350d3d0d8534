"""Words and phrases that get a vector though they are not in the vocabulary: rare words, phrases, a user's terms."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from spacy.language import Language
from spacy.tokens import Token

from .corpus import TokenizedCorpus
from .cutting import pieces_of
from .errors import DomainVectorsError, Errors
from .readers import read_texts
from .skipped import Skipped
from .sources import Source
from .spans import Spans
from .vocabulary import Vocabulary

# The memory that the vectors of rare words take is bounded, too: at width 300, 1.2 kB each.
MOST_RARE_WORDS = 100_000


@dataclass(frozen=True)
class Term:
    """A word or phrase of a user's list: its line, and its words as the corpus tells them apart.

    line: None for one of an earlier list.
    """

    line: int | None
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called in a table."""
        return " ".join(self.words)


def read_terms(path: str | Path, nlp: Language, attr: str) -> list[Term]:
    """Read a list of terms, one a line, as the pipeline tokenizes them.

    attr: What words are told apart by: ORTH, LOWER, NORM or LEMMA.
    RAISES: DomainVectorsError (DV030 where there is no such file, DV069 where it holds no term or can't be read).
    """
    if not Path(path).is_file():
        raise DomainVectorsError(Errors.DV030.format(path=path))
    skipped = Skipped()
    lines = list(read_texts(Source(str(path), "txt"), "text", skipped))
    if skipped.total:
        raise DomainVectorsError(Errors.DV069.format(path=path, why=skipped))
    found = [words_of(line, nlp, attr) for line in lines]
    terms = [Term(number, words) for number, words in enumerate(found, start=1) if words]
    if not terms:
        raise DomainVectorsError(Errors.DV069.format(path=path, why="no line has a word"))
    return terms


def words_of(text: str, nlp: Language, attr: str) -> tuple[str, ...]:
    """The words of a term, as the corpus tells them apart."""
    tokens = [token for piece in pieces_of(text.strip()) for token in nlp.tokenizer(piece)]
    return tuple(_key(token, attr) for token in tokens if not token.is_space)


def choose_spans(
    tokens: TokenizedCorpus,
    vocabulary: Vocabulary,
    fold_in_min_count: int | None,
    phrases: Mapping[tuple[str, ...], int],
    terms: Iterable[Term],
) -> Spans:
    """What is folded in beside the vocabulary, most frequent first.

    tokens: The corpus.
    vocabulary: The words that have vectors of their own.
    fold_in_min_count: How often a rarer word must occur; None for never. No more than MOST_RARE_WORDS are taken.
    phrases: Phrases of the domain and of the user's list, and how often each occurs.
    terms: The user's, each of which counts however rare it is.
    """
    n_words = len(vocabulary)
    n_rare = int((tokens.counts >= fold_in_min_count).sum()) if fold_in_min_count is not None else 0
    rare = slice(n_words, min(n_rare, n_words + MOST_RARE_WORDS))
    found: dict[tuple[str, ...], int] = {
        (word,): n for word, n in zip(tokens.words[rare], tokens.counts[rare].tolist())
    }
    in_vocabulary = set(vocabulary.words)
    wanted = {term.words[0] for term in terms if len(term.words) == 1} - in_vocabulary
    for word, n in zip(tokens.words[n_words:], tokens.counts[n_words:].tolist()) if wanted else ():
        if word in wanted:
            found[word,] = n
    # A token may hold a space: what is called like another can't have a row of its own.
    names = in_vocabulary | {" ".join(words) for words in found}
    for words, n in phrases.items():
        if " ".join(words) not in names:
            names.add(" ".join(words))
            found[words] = n
    parts = sorted(found, key=lambda words: (-found[words], " ".join(words)))
    return Spans(parts, np.array([found[words] for words in parts], dtype="i8"))


def compose(phrases: Sequence[Sequence[str]], row_of: Mapping[str, int], weighted: np.ndarray) -> np.ndarray:
    """The vectors of phrases as the mean of their words.

    phrases: Their words.
    row_of: The row of each word that has a vector.
    weighted: Rows whose lengths are their weights, shape (n_words, width), float32.
    RETURNS: Shape (n_phrases, width), float32; zeros where no word has a row.
    """
    vectors = np.zeros((len(phrases), weighted.shape[1]), dtype="f")
    for i, words in enumerate(phrases):
        rows = [row_of[word] for word in words if word in row_of]
        if rows:
            vectors[i] = weighted[rows].mean(axis=0)
    return vectors


def missing_terms(terms: Iterable[Term], known: Collection[str], tokens: TokenizedCorpus) -> list[str]:
    """Those of the terms that are not known, each with its line and the reason."""
    occurring = set(tokens.words)
    missing = [term for term in terms if term.name not in known]
    return [f"'{term.name}' ({_place(term)}) {_reason(term, occurring)}" for term in missing]


def _place(term: Term) -> str:
    return "of an earlier list" if term.line is None else f"line {term.line}"


def _reason(term: Term, occurring: Collection[str]) -> str:
    unseen = [word for word in term.words if word not in occurring]
    if len(term.words) == 1:
        return "does not occur in the texts" if unseen else "occurs without any word of the vocabulary near it"
    return f"has a word that does not occur, '{unseen[0]}'" if unseen else "has words that never stand side by side"


def _key(token: Token, attr: str) -> str:
    # LEMMA is not set by the tokenizer alone.
    return str(getattr(token, f"{attr.lower()}_")) or token.lower_
