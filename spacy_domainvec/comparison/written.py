"""A comparison in sentences and as the cells of a table, and what Markdown needs to show them."""

import re
from collections.abc import Iterable, Sequence

from .results import Comparison, Interval, Route

SPECIAL = re.compile(r"[\\`*_{}\[\]<>|#&~]")
# What makes a list or a line across the page of a line that starts with it.
START = re.compile(r"^(?:[-+]|\d{1,9}[.)])(?=[ -]|$)")


def described(comparison: Comparison) -> list[str]:
    """The texts, the labels and how they were used, in sentences."""
    text, labels = comparison.text, comparison.labels
    size = f"{text.n_tokens:,} tokens of {text.n_texts:,} texts"
    said = [f"The text: {size}, {text.n_words:,} distinct words."]
    if labels:
        how = f"{labels.n_folds} folds of them" if labels.n_folds else f"{labels.n_test:,} test texts"
        said.append(
            f"The labels: {labels.n_labels} on {labels.n_train:,} texts, tested on {how}. Always "
            f"guessing the most frequent one is right for {labels.majority:.1%}. Accuracy is that of a logistic "
            f"regression, mean of {labels.n_draws} draws of training texts."
        )
    sampled = "other draws and other test texts" if labels else "other held-out texts"
    paired = "Gains are paired: the same draws and test texts for both." if labels else ""
    return [*said, f"Intervals hold 95 % of what {sampled} would give. {paired}".rstrip()]


def title_line(route: Route) -> str:
    """A route and what it does, or why it could not be run."""
    failed = f" It could not be run: {route.failed}" if route.failed else ""
    return f"{route.title}: {route.what}.{failed}"


def cells(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of the table of routes."""
    routes = comparison.routes
    shots = next(([score.shots for score in route.scores] for route in routes if route.scores), [])
    sets = next((list(route.similarity) for route in routes if route.similarity), [])
    middle = (len(shots) - 1) // 2
    header = ["route", *(f"{k} a label" for k in shots)]
    header += [f"gain at {shots[middle]}"] if shots else []
    has_halves = any(route.halves for route in routes)
    header += ["halves found", "mean reciprocal rank"] if has_halves else []
    header += [*sets, "own", "spelled", "none", "width", "training s", "load s", "MB", "us a token"]
    rows = []
    for route in routes:
        if route.failed:
            rows.append([route.title, *["-"] * (len(header) - 1)])
            continue
        row = [route.title, *(f"{score.accuracy.value:.1%}" for score in route.scores)]
        row += [gain(route.scores[middle].to_weighted)] if shots else []
        if has_halves:
            found = route.halves
            row.append(f"{found.recall.value:.1%}" if found else "-")
            row.append(f"{found.reciprocal_rank.value:.3f}" if found else "-")
        row += [f"{route.similarity[name]:.3f}" if name in route.similarity else "-" for name in sets]
        covered = route.coverage
        shares = (covered.own, covered.spelling, covered.none) if covered else (None,) * 3
        row += ["-" if share is None else f"{share:.1%}" for share in shares]
        costs = route.costs
        figures = [(costs.train_seconds, 1), (costs.load_seconds, 1)]
        figures += [(costs.megabytes, 1), (costs.microseconds, 2)]
        shown = ["-" if number is None else f"{number:.{digits}f}" for number, digits in figures]
        rows.append([*row, str(route.width), *shown])
    return header, rows


def gain(found: Interval | None) -> str:
    """A difference of accuracies in points, with its interval."""
    if found is None:
        return "-"
    return f"{100 * found.value:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f})"


def escaped(text: str) -> str:
    """Text that Markdown and HTML show as it is, on one line, also where a line starts."""
    line = SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))
    return START.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", line)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], n_left: int = 1) -> list[str]:
    """A table of Markdown. n_left: How many columns, from the first, hold text; others hold numbers."""
    lines = [header, ["---" if i < n_left else "---:" for i in range(len(header))], *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
