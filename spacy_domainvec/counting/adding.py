"""Adding the counts of new text to earlier counts, word by word."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from spacy.strings import get_string_id

from ..corpus.tokenized import TokenizedCorpus
from ..errors import DomainVectorsError, Errors
from ..util.extras import import_extra
from .cooccurrence import Cooccurrence, both_sides
from .windows import Sparse


def add_tokens(old: TokenizedCorpus, new: TokenizedCorpus) -> TokenizedCorpus:
    """Two corpora as one: its words and counts are those of both, its texts are the new ones."""
    count_of = dict(zip(old.words, old.counts.tolist()))
    for word, n in zip(new.words, new.counts.tolist()):
        count_of[word] = count_of.get(word, 0) + n
    words = sorted(count_of, key=lambda word: (-count_of[word], word))
    counts = np.array([count_of[word] for word in words], dtype="i8")
    n_tokens, n_texts = old.n_tokens + new.n_tokens, old.n_texts + new.n_texts
    # A word that is in both corpora occurs at least twice. Other words still occur once if they did
    # before.
    once = np.setxor1d(old.once, new.once)
    is_in_both = np.isin(once, _hashes(old.words)) & np.isin(once, _hashes(new.words))
    return TokenizedCorpus(words, counts, n_tokens, n_texts, once[~is_in_both], new.attr, new.parts)


def add_counts(old: Cooccurrence, new: Cooccurrence) -> Cooccurrence:
    """Add earlier counts to the counts of new text.

    A word or phrase keeps its earlier counts, even if it has moved between the vocabulary and the
    fold-ins. Its counts near a word that has left the vocabulary are dropped. Pairs that were not
    counted before are missing.

    new: The counts of the new text, with the vocabulary and the fold-ins of both corpora together.
    RAISES: DomainVectorsError (DV041) for counts that were taken with different settings.
    """
    for what in ("window", "subsample", "seed"):
        left, right = getattr(old, what), getattr(new, what)
        if left != right:
            raise DomainVectorsError(Errors.DV041.format(what=what, left=left, right=right))
    old_words = [(word,) for word in old.vocabulary.words]
    old_fold_ins = old.fold_ins.parts
    new_words = enumerate(new.vocabulary.words)
    place_of_word: dict[tuple[str, ...], int] = {(word,): i for i, word in new_words}
    place_of_fold_in = {part: i for i, part in enumerate(new.fold_ins.parts)}
    columns = _places(old_words, place_of_word)
    # A word of the new vocabulary may have been a fold-in, and the other way round.
    shape = len(new.vocabulary), len(new.vocabulary)
    of_words = _moved(old.matrix, columns, columns, shape)
    of_fold_ins = _moved(old.contexts, _places(old_fold_ins, place_of_word), columns, shape)
    matrix = of_words + of_fold_ins
    shape = len(new.fold_ins), len(new.vocabulary)
    of_words = _moved(both_sides(old.matrix), _places(old_words, place_of_fold_in), columns, shape)
    of_fold_ins = _moved(old.contexts, _places(old_fold_ins, place_of_fold_in), columns, shape)
    contexts = of_words + of_fold_ins
    return replace(new, matrix=new.matrix + matrix, contexts=new.contexts + contexts)


def moved_rows(rows: np.ndarray, words: Sequence[str], to: Sequence[str]) -> np.ndarray:
    """The rows of the words in `to`, zeros for words without a row, shape (n_to, width), float32."""
    place_of: dict[tuple[str, ...], int] = {(word,): i for i, word in enumerate(words)}
    places = _places([(word,) for word in to], place_of)
    return np.where((places >= 0)[:, None], rows[places], np.float32(0))


def _hashes(words: Sequence[str]) -> np.ndarray:
    return np.array([get_string_id(word) for word in words], dtype="u8")


def _places(parts: Sequence[tuple[str, ...]], place_of: dict[tuple[str, ...], int]) -> np.ndarray:
    return np.array([place_of.get(part, -1) for part in parts], dtype="i8")


def _moved(matrix: Sparse, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Sparse:
    """A matrix with its entries moved to new rows and columns; those that move to -1 are left out."""
    sparse, pairs = import_extra("scipy.sparse", "counting"), matrix.tocoo()
    if not pairs.nnz:
        return sparse.csr_matrix(shape, dtype="i8")
    new_rows, new_columns = rows[pairs.row], columns[pairs.col]
    kept = (new_rows >= 0) & (new_columns >= 0)
    places = new_rows[kept], new_columns[kept]
    return sparse.coo_matrix((pairs.data[kept], places), shape=shape).tocsr()
