import pytest

from spacy_domainvec import DomainVectorsWarning
from spacy_domainvec.reading.skipped import MOST_TOLD, Skipped, warn_of


def test_parts_of_a_file_are_put_together():
    first, later = Skipped(n_lines={"a": 10}), Skipped(n_lines={"a": 5, "b": 1})
    first.add("a", 3, "bad")
    later.add("a", 2, "bad")
    later.add("b", 1, "odd", 4)
    later.add_mended("a", 4, "cut")
    first.append(later)
    assert first.n_lines == {"a": 15, "b": 1}
    assert (first.found, first.mended) == ({("a", "bad"): (2, 3), ("b", "odd"): (4, 1)}, {("a", "cut"): (1, 14)})
    assert first.total == 6
    assert str(first) == "a line 3: bad (and 1 more); b line 1: odd (and 3 more)"


def test_very_many_files_are_told_in_few_words():
    skipped = Skipped()
    for i in range(1000):
        skipped.add(f"{i}.txt", 1, "bad")
    with pytest.warns(DomainVectorsWarning, match=r"DV101\] 1000 .*and more in 980 other places\.") as noted:
        warn_of(skipped)
    assert str(noted[0].message).count("bad") == MOST_TOLD


@pytest.mark.parametrize(("name", "what"), [("a.txt.gz", "line"), ("a.csv", "record"), ("standard input", "line")])
def test_records_are_called_records(name, what):
    skipped = Skipped()
    skipped.add(name, 7, "bad", 3)
    with pytest.warns(
        DomainVectorsWarning, match=rf"DV101\] 3 {what}\(s\) of the corpus skipped: {name} line 7: bad \("
    ):
        warn_of(skipped)


def test_nothing_is_told_of_nothing(recwarn):
    warn_of(Skipped())
    assert not recwarn.list
