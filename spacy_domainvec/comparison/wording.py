"""How numbers are said in advice, and the sentences that several rules share."""

from collections.abc import Sequence

from .results import Comparison, Interval
from .routes import NO_CANDIDATES
from .verdict import Verdict, gain_over

# What is not in the learned vectors, see `routes.mapped`.
REST = "the rest is what its weights, centre and map make of the base's"
# What a route is compared with, if anything.
ALONE = ", compared with 0 others: 'base' and 'weighted' were not run"
# A smaller difference of accuracies is little.
WORTH = 0.01


def ranks(found: Interval) -> str:
    """A mean reciprocal rank."""
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def share(found: Interval) -> str:
    """An accuracy."""
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})"


def points(found: Interval) -> str:
    """A difference of accuracies."""
    return f"{100 * found.value:.1f} points ({100 * found.low:.1f} to {100 * found.high:.1f})"


def tested(found: Comparison) -> str:
    """How many texts there are to test with."""
    labels = found.labels
    assert labels is not None
    return f"{labels.n_test:,} {'texts in folds' if labels.n_folds else 'test texts'}"


def texts(shots: int) -> str:
    """The noun for a number of texts."""
    return "text" if shots == 1 else "texts"


def listed(parts: Sequence[str]) -> str:
    """Parts with commas and "and" between them."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def surely(found: Comparison, verdict: Verdict) -> str:
    """Whether another route is surely better than the chosen free one with some number of texts."""
    if verdict.is_off_topic:
        return ""
    others = [route for route in found.routes if route.name not in NO_CANDIDATES]
    gains = [(gain_over(score, verdict.chosen), score.shots, route.title) for route in others for score in route.scores]
    better = [(gain, shots, title) for gain, shots, title in gains if gain and gain.low > 0]
    if not better:
        return " No route is surely better."
    gain, shots, title = max(better, key=lambda found: found[0].value)
    return f" With {shots} {texts(shots)} a label, '{title}' gains {points(gain)}, but not with all numbers of them."


def judgement(what: str, rise: Interval) -> str:
    """What the difference between the last two points of a learning curve tells."""
    if rise.high < WORTH:
        return f"More {what} would help little"
    if rise.low <= 0:
        return f"Whether more {what} would help can't be told"
    return f"More {what} would help"
