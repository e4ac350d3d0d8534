"""How well the check without labels orders the routes of `compare`, against the order by labels.

usage: python tests/benchmarks/label_free.py [CORPUS] [--base NAME] [--labelled FILE --test FILE] [--shots N ...]

Holds texts of CORPUS out, trains all routes and some settings of domain vectors on the rest, and measures both: the
accuracy with N labelled texts a label, mean over the numbers, and how well the halves of the held-out texts find each
other. Prints Spearman's rho of the two orders: over the routes, and over the routes and the settings.
"""

import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import spacy
from arguments import parser
from scipy.stats import spearmanr

from spacy_domainvec import Jobs
from spacy_domainvec.build.select import gather
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.comparison.accuracy import classification, predictions
from spacy_domainvec.comparison.ground import Bags, Ground
from spacy_domainvec.comparison.halves import halves_of, hold_out, measured
from spacy_domainvec.comparison.kept import Made, run_route, similarity_words
from spacy_domainvec.comparison.routes import DOMAIN, choose_routes
from spacy_domainvec.evaluation.labelled import read_labelled
from spacy_domainvec.evaluation.similarity_sets import LANG
from spacy_domainvec.util.progress import no_progress

VARIANTS = {
    "no maps": {"map.@misc": None},
    "less of the domain": {"combine.domain_weight": 0.3},
    "flatter weights": {"weighting.a": None},
}


def main() -> None:
    asked = parser(__doc__)
    asked.add_argument("--shots", type=int, nargs="+", default=[5, 10])
    args = asked.parse_args()
    warnings.filterwarnings("ignore", message=r"\[W095\]")
    nlp = spacy.load(args.base)
    given = {"paths.corpus": args.corpus, "paths.base": args.base}
    with tempfile.TemporaryDirectory() as folder:
        jobs = Jobs(Path(folder), 1)
        held = hold_out(load_settings(None, given), nlp, jobs)
        settings = held.settings
        gathered = gather(settings.paths, settings.corpus, settings.vocabulary, nlp, jobs, no_progress)
        ground = Ground(settings, nlp, gathered, jobs, no_progress)
        task = replace(classification(read_labelled(args.labelled), read_labelled(args.test)), shots=args.shots)
        firsts, seconds = halves_of(ground, held.texts)
        texts = [*task.texts, *firsts, *seconds]
        bags = Bags.of_texts(nlp, texts, similarity_words(LANG))
        routes = {name: (ground, name) for name in choose_routes(None, has_teacher=False)}
        for name, overrides in VARIANTS.items():
            varied = load_settings(None, {**given, "paths.corpus": settings.paths.corpus, **overrides})
            routes[name] = (replace(ground, settings=varied), DOMAIN)
        by_labels, by_halves = {}, {}
        print(f"{len(firsts)} held-out texts. Accuracy with {args.shots} texts a label, and of the halves:")
        for name, (of, route) in routes.items():
            made = run_route(of, route, bags, texts)
            assert isinstance(made, Made), made
            n = len(task.texts)
            by_labels[name] = float((predictions(made.documents[:n], task) == task.expected).mean())
            found = measured({name: made.documents[n:]})[name]
            by_halves[name] = found.reciprocal_rank.value
            row = f"{name:28s} accuracy {by_labels[name]:.1%}, found {found.recall.value:.1%}"
            print(f"{row}, mean reciprocal rank {by_halves[name]:.3f}", flush=True)
    first = [name for name in routes if name not in VARIANTS]
    for what, names in (("routes", first), ("routes and settings", list(routes))):
        rho = spearmanr([by_labels[name] for name in names], [by_halves[name] for name in names]).statistic
        print(f"Spearman's rho over {len(names)} {what}: {rho:.2f}")
    best = max(first, key=lambda name: np.round(by_halves[name], 3))
    lost = max(by_labels[name] for name in first) - by_labels[best]
    print(f"First by the halves: {best}, {100 * lost:.1f} points of accuracy below the best route.")


if __name__ == "__main__":
    main()
