"""A linear map of all rows, after which the sentences of a text are nearer to each other."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from spacy.util import registry

from ..corpus.sentences import Sentences
from ..util.arrays import product, scaled_to_unit
from ..util.checking import checked
from ..util.extras import import_extra
from .ranges import Exponent, Factor, Share

# With fewer sentences that follow another one of the same text, a map would be fitted to chance.
LEAST_PAIRS = 2000
# In relation to the largest: of smaller ones, only rounding errors are left.
LEAST_EIGENVALUE = 1e-9

# From the covariance of sentences and that of two sentences of one text to the map, all (width, width).
MapFitter = Callable[[np.ndarray, np.ndarray], np.ndarray]


@registry.misc("spacy_domainvec.DocumentMap.v1")
@checked
def document_map(shrinkage: Factor = 3.0, floor: Share = 0.1, exponent: Exponent = 0.25) -> MapFitter:
    """Whitening of sentence vectors (Su et al., 2021), and a stretch along what those of one text share.

    With T the covariance of sentences and B that of two sentences of one text, L1 = (T + shrinkage
    * mean eigenvalue of T * I) ^ -1/2; with eigenvalues w and eigenvectors V of L1 B L1, the map is
    L1 V diag((w + floor * max w) ^ exponent) V'. The first factor makes directions count less that
    all sentences share. The second makes those count more that tell texts apart: the ratio of the
    scatter between classes to that within them (Fisher, 1936; as for speakers: Hatch, Kajarekar and
    Stolcke, 2006), each text a class.

    shrinkage: How far T is drawn to that of a sphere.
    floor: What directions that sentences of a text don't share count, in relation to the largest.
    exponent: How much the second factor does; 0 for nothing.
    RAISES: DomainVectorsError (DV045).
    """

    def fit(total: np.ndarray, between: np.ndarray) -> np.ndarray:
        eye = np.eye(len(total))
        values, vectors = np.linalg.eigh(total + shrinkage * np.trace(total) / len(total) * eye)
        least = max(LEAST_EIGENVALUE * values.max(), np.finfo("f").tiny)
        whitening = (vectors / np.sqrt(np.maximum(values, least))) @ vectors.T
        shared, directions = np.linalg.eigh(whitening @ between @ whitening)
        shared = np.maximum(shared, 0)
        if not shared.any():  # as of a single text
            return np.asarray(whitening)
        stretch = (shared + floor * shared.max()) ** exponent
        return np.asarray(whitening @ (directions * stretch) @ directions.T)

    return fit


@dataclass(frozen=True, eq=False)
class Scatter:
    """How sentence vectors vary.

    total: Their covariance, shape (width, width), float64.
    between: The covariance of two different sentences of one text, mean over the texts that have
        two, same shape.
    """

    total: np.ndarray
    between: np.ndarray

    def beside(self, other: "Scatter") -> "Scatter":
        """Both together. The variances of both count the same, whatever their sizes."""
        total = _to_one(self.total) + _to_one(other.total)
        between = _to_one(self.between) + _to_one(other.between)
        return Scatter(total, between)


def _to_one(covariance: np.ndarray) -> np.ndarray:
    """Scaled to a trace of one; as it is if it has none."""
    trace = float(np.trace(covariance))
    return covariance / trace if trace > 0 else covariance


def scatter(sentences: Sentences, rows: np.ndarray) -> Scatter:
    """How the sentences' vectors vary: sums of their words' rows, of unit length, and centred.

    rows: The vocabulary's rows, as long as they weigh, shape (n_words, width), float32.
    """
    sparse = import_extra("scipy.sparse", "fitting the document map")
    ends = np.concatenate([[0], np.cumsum(sentences.lengths)])
    ones = np.ones(len(sentences.ids), dtype="f")
    words = sparse.csr_matrix((ones, sentences.ids, ends), shape=(len(sentences), len(rows)))
    vectors = scaled_to_unit(product(words, rows)).astype("f8")
    vectors -= vectors.mean(axis=0)
    total = vectors.T @ vectors / len(vectors)
    n_sentences = np.bincount(sentences.texts)
    n_pairs = n_sentences * (n_sentences - 1.0)
    weights = np.where(n_pairs > 0, 1 / np.maximum(n_pairs, 1), 0) / max(1, int((n_pairs > 0).sum()))
    starts = np.flatnonzero(np.diff(sentences.texts, prepend=-1))
    sums = np.add.reduceat(vectors, starts)
    # All pairs of a text, less those of a sentence with itself.
    between = (sums.T * weights) @ sums - (vectors.T * weights[sentences.texts]) @ vectors
    return Scatter(total, between)


def fit_map(
    fitter: MapFitter,
    sentences: Sentences,
    rows: np.ndarray,
    weights: np.ndarray,
    labelled: Sentences | None = None,
) -> np.ndarray:
    """The map, scaled so that the length of a word's row is kept in the mean.

    rows: The vocabulary's rows, of unit length or zeros, shape (n_words, width), float32.
    weights: What each weighs in a text, shape (n_words,), float32.
    labelled: Labelled texts, which stand beside the sentences.
    RETURNS: Shape (width, width), float32. Rows are multiplied by it from the right.
    """
    weighted = rows * weights[:, None]
    found = scatter(sentences, weighted)
    if labelled is not None:
        found = found.beside(scatter(labelled, weighted))
    matrix = fitter(found.total, found.between)
    occurrences = np.bincount(sentences.ids, minlength=len(rows)) * weights
    lengths = np.linalg.norm(rows @ matrix, axis=1)
    mean_length = (lengths @ occurrences) / max(occurrences[lengths > 0].sum(), 1e-12)
    return np.asarray(matrix / max(mean_length, 1e-12), dtype="f")
