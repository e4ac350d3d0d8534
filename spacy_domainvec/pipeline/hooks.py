"""Hooks that make `vector`, `has_vector`, `vector_norm` and `similarity` return domain vectors.

They serve code that reads `token.vector` and can't be changed, such as Rasa's SpacyFeaturizer. Trained
components read `vocab.vectors`, which stay as they are.
"""

from functools import lru_cache, partial
from typing import Any

import numpy as np
from spacy.lexeme import Lexeme
from spacy.tokens import Doc, Span, Token

from .extensions import get_has_vector, get_vector, lookup_of

Item = Doc | Span | Token | Lexeme


def overwrite_vectors(attr_name: str, doc: Doc) -> None:
    """Set the hooks of a Doc, its spans and its tokens. Hooks of other names are left alone."""
    hooks, span_hooks = _hooks(attr_name)
    doc.user_hooks.update(hooks)
    doc.user_token_hooks.update(hooks)
    doc.user_span_hooks.update(span_hooks)


def norm(attr_name: str, of: Doc | Span | Token) -> float:
    """The Euclidean length of the vector."""
    return float(np.linalg.norm(get_vector(attr_name, of)))


def similarity(attr_name: str, of: Doc | Span | Token, other: Item) -> float:
    """The cosine between the two vectors; 0.0 if either is zero."""
    a, b = get_vector(attr_name, of), _vector_beside(attr_name, of, other)
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if length else 0.0


def _vector_beside(attr_name: str, of: Doc | Span | Token, other: Item) -> np.ndarray:
    if isinstance(other, Lexeme):
        return lookup_of(attr_name, of).word_vector(other.text, of.vocab)
    return get_vector(attr_name, other)


@lru_cache(maxsize=8)
def _hooks(attr_name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    hooks = {
        "vector": partial(get_vector, attr_name),
        "has_vector": partial(get_has_vector, attr_name),
        "vector_norm": partial(norm, attr_name),
        "similarity": partial(similarity, attr_name),
    }
    # Not for spans: with a vector_norm hook, spaCy calls their vector hook in its place.
    return hooks, {name: hook for name, hook in hooks.items() if name != "vector_norm"}
