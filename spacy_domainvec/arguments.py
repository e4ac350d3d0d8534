"""Arguments of the commands that typer does not understand by itself."""

from pathlib import Path
from typing import Any

import typer
from click import ClickException

from .util.compat import parse_spacy_overrides


def check_both(labelled: Path | None, test: Path | None) -> None:
    """RAISES: typer.BadParameter where only one of two files is given."""
    if (labelled is None) != (test is None):
        raise typer.BadParameter("give --labelled and --test, or neither of them")


def parse_overrides(args: list[str]) -> dict[str, Any]:
    """Read --dotted.names and their values, as spaCy does. RAISES: typer.BadParameter."""
    for arg, before in zip(args, ["", *args]):
        if not arg.startswith("--") and (not before.startswith("--") or "=" in before):
            raise typer.BadParameter(f"'{arg}' is one argument too many")
    try:
        return parse_spacy_overrides(args)
    except ClickException as e:
        # typer may carry a click of its own, which does not know the errors of the other.
        raise typer.BadParameter(e.format_message()) from None


def split_overrides(args: list[str]) -> tuple[list[str], dict[str, Any]]:
    """Tell --dotted.names and their values from positional arguments, as typer puts both into one list.

    RAISES: typer.BadParameter for an option without a dot, and where nothing is left to read.
    """
    positional: list[str] = []
    options: list[str] = []
    todo = list(args)
    while todo:
        arg = todo.pop(0)
        if not arg.startswith("--"):
            positional.append(arg)
            continue
        options.append(arg)
        if "=" not in arg and todo and not todo[0].startswith("--"):
            options.append(todo.pop(0))
    overrides = parse_overrides(options)
    if not positional:
        raise typer.BadParameter("give at least one file, folder or glob")
    return positional, overrides
