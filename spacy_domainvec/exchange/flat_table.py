"""One plain table of all words of a pipeline, the base's included, for tools that know nothing of this package."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from spacy.language import Language
from spacy.vectors import Vectors
from thinc.api import to_numpy

from ..pipeline.component import DomainVectors
from ..table.base_vectors import GeneralVectors, warn_of_unnamed


@dataclass(frozen=True, eq=False)
class PlainVectors:
    """Words and their vectors. Words may share a row.

    words: The words and phrases, each once, the domain's first, most frequent first.
    rows: The row of each word, shape (n_words,), int64.
    vectors: Shape (n_rows, width), float32.
    """

    words: list[str]
    rows: np.ndarray
    vectors: np.ndarray

    def __len__(self) -> int:
        return len(self.words)


def plain_vectors(nlp: Language, component: DomainVectors, others: Iterable[str] = ()) -> PlainVectors:
    """All words that a pipeline knows, with the vectors that `dvec` gives them.

    That are the table's words, also capitalized and in capitals, then the base's words in the order of its rows.

    nlp: The pipeline.
    component: Its component.
    others: Further words, such as those of a text: what only has a vector by its spelling.
    RAISES: DomainVectorsError (DV001). WARNS: DomainVectorsWarning (DV115) of words of the base without a name.
    """
    lookup, table = component.lookup, component.table
    general, part = GeneralVectors(nlp.vocab.vectors), lookup.general_part(nlp.vocab)
    forms = [form for word in table.words for form in (word, word[:1].upper() + word[1:], word.upper())]
    of_base = general.words(nlp.vocab.strings) if part is not None else []
    if part is not None:
        warn_of_unnamed(general, nlp.vocab.strings, "they are not in the export")
    words = list(dict.fromkeys([*forms, *of_base, *others]))
    # Each row once: the table's come first, then the base's, then those that are of one word only.
    places = lookup.word_rows(words)
    outside = np.flatnonzero(places < 0).tolist()
    if part is not None:
        found = _rows_that_answer(general, [words[i] for i in outside])
        places[outside] = np.where(found < 0, -1, len(table) + found)
    distinct, first = np.unique(places[places >= 0], return_index=True)
    vectors = np.zeros((len(distinct), table.width), dtype="f")
    inside = distinct < len(table)
    vectors[inside] = table.vectors[distinct[inside]]
    examples = np.flatnonzero(places >= 0)[first[~inside]].tolist()
    vectors[~inside] = _looked_up(component, [words[i] for i in examples], table.width)
    rows = np.where(places < 0, -1, np.searchsorted(distinct, places))
    single = np.flatnonzero(places < 0).tolist()
    extra = _looked_up(component, [words[i] for i in single], table.width)
    rows[single] = len(distinct) + np.arange(len(single))
    return _without_zeros(PlainVectors(words, rows, np.vstack([vectors, extra])))


def _rows_that_answer(general: GeneralVectors, words: list[str]) -> np.ndarray:
    """The base's row that a word is answered with: its own or, where that is zeros, the lower-cased word's; or -1.

    Only rows of a table that many words share are told: other kinds of vectors answer for each word by itself.
    """
    rows = np.full(len(words), -1, dtype="i8")
    if not isinstance(general.vectors, Vectors) or general.is_floret or not general.width:
        return rows
    has_values = to_numpy(general.vectors.data).any(axis=1)
    for form in (words, [word.lower() for word in words]):
        found = general.find(form)
        rows = np.where((rows < 0) & (found >= 0) & has_values[found], found, rows)
    return rows


def pruned(plain: PlainVectors, max_rows: int) -> PlainVectors:
    """The table with its first rows only, and the words that have them."""
    kept = np.flatnonzero(plain.rows < max_rows)
    words = [plain.words[i] for i in kept.tolist()]
    return PlainVectors(words, plain.rows[kept], plain.vectors[:max_rows])


def _looked_up(component: DomainVectors, words: list[str], width: int) -> np.ndarray:
    found = [component.vector(word) for word in words]
    return np.array(found, dtype="f").reshape(len(words), width)


def _without_zeros(plain: PlainVectors) -> PlainVectors:
    known = np.asarray(plain.vectors.any(axis=1))
    numbers = np.cumsum(known) - 1
    kept = [i for i in np.flatnonzero(known[plain.rows]).tolist() if plain.words[i].strip()]
    return PlainVectors([plain.words[i] for i in kept], numbers[plain.rows[kept]], plain.vectors[known])
