import pytest

from spacy_domainvec.reading.quoting import described, has_escapes, quoted_field, readings


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("a,b", ["a", "b"]),
        ('"a, b",c', ["a, b", "c"]),
        ('"a ""b"" c",', ['a "b" c', ""]),
        ('"a,"b, c",d', ['"a', "b, c", "d"]),
        ('a "b, c"', ['a "b', ' c"']),
        ('"', ['"']),
        ("", [""]),
    ],
)
def test_fields_are_quoted_where_quotes_are_in_order(line, first):
    assert readings(line, ",", 10)[0] == first


def test_a_line_is_read_in_all_ways_its_quotes_may_be_meant():
    assert readings('"1, 2" m,"x', ",", 10) == [['"1', ' 2" m', '"x'], ["1, 2 m", "x"], ['"1', ' 2" m', '"x']]


def test_no_more_fields_are_told_apart_than_are_wanted():
    assert readings("a,b,c,d,,", ",", 2)[0] == ["a", "b", "c,d"]
    assert readings("a,b,,,", ",", 2)[0] == ["a", "b", ""]
    assert len(readings("," * 2**21, ",", 2)[-1]) == 3


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        ('1,"a \\"b\\" c"\n', True),
        ('1,"a \\"b\\"",""\n"",x\n', True),
        ('1,"a ""b"" \\"\n', False),
        ('1,"""b"" \\"\n', False),
        ('1,"a"\n', False),
    ],
)
def test_backslashes_stand_before_quotes_where_none_is_doubled(look, expected):
    assert has_escapes(look, ",") is expected


def test_where_a_quoted_field_ends():
    assert quoted_field('x,"a ""b""",c', 2) == ('a "b"', 11)
    assert quoted_field('"a ""b""', 0) is None


def test_a_header_is_described_without_texts():
    assert described("id;text", ["id;text"], ",", "text").endswith("by ';': separate them by commas.")
    assert described("id,no. of x,", ["id", "no. of x", ""], ",", "text") == "Its columns are: id, no. of x, ."
    assert "secret" not in described("a,my secret is this", ["a", "my secret is this"], ",", "text")
    assert "17" not in described("17,x", ["17", "x"], ",", "text")
