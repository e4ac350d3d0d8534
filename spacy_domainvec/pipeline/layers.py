"""Thinc layers that read domain vectors, for the models of `spacy train`."""

import zlib
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import Dropout, Linear, Model, Ops, chain, with_array
from thinc.types import Floats2d, Ragged

from ..errors import DomainVectorsError, Errors
from ..table.table import VectorTable
from ..util.arrays import full_length
from .extensions import lookup_of
from .lookup import VectorLookup

# The default number of rows with an offset.
TUNED_ROWS = 5000
# The default weight of the L2 penalty on offsets.
TUNE_L2 = 0.01
# Length of the rows before the projection. Rows of length 1 are too short beside hash embeddings.
ROW_LENGTH = 5.0
# Checksums of the first words of each table, by the number of words.
_WORDS_IDS: WeakKeyDictionary[VectorTable, dict[int, int]] = WeakKeyDictionary()


@registry.layers("spacy_domainvec.StaticDomainVectors.v1")
def static_domain_vectors(
    nO: int | None = None,
    nM: int | None = None,
    *,
    dropout: float = 0.0,
    tune: bool = False,
    tuned_rows: int = TUNED_ROWS,
    tune_l2: float = TUNE_L2,
    attr_name: str = "dvec",
) -> Model[list[Doc], Ragged]:
    """Embed docs by a learned projection of their tokens' domain vectors, as spaCy's StaticVectors does.

    The vectors come from the table of the docs' vocab. They are scaled to equal length, because a word's
    weight in a mean says nothing about it as a token.

    nO: Width of the output.
    nM: Width of the vectors; None for that of the table.
    dropout: Dropout rate of the output; spaCy sets it to that of the training.
    tune: Whether to learn an offset for each of the most frequent rows; see `domain_rows`.
    tuned_rows, tune_l2: The number of rows with an offset, and the weight of the penalty on offsets.
    attr_name: The component's setting of the same name.
    RETURNS: A model from docs to Ragged, with data of shape (n_tokens, nO), float32.
    RAISES: DomainVectorsError when initialized or run (DV080 without a table, DV081 with a table of
        another width, DV082 with a table of other words).
    """
    rows = domain_rows(
        nM,
        length=ROW_LENGTH,
        tune=tune,
        tuned_rows=tuned_rows,
        tune_l2=tune_l2,
        attr_name=attr_name,
    )
    projection: Model[Ragged, Ragged] = with_array(Linear(nO, nM))
    return chain(rows, projection, Dropout(dropout))


def domain_rows(
    nO: int | None = None,
    *,
    length: float | None = None,
    tune: bool = False,
    tuned_rows: int = TUNED_ROWS,
    tune_l2: float = TUNE_L2,
    attr_name: str = "dvec",
) -> Model[list[Doc], Ragged]:
    """The domain vectors of the tokens of docs, with or without learned offsets.

    Offsets start at zero, and an L2 penalty keeps them near it, so a row changes only where the labelled
    texts call for it. The offsets are saved with the model; the table itself does not change.

    nO: Width of the vectors; None for that of the table.
    length: Length that the rows are scaled to; None to leave them as they are.
    tune: Whether to learn offsets.
    tuned_rows: The number of the table's most frequent rows that have an offset.
    tune_l2: Weight of the penalty: tune_l2 / 2 times the sum of the squared offsets is added to the
        loss. Without `length`, the unit of the offsets is `arrays.full_length`.
    attr_name: The component's setting of the same name.
    RETURNS: A model from docs to Ragged, with data of shape (n_tokens, nO), float32.
    RAISES: DomainVectorsError (DV045); see also `static_domain_vectors`.
    """
    for name, value, least in (("tuned_rows", tuned_rows, 1), ("tune_l2", tune_l2, 0)):
        if value < least:
            expected = f"a number from {least}"
            raise DomainVectorsError(Errors.DV045.format(name=name, value=value, expected=expected))
    return Model(
        "domain_rows",
        _forward,
        init=_init,
        dims={"nO": nO},
        params={"E": None} if tune else {},
        attrs={
            "attr_name": attr_name,
            "length": length,
            "tuned_rows": tuned_rows,
            "tune_l2": tune_l2,
            "tuned_words": None,
        },
    )


def _init(model: Model[Any, Any], X: Sequence[Doc] | None = None, Y: Any = None) -> Model[Any, Any]:
    if X:
        lookup = _lookup(model, X[0])
        model.set_dim("nO", lookup.width)
        if model.has_param("E") is None:
            n_rows = min(model.attrs["tuned_rows"], len(lookup.table))
            model.set_param("E", model.ops.alloc2f(n_rows, lookup.width))
            model.attrs["tuned_words"] = _words_id(lookup.table, n_rows)
    return model


def _forward(
    model: Model[Any, Any], docs: Sequence[Doc], is_train: bool
) -> tuple[Ragged, Callable[[Ragged], list[Doc]]]:
    ops, lengths = model.ops, model.ops.asarray1i([len(doc) for doc in docs])
    if not any(len(doc) for doc in docs):
        return Ragged(ops.alloc2f(0, model.get_dim("nO")), lengths), lambda d_output: []
    lookup = _lookup(model, docs[0])
    rows = ops.asarray2f(np.concatenate([lookup.vectors(doc) for doc in docs]))  # type: ignore[arg-type]
    if model.attrs["length"] is not None:
        rows = _scaled(ops, rows, model.attrs["length"])
    if not model.has_param("E"):
        return Ragged(rows, lengths), lambda d_output: []
    offsets = model.get_param("E")
    _check_words(model, lookup.table, len(offsets))
    found = ops.asarray1i([row for doc in docs for row in lookup.table_rows(doc).tolist()])
    tuned = ops.xp.flatnonzero((found >= 0) & (found < len(offsets)))
    # An optimizer's steps have the same size for rows of any length, so long rows need a larger unit.
    unit = full_length(rows.shape[1]) if model.attrs["length"] is None else 1.0
    rows[tuned] += unit * offsets[found[tuned]]

    def backprop(d_output: Ragged) -> list[Doc]:
        gradient = model.attrs["tune_l2"] * offsets
        ops.scatter_add(gradient, found[tuned], unit * d_output.data[tuned])
        model.inc_grad("E", gradient)
        return []

    return Ragged(rows, lengths), backprop


def _lookup(model: Model[Any, Any], doc: Doc) -> VectorLookup:
    attr_name = model.attrs["attr_name"]
    try:
        lookup = lookup_of(attr_name, doc)
    except DomainVectorsError as e:
        raise DomainVectorsError(Errors.DV080.format(attr=attr_name, why=e)) from None
    if model.has_dim("nO") and model.get_dim("nO") != lookup.width:
        raise DomainVectorsError(Errors.DV081.format(found=lookup.width, expected=model.get_dim("nO")))
    return lookup


def _check_words(model: Model[Any, Any], table: VectorTable, n_rows: int) -> None:
    if len(table) < n_rows or _words_id(table, n_rows) != model.attrs["tuned_words"]:
        raise DomainVectorsError(Errors.DV082.format(n_rows=n_rows))


def _words_id(table: VectorTable, n_rows: int) -> int:
    """A checksum of the first words of a table, computed once."""
    known = _WORDS_IDS.setdefault(table, {})
    if n_rows not in known:
        known[n_rows] = zlib.crc32("\n".join(table.words[:n_rows]).encode("utf8", "surrogatepass"))
    return known[n_rows]


def _scaled(ops: Ops, rows: Floats2d, length: float) -> Floats2d:
    norms = ops.xp.linalg.norm(rows, axis=1, keepdims=True)
    norms[norms == 0] = 1
    return ops.asarray2f(rows * (length / norms))
