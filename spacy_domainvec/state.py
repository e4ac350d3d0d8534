"""What a table was learned from: counts, which further text is added to, and the vectors they gave."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import srsly
from spacy.strings import get_string_id

from .cooccurrence import Cooccurrence, both_sides
from .corpus import TokenizedCorpus
from .errors import DomainVectorsError, Errors
from .extras import import_extra
from .files import replaced_directory
from .kinds import COUNTS
from .outputs import check_output
from .pairs import Sparse
from .spans import Spans
from .sums import StoredMatrix, write_matrix
from .vocabulary import Vocabulary

META, WORDS, SPANS = "meta.json", "words.json", "spans.json"
PAIRS, CONTEXTS = "pairs", "contexts"


@dataclass(frozen=True, eq=False)
class State:
    """Counts and vectors of a table.

    tokens: The words of the corpus and how often they occur, without the texts.
    counted: How often they stand near each other.
    rows: The domain's own vectors of the vocabulary's words, in the table's space, of unit length, shape
        (n_words, width), float32.
    acronyms: The long forms that the texts gave.
    """

    tokens: TokenizedCorpus
    counted: Cooccurrence
    rows: np.ndarray
    acronyms: dict[str, tuple[str, ...]]

    def to_disk(self, path: str | Path) -> None:
        """Write a directory, in the place of an earlier one, once all of it is there.

        RAISES: DomainVectorsError (DV010, DV011, DV024, DV053).
        """
        check_output(path, COUNTS)
        tokens, counted = self.tokens, self.counted
        meta = {
            "attr": tokens.attr,
            "n_tokens": tokens.n_tokens,
            "n_texts": tokens.n_texts,
            "n_words": len(counted.vocabulary),
            **{name: getattr(counted, name) for name in ("window", "subsample", "seed")},
            "acronyms": {short: list(long) for short, long in self.acronyms.items()},
        }
        arrays = {"counts": tokens.counts, "once": tokens.once, "span_counts": counted.spans.counts, "rows": self.rows}
        with replaced_directory(path, lambda path: check_output(path, COUNTS)) as new:
            srsly.write_json(new / META, meta)
            srsly.write_json(new / WORDS, tokens.words, indent=0)
            srsly.write_json(new / SPANS, [list(part) for part in counted.spans.parts], indent=0)
            for name, array in arrays.items():
                np.save(new / f"{name}.npy", array, allow_pickle=False)
            for name, matrix in ((PAIRS, counted.matrix), (CONTEXTS, counted.contexts)):
                (new / name).mkdir()
                write_matrix(new / name, [matrix])

    @classmethod
    def from_disk(cls, path: str | Path) -> "State":
        """Read what `to_disk` wrote. RAISES: DomainVectorsError (DV042)."""
        path = Path(path)
        try:
            meta, words, parts = (srsly.read_json(path / name) for name in (META, WORDS, SPANS))
            names = ("counts", "once", "span_counts", "rows")
            counts, once, span_counts, rows = (np.load(path / f"{name}.npy", allow_pickle=False) for name in names)
            tokens = TokenizedCorpus(words, counts, meta["n_tokens"], meta["n_texts"], once, meta["attr"])
            n_words, spans = meta["n_words"], Spans([tuple(part) for part in parts], span_counts)
            vocabulary = Vocabulary(words[:n_words], counts[:n_words], tokens.n_tokens)
            stored = [StoredMatrix(path / name) for name in (PAIRS, CONTEXTS)]
            matrices = [matrix.rows(0, len(matrix.ends) - 1, n_words) for matrix in stored]
            if (
                len(counts) != len(words)
                or len(rows) != n_words
                or [m.shape[0] for m in matrices] != [n_words, len(spans)]
            ):
                raise ValueError(f"{len(words)} words, {len(counts)} counts and {len(rows)} rows don't fit together")
            settings = {name: meta[name] for name in ("window", "subsample", "seed")}
            acronyms = {short: tuple(long) for short, long in meta["acronyms"].items()}
            return cls(tokens, Cooccurrence(vocabulary, spans, *matrices, **settings), rows, acronyms)
        except (OSError, EOFError, ValueError, KeyError, TypeError) as e:
            raise DomainVectorsError(Errors.DV042.format(path=path, why=e)) from None


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
    """Add earlier counts to those of new text, whose vocabulary and spans are those of both.

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
    place_of_span = {part: i for i, part in enumerate(new.spans.parts)}
    columns = _places(names, place_of_word)
    n_words, n_spans = len(new.vocabulary), len(new.spans)
    pairs, contexts = (n_words, n_words), (n_spans, n_words)
    matrix = _moved(old.matrix, columns, columns, pairs) + _moved(
        old.contexts, _places(old.spans.parts, place_of_word), columns, pairs
    )
    near = _moved(both_sides(old.matrix), _places(names, place_of_span), columns, contexts)
    near = near + _moved(old.contexts, _places(old.spans.parts, place_of_span), columns, contexts)
    return Cooccurrence(
        new.vocabulary, new.spans, new.matrix + matrix, new.contexts + near, new.window, new.subsample, new.seed
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
