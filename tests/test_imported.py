import warnings

import numpy as np
import pytest
import spacy
from conftest import ALL_WORDS, WIDTH, make_base

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build import describe, open_table, train_table
from spacy_domainvec.config import load_settings
from spacy_domainvec.export import write_npz, write_spacy, write_word2vec
from spacy_domainvec.floret import write_floret
from spacy_domainvec.general import GeneralVectors
from spacy_domainvec.imported import by_rank, read_counts, read_vectors
from spacy_domainvec.pipeline import merge
from spacy_domainvec.plain import PlainVectors

WORDS = [*ALL_WORDS, "unheard", "overdraft"]


@pytest.fixture
def plain():
    """Vectors of the base's words, turned by a rotation, and of two words that the base lacks."""
    base = make_base()
    rng = np.random.default_rng(3)
    rotation = np.linalg.qr(rng.normal(size=(WIDTH, WIDTH)))[0].astype("f")
    vectors = np.vstack([GeneralVectors(base.vocab.vectors).unit_rows(ALL_WORDS), rng.normal(size=(2, WIDTH))])
    return PlainVectors(WORDS, np.arange(len(WORDS)), (vectors @ rotation).astype("f"))


def settings_of(path, **paths):
    small = {"storage.subwords": None, "storage.dtype": "float32"}
    return load_settings(
        None, {"paths.vectors": str(path), **{f"paths.{k}": str(v) for k, v in paths.items()}, **small}
    )


def written(plain, name, folder):
    path = folder / name
    if name.endswith(".npz"):
        write_npz(plain, path)
    elif name.endswith(".floret"):
        write_floret(plain, path, n_rows=3000)
    elif "." in name:
        write_word2vec(plain, path)
    else:
        write_spacy(plain, path, "en", "tiny")
    return path


@pytest.mark.parametrize("name", ["v.txt", "v.txt.gz", "v.bin", "v.npz", "v.floret", "pipeline"])
def test_what_export_wrote_is_read(plain, name, tmp_path):
    found = read_vectors(str(written(plain, name, tmp_path)), WORDS)
    assert sorted(found.words) == sorted(WORDS)
    expected = dict(zip(WORDS, plain.vectors))
    for word, vector in zip(found.words, found.vectors):
        cosine = vector @ expected[word] / np.linalg.norm(vector) / np.linalg.norm(expected[word])
        assert cosine > (0.9 if name == "v.floret" else 0.99999)


def test_vectors_are_aligned_and_combined_like_our_own(plain, tmp_path):
    base = make_base()
    table = train_table(settings_of(written(plain, "v.txt", tmp_path)), base)
    assert table.meta["alignment"]["vectors"]["held_out_cosine"] > 0.9
    assert "from the vectors given" in describe(table)[0]
    nlp = merge(base, table)
    # The rotation is undone, so a word's combined vector points where the base's does.
    for word in ("bank3", "fruit7"):
        dvec, own = nlp(word)[0]._.dvec, nlp(word)[0].vector
        assert dvec @ own / np.linalg.norm(dvec) / np.linalg.norm(own) > 0.95
    assert nlp("overdraft")[0]._.dvec_source == "domain"
    norms = [np.linalg.norm(nlp(word)[0]._.dvec) for word in ("the", "overdraft")]
    assert norms[0] < norms[1]


def test_counts_come_from_a_file(plain, tmp_path):
    counts = tmp_path / "counts.txt"
    counts.write_text("overdraft\t1000\nthe 10\nbank1  7\n", encoding="utf8")
    table = train_table(settings_of(written(plain, "v.txt", tmp_path), counts=counts), make_base())
    assert list(table.words[:3]) == ["overdraft", "the", "bank1"]
    assert table.counts[:4].tolist() == [1000, 10, 7, 1]


def test_counts_by_rank_are_zipfs():
    counts = by_rank(1000)
    assert counts[0] == 5000 and counts[9] == 500 and counts[-1] == 5


def test_merge_takes_vectors_or_a_table(plain, tmp_path, base_path, table):
    made = open_table(str(written(plain, "v.npz", tmp_path)), str(base_path))
    assert "overdraft" in made.words
    table.to_disk(tmp_path / "table")
    assert list(open_table(str(tmp_path / "table"), str(base_path)).words) == list(table.words)
    with pytest.raises(DomainVectorsError, match="DV020"):
        open_table(str(tmp_path / "nothing"), str(base_path))


def test_a_users_terms_are_kept(plain, tmp_path):
    terms = tmp_path / "terms.txt"
    terms.write_text("overdraft\nunseen\n", encoding="utf8")
    settings = settings_of(written(plain, "v.txt", tmp_path), terms=terms)
    with pytest.warns(UserWarning, match="DV105.*unseen"):
        assert "overdraft" in train_table(settings, make_base()).words


def test_a_corpus_beside_vectors_is_refused(plain, tmp_path, corpus_path):
    settings = settings_of(written(plain, "v.txt", tmp_path), corpus=corpus_path)
    with pytest.raises(DomainVectorsError, match="DV073"):
        train_table(settings, make_base())


BAD = {
    "empty.txt": b"",
    "half.txt": b"3 2\na 1 2\nb 1 2\n",
    "words.txt": b"2 2\na 1 2\nb 1 x\n",
    "nan.txt": b"2 2\na 1 2\nb 1 nan\n",
    "zeros.txt": b"1 2\na 0 0\n",
    "no.npz": b"PK nothing",
    "binary.bin": b"2 2\na 12345678",
    "short.floret": b"3 2 3 5 2 0 < >\n0 1 2\n1 1 2\n",
    "narrow.floret": b"3 2 3 5 2 0 < >\n0 1 2\n1 1\n2 1 1\n",
    "long.floret": b"1 2 3 5 2 0 < >\n0 1 2\n1 1 2\n",
}


@pytest.mark.parametrize("name", BAD)
def test_files_that_are_no_vectors_are_refused(name, tmp_path):
    (tmp_path / name).write_bytes(BAD[name])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(DomainVectorsError, match=f"DV071.*{name}"):
            read_vectors(str(tmp_path / name), ["a", "b"])


def test_the_word_without_a_number_is_named(tmp_path):
    (tmp_path / "v.txt").write_text("2 2\na 1 2\nbad 1 inf\n")
    with pytest.raises(DomainVectorsError, match="'bad' has a value that is no number"):
        read_vectors(str(tmp_path / "v.txt"))


def test_an_npz_with_pickles_is_refused(tmp_path):
    np.savez(tmp_path / "v.npz", words=np.array(["a"], dtype=object), vectors=np.ones((1, 2)))
    with pytest.raises(DomainVectorsError, match=r"DV071.*v\.npz"):
        read_vectors(str(tmp_path / "v.npz"))
    np.savez(tmp_path / "w.npz", words=np.array(["a", "b"]), vectors=np.ones((1, 2)))
    with pytest.raises(DomainVectorsError, match="2 words, 2 rows"):
        read_vectors(str(tmp_path / "w.npz"))


def test_a_pipeline_that_is_not_there_is_refused():
    with pytest.raises(DomainVectorsError, match="DV062"):
        read_vectors("no_such_pipeline")


def test_a_pipeline_without_vectors_is_refused(tmp_path):
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(DomainVectorsError, match="DV071.*no vectors"):
        read_vectors(str(tmp_path / "blank"))


@pytest.mark.parametrize(
    "text, why", [("the\n", "line 1 is 'the'"), ("the 5\nfee x\n", "line 2"), ("a 0\n", "line 1"), ("\n", "empty")]
)
def test_counts_that_are_none_are_refused(text, why, tmp_path):
    (tmp_path / "counts.txt").write_text(text)
    with pytest.raises(DomainVectorsError, match=f"DV072.*{why}"):
        read_counts(tmp_path / "counts.txt")
    with pytest.raises(DomainVectorsError, match="DV030"):
        read_counts(tmp_path / "missing.txt")


def test_a_table_for_another_base_is_still_refused(plain, tmp_path, base_path):
    table = open_table(str(written(plain, "v.npz", tmp_path)), str(base_path))
    with pytest.raises(DomainVectorsError, match="DV008"):
        merge(make_base(seed=5), table)
