"""Adding the counts of further text to those that are there, word by word."""

from collections.abc import Sequence

import numpy as np
from spacy.strings import get_string_id

from ..corpus.tokenized import TokenizedCorpus
from ..errors import DomainVectorsError, Errors
from ..util.extras import import_extra
from .cooccurrence import Cooccurrence, both_sides
from .windows import Sparse


def add_tokens(old: TokenizedCorpus, new: TokenizedCorpus) -> TokenizedCorpus:
    """The words of two corpora, and how often they occur in both. Of the texts, the new ones are there."""
    count_of = dict(zip(old.words, old.counts.tolist()))
    for word, n in zip(new.words, new.counts.tolist()):
        count_of[word] = count_of.get(word, 0) + n
    words = sorted(count_of, key=lambda word: (-count_of[word], word))
    counts = np.array([count_of[word] for word in words], dtype="i8")
    # A word that both have occurs twice at least; what one alone has is once where it was.
    once = np.setxor1d(old.once, new.once)
    known = [np.array([get_string_id(word) for word in corpus.words], dtype="u8") for corpus in (old, new)]
    once = once[~(np.isin(once, known[0]) & np.isin(once, known[1]))]
    return TokenizedCorpus(
        words, counts, old.n_tokens + new.n_tokens, old.n_texts + new.n_texts, once, new.attr, new.parts
    )


def add_counts(old: Cooccurrence, new: Cooccurrence) -> Cooccurrence:
    """Add earlier counts to those of new text, whose vocabulary and fold-ins are those of both.

    A word or phrase that was counted before keeps what it had, whether it has become a word of the vocabulary or has
    ceased to be one. What stood near a word that is no longer in the vocabulary is forgotten, as is what was not
    counted.

    RAISES: DomainVectorsError (DV041) for counts that were taken with different settings.
    """
    for what in ("window", "subsample", "seed"):
        left, right = getattr(old, what), getattr(new, what)
        if left != right:
            raise DomainVectorsError(Errors.DV041.format(what=what, left=left, right=right))
    names = [(word,) for word in old.vocabulary.words]
    place_of_word: dict[tuple[str, ...], int] = {(word,): i for i, word in enumerate(new.vocabulary.words)}
    place_of_fold_in = {part: i for i, part in enumerate(new.fold_ins.parts)}
    columns = _places(names, place_of_word)
    n_words, n_fold_ins = len(new.vocabulary), len(new.fold_ins)
    pairs, contexts = (n_words, n_words), (n_fold_ins, n_words)
    matrix = _moved(old.matrix, columns, columns, pairs) + _moved(
        old.contexts, _places(old.fold_ins.parts, place_of_word), columns, pairs
    )
    near = _moved(both_sides(old.matrix), _places(names, place_of_fold_in), columns, contexts)
    near = near + _moved(old.contexts, _places(old.fold_ins.parts, place_of_fold_in), columns, contexts)
    return Cooccurrence(
        new.vocabulary, new.fold_ins, new.matrix + matrix, new.contexts + near, new.window, new.subsample, new.seed
    )


def moved_rows(rows: np.ndarray, words: Sequence[str], to: Sequence[str]) -> np.ndarray:
    """Rows of words as rows of other words, zeros for those that have none, shape (n_to, width), float32."""
    place_of: dict[tuple[str, ...], int] = {(word,): i for i, word in enumerate(words)}
    places = _places([(word,) for word in to], place_of)
    return np.where((places >= 0)[:, None], rows[places], np.float32(0))


def _places(parts: Sequence[tuple[str, ...]], place_of: dict[tuple[str, ...], int]) -> np.ndarray:
    return np.array([place_of.get(part, -1) for part in parts], dtype="i8")


def _moved(matrix: Sparse, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Sparse:
    """The entries of a matrix at other places; those whose place is -1 are left out."""
    sparse, pairs = import_extra("scipy.sparse", "counting"), matrix.tocoo()
    if not pairs.nnz:
        return sparse.csr_matrix(shape, dtype="i8")
    to = rows[pairs.row], columns[pairs.col]
    kept = (to[0] >= 0) & (to[1] >= 0)
    return sparse.coo_matrix((pairs.data[kept], (to[0][kept], to[1][kept])), shape=shape).tocsr()
