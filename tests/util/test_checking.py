import math

import pytest

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build.schema import StorageSettings
from spacy_domainvec.learning import ranges
from spacy_domainvec.util.checking import check, checked, expected, is_text, kinds_in, validated

SUBWORDS = {"n_rows": 64, "min_n": 3, "max_n": 5, "hash_count": 2}
STORAGE = {"dtype": "int8", "max_rows": None, "max_growth": None, "max_mb": None, "subwords": SUBWORDS}


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (ranges.Count, [1, 10**9], [0, -1, True, "3", 3.0, 10**9 + 1, 2**63, 10**400, None, [1], math.nan]),
        (ranges.Count | None, [None, 1], [0, "null", False]),
        (ranges.Seed, [0, 2**32 - 1], [-1, 2**32]),
        (ranges.Share, [0, 1, 0.5, -0.0], [True, math.nan, math.inf, 1.1, -1e-300, "0.5", None, [], 10**400]),
        (ranges.SifShare, [1e-6, 1], [0, 1e-7, 2]),
        (ranges.Shares | None, [None, [], [1, 2.5]], [1, "x", [True], ["1"], [math.nan], [[1]], {"a": 1}]),
        (ranges.Paths | None, [None, "a", ["a", "b"]], [1, b"a", ["a", 1], {"a": "b"}]),
        (ranges.Attr, ["LOWER"], ["lower", "", 1, [], {}, None]),
        (ranges.Start | None, [None, "base"], ["bass", True]),
        (ranges.Flag, [True, False], [1, 0, "true", None]),
    ],
)
def test_a_kind_takes_what_it_says_and_nothing_else(kind, right, wrong):
    for value in right:
        check("x", value, kind)
    for value in wrong:
        with pytest.raises(DomainVectorsError, match=r"^\[DV045\] x = .+: expected ") as refused:
            check("x", value, kind)
        assert str(refused.value).endswith(f": expected {expected(kind)}.") and len(str(refused.value)) < 200


def test_a_kind_tells_what_it_is():
    said = {name: expected(kind) for name, kind in kinds_in(StorageSettings).items()}
    assert said == {
        "dtype": "float32 or float16 or int8",
        "max_rows": "a whole number from 1 to 1,000,000,000 or null",
        "max_growth": "a number from 0 to 1,000 or null",
        "max_mb": "a number from 0.001 to 1,000,000 or null",
        "subwords": "a section",
    }


def test_a_section_is_what_was_given_and_can_not_be_changed():
    made = validated(StorageSettings, "storage", STORAGE)
    assert made.subwords.n_rows == 64
    assert validated(StorageSettings, "storage", {**STORAGE, "subwords": None}).subwords is None
    with pytest.raises((TypeError, ValueError)):
        made.dtype = "float32"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dtype": "int4"}, "storage.dtype = 'int4': expected float32 or float16 or int8"),
        ({"dtype": ""}, "storage.dtype = '': expected"),
        ({"max_mb": math.nan}, "storage.max_mb = nan: expected a number from 0.001 to 1,000,000 or null"),
        ({"subwords": {**SUBWORDS, "n_rows": 0}}, "storage.subwords.n_rows = 0: expected a whole number from 1"),
        ({"subwords": 5}, "storage.subwords = 5: expected a section"),
    ],
)
def test_the_setting_that_is_wrong_is_named(given, message):
    with pytest.raises(DomainVectorsError) as refused:
        validated(StorageSettings, "storage", {**STORAGE, **given})
    assert str(refused.value).startswith(f"[DV045] {message}")


def test_texts_are_those_that_can_name_a_file():
    assert all(map(is_text, ["a", " ", "ä", "\U0001f600", "$x"]))
    assert not any(map(is_text, ["", "a\0b", "\ud83d", "\udcff"]))


def test_a_function_checks_its_arguments_and_keeps_its_face():
    @checked
    def power(base: ranges.Count, exponent: ranges.Share = 1) -> float:
        """To the power."""
        return base**exponent

    assert power(3) == 3 and power(base=4, exponent=0.5) == 2
    assert (power.__name__, power.__doc__) == ("power", "To the power.")
    for args, kwargs, name in (((0,), {}, "base"), ((1, 2), {}, "exponent"), ((), {"base": True}, "base")):
        with pytest.raises(DomainVectorsError, match=f"DV045.*{name} = "):
            power(*args, **kwargs)
