import pytest

from spacy_domainvec.corpus.acronyms import AcronymFinder, find_acronyms, is_short_form


def pairs(text):
    words = text.split()
    return [(words[short], " ".join(words[start:end])) for short, start, end in find_acronyms(words)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the annual percentage rate ( APR ) is high", [("APR", "annual percentage rate")]),
        ("his APR ( annual percentage rate ) is high", [("APR", "annual percentage rate")]),
        ("a power of attorney ( POA )", [("POA", "power of attorney")]),
        ("Consumer Financial Protection Bureau ( CFPB ) and APR", [("CFPB", "Consumer Financial Protection Bureau")]),
        ("private mortgage insurance ( PMI ) or x ( PMI )", [("PMI", "private mortgage insurance")]),
        ("high density lipoproteins ( HDLs )", [("HDLs", "high density lipoproteins")]),
        ("I paid . Then it ( PTI )", []),
        ("an account ( the )", []),
        ("Better Business Bureau ( BBB )", [("BBB", "Better Business Bureau")]),
        ("on XX / XX/2015 ( XXXX )", []),
        ("something else ( APR )", []),
        ("see ( APR", []),
        ("APR ( high )", []),
        ("( APR )", []),
        ("", []),
    ],
)
def test_pairs_are_those_that_the_text_explains(text, expected):
    assert pairs(text) == expected


def test_what_looks_like_an_acronym():
    assert all(map(is_short_form, ["APR", "Q&A", "HDLs", "BBB"]))
    assert not any(map(is_short_form, ["Apr", "A", "-AB", "ABCDEFGHIJK"]))


def test_the_most_frequent_long_form_wins():
    finder = AcronymFinder()
    for long in ("adjustable rate mortgage", "annual rate measure", "adjustable rate mortgage"):
        words = f"an {long} ( ARM )".split()
        finder.add(words, [word.lower() for word in words])
    assert finder.long_forms() == {"arm": ("adjustable", "rate", "mortgage")}
