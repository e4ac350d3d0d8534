"""A sentence encoder as the teacher of word vectors: settings, and encoding in parts that are kept."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from spacy.util import registry

from ..errors import DomainVectorsError, Errors
from ..files.npy import read_array, write_array
from ..util.checking import checked
from ..util.extras import import_extra
from ..util.jobs import Jobs, Task, name_of
from ..util.progress import Progress
from .ranges import Factor, SampleSize, Text

# Texts in a part: at most so many are encoded again after a stop.
PART = 1000
STAGE, EXTRA = "fitting rows to a teacher", "teacher"
VECTORS = "vectors.npy"
# Large models have several files of weights, and an index of them.
WEIGHTS, INDEX, ONNX = "model.safetensors", "model.safetensors.index.json", "onnx/model.onnx"
# In the front matter of a model card, a value or a list, in one line or in several.
LANGUAGES = re.compile(r"^language: *(.*(?:\n *- .*)*)", re.MULTILINE)
LICENCE = re.compile(r"^licen[sc]e: *['\"]?([\w.+-]+)", re.MULTILINE)


@dataclass(frozen=True)
class Teacher:
    """A sentence encoder to fit rows to.

    name: The folder of a sentence-transformers model, or its name on huggingface.co.
    n_sentences: How many sentences of the corpus are encoded, at most.
    ridge: How many sentences a word needs until they count as much as its encoding alone, about.
    """

    name: str
    n_sentences: int
    ridge: float

    @property
    def shown(self) -> str:
        """Its name in a table: of a folder only the last part, as the path may be confidential."""
        return Path(self.name).name if Path(self.name).is_dir() else self.name


@registry.misc("spacy_domainvec.SentenceEncoder.v1")
@checked
def sentence_encoder(name: Text, n_sentences: SampleSize = 20000, ridge: Factor = 30.0) -> Teacher:
    """Fit rows to what a sentence encoder makes of the corpus's sentences.

    The arguments are those of `Teacher`.
    RAISES: DomainVectorsError (DV045).
    """
    return Teacher(name, n_sentences, ridge)


class Encoder(Protocol):
    """What encodes texts.

    revision: The commit of a model from huggingface.co, or a checksum of its weights; None if unknown.
    licence: As its model card names it; None if it does not.
    languages: As its model card names them, such as "en" or "multilingual"; none if it does not.
    """

    @property
    def revision(self) -> str | None:
        """See above."""

    @property
    def licence(self) -> str | None:
        """See above."""

    @property
    def languages(self) -> tuple[str, ...]:
        """See above."""

    def encode(self, texts: list[str]) -> np.ndarray:
        """The encodings of texts, shape (n_texts, width), float32."""


@dataclass(frozen=True, eq=False)
class SentenceTransformerEncoder:
    """An encoder that sentence-transformers runs."""

    model: Any
    n_threads: int
    revision: str | None
    licence: str | None
    languages: tuple[str, ...]

    def encode(self, texts: list[str]) -> np.ndarray:
        """The encodings of texts, shape (n_texts, width), float32."""
        # The rest of a training limits the threads of all libraries.
        import_extra("torch", STAGE, EXTRA).set_num_threads(self.n_threads)
        return np.asarray(self.model.encode(texts, show_progress_bar=False), dtype="f")


def open_encoder(name: str) -> Encoder:
    """Open a sentence-transformers model.

    No pickled weights are read, and no code that comes with it is run. A model whose only weights are
    those of ONNX is run by the ONNX backend, which sentence-transformers[onnx] installs.

    name: A folder, or a name on huggingface.co.
    RAISES: DomainVectorsError (DV066, DV098).
    """
    library = import_extra("sentence_transformers", STAGE, EXTRA)
    files = import_extra("sentence_transformers.util", STAGE, EXTRA)
    logging = import_extra("transformers.utils.logging", STAGE, EXTRA)
    # Its bars and reports would stand between ours.
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    n_threads = import_extra("torch", STAGE, EXTRA).get_num_threads()
    try:
        if not files.load_file_path(name, "modules.json"):
            why = "there is no modules.json, so it is no sentence encoder, or it was not found"
            raise _unusable(name, why)
        weights = files.load_file_path(name, WEIGHTS)
        exported = None
        if weights is None and files.load_file_path(name, INDEX) is None:
            exported = files.load_file_path(name, ONNX)
        how = {"backend": "onnx"} if exported else {"model_kwargs": {"use_safetensors": True}}
        model = library.SentenceTransformer(name, **how)
        card = files.load_file_path(name, "README.md")
        text = Path(card).read_text(encoding="utf8", errors="replace") if card else ""
        found, languages = LICENCE.search(text), LANGUAGES.search(text)
        named = tuple(re.findall(r"\w[\w-]+", languages[1])) if languages else ()
        revision, licence = _revision(model, weights or exported), found and found[1]
        return SentenceTransformerEncoder(model, n_threads, revision, licence, named)
    except DomainVectorsError:
        raise
    except Exception as e:
        # Each library below raises errors of its own for the network, missing files and broken ones.
        raise _unusable(name, " ".join(str(e).split())[:200] or type(e).__name__) from None


def encoded(
    teacher: Teacher, encoder: Encoder, texts: Sequence[str], jobs: Jobs, progress: Progress, description: str
) -> np.ndarray:
    """Encode texts in parts, which are kept in the folder of the jobs, so that a stopped run goes on.

    encoder: The teacher's, opened.
    RETURNS: Shape (n_texts, width), float32.
    RAISES: DomainVectorsError (DV098) for encodings that are no finite numbers; see also `Jobs.run`.
    """
    parts = [list(texts[start : start + PART]) for start in range(0, len(texts), PART)]
    made_by = [teacher.name, encoder.revision]
    tasks = [Task(name_of("encoded", *made_by, part), (encoder, teacher.name, part)) for part in parts]
    found = []
    # In this process: the encoder itself uses all cores.
    for folder in replace(jobs, n_jobs=1).run(_write_part, tasks, progress, description):
        with (folder / VECTORS).open("rb") as file:
            found.append(read_array(file, ["<f4"], 2))
    return np.vstack(found)


def _write_part(folder: Path, encoder: Encoder, name: str, texts: list[str]) -> None:
    try:
        vectors = np.asarray(encoder.encode(texts), dtype="f")
    except Exception as e:
        raise _unusable(name, f"encoding failed: {' '.join(str(e).split())[:200]}") from None
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise _unusable(name, f"{len(texts)} texts are encoded as an array of the shape {vectors.shape}")
    broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(broken):
        text = texts[broken[0]][:60]
        raise _unusable(name, f"the encoding of {text!r} holds numbers that are not finite")
    write_array(folder / VECTORS, vectors, "<f4")


def _revision(model: Any, weights: str | None) -> str | None:
    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    commit = getattr(config, "_commit_hash", None)
    return commit or (_checksum(weights) if weights else None)


def _checksum(path: str) -> str:
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return f"sha256:{digest.hexdigest()[:16]}"


def _unusable(name: str, why: str) -> DomainVectorsError:
    return DomainVectorsError(Errors.DV098.format(name=name, why=why))
