"""Checking values with models of pydantic, and describing in messages what was expected.

It works with pydantic 1 and 2: spaCy 3.7 runs with either, and Rasa 3.6 with pydantic 1 only.
"""

import inspect
import math
import re
import reprlib
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from types import NoneType
from typing import Annotated, Any, Literal, ParamSpec, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, Field, ValidationError, confloat, conint, create_model

from ..errors import DomainVectorsError, Errors

P = ParamSpec("P")
T = TypeVar("T")


class Section(BaseModel, extra="forbid", frozen=True):
    """Settings that belong together."""


def whole(least: int, most: int) -> Any:
    """A kind of value: whole numbers in a range. true, "3" and 3.0 are none."""
    kind = conint(strict=True, ge=least, le=most)
    return described(kind, f"a whole number from {least:,} to {most:,}")


def number(least: float, most: float) -> Any:
    """A kind of value: numbers in a range, whole or not. true, "0.5" and nan are none."""
    whole_ones = conint(strict=True, ge=math.ceil(least), le=math.floor(most))
    others = confloat(strict=True, ge=least, le=most, allow_inf_nan=False)
    return described(whole_ones | others, f"a number from {least:,} to {most:,}")


def one_of(*names: str) -> Any:
    """A kind of value: one of these texts."""
    return described(Literal[names], " or ".join(names))


def described(kind: Any, description: str) -> Any:
    """A kind of value, with a description for messages."""
    return Annotated[kind, Field(description=description)]


def expected(kind: Any) -> str:
    """A description of a kind of value, such as "a whole number from 1 to 20 or null"."""
    for note in getattr(kind, "__metadata__", ()):
        if getattr(note, "description", None):
            return str(note.description)
    if kind is NoneType:
        return "null"
    if nested_in(kind):
        return "a section"
    return " or ".join(expected(option) for option in get_args(kind))


def kinds_in(model: Any) -> dict[str, Any]:
    """The names and kinds of the settings of a section, or of the arguments of a function."""
    hints = get_type_hints(model, include_extras=True)
    # They include the annotations of pydantic's own classes.
    others = {"return"} if not isinstance(model, type) else {*get_type_hints(BaseModel)}
    return {name: kind for name, kind in hints.items() if name not in others}


def nested_in(kind: Any) -> type[Section] | None:
    """The section that a kind allows, or None."""
    options = [kind, *get_args(kind)]
    return next((o for o in options if isinstance(o, type) and issubclass(o, Section)), None)


def validated(model: type[Section], name: str, values: Mapping[str, Any]) -> Any:
    """Check values, and return them as a section.

    name: The name of the section in messages; empty for none.
    RAISES: DomainVectorsError (DV045) for the first value that is not of its kind.
    """
    for key, value in values.items():
        items = value if isinstance(value, list) else [value]
        if not all(is_text(item) for item in items if isinstance(item, str)):
            raise bad(f"{name}.{key}".strip("."), value, expected(kinds_in(model)[key]))
    try:
        return model(**values)
    except ValidationError as e:
        place = e.errors()[0]["loc"]
    kind: Any = model
    found: Any = values
    path = [name] if name else []
    for part in place:
        section = nested_in(kind)
        if section is None:
            break
        # A setting that is missing is shown as None.
        kind, found = kinds_in(section)[str(part)], found.get(part)
        path.append(str(part))
    raise bad(".".join(path), found, expected(kind))


def check(name: str, value: Any, kind: Any) -> None:
    """Check one value. RAISES: DomainVectorsError (DV045) if it is not of the kind."""
    model = create_model("Value", __base__=Section, value=(kind, ...))
    try:
        model(**{"value": value})
    except ValidationError:
        raise bad(name, value, expected(kind)) from None


def bad(name: str, value: Any, expected: str) -> DomainVectorsError:
    """The error (DV045) for a value that is not what was expected."""
    shown = {"name": name, "value": reprlib.repr(value), "expected": expected}
    return DomainVectorsError(Errors.DV045.format(**shown))


def is_text(value: str) -> bool:
    """Whether a text is not empty, can be the name of a file, and can be written as UTF-8."""
    return bool(value) and not re.search("[\0\ud800-\udfff]", value)


@lru_cache
def arguments_of(function: Callable[..., Any]) -> type[Section]:
    """The arguments of a function as a section."""
    parameters = inspect.signature(function).parameters
    fields: dict[str, Any] = {}
    for name, kind in kinds_in(function).items():
        default = parameters[name].default
        # For pydantic, ... means that there is none.
        fields[name] = (kind, ... if default is inspect.Parameter.empty else default)
    return create_model(function.__name__, __base__=Section, **fields)


def checked(function: Callable[P, T]) -> Callable[P, T]:
    """Make a function check its arguments by their annotations. RAISES: DomainVectorsError (DV045)."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        given = inspect.signature(function).bind(*args, **kwargs).arguments
        validated(arguments_of(function), "", given)
        return function(*args, **kwargs)

    return call
