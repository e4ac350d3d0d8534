"""The default trainer, as a registered function: an SVD of positive PMI.

The SVD is our own code for two reasons. It can start from given vectors, as an update of a table does;
that of scikit-learn always starts from random numbers. And between products with the matrix, it
orthogonalizes the basis by a Cholesky factor, which is several times as fast as a QR decomposition.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from spacy.util import registry

from ..counting.cooccurrence import both_sides
from ..errors import DomainVectorsError, Errors
from ..util.arrays import product
from ..util.checking import checked
from ..util.extras import import_extra
from ..util.progress import Progress, no_progress
from .ranges import Share, Steps, Width, Window
from .trainer_data import TrainedRows, Trainer, TrainingData

# Singular values below this share of the largest one are zeros with rounding errors.
NOISE = 1e-5

# Rows of PMI computed at a time, as the steps between take several times the memory of the counts.
BLOCK_ROWS = 1024

# Columns of the random projection beyond those wanted.
OVERSAMPLES = 10


@registry.misc("spacy_domainvec.PpmiSvd.v1")
@checked
def ppmi_svd(
    vector_size: Width = 300,
    window: Window = 10,
    subsample: Share = 1e-4,
    smoothing: Share = 0.75,
    n_iter: Steps = 3,
) -> Trainer:
    """Truncated SVD of positive PMI, without the singular values (Levy, Goldberg and Dagan, 2015).

    Fold-ins get their vectors from their counts: see `ppmi_svd.fold_in`.

    vector_size: Width of the vectors. The vocabulary must have more words than that.
    window: Largest distance between two words; a pair counts 1 / distance.
    subsample: Relative frequency above which occurrences are dropped at random; 0 to keep all.
    smoothing: Exponent of the context frequencies.
    n_iter: Power iterations of the SVD.
    RETURNS: A function that trains; it raises DomainVectorsError (DV040, DV059).
    RAISES: DomainVectorsError (DV045).
    """

    def train(data: TrainingData) -> TrainedRows:
        if len(data.vocabulary) <= vector_size:
            raise too_few_words(data, vector_size + 1)
        counted = data.count(window, subsample)
        counts = both_sides(counted.matrix)
        of_context = np.asarray(counts.sum(axis=0)).ravel()
        matrix = ppmi(counts, of_context, smoothing)
        if not matrix.nnz:
            raise no_pairs(data)
        u, s, v = truncated_svd(matrix, vector_size, n_iter, data.seed, data.start, data.progress)
        further = ppmi(counted.contexts, of_context, smoothing)
        return TrainedRows(np.vstack([u, fold_in(further, s, v)]), counted)

    return train


def no_pairs(data: TrainingData) -> DomainVectorsError:
    """The error (DV059) for a corpus without two words of the vocabulary near each other."""
    tokens = data.tokens
    return DomainVectorsError(Errors.DV059.format(tokens=tokens.n_tokens, texts=tokens.n_texts))


def too_few_words(data: TrainingData, needed: int) -> DomainVectorsError:
    """The error (DV040) for a vocabulary that is too small to train on."""
    vocabulary = data.vocabulary
    shown = {"found": len(vocabulary), "min_count": int(vocabulary.counts.min())}
    shown |= {"tokens": vocabulary.n_tokens, "needed": needed}
    return DomainVectorsError(Errors.DV040.format(**shown))


def ppmi(counts: Any, of_context: np.ndarray, smoothing: float = 0.75) -> Any:
    """Positive PMI of window counts, with smoothed context frequencies (Levy, Goldberg and Dagan, 2015).

    counts: Sparse (n_rows, n_contexts), how often each context stands near a row's word, on either side.
    of_context: Frequency of each context, its counts summed over the whole vocabulary, shape
        (n_contexts,). Contexts of frequency 0 are left out.
    smoothing: Exponent of the context frequencies.
    RETURNS: Sparse CSR matrix of the same shape, float32.
    """
    sparse = import_extra("scipy.sparse", "factorizing")
    smoothed = of_context.astype("f8") ** smoothing
    of_row = counts @ (smoothed > 0).astype("f8")
    log_of_context = _log(smoothed)
    log_of_row = _log(of_row) - np.log(smoothed.sum() or 1)

    def of_rows(first: int) -> Any:
        rows = slice(first, first + BLOCK_ROWS)
        return _positive_pmi(counts[rows], log_of_row[rows], log_of_context, sparse)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        blocks = list(pool.map(of_rows, range(0, counts.shape[0], BLOCK_ROWS)))
    return sparse.vstack([*blocks, sparse.csr_matrix((0, counts.shape[1]), dtype="f")], format="csr")


def _log(frequencies: np.ndarray) -> np.ndarray:
    """The logarithms of frequencies; infinity for 0, so that no PMI with it is positive."""
    return np.log(np.where(frequencies > 0, frequencies, np.inf))


def _positive_pmi(counts: Any, log_of_row: np.ndarray, log_of_context: np.ndarray, sparse: Any) -> Any:
    values = np.log(counts.data)
    values -= np.repeat(log_of_row, np.diff(counts.indptr))
    values -= log_of_context[counts.indices]
    positive = values > 0
    ends = np.concatenate([[0], np.cumsum(positive)])[counts.indptr]
    kept = (values[positive].astype("f"), counts.indices[positive], ends)
    return sparse.csr_matrix(kept, shape=counts.shape)


def truncated_svd(
    matrix: Any,
    vector_size: int,
    n_iter: int = 3,
    seed: int = 0,
    start: np.ndarray | None = None,
    progress: Progress = no_progress,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truncated SVD by randomized projection and power iterations (Halko, Martinsson and Tropp, 2011).

    The projection adds up the columns in groups, with random signs: a sparse sign matrix with one
    entry in each row (Martinsson and Tropp, 2020, section 9.2).

    matrix: Sparse CSR matrix (n_words, n_contexts), float32.
    vector_size: The number of singular vectors, below n_words.
    n_iter: The number of power iterations.
    seed: The seed of the random projection.
    start: A first guess of U, shape (n_words, any width); None for random numbers.
    progress: Wraps the power iterations.
    RETURNS: U, shape (n_words, vector_size); the singular values, largest first, shape (vector_size,);
        and V, shape (n_contexts, vector_size); all float32. Columns of U and V beyond the rank of the
        matrix are zeros.
    """
    linalg = import_extra("scipy.linalg", "factorizing")
    transposed = matrix.T.tocsr()
    size = min(vector_size + OVERSAMPLES, *matrix.shape)
    rng = np.random.default_rng(seed)
    left = _projected(matrix, size, rng)
    if start is not None:
        # Rows that were rotated into a wider space span no more dimensions than before.
        narrow = start
        if start.shape[1] > size:
            narrow = start @ rng.standard_normal((start.shape[1], size), dtype="f")
        left[:, : narrow.shape[1]] = narrow
    for step in progress(range(n_iter), "Factorizing"):
        right = product(transposed, _orthogonal(left))
        if step < n_iter - 1:
            right = _orthogonal(right)
        else:
            right, _ = linalg.qr(right, mode="economic", overwrite_a=True, check_finite=False)
        left = product(matrix, right)
    u, s, vt = linalg.svd(left, full_matrices=False, overwrite_a=True, check_finite=False)
    v = (right @ vt.T)[:, :vector_size]
    u = u[:, :vector_size]
    s = s[:vector_size]
    is_real = s > NOISE * s[0]
    if not is_real.all():
        # The singular vectors of zeros are noise, but would have unit length like the others.
        u = np.where(is_real, u, 0)
        v = np.where(is_real, v, 0)
    return u, s, v


def _projected(matrix: Any, size: int, rng: np.random.Generator) -> np.ndarray:
    """The columns added up in `size` groups of equal size with random signs, shape (n_rows, size)."""
    sparse = import_extra("scipy.sparse", "factorizing")
    n_columns = matrix.shape[1]
    groups = rng.permutation(n_columns) % size
    signs = rng.choice(np.array([-1, 1], dtype="f"), n_columns)
    projection = sparse.csr_matrix((signs, (np.arange(n_columns), groups)), shape=(n_columns, size))
    return np.asarray((matrix @ projection).toarray())


def _orthogonal(basis: np.ndarray) -> np.ndarray:
    """A nearly orthonormal basis of the columns' span, by the Cholesky factor of their Gram matrix.

    It is several times as fast as a QR decomposition and precise enough between two products. Linearly
    dependent columns have no Cholesky factor, and get a QR decomposition.
    """
    linalg = import_extra("scipy.linalg", "factorizing")
    gram = (basis.T @ basis).astype("f8")
    gram[np.diag_indices(len(gram))] *= 1 + 1e-6
    try:
        factor = linalg.cholesky(gram, check_finite=False).astype("f")
    except linalg.LinAlgError:
        return np.asarray(linalg.qr(basis, mode="economic", check_finite=False)[0])
    return np.asarray(linalg.solve_triangular(factor, basis.T, trans="T", check_finite=False).T)


def fold_in(matrix: Any, s: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The rows of further words in U, from their rows P of positive PMI: P V / S.

    New documents are folded into latent semantic indexing in the same way (Berry, Dumais and
    O'Brien, 1995).

    matrix: Sparse CSR matrix (n_rows, n_contexts), float32.
    s, v: The singular values and V of `truncated_svd`.
    RETURNS: Shape (n_rows, vector_size), float32.
    """
    return np.asarray(product(matrix, v) / np.maximum(s, np.finfo("f").tiny), dtype="f")
