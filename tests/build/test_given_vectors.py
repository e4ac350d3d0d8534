import shutil
import subprocess
import warnings

import numpy as np
import pytest
import spacy
from conftest import ALL_WORDS, WIDTH, make_base, make_table

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build import fit_map
from spacy_domainvec.build.given_vectors import by_rank, read_counts
from spacy_domainvec.build.run import describe, open_table, train_table
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.exchange.flat_table import FlatTable
from spacy_domainvec.exchange.read import read_vectors
from spacy_domainvec.exchange.write import write_npz, write_spacy, write_word2vec
from spacy_domainvec.exchange.write_floret import write_floret
from spacy_domainvec.pipeline.loading import merge
from spacy_domainvec.table.base_vectors import BaseTable

WORDS = [*ALL_WORDS, "unheard", "overdraft"]


@pytest.fixture
def plain():
    """Vectors of the base's words, turned by a rotation, and of two words that the base lacks."""
    base = make_base()
    rng = np.random.default_rng(3)
    rotation = np.linalg.qr(rng.normal(size=(WIDTH, WIDTH)))[0].astype("f")
    vectors = np.vstack([BaseTable(base.vocab.vectors).unit_rows(ALL_WORDS), rng.normal(size=(2, WIDTH))])
    return FlatTable(WORDS, np.arange(len(WORDS)), (vectors @ rotation).astype("f"))


def settings_of(path, **paths):
    small = {"storage.subwords": None, "storage.dtype": "float32"}
    return load_settings(
        None, {"paths.vectors": str(path), **{f"paths.{k}": str(v) for k, v in paths.items()}, **small}
    )


def overrides_of(settings):
    """The paths of settings, with what is small about them."""
    small = {"storage.subwords": None, "storage.dtype": "float32"}
    return {f"paths.{name}": value for name, value in dict(settings.paths).items() if value} | small


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
    with pytest.raises(DomainVectorsError, match="DV020.*there is no such folder, file or package"):
        open_table(str(tmp_path / "nothing"), str(base_path))
    for name in ("key2row", "vectors", "cfg"):
        (tmp_path / name).touch()
    with pytest.raises(DomainVectorsError, match="DV075.*sense2vec"):
        open_table(str(tmp_path), str(base_path))


@pytest.mark.slow
@pytest.mark.parametrize("path", ["folder", "package"])
def test_merge_takes_a_pipeline_by_path_or_name(path, plain, tmp_path, base_path, monkeypatch):
    folder = written(plain, "pipeline", tmp_path)
    if path == "package":
        spacy_package(folder, tmp_path / "installed")
        monkeypatch.syspath_prepend(str(tmp_path / "installed"))
        folder = "en_tiny"
    made = open_table(str(folder), str(base_path))
    assert {"overdraft", "unheard"} <= set(made.words)
    assert made.meta["alignment"]["vectors"]["held_out_cosine"] > 0.9


def spacy_package(folder, site):
    """What `pip install` puts in a folder."""
    (site / "en_tiny").mkdir(parents=True)
    shutil.copytree(folder, site / "en_tiny" / "en_tiny-0.0.0")
    shutil.copy(folder / "meta.json", site / "en_tiny" / "meta.json")
    code = "from spacy.util import load_model_from_init_py\n\n\ndef load(**overrides):\n"
    (site / "en_tiny" / "__init__.py").write_text(f"{code}    return load_model_from_init_py(__file__, **overrides)\n")
    (site / "en_tiny-0.0.0.dist-info").mkdir()
    metadata = "Metadata-Version: 2.1\nName: en_tiny\nVersion: 0.0.0\n"
    (site / "en_tiny-0.0.0.dist-info" / "METADATA").write_text(metadata)


def test_a_users_terms_are_kept(plain, tmp_path):
    terms = tmp_path / "terms.txt"
    terms.write_text("overdraft\nunseen\n", encoding="utf8")
    settings = settings_of(written(plain, "v.txt", tmp_path), terms=terms)
    with pytest.warns(UserWarning, match="DV105.*unseen"):
        assert "overdraft" in train_table(settings, make_base()).words


@pytest.mark.slow
def test_a_corpus_beside_vectors_gives_the_counts_and_a_map(plain, tmp_path, monkeypatch):
    monkeypatch.setattr(fit_map, "LEAST_PAIRS", 1)
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join([" ".join(plain.words[:20]) + ". " + " ".join(plain.words[20:40]) + "."] * 3))
    path = written(plain, "v.txt", tmp_path)
    table = train_table(settings_of(path, corpus=texts), make_base())
    assert table.meta["map"] == {"n_sentences": 2, "n_pairs": 1, "is_fitted": True}
    counts = dict(zip(table.words, table.counts.tolist()))
    assert counts[plain.words[0]] == 3
    assert "map" not in train_table(settings_of(path), make_base()).meta


def test_settings_do_not_change_a_finished_table(plain, tmp_path, base_path):
    make_table(plain.words, plain.vectors).to_disk(tmp_path / "table")
    with pytest.raises(DomainVectorsError, match=r"DV073.*paths\.corpus"):
        open_table(str(tmp_path / "table"), str(base_path), overrides={"paths.corpus": "x.txt"})


@pytest.mark.slow
def test_overlong_and_tiny_rows_do_not_spoil_the_fit(plain, tmp_path):
    def fitted(factor, word):
        rows = plain.vectors.astype("f8").copy()
        rows[plain.words.index(word)] *= factor
        path = tmp_path / "v.npz"
        np.savez(path, words=np.array(plain.words), vectors=rows)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            table = train_table(settings_of(path), make_base())
        messages = [str(warning.message) for warning in said]
        return table, table.meta["alignment"]["vectors"]["held_out_cosine"], messages

    whole, expected, _ = fitted(1, "bank1")
    for factor in (20, 99, 1e3, 1e6, 1e22, 1e-3, 1e-25):
        for word in ("the", "bank1", "music29", "overdraft"):
            table, cosine, messages = fitted(factor, word)
            named = (
                len(messages) == 1
                and f"far longer or shorter than the others (row {1 + WORDS.index(word)}" in messages[0]
            )
            assert set(whole.words) - set(table.words) == ({word} if named else set())
            assert cosine > expected - 0.02, (factor, word)
            assert named or factor in (20, 99, 1e-3)


@pytest.mark.parametrize("factor", [1e-30, 1e-20, 1e-6, 1e6, 1e20, 1e30])
def test_the_length_of_all_rows_is_of_no_weight(plain, factor, tmp_path):
    tables = []
    for times in (1, factor):
        path = tmp_path / f"{times}.npz"
        np.savez(path, words=np.array(plain.words), vectors=plain.vectors.astype("f8") * times)
        tables.append(train_table(settings_of(path), make_base()))
    assert np.allclose(tables[0].vectors.values, tables[1].vectors.values, atol=1e-4)


def test_words_keep_their_ranks_where_others_are_left_out(plain, tmp_path):
    lines = [f"{word} " + " ".join(map(str, row)) for word, row in zip(plain.words, plain.vectors)]
    lines[3] = "of " + " ".join(["nan"] * WIDTH)
    (tmp_path / "v.txt").write_text("\n".join(lines))
    with pytest.warns(UserWarning, match="DV112.*line 4 'of'"):
        table = train_table(settings_of(tmp_path / "v.txt"), make_base())
    assert table.counts[:5].tolist() == by_rank(len(lines))[[0, 1, 2, 4, 5]].tolist()


def test_vectors_that_do_not_fit_are_told(plain, tmp_path):
    rng = np.random.default_rng(5)
    path = written(FlatTable(WORDS, plain.rows, rng.permutation(plain.vectors)), "v.npz", tmp_path)
    with pytest.warns(UserWarning, match=r"DV114.*v\.npz.*held-out cosine -?0\.\d+ .*base's language") as said:
        table = train_table(settings_of(path), make_base())
    assert table.meta["alignment"]["vectors"]["held_out_cosine"] < 0.02 and len(said) == 1


def test_learned_vectors_that_do_not_fit_are_told_as_such(corpus_path, monkeypatch):
    small = {"trainer.vector_size": WIDTH, "trainer.subsample": 0.01, "storage.subwords": None}
    monkeypatch.setattr("spacy_domainvec.build.fuse.LEAST_COSINE", 1.1)
    with pytest.warns(UserWarning, match="DV114.*The vectors of 'trainer' hardly fit.*Give more text"):
        train_table(load_settings(None, {"paths.corpus": str(corpus_path), **small}), make_base())


def test_too_few_words_of_the_base_are_told_as_of_vectors(tmp_path):
    rng = np.random.default_rng(0)
    write_npz(FlatTable(ALL_WORDS[:20], np.arange(20), rng.normal(size=(20, 40)).astype("f")), tmp_path / "v.npz")
    with pytest.raises(DomainVectorsError, match=r"DV074.*Only 20 words of '.*v\.npz'.* 40 are needed") as e:
        train_table(settings_of(tmp_path / "v.npz"), make_base())
    assert "text" not in str(e.value)


@pytest.mark.parametrize("base", [make_base, lambda: spacy.blank("en")])
@pytest.mark.parametrize("shape", [(1, 8), (2, 8), (9, 8), (60, 1)])
def test_too_few_words_or_values_are_told(shape, base, tmp_path):
    rows = np.random.default_rng(0).normal(size=shape).astype("f")
    write_npz(FlatTable(ALL_WORDS[: shape[0]], np.arange(shape[0]), rows), tmp_path / "v.npz")
    with pytest.raises(DomainVectorsError, match=rf"DV076.*{shape[0]} words of width {shape[1]}"):
        train_table(settings_of(tmp_path / "v.npz"), base())


# Phrases


def with_phrases(plain, phrases):
    rows = np.concatenate([plain.vectors, np.random.default_rng(4).normal(size=(len(phrases), WIDTH)).astype("f")])
    return FlatTable([*plain.words, *phrases], np.arange(len(rows)), rows)


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.npz", "pipeline"])
def test_words_joined_by_underscores_are_phrases(plain, name, tmp_path):
    path = written(with_phrases(plain, ["bank1_fee", "Train_Station", "bank2_fee's_rate"]), name, tmp_path)
    nlp = merge(make_base(), table := train_table(settings_of(path), make_base()))
    assert {"bank1 fee", "train station", "bank2 fee 's rate"} <= set(table.words)
    assert not any("_" in word for word in table.words)
    doc = nlp("A bank1 fee at the Train Station, the train station: bank2 fee's rate")
    for start, end, phrase in ((1, 3, "bank1 fee"), (5, 7, "train station"), (9, 11, "train station"), (12, 16, None)):
        row = table.vectors[list(table.words).index(phrase or "bank2 fee 's rate")]
        assert np.array_equal(doc[start:end]._.dvec, row)


def test_a_phrase_is_drawn_to_its_words_as_a_learned_one_is(plain, tmp_path):
    counts = tmp_path / "counts.txt"
    cosines = []
    for n in (1, 10**6):
        counts.write_text(f"bank1_bank2 {n}\nbank1 50\nbank2 50\n")
        path = written(with_phrases(plain, ["bank1_bank2"]), "v.txt", tmp_path)
        nlp = merge(make_base(), train_table(settings_of(path, counts=counts), make_base()))
        doc = nlp("bank1 bank2")
        a, b = doc[:]._.dvec, doc._.dvec
        cosines.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    assert cosines[0] > 0.8 > cosines[1] + 0.2


def test_keys_of_sense2vec_are_words_and_phrases(plain, tmp_path):
    words = [f"{word}|NOUN" for word in with_phrases(plain, ["bank1_fee"]).words] + ["the|DET"]
    given = with_phrases(plain, ["bank1_fee", "the|DET"])
    path = written(FlatTable(words, given.rows, given.vectors), "v.txt", tmp_path)
    with pytest.warns(UserWarning, match=r"DV112.*line 129 'the\|DET'"):
        table = train_table(settings_of(path), make_base())
    assert {"the", "unheard", "bank1 fee"} <= set(table.words) and not any("|" in word for word in table.words)


@pytest.mark.parametrize("word", ["_", "__", "_fee", "fee_", "bank1__fee", "o_O", "^_^", "-_-"])
def test_underscores_that_join_no_words_stay(plain, word, tmp_path):
    table = train_table(settings_of(written(with_phrases(plain, [word]), "v.txt", tmp_path)), make_base())
    assert word in table.words


def test_the_first_of_two_forms_of_a_phrase_counts(plain, tmp_path):
    path = written(given := with_phrases(plain, ["bank1 fee", "bank1_fee"]), "v.npz", tmp_path)
    with pytest.warns(UserWarning, match=r"DV112.*1 whose word an earlier row has \(row 128 'bank1_fee'\)"):
        table = train_table(settings_of(path), make_base())
    assert list(table.words).count("bank1 fee") == 1
    only = FlatTable(given.words[:-1], given.rows[:-1], given.vectors[:-1])
    alone = train_table(settings_of(written(only, "w.npz", tmp_path)), make_base())
    rows = [t.vectors[list(t.words).index("bank1 fee")] for t in (table, alone)]
    assert rows[0] @ rows[1] / np.linalg.norm(rows[0]) / np.linalg.norm(rows[1]) > 0.999


def test_counts_and_terms_name_phrases_as_the_table_does(plain, tmp_path):
    counts, terms = tmp_path / "counts.txt", tmp_path / "terms.txt"
    counts.write_text("Bank1_Fee 70\nbank1 fee\t5\nthe 10\n")
    terms.write_text("Bank1 fee\n")
    path = written(with_phrases(plain, ["bank1_fee"]), "v.txt", tmp_path)
    settings = settings_of(path, counts=counts, terms=terms)
    table = train_table(settings, make_base())
    assert (table.words[0], table.counts[0]) == ("bank1 fee", 75)
    capped = load_settings(None, {**overrides_of(settings), "storage.max_rows": 1})
    assert list(train_table(capped, make_base()).words) == ["bank1 fee"]


# Floret


@pytest.fixture
def floret_path(plain, tmp_path, python):
    rows = read_vectors(str(written(plain, "v.floret", tmp_path)), WORDS)
    assert rows.words == WORDS
    command = [python, "-m", "spacy", "init", "vectors", "en", "v.floret", "floret", "--mode", "floret"]
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
    return tmp_path / "floret"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pipeline", "file"])
def test_a_floret_table_with_counts_is_combined(floret_path, kind, tmp_path):
    counts = tmp_path / "counts.txt"
    counts.write_text("".join(f"{word} {1000 - i}\n" for i, word in enumerate(WORDS)))
    path = floret_path if kind == "pipeline" else tmp_path / "v.floret"
    table = train_table(settings_of(path, counts=counts), make_base())
    assert set(table.words) == set(WORDS) and table.counts[0] == 1000
    assert table.meta["alignment"]["vectors"]["held_out_cosine"] > 0.5


# What is refused

BAD = {
    "empty.txt": b"",
    "words.txt": b"2 2\na 1 y\nb 1 x\n",
    "zeros.txt": b"1 2\na 0 0\n",
    "no.npz": b"PK nothing",
    "binary.bin": b"2 2\na 12345678",
}


@pytest.mark.parametrize("name", BAD)
def test_files_that_are_no_vectors_are_refused(name, tmp_path):
    (tmp_path / name).write_bytes(BAD[name])
    with pytest.raises(DomainVectorsError, match=f"DV071.*{name}"):
        read_vectors(str(tmp_path / name), ["a", "b"])


@pytest.mark.parametrize("count", ["9" * 5000, "1000000000000", "9999999999999999999", "-1", "1.5", "\u0661"])
def test_counts_out_of_range_are_refused(count, tmp_path):
    (tmp_path / "counts.txt").write_text(f"the 5\nfee {count}\n", encoding="utf8")
    with pytest.raises(DomainVectorsError, match="DV072.*line 2"):
        read_counts(tmp_path / "counts.txt")


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


def model2vec_folder(flat, path):
    model2vec, tokenizers = pytest.importorskip("model2vec"), pytest.importorskip("tokenizers")
    ids = {word: i for i, word in enumerate(["[UNK]", *flat.words])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(ids, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    rows = np.vstack([np.zeros((1, flat.vectors.shape[1]), dtype="f"), flat.vectors[flat.rows]])
    model2vec.StaticModel(rows, tokenizer).save_pretrained(path)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.DV112")  # the model is asked for words that it lacks
@pytest.mark.parametrize("write", [write_word2vec, model2vec_folder])
def test_vectors_of_others_stand_beside_those_that_are_learned(plain, base_path, corpus_path, tmp_path, write):
    half = FlatTable(WORDS[::2], np.arange(len(WORDS[::2])), plain.vectors[::2])
    write(half, tmp_path / "half.bin")
    given = {"paths.corpus": str(corpus_path), "paths.base": str(base_path), "trainer.vector_size": 16}
    given |= {"storage.subwords": None, "more_tables.half": str(tmp_path / "half.bin")}
    table = train_table(load_settings(None, given), spacy.load(base_path))
    assert set(table.meta["alignment"]) == {"trainer", "half"}
    assert table.meta["alignment"]["half"]["held_out_cosine"] > 0.8
    assert "more_tables" not in table.meta["config"] and "half.bin" not in str(table.meta)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"more_tables.a": 3}, "DV045.*more_tables.a"),
        ({"more_tables.a": ""}, "DV045.*more_tables.a"),
        ({"more_tables.trainer": "x"}, "DV061.*more_tables"),
        ({"more_tables.a": "x", "combine.shares": [1]}, "DV051.*2 domain tables"),
    ],
)
def test_a_bad_table_beside_others_is_told(given, code):
    with pytest.raises(DomainVectorsError, match=code):
        load_settings(None, given)
