"""Which route is chosen: what the rules of advice start from.

A route counts as better than another only if the interval of their difference lies above zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .cautions import is_unrelated
from .results import Comparison, Interval, Route, Score
from .routes import DOMAIN, FREE, NO_CANDIDATES, TFIDF

# From the route that costs least to the dearest, to choose among those that can't be told apart.
CHEAPEST = ("base", "weighted", "tfidf", "domain", "replace", "continue", "fasttext", "pipelines", "taught")


@dataclass(frozen=True)
class Verdict:
    """What the rules start from.

    best: The route that is most accurate on average over the numbers of texts per label.
    chosen: The cheapest of the routes that can't be told from it; no free one that another of them surely
        betters.
    shots: The number of texts per label that sentences name first: where `chosen` gains most.
    is_off_topic: Whether the text is about something else than the labels, and vectors learned from it
        add nothing. Then `chosen` needs no text, whatever the others gain.
    """

    best: Route
    chosen: Route
    shots: int
    is_off_topic: bool


def judged(found: Comparison) -> Verdict | None:
    """Choose a route. None without labels or where all routes have failed."""
    scored = [route for route in found.routes if route.scores and route.name not in NO_CANDIDATES]
    best = next((route for route in scored if route.scores[0].to_best is None), None)
    if best is None:
        return None
    free = _free(scored)
    is_off_topic = free is not None and _is_off_topic(found)
    if free is not None and is_off_topic:
        tfidf = [route for route in scored if route.name == TFIDF]
        better = [route for route in tfidf if _is_surely_better_than(route, free)]
        chosen = [free, *better][-1]
    else:
        equal = [route for route in scored if route is best or not is_worse(route)]
        # The best route may not be told from a free one, and another, which is less accurate, may.
        unbeaten = [route for route in equal if not _is_beaten(route, scored)]
        chosen = min(unbeaten or equal, key=lambda route: CHEAPEST.index(route.name))
    return Verdict(best, chosen, largest_gain(chosen).shots, is_off_topic)


def best_by_halves(found: Comparison) -> Route | None:
    """The route to take by halves of held-out texts; None if none was measured.

    It is the best of those that are surely better than a free one, else the free one. TF-IDF is no
    candidate: the words that it goes by are left out of the halves.
    """
    measured = [r for r in found.routes if r.halves and r.name not in (*NO_CANDIDATES, TFIDF)]
    better = [r for r in measured if r.name not in FREE and (gain := gain_by_halves(r)) and gain.low > 0]
    free = [r for r in measured if r.name in FREE]
    return max(better or free[-1:] or measured, key=_rank, default=None)


def gain_by_halves(route: Route) -> Interval | None:
    """The gain over the base's weighted vectors, or over the base; None if neither was measured."""
    halves = route.halves
    return (halves.to_weighted or halves.to_base) if halves else None


def largest_gain(route: Route) -> Score:
    """The score with the largest gain over the free routes; of equal ones, with the fewest texts."""
    return max(route.scores, key=lambda score: (gain_of(score), -score.shots))


def gain_of(score: Score) -> float:
    """The gain over the base's weighted vectors, or over the base where there is none."""
    gain = score.to_weighted or score.to_base
    return gain.value if gain else 0.0


def gain_over(score: Score, free: Route) -> Interval | None:
    """The gain over a free route."""
    return score.to_weighted if free.name == "weighted" else score.to_base


def is_worse(route: Route) -> bool:
    """Whether a route is surely less accurate than the best one with any number of texts."""
    return any(score.to_best is not None and score.to_best.high < 0 for score in route.scores)


def is_better(route: Route) -> bool:
    """Whether a route is surely more accurate than the best one with any number of texts."""
    return any(score.to_best is not None and score.to_best.low > 0 for score in route.scores)


def row_of(found: Comparison, name: str) -> Route | None:
    """The route of a name; None if it was not run, or has failed."""
    return next((route for route in found.routes if route.name == name and not route.failed), None)


def at(route: Route, shots: int) -> Score:
    """The score of a route with a number of texts per label."""
    return next(score for score in route.scores if score.shots == shots)


def _rank(route: Route) -> float:
    return route.halves.reciprocal_rank.value if route.halves else 0.0


def _is_beaten(route: Route, others: Sequence[Route]) -> bool:
    return route.name in FREE and any(_is_surely_better_than(other, route) for other in others)


def _is_off_topic(found: Comparison) -> bool:
    if found.labels is None or not is_unrelated(found.labels.words):
        return False
    domain = row_of(found, DOMAIN)
    gains = [score.to_mapped for score in domain.scores] if domain else []
    return not any(gain is not None and gain.low > 0 for gain in gains)


def _free(scored: Sequence[Route]) -> Route | None:
    """The free route: "base, weighted" unless it is surely worse than "base"; None if both failed."""
    found = {route.name: route for route in scored if route.name in FREE}
    weighted = found.get("weighted")
    gains = [score.to_base for score in weighted.scores] if weighted else []
    if weighted and not any(gain is not None and gain.high < 0 for gain in gains):
        return weighted
    return found.get("base", weighted)


def _is_surely_better_than(route: Route, free: Route) -> bool:
    gains = [gain for score in route.scores if (gain := gain_over(score, free)) is not None]
    return any(gain.low > 0 for gain in gains) and not any(gain.high < 0 for gain in gains)
