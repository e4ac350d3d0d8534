"""Words and phrases that get a vector though they are not in the vocabulary: rare words, phrases, a user's terms."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Token

from ..corpus.tokenized import TokenizedCorpus
from ..errors import DomainVectorsError, Errors
from ..reading.cutting import pieces_of
from ..reading.readers import read_texts
from ..reading.skipped import Skipped
from ..reading.sources import Source


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
