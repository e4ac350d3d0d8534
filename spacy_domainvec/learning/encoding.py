"""A sentence encoder as the teacher of word vectors: settings, and encoding in parts that are kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
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
from .encoder_files import CARD, MODULES, checksum, is_exported, read_card, read_modules, weights_of
from .ranges import Factor, SampleSize, Text

# Texts in a part: at most so many are encoded again after a stop.
PART = 1000
STAGE, EXTRA = "fitting rows to a teacher", "teacher"
VECTORS = "vectors.npy"
# A sum of squares of larger values may overflow, and those of encoders are around one.
LARGEST = 1e6
LEAST_WIDTH = 2
NO_MODULES = "there is no modules.json, so it is no sentence encoder, or it was not found, or the network is down"


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
        path = Path(self.name)
        return path.resolve().name if path.is_dir() else self.name


@registry.misc("spacy_domainvec.SentenceEncoder.v1")
@checked
def sentence_encoder(name: Text, n_sentences: SampleSize = 20000, ridge: Factor = 10.0) -> Teacher:
    """Fit rows to what a sentence encoder makes of the corpus's sentences.

    The arguments are those of `Teacher`.
    RAISES: DomainVectorsError (DV045).
    """
    return Teacher(name, n_sentences, ridge)


class Encoder(Protocol):
    """What encodes texts.

    revision: To be shown: the commit of a model from huggingface.co, or else its checksum.
    checksum: Of its weights. Encoders with the same one are the same, wherever they are.
    licence: As its model card names it; None if it does not.
    languages: As its model card names them, such as "en" or "multilingual"; none if it does not.
    """

    @property
    def revision(self) -> str:
        """See above."""

    @property
    def checksum(self) -> str:
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
    revision: str
    checksum: str
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

    # Each call may be a request to the hub.
    @cache
    def find(file: str) -> str | None:
        found: str | None = files.load_file_path(name, file)
        return found

    try:
        listed = find(MODULES)
        if not listed:
            raise _unusable(name, NO_MODULES)
        modules = read_modules(find)
        weights = weights_of(find, modules)
        how = {"backend": "onnx"} if is_exported(find, modules) else {"model_kwargs": {"use_safetensors": True}}
        model = library.SentenceTransformer(name, **how)
        card, commit = read_card(find(CARD)), _commit(model)
        # Lists of modules are much the same for all models.
        made_of = checksum(weights) if weights else commit or checksum([listed])
        return SentenceTransformerEncoder(model, n_threads, commit or made_of, made_of, card.licence, card.languages)
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
    RAISES: DomainVectorsError (DV098) for encodings that can't be used; see also `Jobs.run`.
    """
    parts = [list(texts[start : start + PART]) for start in range(0, len(texts), PART)]
    made_by = [teacher.name, encoder.checksum]
    tasks = [Task(name_of("encoded", *made_by, part), (encoder, teacher.name, part)) for part in parts]
    found = []
    # In this process: the encoder itself uses all cores.
    for folder in replace(jobs, n_jobs=1).run(_write_part, tasks, progress, description):
        with (folder / VECTORS).open("rb") as file:
            found.append(read_array(file, ["<f4"], 2))
    widths = sorted({part.shape[1] for part in found})
    if len(widths) > 1:
        raise _unusable(teacher.name, f"some texts are encoded as {widths[0]} numbers, and some as {widths[-1]}")
    return np.vstack(found)


def _write_part(folder: Path, encoder: Encoder, name: str, texts: list[str]) -> None:
    try:
        vectors = np.asarray(encoder.encode(texts), dtype="f")
    except Exception as e:
        raise _unusable(name, f"encoding failed: {' '.join(str(e).split())[:200]}") from None
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise _unusable(name, f"{len(texts)} texts are encoded as an array of the shape {vectors.shape}")
    if vectors.shape[1] < LEAST_WIDTH:
        raise _unusable(name, f"a text is encoded as {vectors.shape[1]} numbers, and {LEAST_WIDTH} are the least")
    broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(broken):
        text = texts[broken[0]][:60]
        raise _unusable(name, f"the encoding of {text!r} holds numbers that are not finite")
    large = np.flatnonzero((np.abs(vectors) > LARGEST).any(axis=1))
    if len(large):
        text = texts[large[0]][:60]
        raise _unusable(name, f"the encoding of {text!r} holds numbers beyond {LARGEST:,.0f}")
    write_array(folder / VECTORS, vectors, "<f4")


def _commit(model: Any) -> str | None:
    """The commit of a model from huggingface.co; None for a folder."""
    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    commit: str | None = getattr(config, "_commit_hash", None)
    return commit


def _unusable(name: str, why: str) -> DomainVectorsError:
    return DomainVectorsError(Errors.DV098.format(name=name, why=why))
