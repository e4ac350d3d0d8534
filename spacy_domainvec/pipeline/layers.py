"""Thinc layers that read domain vectors, for models that `spacy train` trains."""

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

TUNED_ROWS = 5000
# Part of an offset that counts as its gradient.
TUNE_L2 = 0.01
# Length of the rows that are projected; rows of length 1 are lost beside what hash embeddings give.
ROW_LENGTH = 5.0
# The checksums of the first words of each table, as long as the table is in use.
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
    """Embed docs by a learned projection of their tokens' domain vectors, the counterpart of spaCy's StaticVectors.

    The vectors are those of the table that is bound to the docs' vocab. They are scaled to one length, as a
    word's weight in a mean says nothing about it as a token.

    nO: Width of the output.
    nM: Width of the vectors; by default that of the table.
    dropout: Dropout rate of the output; spaCy sets it to that of the training.
    tune: Learn an offset for each of the most frequent rows; see `domain_rows`.
    tuned_rows, tune_l2: How many rows have an offset, and how strongly offsets are drawn to zero.
    attr_name: The component's setting of that name.
    RETURNS: A model from docs to Ragged, its data of shape (n_tokens, nO), float32.
    RAISES: DomainVectorsError, when it is initialized or run: DV080 without a table, DV081, DV082 with another one.
    """
    rows = domain_rows(nM, length=ROW_LENGTH, tune=tune, tuned_rows=tuned_rows, tune_l2=tune_l2, attr_name=attr_name)
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
    """The domain vectors of the tokens of docs, as they are or with learned offsets.

    The offset of a row is zero at first, and an L2 penalty draws it back there: where the labelled texts say nothing
    else, rows stay as the table has them. The table is not touched; the offsets are saved with the model.

    nO: Width of the vectors; by default that of the table.
    length: Length that the rows are scaled to; None leaves them as they are.
    tune: Learn offsets.
    tuned_rows: How many of the table's most frequent rows have one.
    tune_l2: The penalty's weight: tune_l2 / 2 times the sum of the squared offsets is added to the loss. Offsets of
        rows that are left as they are have `arrays.full_length` as their unit.
    attr_name: The component's setting of that name.
    RETURNS: A model from docs to Ragged, its data of shape (n_tokens, nO), float32.
    RAISES: DomainVectorsError (DV045); see also `static_domain_vectors`.
    """
    if tuned_rows < 1:
        raise DomainVectorsError(Errors.DV045.format(name="tuned_rows", value=tuned_rows, expected="a number from 1"))
    if tune_l2 < 0:
        raise DomainVectorsError(Errors.DV045.format(name="tune_l2", value=tune_l2, expected="a number from 0"))
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
    # Optimizers move each offset by as much, so where rows are long, offsets count for more.
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
    """A checksum of the first words of a table, worked out once."""
    known = _WORDS_IDS.setdefault(table, {})
    if n_rows not in known:
        known[n_rows] = zlib.crc32("\n".join(table.words[:n_rows]).encode("utf8", "surrogatepass"))
    return known[n_rows]


def _scaled(ops: Ops, rows: Floats2d, length: float) -> Floats2d:
    norms = ops.xp.linalg.norm(rows, axis=1, keepdims=True)
    norms[norms == 0] = 1
    return ops.asarray2f(rows * (length / norms))
