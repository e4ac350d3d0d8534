"""All settings and what they say that they take, read as anybody reads it: to hold the schema to its word."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from inspect import Parameter, signature

from spacy.util import registry

from spacy_domainvec.build.settings import SECTIONS
from spacy_domainvec.util.checking import arguments_of, expected, kinds_in, nested_in
from spacy_domainvec.util.registered import COMBINERS, MAPS, TEACHERS, TRAINERS

NUMBERS = re.compile(r"(a|a whole|a list of) numbers? from (\S+) to (\S+)")
WORDS = {"null": None, "true": True, "false": False}
TEXT, TEXTS, SECTION = "a text that is not empty", "a list of such texts", "a section"


@dataclass(frozen=True)
class Setting:
    """One setting.

    name: Dotted.
    description: What it takes.
    beside: What must be set for it to be there.
    """

    name: str
    description: str
    beside: dict[str, str] = field(default_factory=dict)


def all_settings() -> Iterator[Setting]:
    for section, kind in SECTIONS.items():
        for name, setting in kinds_in(kind).items():
            nested = nested_in(setting)
            if nested is None:
                yield Setting(f"{section}.{name}", expected(setting))
            for deeper, described in kinds_in(nested).items() if nested else ():
                yield Setting(f"{section}.{name}.{deeper}", expected(described))
    for section, functions in {"trainer": TRAINERS, "combine": COMBINERS, "map": MAPS, "teacher": TEACHERS}.items():
        for function in functions:
            made = registry.get("misc", function)
            beside = {f"{section}.@misc": function}
            beside |= {f"{section}.{name}": "x" for name in signature(made).parameters if _is_needed(made, name)}
            for name, setting in kinds_in(arguments_of(made)).items():
                yield Setting(f"{section}.{name}", expected(setting), beside)


def _is_needed(function: Callable[..., object], name: str) -> bool:
    return signature(function).parameters[name].default is Parameter.empty


def is_one(value: object, description: str) -> bool:
    """Whether a value is what a description says."""
    return any(_is(value, part) for part in description.split(" or "))


def ends_of(part: str) -> tuple[str, float, float] | None:
    """What kind of numbers a description tells of, and the least and the largest."""
    found = NUMBERS.fullmatch(part)
    return (found[1], *(float(end.replace(",", "")) for end in found.groups()[1:])) if found else None


def _is(value: object, part: str) -> bool:
    if found := ends_of(part):
        kind, least, most = found
        if kind == "a list of":
            return isinstance(value, list) and all(
                _is(item, part.replace("a list of numbers", "a number")) for item in value
            )
        return type(value) in ((int,) if kind == "a whole" else (int, float)) and least <= value <= most
    if part == TEXTS:
        return isinstance(value, list) and all(_is(item, TEXT) for item in value)
    if part == TEXT:
        return isinstance(value, str) and value != "" and not re.search("[\0\ud800-\udfff]", value)
    return value is WORDS[part] if part in WORDS else type(value) is str and value == part
