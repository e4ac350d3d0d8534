"""The extension attributes. Getters find the table by the Doc's vocab, so each pipeline has its own."""

import warnings
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from spacy.tokens import Doc, Span, Token
from spacy.vocab import Vocab

from ..errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from .lookup import VectorLookup

# vocab.cfg is a plain dict that lives as long as the vocab and is not serialized.
VOCAB_KEY = "spacy_domainvec"


@dataclass(frozen=True)
class Binding:
    """The component that serves an attribute in a vocab: its name, and its look-up if it has a table."""

    name: str
    lookup: VectorLookup | None


def install_extensions(attr_name: str) -> None:
    """Register the attributes of a name on Doc, Span and Token, once in a process.

    RAISES: DomainVectorsError (DV003) for a name that is no identifier or is used by another package.
    """
    if not attr_name.isidentifier():
        raise DomainVectorsError(Errors.DV003.format(attr=attr_name, taken=attr_name))
    everywhere = {
        attr_name: partial(get_vector, attr_name),
        f"has_{attr_name}": partial(get_has_vector, attr_name),
    }
    for kind in (Doc, Span, Token):
        for name, getter in everywhere.items():
            _install(kind, name, getter=getter)
        _install(kind, f"{attr_name}_similarity", method=partial(get_similarity, attr_name))
    for kind in (Doc, Span):
        _install(kind, f"{attr_name}s", getter=partial(get_vectors, attr_name))
    _install(Token, f"{attr_name}_source", getter=partial(get_source, attr_name))


def get_vector(attr_name: str, of: Doc | Span | Token) -> np.ndarray:
    """The combined vector, shape (width,), float32.

    A token has its own row. A Span that is a phrase of the table has the phrase's row. Any other
    Span, and a Doc, have the mean of their tokens' rows.
    """
    lookup = lookup_of(attr_name, of)
    if isinstance(of, Token):
        return lookup.vector(of)
    phrase = lookup.phrase(of) if isinstance(of, Span) else None
    return lookup.mean(of) if phrase is None else phrase


def get_vectors(attr_name: str, of: Doc | Span) -> np.ndarray:
    """The vectors of the tokens, shape (n_tokens, width), float32."""
    return lookup_of(attr_name, of).vectors(of)


def get_has_vector(attr_name: str, of: Doc | Span | Token) -> bool:
    """Whether the token, or any token of the Doc or Span, has a vector."""
    return lookup_of(attr_name, of).is_known(_span_of(of) if isinstance(of, Token) else of)


def get_source(attr_name: str, of: Token) -> str:
    """The source of the token's vector: "domain", "general" or "subword"; "none" for an unknown word."""
    return lookup_of(attr_name, of).source(_span_of(of))


def get_similarity(attr_name: str, of: Doc | Span | Token, other: Doc | Span | Token) -> float:
    """The cosine between the two combined vectors; 0.0 if either is zero, even for the same text."""
    a, b = get_vector(attr_name, of), get_vector(attr_name, other)
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm else 0.0


def bind(attr_name: str, vocab: Vocab, name: str, lookup: VectorLookup | None) -> None:
    """Let a component serve the attributes of a vocab's docs.

    lookup: The component's look-up; None without a table.
    WARNS: DomainVectorsWarning (DV102) if another component served them before.
    """
    bound = vocab.cfg.setdefault(VOCAB_KEY, {})
    previous = bound.get(attr_name)
    if previous is not None and previous.name != name and previous.lookup is not None:
        if lookup is None:
            return
        message = Warnings.DV102.format(attr=attr_name, name=name)
        warnings.warn(message, DomainVectorsWarning, stacklevel=3)
    bound[attr_name] = Binding(name, lookup)


def lookup_of(attr_name: str, of: Doc | Span | Token) -> VectorLookup:
    """The look-up for a Doc, Span or Token.

    RAISES: DomainVectorsError (DV001, DV002) without a table.
    """
    binding = of.vocab.cfg.get(VOCAB_KEY, {}).get(attr_name)
    if binding is None:
        raise DomainVectorsError(Errors.DV002.format(kind=type(of).__name__, attr=attr_name))
    if binding.lookup is None:
        raise DomainVectorsError(Errors.DV001.format(name=binding.name))
    return binding.lookup


def _span_of(token: Token) -> Span:
    return token.doc[token.i : token.i + 1]


def _install(kind: Any, name: str, **how: Any) -> None:
    if kind.has_extension(name):
        _, method, getter, _ = kind.get_extension(name)
        function = getattr(method or getter, "func", None)
        if function is None or getattr(function, "__module__", None) != __name__:
            raise DomainVectorsError(Errors.DV003.format(attr=name, taken=name))
    else:
        kind.set_extension(name, **how)
