from dataclasses import replace

import pytest

from spacy_domainvec.comparison.results import Comparison, Costs, Coverage, Interval, Labels, Route, Score, Text
from spacy_domainvec.comparison.written import cells, described, escaped

HALF = Interval(0.5, 0.4, 0.6)
SCORE = Score(5, HALF, None, Interval(0.1, 0.05, 0.15), Interval(-0.02, -0.05, 0.01), None)
COVERED = Coverage(0.5, 0.25, 0, 0.25)
DONE = Route(
    "base", "base", "as it is", None, 8, [SCORE], {}, Coverage(0.5, 0.25, 0, 0.25), None, Costs(2, microseconds=0.5)
)
FAILED = Route("replace", "replace", "gensim", "[DV066] <script>", 0, [], {}, None, None, Costs())
LABELS = Labels(20, 10, None, 3, 4, False, 0.3)
FOUND = Comparison(
    "spacy-domainvec 0", "b", "en", ["Keep | <it>."], ["a*b"], Text(3, 9, 4, 0.1), LABELS, [DONE, FAILED], []
)


def test_a_table_has_a_row_for_each_route():
    header, rows = cells(FOUND)
    assert header[:3] == ["route", "5 a label", "gain at 5"]
    assert rows[0] == ["base", "50.0%", "-2.0 (-5.0 to +1.0)", "50.0%", "0.0%", "25.0%", "8", "2.0", "-", "-", "0.50"]
    assert rows[1] == ["replace", *["-"] * 10]


def test_it_says_what_was_compared():
    assert "tested on 10 test texts" in described(FOUND)[1] and "draws" in described(FOUND)[-1]
    unlabelled = described(replace(FOUND, labels=None))
    assert len(unlabelled) == 2 and unlabelled[1].endswith("of what other held-out texts would give.")


def test_text_is_shown_as_it_is_on_one_line():
    assert escaped("Keep | <it>.\n a*b") == "Keep \\| \\<it\\>. a\\*b"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("&lt;b&gt; AT&T", "\\&lt;b\\&gt; AT\\&T"),
        ("~~gone~~", "\\~\\~gone\\~\\~"),
        ("1. a", "1\\. a"),
        ("12) a", "12\\) a"),
        ("- a", "\\- a"),
        ("+ a", "\\+ a"),
        ("---", "\\---"),
        ("-", "\\-"),
        # These start no list.
        ("1.5 points", "1.5 points"),
        ("-1.5 and +2 - 1", "-1.5 and +2 - 1"),
        ("a. b", "a. b"),
    ],
)
def test_text_is_neither_an_entity_nor_struck_out_nor_a_list(text, written):
    assert escaped(text) == written
