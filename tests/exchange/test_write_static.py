"""Exports for model2vec, sentence-transformers and safetensors: the vectors of `dvec`, and the tokens of spaCy."""

import gzip
import json
import sys

import numpy as np
import pytest
import spacy
from conftest import WIDTH, make_base, make_table
from quick_spacy import ALL_EXCEPTIONS

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.exchange.flat_table import flat_table
from spacy_domainvec.exchange.formats import Format
from spacy_domainvec.exchange.read import read_foreign
from spacy_domainvec.exchange.write import write
from spacy_domainvec.exchange.write_static import _pattern, write_model2vec, write_safetensors
from spacy_domainvec.pipeline.loading import merge
from spacy_domainvec.util.arrays import scaled_to_unit

TABLE = ["the", "fee", "do", "n't", "i", "'m", ".", ",", "?", "(", ")", "-", "overdraft fee", "$", "5", "apr"]
TEXTS = [
    "The fee, the APR.",
    "I don't do the fee - I'm the bank1!",
    "(the fee?) bank1-fee",
    "bank1,fee the $5 fee...",
    "the   fee\n\tfee Fee FEE",
    "the fee?????? the fee!!!!!!!!! (the fee))))))))",
    "fee!?!?!?!?!?!, the fee???????????????...",
    "I don't????????? ((((the fee,,,,,,,,,",
]


@pytest.fixture(scope="module")
def nlp():
    base = make_base(exceptions=ALL_EXCEPTIONS)
    rng = np.random.default_rng(1)
    return merge(base, make_table(TABLE, rng.normal(size=(len(TABLE), WIDTH)), base))


@pytest.fixture
def flat(nlp):
    return flat_table(nlp, nlp.get_pipe("domain_vectors"))


@pytest.fixture
def model(nlp, flat, tmp_path):
    model2vec = pytest.importorskip("model2vec")
    write_model2vec(flat, tmp_path / "model", nlp)
    return model2vec.StaticModel.from_pretrained(tmp_path / "model")


@pytest.mark.slow
def test_model2vec_gives_the_direction_of_dvec(nlp, model):
    found = model.encode(TEXTS)
    for text, vector in zip(TEXTS, found):
        expected = nlp.make_doc(text)._.dvec
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
        assert vector @ expected / np.linalg.norm(expected) == pytest.approx(1, abs=1e-5), text


# Version 6 has moved these modules, and finds them by the names that versions since 3 know.
@pytest.mark.filterwarnings("ignore:Importing from 'sentence_transformers.models':DeprecationWarning")
@pytest.mark.slow
def test_sentence_transformers_give_it_too(nlp, flat, tmp_path):
    library = pytest.importorskip("sentence_transformers", reason="pip install spacy-domainvec[teacher] to test it")
    from sentence_transformers.models import Normalize, StaticEmbedding

    write_model2vec(flat, tmp_path / "model", nlp)
    expected = scaled_to_unit(np.array([nlp.make_doc(text)._.dvec for text in TEXTS]))
    modules = [StaticEmbedding.from_model2vec(str(tmp_path / "model")), Normalize()]
    for model in (library.SentenceTransformer(str(tmp_path / "model")), library.SentenceTransformer(modules=modules)):
        assert np.allclose(model.encode(TEXTS), expected, atol=1e-5)
        assert np.allclose(model.similarity(model.encode(TEXTS[0]), model.encode(TEXTS[0])), 1, atol=1e-5)


@pytest.mark.slow
def test_unknown_words_are_left_out(model):
    both = model.encode(["the fee", "the zzqqxx fee"])
    assert np.allclose(both[0], both[1], atol=1e-6) and not model.encode("zzqqxx").any()


@pytest.mark.slow
def test_an_exception_of_the_tokenizer_has_the_sum_of_its_tokens(nlp, model):
    component, row = nlp.get_pipe("domain_vectors"), model.embedding[model.tokens.index("don't")]
    assert np.allclose(row, component.vector("do") + component.vector("n't"), atol=1e-5)


@pytest.mark.slow
def test_words_without_a_vector_of_their_own_are_left_out(nlp, flat, tmp_path, model):
    # The last two words of the base share a row, which was made for the first.
    assert "music28" in model.tokens and "music29" not in model.tokens and "overdraft fee" not in model.tokens
    model2vec = pytest.importorskip("model2vec")
    write_model2vec(flat, tmp_path / "more", nlp, words=["music29"])
    assert "music29" in model2vec.StaticModel.from_pretrained(tmp_path / "more").tokens
    assert write_model2vec(flat, tmp_path / "less", nlp, max_rows=3) == 3


def test_safetensors_are_read_by_their_own_package(flat, tmp_path):
    safetensors = pytest.importorskip("safetensors")
    write_safetensors(flat, tmp_path / "v.safetensors")
    with safetensors.safe_open(tmp_path / "v.safetensors", framework="numpy") as file:
        words = json.loads(file.metadata()["words"])
        rows, vectors = file.get_tensor("rows"), file.get_tensor("vectors")
    assert words == flat.words and np.array_equal(vectors[rows], flat.vectors[flat.rows])
    found, left_out = read_foreign(str(tmp_path / "v.safetensors"))
    assert np.array_equal(found.vectors[found.rows], flat.vectors[flat.rows]) and found.words == words
    assert left_out.total == 0


@pytest.mark.parametrize(
    ("words", "rows", "why"),
    [
        ('["a", "b"]', [0], "don't fit together"),
        ('["a"]', [7], "don't fit together"),
        ('["a"]', [0.5], "its rows float64"),
        ('["a", 3]', [0, 0], "no list of texts"),
        ('["a"', [0], "Expecting"),
        ('["a", "b"]', None, "rows"),
    ],
)
def test_safetensors_that_export_did_not_write_are_told(words, rows, why, tmp_path):
    numpy = pytest.importorskip("safetensors.numpy")
    arrays = {"vectors": np.ones((2, 3), dtype="f")} | ({} if rows is None else {"rows": np.array(rows)})
    numpy.save_file(arrays, str(tmp_path / "v.bin"), metadata={"words": words})
    with pytest.raises(DomainVectorsError, match=f"DV071.*v.bin.*{why}"):
        read_foreign(str(tmp_path / "v.bin"))


def test_a_file_of_safetensors_that_is_cut_off_or_packed_is_told(flat, tmp_path):
    pytest.importorskip("safetensors")
    write_safetensors(flat, tmp_path / "v.safetensors")
    data = (tmp_path / "v.safetensors").read_bytes()
    for damaged, why in ((data[:-5], "can't be read as vectors"), (gzip.compress(data), "unpack it first")):
        (tmp_path / "v").write_bytes(damaged)
        with pytest.raises(DomainVectorsError, match=f"DV071.*{why}"):
            read_foreign(str(tmp_path / "v"))


@pytest.mark.slow
@pytest.mark.parametrize(("format", "name"), [(Format.model2vec, "config.json"), (Format.safetensors, "")])
def test_only_an_earlier_export_is_replaced(nlp, flat, format, name, tmp_path):
    pytest.importorskip("model2vec")
    output = tmp_path / "out"
    write(flat, output, format, None, nlp)
    write(flat, output, format, 5, nlp)
    (output / name).write_bytes((output / name).read_bytes().replace(b"spacy-domainvec ", b"another-program "))
    with pytest.raises(DomainVectorsError, match="DV024"):
        write(flat, output, format, None, nlp)


@pytest.mark.parametrize("format", [Format.model2vec, Format.safetensors])
def test_a_missing_extra_is_named(nlp, flat, format, tmp_path, monkeypatch):
    for module in ("tokenizers", "safetensors", "safetensors.numpy"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DomainVectorsError, match=r"DV066.*spacy-domainvec\[static\]"):
        write(flat, tmp_path / "out", format, None, nlp)


def test_a_tokenizer_without_rules_is_refused(nlp, flat, tmp_path, monkeypatch):
    pytest.importorskip("tokenizers")
    words = nlp.tokenizer
    monkeypatch.setattr(nlp, "tokenizer", lambda text: words(text))
    with pytest.raises(DomainVectorsError, match="DV097.*it is a function"):
        write(flat, tmp_path / "out", Format.model2vec, None, nlp)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["de", "es", "xx"])
def test_tokenizers_of_other_languages_are_translated(lang, tmp_path):
    model2vec = pytest.importorskip("model2vec")
    base = spacy.blank(lang)
    words = ["bank", "karte", "l'", ",", ".", "(", ")", "10"]
    nlp = merge(base, make_table(words, np.random.default_rng(0).normal(size=(len(words), WIDTH)), base))
    flat = flat_table(nlp, nlp.get_pipe("domain_vectors"))
    write_model2vec(flat, tmp_path / "model", nlp)
    model = model2vec.StaticModel.from_pretrained(tmp_path / "model")
    text = "Bank (Karte), 10 Bank."
    expected = nlp.make_doc(text)._.dvec
    assert model.encode(text) @ expected / np.linalg.norm(expected) == pytest.approx(1, abs=1e-5)


def test_a_pattern_is_translated():
    assert _pattern("(?u)\\u0041(?P<a>b)") == "A(?<a>b)" and _pattern("(?iu)ab") == "(?i:ab)" and _pattern(None) == ""
