"""Between training and fusing: the document maps of a corpus."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from spacy.language import Language

from ..corpus.sentences import sample_sentences, sentences_of_labels
from ..counting.terms import words_of
from ..errors import DomainVectorsError, Errors
from ..evaluation.labelled import read_labelled
from ..learning.document_map import LEAST_PAIRS, MapFitter, fit_map
from ..table.weights import sif_weights
from .select import Gathered

# From the rows of the vocabulary and of fold-ins, shape (n, width), to their map, shape (width, width),
# both float32.
MapOf = Callable[[np.ndarray], np.ndarray | None]


@dataclass(frozen=True)
class LabelledWords:
    """The words of labelled texts, in the form that the corpus counts, and each text's label."""

    texts: list[tuple[str, ...]]
    labels: list[str]


def read_labelled_words(path: str, nlp: Language, attr: str) -> LabelledWords:
    """Read labelled texts, and tokenize them.

    nlp: The pipeline with the tokenizer.
    attr: The token attribute by which words are distinguished.
    RAISES: DomainVectorsError (DV043 where no label has two texts, and those of `read_labelled`).
    """
    found = read_labelled(path)
    if max(Counter(found.labels).values()) < 2:
        raise DomainVectorsError(Errors.DV043.format(path=path, why="no label has two texts"))
    return LabelledWords([words_of(text, nlp, attr) for text in found.texts], found.labels)


def no_map(rows: np.ndarray) -> None:
    """Rows stay as they are."""


@dataclass(frozen=True, eq=False)
class CorpusMaps:
    """Document maps of any number of tables, all fitted to the same sentences.

    of: The map of a table; it returns None for no map.
    meta: What the meta of the table in the making says of it.
    """

    of: MapOf = no_map
    meta: dict[str, Any] = field(default_factory=dict)


def corpus_maps(
    fitter: MapFitter | None, gathered: Gathered, a: float | None, labelled: LabelledWords | None = None
) -> CorpusMaps:
    """Sample the sentences to which maps are fitted.

    fitter: How; None for no maps.
    a: Of the weighting.
    labelled: Labelled texts, to which they are fitted, too.
    RETURNS: No maps also where the corpus has too few pairs of sentences.
    """
    if fitter is None or not gathered.tokens.parts:
        return CorpusMaps()
    vocabulary = gathered.vocabulary
    sentences = sample_sentences(gathered.tokens, vocabulary.words)
    is_enough = sentences.n_pairs >= LEAST_PAIRS
    meta = {"map": {"n_sentences": len(sentences), "n_pairs": sentences.n_pairs, "is_fitted": is_enough}}
    if not is_enough:
        return CorpusMaps(meta=meta)
    of_labels = None
    if labelled is not None:
        of_labels = sentences_of_labels(labelled.texts, labelled.labels, vocabulary.words)
        meta["map"]["n_labelled"] = len(of_labels)
    weights = sif_weights(vocabulary.counts, gathered.tokens.n_tokens, a)

    def of(rows: np.ndarray) -> np.ndarray | None:
        of_words = rows[: len(vocabulary)]
        return fit_map(fitter, sentences, of_words, weights, of_labels) if of_words.any() else None

    return CorpusMaps(of, meta)
