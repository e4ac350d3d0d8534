"""First stage of a build: from texts to what is to be learned."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from spacy.attrs import IDS
from spacy.language import Language
from spacy.strings import get_string_id
from spacy.tokens import Doc

from .acronyms import AcronymFinder
from .config import Settings
from .cooccurrence import Vocabulary, build_vocabulary
from .corpus import Corpus, TokenizedCorpus, tokenize
from .errors import DomainVectorsError, Errors
from .keywords import Term, choose_spans, read_terms
from .phrases import find_phrases
from .spans import Spans
from .training import Progress, Sentences


@dataclass(frozen=True, eq=False)
class Gathered:
    """A corpus, and the words and phrases of it that get a vector.

    tokens: The corpus.
    vocabulary: The words to learn from.
    spans: Rare words and phrases beside them.
    terms: The user's list.
    acronyms: The words of the long form of each acronym.
    """

    tokens: TokenizedCorpus
    vocabulary: Vocabulary
    spans: Spans
    terms: list[Term]
    acronyms: dict[str, tuple[str, ...]]

    @property
    def words(self) -> list[str]:
        """The words of the vocabulary, then the spans."""
        return [*self.vocabulary.words, *self.spans.names]

    @property
    def phrases(self) -> dict[int, list[str]]:
        """The words of each phrase, by its place in `words`."""
        first, names = len(self.vocabulary), self.tokens.words
        parts = enumerate(self.spans.parts, start=first)
        return {row: [names[i] for i in words] for row, words in parts if len(words) > 1}

    @property
    def counts(self) -> np.ndarray:
        """How often each of `words` occurs, int64."""
        return np.concatenate([self.vocabulary.counts, self.spans.counts])


def gather(settings: Settings, nlp: Language, directory: str | Path, progress: Progress) -> Gathered:
    """Read the corpus and choose what gets a vector.

    nlp: The pipeline whose tokenizer is used.
    directory: For the tokens; it must outlive the result.
    RAISES: DomainVectorsError (DV030 to DV040, DV063, DV066, DV069). WARNS: DomainVectorsWarning (DV101, DV104).
    """
    if not settings.paths.corpus:
        raise DomainVectorsError(Errors.DV063)
    attr, wanted = settings.corpus.attr, settings.vocabulary
    terms = read_terms(settings.paths.terms, nlp, attr) if settings.paths.terms else []
    corpus, finder = Corpus(settings.paths.corpus, settings.corpus.field), AcronymFinder()

    def read(docs: Iterable[Doc]) -> Iterable[Doc]:
        return _watched(progress(docs, "Tokenizing"), finder, attr)

    tokens = tokenize(corpus, nlp, directory, attr, read)
    vocabulary = build_vocabulary(tokens, wanted.min_count, wanted.max_vocab)
    phrases: list[tuple[str, ...]] = []
    if wanted.phrases is not None:
        sentences = progress(Sentences(tokens), "Finding phrases", len(tokens.ends))
        stop_words = nlp.Defaults.stop_words
        phrases = find_phrases(sentences, wanted.phrases.min_count, wanted.phrases.threshold, stop_words)
    spans = choose_spans(tokens, vocabulary, wanted.fold_in_min_count, phrases, terms)
    return Gathered(tokens, vocabulary, spans, terms, finder.long_forms())


def _watched(docs: Iterable[Doc], finder: AcronymFinder, attr: str) -> Iterator[Doc]:
    """Pass on docs; those with a parenthesis are searched for acronyms."""
    parenthesis = get_string_id("(")
    for doc in docs:
        keys = doc.to_array([IDS["ORTH"], IDS[attr]])
        if (keys[:, 0] == parenthesis).any():
            strings = doc.vocab.strings
            words = [strings[key] for key in keys[:, 0].tolist()]
            finder.add(words, [strings[key] if key else word for key, word in zip(keys[:, 1].tolist(), words)])
        yield doc
