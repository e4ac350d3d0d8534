"""The user's list of terms: words and phrases that get a vector however rare they are."""

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
    """A word or phrase of the user's list.

    line: The number of its line; None for a term of an earlier list.
    words: Its words, in the form in which the corpus counts them, such as lower-cased.
    """

    line: int | None
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the term in a table."""
        return " ".join(self.words)


def read_terms(path: str | Path, nlp: Language, attr: str) -> list[Term]:
    """Read a list of terms, one on each line, and tokenize them.

    nlp: The pipeline with the tokenizer.
    attr: The token attribute by which words are distinguished: ORTH, LOWER, NORM or LEMMA.
    RAISES: DomainVectorsError (DV030 if there is no such file, DV069 if it holds no term or can't
        be read).
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
    """The words of a term, in the form in which the corpus counts them."""
    tokens = [token for piece in pieces_of(text.strip()) for token in nlp.tokenizer(piece)]
    return tuple(_key(token, attr) for token in tokens if not token.is_space)


def missing_terms(terms: Iterable[Term], known: Collection[str], tokens: TokenizedCorpus) -> list[str]:
    """Descriptions of the terms that are not in `known`, each with its line and the reason."""
    occurring = set(tokens.words)
    missing = [term for term in terms if term.name not in known]
    return [f"'{term.name}' ({_place(term)}) {_reason(term, occurring)}" for term in missing]


def _place(term: Term) -> str:
    return "of an earlier list" if term.line is None else f"line {term.line}"


def _reason(term: Term, occurring: Collection[str]) -> str:
    unseen = [word for word in term.words if word not in occurring]
    if len(term.words) == 1:
        if unseen:
            return "does not occur in the texts"
        return "occurs without any word of the vocabulary near it"
    if unseen:
        return f"has a word that does not occur, '{unseen[0]}'"
    return "has words that never stand side by side"


def _key(token: Token, attr: str) -> str:
    # The tokenizer alone does not set LEMMA.
    return str(getattr(token, f"{attr.lower()}_")) or token.lower_
