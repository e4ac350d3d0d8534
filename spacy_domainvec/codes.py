"""How a message gets its code."""

from typing import Any


class WithCodes(type):
    """Prefix each message of a class with the name of its attribute, as spaCy's own errors do."""

    def __getattribute__(cls, code: str) -> Any:
        message = super().__getattribute__(code)
        return f"[{code}] {message}" if code.startswith("DV") else message
