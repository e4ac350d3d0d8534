"""The map of words: the places of vectors in a plane, near ones near each other."""

from importlib.util import find_spec
from typing import Any

import numpy as np

from ..util.arrays import scaled_to_unit
from ..util.extras import import_extra

# With more principal components, t-SNE takes longer for the same map.
N_COMPONENTS = 50
# Of fewer words, the first two principal components are shown: t-SNE needs neighbours.
LEAST_WORDS = 10
PERPLEXITY = 30
# Coarser than scikit-learn's default, and faster: as many neighbours stay neighbours.
ANGLE = 1.0
DIGITS = 4


def places(vectors: np.ndarray) -> np.ndarray:
    """The places of words by principal components, then t-SNE (van der Maaten and Hinton, 2008).

    The same vectors get the same places. openTSNE makes the map if it is installed, else scikit-learn.

    vectors: Their directions count, shape (n_words, width), float32.
    RETURNS: Shape (n_words, 2), float64, from 0 to 1; in a direction without any difference, 0.5.
    RAISES: DomainVectorsError (DV066).
    """
    components = _principal(scaled_to_unit(np.asarray(vectors, dtype="f")))
    if len(vectors) < LEAST_WORDS or len(np.unique(components, axis=0)) < LEAST_WORDS:
        return _scaled(components[:, :2])
    threads = import_extra("threadpoolctl", "a report")
    # With several threads, sums are rounded in another order.
    with threads.threadpool_limits(1):
        return _scaled(np.asarray(_embedded(components)))


def _principal(rows: np.ndarray) -> np.ndarray:
    """The principal components of rows, two or more, largest first, float64."""
    centred = rows - rows.mean(axis=0) if len(rows) else rows
    left, sizes, _ = np.linalg.svd(centred.astype("f8"), full_matrices=False)
    found = (left * sizes)[:, :N_COMPONENTS]
    # Equal rows differ by rounding.
    found = np.where(np.abs(found) > 1e-6, found, 0)
    return np.pad(found, ((0, 0), (0, max(0, 2 - found.shape[1]))))


def _embedded(components: np.ndarray) -> Any:
    """The places of t-SNE, which starts from the first two components."""
    settings: dict[str, Any] = {
        "perplexity": min(PERPLEXITY, (len(components) - 1) / 3),
        "n_jobs": 1,
        "random_state": 0,
    }
    start = components[:, :2] / max(components[:, 0].std(), 1e-12) * 1e-4
    if find_spec("openTSNE") is not None:
        tsne = import_extra("openTSNE", "a report").TSNE
        return tsne(**settings, initialization=start).fit(components)
    manifold = import_extra("sklearn.manifold", "a report")
    settings |= {"init": start.astype("f"), "learning_rate": "auto", "angle": ANGLE}
    return manifold.TSNE(**settings).fit_transform(components)


def _scaled(found: np.ndarray) -> np.ndarray:
    """Both directions scaled to 0 to 1."""
    if not len(found):
        return np.zeros((0, 2))
    found = found.astype("f8")
    low, span = found.min(axis=0), np.ptp(found, axis=0)
    shares = (found - low) / np.where(span > 0, span, 1)
    return np.asarray(np.round(np.where(span > 0, shares, 0.5), DIGITS))
