"""The map of words as SVG, and what a reader can look up in it as data for the page's script."""

import json
import re
from collections.abc import Sequence
from itertools import zip_longest

from .axes import Frame, Scale, svg, text
from .results import Word

FRAME = Frame(720, 540, 16, 16, 16, 16)
# The order is that of the legend, and known to page.js.
KINDS = ("known", "new", "phrase", "acronym")
POINTS = {
    # Lines without a length, whose round or square ends are the points.
    "known": "M{x} {y}h.01",
    "new": "M{x} {y}h.01",
    "phrase": "M{x} {y}m0-5l5 9h-10z",
    "acronym": "M{x} {y}m0-6l5 6l-5 6l-5-6z",
}
# Sizes of letters on a wide screen and on a phone, where the map is drawn at half its size.
SMALL, LARGE = 11.5, 22.0
# How many words of each sort are tried as labels, and the width of a letter in relation to its size.
CANDIDATES, LETTER = 300, 0.62
LONGEST_LABEL = 24
UNSAFE = re.compile("[<>&\u2028\u2029]")

Box = tuple[float, float, float, float]


def word_map(words: Sequence[Word]) -> str:
    """A point for each word, its form and colour by kind, and names where there is space.

    RETURNS: SVG.
    """
    places = placed(words)
    parts = []
    for kind in KINDS:
        of_kind = [place for word, place in zip(words, places) if word.kind == kind]
        points = "".join(POINTS[kind].format(x=x, y=y) for x, y in of_kind)
        parts.append(f'<path class="dots {kind}" d="{points}"/>' if points else "")
    for i, is_large in labelled(words, places).items():
        x, y = places[i]
        is_left = _is_left(x)
        look = f"halo{' end' if is_left else ''}{'' if is_large else ' wide'}"
        parts.append(text(x - 7 if is_left else x + 7, y + 4, words[i].word, look))
    counts = ", ".join(f"{kind} {sum(word.kind == kind for word in words):,}" for kind in KINDS)
    said = f"Words of the text: {len(words):,} ({counts}). Words with similar vectors lie near each other."
    return svg("map", FRAME, "Map of the words", said, [*parts, '<g class="rings"></g>'])


def placed(words: Sequence[Word]) -> list[tuple[int, int]]:
    """The place of each word in the map, in units of its viewBox."""
    xs, ys = [word.x for word in words], [word.y for word in words]
    x, y = Scale(min(xs), max(xs), *FRAME.x), Scale(min(ys), max(ys), *FRAME.y)
    return [(round(x(word.x)), round(y(word.y))) for word in words]


def labelled(words: Sequence[Word], places: Sequence[tuple[int, int]]) -> dict[int, bool]:
    """The words that get a name in the map, and whether it has space in large letters, too."""
    found: dict[int, bool] = {}
    # What the base lacks and what it knows get a name in turn.
    known = [i for i, word in enumerate(words) if word.kind == "known"][:CANDIDATES]
    lacking = [i for i, word in enumerate(words) if word.kind != "known"][:CANDIDATES]
    candidates = [i for pair in zip_longest(lacking, known) for i in pair if i is not None]
    for size in (LARGE, SMALL):
        boxes = [_box(words[i].word, places[i], size) for i in found]
        for i in candidates:
            box = _box(words[i].word, places[i], size)
            is_inside = box[0] >= 0 and box[1] <= FRAME.width and len(words[i].word) <= LONGEST_LABEL
            if i not in found and is_inside and not any(_overlap(box, other) for other in boxes):
                found[i] = size == LARGE
                boxes.append(box)
    return found


def word_data(words: Sequence[Word], budget: int) -> str:
    """JSON for the script of the page, safe inside of a script element.

    words: Each becomes a list: the word, the number of its kind, its count, why it is weak, its
        place, the nearest words before and after, the share that changed, sentences. A near word is
        the number of a word, or -1 - its number in a list of those that are not on the map.
    budget: How many bytes it may have. The last words lose their sentences first.
    """
    numbers = {word.word: i for i, word in reversed(list(enumerate(words)))}
    others: dict[str, int] = {}

    def number(word: str) -> int:
        return numbers[word] if word in numbers else -1 - others.setdefault(word, len(others))

    records: list[list[object]] = []
    for word, place in zip(words, placed(words)):
        near = [[number(other) for other in found] for found in (word.before, word.after)]
        moved = None if word.moved is None else round(word.moved, 2)
        kind = KINDS.index(word.kind)
        records.append([word.word, kind, word.count, word.weak or 0, *place, *near, moved])
    left = budget - len(_json({"words": records, "others": list(others)}).encode())
    for word, record in zip(words, records):
        left -= len(_json(word.examples).encode()) + 1
        if word.examples and left >= 0:
            record.append(word.examples)
    return _json({"words": records, "others": list(others)})


def _json(data: object) -> str:
    """JSON that neither ends a script element nor starts a comment in it, whatever it holds."""
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _is_left(x: float) -> bool:
    """Whether a name stands on the left of its point."""
    return x > 0.82 * FRAME.width


def _box(word: str, place: tuple[int, int], size: float) -> Box:
    width = LETTER * size * len(word) + 7
    start = place[0] - width if _is_left(place[0]) else place[0]
    return start, start + width, place[1] - 0.65 * size, place[1] + 0.65 * size


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
