"""A comparison on texts about four topics that takes a second."""

import random

import pytest
from conftest import make_base

from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.comparison.compare import compare
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
