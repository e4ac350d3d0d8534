"""The registered functions that a config may name; others are refused, as a name in data runs code."""

import re
from collections.abc import Mapping
from typing import Any

from ..errors import DomainVectorsError, Errors

TRAINERS = ("spacy_domainvec.FastText.v1", "spacy_domainvec.PpmiSvd.v1", "spacy_domainvec.Word2Vec.v1")
COMBINERS = ("spacy_domainvec.Average.v1", "spacy_domainvec.Concat.v1", "spacy_domainvec.DomainOnly.v1")
MAPS = ("spacy_domainvec.DocumentMap.v1",)
TEACHERS = ("spacy_domainvec.SentenceEncoder.v1",)
# Sections that @misc = null turns off.
OPTIONAL = ("map", "teacher")
REGISTRY = "@misc"
# Other characters in a key could end a section of the config and begin another.
KEY = re.compile(r"[\w-]+")


def allowed_functions(section: str) -> tuple[str, ...]:
    """The names that a section may give with @misc; there are none for most sections."""
    if section == "combine":
        return COMBINERS
    if section == "map":
        return MAPS
    if section == "teacher":
        return TEACHERS
    parent, _, name = section.partition(".")
    is_trainer = section == "trainer" or (parent == "more_trainers" and name and "." not in name)
    return TRAINERS if is_trainer else ()


def check_functions(config: Mapping[str, Any]) -> None:
    """See that a config names no function but this package's, each in its place.

    These are trainers, combiners, maps and teachers.

    config: A config, nested to any depth, with its variables filled in.
    RAISES: DomainVectorsError (DV088).
    """
    _check("", config)


def _check(section: str, values: Any) -> None:
    if isinstance(values, Mapping):
        for key, value in values.items():
            _check_entry(section, key, value)
            _check(f"{section}.{key}" if section else str(key), value)
    elif isinstance(values, list | tuple):
        for value in values:
            _check(f"{section}.*", value)
    elif isinstance(values, str) and "${" in values:
        raise _refused(section, values, "a variable")


def _check_entry(section: str, key: Any, value: Any) -> None:
    if key == REGISTRY:
        is_off = section in OPTIONAL and value is None
        if not is_off and value not in allowed_functions(section):
            raise _refused(section, value, "a function that is none of its own")
    elif not isinstance(key, str) or not KEY.fullmatch(key):
        raise _refused(section, key, "no plain name")


def _refused(section: str, key: Any, why: str) -> DomainVectorsError:
    allowed = ", ".join(allowed_functions(section)) or "plain values"
    shown = {"key": key, "section": section or "config", "why": why, "allowed": allowed}
    return DomainVectorsError(Errors.DV088.format(**shown))
