import subprocess
import sys

import numpy as np
import pytest
import spacy
from conftest import ALL_WORDS, WIDTH, make_base, make_table
from spacy.vectors import Vectors

from spacy_domainvec.export import write, write_npz, write_spacy, write_word2vec
from spacy_domainvec.floret import FloretFit, write_floret
from spacy_domainvec.formats import Format
from spacy_domainvec.imported import read_vectors
from spacy_domainvec.pipeline import merge
from spacy_domainvec.plain import plain_vectors, pruned

TABLE = ["the", "bank1", "apr", "number", "overdraft fee", "unheard"]


@pytest.fixture
def nlp():
    base = make_base()
    rng = np.random.default_rng(1)
    return merge(base, make_table(TABLE, rng.normal(size=(len(TABLE), WIDTH)), base))


@pytest.fixture
def component(nlp):
    return nlp.get_pipe("domain_vectors")


@pytest.fixture
def plain(nlp, component):
    return plain_vectors(nlp, component)


# The plain table


def test_it_has_every_word_with_the_vector_of_dvec(nlp, component, plain):
    assert {*ALL_WORDS, *TABLE, "Apr", "APR", "Bank1"} <= set(plain.words)
    assert len(set(plain.words)) == len(plain.words)
    for word, row in zip(plain.words, plain.rows):
        assert np.array_equal(plain.vectors[row], component.vector(word)), word


def test_words_share_rows_as_they_do_in_the_pipeline(plain):
    row_of = dict(zip(plain.words, plain.rows.tolist()))
    assert row_of["apr"] == row_of["APR"]
    assert row_of[ALL_WORDS[-1]] == row_of[ALL_WORDS[-2]]
    # Two of the table's words are the base's too, and two of the base's share a row.
    assert len(plain.vectors) == len(TABLE) + len(ALL_WORDS) - 3
    assert plain.vectors.any(axis=1).all()


def test_the_domains_rows_come_first(plain):
    found = pruned(plain, 6)
    assert found.vectors.shape == (6, WIDTH) and set(found.rows.tolist()) == set(range(6))
    assert {*TABLE, "APR"} <= set(found.words) and "bank2" not in found.words


def test_other_words_come_with_what_answers_for_them(nlp, component):
    assert "BANK3" not in plain_vectors(nlp, component).words
    found = plain_vectors(nlp, component, ["BANK3", "nowhere", " "])
    row = dict(zip(found.words, found.rows))["BANK3"]
    assert np.array_equal(found.vectors[row], component.vector("bank3"))
    # Without subwords, nothing answers for these.
    assert not {"nowhere", " "} & set(found.words)


def test_a_base_without_vectors():
    base = spacy.blank("en")
    nlp = merge(base, make_table(["one", "two"], np.eye(2), None))
    found = plain_vectors(nlp, nlp.get_pipe("domain_vectors"))
    assert set(found.words) == {"one", "One", "ONE", "two", "Two", "TWO"}


# The formats, each with the tool that it is for


def test_spacy_opens_it_and_trains_with_it(plain, tmp_path):
    assert write_spacy(plain, tmp_path / "vectors", "en", "tiny_vectors") == len(plain)
    nlp = spacy.load(tmp_path / "vectors")
    assert nlp.meta["name"] == "tiny_vectors" and nlp.vocab.vectors.shape == plain.vectors.shape
    for word, row in zip(plain.words, plain.rows):
        assert np.array_equal(nlp.vocab[word].vector, plain.vectors[row])
    trained = spacy.blank("en", config={"initialize": {"vectors": str(tmp_path / "vectors")}})
    trained.initialize()
    assert np.array_equal(trained("apr").vector, nlp("apr").vector)


def test_spacys_package_names_nothing_of_ours(plain, tmp_path):
    write_spacy(plain, tmp_path / "vectors", "en", "tiny_vectors")
    for name in ("config.cfg", "meta.json"):
        assert "domain" not in (tmp_path / "vectors" / name).read_text()
    assert spacy.load(tmp_path / "vectors").pipe_names == []


@pytest.mark.parametrize("name", ["v.txt", "v.txt.gz", "v.bin"])
def test_gensim_opens_it(plain, name, tmp_path):
    models = pytest.importorskip("gensim.models")
    write_word2vec(plain, tmp_path / name)
    found = models.KeyedVectors.load_word2vec_format(str(tmp_path / name), binary=name.endswith(".bin"))
    assert list(found.index_to_key) == [word.replace(" ", "_") for word in plain.words]
    for word, row in zip(plain.words, plain.rows):
        assert np.array_equal(found[word.replace(" ", "_")], plain.vectors[row])


def test_word2vec_keeps_the_first_words(plain, tmp_path):
    assert write_word2vec(plain, tmp_path / "v.txt", max_rows=5) == 5
    lines = (tmp_path / "v.txt").read_text().splitlines()
    assert list(map(int, lines[0].split())) == [5, WIDTH] and [line.split()[0] for line in lines[1:]] == plain.words[:5]


def test_numpy_opens_it_without_pickle(plain, tmp_path):
    write_npz(plain, tmp_path / "v.npz")
    found = np.load(tmp_path / "v.npz", allow_pickle=False)
    assert found["words"].tolist() == plain.words
    assert np.array_equal(found["vectors"][found["rows"]], plain.vectors[plain.rows])


def test_spacy_init_vectors_opens_floret(plain, tmp_path):
    fit = write_floret(plain, tmp_path / "v.floret", n_rows=3000)
    assert isinstance(fit, FloretFit) and fit.cosine > 0.97 and fit.lowest <= fit.cosine
    command = [sys.executable, "-m", "spacy", "init", "vectors", "en", "v.floret", "out", "--mode", "floret"]
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
    vectors = spacy.load(tmp_path / "out").vocab.vectors
    assert isinstance(vectors, Vectors) and vectors.mode == "floret"
    cosines = [
        float(vectors[word] @ plain.vectors[row] / np.linalg.norm(vectors[word]) / np.linalg.norm(plain.vectors[row]))
        for word, row in zip(plain.words, plain.rows)
        if " " not in word and not word.isupper()
    ]
    assert np.mean(cosines) == pytest.approx(fit.cosine, abs=0.01)


def test_floret_knows_the_words_of_a_text_better(nlp, component, tmp_path):
    # Both are third forms of a row, which two words of a row leave out.
    words = ["THE", "BANK1"]
    plain = plain_vectors(nlp, component, words)
    cosines = []
    for given in ((), words):
        fit = write_floret(plain, tmp_path / "v.floret", n_rows=3000, words=given)
        found = read_vectors(str(tmp_path / "v.floret"), words)
        cosines.append(
            [found.vectors[i] @ component.vector(w) / np.linalg.norm(found.vectors[i]) for i, w in enumerate(words)]
        )
        assert fit.others is not None and fit.others < fit.cosine
        assert f"Of other words: {fit.others:.3f}." in str(fit)
    assert np.array(cosines[1]).min() > 0.1 + np.array(cosines[0]).max()


def test_more_rows_fit_better(plain, tmp_path):
    fits = [write_floret(plain, tmp_path / "v.floret", n_rows=n).cosine for n in (50, 200, 2000)]
    assert fits == sorted(fits)


@pytest.mark.parametrize("format", list(Format))
def test_what_is_said_tells_how_to_use_it(nlp, plain, format, tmp_path):
    said = write(plain, tmp_path / "out.txt", format, None, nlp)
    assert str(tmp_path / "out.txt") in said and "words" in said


def test_nothing_is_half_written(plain, tmp_path, monkeypatch):
    (tmp_path / "v.txt").write_text("old")

    def interrupted(steps, *args):
        yield from list(steps)[:0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_word2vec(plain, tmp_path / "v.txt", progress=interrupted)
    assert [path.name for path in tmp_path.iterdir()] == ["v.txt"]
    assert (tmp_path / "v.txt").read_text() == "old"


def test_the_words_stay_in_the_order_of_their_frequency(plain):
    assert plain.words[:4] == ["the", "The", "THE", "bank1"]
