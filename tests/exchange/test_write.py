import subprocess

import numpy as np
import pytest
import spacy
from conftest import ALL_WORDS, WIDTH, make_base, make_table
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.vectors import Vectors

from spacy_domainvec.exchange.flat_table import flat_table, pruned
from spacy_domainvec.exchange.formats import Format
from spacy_domainvec.exchange.read import read_vectors
from spacy_domainvec.exchange.write import write, write_npz, write_spacy, write_word2vec
from spacy_domainvec.exchange.write_floret import FloretFit, write_floret
from spacy_domainvec.pipeline.loading import merge, save
from spacy_domainvec.table.base_vectors import BaseTable
from spacy_domainvec.table.rows import Rows
from spacy_domainvec.table.subwords import NgramSettings, Subwords

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
def flat(nlp, component):
    return flat_table(nlp, component)


# The flat table


def test_it_has_every_word_with_the_vector_of_dvec(nlp, component, flat):
    assert {*ALL_WORDS, *TABLE, "Apr", "APR", "Bank1"} <= set(flat.words)
    assert len(set(flat.words)) == len(flat.words)
    for word, row in zip(flat.words, flat.rows):
        assert np.array_equal(flat.vectors[row], component.vector(word)), word


def test_words_share_rows_as_they_do_in_the_pipeline(flat):
    row_of = dict(zip(flat.words, flat.rows.tolist()))
    assert row_of["apr"] == row_of["APR"]
    assert row_of[ALL_WORDS[-1]] == row_of[ALL_WORDS[-2]]
    # Two of the table's words are the base's too, and two of the base's share a row.
    assert len(flat.vectors) == len(TABLE) + len(ALL_WORDS) - 3
    assert flat.vectors.any(axis=1).all()


def test_the_domains_rows_come_first(flat):
    found = pruned(flat, 6)
    assert found.vectors.shape == (6, WIDTH) and set(found.rows.tolist()) == set(range(6))
    assert {*TABLE, "APR"} <= set(found.words) and "bank2" not in found.words


def test_other_words_come_with_what_answers_for_them(nlp, component):
    assert "BANK3" not in flat_table(nlp, component).words
    found = flat_table(nlp, component, ["BANK3", "nowhere", " "])
    row = dict(zip(found.words, found.rows))["BANK3"]
    assert np.array_equal(found.vectors[row], component.vector("bank3"))
    # Without subwords, nothing answers for these.
    assert not {"nowhere", " "} & set(found.words)


def test_a_base_without_vectors():
    base = spacy.blank("en")
    nlp = merge(base, make_table(["one", "two"], np.eye(2), None))
    found = flat_table(nlp, nlp.get_pipe("domain_vectors"))
    assert set(found.words) == {"one", "One", "ONE", "two", "Two", "TWO"}


def check_all(nlp, component, found):
    """Every word's vector is what the pipeline gives it, and every word that has one is there."""
    assert len(set(found.words)) == len(found.words) and found.vectors.any(axis=1).all()
    for word, row in zip(found.words, found.rows):
        assert np.array_equal(found.vectors[row], component.vector(word)), word
        doc = nlp(word)
        assert len(doc) != 1 or np.array_equal(doc[0]._.dvec, found.vectors[row]), word
    named = {*component.table.words, *(nlp.vocab.strings[key] for key in nlp.vocab.vectors.key2row)}
    assert {word for word in named if component.vector(word).any() and word.strip()} <= set(found.words)


def test_a_word_with_a_row_of_zeros_gets_no_other_words_vector():
    base = make_base()
    base.vocab.vectors.data[base.vocab.vectors.key2row[base.vocab.strings["bank1"]]] = 0
    for word, vector in (("Bank1", 1), ("Bank2", 0), ("ABC", 0)):
        base.vocab.set_vector(word, np.full(WIDTH, vector, dtype="f"))
    nlp = merge(base, make_table(["the"], np.ones((1, WIDTH)), base))
    component = nlp.get_pipe("domain_vectors")
    found = flat_table(nlp, component, ["BANK1", "BANK2", "abc"])
    check_all(nlp, component, found)
    assert not {"bank1", "BANK1", "ABC", "abc"} & set(found.words)
    rows = dict(zip(found.words, found.rows))
    assert rows["Bank2"] == rows["BANK2"] == rows["bank2"] != rows["Bank1"]


WORD = st.sampled_from(
    ["a", "A", "ab", "Ab", "AB", "aB", "\u00df", "SS", "ss", "new york", "New York", "\u0130", "i\u0307", "c"]
)


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(
    keys=st.dictionaries(WORD, st.integers(0, 4), max_size=8),
    zeros=st.sets(st.integers(0, 4)),
    table_words=st.lists(WORD, min_size=1, max_size=4, unique=True),
    others=st.lists(WORD, max_size=4),
    attr=st.sampled_from(["ORTH", "LOWER"]),
    n_ngrams=st.sampled_from([0, 7]),
)
def test_every_word_has_the_vector_that_the_pipeline_gives(keys, zeros, table_words, others, attr, n_ngrams):
    # Of all languages, this one is made fastest.
    rng, nlp = np.random.default_rng(0), spacy.blank("xx")
    data = rng.normal(size=(5, 3)).astype("f")
    data[list(zeros)] = 0
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, name="tiny", attr=attr)
    for word, row in keys.items():
        nlp.vocab.vectors.add(nlp.vocab.strings.add(word), row=row)
    subwords = Subwords(Rows(rng.normal(size=(7, 3)).astype("f")), NgramSettings(1, 2, 1, True), 1.0, 0.0)
    table = make_table(table_words, rng.normal(size=(len(table_words), 3)), nlp, subwords if n_ngrams else None)
    merge(nlp, table)
    component = nlp.get_pipe("domain_vectors")
    # A row of the base that words share differs from theirs by their spelling, unless they are asked for.
    asked = [*others, *keys, *(word.upper() for word in table_words), *(w[:1].upper() + w[1:] for w in table_words)]
    check_all(nlp, component, flat_table(nlp, component, asked))


def test_what_a_shrunk_base_lacks_is_told(tmp_path):
    base = make_base()
    nlp = merge(base, make_table(["the", "apr"], np.ones((2, WIDTH)), base))
    save(nlp, tmp_path / "small", shrink_base=True)
    small = spacy.load(tmp_path / "small")
    n_words, words = base.vocab.vectors.n_keys, BaseTable(small.vocab.vectors).words(small.vocab.strings)
    with pytest.warns(UserWarning, match=rf"DV115. {n_words - len(words)} of {n_words} words .*not in the export"):
        found = flat_table(small, small.get_pipe("domain_vectors"))
    assert {"the", "apr"} <= set(found.words) and "bank1" not in found.words


# The formats, each with the tool that it is for


@pytest.mark.slow
def test_spacy_opens_it_and_trains_with_it(flat, tmp_path):
    assert write_spacy(flat, tmp_path / "vectors", "en", "tiny_vectors") == len(flat)
    nlp = spacy.load(tmp_path / "vectors")
    assert nlp.meta["name"] == "tiny_vectors" and nlp.vocab.vectors.shape == flat.vectors.shape
    for word, row in zip(flat.words, flat.rows):
        assert np.array_equal(nlp.vocab[word].vector, flat.vectors[row])
    trained = spacy.blank("en", config={"initialize": {"vectors": str(tmp_path / "vectors")}})
    trained.initialize()
    assert np.array_equal(trained("apr").vector, nlp("apr").vector)


def test_spacys_package_names_nothing_of_ours(flat, tmp_path):
    write_spacy(flat, tmp_path / "vectors", "en", "tiny_vectors")
    for name in ("config.cfg", "meta.json"):
        assert "domain" not in (tmp_path / "vectors" / name).read_text()
    assert spacy.load(tmp_path / "vectors").pipe_names == []


@pytest.mark.parametrize("name", ["v.txt", "v.txt.gz", "v.bin"])
def test_gensim_opens_it(flat, name, tmp_path):
    models = pytest.importorskip("gensim.models")
    write_word2vec(flat, tmp_path / name)
    found = models.KeyedVectors.load_word2vec_format(str(tmp_path / name), binary=name.endswith(".bin"))
    assert list(found.index_to_key) == [word.replace(" ", "_") for word in flat.words]
    for word, row in zip(flat.words, flat.rows):
        assert np.array_equal(found[word.replace(" ", "_")], flat.vectors[row])


def test_word2vec_keeps_the_first_words(flat, tmp_path):
    assert write_word2vec(flat, tmp_path / "v.txt", max_rows=5) == 5
    lines = (tmp_path / "v.txt").read_text().splitlines()
    assert list(map(int, lines[0].split())) == [5, WIDTH] and [line.split()[0] for line in lines[1:]] == flat.words[:5]


def test_numpy_opens_it_without_pickle(flat, tmp_path):
    write_npz(flat, tmp_path / "v.npz")
    found = np.load(tmp_path / "v.npz", allow_pickle=False)
    assert found["words"].tolist() == flat.words
    assert np.array_equal(found["vectors"][found["rows"]], flat.vectors[flat.rows])


@pytest.mark.slow
def test_spacy_init_vectors_opens_floret(flat, tmp_path, python):
    fit = write_floret(flat, tmp_path / "v.floret", n_rows=3000)
    assert isinstance(fit, FloretFit) and fit.cosine > 0.97 and fit.lowest <= fit.cosine
    command = [python, "-m", "spacy", "init", "vectors", "en", "v.floret", "out", "--mode", "floret"]
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
    vectors = spacy.load(tmp_path / "out").vocab.vectors
    assert isinstance(vectors, Vectors) and vectors.mode == "floret"
    cosines = [
        float(vectors[word] @ flat.vectors[row] / np.linalg.norm(vectors[word]) / np.linalg.norm(flat.vectors[row]))
        for word, row in zip(flat.words, flat.rows)
        if " " not in word and not word.isupper()
    ]
    assert np.mean(cosines) == pytest.approx(fit.cosine, abs=0.01)


@pytest.mark.slow
def test_floret_knows_the_words_of_a_text_better(nlp, component, tmp_path):
    # Both are third forms of a row, which two words of a row leave out.
    words = ["THE", "BANK1"]
    flat = flat_table(nlp, component, words)
    cosines = []
    for known in ((), words):
        fit = write_floret(flat, tmp_path / "v.floret", n_rows=3000, words=known)
        found = read_vectors(str(tmp_path / "v.floret"), words)
        cosines.append(
            [found.vectors[i] @ component.vector(w) / np.linalg.norm(found.vectors[i]) for i, w in enumerate(words)]
        )
        assert fit.others is not None and fit.others < fit.cosine
        assert f"Of other words: {fit.others:.3f}." in str(fit)
    assert np.array(cosines[1]).min() > 0.1 + np.array(cosines[0]).max()


@pytest.mark.slow
def test_more_rows_fit_better(flat, tmp_path):
    fits = [write_floret(flat, tmp_path / "v.floret", n_rows=n).cosine for n in (50, 200, 2000)]
    assert fits == sorted(fits)


@pytest.mark.slow
@pytest.mark.parametrize("format", list(Format))
def test_what_is_said_tells_how_to_use_it(nlp, flat, format, tmp_path):
    said = write(flat, tmp_path / "out.txt", format, None, nlp)
    assert str(tmp_path / "out.txt") in said and "words" in said


def test_nothing_is_half_written(flat, tmp_path, monkeypatch):
    (tmp_path / "v.txt").write_text("old")

    def interrupted(steps, *args):
        yield from list(steps)[:0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_word2vec(flat, tmp_path / "v.txt", progress=interrupted)
    assert [path.name for path in tmp_path.iterdir()] == ["v.txt"]
    assert (tmp_path / "v.txt").read_text() == "old"


def test_the_words_stay_in_the_order_of_their_frequency(flat):
    assert flat.words[:4] == ["the", "The", "THE", "bank1"]
