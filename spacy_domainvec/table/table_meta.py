"""The meta of a table: checks of the type and the range of every entry that this package reads."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..util.attrs import ATTRS
from ..util.registered import check_functions
from .rows import DTYPES

# Whole numbers up to this are exact as floats, and the sum of two of them is within int64.
MOST = 2**53
# The largest depth of nested values.
DEEPEST = 16
# The names of other entries in the same file.
RESERVED = ("format", "files", "sha256", "subwords")
FINGERPRINT = re.compile(r"none|\d{1,12}(x\d{1,12})*-[0-9a-f]{8}")

Fits = Callable[[Any], bool]
# The entries of "map" and of "kept".
OF_MAP = {"n_sentences", "n_pairs", "is_fitted"}
OF_KEPT = {"n_rows", "dtype", "n_subwords", "of_rows", "loss"}


def is_count(value: Any) -> bool:
    """Whether a value is a whole number, not negative."""
    return type(value) is int and 0 <= value <= MOST


def is_number(low: float, high: float) -> Fits:
    """The check for a number in a range."""

    def fits(value: Any) -> bool:
        is_numeric = isinstance(value, int | float) and not isinstance(value, bool)
        return is_numeric and low <= value <= high

    return fits


def is_one_of(*values: str) -> Fits:
    """The check for one of some names."""
    return lambda value: isinstance(value, str) and value in values


def is_text(value: Any) -> bool:
    """Whether a value is text without lone surrogates, which can't be written as UTF-8."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_mapping(value: Any) -> bool:
    """Whether a value is a section."""
    return isinstance(value, Mapping)


def is_fingerprint(value: Any) -> bool:
    """Whether a value has the form of `base_vectors.BaseTable.fingerprint`."""
    return value is None or (isinstance(value, str) and FINGERPRINT.fullmatch(value) is not None)


def is_flag(value: Any) -> bool:
    """Whether it is true or false."""
    return type(value) is bool


def is_name(value: Any) -> bool:
    """Whether a value is text or None."""
    return value is None or is_text(value)


COSINE = is_number(-1.001, 1.001)
# The check of each entry, by its dotted name; * stands for any name. Each entry may be missing.
FIELDS: dict[str, Fits] = {
    "made_by": is_text,
    "lang": is_text,
    "attr": is_one_of(*ATTRS),
    "n_texts": is_count,
    "n_tokens": is_count,
    "unseen_share": is_number(0, 1),
    "base": is_mapping,
    "base.name": is_name,
    "base.fingerprint": is_fingerprint,
    "map": lambda value: is_mapping(value) and {*value} - {"n_labelled"} == OF_MAP,
    "map.n_sentences": is_count,
    "map.n_pairs": is_count,
    "map.n_labelled": is_count,
    "map.is_fitted": is_flag,
    "alignment": is_mapping,
    "alignment.*": lambda value: is_mapping(value) and {*value} == {"anchors", "held_out_cosine"},
    "alignment.*.anchors": is_count,
    "alignment.*.held_out_cosine": COSINE,
    "acronyms": lambda value: is_mapping(value) and all(map(is_text, value.values())),
    "kept": lambda value: is_mapping(value) and {*value} == OF_KEPT,
    "kept.n_rows": is_count,
    "kept.dtype": is_one_of(*DTYPES),
    "kept.n_subwords": is_count,
    "kept.of_rows": is_count,
    "kept.loss": is_number(-1, 3),
    "config": is_mapping,
}


def check_meta(meta: Any) -> None:
    """See whether every entry can be used.

    RAISES: ValueError, naming the entry; DomainVectorsError (DV088) for a function in the config.
    """
    if not isinstance(meta, dict):
        raise ValueError("the meta is no dict")
    for name in RESERVED:
        if name in meta:
            raise ValueError(f"'{name}' can't be the name of an entry of the meta")
    _check_json(meta, DEEPEST)
    for name, fits in FIELDS.items():
        for value in _found(meta, name.split(".")):
            if not fits(value):
                raise ValueError(f"{name} = {str(value)[:60]!r} in the meta can't be used")
    check_functions(meta.get("config", {}))


def _found(values: Any, path: list[str]) -> list[Any]:
    """The values at a path of names, where * stands for all names; none if the path does not exist."""
    if not path:
        return [values]
    if not isinstance(values, Mapping):
        return []
    first, *rest = path
    names = list(values) if first == "*" else [first] if first in values else []
    return [found for name in names for found in _found(values[name], rest)]


def _check_json(value: Any, depth: int) -> None:
    """RAISES: ValueError for a value that JSON can't hold, or that is nested too deeply."""
    if depth < 0:
        raise ValueError("the meta is nested too deeply")
    if isinstance(value, Mapping):
        if not all(map(is_text, value)):
            raise ValueError("a name in the meta is no text")
        value = list(value.values())
    if isinstance(value, list | tuple):
        for inner in value:
            _check_json(inner, depth - 1)
    elif not (
        value is None
        or type(value) is bool
        or (type(value) is int and abs(value) < 2**63)
        or (isinstance(value, float) and math.isfinite(value))
        or is_text(value)
    ):
        raise ValueError(f"{str(value)[:60]!r} in the meta is no value of JSON, or too large")
