"""A scikit-learn transformer with domain vectors, for `Pipeline` and `cross_val_score`."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.util import get_package_path, is_package

from .corpus.joined_texts import token_values
from .errors import DomainVectorsError, Errors
from .pipeline.loading import find_component, load_pipeline
from .pipeline.lookup import VectorLookup
from .pipeline.pooling import maxima, means
from .util.extras import import_extra

base = import_extra("sklearn.base", "DvecVectorizer", extra="sklearn")

POOLING = {"mean": (means,), "mean_max": (means, maxima)}
BATCH = 4096


class DvecVectorizer(base.TransformerMixin, base.BaseEstimator):  # type: ignore[misc,name-defined]
    """Turns texts into an array of pooled domain vectors.

    Only the pipeline's tokenizer runs. There is nothing to fit, so texts can be transformed at
    once. Clones share the pipeline.

    nlp: A pipeline with domain vectors, or its name or path. A name is loaded when it is needed,
        and only the name is sent to other processes.
    pooling: "mean" for `doc._.dvec`; "mean_max" for the mean followed by the maximum of each dimension.
    """

    def __init__(self, nlp: Language | str, pooling: str = "mean") -> None:
        self.nlp = nlp
        self.pooling = pooling

    def fit(self, X: Iterable[str], y: Any = None) -> "DvecVectorizer":
        """Check the settings. The texts are not read.

        RAISES: DomainVectorsError (DV001, DV045, DV062, DV065).
        """
        self._checked()
        return self

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """The vectors of texts, shape (n_texts, width), float32; twice the width with "mean_max".

        X: The texts.
        RAISES: DomainVectorsError (DV084 if X is no sequence of texts); see also `fit`.
        """
        nlp, lookup = self._checked()
        if isinstance(X, str) or getattr(X, "ndim", 1) != 1:
            raise DomainVectorsError(Errors.DV084.format(found=type(X).__name__))
        texts = list(X)
        wrong = [text for text in texts if not isinstance(text, str)]
        if wrong:
            found = f"{type(wrong[0]).__name__} {wrong[0]!r}"
            raise DomainVectorsError(Errors.DV084.format(found=found))
        texts = list(map(str, texts))  # the texts in an array are of numpy.str_
        # Short texts are often equal: "hello".
        first: dict[str, int] = {}
        repeated = {i: first[text] for i, text in enumerate(texts) if first.setdefault(text, i) != i}
        poolings, width, places = POOLING[self.pooling], lookup.width, list(first.values())
        pooled = np.empty((len(texts), len(poolings) * width), dtype="f")
        for start in range(0, len(places), BATCH):
            batch = places[start : start + BATCH]
            values, lengths = token_values(nlp.tokenizer, [texts[i] for i in batch], lookup.columns)
            rows, numbers = lookup.rows_of(values, nlp.vocab)
            for number, pool in enumerate(poolings):
                pooled[batch, number * width : (number + 1) * width] = pool(rows, numbers, lengths)
        pooled[list(repeated)] = pooled[list(repeated.values())]
        return pooled

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The names of the columns: dvec0, dvec1, ..., as an array of str objects."""
        _, lookup = self._checked()
        names = [f"dvec{i}" for i in range(lookup.width)]
        if self.pooling == "mean_max":
            names += [f"dvec_max{i}" for i in range(lookup.width)]
        return np.array(names, dtype=object)

    def _checked(self) -> tuple[Language, VectorLookup]:
        if self.pooling not in POOLING:
            shown = {"name": "pooling", "value": repr(self.pooling), "expected": ", ".join(POOLING)}
            raise DomainVectorsError(Errors.DV045.format(**shown))
        nlp = _loaded(self.nlp, _version(self.nlp)) if isinstance(self.nlp, str) else self.nlp
        return nlp, find_component(nlp).lookup

    def __sklearn_clone__(self) -> "DvecVectorizer":
        # Copying a pipeline takes seconds, and its memory again. It is shared, as nothing here
        # changes it.
        return type(self)(self.nlp, self.pooling)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags


@lru_cache(maxsize=2)
def _loaded(name: str, version: tuple[int, ...]) -> Language:
    """The pipeline with a name. All vectorizers share it, such as the clones in a cross-validation."""
    return load_pipeline(name)


def release_pipelines() -> None:
    """Release the two pipelines that were loaded last by name. Vectorizers load them again."""
    _loaded.cache_clear()


def _version(name: str) -> tuple[int, ...]:
    """A version of a pipeline on disk, which changes when the pipeline is replaced."""
    path = get_package_path(name) if is_package(name) else Path(name)
    # A package has its pipeline in a folder of its own.
    files = sorted([*path.glob("meta.json"), *path.glob("*/meta.json")])
    return tuple(number for file in files for number in (file.stat().st_ino, file.stat().st_mtime_ns))
