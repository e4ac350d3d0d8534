import csv
import io

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.reading import text_lines
from spacy_domainvec.reading.records import TOO_MANY_FIELDS, Table
from spacy_domainvec.reading.text_lines import NOT_UTF8, NUL, TOO_LONG

LONGEST = 2**26
cells = st.text(st.sampled_from('ab ,;"\n\t\\é'), max_size=8)
words = st.text(st.sampled_from("ab é€'"), max_size=6)


def table_of(data, delimiter=",", wanted=(), longest=LONGEST):
    told = []
    data = data if isinstance(data, bytes) else data.encode()
    table = Table(io.BytesIO(data).read, "a.csv", delimiter, wanted, longest, lambda *what: told.append(what))
    return table, told


def read(data, delimiter=",", **kwargs):
    """The columns, the records with their lines, and what was told."""
    table, told = table_of(data, delimiter, **kwargs)
    return table.columns, list(table.rows()), told


def rows_of(data, delimiter=","):
    columns, rows, told = read(data, delimiter)
    assert told == []
    return [columns, *(fields for _, fields in rows)]


def written(rows, delimiter, quoting, end):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    return file.getvalue()


def lines_are_records(row, delimiter, quoting):
    """Whether a record has several lines, and each could be a record: what the module says it takes for records."""
    lines = written([row], delimiter, quoting, "\n")[:-1].split("\n")
    alone = all(line.count(delimiter) == len(row) - 1 and (delimiter == "\t" or ", " not in line) for line in lines)
    is_full = all(cell for line in lines for cell in line.split(delimiter))
    is_one_cell = "".join(lines).count('"') == 2
    # Two lines of a CSV only if their fields look alike, too.
    return len(row) > 1 and alone and is_full and is_one_cell and len(lines) > 1


@pytest.mark.slow
@pytest.mark.parametrize("delimiter", [",", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@settings(deadline=None, max_examples=60)
@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), max_size=6)))
def test_what_the_csv_module_writes_is_read_as_it_was(delimiter, quoting, end, rows):
    assume(not any(lines_are_records(row, delimiter, quoting) for row in rows))
    if end == "\r" and quoting == csv.QUOTE_MINIMAL:
        # Python 3.11 does not quote a line end that is not the file's.
        rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    header = [f"c{i}" for i in range(len(rows[0]))] if rows else ["c0"]
    data = written([header, *rows], delimiter, quoting, end)
    assert rows_of(data, delimiter) == [header, *rows]


@pytest.mark.parametrize("delimiter", [",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.lists(words, min_size=3, max_size=3), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 2)), max_size=6),
)
def test_a_quote_that_never_closes_costs_its_own_line_at_most(delimiter, end, rows, quotes):
    rows = [[f"x{cell}y" for cell in row] for row in rows]
    for line, column in quotes:
        row = rows[line % len(rows)]
        row[column] = f'"{row[column]}'
    # Two quotes on a line could be a pair.
    assume(all("".join(row).count('"') <= 1 for row in rows))
    data = end.join(delimiter.join(row) for row in [["a", "b", "c"], *rows])
    assert rows_of(data, delimiter) == [["a", "b", "c"], *rows]


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(st.text(st.sampled_from('ab",\n\r\\ é'), max_size=60), st.sampled_from("\n\r"))
def test_no_character_of_any_text_is_lost(text, end):
    columns, rows, told = read(f"a,b{end}{text}")
    marks = dict.fromkeys(map(ord, '",\r\n\\'))
    kept = "".join("".join(fields) for _, fields in rows).translate(marks)
    wanted = "".join([*columns, text]).translate(marks)
    if told:
        assert {why for _, why in told} == {TOO_MANY_FIELDS} and len(kept) < len(wanted)
    else:
        assert kept == wanted[len("".join(columns).translate(marks)) :] or columns != ["a", "b"]
    assert [line for line, _ in rows] == sorted(line for line, _ in rows)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.lists(cells, min_size=2, max_size=2), max_size=6), st.integers(1, 9), st.booleans())
def test_it_does_not_matter_where_blocks_end(rows, block, is_quoted):
    quoting = csv.QUOTE_ALL if is_quoted else csv.QUOTE_MINIMAL
    # How lines end and quotes are written is seen from the first block.
    data = written([["a", "b"], *rows], ",", quoting, "\n").replace("\\", "€")
    expected = read(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_lines, "BLOCK", block)
        assert read(data) == expected


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=80), st.sampled_from([b"", b"a,b\n", b"\xef\xbb\xbfa\n", b"a\r", b'"a",b\r\n']))
def test_any_bytes_are_read_or_told(data, header):
    try:
        _, rows, told = read(header + data)
    except DomainVectorsError as e:
        assert str(e).startswith("[DV039]")
        return
    for _, fields in rows:
        "".join(fields).encode()
        assert "\0" not in "".join(fields)
    assert {why for _, why in told} <= {NUL, NOT_UTF8, TOO_MANY_FIELDS}


def test_a_quote_that_a_later_line_seems_to_close():
    head = [["id", "text", "label"]]
    # A quote of a later line that opens a field there.
    data = 'id,text,label\n1,"one,x\n2,two,y\n3,"a, b",z\n4,four,x\n'
    assert rows_of(data) == [*head, ["1", '"one', "x"], ["2", "two", "y"], ["3", "a, b", "z"], ["4", "four", "x"]]
    # One that is a mark of inches: the record would have too few fields, or each of its lines is a record.
    data = 'id,text,label\n1,"one,x\n2,two,y\n3,z,5"\n'
    assert rows_of(data) == [*head, ["1", '"one', "x"], ["2", "two", "y"], ["3", "z", '5"']]
    data = 'id,text,label\n1,"one,x\n2,two,y\n3,5",z\n'
    assert rows_of(data) == [*head, ["1", '"one', "x"], ["2", "two", "y"], ["3", '5"', "z"]]
    data = 'id,text,label\n1,"one,x\n2,5",z\n'
    assert rows_of(data) == [*head, ["1", '"one', "x"], ["2", '5"', "z"]]
    data = 'id\ttext\tlabel\n1\t"one\tx\n2\t5"\ty\n'
    assert rows_of(data, "\t") == [*head, ["1", '"one', "x"], ["2", '5"', "y"]]
    # A text of several lines with commas is one.
    data = 'id,text,label\n1,"it cost 1,000\nand 2,000",x\n'
    assert rows_of(data) == [*head, ["1", "it cost 1,000\nand 2,000", "x"]]
    data = 'id,text\n1,"Dear sirs, hello\nThanks, Bob"\n2,"a\nb, c, d\ne"\n'
    assert rows_of(data) == [["id", "text"], ["1", "Dear sirs, hello\nThanks, Bob"], ["2", "a\nb, c, d\ne"]]


def test_quotes_of_one_line_are_taken_as_the_fields_tell():
    assert rows_of('a,b,c\n"x,"1, 2",y\n') == [["a", "b", "c"], ['"x', "1, 2", "y"]]
    assert rows_of('a,b\n"1, 2" metres,y\n') == [["a", "b"], ["1, 2 metres", "y"]]
    assert rows_of('a,b,c\n1,"x,y"\n') == [["a", "b", "c"], ["1", '"x', 'y"']]
    assert rows_of('a,b\n1,x "y" z\n') == [["a", "b"], ["1", 'x "y" z']]


def test_a_backslash_stands_before_a_quote_where_no_quote_is_doubled():
    data = 'id,text,tag\n1,"he said \\"hi, you\\" to me",x\n2,"",y\n3,"5\\"",z\n4,"two \\"\nlines\\", too",w\n'
    texts = [fields[1] for _, fields in read(data)[1]]
    assert texts == ['he said "hi, you" to me', "", '5"', 'two "\nlines", too']
    # Where one is, a backslash is a backslash.
    data = 'id,text,tag\n1,"he said ""hi"", C:\\",x\n2,"C:\\",y\n'
    assert [fields[1] for _, fields in read(data)[1]] == ['he said "hi", C:\\', "C:\\"]


def test_a_record_that_is_no_utf8_is_told_once_and_its_neighbours_stay():
    data = b'id,text\n1,one\n2,"t\xe9\nw\xe9o\n\xe9"\n3,three\n4,\xff\n5,a\0b\n6,six'
    _, rows, told = read(data)
    assert [(line, fields[1]) for line, fields in rows] == [(2, "one"), (6, "three"), (9, "six")]
    assert told == [(3, NOT_UTF8), (7, NOT_UTF8), (8, NUL)]


@pytest.mark.parametrize(
    "data", [b"gr\xf6\xdfe,text\n1,secret\n", "a,text\n1,secret\n".encode("utf-16"), b"a\0,text\n"]
)
def test_a_header_that_is_no_text_is_an_error_that_shows_none_of_it(data):
    with pytest.raises(DomainVectorsError, match=r"DV039.*a\.csv") as noted:
        table_of(data)
    assert "secret" not in str(noted.value)


def test_line_ends_of_all_kinds():
    for end in ("\n", "\r\n", "\r"):
        assert rows_of(f'a,b{end}1,"x{end}y"{end}{end}2,z{end}') == [["a", "b"], ["1", f"x{end}y"], ["2", "z"]]
    assert rows_of("a\rb,c\n1,x\ry\n2,z\n") == [["a\rb", "c"], ["1", "x\ry"], ["2", "z"]]
    assert rows_of('a,b\r1,"x\ny\nz"\r2,w\r') == [["a", "b"], ["1", "x\ny\nz"], ["2", "w"]]
    # Files that were put together, one of them with CR.
    assert rows_of("a,b\n1,x\n2,y\r3,z\r4,w\n5,v\n") == [["a", "b"], *map(list, ["1x", "2y", "3z", "4w", "5v"])]
    assert read("a,text\r1,x\n2,y\n3,z\n", wanted=["text"])[1] == [(1, ["1", "x"]), (2, ["2", "y"]), (3, ["3", "z"])]


def test_lines_are_those_of_the_file():
    data = '\n\na,b\n1,"x\n\ny"\n\n2,z\n"3,w\n4,v,u\n5,\n'
    _, rows, told = read(data)
    assert [line for line, _ in rows] == [4, 8, 9, 11]
    assert told == [(10, TOO_MANY_FIELDS)]


def test_fields_that_are_too_many_are_told_unless_they_are_empty():
    assert read("a,b\n1,2,,\n1,2,3\n")[1:] == ([(2, ["1", "2"])], [(3, TOO_MANY_FIELDS)])
    # Of one column, all is its text.
    assert rows_of('text\nhello, world\n"hello, you"\n"hello, all\n') == [
        ["text"],
        ["hello, world"],
        ["hello, you"],
        ["hello, all"],
    ]


def test_long_fields_are_read_up_to_the_limit():
    long = "word " * 100_000
    data = f'a,b\n1,{long}\n2,"{long}\n{long}"\n3,z\n'
    assert rows_of(data) == [["a", "b"], ["1", long], ["2", f"{long}\n{long}"], ["3", "z"]]
    # A quote that does not close within the limit.
    rows = read(f'a,b\n1,"{long}\n{long}\n{long}"\n3,z\n', longest=600_000)[1]
    assert [line for line, _ in rows] == [2, 3, 4, 5]
    assert read(data, longest=1000)[1:] == ([(5, ["3", "z"])], [(2, TOO_LONG), (3, TOO_LONG), (4, TOO_LONG)])


@pytest.mark.parametrize("block", [100, 2**20])
def test_a_line_that_is_too_long_is_dropped_while_it_is_read(monkeypatch, block):
    monkeypatch.setattr(text_lines, "BLOCK", block)
    data = "a,b\n1,x\n2," + "y" * 5000 + "\n3,z\n4," + "w" * 5000
    assert read(data, longest=1000)[1:] == ([(2, ["1", "x"]), (4, ["3", "z"])], [(3, TOO_LONG), (5, TOO_LONG)])


def test_many_quotes_that_never_close_are_read_in_one_go():
    searched = 0

    class Counted(text_lines.TextLines):
        def text(self, n_lines, n_ahead=0):
            nonlocal searched
            searched += n_lines
            return super().text(n_lines, n_ahead)

        def ahead(self, most):
            nonlocal searched
            for line in super().ahead(most):
                searched += 1
                yield line

    n = 2000
    for line in ('1,"x', '"1,x', '1,"', '1,"x"y', '1,x""', '"1,""x', '1"","x', 'p",q,"x', '"', '1,"","x'):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("spacy_domainvec.reading.records.TextLines", Counted)
            searched = 0
            read("a,b\n" + f"{line}\n" * n)
        assert searched < 30 * n


def test_an_empty_file_has_no_columns():
    assert read("") == read("\n\r\n") == ([], [], [])
