"""Sets of word pairs with human similarity scores, and the agreement of vectors with the scores."""

from collections.abc import Callable, Sequence
from importlib.resources import files

import numpy as np

from ..util.arrays import scaled_to_unit
from ..util.extras import import_extra

# The language of the sets.
LANG = "en"
SIMILARITY_SETS = {"WordSim-353": "wordsim353.tsv", "SimLex-999": "simlex999.txt"}

# Two words and their human score.
Pair = tuple[str, str, float]


def read_similarity_set(file: str) -> list[Pair]:
    """Read one of the sets of word pairs that gensim ships: two words and a human score.

    RAISES: DomainVectorsError (DV066) without gensim.
    """
    # Importing gensim is slow, and only its files are needed.
    try:
        path = files("gensim") / "test" / "test_data" / file
    except ModuleNotFoundError:
        import_extra("gensim", "evaluating")
        raise
    lines = path.read_text(encoding="utf8").splitlines()
    rows = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return [(a, b, float(score)) for a, b, score in rows]


def retention(pairs: Sequence[Pair], vectors: Callable[[list[str]], np.ndarray]) -> float:
    """Spearman's rho between the cosines of word pairs and their human scores.

    vectors: As for `similarities`.
    """
    stats = import_extra("scipy.stats", "evaluating")
    firsts, seconds, scores = map(list, zip(*pairs))
    unit = scaled_to_unit(np.asarray(vectors(firsts + seconds), dtype="f"))
    cosines = (unit[: len(pairs)] * unit[len(pairs) :]).sum(axis=1)
    if np.ptp(cosines) == 0:
        return 0.0
    return round(float(stats.spearmanr(scores, cosines).statistic), 4)


def similarities(lang: str, vectors: Callable[[list[str]], np.ndarray]) -> dict[str, float]:
    """Spearman's rho between cosines and human scores, for each set of a language.

    lang: The language of the vectors. All sets are English, so there is none for another one.
    vectors: Returns the vectors of words, shape (n_words, width). All at once is far faster than one
        by one.
    """
    if lang != LANG:
        return {}
    sets = {name: read_similarity_set(file) for name, file in SIMILARITY_SETS.items()}
    return {name: retention(pairs, vectors) for name, pairs in sets.items()}
