"""All texts of a result, changed at once before it is written."""

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

SURROGATES = re.compile(r"[\ud800-\udfff]")


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """A dataclass, list or dict with each text in it changed, at any depth. Other values stay as they are."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [with_texts(one, change) for one in value]
    if isinstance(value, dict):
        return {with_texts(name, change): with_texts(one, change) for name, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: with_texts(getattr(value, one.name), change) for one in fields(value)})
    return value


def encodable(text: str) -> str:
    """Text as UTF-8 can hold it: a byte of a file name that is none of UTF-8 becomes U+FFFD."""
    return SURROGATES.sub("\ufffd", text)


def cut(text: str, longest: int) -> str:
    """Text with an ellipsis in place of what is too long."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
