import gc
import os
import warnings
import weakref

import joblib
import numpy as np
import pytest
import spacy
from conftest import ALL_WORDS, TOPICS, WIDTH, make_base, make_table, make_texts
from spacy.vectors import Vectors

from spacy_domainvec import DomainVectorsError, DomainVectorsWarning, VectorTable
from spacy_domainvec.build import finish
from spacy_domainvec.build.run import build_pipeline, describe, train_table
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.corpus.chunk_tokenizer import ChunkTokenizer
from spacy_domainvec.counting.pairs import PairCounter
from spacy_domainvec.evaluation.measures import bytes_on_disk
from spacy_domainvec.pipeline.loading import choose_name, load_pipeline, merge, save
from spacy_domainvec.table.rows import Rows
from spacy_domainvec.util.compat import executor_of
from spacy_domainvec.util.work_folder import running

SMALL = {"trainer.vector_size": WIDTH, "trainer.window": 5, "trainer.subsample": 0.01}


@pytest.fixture
def settings(corpus_path, base_path):
    def made(**overrides):
        given = {**SMALL, "paths.corpus": str(corpus_path), "paths.base": str(base_path), **overrides}
        return load_settings(None, {key: value for key, value in given.items() if value != "left out"})

    return made


def topic_share(nlp, n=10):
    """How many of the nearest words are of the same topic."""
    component = nlp.get_pipe("domain_vectors")
    words = [f"{topic}{i}" for topic in TOPICS for i in range(5)]
    shares = [np.mean([other[:4] == word[:4] for other, _ in component.most_similar(word, n)]) for word in words]
    return np.mean(shares)


def test_from_texts_to_a_pipeline(settings, tmp_path):
    build_pipeline(settings(), tmp_path / "out", "tiny_topics")
    nlp = spacy.load(tmp_path / "out")
    assert nlp.meta["name"] == "tiny_topics"
    assert nlp("bank1 fruit2")._.dvec.shape == (WIDTH,)
    assert topic_share(nlp) > 0.9
    assert nlp.get_pipe("domain_vectors").table.vectors.dtype == "int8"


@pytest.mark.slow
def test_the_same_settings_make_the_same_bytes(settings, tmp_path):
    for name in ("one", "two"):
        build_pipeline(settings(), tmp_path / name)
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file())
    assert len(files) > 10
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


@pytest.mark.slow
def test_another_seed_makes_another_table(settings, base_path):
    tables = [train_table(settings(**{"system.seed": seed}), spacy.load(base_path)) for seed in (0, 1)]
    assert not np.array_equal(tables[0].vectors[:], tables[1].vectors[:])


@pytest.mark.slow
def test_the_meta_tells_what_made_the_table(settings, base_path, corpus_path):
    table = train_table(settings(), spacy.load(base_path))
    assert table.meta["n_texts"] == 800
    assert table.meta["n_tokens"] == 16_000
    assert table.meta["base"]["name"] == str(base_path)
    assert table.meta["alignment"]["trainer"]["anchors"] == 123
    assert table.meta["config"]["trainer"]["window"] == 5
    # Where the texts lie is not told.
    assert str(corpus_path) not in str(table.meta)
    assert "124 words and 0 phrases from 16,000 tokens of 800 texts; aligned by 123 anchors" in describe(table)[0]
    assert table.meta["unseen_share"] == 0


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ({}, "1 words and 1 phrases"),
        ({"n_texts": 2}, "1 words and 1 phrases from 5 tokens of 2 texts"),
        ({"n_texts": 2, "n_tokens": 9}, "1 words and 1 phrases from 9 tokens of 2 texts"),
        ({"alignment": {}, "n_texts": 0}, "1 words and 1 phrases from the vectors given"),
    ],
)
def test_a_table_by_hand_tells_what_it_knows(meta, said):
    table = VectorTable(["a", "a b"], Rows(np.ones((2, 3), dtype="f")), np.array([5, 2]), meta=meta)
    assert describe(table) == [said]


@pytest.mark.slow
def test_rows_are_as_long_as_their_weight(settings, base_path):
    nlp = spacy.load(base_path)
    plain = train_table(settings(**{"weighting.a": None, "storage.dtype": "float32"}), nlp)
    assert np.allclose(np.linalg.norm(plain.vectors[:], axis=1), np.sqrt(plain.width), atol=1e-5)
    assert plain.subwords.weight == pytest.approx(np.sqrt(plain.width))
    assert np.allclose(plain.base.matrix, np.sqrt(plain.width) * np.eye(WIDTH), atol=1e-5)
    weighted = train_table(settings(**{"storage.dtype": "float32"}), nlp)
    expected = 2e-3 / (2e-3 + weighted.counts / 16_000)
    assert np.allclose(np.linalg.norm(weighted.vectors[:], axis=1), expected * np.sqrt(weighted.width), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["none", "floret"])
def test_bases_of_other_kinds_are_extended(settings, tmp_path, kind):
    base = spacy.blank("en")
    if kind == "floret":
        data = np.random.default_rng(0).normal(size=(500, WIDTH)).astype("f")
        base.vocab.vectors = Vectors(strings=base.vocab.strings, data=data, mode="floret", minn=3, maxn=6, hash_count=2)
    base.to_disk(tmp_path / "base")
    build_pipeline(settings(**{"paths.base": str(tmp_path / "base")}), tmp_path / "out")
    nlp = spacy.load(tmp_path / "out")
    assert topic_share(nlp) > 0.6
    source = nlp("neverseen")[0]._.dvec_source
    assert source == ("general" if kind == "floret" else "subword")
    # Of a floret base, every word has a vector already.
    assert (nlp.get_pipe("domain_vectors").table.subwords is None) == (kind == "floret")


@pytest.mark.slow
@pytest.mark.parametrize(("combiner", "width"), [("Concat", 2 * WIDTH), ("DomainOnly", WIDTH)])
def test_other_combiners(settings, base_path, combiner, width):
    given = settings(**{"combine": {"@misc": f"spacy_domainvec.{combiner}.v1"}})
    nlp = spacy.load(base_path)
    merge(nlp, train_table(given, nlp))
    doc = nlp("bank1 neverseen")
    assert doc._.dvecs.shape == (2, width)
    assert topic_share(nlp) > 0.9


@pytest.mark.slow
def test_concat_keeps_words_that_only_the_base_knows(settings, base_path, tmp_path):
    given = settings(
        **{
            "combine": {"@misc": "spacy_domainvec.Concat.v1"},
            "vocabulary.min_count": 95,
            "vocabulary.fold_in_min_count": None,
        }
    )
    nlp = spacy.load(base_path)
    table = train_table(given, nlp)
    rare = next(word for word in ALL_WORDS if word not in table.words)
    frequent = table.words[10]
    doc = merge(nlp, table)(f"{rare} {frequent}")
    assert not doc[0]._.dvec[WIDTH:].any()
    assert doc[0]._.dvec[:WIDTH].any()
    assert doc[1]._.dvec[WIDTH:].any()


@pytest.mark.slow
@pytest.mark.parametrize("with_vectors", [True, False])
def test_several_tables_are_combined(settings, base_path, tmp_path, with_vectors):
    block = {"@misc": "spacy_domainvec.Word2Vec.v1", "vector_size": WIDTH, "epochs": 5, "sample": 0.01}
    base = spacy.load(base_path) if with_vectors else spacy.blank("en")
    table = train_table(settings(**{"more_trainers": {"word2vec": block}}), base)
    assert set(table.meta["alignment"]) == ({"trainer", "word2vec"} if with_vectors else {"word2vec"})
    assert topic_share(merge(base, table)) > 0.8
    assert "word2vec aligned by" in describe(table)[0]


def test_shares_must_be_those_of_the_tables(settings, base_path):
    with pytest.raises(DomainVectorsError, match="DV051.*1 domain tables"):
        train_table(settings(**{"combine.shares": [0.5, 0.5]}), spacy.load(base_path))


@pytest.mark.slow
def test_too_few_anchors_say_what_to_do(settings, tmp_path):
    make_base(words=["the", "a", "bank1", "bank2"], strings=False).to_disk(tmp_path / "base")
    given = settings(**{"paths.base": str(tmp_path / "base")})
    with pytest.raises(DomainVectorsError, match=r"DV050.*Only 3 words.*10 are needed.*DomainOnly"):
        train_table(given, spacy.load(tmp_path / "base"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "overrides", "code"),
    [
        ("", {}, "DV034"),
        ("one two three\n", {}, "DV040.*min_count"),
        ("a a a b b b\n", {}, "DV040.*vector_size"),
        ("\0\n", {}, "DV034.*NUL"),
    ],
)
def test_too_little_text_is_an_error(settings, base_path, tmp_path, text, overrides, code):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(DomainVectorsError, match=code):
        build_pipeline(settings(**{"paths.corpus": str(tmp_path / "a.txt"), **overrides}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_a_corpus_nothing_starts(settings, base_path):
    with pytest.raises(DomainVectorsError, match="DV063.*paths.corpus"):
        train_table(settings(**{"paths.corpus": None}), spacy.load(base_path))


def test_a_base_that_is_none_is_refused_by_name(tmp_path):
    with pytest.raises(DomainVectorsError, match="DV062.*'en_nowhere_md'"):
        load_pipeline("en_nowhere_md")
    (tmp_path / "config.cfg").write_text("[nlp]\nlang = 3\n")
    with pytest.raises(DomainVectorsError, match="DV062"):
        load_pipeline(str(tmp_path))


def test_a_table_of_another_base_is_refused(base):
    table = make_table(["apr"], np.ones((1, WIDTH)), base)
    with pytest.raises(DomainVectorsError, match="DV008.*'tiny'"):
        merge(make_base(seed=5), table)


def test_a_name_that_is_taken_is_refused(nlp, table):
    with pytest.raises(DomainVectorsError, match="DV068.*'domain_vectors'"):
        merge(nlp, table)


def test_what_can_be_refused_is_refused_first(settings, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(DomainVectorsError, match="DV024.*mine"):
        build_pipeline(settings(**{"paths.corpus": "nowhere.txt"}), tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"
    with pytest.raises(DomainVectorsError, match="DV064.*'no-name'"):
        build_pipeline(settings(**{"paths.corpus": "nowhere.txt"}), tmp_path / "out", "no-name")


def test_an_output_is_replaced_whole(nlp, tmp_path):
    save(nlp, tmp_path / "out", "one")
    (tmp_path / "out" / "vocab" / "stale").touch()
    save(nlp, tmp_path / "out", "two")
    assert not (tmp_path / "out" / "vocab" / "stale").exists()
    assert spacy.load(tmp_path / "out").meta["name"] == "two"


def test_an_extended_pipeline_loads_without_a_warning(base, table, tmp_path):
    base.meta["spacy_version"] = ">=3.7.0,<3.7.1"
    base.to_disk(tmp_path / "base")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nlp = spacy.load(tmp_path / "base")
    save(merge(nlp, table), tmp_path / "out")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spacy.load(tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "expected"),
    [(None, "tiny_dvec"), ("mine", "mine"), ("en_mine", "mine"), ("en_core_web_md_x", "core_web_md_x")],
)
def test_a_pipelines_name_has_no_language(base, name, expected):
    base.meta["name"] = "tiny"
    assert choose_name(base, name) == expected


@pytest.mark.slow
def test_skipped_lines_are_told_at_the_end(settings, base_path, tmp_path):
    texts = "\n".join(make_texts(200)).encode()
    (tmp_path / "a.txt").write_bytes(texts + b"\n\xff\xff\n")
    with pytest.warns(DomainVectorsWarning, match=r"DV101.*1 line.*a\.txt line 201"):
        train_table(settings(**{"paths.corpus": str(tmp_path / "a.txt")}), spacy.load(base_path))


# Rare words, phrases, terms, acronyms, size


@pytest.fixture
def texts_path(tmp_path):
    """Texts with a frequent phrase, an acronym that is used once, a rare word, and a term."""
    lines = [f"{text} overdraft fee {text}" if i % 10 == 0 else text for i, text in enumerate(make_texts(600))]
    lines += ["the Bank1 Bank2 Bank3 ( BBB ) is bank4 bank5", "bank1 bank2 rareword bank3", "bank4 rareword bank5"]
    lines += ["fruit1 fruit2 onceword fruit3", "lonely"]
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(lines))
    return path


@pytest.mark.slow
def test_rare_words_phrases_and_acronyms_have_rows(settings, base_path, texts_path):
    nlp = spacy.load(base_path)
    table = train_table(settings(**{"paths.corpus": str(texts_path)}), nlp)
    assert {"overdraft fee", "rareword", "bbb"} <= set(table.words)
    assert not {"onceword", "lonely", "("} & set(table.words)
    assert table.acronyms == {"bbb": "bank1 bank2 bank3"}
    assert "1 phrases" in describe(table)[0]
    component = merge(nlp, table).get_pipe("domain_vectors")
    for word in ("rareword", "bbb"):
        # The acronym is of the banks, too.
        of_banks = [other == "bbb" or other.startswith("bank") for other, _ in component.most_similar(word, 8)]
        assert sum(of_banks) >= 6, word
    doc = nlp("an Overdraft fee for onceword")
    assert np.array_equal(doc[1:3]._.dvec, component.vector("overdraft fee"))
    assert not np.allclose(doc[1:3]._.dvec, doc[1:3]._.dvecs.mean(axis=0))
    assert [token._.dvec_source for token in doc[3:]] == ["subword", "subword"]


@pytest.mark.slow
def test_what_is_turned_off_is_not_there(settings, base_path, texts_path):
    given = {"paths.corpus": str(texts_path)}
    off = {"vocabulary.phrases": None, "vocabulary.fold_in_min_count": None, "storage.subwords": None}
    nlp = spacy.load(base_path)
    table, less = train_table(settings(**given), nlp), train_table(settings(**given, **off), nlp)
    assert set(table.words) - set(less.words) == {"overdraft fee", "rareword"}
    assert less.subwords is None
    assert not merge(nlp, less)("onceword")._.has_dvec


@pytest.mark.slow
def test_terms_are_kept_and_the_missing_named(settings, base_path, texts_path, tmp_path):
    (tmp_path / "terms.txt").write_text("onceword\nfruit1 FRUIT2\nnever seen\nlonely\nmusic1\n")
    given = {"paths.corpus": str(texts_path), "paths.terms": str(tmp_path / "terms.txt"), "storage.max_rows": 10}
    with pytest.warns(DomainVectorsWarning, match="DV105") as warned:
        table = train_table(settings(**given), spacy.load(base_path))
    assert {"onceword", "fruit1 fruit2"} <= set(table.words)
    assert len(table) == 10
    message = str(warned[0].message)
    assert "2 of 5 terms" in message
    assert "'never seen' (line 3) has a word that does not occur, 'never'" in message
    assert "'lonely' (line 4) occurs without any word of the vocabulary near it" in message
    assert "Kept 10 of" in describe(table)[-1]


@pytest.mark.slow
def test_rows_follow_the_vocabulary_and_the_size_of_the_base(settings, base_path, texts_path, monkeypatch):
    def kept(nlp=None, **storage):
        given = {f"storage.{name}": value for name, value in storage.items()}
        given |= {"paths.corpus": str(texts_path), "storage.subwords": None}
        return train_table(settings(**given), nlp or spacy.load(base_path)).meta["kept"]

    everything = kept(max_growth=None)
    assert everything["n_rows"] == everything["of_rows"] == kept()["n_rows"]
    monkeypatch.setattr(finish, "ROWS_IN_ANY_CASE", 10)
    assert kept(max_growth=0)["n_rows"] == 10
    # A base that lies in no folder has no size.
    assert kept(nlp=make_base())["n_rows"] == 10
    base_bytes = bytes_on_disk(base_path)
    some = kept(max_growth=5_500 / base_bytes)
    assert 10 < some["n_rows"] < kept(max_growth=6_000 / base_bytes)["n_rows"] < some["of_rows"]
    assert kept(max_growth=5_500 / base_bytes, max_rows=12)["n_rows"] == 12
    assert kept(max_growth=None, max_rows=12)["n_rows"] == 12


@pytest.mark.slow
def test_a_budget_is_kept(settings, base_path, texts_path, tmp_path):
    given = settings(**{"paths.corpus": str(texts_path), "storage.max_mb": 0.007})
    build_pipeline(given, tmp_path / "out")
    files = [file for file in (tmp_path / "out" / "domain_vectors").rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 7_000
    table = spacy.load(tmp_path / "out").get_pipe("domain_vectors").table
    assert 0 < len(table) < table.meta["kept"]["of_rows"]
    with pytest.raises(DomainVectorsError, match="DV070"):
        train_table(settings(**{"paths.corpus": str(texts_path), "storage.max_mb": 0.001}), spacy.load(base_path))


@pytest.mark.slow
def test_no_string_of_the_corpus_gets_into_the_pipeline(settings, texts_path, tmp_path):
    build_pipeline(settings(**{"paths.corpus": str(texts_path)}), tmp_path / "out")
    assert "lonely" not in (tmp_path / "out" / "vocab" / "strings.json").read_text()


@pytest.mark.slow
def test_the_bases_strings_can_be_left_out(base_path, tmp_path):
    nlp = spacy.load(base_path)
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "bank7", "pattern": "the"}])
    table = make_table(["apr"], np.ones((1, WIDTH)), nlp)
    for name, shrink in (("whole", False), ("small", True)):
        copy = spacy.load(base_path) if name == "small" else nlp
        if copy is not nlp:
            copy.add_pipe("entity_ruler").add_patterns([{"label": "bank7", "pattern": "the"}])
        save(merge(copy, table), tmp_path / name, shrink_base=shrink)
    whole, small = spacy.load(tmp_path / "whole"), spacy.load(tmp_path / "small")
    assert "fruit9" not in small.vocab.strings
    assert "bank7" in small.vocab.strings
    docs = [nlp("the apr of fruit9 bank1") for nlp in (whole, small)]
    assert docs[0].to_json() == docs[1].to_json()
    assert np.array_equal(docs[0]._.dvecs, docs[1]._.dvecs)
    assert np.array_equal(docs[0].vector, docs[1].vector)


@pytest.mark.slow
def test_nothing_of_the_texts_is_kept_after_a_build(settings, base_path, monkeypatch):
    kept, numbers, count = [], ChunkTokenizer.numbers, PairCounter.count

    def numbered(tokenizer, *args):
        kept.append(weakref.ref(tokenizer))
        return numbers(tokenizer, *args)

    def counted(counter, *args):
        kept.append(weakref.ref(counter))
        return count(counter, *args)

    monkeypatch.setattr(ChunkTokenizer, "numbers", numbered)
    monkeypatch.setattr(PairCounter, "count", counted)
    train_table(settings(), spacy.load(base_path))
    gc.collect()
    assert len(kept) > 1
    assert not any(made() for made in kept)
    # Also where it fails.
    with pytest.raises(DomainVectorsError, match="DV0"):
        train_table(settings(**{"vocabulary.min_count": 10**6}), spacy.load(base_path))
    gc.collect()
    assert not any(made() for made in kept)


@pytest.mark.slow
def test_an_executor_of_the_user_works_on_after_a_build(settings, base_path, tmp_path):
    with joblib.Parallel(2) as parallel:
        parallel(joblib.delayed(os.getpid)() for _ in range(8))
        before = set(executor_of(parallel._backend)._processes)
        with running(tmp_path / "out", 2) as jobs:
            train_table(settings(), spacy.load(base_path), jobs=jobs)
        assert set(parallel(joblib.delayed(os.getpid)() for _ in range(8))) <= before
