"""The charts on routes, sizes and amounts of text: numbers become SVG."""

from collections.abc import Sequence
from statistics import mean

from ..comparison.results import Interval, Point, Route
from ..comparison.wording import share
from .axes import Frame, Scale, line, marker, numbered, padded, spread, svg, text, ticks, x_axis, y_axis
from .results import SizePoint

BASE = "base"
# The height of a line of names, and the width of a letter, in the size that they have on a phone.
LINE, LETTER = 16, 8.4
# What tells the routes apart without colour. Colours, dashes and hollow marks are in page.css.
MARKERS = {
    "base": "circle",
    "weighted": "square",
    "replace": "down",
    "continue": "up",
    "fasttext": "diamond",
    "pipelines": "cross",
    "domain": "circle",
    "mapped": "diamond",
    "taught": "hourglass",
    "tfidf": "plus",
    "encoder": "square",
}
# Half the width of the space that the intervals of all routes share.
DODGE = 13


def accuracy_by_labels(routes: Sequence[Route], chosen: str | None) -> str:
    """Accuracy against the number of training texts per label, a line for each route.

    chosen: The name of the route that is drawn strongly.
    RETURNS: SVG; "" if no route has been measured.
    """
    routes = [route for route in routes if route.scores]
    if not routes:
        return ""
    shots = [score.shots for score in routes[0].scores]
    frame = Frame(height=390, right=round(30 + LETTER * max(len(route.title) for route in routes)))
    x = Scale(shots[0], shots[-1], frame.x[0] + DODGE + 8, frame.x[1] - DODGE - 8, is_log=True)
    y = _y(frame, [score.accuracy for route in routes for score in route.scores])
    parts = _percents(frame, y, "Accuracy on test texts")
    parts += x_axis(frame, x, [(k, str(k)) for k in shots], "Training texts per label")
    # The strong line is drawn last, over the others.
    for i, route in sorted(enumerate(routes), key=lambda item: item[1].name == chosen):
        aside = round((2 * i / max(len(routes) - 1, 1) - 1) * DODGE, 1)
        points = [(x(score.shots) + aside, score.accuracy) for score in route.scores]
        parts.append(_series(route, points, y, route.name == chosen))
    ends = [y(route.scores[-1].accuracy.value) for route in routes]
    parts += _names(frame, routes, chosen, ends)
    spans = [_from_to(route.scores[0].accuracy, route.scores[-1].accuracy) for route in routes]
    told = [f"{route.title} {span}" for route, span in zip(routes, spans)]
    said = f"From {shots[0]} to {shots[-1]} texts per label: {'; '.join(told)}."
    return svg("by-labels", frame, "Accuracy by training texts per label", said, parts)


def halves_found(routes: Sequence[Route]) -> str:
    """The mean reciprocal ranks of halves of texts, a row for each route.

    RETURNS: SVG; "" with labels.
    """
    found = [(route, route.halves.reciprocal_rank) for route in routes if route.halves]
    if not found:
        return ""
    left = round(16 + LETTER * max(len(route.title) for route, _ in found))
    frame = Frame(height=56 + 26 * len(found), left=left, top=6)
    ends = padded([end for _, rank in found for end in (rank.low, rank.high)])
    x = Scale(max(ends[0], 0), min(ends[1], 1), *frame.x)
    marks, (bottom, top) = ticks(x.low, x.high), frame.y
    parts = [line([(x(mark), bottom), (x(mark), top)], "grid") for mark in marks]
    parts += x_axis(frame, x, numbered(marks), "Mean reciprocal rank")
    told = []
    for row, (route, rank) in enumerate(found):
        y, look = frame.top + 16 + 26 * row, _look(route)
        parts += [text(frame.left - 10, y + 4, route.title, "end")]
        parts += [line([(x(rank.low), y), (x(rank.high), y)], f"bar {look}")]
        parts += [_mark(route, x(rank.value), y)]
        told.append(f"{route.title} {rank.value:.3f} ({rank.low:.3f} to {rank.high:.3f})")
    said = f"{'; '.join(told)}."
    return svg("halves", frame, "How well halves of a text find each other", said, parts)


def gain_and_forgetting(routes: Sequence[Route], chosen: str | None) -> str:
    """The gain over the base's weighted vectors against the change of general similarity.

    RETURNS: SVG; "" if fewer than two routes have both.
    """
    base = next((route.similarity for route in routes if route.name == BASE), {})
    compared = [route for route in routes if route.similarity and base]
    found = [(route, _forgotten(route, base), _gain(route)) for route in compared]
    dots = [(route, change, gain) for route, change, gain in found if gain is not None]
    if len(dots) < 2:
        return ""
    frame = Frame(height=390)
    x = Scale(*padded([0.0, *(change for _, change, _ in dots)], 0.14, least=0.1), *frame.x)
    by_labels = any(route.scores for route, _, _ in dots)
    y = Scale(*padded([0.0, *(end for _, _, gain in dots for end in (gain.low, gain.high))]), *frame.y)
    shots = next((route.scores[_middle(route)].shots for route, _, _ in dots if route.scores), 0)
    what, unit, digits = "Gain in mean reciprocal rank", 1, 3
    if by_labels:
        what, unit, digits = f"Gain in points of accuracy, {shots} texts per label", 100, 1
    parts = y_axis(frame, y, numbered(ticks(y.low, y.high), unit, "+"), what)
    parts += x_axis(frame, x, numbered(ticks(x.low, x.high), sign="+"), "Change of general similarity")
    parts += [
        line([(x(0), frame.y[0]), (x(0), frame.y[1])], "zero"),
        line([(frame.x[0], y(0)), (frame.x[1], y(0))], "zero"),
    ]
    places = spread([y(gain.value) for _, _, gain in dots], LINE, frame.top + 6, frame.y[0] - 6)
    for (route, change, gain), place in zip(dots, places):
        look = _look(route)
        parts += [line([(x(change), y(gain.low)), (x(change), y(gain.high))], f"bar {look}")]
        parts += [_mark(route, x(change), y(gain.value))]
        is_left = x(change) > (frame.x[0] + frame.x[1]) / 2
        strong = " strong" if route.name == chosen else ""
        aside, end = (-9, " end") if is_left else (9, "")
        parts += [text(x(change) + aside, place + 4, route.title, f"halo{end}{strong}")]
    told = []
    for route, change, gain in dots:
        gained = f"{unit * gain.value:+.{digits}f}"
        told.append(f"{route.title}: gain {gained}, similarity {change:+.2f}")
    return svg("forgetting", frame, "Gain against what is forgotten", f"{'; '.join(told)}.", parts)


def size_curve(points: Sequence[SizePoint], of_accuracy: bool) -> str:
    """The fit, or the accuracy, against the size on disk. RETURNS: SVG; "" for fewer than two points."""
    found = [(p.megabytes, p.accuracy if of_accuracy else p.fit) for p in points]
    known = sorted((size, value) for size, value in found if value is not None)
    if len(known) < 2:
        return ""
    frame = Frame(height=270)
    what = "Accuracy" if of_accuracy else "Cosine with the whole table"
    x = Scale(0, known[-1][0] * 1.05, *frame.x)
    low, high = padded([value for _, value in known], least=0.05)
    y = Scale(low, min(high, 1.0) if not of_accuracy else high, *frame.y)
    marks = numbered(ticks(y.low, y.high))
    parts = _percents(frame, y, what) if of_accuracy else y_axis(frame, y, marks, what)
    parts += x_axis(frame, x, numbered(ticks(x.low, x.high)), "MB on disk")
    parts += [line([(x(size), y(value)) for size, value in known], "curve c1")]
    parts += [marker("circle", x(size), y(value), "c1") for size, value in known]
    said = "; ".join(f"{size:.1f} MB: {value:.3f}" for size, value in known)
    name = "size-accuracy" if of_accuracy else "size-fit"
    return svg(name, frame, f"{what} by size", f"{said}.", parts)


def text_curve(points: Sequence[Point]) -> str:
    """Accuracy against the amount of text. RETURNS: SVG; "" for fewer than two points."""
    if len(points) < 2:
        return ""
    frame = Frame(height=270)
    tokens = [max(point.n_tokens, 1) for point in points]
    x = Scale(min(tokens), max(tokens), frame.x[0] + 30, frame.x[1] - 40, is_log=True)
    y = _y(frame, [point.accuracy for point in points])
    parts = _percents(frame, y, f"Accuracy, {points[0].shots} texts per label")
    parts += x_axis(frame, x, [(n, f"{n:,}") for n in tokens], "Tokens of text (logarithmic)")
    for n, point in zip(tokens, points):
        parts += [line([(x(n), y(point.accuracy.low)), (x(n), y(point.accuracy.high))], "bar c1")]
    parts += [line([(x(n), y(point.accuracy.value)) for n, point in zip(tokens, points)], "curve c1")]
    parts += [marker("circle", x(n), y(point.accuracy.value), "c1") for n, point in zip(tokens, points)]
    said = "; ".join(f"{n:,} tokens: {share(point.accuracy)}" for n, point in zip(tokens, points))
    return svg("by-text", frame, "Accuracy by amount of text", f"{said}.", parts)


def _series(route: Route, points: Sequence[tuple[float, Interval]], y: Scale, is_strong: bool) -> str:
    look = _look(route)
    bars = [line([(x, y(found.low)), (x, y(found.high))], f"bar {look}") for x, found in points]
    curve = line([(x, y(found.value)) for x, found in points], f"curve {look}")
    marks = [_mark(route, x, y(found.value)) for x, found in points]
    return f'<g class="{"strong" if is_strong else "plain"}">{"".join([*bars, curve, *marks])}</g>'


def _names(frame: Frame, routes: Sequence[Route], chosen: str | None, ends: Sequence[float]) -> list[str]:
    """The names of lines beside their ends, each with its marker."""
    parts, x = [], frame.x[1]
    for route, end, place in zip(routes, ends, spread(ends, LINE, frame.top + 4, frame.y[0] - 4)):
        parts += [line([(x - 4, end), (x + 8, place)], "leader"), _mark(route, x + 15, place)]
        parts += [text(x + 24, place + 4, route.title, "strong" if route.name == chosen else "")]
    return parts


def _y(frame: Frame, found: Sequence[Interval]) -> Scale:
    low, high = padded([end for interval in found for end in (interval.low, interval.high)], least=0.05)
    return Scale(max(low, 0), min(high, 1), *frame.y)


def _percents(frame: Frame, y: Scale, title: str) -> list[str]:
    return y_axis(frame, y, numbered(ticks(y.low, y.high), 100, ending="%"), title)


def _look(route: Route) -> str:
    return f"r-{route.name}" if route.name in MARKERS else "r-other"


def _mark(route: Route, x: float, y: float) -> str:
    return marker(MARKERS.get(route.name, "up"), x, y, _look(route))


def _middle(route: Route) -> int:
    return (len(route.scores) - 1) // 2


def _gain(route: Route) -> Interval | None:
    """The gain over the base's weighted vectors, which is none for these themselves."""
    if route.name == "weighted":
        return Interval(0, 0, 0)
    if route.scores:
        return route.scores[_middle(route)].to_weighted
    return route.halves.to_weighted if route.halves else None


def _forgotten(route: Route, base: dict[str, float]) -> float:
    return mean(rho - base[name] for name, rho in route.similarity.items() if name in base)


def _from_to(first: Interval, last: Interval) -> str:
    return f"{first.value:.1%} to {last.value:.1%}"
