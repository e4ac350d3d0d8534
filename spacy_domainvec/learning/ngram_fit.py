"""Fitting a table of character n-grams to word vectors.

The fit is our own code on SciPy's conjugate gradients: floret and fastText learn n-grams from texts, not
from given vectors, and the ridge regression of scikit-learn solves for one column after another.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from spacy.strings import StringStore

from ..table.base_vectors import BaseTable
from ..table.rows import Rows
from ..table.space import BasePart
from ..table.subwords import NgramSettings, Subwords, floret_vectors
from ..util.arrays import product, scaled_to_unit
from ..util.compat import ngram_hashes, ngrams_of
from ..util.extras import import_extra

# The weight of the penalty.
RIDGE = 0.03
# More iterations fit held-out words no better.
N_ITER = 20
# One word in twenty is held out to measure the fit.
HELD_OUT = 20
# The domain's words to learn from, at most, the most frequent first; and the base's words beside them.
N_WORDS, N_SAMPLE = 40_000, 20_000


@dataclass(frozen=True, eq=False)
class Examples:
    """The words and vectors that subwords are learned from.

    words: Words, no phrases.
    vectors: Their vectors, of unit length, shape (n_words, width), float32.
    """

    words: list[str]
    vectors: np.ndarray


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted table of n-grams.

    rows: Shape (n_rows, width), float32.
    held_out_cosine: Mean cosine between the fitted and the own vectors of held-out words.
    """

    rows: np.ndarray
    held_out_cosine: float


@dataclass
class Hasher:
    """The rows that a word's n-grams hash to, as in spaCy's floret mode; hashes are cached."""

    ngrams: NgramSettings
    _known: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._floret = floret_vectors(np.zeros((1, 1), dtype="f"), self.ngrams)

    def hashes(self, word: str) -> list[int]:
        """The hashes of all n-grams of a word; modulo the number of rows, they are row numbers."""
        found = []
        for ngram in ngrams_of(self._floret, word):
            if ngram not in self._known:
                self._known[ngram] = ngram_hashes(self._floret, ngram)
            found += self._known[ngram]
        return found

    def matrix(self, words: Sequence[str], n_rows: int) -> Any:
        """The share of each row in each word's vector: sparse CSR (n_words, n_rows), float32.

        Its product with a table of n-grams is the words' vectors.
        """
        sparse = import_extra("scipy.sparse", "fitting subwords")
        forms = [word.lower() if self.ngrams.lower else word for word in words]
        rows = [np.array(self.hashes(form)) % n_rows for form in forms]
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
    """Choose the domain's reliable words, and a sample of the base's other words.

    words: The domain's words and phrases: the vocabulary, then all others, each the most frequent first.
    vectors: Their combined vectors, of unit length, shape (n_words, width), float32.
    reliable: Which of them to learn from, shape (n_words,), bool.
    base: The base's vectors.
    part: Their place in the combined space; None where they have none.
    strings: The base's strings.
    """
    candidates = np.flatnonzero(reliable & vectors.any(axis=1)).tolist()
    chosen = [i for i in candidates if " " not in words[i]][:N_WORDS]
    chosen_words, chosen_vectors = [words[i] for i in chosen], vectors[chosen]
    if part is None:
        return Examples(chosen_words, chosen_vectors)
    sample = base.sample(strings, N_SAMPLE)
    # Where the sample has a word in several cases, the lower-case one has the best vector.
    by_form = {word.lower(): word for word in sample} | {word: word for word in sample if word.islower()}
    known = set(words)
    others = {form: word for form, word in by_form.items() if form not in known and word not in known}
    rows = base.unit_rows(list(others.values()))
    embedded = scaled_to_unit(part.embed(rows))
    return Examples(chosen_words + list(others), np.vstack([chosen_vectors, embedded]))


@dataclass(frozen=True, eq=False)
class SubwordFitter:
    """Fits subwords with any number of rows, and keeps each result.

    examples: The words and vectors to learn from.
    ngrams: The settings of the n-grams.
    weight: Length of the vectors of unseen words.
    progress: Wraps the iterations.
    """

    examples: Examples
    ngrams: NgramSettings
    weight: float
    progress: Callable[..., Iterable[int]]
    _made: dict[int, Subwords] = field(default_factory=dict)

    def __call__(self, n_rows: int) -> Subwords | None:
        """Subwords with n_rows rows; None where n_rows is 0 or there are no examples."""
        if not n_rows or not self.examples.words:
            return None
        if n_rows not in self._made:
            shown = f"Fitting {n_rows:,} subword rows"
            found = fit(self.examples, n_rows, self.ngrams, lambda steps: self.progress(steps, shown))
            cosine = round(found.held_out_cosine, 4)
            self._made[n_rows] = Subwords(Rows(found.rows), self.ngrams, self.weight, cosine)
        return self._made[n_rows]


def fit(
    examples: Examples,
    n_rows: int,
    ngrams: NgramSettings,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Fit:
    """Ridge regression of word vectors on hashed character n-grams (Zhao, Mudgal and Liang, 2018).

    examples: The words and vectors to learn from; one in twenty is held out to measure the fit.
    n_rows: The number of rows of the table.
    ngrams: The settings of the n-grams.
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
    ridge: float | np.ndarray,
    n_iter: int,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
    scales: np.ndarray | None = None,
) -> np.ndarray:
    """Ridge regression of all columns at once, by conjugate gradients on the normal equations.

    matrix: Sparse CSR (n_examples, n_rows), float32.
    targets: Shape (n_examples, width), float32.
    ridge: The weight of the penalty; or that of each row, shape (n_rows, 1).
    n_iter: The largest number of iterations.
    progress: Wraps them.
    scales: The units of the unknowns, where these differ much in size, shape (n_rows,), float32;
        None for 1.
    RETURNS: Shape (n_rows, width), float32.
    """
    linalg = import_extra("scipy.sparse.linalg", "fitting subwords")
    n_rows, width = matrix.shape[1], targets.shape[1]
    transposed, going = matrix.T.tocsr(), iter(progress(range(n_iter)))
    unit = np.ones((n_rows, 1), dtype="f") if scales is None else scales[:, None]

    def normal(flat: np.ndarray) -> np.ndarray:
        table = flat.reshape(n_rows, width).astype("f") * unit
        next(going, None)
        squared = product(transposed, product(matrix, table))
        return (unit * (squared + np.asarray(ridge, dtype="f") * table)).ravel()

    operator = linalg.LinearOperator((n_rows * width,) * 2, matvec=normal, dtype="f")
    right = (unit * product(transposed, targets)).ravel()
    solution, _ = linalg.cg(operator, right, maxiter=n_iter)
    for _ in going:
        pass
    return np.asarray(solution.reshape(n_rows, width) * unit, dtype="f")
