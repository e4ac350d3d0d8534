"""Models of model2vec in the place of vectors: beside the vectors of a base, and for a base that has none."""

import sys

import numpy as np
import pytest
import spacy
from conftest import ALL_WORDS, TOPICS, make_base

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build.run import open_table
from spacy_domainvec.exchange.read import read_foreign
from spacy_domainvec.exchange.recognize import is_static
from spacy_domainvec.pipeline.loading import merge

WIDTH = 6
PIECES = ["[UNK]", "bank", "fruit", "##s", "##y", "the", ",", "fee", "card", "loan", "rate", "cash", "debt", "pin"]
ROWS = np.random.default_rng(0).normal(size=(len(PIECES), WIDTH)).astype("f")
ROWS[0] = 0


def save(folder, rows=ROWS, **settings):
    model2vec = pytest.importorskip("model2vec")
    tokenizers = pytest.importorskip("tokenizers")
    vocabulary = {piece: i for i, piece in enumerate(PIECES)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    model2vec.StaticModel(rows, tokenizer, **settings).save_pretrained(folder)
    return str(folder)


@pytest.mark.slow
def test_a_word_has_the_mean_of_its_pieces(tmp_path):
    found, left_out = read_foreign(save(tmp_path / "m"), ["banks", "fruity", "the", "xyz"])
    assert found.words == ["banks", "fruity", "the"] and "1 of zeros (row 4 'xyz')" in str(left_out)
    expected = [ROWS[[1, 3]].mean(0), ROWS[[2, 4]].mean(0), ROWS[5]]
    assert np.allclose(found.vectors[found.rows], expected, atol=1e-6)


@pytest.mark.slow
def test_pieces_have_their_weights_and_no_length_is_lost(tmp_path):
    weights = np.arange(1, len(PIECES) + 1, dtype="f")
    try:
        path = save(tmp_path / "m", weights=weights, normalize=True)
    except TypeError:
        pytest.skip("this model2vec has no weights")
    found, _ = read_foreign(path, ["banks"])
    assert np.allclose(found.vectors[found.rows[0]], (2 * ROWS[1] + 4 * ROWS[3]) / 2, atol=1e-5)


@pytest.mark.slow
def test_without_words_it_answers_for_those_of_its_vocabulary(tmp_path):
    found, _ = read_foreign(save(tmp_path / "m"))
    words = {piece for piece in PIECES if piece.isalpha()}
    assert set(found.words) == words and len(found.words) == len(words)


@pytest.mark.slow
def test_a_row_that_is_none_costs_its_words(tmp_path):
    rows = ROWS.copy()
    rows[3] = np.nan
    found, left_out = read_foreign(save(tmp_path / "m", rows), ["bank", "banks", "fruit", "fruits"])
    assert found.words == ["bank", "fruit"] and "2 with NaN" in str(left_out)


@pytest.mark.slow
def test_it_is_the_vectors_of_a_pipeline_that_has_none(tmp_path):
    spacy.blank("en").to_disk(tmp_path / "blank")
    table = open_table(save(tmp_path / "m"), str(tmp_path / "blank"), overrides={"storage.subwords": None})
    nlp = merge(spacy.load(tmp_path / "blank"), table)
    assert nlp("Bank")[0]._.dvec_source == "domain" and nlp("fee")._.dvec.shape == (WIDTH,)


@pytest.mark.slow
def test_it_is_combined_with_a_base(tmp_path):
    tokenizers, model2vec = pytest.importorskip("tokenizers"), pytest.importorskip("model2vec")
    base = make_base(width=8)
    base.to_disk(tmp_path / "base")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({word: i for i, word in enumerate(ALL_WORDS)}))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    turned = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))[0]
    rows = np.array([base.vocab[word].vector for word in ALL_WORDS]) @ turned
    model2vec.StaticModel(rows.astype("f"), tokenizer).save_pretrained(tmp_path / "m")
    table = open_table(str(tmp_path / "m"), str(tmp_path / "base"), overrides={"storage.subwords": None})
    assert table.meta["alignment"]["vectors"]["held_out_cosine"] > 0.9
    nlp = merge(base, table)
    near, far = TOPICS["bank"][:2], TOPICS["fruit"][0]
    component = nlp.get_pipe("domain_vectors")
    a, b, c = (component.vector(word) for word in (*near, far))
    assert a @ b > a @ c


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut", "no header", "tokenizer", "other tensors"])
def test_a_damaged_folder_is_told(damage, tmp_path):
    path = tmp_path / "m"
    save(path)
    if damage == "tokenizer":
        (path / "tokenizer.json").write_text('{"model": 3')
    elif damage == "other tensors":
        pytest.importorskip("safetensors.numpy").save_file({"a": ROWS}, path / "model.safetensors")
    else:
        data = (path / "model.safetensors").read_bytes()
        (path / "model.safetensors").write_bytes(data[: 5 if damage == "no header" else -20])
    with pytest.raises(DomainVectorsError, match=r"DV071.*m' can't be read.*damaged"):
        read_foreign(str(path), ["bank"])


def test_a_folder_that_is_no_model_is_told(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(DomainVectorsError, match="DV071.*a folder without a pipeline"):
        read_foreign(str(tmp_path))


def test_a_sentence_encoder_has_no_words(tmp_path):
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        (tmp_path / name).touch()
    (tmp_path / "1_Pooling").mkdir()
    with pytest.raises(DomainVectorsError, match="DV071.*a sentence encoder"):
        read_foreign(str(tmp_path))


@pytest.mark.parametrize("config", ['{"architectures": ["BertModel"]}', '{"architectures": ["BertForMaskedLM"]}'])
def test_a_model_of_transformers_has_no_words(tmp_path, config):
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).touch()
    (tmp_path / "config.json").write_text(config)
    for call in (lambda: read_foreign(str(tmp_path)), lambda: open_table(str(tmp_path), "no_base")):
        with pytest.raises(DomainVectorsError, match="DV071.*a model of transformers"):
            call()


@pytest.mark.parametrize("config", ["", "[1]", '{"architectures": 3}', "{}", '{"architectures": ["StaticModel"]}'])
def test_a_folder_with_the_parts_of_model2vec_is_one(tmp_path, config):
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).touch()
    (tmp_path / "config.json").write_text(config)
    assert is_static(tmp_path)


@pytest.mark.parametrize("name", ["glove.txt", "wiki.vec", "v.BIN", "v.txt.gz", "v.zip", "v.npz", "v.safetensors"])
def test_a_path_that_is_mistyped_is_no_name(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "model2vec", None)
    with pytest.raises(DomainVectorsError, match=f"DV030.*vectors/{name}"):
        read_foreign(f"vectors/{name}")
    with pytest.raises(DomainVectorsError, match=f"DV020.*vectors/{name}.*no such folder, file or package"):
        open_table(f"vectors/{name}", "no_base")


@pytest.mark.slow
def test_a_name_that_can_not_be_fetched_is_told(tmp_path, monkeypatch):
    model2vec = pytest.importorskip("model2vec")

    def from_pretrained(path):
        raise OSError("no network")

    monkeypatch.setattr(model2vec.StaticModel, "from_pretrained", from_pretrained)
    for call in (lambda: read_foreign("minishlab/none"), lambda: open_table("minishlab/none", "no_base")):
        with pytest.raises(DomainVectorsError, match="DV096.*'minishlab/none'.*OSError: no network|DV062"):
            call()
    # A path into a folder that is there is a path, and no name.
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DomainVectorsError, match="DV030"):
        read_foreign("folder/vectors.bin")


def test_a_missing_extra_is_named_with_the_model(monkeypatch):
    monkeypatch.setitem(sys.modules, "model2vec", None)
    with pytest.raises(DomainVectorsError, match=r"DV066.*minishlab/none.*spacy-domainvec\[static\]"):
        read_foreign("minishlab/none")
