"""The tables of a page, for HTML and for Markdown."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from ..comparison.results import Comparison, Costs, Interval, Route
from ..comparison.written import gain
from .results import Change, SizePoint, Word

NONE, NO_CHANGES = "-", "No word is new, and none has moved."
# How many rows the lists of words have at most.
N_MOVED, N_DRIFTED, N_LISTED = 25, 40, 100
NEAREST = 5
# Why a vector is weak, in words.
WEAK = {
    "rare": "Rare: they occur so rarely that their vectors are uncertain",
    "alias": "Alias: the base gives them the vector of another word",
    "spelling": "Spelling: only their character n-grams are known",
}
NEW = {"new": "New words", "phrase": "Phrases", "acronym": "Acronyms"}
# A word of an update can be new to the table and known to the base.
NEW_ROWS = {**NEW, "known": "Words known to the base"}

# From a route to its cells, and from a word to the name of its list.
Cells = Callable[[Route], list[str]]
Key = Callable[[Word], str | None]


@dataclass(frozen=True)
class Table:
    """A table.

    rows: A row may be short: its last cell then stands across all columns that are left.
    n_left: How many columns, from the first, hold text; the others hold numbers.
    note: What its numbers mean.
    """

    caption: str
    header: list[str]
    rows: list[list[str]]
    n_left: int = 1
    note: str = ""


@dataclass(frozen=True)
class WordList:
    """Words of one kind, most frequent first. more: How many others there are."""

    title: str
    words: list[Word]
    more: int


def accuracy_table(found: Comparison) -> Table | None:
    """The accuracy of each route, or how well halves of texts find each other, with intervals."""
    scores = next((route.scores for route in found.routes if route.scores), [])
    middle = (len(scores) - 1) // 2
    has_f1 = any(score.macro_f1 is not None for route in found.routes for score in route.scores)
    if scores:
        caption = "Accuracy by training texts per label"
        of: Cells = partial(_scored, middle=middle, has_f1=has_f1)
        header = [*(f"{score.shots} a label" for score in scores), f"gain at {scores[middle].shots}"]
        header += [f"macro F1 at {scores[middle].shots}"] if has_f1 else []
        note = "In brackets: 95% intervals. Gains are over the base's weighted vectors, in points."
    elif any(route.halves for route in found.routes):
        caption, of = "How well halves of held-out texts find each other", _found
        header = ["halves found", "mean reciprocal rank", "gain in rank"]
        note = "In brackets: 95% intervals. Gains are over the base's weighted vectors."
    else:
        return None
    rows = [[r.title, *([f"could not be run: {r.failed}"] if r.failed else of(r))] for r in found.routes]
    return Table(caption, ["route", *header], rows, note=note)


def costs_table(found: Comparison) -> Table:
    """What each route keeps of the base, covers and costs."""
    routes = [route for route in found.routes if not route.failed]
    sets = list(dict.fromkeys(name for route in routes for name in route.similarity))
    shares = {"own": "own", "base": "base", "spelling": "spelling", "none": "no vector"}
    costs: list[tuple[str, Callable[[Costs], float | None], int]] = [
        ("s to train", lambda costs: costs.train_seconds, 1),
        ("s to load", lambda costs: costs.load_seconds, 1),
        ("MB on disk", lambda costs: costs.megabytes, 1),
        ("MB of memory", lambda costs: costs.peak_megabytes, 0),
        ("µs a token", lambda costs: costs.microseconds, 2),
    ]
    header = ["route", *sets, *shares.values(), "width", *(shown for shown, _, _ in costs)]
    rows = []
    for route in routes:
        cells = [route.title, *(_number(route.similarity.get(name), 3) for name in sets)]
        cells += [_percent(getattr(route.coverage, name, None)) for name in shares]
        cells += [f"{route.width:,}"]
        rows.append([*cells, *(_number(of(route.costs), digits) for _, of, digits in costs)])
    # What was measured of no route has no column.
    shown = [i for i in range(len(header)) if i == 0 or any(row[i] != NONE for row in rows)]
    header, rows = [header[i] for i in shown], [[row[i] for i in shown] for row in rows]
    notes = {
        "own": "Own, base, spelling, no vector: where the vectors of held-out word tokens come from.",
        "MB of memory": "MB of memory: how much memory grew during training.",
    }
    human = "rank correlation with human scores for general English words"
    of_sets = [f"{' and '.join(sets)}: {human}."] if sets else []
    note = " ".join([*of_sets, *(said for name, said in notes.items() if name in header)])
    return Table("What each route forgets, covers and costs", header, rows, note=note)


def sizes_table(points: Sequence[SizePoint]) -> Table:
    """The sizes that the table could have."""
    has_accuracy = any(point.accuracy is not None for point in points)
    header = ["MB on disk", "cosine with the whole table"]
    rows = [[f"{point.megabytes:.1f}", f"{point.fit:.3f}"] for point in points]
    if has_accuracy:
        header = [*header, "accuracy"]
        rows = [[*row, _percent(point.accuracy)] for row, point in zip(rows, points)]
    return Table("What a smaller table costs", header, rows, 0)


def curve_table(found: Comparison) -> Table:
    """The learning curve over the text."""
    points = found.text_curve
    header = ["share of the text", "tokens", *(f"domain vectors, {point.shots} a label" for point in points[:1])]
    rows = [[f"{point.share:.0%}", f"{point.n_tokens:,}", _percents(point.accuracy)] for point in points]
    return Table("Accuracy by amount of text", header, rows, 0)


def moved(words: Sequence[Word]) -> list[Word]:
    """The known words that have moved most, largest change first."""
    return sorted((word for word in words if word.moved), key=lambda word: (-(word.moved or 0), -word.count))[:N_MOVED]


def moved_table(words: Sequence[Word]) -> Table | None:
    """The known words with other neighbours than before, largest change first."""
    header = ["word", "nearest before", "nearest after", "changed", "count"]
    rows = []
    for word in moved(words):
        near = [_near(word.before), _near(word.after)]
        rows.append([word.word, *near, f"{word.moved:.0%}", f"{word.count:,}"])
    if not rows:
        return None
    return Table("Known words whose neighbours differ most from those in the base", header, rows, 3)


def drifted_table(changes: Sequence[Change]) -> Table | None:
    """The words that an update has moved."""
    header = ["word", "nearest before", "nearest after", "cosine"]
    rows = [[c.word, _near(c.before), _near(c.after), f"{c.cosine:.2f}"] for c in changes[:N_DRIFTED]]
    return Table("Words that the update has moved most", header, rows, 3) if rows else None


def new_words(words: Sequence[Word]) -> list[WordList]:
    """The words that the base lacks, phrases and acronyms."""
    return _lists(NEW, words, lambda word: word.kind)


def new_rows(words: Sequence[Word]) -> list[WordList]:
    """The words that an update has given a row."""
    return _lists(NEW_ROWS, words, lambda word: word.kind)


def weak_words(words: Sequence[Word]) -> list[WordList]:
    """The words with a weak vector, by the reason."""
    return _lists(WEAK, words, lambda word: word.weak)


def terms(words: Sequence[Word], kinds: Iterable[str] = NEW) -> str:
    """Words of some kinds, a line each, as a list for --paths.terms."""
    return "".join(f"{word.word}\n" for kind in kinds for word in words if word.kind == kind)


def _lists(titles: dict[str, str], words: Sequence[Word], key: Key) -> list[WordList]:
    lists = []
    for name, title in titles.items():
        found = sorted((word for word in words if key(word) == name), key=lambda word: -word.count)
        lists += [WordList(title, found[:N_LISTED], max(len(found) - N_LISTED, 0))] if found else []
    return lists


def _scored(route: Route, middle: int, has_f1: bool) -> list[str]:
    score = route.scores[middle]
    f1 = [_number(score.macro_f1, 3)] if has_f1 else []
    return [*(_percents(one.accuracy) for one in route.scores), gain(score.to_weighted), *f1]


def _found(route: Route) -> list[str]:
    halves = route.halves
    if halves is None:
        return []
    gain = _numbers(halves.to_weighted, "+.3f")
    return [_percents(halves.recall), _numbers(halves.reciprocal_rank), gain]


def _near(words: Sequence[str]) -> str:
    return ", ".join(words[:NEAREST]) or NONE


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}"


def _number(value: float | None, digits: int) -> str:
    return NONE if value is None else f"{value:,.{digits}f}"


def _percents(found: Interval) -> str:
    return f"{found.value:.1%} ({100 * found.low:.1f} to {100 * found.high:.1f})"


def _numbers(found: Interval | None, form: str = ".3f") -> str:
    return f"{found.value:{form}} ({found.low:{form}} to {found.high:{form}})" if found else NONE
