"""A page with all sections, of numbers that are made here."""

from spacy_domainvec.comparison.results import (
    Comparison,
    Costs,
    Coverage,
    Halves,
    Interval,
    Labels,
    Point,
    Route,
    Score,
    Text,
)
from spacy_domainvec.comparison.routes import ROUTES
from spacy_domainvec.pages.results import Change, Changes, Page, SizePoint, Word

MADE_BY = "spacy-domainvec 0"
ACCURACIES = {"base": 0.4, "weighted": 0.6, "continue": 0.65, "domain": 0.75, "tfidf": 0.62}
KINDS = ("known", "new", "phrase", "acronym")
WEAK = (None, "rare", "alias", "spelling")


def about(value, by=0.02):
    return Interval(value, value - by, value + by)


def route(name, has_labels=True):
    accuracy = ACCURACIES[name]
    scores = [
        Score(
            shots,
            about(accuracy + more),
            0.5,
            None if name == "base" else about(accuracy - ACCURACIES["base"]),
            None if name == "weighted" else about(accuracy - ACCURACIES["weighted"]),
            None if name == "domain" else about(accuracy - ACCURACIES["domain"]),
        )
        for shots, more in ((5, 0.0), (10, 0.1))
    ]
    rank = about(accuracy / 2)
    halves = None if has_labels else Halves(100, rank, rank, scores[0].to_base, scores[0].to_weighted)
    similarity = {} if name == "tfidf" else {"WordSim-353": accuracy, "SimLex-999": 0.4}
    covered = None if name == "tfidf" else Coverage(0.5, 0.25, 0.125, 0.125)
    plan, costs = ROUTES[name], Costs(1.5, 0.5, 50.0, 100.0, 2.0)
    return Route(name, plan.title, plan.what, None, 8, scores if has_labels else [], similarity, covered, halves, costs)


def comparison(has_labels=True):
    failed = Route("fasttext", "fastText", "gensim", "gensim is missing", 0, [], {}, None, None, Costs())
    routes = [*(route(name, has_labels) for name in ACCURACIES), failed]
    labels = Labels(100, 50, None, 3, 4, False, 0.3) if has_labels else None
    curve = [Point(0.1, 1000, 5, about(0.7)), Point(1, 10000, 5, about(0.75))] if has_labels else []
    return Comparison(MADE_BY, "base", "en", [], [], Text(3, 9, 4, 0.1), labels, routes, curve)


def words(n=40, has_examples=True):
    names = [f"word{i}" if i % 4 < 2 else f"w{i} x" for i in range(n)]
    return [
        Word(
            name,
            KINDS[i % 4],
            5 * n - i,
            WEAK[i // 4 % 4],
            (i * 37 % n) / n,
            (i * 61 % n) / n,
            [] if i % 4 else [names[(i + k) % n] for k in range(3, 8)],
            [names[(i + k) % n] for k in range(1, 7)] + ["elsewhere"],
            None if i % 4 else 0.5,
            [f"A sentence with {name} in it, the {k}th of its text." for k in range(2)] if has_examples else [],
        )
        for i, name in enumerate(names)
    ]


def page(**given):
    drifted = [Change("charge", 0.4, ["battery"], ["card"], ["The battery has no charge."], ["A charge on my card."])]
    everything = {
        "title": "A page",
        "made_by": MADE_BY,
        "advice": ["Take it.", "It costs 2 seconds."],
        "warnings": ["3 texts stand in both files."],
        "facts": ["Four labels."],
        "comparison": comparison(),
        "sizes": [SizePoint(50, 1.0, 0.75), SizePoint(20, 0.95, 0.7), SizePoint(5, 0.8, 0.6)],
        "words": words(),
        "changes": Changes(words(8), drifted),
    }
    return Page(**everything | given)


def empty_page(**given):
    nothing = {"advice": [], "warnings": [], "facts": [], "comparison": None, "sizes": [], "words": [], "changes": None}
    return page(**nothing | given)
