"""A flat table of all words of a pipeline, also the base's, for tools that don't know this package."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from spacy.language import Language
from thinc.api import to_numpy

from ..pipeline.component import DomainVectors
from ..table.answers import outside
from ..table.base_vectors import BaseTable, warn_of_unnamed
from ..util.arrays import scaled_to_unit

# The number of words to look up together.
BATCH = 4096


@dataclass(frozen=True, eq=False)
class FlatTable:
    """Words and their vectors. Words may share a row.

    words: The words and phrases, each once. The domain's come first, most frequent first.
    rows: The row of each word, shape (n_words,), int64.
    vectors: Shape (n_rows, width), float32.
    """

    words: list[str]
    rows: np.ndarray
    vectors: np.ndarray

    def __len__(self) -> int:
        return len(self.words)


def flat_table(nlp: Language, component: DomainVectors, others: Iterable[str] = ()) -> FlatTable:
    """All words that a pipeline knows, with their `dvec` vectors.

    The table's words come first, also capitalized and in capitals. The base's words follow, in the
    order of its rows. Rows have the same order. The rows of words with a vector from subwords come
    last.

    Words that share a row of the base differ in their `dvec` by their spelling. Here they share the row
    as it stands for the word that it was made for: half a million rows would be too many for most
    tools. Words among `others` have their own.

    nlp: The pipeline.
    component: The component of the pipeline.
    others: Words with the vector that `dvec` has, such as those of a text. They may have one from
        subwords only.
    RAISES: DomainVectorsError (DV001).
    WARNS: DomainVectorsWarning (DV115) if words of the base have no name.
    """
    lookup, table = component.lookup, component.table
    base, part = BaseTable(nlp.vocab.vectors), lookup.base_part(nlp.vocab)
    words = _forms(table.words)
    if part is not None:
        warn_of_unnamed(base, nlp.vocab.strings, "they are not in the export")
        words += base.words(nlp.vocab.strings)
    others = list(others)
    exact = set(others) if table.subwords is not None else set()
    words = list(dict.fromkeys([*words, *others]))
    places = lookup.word_rows(words)
    if part is not None:
        _add_base_rows(places, base, words, len(table), exact)
    n_base = len(base.vectors) if part is not None and base.has_rows else 0
    n_shared = len(table) + n_base
    _add_single_words(places, n_shared)
    distinct, first, rows = np.unique(places, return_index=True, return_inverse=True)
    of_table = distinct[distinct < len(table)]
    of_base = distinct[(distinct >= len(table)) & (distinct < n_shared)] - len(table)
    single = [words[i] for i in first[distinct >= n_shared].tolist()]
    blocks = [table.vectors[of_table]]
    if part is not None and len(of_base):
        blocks.append(part.embed(scaled_to_unit(to_numpy(base.vectors.data[of_base]))))
    looked_up = [outside(table, base, part, batch).vectors for batch in _batches(single)]
    vectors = np.vstack([*blocks, *looked_up])
    return _without_zeros(FlatTable(words, rows, vectors))


def pruned(flat: FlatTable, max_rows: int) -> FlatTable:
    """The first rows of the table, and the words on these rows."""
    kept = np.flatnonzero(flat.rows < max_rows)
    words = [flat.words[i] for i in kept.tolist()]
    return FlatTable(words, flat.rows[kept], flat.vectors[:max_rows])


def _forms(words: Sequence[str]) -> list[str]:
    """Words as they are, capitalized and in capitals."""
    return [form for word in words for form in (word, word[:1].upper() + word[1:], word.upper())]


def _add_base_rows(
    places: np.ndarray, base: BaseTable, words: Sequence[str], n_table: int, exact: Container[str]
) -> None:
    """Number words without a row in the table by their row in the base, after the table's rows.

    places: A number for each word, the same for words with the same vector; -1 for none yet. It is
        changed.
    """
    without = np.flatnonzero(places < 0)
    rows = _rows_that_answer(base, [words[i] for i in without.tolist()], exact)
    places[without] = np.where(rows < 0, -1, n_table + rows)


def _add_single_words(places: np.ndarray, first: int) -> None:
    """Give each word that has no number yet a new one."""
    without = np.flatnonzero(places < 0)
    places[without] = first + np.arange(len(without))


def _rows_that_answer(base: BaseTable, words: list[str], exact: Container[str]) -> np.ndarray:
    """The base's row for each word, -1 for none, shape (n_words,), int64.

    It is the word's own row. If the word has no row, or a row of zeros, it is the row of the
    lower-cased word. Floret tables, and a user's own kind of vectors, have no such rows.

    exact: Words for which a row that was made for another word does not answer.
    """
    rows = np.full(len(words), -1, dtype="i8")
    if not base.has_rows or not base.width:
        return rows
    has_values = to_numpy(base.vectors.data).any(axis=1)
    is_shared = np.zeros(len(words), dtype=bool)
    is_exact = np.array([word in exact for word in words], dtype=bool)
    for forms in (words, [word.lower() for word in words]):
        found = base.find(forms)
        is_new = (rows < 0) & (found >= 0) & has_values[found]
        rows = np.where(is_new, found, rows)
        asked = np.flatnonzero(is_new & is_exact)
        is_shared[asked] = base.trust([forms[i] for i in asked.tolist()]) < 1
    return np.where(is_shared, -1, rows)


def _batches(words: Sequence[str]) -> list[Sequence[str]]:
    return [words[start : start + BATCH] for start in range(0, len(words), BATCH)]


def _without_zeros(flat: FlatTable) -> FlatTable:
    """The table without rows of zeros, and without words of white space."""
    has_values = np.asarray(flat.vectors.any(axis=1))
    new_rows = np.cumsum(has_values) - 1
    kept = [i for i in np.flatnonzero(has_values[flat.rows]).tolist() if flat.words[i].strip()]
    words = [flat.words[i] for i in kept]
    return FlatTable(words, new_rows[flat.rows[kept]], flat.vectors[has_values])
