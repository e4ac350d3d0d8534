from dataclasses import replace

from comparison_tiny import GOOD, comparison, with_words

from spacy_domainvec.comparison.verdict import judged


def test_wide_intervals_keep_the_base_even_of_a_large_gain():
    assert judged(comparison(width=0.3, **GOOD)).chosen.name == "base"


def test_the_control_is_no_route_to_take():
    assert judged(comparison(**GOOD, mapped=[0.9, 0.9])).best.name == "domain"


def test_of_routes_that_cant_be_told_apart_the_cheapest_is_chosen():
    found = judged(comparison(base=[0.5], weighted=[0.6], domain=[0.74], pipelines=[0.75]))
    assert (found.best.name, found.chosen.name) == ("pipelines", "domain")


def test_without_routes_or_labels_there_is_none():
    found = comparison(base=[0.5], mapped=[0.9], encoder=[0.9])
    assert judged(found).best.name == "base"
    assert judged(replace(found, routes=found.routes[1:])) is None


def test_off_topic_text_leaves_the_base_or_tfidf_if_that_is_surely_better():
    for accuracies, chosen in (([0.65, 0.65], "tfidf"), ([0.61, 0.61], "weighted"), ([0.65, 0.5], "weighted")):
        found = judged(with_words(comparison(**GOOD, tfidf=accuracies), frequent=0.2))
        assert found.is_off_topic and found.chosen.name == chosen
    found = with_words(comparison(base=[0.5], weighted=[0.4], domain=[0.9]), frequent=0.2)
    assert judged(found).chosen.name == "base"
    found = judged(with_words(comparison(**GOOD, more={"domain": {"own": 0.05}}), frequent=0.2))
    assert not found.is_off_topic and found.chosen.name == "domain"
