import pytest

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.table.table_meta import check_meta

FULL = {
    "made_by": "spacy-domainvec 1",
    "lang": "en",
    "base": {"name": "en_core_web_md", "fingerprint": "20000x300-0123abcd"},
    "n_texts": 10,
    "n_tokens": 1000,
    "unseen_share": 0.01,
    "attr": "LOWER",
    "map": {"n_sentences": 60000, "n_pairs": 50000, "is_fitted": True},
    "alignment": {"trainer": {"anchors": 100, "held_out_cosine": -0.2}},
    "acronyms": {"apr": "annual percentage rate"},
    "config": {name: part for name, part in load_settings().config.items() if name != "paths"},
    "kept": {"n_rows": 5, "dtype": "int8", "n_subwords": 0, "of_rows": 9, "loss": 0.1},
}


def test_what_a_build_tells_is_right():
    check_meta(FULL)
    check_meta({**FULL, "base": {"name": None, "fingerprint": None}})
    check_meta({**FULL, "map": {**FULL["map"], "n_labelled": 20}})
    check_meta({**FULL, "mine": {"a": [1, None, 2.5, "x", True, (1,)]}})
    check_meta({})


@pytest.mark.parametrize("name", list(FULL))
def test_every_entry_may_be_missing(name):
    check_meta({key: value for key, value in FULL.items() if key != name})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("n_tokens", [-1, "5", 1.5, None, True, [], 2**60, 10**400]),
        ("n_texts", [-1, "5", {}]),
        ("unseen_share", [-0.1, 1.1, "0", None, float("nan")]),
        ("attr", ["lower", None, 3, ["ORTH"]]),
        ("lang", [None, 3, "\ud800"]),
        ("base", [None, [], "en"]),
        ("base.name", [3, ["x"], "\udfff"]),
        ("base.fingerprint", ["", "x", "1x", 3, [], "1x2-xyz", "9" * 50 + "x2-00000000"]),
        ("map", [{}, [], 1, None, {"n_sentences": 1}, {**FULL["map"], "more": 1}]),
        ("map.n_sentences", [-1, 2**60, 0.0, None]),
        ("map.n_labelled", [-1, 2**60, 0.0, None]),
        ("map.n_pairs", [-1, 2**60, 0.0, None]),
        ("map.is_fitted", [None, 1, "true"]),
        ("alignment", [None, []]),
        ("alignment.trainer", [None, {}, {"anchors": 1}, {"anchors": 1, "held_out_cosine": 0, "x": 1}]),
        ("alignment.trainer.anchors", [-1, "x"]),
        ("alignment.trainer.held_out_cosine", [None, 2, "x"]),
        ("acronyms", [None, [], {"a": 1}, {"a": None}, {"a": "\ud800"}]),
        ("kept", [None, {}, {"n_rows": 1}]),
        ("kept.n_rows", [-1, None, "x"]),
        ("kept.dtype", ["float64", None]),
        ("kept.loss", ["x", None, 1e9]),
        ("config", [None, [], "x"]),
    ],
)
def test_no_entry_has_another_type_or_range(name, values):
    for value in values:
        section, _, key = name.rpartition(".")
        inner = dict(FULL["alignment"]["trainer"]) if section == "alignment.trainer" else dict(FULL.get(section, FULL))
        inner[key] = value
        meta = inner if not section else {**FULL, section: inner}
        if section == "alignment.trainer":
            meta = {**FULL, "alignment": {"trainer": inner}}
        with pytest.raises(ValueError) as raised:
            check_meta(meta)
        assert name.split(".")[0] in str(raised.value) or "in the meta" in str(raised.value)


@pytest.mark.parametrize("value", [b"x", {1: 2}, {"\ud800": 1}, {1, 2}, float("inf"), 2**64, "\ud800", object()])
def test_only_values_of_json_can_be_told(value):
    with pytest.raises(ValueError, match="meta"):
        check_meta({"mine": [value]})


def test_what_is_nested_too_deeply_is_refused():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="too deeply"):
        check_meta({"mine": deep})
    with pytest.raises(ValueError, match="too deeply"):
        check_meta({"config": {"a": deep}})


@pytest.mark.parametrize("name", ["format", "files", "sha256", "subwords"])
def test_names_that_the_file_needs_are_refused(name):
    with pytest.raises(ValueError, match=name):
        check_meta({name: 1})


def test_functions_of_others_are_refused():
    with pytest.raises(DomainVectorsError, match="DV088"):
        check_meta({"config": {"trainer": {"@misc": "other.v1"}}})
    with pytest.raises(ValueError):
        check_meta([])
