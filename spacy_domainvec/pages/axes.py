"""Scales, axes, markers and text of the charts: numbers become pieces of SVG.

Lengths are in units of the chart's viewBox, about a pixel each. Colours, fonts and line styles
are in page.css.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

# What tells series apart without colour: a shape for each, "%s" is its size.
SHAPES = {
    "circle": "M-{r},0a{r},{r} 0 1 0 {d},0a{r},{r} 0 1 0 -{d},0z",
    "square": "M-{r},-{r}h{d}v{d}h-{d}z",
    "up": "M0,-{r}L{r},{r}H-{r}z",
    "down": "M0,{r}L{r},-{r}H-{r}z",
    "diamond": "M0,-{w}L{w},0L0,{w}L-{w},0z",
    "cross": "M-{r},-{r}L{r},{r}M-{r},{r}L{r},-{r}",
    "plus": "M0,-{w}V{w}M-{w},0H{w}",
    "hourglass": "M-{r},-{r}H{r}L-{r},{r}H{r}z",
}

# A number on an axis and its text.
Mark = tuple[float, str]


@dataclass(frozen=True)
class Scale:
    """A range of values, and the places of its ends on the page.

    is_log: Whether equal distances are equal ratios.
    """

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        """The place of a value."""
        low, high = self.low, self.high
        if self.is_log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        share = (value - low) / (high - low) if high > low else 0.5
        return round(self.start + share * (self.end - self.start), 1)


@dataclass(frozen=True)
class Frame:
    """The plot area of a chart, and its size.

    left, right, top, bottom: The margins around the plot area.
    """

    width: int = 480
    height: int = 330
    left: int = 46
    right: int = 14
    top: int = 26
    bottom: int = 44

    @property
    def x(self) -> tuple[float, float]:
        """The left and the right edge of the plot area."""
        return self.left, self.width - self.right

    @property
    def y(self) -> tuple[float, float]:
        """The lower and the upper edge of the plot area."""
        return self.height - self.bottom, self.top


def ticks(low: float, high: float, n: int = 5) -> list[float]:
    """About `n` round numbers within a range: multiples of 1, 2 or 5 times a power of ten."""
    if not high > low:
        return [low]
    rough = (high - low) / n
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if rough <= m * power * 1.0001)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def numbered(marks: Sequence[float], unit: float = 1, sign: str = "", ending: str = "") -> list[Mark]:
    """Marks of an axis with their texts, which have as many digits as it takes to tell them apart.

    unit: What a mark is multiplied by, such as 100 for points.
    sign: "+" to show the signs of positive numbers, too.
    """
    step = abs(marks[1] - marks[0]) * unit if len(marks) > 1 else 1
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return [(mark, f"{unit * mark:{sign if mark else ''}.{digits}f}{ending}") for mark in marks]


def padded(values: Sequence[float], share: float = 0.06, least: float = 0.0) -> tuple[float, float]:
    """The range of values with some space at both ends.

    least: The smallest width of the range, so that equal values do not fill the chart with noise.
    """
    low, high = min(values), max(values)
    space = max(share * (high - low), (least - (high - low)) / 2)
    return low - space, high + space


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places of labels that are at least `gap` apart, and near to the wanted ones.

    low, high: The range that they stay within if they fit.
    RETURNS: A place for each, in the order given.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    # Groups of labels that touch are centred on the mean of their wanted places.
    groups: list[list[int]] = []
    for i in order:
        groups.append([i])
        while len(groups) > 1 and _top(groups[-1], wanted, gap) < _bottom(groups[-2], wanted, gap) + gap:
            groups[-2:] = [groups[-2] + groups[-1]]
    places = dict.fromkeys(order, 0.0)
    for group in groups:
        first = _top(group, wanted, gap)
        places |= {i: first + gap * n for n, i in enumerate(group)}
    edge = low
    for i in order:
        places[i] = edge = max(places[i], edge)
        edge += gap
    edge = high
    for i in reversed(order):
        places[i] = edge = min(places[i], edge)
        edge -= gap
    return [round(places[i], 1) for i in range(len(wanted))]


def marker(shape: str, x: float, y: float, look: str, size: float = 4) -> str:
    """A marker. look: Its class in page.css."""
    d = SHAPES[shape].format(r=f"{size:g}", d=f"{2 * size:g}", w=f"{1.35 * size:g}")
    return f'<path class="m {look}" transform="translate({x:g},{y:g})" d="{d}"/>'


def text(x: float, y: float, shown: str, look: str = "") -> str:
    """A line of text. look: Its classes in page.css."""
    return f'<text x="{x:g}" y="{y:g}" class="{look}">{escape(shown)}</text>'


def line(points: Sequence[tuple[float, float]], look: str) -> str:
    """A line through points."""
    return f'<path class="{look}" d="M{"L".join(f"{x:g},{y:g}" for x, y in points)}"/>'


def x_axis(frame: Frame, scale: Scale, marks: Sequence[Mark], title: str) -> list[str]:
    """The lower edge with its marks, each a value and its text, and a title."""
    bottom = frame.y[0]
    parts = [line([(frame.x[0], bottom), (frame.x[1], bottom)], "axis")]
    for value, shown in marks:
        parts += [line([(scale(value), bottom), (scale(value), bottom + 4)], "axis")]
        parts += [text(scale(value), bottom + 17, shown, "tick mid")]
    middle = (frame.x[0] + frame.x[1]) / 2
    return [*parts, text(middle, frame.height - 8, title, "title mid")]


def y_axis(frame: Frame, scale: Scale, marks: Sequence[Mark], title: str) -> list[str]:
    """Lines across the plot with their values, and a title above them."""
    parts = []
    for value, shown in marks:
        parts += [line([(frame.x[0], scale(value)), (frame.x[1], scale(value))], "grid")]
        parts += [text(frame.x[0] - 6, scale(value) + 4, shown, "tick end")]
    return [*parts, text(2, 12, title, "title")]


def svg(name: str, frame: Frame, title: str, described: str, parts: Sequence[str]) -> str:
    """A chart as an image with a name and a description for those who don't see it.

    name: Unique on the page.
    """
    box, named_by = f"0 0 {frame.width} {frame.height}", f"{name}-t {name}-d"
    head = f'<svg viewBox="{box}" role="img" aria-labelledby="{named_by}">'
    names = f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(described)}</desc>'
    return f"{head}{names}{''.join(parts)}</svg>"


def _top(group: Sequence[int], wanted: Sequence[float], gap: float) -> float:
    return sum(wanted[i] for i in group) / len(group) - gap * (len(group) - 1) / 2


def _bottom(group: Sequence[int], wanted: Sequence[float], gap: float) -> float:
    return _top(group, wanted, gap) + gap * (len(group) - 1)
