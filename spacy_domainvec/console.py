"""What the commands show: messages, warnings, progress bars and tables."""

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from wasabi import Printer

from .errors import DomainVectorsWarning
from .evaluate import BASE, BASE_SIF, OURS, Report
from .extras import import_extra
from .training import Progress, no_progress

# A bar that shows up for a moment only disturbs.
BAR_DELAY = 2.0
INTERRUPTED = 130


@contextmanager
def console(silent: bool = False) -> Iterator[Printer]:
    """Show what goes wrong as one line: a user's mistake with exit code 1, an interruption with 130.

    silent: Show nothing but errors.
    YIELDS: What to print with.
    """
    printer = Printer(no_print=silent)
    with warnings.catch_warnings():
        warnings.simplefilter("always", DomainVectorsWarning)
        shown = warnings.showwarning

        def show(message: Any, category: type[Warning], *args: Any, **kwargs: Any) -> None:
            if issubclass(category, DomainVectorsWarning):
                printer.warn(str(message))
            else:
                shown(message, category, *args, **kwargs)

        warnings.showwarning = show
        try:
            yield printer
        except KeyboardInterrupt:
            Printer().fail("Interrupted. Nothing was written.")
            raise typer.Exit(INTERRUPTED) from None
        except (ValueError, OSError) as e:
            if not _is_a_users(e):
                raise
            Printer().fail(" ".join(str(e).split()))
            raise typer.Exit(1) from None


def progress_bars(silent: bool = False) -> Progress:
    """Progress bars for what takes more than two seconds; none where nobody watches."""
    if silent or not sys.stderr.isatty():
        return no_progress
    tqdm = import_extra("tqdm", "training").tqdm

    def bar(steps: Iterable[Any], description: str, total: int | None = None) -> Iterable[Any]:
        return tqdm(steps, desc=description, total=total, delay=BAR_DELAY, leave=False)  # type: ignore[no-any-return]

    return bar


def show_report(printer: Printer, report: Report) -> None:
    """Print a report as a table a person understands: the base against the extended pipeline."""
    rows: list[tuple[str, str, str, str]] = []
    for k, scores in (report.few_shot or {}).items():
        cells = [f"{scores[way]:.1%}" if way in scores else "-" for way in (BASE, BASE_SIF, OURS)]
        rows.append((f"accuracy, {k} texts a label", *cells))
    for name, rho in report.similarity.items():
        rows.append((f"similarity, {name}", f"{rho[BASE]:.3f}", "", f"{rho[OURS]:.3f}"))
    if report.coverage:
        rows.append(("words with a vector", f"{report.coverage[BASE]:.2%}", "", f"{report.coverage[OURS]:.2%}"))
    if report.microseconds:
        rows.append(
            ("microseconds a token", f"{report.microseconds[BASE]:.2f}", "", f"{report.microseconds[OURS]:.2f}")
        )
    rows.append(("seconds to load", f"{report.load_seconds[BASE]:.2f}", "", f"{report.load_seconds[OURS]:.2f}"))
    if report.megabytes:
        rows.append(("MB on disk", f"{report.megabytes[BASE]:.1f}", "", f"{report.megabytes[OURS]:.1f}"))
    header = ("", BASE, BASE_SIF, OURS)
    printer.table(rows, header=header, divider=True, aligns=("l", "r", "r", "r"))
    if report.few_shot:
        printer.text(f"{BASE_SIF}: the base's own rows, scaled to unit length and weighted; what lies above is the domain's.")


def _is_a_users(error: Exception) -> bool:
    return isinstance(error, OSError) or error.__class__.__module__.startswith(__package__)


def show_neighbors(printer: Printer, word: str, columns: dict[str, list[tuple[str, float]]]) -> None:
    """Print the neighbours of a word side by side."""
    height = max(len(found) for found in columns.values())
    cells = [[f"{other}  {cosine:.2f}" for other, cosine in found] for found in columns.values()]
    rows = [[column[i] if i < len(column) else "" for column in cells] for i in range(height)]
    printer.divider(word)
    printer.table(rows, header=list(columns), divider=True)
