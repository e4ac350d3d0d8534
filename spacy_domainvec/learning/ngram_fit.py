"""Fitting a table of character n-grams to word vectors."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from spacy.strings import StringStore

from ..table.base_vectors import BasePart, BaseTable
from ..table.rows import Rows
from ..table.subwords import NgramSettings, Subwords, floret_vectors
from ..util.arrays import product, scaled_to_unit
from ..util.compat import ngram_hashes, ngrams_of
from ..util.extras import import_extra

# The weight of the penalty, and how far the equations are solved: more iterations fit held-out words no better.
RIDGE = 0.03
N_ITER = 20
# One word in so many is left out of the fit to measure it.
HELD_OUT = 20
# How many of the domain's words to learn from, the most frequent ones, and of the base's rows beside them.
N_WORDS, N_SAMPLE = 40_000, 20_000


@dataclass(frozen=True, eq=False)
class Examples:
    """What subwords are learned from.

    words: Words, no phrases.
    vectors: Their vectors, of unit length, shape (n_words, width), float32.
    """

    words: list[str]
    vectors: np.ndarray


@dataclass(frozen=True, eq=False)
class Fit:
    """A table of n-grams.

    rows: Shape (n_rows, width), float32.
    held_out_cosine: Mean cosine of the words that were left out with their own vectors.
    """

    rows: np.ndarray
    held_out_cosine: float


@dataclass
class Hasher:
    """Which rows a word's n-grams hash to: what the floret mode of spaCy's vectors does, n-grams hashed once."""

    ngrams: NgramSettings
    _known: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._floret = floret_vectors(np.zeros((1, 1), dtype="f"), self.ngrams)

    def hashes(self, word: str) -> list[int]:
        """The hashes of all n-grams of a word; modulo the number of rows they are the rows."""
        found = []
        for ngram in ngrams_of(self._floret, word):
            if ngram not in self._known:
                self._known[ngram] = ngram_hashes(self._floret, ngram)
            found += self._known[ngram]
        return found

    def matrix(self, words: Sequence[str], n_rows: int) -> Any:
        """The matrix that times a table of n-grams gives the words' vectors: sparse CSR (n_words, n_rows), float32."""
        sparse = import_extra("scipy.sparse", "fitting subwords")
        rows = [np.array(self.hashes(word.lower() if self.ngrams.lower else word)) % n_rows for word in words]
        lengths = np.array([len(row) for row in rows])
        shares = np.repeat(1 / np.maximum(lengths, 1), lengths).astype("f")
        ends = np.concatenate([[0], np.cumsum(lengths)])
        matrix = sparse.csr_matrix((shares, np.concatenate(rows), ends), shape=(len(words), n_rows))
        matrix.sum_duplicates()
        return matrix


def choose_examples(
    words: Sequence[str],
    vectors: np.ndarray,
    reliable: np.ndarray,
    base: BaseTable,
    part: BasePart | None,
    strings: StringStore,
) -> Examples:
    """The domain's reliable words, and a sample of the base's other words.

    words: The domain's words and phrases, the vocabulary first, then others, each most frequent first.
    vectors: Their combined vectors, of unit length, shape (n_words, width), float32.
    reliable: Which of them to learn from, shape (n_words,), bool.
    base: The base's vectors.
    part: How they stand in the combined space; None where they don't.
    strings: The base's strings.
    """
    chosen = [i for i in np.flatnonzero(reliable & vectors.any(axis=1)).tolist() if " " not in words[i]][:N_WORDS]
    known = set(words)
    sample = base.sample(strings, N_SAMPLE) if part is not None else []
    # The same word in lower case has the better vector.
    lowered = {word.lower(): word for word in sample} | {word: word for word in sample if word.islower()}
    others = [(form, word) for form, word in lowered.items() if form not in known and word not in known]
    rows = base.unit_rows([word for _, word in others])
    embedded = part.embed(rows, vectors.shape[1]) if part is not None else np.zeros((0, vectors.shape[1]), dtype="f")
    both = np.vstack([vectors[chosen], scaled_to_unit(embedded)])
    return Examples([words[i] for i in chosen] + [form for form, _ in others], both)


@dataclass(frozen=True, eq=False)
class SubwordFitter:
    """Fits subwords with any number of rows, each number once.

    examples: What to learn from.
    ngrams: How words are taken apart.
    weight: Length of the vectors of words never seen.
    progress: Wraps the iterations.
    """

    examples: Examples
    ngrams: NgramSettings
    weight: float
    progress: Callable[..., Iterable[int]]
    _made: dict[int, Subwords] = field(default_factory=dict)

    def __call__(self, n_rows: int) -> Subwords | None:
        """Subwords with n_rows rows; None where that is 0 or there is nothing to learn from."""
        if not n_rows or not self.examples.words:
            return None
        if n_rows not in self._made:
            shown = f"Fitting {n_rows:,} subword rows"
            found = fit(self.examples, n_rows, self.ngrams, lambda steps: self.progress(steps, shown))
            self._made[n_rows] = Subwords(Rows(found.rows), self.ngrams, self.weight, round(found.held_out_cosine, 4))
        return self._made[n_rows]


def fit(
    examples: Examples,
    n_rows: int,
    ngrams: NgramSettings,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Fit:
    """Ridge regression of word vectors on hashed character n-grams (Zhao, Mudgal and Liang, 2018).

    examples: What to learn from; one in twenty is left out to measure the fit.
    n_rows: Rows of the table.
    ngrams: How words are taken apart.
    progress: Wraps the iterations.
    """
    vectors = examples.vectors
    held_out = np.arange(len(vectors)) % HELD_OUT == HELD_OUT // 2
    matrix = Hasher(ngrams).matrix(examples.words, n_rows)
    rows = solve(matrix[~held_out], vectors[~held_out], RIDGE, N_ITER, progress)
    tested = held_out if held_out.any() else ~held_out
    cosines = (scaled_to_unit(product(matrix[tested], rows)) * vectors[tested]).sum(axis=1)
    return Fit(rows, float(cosines.mean()))


def solve(
    matrix: Any,
    targets: np.ndarray,
    ridge: float,
    n_iter: int,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
    scales: np.ndarray | None = None,
) -> np.ndarray:
    """Ridge regression of all columns at once: conjugate gradients on the normal equations.

    matrix: Sparse CSR (n_examples, n_rows), float32.
    targets: Shape (n_examples, width), float32.
    ridge: The weight of the penalty.
    n_iter: Iterations, unless it is solved before.
    progress: Wraps them.
    scales: What the unknowns are measured in, shape (n_rows,), float32, for equations of very different size.
    RETURNS: Shape (n_rows, width), float32.
    """
    linalg = import_extra("scipy.sparse.linalg", "fitting subwords")
    n_rows, width = matrix.shape[1], targets.shape[1]
    transposed, going = matrix.T.tocsr(), iter(progress(range(n_iter)))
    unit = np.ones((n_rows, 1), dtype="f") if scales is None else scales[:, None]

    def normal(flat: np.ndarray) -> np.ndarray:
        table = flat.reshape(n_rows, width).astype("f") * unit
        next(going, None)
        return (unit * (product(transposed, product(matrix, table)) + np.float32(ridge) * table)).ravel()

    operator = linalg.LinearOperator((n_rows * width,) * 2, matvec=normal, dtype="f")
    right = (unit * product(transposed, targets)).ravel()
    solution, _ = linalg.cg(operator, right, maxiter=n_iter)
    for _ in going:
        pass
    return np.asarray(solution.reshape(n_rows, width) * unit, dtype="f")
