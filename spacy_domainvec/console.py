"""The output of the commands: messages, warnings, progress bars and tables."""

import errno
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import typer
from wasabi.tables import table
from wasabi.util import locale_escape

from .build.update import Changes
from .comparison.results import Comparison
from .comparison.written import cells, described
from .errors import DomainVectorsError, DomainVectorsWarning, Errors
from .evaluation.neighbors import MEAN, Neighbors
from .evaluation.report import BASE, BASE_SIF, OURS, Report
from .evaluation.sizes import Size
from .files.replacing import coded
from .table.answers import SUBWORD
from .util.extras import import_extra
from .util.progress import Progress, no_progress

# A bar that is shown for a moment only disturbs.
BAR_DELAY = 2.0
SIF_NOTE = f"{BASE_SIF}: the base's rows, of unit length and weighted, which costs nothing."
INTERRUPTED = 130
# The number of new words, and of moved words, to name.
SHOWN = 10
KNEE = "<- knee"
SIZES_NOTE = """\
fit: mean cosine between a token's vector from this table and from the whole one, over text of this kind; each token
counts as much as in a mean vector, where rare words weigh more. of tokens: the same, where all tokens count alike.
text covered: share of tokens with rows of their own. Others have the base's vector, or one from subwords.
Above the knee, a larger table gains little. To build with the settings of a line: --storage.max_rows,
--storage.dtype, --storage.subwords.n_rows; or --storage.max_mb."""


@dataclass(frozen=True)
class Console:
    """Prints with the marks and colours of spaCy's own commands.

    Each message is on one line, so that it can be copied or grepped.

    silent: Whether to print nothing but errors.
    """

    silent: bool = False

    def good(self, message: str) -> None:
        """Print that something was made."""
        if not self.silent:
            _print("✔", message, "green")

    def show(self, text: str) -> None:
        """Print a table or other text as it is."""
        if not self.silent:
            typer.echo(locale_escape(text))

    def warn(self, message: str) -> None:
        """Print a warning, on standard error."""
        if not self.silent:
            _print("⚠", message, "yellow", err=True)

    def fail(self, message: str) -> None:
        """Print an error, on standard error."""
        _print("✘", " ".join(message.split()), "red", err=True)


@contextmanager
def console(silent: bool = False, output: Path | None = None) -> Iterator[Console]:
    """Print errors and warnings as one line each. An error ends with exit code 1, Ctrl-C with 130.

    silent: Whether to print nothing but errors.
    output: The output of the command, if any.
    YIELDS: A console to print with.
    """
    printer, before = Console(silent), _state(output)
    with warnings.catch_warnings():
        warnings.simplefilter("always", DomainVectorsWarning)

        def show(message: Any, category: type[Warning], *args: Any, **kwargs: Any) -> None:
            # Warnings of libraries are shown without their line of code, which would look like a crash.
            prefix = "" if issubclass(category, UserWarning) else f"{category.__name__}: "
            printer.warn(" ".join(f"{prefix}{message}".split()))

        warnings.showwarning = show
        try:
            yield printer
        except KeyboardInterrupt:
            printer.fail(_interrupted(output, before))
            raise typer.Exit(INTERRUPTED) from None
        except DomainVectorsError as e:
            printer.fail(str(e))
            raise typer.Exit(1) from None
        except MemoryError as e:
            printer.fail(Errors.DV078.format(why=e if str(e) else "no more could be had"))
            raise typer.Exit(1) from None
        except OSError as e:
            # The reader of the output has closed it, as `head` does: typer ends quietly.
            if e.errno == errno.EPIPE:
                raise
            printer.fail(str(coded(e)))
            raise typer.Exit(1) from None


def progress_bars(silent: bool = False) -> Progress:
    """Progress bars for iterations of more than two seconds; none if standard error is no terminal."""
    if silent or not sys.stderr.isatty():
        return no_progress
    tqdm = import_extra("tqdm", "training").tqdm

    def bar(steps: Iterable[Any], description: str, total: int | None = None) -> Iterable[Any]:
        return tqdm(steps, desc=description, total=total, delay=BAR_DELAY, leave=False)

    return bar


def report_table(report: Report) -> str:
    """A report as a table for people: the base against the extended pipeline."""
    rows: list[tuple[str, ...]] = []
    for k, scores in (report.few_shot or {}).items():
        cells = [f"{scores[way]:.1%}" if way in scores else "-" for way in (BASE, BASE_SIF, OURS)]
        rows.append((f"accuracy, {k} texts a label", *cells))
    for name, rho in report.similarity.items():
        rows.append((f"similarity, {name}", f"{rho[BASE]:.3f}", "", f"{rho[OURS]:.3f}"))
    figures = [
        ("words with a vector", report.coverage, "{:.2%}"),
        ("microseconds a token", report.microseconds, "{:.2f}"),
        ("seconds to load", report.load_seconds, "{:.2f}"),
        ("MB on disk", report.megabytes, "{:.1f}"),
    ]
    for name, values, form in figures:
        if values:
            rows.append((name, form.format(values[BASE]), "", form.format(values[OURS])))
    shown = table(rows, header=("", BASE, BASE_SIF, OURS), divider=True, aligns=("l", "r", "r", "r"))
    notes = [SIF_NOTE] if report.few_shot else []
    if not report.similarity:
        no_pairs = f"no set of word pairs is at hand for '{report.lang}'"
        notes.append(f"General similarity was not measured: {no_pairs}.")
    return shown + "".join(f"{note}\n" for note in notes)


def neighbors_table(found: Neighbors) -> str:
    """The neighbours of a word side by side, below the word and the long form of an acronym."""
    columns = (found.base, found.dvec)
    cells = [[f"{other}  {cosine:.2f}" for other, cosine in column] for column in columns]
    title = f"{found.word} ({found.long_form})" if found.long_form else found.word
    if found.source == SUBWORD:
        title += ": no row of its own, so by its spelling"
    elif found.source == MEAN:
        title += ": no phrase of the table, so the mean of its words"
    rows = list(zip_longest(*cells, fillvalue=""))
    return f"{title}\n{table(rows, header=[BASE, OURS], divider=True)}"


def comparison_text(found: Comparison) -> str:
    """A comparison for people: the table of routes, why some failed, the warnings, the advice."""
    header, rows = cells(found)
    aligns: list[Any] = ["l", *["r"] * (len(header) - 1)]
    lines = described(found)
    lines += [f"{route.title}: not run. {route.failed}" for route in found.routes if route.failed]
    lines += [f"Warning: {sentence}" for sentence in found.warnings]
    lines += ["", *found.advice] if found.advice else []
    shown = table(rows, header=header, divider=True, aligns=aligns)
    return shown + "".join(f"{line}\n" for line in lines)


def changes_text(changes: Changes) -> str:
    """The changes by new text, in three lines."""
    new = ", ".join(changes.new_words[:SHOWN])
    if len(changes.new_words) > SHOWN:
        new += ", ..."
    moved = ", ".join(f"{word} {cosine:.2f}" for word, cosine in changes.moved[:SHOWN])
    return f"""\
New words: {len(changes.new_words):,}{f" ({new})" if new else ""}
Moved most: {moved or "none"}
Mean cosine of a word's vectors before and now: {changes.mean_cosine:.3f}, of words that the new texts do not have: \
{changes.unchanged_cosine:.3f}"""


def sizes_table(sizes: Sequence[Size], shots: int) -> str:
    """Sizes as a table, the largest first, with the knee marked."""
    similarity = list(sizes[0].similarity)
    header = ["MB", "rows", "stored as", "subwords", "fit", "of tokens", "text covered", *similarity]
    has_accuracy = sizes[0].accuracy is not None
    rows = []
    for size in sizes:
        plan = size.plan
        cells = [
            f"{size.megabytes:.1f}",
            f"{plan.n_rows:,}",
            plan.dtype if plan.n_rows else "-",
            f"{plan.n_subwords:,}",
        ]
        cells += [f"{size.fit:.3f}", f"{size.fit_of_tokens:.3f}", f"{size.coverage:.1%}"]
        cells += [f"{size.similarity[name]:.3f}" for name in similarity]
        cells += [f"{size.accuracy:.1%}"] if size.accuracy is not None else []
        rows.append([*cells, KNEE if size.is_knee else ""])
    header += [f"{shots} texts a label"] if has_accuracy else []
    aligns: list[Any] = ["r"] * len(header) + ["l"]
    shown = table(rows, header=[*header, ""], divider=True, aligns=aligns)
    return f"{shown}{SIZES_NOTE}\n"


def _state(output: Path | None) -> tuple[int, ...] | None:
    """The id of the file or folder at a path, which changes when it is replaced."""
    try:
        found = output.stat() if output is not None else None
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if found else None


def _interrupted(output: Path | None, before: tuple[int, ...] | None) -> str:
    if output is None:
        return "Interrupted."
    if _state(output) == before:
        return "Interrupted: the output was not written."
    return f"Interrupted, but the output was written before: {output}"


def _print(mark: str, message: str, colour: str, err: bool = False) -> None:
    typer.secho(locale_escape(f"{mark} {message}"), fg=colour, err=err)
