"""Between learning and finishing: the document map of a corpus."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..corpus.sentences import sample_sentences
from ..counting.saved_counts import State
from ..learning.document_map import LEAST_PAIRS, MapFitter, fit_map
from ..table.weights import sif_weights
from .fuse import Learned
from .select import Gathered


@dataclass(frozen=True, eq=False)
class FoundMap:
    """A map, and what the table's meta says of it.

    matrix: Shape (width, width), float32; None where there is none.
    """

    matrix: np.ndarray | None = None
    meta: dict[str, Any] = field(default_factory=dict)


def document_map_of(
    fitter: MapFitter | None, gathered: Gathered, learned: Learned, a: float | None, earlier: State | None = None
) -> FoundMap:
    """Fit the document map to the sentences of a corpus.

    fitter: How; None for no map.
    a: Of the weighting.
    earlier: Of an earlier training, whose map is kept, so that features made before can be compared
        with new ones.
    RETURNS: No map also where the corpus has too few pairs of sentences.
    """
    if earlier is not None:
        return FoundMap(earlier.map)
    if fitter is None or not gathered.tokens.parts:
        return FoundMap()
    vocabulary = gathered.vocabulary
    sentences = sample_sentences(gathered.tokens, vocabulary.words)
    is_enough = sentences.n_pairs >= LEAST_PAIRS
    meta = {"n_sentences": len(sentences), "n_pairs": sentences.n_pairs, "is_fitted": is_enough}
    if not is_enough:
        return FoundMap(None, {"map": meta})
    rows = learned.vectors[: len(vocabulary)]
    weights = sif_weights(vocabulary.counts, gathered.tokens.n_tokens, a)
    return FoundMap(fit_map(fitter, sentences, rows, weights), {"map": meta})
