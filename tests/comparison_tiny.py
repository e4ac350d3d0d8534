"""A comparison on texts about four topics that takes a second, and comparisons made of numbers."""

import random
from dataclasses import replace

import pytest
from conftest import make_base

from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.comparison.compare import compare
from spacy_domainvec.comparison.results import Comparison, Costs, Interval, Labels, Point, Route, Score, Text, Words
from spacy_domainvec.comparison.routes import NO_CANDIDATES, ROUTES
from spacy_domainvec.util.jobs import Jobs

SMALL = {"trainer.vector_size": 8, "trainer.subsample": 0.01, "storage.subwords.n_rows": 64}
# Two routes that train nothing.
QUICK = ["base", "weighted"]


def small_settings(corpus, base, **more):
    return load_settings(None, {"paths.corpus": str(corpus), "paths.base": str(base), **SMALL, **more})


def compared(corpus, base, folder, train, test=None, routes=None, nlp=None, shares=(1,), **more):
    settings = small_settings(corpus, base, **more)
    with pytest.MonkeyPatch.context() as patch:
        # A learning curve takes two more trainings.
        patch.setattr("spacy_domainvec.comparison.compare.SHARES", shares)
        return compare(settings, nlp or make_base(), Jobs(folder, 1), train, test, routes)


def strange_texts(n_texts=400, seed=0):
    """Texts of words that no other text here has."""
    rng = random.Random(seed)
    return [" ".join(f"zork{rng.randrange(90)}" for _ in range(20)) for _ in range(n_texts)]


def row(comparison, name):
    (found,) = [route for route in comparison.routes if route.name == name]
    return found


LABELS = Labels(400, 200, None, 3, 4, False, 0.25)
TEXT = Text(100, 5000, 300, 1.0)


def around(value, width=0.02):
    return None if value is None else Interval(value, round(value - width, 4), round(value + width, 4))


def scored(name, accuracies, best, width=0.02, own=None, **more):
    """A route with an accuracy for 5, 10 and so on texts per label; `best` and the base's are such lists, too.

    own: How much more accurate it is than the control.
    """
    base, weighted = [0.5] * 9, [0.6] * 9
    scores = [
        Score(
            shots,
            around(value),
            None,
            around(None if name == "base" else value - base[i], width),
            around(None if name == "weighted" else value - weighted[i], width),
            around(None if value == best[i] else value - best[i], width),
            around(value - accuracies[i - 1] if i else None, width),
            around(own, width),
        )
        for i, (shots, value) in enumerate(zip((5, 10, 20, 50), accuracies))
    ]
    plan = ROUTES[name]
    fields = {"similarity": {}, "coverage": None, "halves": None, "costs": Costs(), **more}
    return Route(name, plan.title, plan.what, None, 8, scores, **fields)


def comparison(width=0.02, curve=(), more=None, **accuracies):
    best = max((values for name, values in accuracies.items() if name not in NO_CANDIDATES), key=sum)
    more = more or {}
    routes = [scored(name, values, best, width, **more.get(name, {})) for name, values in accuracies.items()]
    return Comparison("spacy-domainvec 0", "b", "en", [], [], TEXT, LABELS, routes, list(curve))


FREE = {"base": [0.5, 0.5], "weighted": [0.6, 0.6]}
GOOD = {**FREE, "domain": [0.75, 0.7]}


def curve_of(value, width=0.01):
    return [Point(0.3, 300, 10, around(0.5)), Point(1.0, 1000, 10, around(0.5 + value), around(value, width))]


def with_words(found, frequent=0.5, rare=0.0, rarest=()):
    return replace(found, labels=replace(LABELS, words=Words(frequent, rare, list(rarest))))
