import bz2
import gzip
import lzma
import zlib

import pytest
import smart_open

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.reading import unpacking
from spacy_domainvec.reading.docbins import read_docs
from spacy_domainvec.reading.readers import read_texts
from spacy_domainvec.reading.skipped import Skipped
from spacy_domainvec.reading.sources import Source, format_of, opened
from spacy_domainvec.reading.unpacking import unzipped


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_BYTES", 2**20)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suffix", "open_file"), [(".gz", gzip.open), (".bz2", bz2.open), (".xz", lzma.open), (".zst", smart_open.open)]
)
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv", "a.spacy"])
def test_a_bomb_is_told_and_not_read_on(tmp_path, monkeypatch, name, suffix, open_file):
    path = tmp_path / f"{name}{suffix}"
    with open_file(path, "wb") as file:
        file.write(b"text\n")
        for _ in range(6):
            file.write((b"text " * 99 + b"text\n") * 1000)
    monkeypatch.setattr(unpacking, "MOST_TIMES", 20)
    source = Source(str(path), format_of(path.name))
    reading = read_docs(source, None) if name == "a.spacy" else read_texts(source, "text", Skipped())
    with pytest.raises(DomainVectorsError, match=rf"DV054.*{path.name}.*20 times"):
        list(reading)


def test_a_bomb_in_annotated_docs_is_told_before_it_is_held(tmp_path):
    data = zlib.compress(bytes(5 * 2**20))
    (tmp_path / "a.spacy").write_bytes(data)
    with pytest.raises(DomainVectorsError, match=r"DV054.*a\.spacy"):
        list(read_docs(Source(str(tmp_path / "a.spacy"), "spacy"), None))
    for n_bytes in (0, 1, 2**20):
        assert unzipped("a", zlib.compress(bytes(n_bytes))) == bytes(n_bytes)


def test_what_expands_as_texts_do_is_read(tmp_path):
    text = "".join(f"the text number {i * i} of many\n" for i in range(100_000)).encode()
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(text))
    with opened(Source(str(tmp_path / "a.txt.gz"), "txt")) as file:
        assert file.read() == text
