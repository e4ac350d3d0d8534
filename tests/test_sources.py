import bz2
import gzip
import io
import lzma
import sys

import pytest
import smart_open

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.sources import STDIN, Source, find_sources, format_of, opened


def names(paths):
    return [source.path.rsplit("/", 1)[-1] for source in find_sources(paths)[0]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.txt", "txt"), ("a.b.TXT.GZ", "txt"), ("a.jsonl.zst", "jsonl"), ("a.gz", None), ("txt", None), ("a.pdf", None)],
)
def test_the_name_tells_the_format(name, expected):
    assert format_of(f"/some.txt/{name}") == expected


def test_folders_and_globs_are_sorted_and_hidden_files_left_out(tmp_path):
    for name in ("b.txt", "a.jsonl", ".hidden.txt", "sub/c.csv.gz", ".git/d.txt", "readme.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    sources, left_out = find_sources(tmp_path)
    assert [source.path for source in sources] == [str(tmp_path / n) for n in ("a.jsonl", "b.txt", "sub/c.csv.gz")]
    assert left_out == [f"{tmp_path / 'readme.md'} (its name tells no format)"]
    assert names(str(tmp_path / "*.*l")) == ["a.jsonl"]
    assert names(str(tmp_path / "**" / "*.csv.gz")) == ["c.csv.gz"]
    assert names([tmp_path / "b.txt", tmp_path / "a.jsonl"]) == ["b.txt", "a.jsonl"]


def test_a_file_whose_name_is_a_pattern_is_that_file(tmp_path):
    (tmp_path / "a[1].txt").touch()
    assert names(tmp_path / "a[1].txt") == ["a[1].txt"]


@pytest.mark.parametrize(
    ("name", "code"), [("nowhere.txt", "DV030"), ("no/*.txt", "DV030"), ("a.pdf", "DV031"), ("empty", "DV035")]
)
def test_what_cannot_be_a_corpus_is_refused_by_name(tmp_path, name, code):
    (tmp_path / "a.pdf").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(DomainVectorsError, match=f"{code}.*{name.split('/')[0]}"):
        find_sources(tmp_path / name)


@pytest.mark.parametrize(
    ("suffix", "open_file"),
    [("", open), (".gz", gzip.open), (".bz2", bz2.open), (".xz", lzma.open), (".zst", smart_open.open)],
)
def test_compressed_files_are_opened(tmp_path, suffix, open_file):
    path = tmp_path / f"a.txt{suffix}"
    with open_file(path, "wb") as file:
        file.write("žluťoučký\nkůň\n".encode())
    (source,), _ = find_sources(path)
    for _ in range(2):
        with opened(source) as file:
            assert file.read().decode() == "žluťoučký\nkůň\n"


def test_stdin_can_be_read_twice(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\ntwo\n")))
    (source,), _ = find_sources(STDIN)
    for _ in range(2):
        with opened(source) as file:
            assert file.read() == b"one\ntwo\n"


def test_an_address_is_opened_by_its_scheme(tmp_path):
    (tmp_path / "a.txt").write_text("text")
    (source,), _ = find_sources((tmp_path / "a.txt").as_uri())
    with opened(source) as file:
        assert file.read() == b"text"


def test_an_unknown_scheme_is_refused():
    with pytest.raises(DomainVectorsError, match=r"DV03[36].*gopher"), opened(Source("gopher://x/a.txt", "txt")):
        pass


def test_a_missing_backend_names_the_package_to_install(monkeypatch):
    def refuse(*args):
        raise ImportError("boto3")

    monkeypatch.setattr(smart_open, "open", refuse)
    with pytest.raises(DomainVectorsError, match=r"DV036.*smart_open\[s3\]"), opened(Source("s3://b/a.txt", "txt")):
        pass
