from dataclasses import replace
from xml.etree import ElementTree

import pytest
from small_pages import about, comparison, route, words

from spacy_domainvec.comparison.results import Point
from spacy_domainvec.pages import charts
from spacy_domainvec.pages.axes import Scale, numbered, padded, spread, ticks
from spacy_domainvec.pages.results import SizePoint
from spacy_domainvec.pages.word_map import labelled, placed, word_map


def parsed(svg):
    return ElementTree.fromstring(svg)


def texts(svg):
    return [element.text for element in parsed(svg).iter("text")]


def test_a_scale_leads_from_values_to_places():
    assert [Scale(0, 10, 100, 0)(value) for value in (0, 5, 10)] == [100, 50, 0]
    assert [Scale(1, 100, 0, 10, is_log=True)(value) for value in (1, 10, 100)] == [0, 5, 10]
    assert Scale(3, 3, 0, 10)(3) == 5


@pytest.mark.parametrize(
    "low, high, expected",
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0.61, 0.79, [0.65, 0.7, 0.75]), (-31, 9, [-30, -20, -10, 0]), (2, 2, [2])],
)
def test_ticks_are_round_and_within_the_range(low, high, expected):
    assert ticks(low, high) == expected


def test_marks_have_as_many_digits_as_tell_them_apart():
    assert [shown for _, shown in numbered([-0.05, 0.0, 0.05], sign="+")] == ["-0.05", "0.00", "+0.05"]
    assert [shown for _, shown in numbered([0.65, 0.7], 100, ending="%")] == ["65%", "70%"]
    assert [shown for _, shown in numbered([0.985, 0.99])] == ["0.985", "0.990"]
    assert numbered([7]) == [(7, "7")] and numbered([0]) == [(0, "0")] and numbered([]) == []


def test_a_range_of_equal_values_has_a_width():
    assert padded([0.5, 0.5], least=0.1) == (0.45, 0.55)


def test_labels_are_spread_but_stay_near():
    found = spread([50, 10, 11, 12], 10, 0, 100)
    assert found == [50, 1, 11, 21]
    assert spread([0, 0, 0], 10, 0, 100) == [0, 10, 20]
    assert spread([99, 100, 0], 10, 0, 100) == [90, 100, 0]


def test_accuracy_has_a_line_and_intervals_for_each_route():
    found = comparison().routes
    svg = charts.accuracy_by_labels(found, "domain")
    marks = [element for element in parsed(svg).iter("path") if element.get("class", "").startswith("m ")]
    # One for each number of texts, and one beside the name.
    assert len(marks) == 5 * 3
    assert len([element for element in parsed(svg).iter("path") if element.get("class", "").startswith("bar")]) == 10
    assert {"base", "domain vectors", "no vectors", "5", "10"} <= set(texts(svg)) and "fastText" not in texts(svg)
    assert svg.count('<g class="strong">') == 1
    assert "domain vectors 75.0% to 85.0%" in svg


def test_routes_differ_in_form():
    shown = charts.accuracy_by_labels(comparison().routes, None)
    forms = {(mark.get("d"), mark.get("class")) for mark in parsed(shown).iter("path") if "m " in mark.get("class")}
    assert len(forms) == 5


def test_gain_stands_against_what_is_forgotten():
    shown = charts.gain_and_forgetting(comparison().routes, "domain")
    # TF-IDF has no similarities, and the failed route nothing at all.
    assert "no vectors" not in texts(shown) and "fastText" not in texts(shown)
    assert "domain vectors: gain +15.0, similarity +0.17" in shown
    without_labels = charts.gain_and_forgetting(comparison(has_labels=False).routes, None)
    assert "Gain in mean reciprocal rank" in texts(without_labels)


def test_halves_are_drawn_without_labels():
    assert charts.halves_found(comparison().routes) == ""
    assert "domain vectors 0.375 (0.355 to 0.395)" in charts.halves_found(comparison(has_labels=False).routes)


def test_sizes_and_text_have_curves():
    points = [SizePoint(50, 1.0, 0.7), SizePoint(5, 0.8, None), SizePoint(2, 0.6, None)]
    assert "2.0 MB: 0.600; 5.0 MB: 0.800; 50.0 MB: 1.000" in charts.size_curve(points, False)
    assert charts.size_curve(points, True) == "" and charts.size_curve(points[:1], False) == ""
    curve = charts.text_curve([Point(0.1, 1000, 5, about(0.7)), Point(1, 10000, 5, about(0.75))])
    assert {"1,000", "10,000"} <= set(texts(curve))
    assert charts.text_curve([Point(1, 1000, 5, about(0.7))]) == ""


def test_nothing_is_drawn_of_nothing():
    failed = comparison().routes[-1:]
    assert charts.accuracy_by_labels(failed, None) == "" == charts.gain_and_forgetting(failed, None)


def test_names_are_escaped():
    named = [replace(route(name), title="<script>&") for name in ("base", "domain")]
    for svg in (charts.accuracy_by_labels(named, None), charts.gain_and_forgetting(named, None)):
        assert "<script" not in svg and "<script>&" in texts(svg)


def test_the_map_has_a_point_for_each_word_and_names_that_do_not_overlap():
    given = words(200)
    shown = word_map(given)
    drawn = "".join(element.get("d") for element in parsed(shown).iter("path"))
    assert drawn.count("M") == 200
    names = labelled(given, placed(given))
    assert 20 < len(names) < 200 and 5 < sum(names.values()) < len(names)
    assert set(texts(shown)) == {given[i].word for i in names}
    assert "Words of the text: 200 (known 50, new 50, phrase 50, acronym 50)" in shown
