"""Vectors of other tools: what is read, what costs a row only, and what is told of the rest."""

import bz2
import gzip
import io
import lzma
import os
import pickle
import struct
import tarfile
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import spacy
from conftest import make_base
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.vectors import Vectors

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.errors import DomainVectorsWarning
from spacy_domainvec.exchange.given_rows import LeftOut
from spacy_domainvec.exchange.read import read_foreign, read_vectors, warn_of_left_out
from spacy_domainvec.exchange.read_fasttext import COUNT, HEADER, MATRIX
from spacy_domainvec.exchange.read_text import MOST_WORD, read_binary, read_text
from spacy_domainvec.exchange.recognize import Kind, Layout
from spacy_domainvec.exchange.unpacked import HEAD

WORDS = ["the", "fee", "caf\u00e9", "bank", "card", "pin", "loan", "rate", "cash", "debt"]
WIDTH = 4
ROWS = np.random.default_rng(0).normal(size=(len(WORDS), WIDTH)).astype("f")


def lines(words=WORDS, rows=ROWS, encoding="utf8"):
    return [" ".join([word, *(f"{value:.9g}" for value in row)]).encode(encoding) for word, row in zip(words, rows)]


def text(header="10 4", end=b"\n", **how):
    return b"".join(line + end for line in [*([header.encode()] if header else []), *lines(**how)])


def binary(words=WORDS, rows=ROWS, header="10 4\n", end=b"\n"):
    encoded = [word if isinstance(word, bytes) else word.encode("utf8") for word in words]
    return header.encode() + b"".join(word + b" " + row.tobytes() + end for word, row in zip(encoded, rows))


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def floret(n_rows=50, settings="2 3 2 0 < >"):
    rows = np.random.default_rng(0).normal(size=(n_rows, WIDTH))
    return f"{n_rows} {WIDTH} {settings}\n".encode() + b"".join(
        lines(map(str, range(n_rows)), rows)[i] + b"\n" for i in range(n_rows)
    )


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def read(folder, data, name="v.dat", asked=(), most=None):
    """What is found, and what is warned of."""
    (folder / name).write_bytes(data)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found, left_out = read_foreign(str(folder / name), asked, most)
        warn_of_left_out(str(folder / name), found, LeftOut())
    return found, left_out, [str(warning.message) for warning in said]


def is_whole(found):
    return found.words == WORDS and np.array_equal(found.vectors[found.rows], ROWS)


# What is read, whatever the name is

READABLE = {
    "word2vec text": text(),
    "word2vec binary": binary(),
    "binary without line feeds": binary(end=b""),
    "GloVe": text(header=None),
    "BOM": b"\xef\xbb\xbf" + text(),
    "blank lines": b"\n \n" + text().replace(b"\nfee", b"\n\nfee"),
    "blank line before a binary": b"\n" + binary(),
    "BOM of GloVe": b"\xef\xbb\xbf" + text(header=None),
    "CRLF": text(end=b"\r\n"),
    "blanks at the end": text(end=b" \n"),
    "tabs": text().replace(b" ", b"\t"),
    "npz": npz(words=np.array(WORDS), vectors=ROWS),
    "npz of float64": npz(words=np.array(WORDS), vectors=ROWS.astype("f8"), rows=np.arange(len(WORDS))),
    "gzip": gzip.compress(text()),
    "bzip2": bz2.compress(text()),
    "xz": lzma.compress(text()),
    "gzip of a binary": gzip.compress(binary()),
    "zip": zipped(**{"v.vec": text()}),
    "zip of a Mac": zipped(**{"v.vec": text(), "__MACOSX/._v.vec": b"x", "__MACOSX/": b""}),
    "gzip in a zip": zipped(**{"v.gz": gzip.compress(text())}),
}


@pytest.mark.parametrize("name", ["v.BIN", "v.txt", "v.gz", "v.npz", "v"])
@pytest.mark.parametrize("kind", READABLE)
def test_a_file_is_recognized_by_its_content(kind, name, tmp_path):
    found, left_out, said = read(tmp_path, READABLE[kind], name)
    assert is_whole(found)
    assert (left_out.total, said) == (0, [])
    assert found.ranks.tolist() == list(range(len(WORDS))) and found.n_ranks == len(WORDS)


def test_zstd_is_unpacked(tmp_path):
    smart_open = pytest.importorskip("smart_open")
    with smart_open.open(tmp_path / "v.zst", "wb") as file:
        file.write(text())
    assert is_whole(read(tmp_path, (tmp_path / "v.zst").read_bytes())[0])


@pytest.fixture(scope="module")
def fasttext_bin(tmp_path_factory):
    models = pytest.importorskip("gensim.models.fasttext")
    path = tmp_path_factory.mktemp("fasttext") / "ft.bin"
    sentences = [[*WORDS, "overdraft"], WORDS] * 5
    model = models.FastText(sentences, vector_size=WIDTH, min_count=1, bucket=200, epochs=1, seed=1, workers=1)
    models.save_facebook_model(model, str(path))
    return path.read_bytes(), {word: model.wv[word] for word in model.wv.index_to_key}


@pytest.mark.parametrize("name", ["ft.bin", "ft.txt", "ft.gz"])
def test_the_bin_of_fasttext_is_read(fasttext_bin, name, tmp_path):
    data, expected = fasttext_bin
    for content in (data, gzip.compress(data), zipped(model=data)):
        found, left_out, said = read(tmp_path, content, name)
        assert (left_out.total, said) == (0, [])
        assert set(found.words) == set(expected)
        for word, vector in zip(found.words, found.vectors[found.rows]):
            assert np.allclose(vector, expected[word], atol=1e-6)


def test_a_word_of_fasttext_that_is_not_utf8_costs_that_word(fasttext_bin, tmp_path):
    data, expected = fasttext_bin
    found, left_out, _ = read(tmp_path, data.replace("caf\u00e9".encode(), b"caf\xe9x"))
    assert set(found.words) == set(expected) - {"caf\u00e9"}
    assert "1 whose word is not UTF-8" in str(left_out)


def changed(data, offset, value, form="<i"):
    return data[:offset] + struct.pack(form, value) + data[offset + struct.calcsize(form) :]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: d[:210], "cut off, or damaged, in word"),
        (lambda d: d[:40], "cut off in its header"),
        (lambda d: d[:-2000], "does not fit"),
        (lambda d: changed(d, 8, 2**30), "numbers that no model has"),
        (lambda d: changed(d, 48, 2**30), "numbers that no model has"),
        (lambda d: changed(d, 64, 2**30), "numbers that no model has"),
        (lambda d: changed(d, 72, 1), "classifier"),
        (lambda d: changed(d, 84, 1, "<q"), "quantized"),
    ],
)
def test_a_bin_of_fasttext_that_is_damaged_is_told(fasttext_bin, change, why, tmp_path):
    with pytest.raises(DomainVectorsError, match=rf"DV071.*v\.dat.*{why}"):
        read(tmp_path, change(fasttext_bin[0]))


@pytest.mark.parametrize("asked", [WORDS, [*WORDS, " ", "unseen"]])
def test_a_floret_table_answers_for_what_it_is_asked(asked, tmp_path):
    found, left_out, _ = read(tmp_path, floret(), asked=asked)
    assert found.words == [word for word in asked if word.strip()] and not left_out.total
    assert np.isfinite(found.vectors).all()
    with pytest.raises(DomainVectorsError, match=r"DV071.*--paths\.counts"):
        read(tmp_path, floret())


def test_glove_of_seven_values_is_no_floret_table(tmp_path):
    rows = np.random.default_rng(0).integers(1, 9, size=(len(WORDS), 7))
    words = [str(i) for i in range(len(WORDS))]
    found, _, _ = read(tmp_path, text(header=None, words=words, rows=rows))
    assert found.words == words and found.vectors.shape == (len(WORDS), 7)


def floret_pipeline(folder):
    nlp = spacy.blank("en")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=ROWS, mode="floret", minn=2, maxn=3, hash_count=2)
    nlp.to_disk(folder / "floret")
    return nlp, str(folder / "floret")


@pytest.mark.slow
def test_a_floret_pipeline_answers_for_what_it_is_asked(tmp_path):
    nlp, path = floret_pipeline(tmp_path)
    found, _ = read_foreign(path, WORDS)
    assert found.words == WORDS
    assert np.allclose(found.vectors, [nlp.vocab[word].vector for word in WORDS], atol=1e-6)
    with pytest.raises(DomainVectorsError, match=r"DV071.*--paths\.counts"):
        read_foreign(path)


# What costs a row only


def fifth(line):
    """A file whose fifth row is another."""
    return b"\n".join([f"10 {WIDTH}".encode(), *lines()[:4], line, *lines()[5:]]) + b"\n"


FAULTS = {
    "not UTF-8": (b"caf\xe9s 1 2 3 4", "1 whose word is not UTF-8 (line 6 'caf\ufffds')"),
    "a space": (b"a card 1 2 3 4", "1 whose word has a space in it (line 6 'a')"),
    "NaN": (b"card 1 nan 3 4", "1 with NaN or infinity, or a value too large for float32 (line 6 'card')"),
    "infinity": (b"card 1 -inf 3 4", "1 with NaN or infinity"),
    "overflow": (b"card 1 1e39 3 4", "too large for float32 (line 6 'card')"),
    "overflow of float64": (b"card 1 1e999 3 4", "too large for float32 (line 6 'card')"),
    "short": (b"card 1 2 3", "1 of another width (line 6 'card')"),
    "long": (b"card 1 2 3 4 5", "1 of another width (line 6 'card')"),
    "no number": (b"card 1 2 x 4", "1 with a value that is no number (line 6 'card')"),
    "a comma": (b"card 1 2 3,5 4", "1 with a value that is no number (line 6 'card')"),
    "white space": ("\u00a0 1 2 3 4".encode(), "1 whose word is white space (line 6"),
    "zeros": (b"card 0 0 0 0", "1 of zeros (line 6 'card')"),
    "below float32": (b"card 1e-99 0 0 0", "1 of zeros (line 6 'card')"),
    "doubled": (b"fee 1 2 3 4", "1 whose word an earlier row has (line 6 'fee')"),
    "huge": (b"card 1e4 2 3 4", "1 far longer or shorter than the others (line 6 'card')"),
    "tiny": (b"card 1e-25 0 0 1e-25", "1 far longer or shorter than the others (line 6 'card')"),
    "too long": (b"card 1 2 3 4" + b" " * HEAD, "1 longer than 2 MB (line 6)"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_row_costs_that_row(fault, tmp_path):
    line, told = FAULTS[fault]
    found, left_out, said = read(tmp_path, fifth(line))
    assert found.words == [word for word in WORDS if word != "card"]
    assert np.array_equal(found.vectors[found.rows], np.delete(ROWS, 4, axis=0))
    assert told in str(left_out) and left_out.total == 1 and said == []
    # The others keep the ranks that they have in the file.
    assert found.n_ranks == 10 and found.ranks.tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]


def test_what_is_left_out_is_told_once(tmp_path):
    (tmp_path / "v.txt").write_bytes(fifth(b"card 1 nan 3 4").replace(b"pin ", b"fee ").replace(b"loan", b"lo an"))
    with pytest.warns(DomainVectorsWarning) as said:
        read_vectors(str(tmp_path / "v.txt"))
    (message,) = [str(warning.message) for warning in said]
    assert "[DV112] 3 of 10 rows of" in message and "v.txt" in message
    assert all(part in message for part in ("line 6 'card'", "line 7 'fee'", "line 8 'lo'"))


@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_bad_row_of_a_binary_costs_that_row(end, tmp_path):
    words, rows = [*WORDS[:4], b"caf\xe9s", "fee", *WORDS[6:]], ROWS.copy()
    rows[7, 1] = np.nan
    found, left_out, _ = read(tmp_path, binary(words, rows, end=end))
    assert found.words == [*WORDS[:4], "loan", *WORDS[8:]]
    assert left_out.total == 3 and left_out.unit == "row"
    assert found.ranks.tolist() == [0, 1, 2, 3, 6, 8, 9]


@pytest.mark.parametrize("place", [0, 4, 9])
def test_a_word_with_spaces_in_a_binary_costs_that_word(place, tmp_path):
    words = [*WORDS[:place], "in a word", *WORDS[place + 1 :]]
    found, left_out, _ = read(tmp_path, binary(words))
    assert found.words == WORDS[:place] + WORDS[place + 1 :]
    assert np.array_equal(found.vectors[found.rows], np.delete(ROWS, place, axis=0))
    assert f"1 whose word has a space in it (row {place + 1} 'in a word')" in str(left_out)


@pytest.mark.parametrize("announced", [3, 10_000_000])
@pytest.mark.parametrize("kind", [text, binary])
def test_a_wrong_count_in_the_header_costs_nothing(kind, announced, tmp_path):
    header = f"{announced} {WIDTH}" + "\n" * (kind is binary)
    found, left_out, said = read(tmp_path, kind(header=header))
    assert is_whole(found) and not left_out.total
    assert len(said) == 1 and f"[DV113] '{tmp_path}/v.dat' announces {announced:,} rows" in said[0]


def test_a_binary_that_is_cut_off_gives_what_it_has(tmp_path):
    found, left_out, said = read(tmp_path, binary()[:-9])
    assert found.words == WORDS[:-1] and "1 cut off by the end of the file (row 10)" in str(left_out)
    found, left_out, said = read(tmp_path, binary()[: -9 - len(binary()) // 2])
    assert 0 < len(found.words) < 6 and any("DV113" in message for message in said)


def test_what_follows_the_rows_of_a_binary_is_told(tmp_path):
    found, left_out, _ = read(tmp_path, binary() + b"\0" * 2 * MOST_WORD)
    assert is_whole(found) and "can't be told apart from there on (row 11)" in str(left_out)


def test_latin_1_costs_its_words(tmp_path):
    found, left_out, _ = read(tmp_path, text(encoding="latin-1"))
    assert found.words == [word for word in WORDS if word.isascii()]
    assert "not UTF-8 (line 4 'caf\ufffd')" in str(left_out)


def test_a_word_twice_in_an_npz_has_its_first_row(tmp_path):
    words = np.array([*WORDS, "fee", "fee"])
    found, left_out, _ = read(tmp_path, npz(words=words, vectors=np.vstack([ROWS, ROWS[:2]])))
    assert is_whole(found) and "2 whose word an earlier row has (row 11 'fee', row 12 'fee')" in str(left_out)


def test_bad_words_and_rows_of_an_npz_cost_those(tmp_path):
    rows, words = ROWS.astype("f8"), np.array([*WORDS, "half \ud83d", " ", "more"])
    rows[1], rows[2] = np.inf, 1e300
    found, left_out, _ = read(tmp_path, npz(words=words, vectors=rows, rows=np.array([*range(10), 0, 0, 0])))
    assert found.words == ["the", *WORDS[3:], "more"] and left_out.total == 4
    assert np.array_equal(found.vectors[found.rows[-1]], ROWS[0])
    found, left_out, _ = read(tmp_path, npz(words=np.array([b"ab", b"\xe9", b"cd"]), vectors=ROWS[:3]))
    assert found.words == ["ab", "cd"] and "not UTF-8" in str(left_out)


def test_no_more_is_kept_than_is_wanted(tmp_path):
    for data in (text(), binary()):
        found, _, _ = read(tmp_path, data, most=3)
        assert found.words == WORDS[:3] and found.n_ranks == len(WORDS) and len(found.vectors) == 3


def test_keys_of_sense2vec_lose_their_senses(tmp_path):
    words = [f"{word}|NOUN" for word in WORDS[:7]] + ["fee|VERB", "a|b|WORK_OF_ART", "plain"]
    found, left_out, _ = read(tmp_path, text(words=words))
    assert found.words == [*WORDS[:7], "a|b", "plain"]
    assert "1 whose word an earlier row has (line 9 'fee|VERB')" in str(left_out)
    words = ["a|B", *WORDS[1:]]
    assert read(tmp_path, text(words=words))[0].words == words


# What is no file of vectors

NO_VECTORS = {
    "empty": (b"", "it is empty"),
    "blank": (b" \n\n", "it is empty"),
    "HTML": (b"<!DOCTYPE html>\n<html><body>404</body></html>", "HTML"),
    "JSON": (b'{"the": [1, 2]}', "JSON"),
    "text": (b"The fee was charged twice.\nI lost my card in 2024.\n", "no rows of numbers"),
    "header alone": (b"10 4\n", "no vectors"),
    "endless line": (b"x" * (3 * HEAD), "no rows of numbers"),
    "wide header": (b"10 99999999999\na 1 2\n", "rows of 99999999999 values"),
    "no width": (b"10 0\na\n", "rows of 0 values"),
    "wrong width": (text(header="10 3"), "no vectors .10 of another width"),
    "all NaN": (b"2 2\na nan 1\nb 1 nan\n", "no vectors"),
    "zeros": (b"1 2\na 0 0\n", "no vectors.*of zeros"),
    "other arrays": (npz(a=ROWS), "lacks vectors, words"),
    "numbers for words": (npz(words=np.arange(10), vectors=ROWS), "its words are int64"),
    "a cube": (npz(words=np.array(WORDS), vectors=np.zeros((10, 2, 2))), "vectors are float64 of shape"),
    "complex": (npz(words=np.array(WORDS), vectors=ROWS.astype("c16")), "vectors are complex128"),
    "too few rows": (npz(words=np.array(WORDS), vectors=ROWS[:3]), "don't fit together"),
    "cut zip": (npz(words=np.array(WORDS), vectors=ROWS)[:-50], "zip is damaged"),
    "cut gzip": (gzip.compress(text())[:-20], "end-of-stream|ended"),
    "cut xz": (lzma.compress(text())[:-20], "end-of-stream|ended"),
    "most rows bad": (fifth(b"card 1 2 3 4").replace(b"a", b"\xe1"), "most of its rows are none: 6 whose word"),
    "zip in gzip": (gzip.compress(zipped(v=text())), "several times over"),
    "short floret": (floret().rsplit(b"\n", 2)[0] + b"\n", "ends after 49 of 50"),
    "narrow floret": (b"2 3 2 3 2 0 < >\n0 1 2 3\n1 1 2\n", "line 3 has 2 values"),
    "NaN in floret": (b"2 2 2 3 2 0 < >\n0 1 2\n1 1 nan\n", "line 3"),
    "n-grams of floret": (floret(settings="2 99999999 2 0 < >"), "out of range"),
    "hashes of floret": (floret(settings="2 3 0 0 < >"), "out of range"),
}


@pytest.mark.parametrize("kind", NO_VECTORS)
def test_what_is_no_file_of_vectors_is_told(kind, tmp_path):
    data, why = NO_VECTORS[kind]
    with pytest.raises(DomainVectorsError, match=rf"(?s)DV071.*v\.dat.*({why})"):
        read(tmp_path, data, asked=WORDS)


def test_a_bomb_is_no_file_of_vectors(tmp_path, monkeypatch):
    monkeypatch.setattr("spacy_domainvec.reading.unpacking.MOST_BYTES", 2**22)
    file = io.BytesIO()
    np.savez_compressed(file, words=np.array(WORDS), vectors=np.ones((10, 2**17)))
    for bomb in (gzip.compress(text() + b"a" * 2**23), zipped(a=text() + b"a" * 2**23), file.getvalue()):
        with pytest.raises(DomainVectorsError, match="DV071.*more than 200 times as large"):
            read(tmp_path, bomb)


def tarred():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        info = tarfile.TarInfo("v.txt")
        info.size = len(text())
        archive.addfile(info, io.BytesIO(text()))
    return file.getvalue()


class _Evil:
    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


OTHERS = {
    "pickle": (pickle.dumps(_Evil()), "a pickle, which is not opened", "numpy.savez"),
    "pickle in gzip": (gzip.compress(pickle.dumps(_Evil())), "a pickle", "numpy.savez"),
    "KeyedVectors": (
        b"\x80\x04\x95\x00\x00\x8c\x1agensim.models.keyedvectors\x94\x8c\x0cKeyedVectors",
        "gensim",
        "KeyedVectors.load",
    ),
    "Word2Vec": (
        b"\x80\x04\x95\x00\x00gensim.models.word2vec\x94\x8c\x08Word2Vec",
        "gensim",
        r"Word2Vec.load\(.*\).wv.save",
    ),
    "FastText": (b"\x80\x04gensim.models.fasttext\x94\x8c\x08FastText\x94", "gensim", r"FastText.load\(.*\).wv.save"),
    "npy": (b"\x93NUMPY\x01\x00", "NumPy array without its words", r"numpy.load\('.*v.dat'\)"),
    "PyTorch": (zipped(**{"archive/data.pkl": b"", "archive/version": b""}), "PyTorch", "numpy.savez"),
    "safetensors": (struct.pack("<q", 60) + b'{"embeddings":{"dtype":"F32"}}', "safetensors", "numpy.savez"),
    "two in a zip": (zipped(a=text(), b=text()), r"a zip of 2 files \(a, b\)", "unpack it"),
    "tar": (tarred(), "a tar archive", "unpack it"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", "HDF5", "numpy.savez"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS", "git lfs pull"),
    "UTF-16": (text().decode().encode("utf-16"), "UTF-16", "iconv"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_a_file_of_another_kind_is_named_with_the_call_that_helps(kind, tmp_path):
    data, what, call = OTHERS[kind]
    with pytest.raises(DomainVectorsError, match=rf"DV075.*v\.dat.*{what}.*: .*{call}") as e:
        read(tmp_path, data)
    assert "\n" not in str(e.value)


def test_folders_of_other_tools_are_named(tmp_path):
    for name in ("key2row", "vectors", "cfg", "strings.json", "freqs.json"):
        (tmp_path / "s2v").mkdir(exist_ok=True)
        (tmp_path / "s2v" / name).touch()
    with pytest.raises(DomainVectorsError, match=r"DV075.*sense2vec.*from_disk\('.*s2v'\)"):
        read_foreign(str(tmp_path / "s2v"))


def test_a_table_of_ours_and_other_folders_are_named(tmp_path, table):
    table.to_disk(tmp_path / "table")
    with pytest.raises(DomainVectorsError, match="DV071.*a table that is made already"):
        read_foreign(str(tmp_path / "table"))
    with pytest.raises(DomainVectorsError, match="DV071.*a folder without a pipeline"):
        read_foreign(str(tmp_path))


@pytest.mark.parametrize("path", ["no/such/file", "vectors.txt", "a\0b", "x" * 5000, ""])
def test_what_is_not_there_is_told(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DomainVectorsError, match="DV030|DV071"):
        read_foreign(path)


def test_a_package_that_is_no_pipeline_is_told():
    with pytest.raises(DomainVectorsError, match="DV062|DV071"):
        read_foreign("pip")


# Pipelines


def test_a_pipeline_is_read_by_its_words(tmp_path):
    base = make_base()
    base.to_disk(tmp_path / "base")
    found, left_out = read_foreign(str(tmp_path / "base"))
    assert len(found.words) == len(base.vocab.vectors.key2row) and not left_out.total
    for word, row in zip(found.words, found.rows):
        assert np.array_equal(found.vectors[row], base.vocab[word].vector)


def test_words_without_a_name_are_told(tmp_path):
    base = make_base([f"bank{i}" for i in range(30)], strings=False)
    base.vocab.strings.add("bank3")
    base.to_disk(tmp_path / "base")
    found, left_out = read_foreign(str(tmp_path / "base"))
    assert found.words == ["bank3"]
    assert "without a name (was the pipeline shrunk by --shrink-base?)" in str(left_out)
    assert left_out.total == len(base.vocab.vectors.key2row) - 1


# Any bytes

SAMPLES = [*READABLE.values(), floret(), fifth(b"card 1 nan 3 4"), b"2 2\na 1 2\nb 3 4\n"]
MUTATIONS = st.lists(
    st.tuples(st.sampled_from(["flip", "cut", "insert", "double"]), st.floats(0, 1), st.binary(max_size=8)), max_size=4
)


def mutated(data, mutations):
    for kind, where, more in mutations:
        i = int(where * len(data))
        if kind == "flip":
            data = data[:i] + more[:1] + data[i + 1 :]
        elif kind == "cut":
            data = data[:i]
        elif kind == "insert":
            data = data[:i] + more + data[i:]
        else:
            data = data + data[i:]
    return data


def check_any(folder, data):
    try:
        found, left_out, said = read(folder, data, asked=WORDS)
    except DomainVectorsError as e:
        assert "DV071" in str(e) or "DV075" in str(e)
        return
    assert found.words and len(set(found.words)) == len(found.words)
    assert all(word.strip() and word.encode("utf8") for word in found.words)
    vectors = found.vectors[found.rows]
    assert np.isfinite(vectors).all() and vectors.any(axis=1).all() and vectors.dtype == np.float32
    assert len(found.ranks) == len(found.words) and found.n_ranks > found.ranks.max()
    # A row of the file is kept or told.
    assert len(found.words) + left_out.total >= found.n_ranks
    assert all("DV113" in message for message in said)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path, data):
    check_any(tmp_path, data)


@pytest.mark.slow
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(SAMPLES), MUTATIONS)
def test_any_mutation_is_read_or_refused(tmp_path, data, mutations):
    check_any(tmp_path, mutated(data, mutations))


@pytest.mark.slow
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MUTATIONS)
def test_any_mutation_of_fasttexts_bin_is_read_or_refused(fasttext_bin, tmp_path, mutations):
    check_any(tmp_path, mutated(fasttext_bin[0], mutations))


@pytest.mark.parametrize("kind", [text, binary])
def test_of_a_large_file_no_more_is_kept_than_can_occur(kind, tmp_path):
    (tmp_path / "v.dat").write_bytes(kind())
    found, _ = read_foreign(str(tmp_path / "v.dat"), most=2, occurs={"loan", "debt"}.__contains__)
    assert found.words == ["the", "fee", "loan", "debt"] and found.ranks.tolist() == [0, 1, 6, 9]
    assert np.array_equal(found.vectors, ROWS[[0, 1, 6, 9]]) and found.n_ranks == len(WORDS)


def resident():
    """The memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Rows(io.RawIOBase):
    """A file that is made while it is read: the same values for many words. It notes the largest memory meanwhile."""

    def __init__(self, values, n_rows):
        self.blocks = self.made(values, n_rows)
        self.left, self.most = b"%d 300\n" % n_rows, 0

    def made(self, values, n_rows):
        for start in range(0, n_rows, 1000):
            self.most = max(self.most, resident())
            yield b"".join(b"w%d " % i + values for i in range(start, start + 1000))

    def readable(self):
        return True

    def readinto(self, buffer):
        self.left = self.left or next(self.blocks, b"")
        taken, self.left = self.left[: len(buffer)], self.left[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not tell the memory of a process")
@pytest.mark.parametrize("kind", [Kind.text, Kind.binary])
def test_a_file_of_a_gigabyte_takes_little_memory(kind):
    width, n_rows = 300, 840_000
    is_text = kind is Kind.text
    values = b" ".join([b"0.2"] * width) if is_text else np.full(width, 0.25, dtype="<f4").tobytes()
    read = read_text if is_text else read_binary
    wanted = [f"w{i}" for i in range(0, n_rows, 4000)]
    file, before = Rows(values + b"\n", n_rows), resident()
    collector, _ = read(io.BufferedReader(file, 2**20), Layout(kind, width, n_rows), 0, set(wanted).__contains__)
    found = collector.vectors()
    assert n_rows * len(values) > 10**9 and file.most - before < 50 * 10**6
    assert found.words == wanted and found.n_ranks == n_rows
    assert np.allclose(found.vectors, 0.2 if is_text else 0.25)


def test_of_a_model_of_fasttext_no_more_is_kept_than_can_occur(fasttext_bin, tmp_path):
    data, expected = fasttext_bin
    (tmp_path / "ft.bin").write_bytes(data)
    whole, _ = read_foreign(str(tmp_path / "ft.bin"))
    found, _ = read_foreign(str(tmp_path / "ft.bin"), most=1, occurs={"overdraft"}.__contains__)
    assert set(found.words) == {whole.words[0], "overdraft"} and found.n_ranks == whole.n_ranks == len(expected)
    assert np.allclose(found.vectors, [expected[word] for word in found.words], atol=1e-6)


@pytest.mark.slow
def test_a_model_of_fasttext_of_gigabytes_takes_little_memory(tmp_path):
    pytest.importorskip("gensim.models.fasttext")
    width, n_words, n_buckets = 300, 50_000, 2_000_000
    header = HEADER.pack(
        793712314, 12, width, 5, 5, 1, 5, 1, 1, 1, n_buckets, 3, 6, 100, 0.1, n_words, n_words, 0, 9, -1
    )
    words = b"".join(b"w%d\0" % i + COUNT.pack(1, 0) for i in range(n_words))
    with (tmp_path / "ft.bin").open("wb") as file:
        file.write(header + words + MATRIX.pack(False, n_words + n_buckets, width))
        start = file.tell()
        file.write(np.ones((10, width), dtype="<f4").tobytes())
        # Never written, so the file takes no room on disk.
        file.truncate(start + 4 * (n_words + n_buckets) * width)
    assert (tmp_path / "ft.bin").stat().st_size > 2 * 10**9
    tracemalloc.start()
    found, left_out = read_foreign(str(tmp_path / "ft.bin"), most=0, occurs={"w3", "w9", "w49999"}.__contains__)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.words == ["w3", "w9"] and left_out.total == 1 and most < 50 * 10**6
    # The word's own row, and those of <w3, w3> and <w3>, which are zeros.
    assert np.array_equal(found.vectors, np.full((2, width), 0.25))
