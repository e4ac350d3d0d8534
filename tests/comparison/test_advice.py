import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from comparison_tiny import FREE, GOOD, LABELS, around, comparison, curve_of, with_words

from spacy_domainvec.comparison import advice as rules
from spacy_domainvec.comparison.advice import advice
from spacy_domainvec.comparison.results import Costs, Halves, Route
from spacy_domainvec.comparison.routes import ROUTES
from spacy_domainvec.comparison.verdict import judged


def said_by(rule, found):
    return rule(found, judged(found))


def test_the_best_route_is_named_with_its_gains():
    assert advice(comparison(**GOOD))[0] == (
        "Take 'domain vectors': with 5 texts a label, 75.0% (73.0% to 77.0%) of 200 test texts are right, "
        "15.0 points (13.0 to 17.0) more than with the base's vectors weighted, "
        "25.0 points (23.0 to 27.0) more than with doc.vector."
    )


def test_a_gain_within_the_noise_keeps_the_base():
    found = comparison(**FREE, domain=[0.61, 0.61])
    first, second, *_ = advice(found)
    assert first.startswith("Keep the base, its vectors weighted, which needs no training: ")
    assert second == (
        "The gain of 'domain vectors' is within the noise of your 200 test texts and 3 draws: 1.0 points (-1.0 to 3.0) "
        "with 5 texts a label."
    )
    assert said_by(rules.costs, found) is None and said_by(rules.forgotten, found) is None


def test_the_base_is_kept_as_it_is_where_weights_gain_nothing():
    found = comparison(base=[0.5], weighted=[0.5], domain=[0.49])
    assert advice(found)[0].startswith("Keep the base: with 5 texts a label, 50.0% ")


def test_tfidf_is_taken_where_no_vectors_are_surely_better():
    found = comparison(**GOOD, tfidf=[0.74, 0.69])
    assert advice(found)[0].startswith(
        "Keep the base, and classify with TF-IDF, as no vectors are surely better: with 5"
    )
    assert said_by(rules.tfidf_from, found) is None


def test_tfidf_is_told_from_where_it_does_as_well():
    found = comparison(**FREE, domain=[0.8, 0.7], tfidf=[0.7, 0.69])
    assert said_by(rules.tfidf_from, found).startswith("With 10 texts a label or more, TF-IDF")
    assert said_by(rules.tfidf_from, comparison(**GOOD, tfidf=[0.74, 0.5])) is None


def test_of_routes_that_cant_be_told_apart_the_cheapest_is_taken():
    found = comparison(**FREE, domain=[0.74, 0.7], pipelines=[0.75, 0.7])
    assert judged(found).chosen.name == "domain" and judged(found).best.name == "pipelines"
    assert said_by(rules.rivals, found) is None
    found = comparison(**FREE, domain=[0.75, 0.7], pipelines=[0.74, 0.7], fasttext=[0.3, 0.3])
    assert said_by(rules.rivals, found) == ("It can't be told apart from two pipelines on these texts, and costs less.")


def test_a_route_that_is_surely_better_with_some_numbers_of_texts_is_no_rival():
    found = comparison(**FREE, domain=[0.8, 0.7], pipelines=[0.79, 0.73])
    assert judged(found).chosen is judged(found).best and said_by(rules.rivals, found) is None


def test_tfidf_that_overtakes_is_said_to_be_better():
    found = comparison(**FREE, domain=[0.8, 0.7], tfidf=[0.7, 0.75])
    assert said_by(rules.tfidf_from, found) == (
        "With 10 texts a label or more, TF-IDF, which needs no vectors, is surely better than 'domain vectors': "
        "5.0 points (3.0 to 7.0) more."
    )


def test_a_base_that_another_route_surely_betters_is_not_kept():
    found = comparison(**FREE, domain=[0.64, 0.64], replace=[0.63, 0.63])
    # The best is too uneven to be told from the base, the other is not.
    (best,) = [route for route in found.routes if route.name == "domain"]
    scores = [replace(score, to_weighted=around(0.04, 0.05)) for score in best.scores]
    routes = [replace(route, scores=scores) if route is best else route for route in found.routes]
    weighted = next(route for route in routes if route.name == "weighted")
    scores = [replace(score, to_best=around(-0.04, 0.05)) for score in weighted.scores]
    routes = [replace(route, scores=scores) if route is weighted else route for route in routes]
    found = replace(found, routes=routes)
    assert judged(found).best.name == "domain" and judged(found).chosen.name in ("domain", "replace")
    assert not any("No route is surely better" in sentence for sentence in advice(found))


def test_a_route_that_is_better_with_some_texts_and_worse_with_others_is_told():
    found = comparison(**FREE, tfidf=[0.5, 0.66])
    assert judged(found).chosen.name == "weighted"
    assert advice(found)[0].endswith(
        " With 10 texts a label, 'no vectors' gains 6.0 points (4.0 to 8.0), but not with all numbers of them."
    )


def test_a_route_alone_is_compared_with_nothing():
    alone = comparison(domain=[0.7, 0.7])
    (route,) = alone.routes
    scores = [replace(score, to_base=None, to_weighted=None) for score in route.scores]
    assert advice(replace(alone, routes=[replace(route, scores=scores)]))[0].endswith(
        "are right, compared with 0 others: 'base' and 'weighted' were not run."
    )
    halves = replace(halved("domain", 0.5, None).halves, to_base=None, to_weighted=None)
    found = replace(alone, labels=None, routes=[replace(halved("domain", 0.5, None), halves=halves)])
    assert "compared with 0 others" in advice(found)[0]


def test_how_much_is_in_the_learned_vectors():
    more = {"domain": {"own": 0.007}}
    assert said_by(rules.learned, comparison(**GOOD, mapped=[0.74, 0.7], more=more)) == (
        "Of what 'domain vectors' gain with 5 texts a label, 0.7 points (-1.3 to 2.7) are in the vectors learned from "
        "your text; the rest is what its weights, centre and map make of the base's."
    )
    assert said_by(rules.learned, comparison(**GOOD)) is None


def test_without_labels_a_sure_gain_goes_before_a_larger_one():
    routes = [halved("weighted", 0.30, None), halved("continue", 0.34, 0.04, 0.01), halved("domain", 0.35, 0.05, 0.06)]
    found = replace(comparison(**GOOD), labels=None, routes=routes)
    assert advice(found)[0].startswith("Without labels, take 'go on training': ")


def test_what_the_test_texts_cant_tell():
    assert said_by(rules.resolution, comparison(width=0.031, **GOOD)) == (
        "Your 200 test texts can't tell differences smaller than about 3.1 points from noise."
    )
    folds = replace(comparison(**GOOD), labels=replace(LABELS, n_folds=5))
    assert "Your 200 texts in folds can't tell" in said_by(rules.resolution, folds)


def test_a_gain_by_labels():
    assert said_by(rules.more_labels_shrink_it, comparison(**GOOD)) == (
        "The gain over the base's vectors weighted is 15.0 points (13.0 to 17.0) with 5 texts a label and 10.0 points "
        "(8.0 to 12.0) with 10."
    )
    assert said_by(rules.more_labels_shrink_it, comparison(base=[0.5], weighted=[0.6], domain=[0.7])) is None


def test_costs():
    costs = {"domain": {"costs": Costs(48.2, 1.0, 59.1, 90.0, 0.85)}, "base": {"costs": Costs(0, 1.0, 52.6, 0, 2.05)}}
    assert said_by(rules.costs, comparison(**GOOD, more=costs)) == (
        "It costs 48 seconds of training, 59.1 MB on disk (the base 52.6) "
        "and 0.85 microseconds a token (the base 2.05)."
    )
    assert said_by(rules.costs, comparison(**GOOD)) is None


@pytest.mark.parametrize(("rho", "expected"), [(0.47, "forgets part of"), (0.49, "loses no more than 0.02 of")])
def test_what_is_forgotten(rho, expected):
    more = {"base": {"similarity": {"WordSim-353": 0.5}}, "domain": {"similarity": {"WordSim-353": rho}}}
    assert said_by(rules.forgotten, comparison(**GOOD, more=more)) == (
        f"It {expected} the similarities of general English words: WordSim-353 0.500 to {rho:.3f}."
    )
    assert said_by(rules.forgotten, comparison(**GOOD)) is None


def test_more_labels():
    rising = comparison(**FREE, domain=[0.66, 0.72])
    assert said_by(rules.more_labels, rising) == (
        "More labels would help: from 5 to 10 texts a label, accuracy changes by 6.0 points (4.0 to 8.0)."
    )
    more = comparison(base=[0.5] * 3, weighted=[0.6] * 3, domain=[0.62, 0.625, 0.7])
    assert said_by(rules.more_labels, more).endswith(
        "from 10 to 20 texts a label, accuracy changes by 7.5 points (5.5 to 9.5)."
    )
    beyond = comparison(base=[0.5] * 2, weighted=[0.6] * 2, domain=[0.55, 0.66])
    assert said_by(rules.more_labels, beyond).endswith("by 11.0 points (9.0 to 13.0), where the route gains 6.0.")
    assert "would help little" in said_by(rules.more_labels, comparison(width=0.001, **GOOD))
    assert said_by(rules.more_labels, comparison(base=[0.5], weighted=[0.6], domain=[0.7])) is None


def test_more_labels_can_be_untold():
    unsure = comparison(**FREE, domain=[0.70, 0.71])
    assert said_by(rules.more_labels, unsure) == (
        "Whether more labels would help can't be told: from 5 to 10 texts a label, accuracy changes by 1.0 points "
        "(-1.0 to 3.0)."
    )


@pytest.mark.parametrize(
    ("value", "width", "expected"),
    [
        (0.02, 0.01, "More text would help: "),
        (0.005, 0.01, "Whether more text would help can't be told: "),
        (0.002, 0.005, "More text would help little: "),
        (-0.03, 0.01, "More text would help little: "),
    ],
)
def test_more_text(value, width, expected):
    said = said_by(rules.more_text, comparison(**GOOD, curve=curve_of(value, width)))
    assert said.startswith(f"{expected}from 300 to 1,000 tokens, 'domain vectors' change by {100 * value:.1f} points (")
    assert said_by(rules.more_text, comparison(**GOOD, curve=curve_of(value)[:1])) is None
    assert said_by(rules.more_text, comparison(**GOOD)) is None


def test_words_that_the_text_has_too_rarely():
    found = with_words(comparison(**GOOD), rare=0.034, rarest=["iban", "topup"])
    assert said_by(rules.rare_words, found) == (
        "Of the labelled texts' words without stop words, 3.4% occur fewer than 20 times in the text, most often "
        "'iban' and 'topup': look for text that has them."
    )
    assert said_by(rules.rare_words, with_words(comparison(**GOOD), rare=0.009, rarest=["iban"])) is None
    assert said_by(rules.rare_words, with_words(comparison(**FREE), rare=0.5, rarest=["iban"])) is None
    assert said_by(rules.rare_words, comparison(**GOOD)) is None


def test_a_teacher_is_named_where_none_was_tried():
    assert (
        said_by(rules.teacher, comparison(**GOOD))
        == "Not tried: 2 routes with a sentence encoder, which --teacher names."
    )
    assert said_by(rules.teacher, comparison(**GOOD, encoder=[0.9, 0.9])) is None


UNRELATED = "the text is about something else than the labels: of their words without stop words, it has 20.0% "


def test_a_text_about_something_else_keeps_the_base_whatever_it_gains():
    gains = {"domain": {"own": 0.005}}
    found = with_words(comparison(**GOOD, mapped=[0.74, 0.7], more=gains, curve=curve_of(0.02)), frequent=0.2)
    first, second, *others = advice(found)
    assert first == (
        f"Keep the base: {UNRELATED}at least 100 times in a million tokens, where 30% or more are usual. "
        "With 5 texts a label, 'domain vectors' gain 15.0 points (13.0 to 17.0) even so. "
        "Of these, 0.5 points (-1.5 to 2.5) are vectors learned from it; the rest is what its weights, centre and map "
        "make of the base's. Compare again with text about what the labels are about."
    )
    assert second == (
        "Keep the base, its vectors weighted, which needs no training: with 5 texts a label, 60.0% (58.0% to 62.0%) "
        "of 200 test texts are right, 10.0 points (8.0 to 12.0) more than with doc.vector."
    )
    assert not any("ake 'domain" in sentence or "More text" in sentence for sentence in others)


def test_a_text_about_something_else_keeps_tfidf_where_it_is_better_than_the_base():
    found = with_words(comparison(**GOOD, tfidf=[0.65, 0.65]), frequent=0.2)
    assert advice(found)[1].startswith("Keep the base, and classify with TF-IDF: with 5 ")


def test_a_text_about_something_else_may_help_by_its_words():
    found = with_words(comparison(**GOOD, mapped=[0.7, 0.7], more={"domain": {"own": 0.05}}), frequent=0.2)
    first, second, *_ = advice(found)
    assert first.startswith(f"T{UNRELATED[1:]}") and "Of these, 5.0 points (3.0 to 7.0) are vectors" in first
    assert second.startswith("Take 'domain vectors': ")


def test_a_text_about_something_else_that_gains_nothing():
    found = with_words(comparison(**FREE, domain=[0.6, 0.61]), frequent=0.2)
    assert advice(found)[0].startswith(f"Keep the base: {UNRELATED}") and "even so" not in advice(found)[0]
    assert said_by(rules.other_subject, with_words(comparison(**GOOD), frequent=0.31)) is None


def test_the_encoder_is_no_route_to_take():
    found = comparison(**GOOD, encoder=[0.9, 0.9])
    assert judged(found).best.name == "domain"
    assert "is right for 90.0%" in said_by(rules.encoder, found)


def test_without_any_route_nothing_is_said():
    failed = Route("base", "base", "", "no vectors", 0, [], {}, None, None, Costs())
    found = comparison(**GOOD)
    assert "0 routes can be compared" in advice(replace(found, routes=[failed]))[0]
    assert "0 routes can be compared" in advice(replace(found, routes=[failed], labels=None))[0]


def test_how_far_to_trust_the_halves_is_what_was_measured():
    figures = json.loads((Path(__file__).parents[2] / "assets" / "figures.json").read_text())
    printed = ["\n".join(figures[key]["printed"]) for key in ("label_free", "label_free_reviews")]
    measured = [float(re.search(r"rho over 8 routes: ([\d.]+)", text)[1]) for text in printed]
    assert list(rules.AGREEMENT.values()) == measured


def halved(name, value, to_weighted, width=0.02):
    plan, gain = ROUTES[name], around(to_weighted, width)
    halves = Halves(300, around(value), around(value), gain, gain)
    return Route(name, plan.title, plan.what, None, 8, [], {}, None, halves, Costs())


def test_without_labels_the_halves_speak():
    routes = [halved("base", 0.2, None), halved("weighted", 0.3, None)]
    routes += [halved("domain", 0.5, 0.2), halved("tfidf", 0.7, 0.4)]
    found = replace(comparison(**GOOD), labels=None, routes=routes)
    first, second = advice(found)
    assert first == (
        "Without labels, take 'domain vectors': the halves of 300 held-out texts find each other with a mean "
        "reciprocal rank of 0.50 (0.48 to 0.52), 0.20 (0.18 to 0.22) more than with the base's weighted "
        "vectors."
    )
    assert "How far to trust this" in second and all(f"{rho:.2f}" in second for rho in rules.AGREEMENT.values())
    routes[2] = halved("domain", 0.31, 0.01)
    first = advice(replace(found, routes=routes))[0]
    assert first.startswith("Keep 'base, weighted': ") and first.endswith(", and no route is surely better.")


def test_no_adjective_without_a_number():
    for sentence in advice(comparison(**GOOD, tfidf=[0.7, 0.69])):
        assert any(letter.isdigit() for letter in sentence), sentence
