"""Arguments of the commands: help that several share; parsing and checking that typer does not offer."""

from pathlib import Path
from typing import Any

import typer
from click import ClickException

from .util.compat import parse_spacy_overrides
from .util.registered import REGISTRY, TEACHERS

SILENT_HELP = "Print nothing but errors"
CONFIG_HELP = "Config file with the settings that differ from the defaults"
CORPUS_HELP = "Files, folders, globs, addresses, or - for standard input"
MEMORY_HELP = "Memory of all processes for counting, such as 500MB; on a cluster, of each worker"
N_JOBS_HELP = "Processes for reading and counting; -1 for all cores"
TEACHER_HELP = "Fit rows to this sentence encoder: a folder, or a name on huggingface.co, see docs/teacher.md"
MADE_FOR_HELP = "The pipeline that the table was made for. Default: as in its meta"


def check_both(labelled: Path | None, test: Path | None) -> None:
    """RAISES: typer.BadParameter if only one of the two files is given."""
    if (labelled is None) != (test is None):
        raise typer.BadParameter("give --labelled and --test, or neither of them")


def check_labelled(labelled: Path | None, test: Path | None) -> None:
    """RAISES: typer.BadParameter for texts to test with and none to learn from."""
    if test is not None and labelled is None:
        raise typer.BadParameter("give --labelled, too: --test alone has nothing to learn from")


def teacher_settings(name: str | None) -> dict[str, Any]:
    """The overrides that --teacher stands for."""
    return {} if name is None else {f"teacher.{REGISTRY}": TEACHERS[0], "teacher.name": name}


def parse_overrides(args: list[str]) -> dict[str, Any]:
    """Read --dotted.names and their values, as spaCy does. RAISES: typer.BadParameter."""
    for arg, before in zip(args, ["", *args]):
        if not arg.startswith("--") and (not before.startswith("--") or "=" in before):
            raise typer.BadParameter(f"'{arg}' is one argument too many")
    try:
        return parse_spacy_overrides(args)
    except ClickException as e:
        # typer may use a copy of click of its own, which does not know this error.
        raise typer.BadParameter(e.format_message()) from None


def split_overrides(args: list[str]) -> tuple[list[str], dict[str, Any]]:
    """Separate --dotted.names and their values from positional arguments: typer puts both into one list.

    RETURNS: The positional arguments, and the values of the names.
    RAISES: typer.BadParameter for an option without a dot, or without any positional argument.
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
