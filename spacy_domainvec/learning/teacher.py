"""Fitting rows of words to a teacher's encodings of sentences, and putting them beside others."""

from typing import Any

import numpy as np

from ..corpus.sentences import Sentences
from ..util.arrays import product, scaled_to_unit
from ..util.extras import import_extra
from .document_map import scatter
from .ngram_fit import solve

# More iterations change nothing, as each row has its own unit, see `fit_rows`.
N_ITER = 50
# The weight of the penalty of the map from the base's rows.
BASE_RIDGE = 1.0
# What the covariance of two sentences of one text counts in the choice of axes; that of rows is one.
OF_TEXTS = 0.25


def bags(sentences: Sentences, n_words: int) -> Any:
    """The words of each sentence as a mean: times rows, it gives means.

    RETURNS: Sparse CSR, shape (n_sentences, n_words), float32.
    """
    sparse = import_extra("scipy.sparse", "fitting rows to a teacher")
    ends = np.concatenate([[0], np.cumsum(sentences.lengths)])
    shares = np.repeat(1 / np.maximum(sentences.lengths, 1), sentences.lengths).astype("f")
    matrix = sparse.csr_matrix((shares, sentences.ids, ends), shape=(len(sentences), n_words))
    matrix.sum_duplicates()
    return matrix


def to_targets(means: np.ndarray, targets: np.ndarray) -> float:
    """The factor that brings one array nearest to another, by least squares; 1 for zeros."""
    squared = float((means * means).sum())
    return float((means * targets).sum()) / squared if squared else 1.0


def penalty_of(matrix: Any, ridge: float) -> float:
    """The penalty with which a prior is worth about as much as `ridge` sentences.

    It is ridge / (their mean length)^2.
    """
    mean_length = max(matrix.nnz, 1) / max(matrix.shape[0], 1)
    return float(ridge / mean_length**2)


def evidence_of(matrix: Any) -> np.ndarray:
    """How much sentences tell of each word: the diagonal of S'S for bags S.

    RETURNS: Shape (n_words,), float32.
    """
    return np.asarray(matrix.multiply(matrix).sum(axis=0), dtype="f").ravel()


def fit_rows(matrix: Any, targets: np.ndarray, prior: np.ndarray, penalty: float | np.ndarray) -> np.ndarray:
    """Ridge regression of rows on encodings of sentences, with a prior.

    With S the bags, E the targets, P the prior and D the penalties, the rows R solve
    (S'S + D) R = S'E + D P (Hoerl and Kennard, 1970; Swindel, 1976). So a word that few sentences
    have stays near its prior.

    matrix: The bags, as `bags` makes them, (n_sentences, n_words).
    targets: The sentences' encodings, centred, shape (n_sentences, width), float32.
    prior: Shape (n_words, width), float32.
    penalty: D: of all words; or of each, shape (n_words,).
    RETURNS: Shape (n_words, width), float32.
    """
    missing = targets - product(matrix, prior)
    penalties = np.broadcast_to(np.asarray(penalty, dtype="f"), matrix.shape[1])
    # The inverse square root of the diagonal: frequent and rare words differ much.
    units = 1 / np.sqrt(np.maximum(evidence_of(matrix) + penalties, np.finfo("f").tiny))
    return np.asarray(prior + solve(matrix, missing, penalties[:, None], N_ITER, scales=units), dtype="f")


def spread(matrix: Any, rows: np.ndarray) -> float:
    """The root mean square length of sentences' vectors, centred; 1 where all are the same."""
    means = product(matrix, rows).astype("f8")
    return float(np.sqrt(means.var(axis=0).sum())) or 1.0


def base_map(unit_rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The matrix from the base's rows to rows in the teacher's space, by ridge regression.

    It keeps the targets' mean length, which the penalty would make smaller.

    unit_rows: The base's rows of some words, as `BasePart.embed` has them before its matrix, shape
        (n, base_width).
    targets: Their rows in the teacher's space, shape (n, width), float32.
    RETURNS: Shape (base_width, width), float32.
    """
    rows, eye = unit_rows.astype("f8"), np.eye(unit_rows.shape[1])
    matrix = np.linalg.solve(rows.T @ rows + BASE_RIDGE * eye, rows.T @ targets)
    found = np.linalg.norm(rows @ matrix, axis=1).mean() if len(rows) else 0.0
    wanted = np.linalg.norm(targets, axis=1).mean() if len(rows) else 0.0
    return np.asarray(matrix * (wanted / found if found else 1.0), dtype="f")


def principal_axes(rows: np.ndarray, sentences: Sentences, width: int) -> np.ndarray:
    """The directions in which rows are longest, and that tell texts apart.

    They are the eigenvectors of a sum of two covariances. The first, that of rows, not centred, gives
    principal components. The second is that of two sentences of one text, see `Scatter`. Each is
    scaled to a trace of one.

    rows: As long as they weigh, shape (n_words, rows_width), float32.
    sentences: Of these words.
    RETURNS: Shape (rows_width, width), float32; columns are of unit length and at right angles.
    """
    of_words = rows.T.astype("f8") @ rows
    between = scatter(sentences, rows).between
    # Without two sentences of one text, there is none.
    of_texts = OF_TEXTS / (np.trace(between) or 1.0) * between
    _, vectors = np.linalg.eigh(of_words / (np.trace(of_words) or 1.0) + of_texts)
    axes = vectors[:, ::-1][:, :width]
    # The sign of an eigenvector is arbitrary.
    largest = np.abs(axes).argmax(axis=0)
    return np.asarray(axes * np.sign(axes[largest, np.arange(axes.shape[1])]), dtype="f")


def bare_rows(encodings: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Words' encodings less a centre, of unit length, shape (n_words, width), float32."""
    return scaled_to_unit(np.asarray(encodings - centre, dtype="f"))
