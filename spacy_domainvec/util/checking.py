"""Checking values against kinds that say what is expected, by models of pydantic.

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
    """Settings that stand together."""


def whole(least: int, most: int) -> Any:
    """Whole numbers in a range; neither true, "3" nor 3.0 is one."""
    kind = conint(strict=True, ge=least, le=most)
    return described(kind, f"a whole number from {least:,} to {most:,}")


def number(least: float, most: float) -> Any:
    """Numbers in a range, whole ones too; neither true, "0.5" nor nan is one."""
    whole_ones = conint(strict=True, ge=math.ceil(least), le=math.floor(most))
    others = confloat(strict=True, ge=least, le=most, allow_inf_nan=False)
    return described(whole_ones | others, f"a number from {least:,} to {most:,}")


def one_of(*names: str) -> Any:
    """Some texts."""
    return described(Literal[names], " or ".join(names))


def described(kind: Any, description: str) -> Any:
    """A kind of value that says in messages what it is."""
    return Annotated[kind, Field(description=description)]


def expected(kind: Any) -> str:
    """What a value of a kind is: "a whole number from 1 to 20 or null"."""
    for note in getattr(kind, "__metadata__", ()):
        if getattr(note, "description", None):
            return str(note.description)
    if kind is NoneType:
        return "null"
    if nested_in(kind):
        return "a section"
    return " or ".join(expected(option) for option in get_args(kind))


def kinds_in(model: Any) -> dict[str, Any]:
    """The settings of a section, or the arguments of a function, and their kinds."""
    hints = get_type_hints(model, include_extras=True)
    # Pydantic's own annotations are hints, too.
    others = {"return"} if not isinstance(model, type) else {*get_type_hints(BaseModel)}
    return {name: kind for name, kind in hints.items() if name not in others}


def nested_in(kind: Any) -> type[Section] | None:
    """The section that a setting is, if it is one."""
    options = [kind, *get_args(kind)]
    return next((o for o in options if isinstance(o, type) and issubclass(o, Section)), None)


def validated(model: type[Section], name: str, values: Mapping[str, Any]) -> Any:
    """The values as a section.

    name: Of the section, which messages name; empty for none.
    RAISES: DomainVectorsError (DV045) for the first that is not what it should be.
    """
    for key, value in values.items():
        texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
        if not all(map(is_text, texts)):
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
        kind, found = kinds_in(section)[str(part)], found[part]
        path.append(str(part))
    raise bad(".".join(path), found, expected(kind))


def check(name: str, value: Any, kind: Any) -> None:
    """RAISES: DomainVectorsError (DV045) for a value that is not of a kind."""
    model = create_model("Value", __base__=Section, value=(kind, ...))
    try:
        model(**{"value": value})
    except ValidationError:
        raise bad(name, value, expected(kind)) from None


def bad(name: str, value: Any, expected: str) -> DomainVectorsError:
    """The error (DV045) for a value."""
    shown = {"name": name, "value": reprlib.repr(value), "expected": expected}
    return DomainVectorsError(Errors.DV045.format(**shown))


def is_text(value: str) -> bool:
    """Whether it is not empty, can be the name of a file, and can be written as UTF-8."""
    return bool(value) and not re.search("[\0\ud800-\udfff]", value)


@lru_cache
def arguments_of(function: Callable[..., Any]) -> type[Section]:
    """The arguments of a function as a section."""
    kinds = kinds_in(function)
    given = {name: p.default for name, p in inspect.signature(function).parameters.items()}
    defaults = {name: ... if default is inspect.Parameter.empty else default for name, default in given.items()}
    fields: dict[str, Any] = {name: (kind, defaults[name]) for name, kind in kinds.items()}
    return create_model(function.__name__, __base__=Section, **fields)


def checked(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function check its arguments by their annotations. RAISES: DomainVectorsError (DV045)."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        given = inspect.signature(function).bind(*args, **kwargs).arguments
        validated(arguments_of(function), "", given)
        return function(*args, **kwargs)

    return call
