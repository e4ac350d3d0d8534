import builtins
import bz2
import errno
import gzip
import io
import lzma
import os
import socket
from types import SimpleNamespace

import pytest
import smart_open

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.reading.sources import RemoteState, Source, find_sources, format_of, opened, remote_state


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


def test_an_address_is_opened_by_its_scheme(tmp_path):
    (tmp_path / "a.txt").write_text("text")
    (source,), _ = find_sources((tmp_path / "a.txt").as_uri())
    with opened(source) as file:
        assert file.read() == b"text"


@pytest.mark.parametrize("paths", ["", "  ", [""], ["a.txt", ""], []])
def test_an_empty_path_is_refused(tmp_path, monkeypatch, paths):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").touch()
    with pytest.raises(DomainVectorsError, match="DV056"):
        find_sources(paths)


def test_what_is_no_regular_file_is_refused_or_left_out_and_told(tmp_path):
    folder = tmp_path / "texts"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").touch()
    os.mkfifo(folder / "fifo.txt")
    (folder / "dangling.txt").symlink_to("nowhere.txt")
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "sub" / "up").symlink_to(folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket.txt"))
        for paths in (folder, str(folder / "*")):
            sources, left_out = find_sources(paths)
            assert [source.path for source in sources] == [str(folder / "a.txt")]
            names = ["dangling.txt", "fifo.txt", "loop.txt", "socket.txt"]
            expected = [f"{folder / name} (no file)" for name in names]
            assert left_out == [*expected, *([f"{folder / 'sub/up'} (a link to a folder)"] if paths == folder else [])]
        for name in ("fifo.txt", "socket.txt", "/dev/zero"):
            with pytest.raises(DomainVectorsError, match=f"DV057.*{name}"):
                find_sources(folder / name)
            with pytest.raises(DomainVectorsError, match=f"DV057.*{name}"), opened(Source(str(folder / name), "txt")):
                pass
    for name, code in (("dangling.txt", "DV030"), ("loop.txt", "DV033"), ("a\0.txt", "DV030"), ("a" * 300, "DV033")):
        with pytest.raises(DomainVectorsError, match=code):
            find_sources(str(folder / name))


def test_a_folder_or_file_that_can_not_be_read_is_told(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").touch()
    walk, opening = os.walk, builtins.open

    def refuse(path, onerror):
        yield from walk(path, onerror=onerror)
        onerror(PermissionError(errno.EACCES, "Permission denied", f"{path}/sub"))

    def refuse_file(*args):
        if str(args[0]).endswith("a.txt"):
            raise PermissionError(errno.EACCES, "Permission denied", args[0])
        return opening(*args)

    monkeypatch.setattr(os, "walk", refuse)
    assert find_sources(tmp_path)[1] == [f"{tmp_path / 'sub'} (Permission denied)"]
    with pytest.raises(DomainVectorsError, match=r"DV035.*empty.*sub \(Permission denied\)"):
        (tmp_path / "empty").mkdir()
        find_sources(tmp_path / "empty")
    monkeypatch.setattr(builtins, "open", refuse_file)
    source = Source(str(tmp_path / "a.txt"), "txt")
    with pytest.raises(DomainVectorsError, match=r"DV033.*a\.txt.*Permission denied"), opened(source):
        pass


def test_what_a_backend_knows_of_a_file(monkeypatch):
    class Seekable(io.BytesIO):
        response = SimpleNamespace(headers={"ETag": '"x"'})

    class Stream(io.BytesIO):
        response = SimpleNamespace(headers={"Content-Length": "7", "Last-Modified": "Monday"})

        def seek(self, *args):
            raise io.UnsupportedOperation

    for made, expected in (
        (Seekable(b"abc"), RemoteState(3, '"x"', True)),
        (Stream(), RemoteState(7, "Monday", False)),
    ):
        monkeypatch.setattr(smart_open, "open", lambda path, mode, compression, made=made: made)
        assert remote_state("http://x/a.txt.gz") == expected


def test_an_unknown_scheme_is_refused():
    with pytest.raises(DomainVectorsError, match=r"DV03[36].*gopher"), opened(Source("gopher://x/a.txt", "txt")):
        pass


def test_a_missing_backend_names_the_package_to_install(monkeypatch):
    def refuse(*args):
        raise ImportError("boto3")

    monkeypatch.setattr(smart_open, "open", refuse)
    with pytest.raises(DomainVectorsError, match=r"DV036.*smart_open\[s3\]"), opened(Source("s3://b/a.txt", "txt")):
        pass


@pytest.mark.parametrize("pattern", ["", "/*", "/**/*", "/**/*.txt"])
def test_what_is_excluded_is_no_text(tmp_path, pattern):
    for name in ("a.txt", "out/b.txt", "out/more/c.txt", "out.work/d.txt", "out2/e.txt"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "data")
    excluded = [tmp_path / "link" / "out", tmp_path / "data" / "out.work", tmp_path / "nowhere"]
    found = {source.path.rsplit("/", 1)[-1] for source in find_sources(f"{tmp_path}/data{pattern}", excluded)[0]}
    assert found == ({"a.txt"} if pattern == "/*" else {"a.txt", "e.txt"})


def test_where_all_is_excluded_there_is_no_text(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_text("x")
    for corpus in (tmp_path, f"{tmp_path}/out/*.txt"):
        with pytest.raises(DomainVectorsError, match="DV030|DV035"):
            find_sources(corpus, [tmp_path / "out"])
