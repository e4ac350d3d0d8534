"""Advice: plain sentences by rules, each with the numbers that it rests on.

A rule is a function from a comparison to a sentence, or to None where it has nothing to say. A route counts as better
than another only if the interval of their difference lies above zero.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .results import Comparison, Interval, Route, Score
from .routes import ENCODER, FREE, TFIDF

# From the route that costs least to that which costs most, to choose among those that can't be told apart.
CHEAPEST = ("base", "weighted", "tfidf", "domain", "replace", "continue", "fasttext", "pipelines", "taught")
NOTHING = "No route could be run, so 0 routes can be compared: see why in the table."
# Spearman's rho of the orders of 8 routes by halves and by labels, see tests/benchmarks/label_free.py.
AGREEMENT = {"complaints, and questions to a bank": 0.93, "product reviews": 0.86}
# A fall of Spearman's rho that is told.
FORGOTTEN = 0.02
# A difference of accuracies that is told as a further gain.
WORTH = 0.01


@dataclass(frozen=True)
class Verdict:
    """What the rules start from.

    best: The route that is most accurate on average over the numbers of texts per label.
    chosen: The cheapest of the routes that can't be told from it.
    free: The better of the routes that cost nothing; None if both have failed.
    shots: The number of texts per label that sentences name first: that with the largest gain of `chosen`.
    """

    best: Route
    chosen: Route
    free: Route | None
    shots: int


def advice(found: Comparison) -> list[str]:
    """The sentences, most important first."""
    if found.labels is None:
        return without_labels(found)
    verdict = judged(found)
    if verdict is None:
        return [NOTHING]
    said = [rule(found, verdict) for rule in RULES]
    return [sentence for sentence in said if sentence]


def judged(found: Comparison) -> Verdict | None:
    """Choose a route. None without labels or where all routes have failed."""
    scored = [route for route in found.routes if route.scores and route.name != ENCODER]
    best = next((route for route in scored if route.scores[0].to_best is None), None)
    if best is None:
        return None
    equal = [route for route in scored if route is best or not _is_worse(route)]
    chosen = min(equal, key=lambda route: CHEAPEST.index(route.name))
    free = [route for route in scored if route.name in FREE]
    # "base, weighted" is the better one unless it is surely worse than "base".
    free = sorted(free, key=lambda route: route.name == "weighted" and not _is_surely_worse_than_base(route))
    gains = [(_gain(score), -score.shots) for score in chosen.scores]
    return Verdict(best, chosen, free[-1] if free else None, -max(gains)[1])


def without_labels(found: Comparison) -> list[str]:
    """What halves of held-out texts tell, and how far that can be trusted.

    TF-IDF is no candidate: the words that it goes by are left out of the halves.
    """
    halves = {route.name: route.halves for route in found.routes if route.halves and route.name not in (ENCODER, TFIDF)}
    if not halves:
        return [NOTHING]
    best = max(halves, key=lambda name: halves[name].reciprocal_rank.value)
    gain = halves[best].to_weighted or halves[best].to_base
    if best not in FREE and (gain is None or gain.low <= 0):
        best = next((name for name in reversed(FREE) if name in halves), best)
    title = next(route.title for route in found.routes if route.name == best)
    rank = halves[best].reciprocal_rank
    said = f"the halves of {halves[best].n_texts:,} held-out texts find each other with a mean reciprocal rank of"
    more = f", {_ranks(gain)} more than with the base's vectors" if gain and best not in FREE else ""
    none = ", and no route is surely better" if best in FREE else ""
    verb = "Keep" if best in FREE else "Without labels, take"
    correlations = _and([f"{rho:.2f} ({data})" for data, rho in AGREEMENT.items()])
    return [
        f"{verb} '{title}': {said} {_ranks(rank)}{more}{none}.",
        "How far to trust this: where labels were at hand, the orders of 8 routes by this check and by accuracy had a "
        f"rank correlation of {correlations}. It tells no accuracy, nor whether TF-IDF does as well: --labelled does.",
    ]


def which(found: Comparison, verdict: Verdict) -> str | None:
    """Which route, by how much, and how sure."""
    chosen, score = verdict.chosen, _at(verdict.chosen, verdict.shots)
    given = f"with {score.shots} {_texts(score.shots)} a label, {_share(score.accuracy)} of {_tested(found)} are right"
    if chosen.name == "base":
        return f"Keep the base: {given}, and no route is surely better."
    if chosen.name == "weighted":
        gain = f", {_points(score.to_base)} more than with doc.vector" if score.to_base else ""
        return f"Keep the base, its vectors weighted, which costs nothing: {given}{gain}. No route is surely better."
    if chosen.name == TFIDF:
        gain = f", {_points(score.to_weighted)} more than with the base's weighted vectors" if score.to_weighted else ""
        return f"Keep the base, and classify with TF-IDF, as no vectors are surely better: {given}{gain}."
    gains = []
    if score.to_weighted:
        gains.append(f"{_points(score.to_weighted)} more than with the base's vectors weighted")
    if score.to_base:
        gains.append(f"{_points(score.to_base)} more than with doc.vector")
    return f"Take '{chosen.title}': {', '.join([given, *gains])}."


def noise(found: Comparison, verdict: Verdict) -> str | None:
    """What so few test texts can't tell."""
    if verdict.best is verdict.chosen or found.labels is None:
        return None
    difference = _at(verdict.chosen, verdict.shots).to_best
    if difference is None:
        return None
    gain = f"{_points(_turned(difference))} with {verdict.shots} {_texts(verdict.shots)} a label"
    of_what = f"{_tested(found)} and {found.labels.n_draws} draws"
    return f"The gain of '{verdict.best.title}' is within the noise of your {of_what}: {gain}."


def resolution(found: Comparison, verdict: Verdict) -> str | None:
    """The differences that the test texts can show."""
    if found.labels is None:
        return None
    widths = [
        (score.to_best.high - score.to_best.low) / 2
        for route in found.routes
        for score in route.scores
        if score.to_best is not None and score.shots == verdict.shots
    ]
    width = sorted(widths)[len(widths) // 2] if widths else 0.0
    if not width:
        return None
    return f"Your {_tested(found)} can't tell differences of less than about {100 * width:.1f} points from noise."


def rivals(found: Comparison, verdict: Verdict) -> str | None:
    """Routes that cost more and can't be told from the chosen one, or from which it can't be told."""
    if verdict.best is not verdict.chosen:
        return None
    equal = [
        route.title
        for route in found.routes
        if route.scores and route.name != ENCODER and route is not verdict.chosen and not _is_worse(route)
    ]
    return f"It can't be told from {_and(equal)} on these texts, and costs less." if equal else None


def more_labels_shrink_it(found: Comparison, verdict: Verdict) -> str | None:
    """How the gain changes with the number of texts per label."""
    first, last = verdict.chosen.scores[0], verdict.chosen.scores[-1]
    if verdict.chosen.name in FREE or first is last or not first.to_weighted or not last.to_weighted:
        return None
    gains = f"{_points(first.to_weighted)} with {first.shots} texts a label and {_points(last.to_weighted)}"
    return f"The gain over the base's vectors weighted is {gains} with {last.shots}."


def tfidf_from(found: Comparison, verdict: Verdict) -> str | None:
    """From how many texts per label on TF-IDF does as well."""
    scores = next((route.scores for route in found.routes if route.name == TFIDF), [])
    equal: list[Score] = []
    for score in reversed(scores):
        if score.to_best is None or score.to_best.high < 0:
            break
        equal.insert(0, score)
    if verdict.chosen.name == TFIDF or not equal:
        return None
    first = equal[0]
    said = f"TF-IDF, which needs no vectors, can't be told from '{verdict.best.title}'"
    return f"With {first.shots} {_texts(first.shots)} a label or more, {said}: {_share(first.accuracy)}."


def costs(found: Comparison, verdict: Verdict) -> str | None:
    """What the chosen route costs."""
    chosen = verdict.chosen
    if chosen.name in FREE or chosen.name == TFIDF:
        return None
    said = []
    if chosen.costs.train_seconds is not None:
        said.append(f"{chosen.costs.train_seconds:,.0f} seconds of training")
    base = next((route for route in found.routes if route.name == "base"), None)
    if base and chosen.costs.megabytes and base.costs.megabytes:
        said.append(f"{chosen.costs.megabytes:,.1f} MB on disk (the base {base.costs.megabytes:,.1f})")
    if base and chosen.costs.microseconds and base.costs.microseconds:
        said.append(f"{chosen.costs.microseconds:.2f} microseconds a token (the base {base.costs.microseconds:.2f})")
    return f"It costs {_and(said)}." if said else None


def forgotten(found: Comparison, verdict: Verdict) -> str | None:
    """Whether general English words have lost their similarities."""
    base = next((route for route in found.routes if route.name == "base"), None)
    chosen = verdict.chosen
    if base is None or chosen.name in FREE or not chosen.similarity or not base.similarity:
        return None
    changes = [f"{name} {base.similarity[name]:.3f} to {rho:.3f}" for name, rho in chosen.similarity.items()]
    lost = any(rho < base.similarity[name] - FORGOTTEN for name, rho in chosen.similarity.items())
    verb = "forgets part of" if lost else f"loses no more than {FORGOTTEN} of"
    return f"It {verb} the similarities of general English words: {_and(changes)}."


def more_labels(found: Comparison, verdict: Verdict) -> str | None:
    """Whether more labels would help, and more than the route does."""
    scores = verdict.chosen.scores
    if len(scores) < 2:
        return None
    before, last = scores[-2:]
    rise, gain = last.accuracy.value - before.accuracy.value, _gain(last)
    said = f"from {before.shots} to {last.shots} texts a label, accuracy changes by {100 * rise:+.1f} points"
    if rise < WORTH:
        return f"More labels would help little: {said}."
    is_more = verdict.chosen.name not in FREE and rise > gain > 0
    return f"More labels would help: {said}{f', more than the route gains, {100 * gain:.1f}' if is_more else ''}."


def more_text(found: Comparison, verdict: Verdict) -> str | None:
    """Whether more text would help, by the learning curve."""
    if len(found.text_curve) < 2:
        return None
    before, last = found.text_curve[-2:]
    rise = 100 * (last.accuracy.value - before.accuracy.value)
    said = f"from {before.n_tokens:,} to {last.n_tokens:,} tokens, 'domain vectors' change by {rise:+.1f} points"
    return f"More text would help: {said}." if rise >= 100 * WORTH else f"More text would help little: {said}."


def encoder(found: Comparison, verdict: Verdict) -> str | None:
    """How far the encoder itself is."""
    scores = next((route.scores for route in found.routes if route.name == ENCODER), [])
    score = next((score for score in scores if score.shots == verdict.shots), None)
    if score is None:
        return None
    there = f"is right for {_share(score.accuracy)} with {score.shots} {_texts(score.shots)} a label"
    return f"The encoder itself {there}, and has to run for every text."


RULES: Sequence[Callable[[Comparison, Verdict], str | None]] = (
    which,
    noise,
    rivals,
    more_labels_shrink_it,
    resolution,
    tfidf_from,
    costs,
    forgotten,
    more_labels,
    more_text,
    encoder,
)


def _is_worse(route: Route) -> bool:
    """Whether a route is surely less accurate than the best one with any number of texts."""
    return any(score.to_best is not None and score.to_best.high < 0 for score in route.scores)


def _is_surely_worse_than_base(route: Route) -> bool:
    return any(score.to_base is not None and score.to_base.high < 0 for score in route.scores)


def _gain(score: Score) -> float:
    """The gain over the base's weighted vectors, or over the base where there is none."""
    gain = score.to_weighted or score.to_base
    return gain.value if gain else 0.0


def _at(route: Route, shots: int) -> Score:
    return next(score for score in route.scores if score.shots == shots)


def _turned(found: Interval) -> Interval:
    return Interval(-found.value, -found.high, -found.low)


def _ranks(found: Interval) -> str:
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _share(found: Interval) -> str:
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})"


def _points(found: Interval) -> str:
    return f"{100 * found.value:.1f} points ({100 * found.low:.1f} to {100 * found.high:.1f})"


def _tested(found: Comparison) -> str:
    labels = found.labels
    assert labels is not None
    return f"{labels.n_test:,} {'texts in folds' if labels.n_folds else 'test texts'}"


def _texts(shots: int) -> str:
    return "text" if shots == 1 else "texts"


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
