"""First stage of a build: read the texts, and choose the words and phrases that get vectors."""

from dataclasses import dataclass

import numpy as np
from spacy.language import Language

from ..corpus.texts import Corpus
from ..corpus.tokenize import Tokenized, tokenize
from ..corpus.tokenized import TokenizedCorpus
from ..counting.adding import add_tokens
from ..counting.fold_ins import FoldIns, choose_fold_ins
from ..counting.phrases import PhraseFinder, find_phrases
from ..counting.saved_counts import State
from ..counting.terms import Term, read_terms
from ..counting.vocabulary import Vocabulary, build_vocabulary
from ..errors import DomainVectorsError, Errors
from ..util.jobs import Jobs
from ..util.progress import Progress
from .schema import CorpusSettings, PathSettings, VocabularySettings


@dataclass(frozen=True, eq=False)
class Gathered:
    """A corpus, and its words and phrases that get vectors.

    tokens: The corpus.
    vocabulary: The words to learn from.
    fold_ins: Rare words and phrases, which get vectors afterwards.
    terms: The user's terms, and those of earlier trainings.
    acronyms: The words of the long form of each acronym.
    """

    tokens: TokenizedCorpus
    vocabulary: Vocabulary
    fold_ins: FoldIns
    terms: list[Term]
    acronyms: dict[str, tuple[str, ...]]

    @property
    def words(self) -> list[str]:
        """The words of the vocabulary, then the fold-ins."""
        return [*self.vocabulary.words, *self.fold_ins.names]

    @property
    def phrases(self) -> dict[int, list[str]]:
        """The words of each phrase, by its place in `words`."""
        parts = enumerate(self.fold_ins.parts, start=len(self.vocabulary))
        return {row: list(words) for row, words in parts if len(words) > 1}

    @property
    def counts(self) -> np.ndarray:
        """How often each of `words` occurs, int64."""
        return np.concatenate([self.vocabulary.counts, self.fold_ins.counts])


def gather(
    paths: PathSettings,
    reading: CorpusSettings,
    wanted: VocabularySettings,
    nlp: Language,
    jobs: Jobs,
    progress: Progress,
    earlier: State | None = None,
) -> Gathered:
    """Read the corpus, and choose the words and phrases that get vectors.

    paths: The paths of the corpus and of the terms.
    reading: The field of the texts, and the attribute that tells words apart.
    wanted: The settings of the choice.
    nlp: A pipeline, for its tokenizer.
    jobs: The processes, and a folder that must outlive the result.
    earlier: The state of an earlier training. Words are chosen by their counts in all texts. Its
        phrases are kept beside those of the new texts, and so are its terms.
    RAISES: DomainVectorsError (DV030 to DV040, DV045, DV047, DV048, DV063, DV066, DV069).
    WARNS: DomainVectorsWarning (DV101, DV104, DV106, DV107).
    """
    if not paths.corpus:
        raise DomainVectorsError(Errors.DV063)
    terms = read_terms(paths.terms, nlp, reading.attr) if paths.terms else []
    given_now = {term.words for term in terms}
    given_before = earlier.terms if earlier else ()
    terms += [Term(None, words) for words in given_before if words not in given_now]
    tokenized = read_corpus(paths.corpus, reading, nlp, jobs, progress)
    new = tokenized.tokens
    tokens = add_tokens(earlier.tokens, new) if earlier else new
    vocabulary = build_vocabulary(tokens, wanted.min_count, wanted.max_vocab)
    finder = None
    # New phrases are found in the new texts alone: the earlier texts are gone.
    if wanted.phrases is not None:
        limit = wanted.max_vocab
        among = Vocabulary(new.words[:limit], new.counts[:limit], new.n_tokens)
        connectors = sorted(nlp.Defaults.stop_words)
        finder = PhraseFinder(among, wanted.phrases.min_count, wanted.phrases.threshold, connectors)
    known = earlier.counted.fold_ins.phrases if earlier else {}
    given = list(dict.fromkeys([*known, *(term.words for term in terms if len(term.words) > 1)]))
    phrases = find_phrases(new, finder, given, jobs, progress)
    phrases |= {phrase: n + phrases.get(phrase, 0) for phrase, n in known.items()}
    fold_ins = choose_fold_ins(tokens, vocabulary, wanted.fold_in_min_count, phrases, terms)
    acronyms = {**tokenized.acronyms, **(earlier.acronyms if earlier else {})}
    return Gathered(tokens, vocabulary, fold_ins, terms, acronyms)


def read_corpus(
    corpus: str | list[str], reading: CorpusSettings, nlp: Language, jobs: Jobs, progress: Progress
) -> Tokenized:
    """Tokenize the texts of a build; what it writes itself is not among them.

    Arguments, errors and warnings as for `gather`.
    """
    texts = Corpus(corpus, reading.field, (jobs.folder, *jobs.outputs))
    return tokenize(texts, nlp, jobs, reading.attr, progress)
