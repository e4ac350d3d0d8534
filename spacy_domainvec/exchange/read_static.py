"""Reading tables of arrays: models of model2vec, and .npz and safetensors files as from `export`."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import numpy as np

from ..errors import DomainVectorsError, Errors
from ..util.extras import import_extra
from .given_rows import ForeignVectors, LeftOut, of_array
from .recognize import is_static
from .unpacked import MOST_TIMES, Opened, most_bytes, no_vectors

# The name of a model on a hub: an owner, and a name.
MODEL_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
# What ends so is meant as the path of a file.
ENDINGS = (".txt", ".vec", ".bin", ".npz", ".safetensors", ".gz", ".zip", ".xz", ".bz2", ".zst")
# Marks of tokenizers before or after a piece: a word begins there, or goes on.
BEGINS, GOES_ON = ("\u2581", "\u0120"), "##"
MOST_SHOWN = 300


def is_model_name(path: str) -> bool:
    """Whether a path that leads nowhere may name a model: it is like no file, and its owner is no folder here."""
    is_name = MODEL_NAME.fullmatch(path) is not None and not path.lower().endswith(ENDINGS)
    return is_name and not Path(path).parent.exists()


def read_static(path: str, asked: Sequence[str]) -> tuple[ForeignVectors, LeftOut]:
    """Read the vectors of words from a folder of model2vec, or from a model by name.

    A word's vector is the mean of its pieces' rows, with their weights.

    asked: The words. If there are none, they are those in the model's own vocabulary.
    RAISES: DomainVectorsError (DV066, DV071 for a damaged folder, DV096 for a name that can't be
        fetched).
    """
    model = _opened(path)
    words = [word for word in asked if word.strip()] or _words_of(model)
    model.normalize = False
    with np.errstate(all="ignore"):
        rows = np.asarray(model.encode(words, use_multiprocessing=False), dtype="f")
    left_out = LeftOut()
    return of_array(words, np.arange(len(words)), rows.reshape(len(words), -1), left_out), left_out


def read_npz(file: Path) -> tuple[ForeignVectors, LeftOut]:
    """Read the arrays words and vectors, and rows if words share them.

    RAISES: ValueError, KeyError or zipfile's.
    """
    with ZipFile(file) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > most_bytes(file):
            raise ValueError(f"unpacked, it is more than {MOST_TIMES} times as large")
        # NumPy would allocate memory for any size that a header announces.
        for member in members:
            with archive.open(member) as stored:
                _check_size(member.filename, stored, member.file_size)
    with np.load(file, allow_pickle=False) as parts:
        if missing := {"words", "vectors"} - set(parts):
            there, lacking = ", ".join(parts), ", ".join(sorted(missing))
            raise ValueError(f"it has the arrays {there}, and lacks {lacking}")
        names, vectors = parts["words"], parts["vectors"]
        rows = parts["rows"] if "rows" in parts else np.arange(len(names))
    if names.ndim != 1 or names.dtype.kind not in "US":
        raise ValueError(f"its words are {names.dtype} of shape {names.shape}, and not a list of texts")
    return _of_arrays([_text(word) for word in names.tolist()], rows, vectors)


def read_safetensors(opened: Opened, file: Path) -> tuple[ForeignVectors, LeftOut]:
    """Read the arrays vectors and rows, and the words in the metadata.

    opened: The file, unpacked.
    RAISES: ValueError, which says what is wrong; DomainVectorsError (DV066).
    """
    safetensors = import_extra("safetensors", "reading safetensors", "static")
    if opened.is_packed:
        raise ValueError("it is a packed file of safetensors: unpack it first")
    try:
        with safetensors.safe_open(file, framework="numpy") as parts:
            words = json.loads(parts.metadata()["words"])
            rows, vectors = parts.get_tensor("rows"), parts.get_tensor("vectors")
    except (safetensors.SafetensorError, RecursionError) as e:
        raise ValueError(e) from None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError("its words are no list of texts")
    return _of_arrays(words, rows, vectors)


def _opened(path: str) -> Any:
    model2vec = import_extra("model2vec", f"reading the model '{path}'", "static")
    is_folder = is_static(Path(path))
    try:
        return model2vec.StaticModel.from_pretrained(path)
    except Exception as e:  # each of the packages that it uses has its own errors
        why = " ".join(f"{type(e).__name__}: {e}".split())[:MOST_SHOWN]
        if is_folder:
            raise no_vectors(path, f"the folder of model2vec is damaged ({why})") from None
        raise DomainVectorsError(Errors.DV096.format(path=path, why=why)) from None


def _words_of(model: Any) -> list[str]:
    """The entries of a vocabulary that are whole words."""
    tokens = [token for token in model.tokens if not token.startswith(GOES_ON)]
    if any(token.startswith(BEGINS) for token in tokens):
        tokens = [token[1:] for token in tokens if token.startswith(BEGINS)]
    words = [token for token in tokens if any(map(str.isalnum, token))]
    words = [word for word in words if not re.fullmatch(r"[\[<].*[\]>]", word)]
    return list(dict.fromkeys(words))


def _of_arrays(words: list[str], rows: np.ndarray, vectors: np.ndarray) -> tuple[ForeignVectors, LeftOut]:
    """RAISES: ValueError if the arrays are of other kinds, or don't fit together."""
    is_matrix = vectors.ndim == 2 and vectors.dtype.kind in "fiu"
    if not is_matrix or rows.ndim != 1 or rows.dtype.kind not in "iu":
        of_vectors = f"its vectors are {vectors.dtype} of shape {vectors.shape}"
        raise ValueError(f"{of_vectors}, its rows {rows.dtype}")
    if len(rows) != len(words) or (len(rows) and not 0 <= rows.min() <= rows.max() < len(vectors)):
        shapes = f"{len(words)} words, {len(rows)} rows and vectors of shape {vectors.shape}"
        raise ValueError(f"{shapes} don't fit together")
    left_out = LeftOut()
    return of_array(words, rows.astype("i8"), vectors, left_out), left_out


def _check_size(name: str, stored: IO[bytes], size: int) -> None:
    formats = np.lib.format
    is_first = formats.read_magic(stored) == (1, 0)
    read_header = formats.read_array_header_1_0 if is_first else formats.read_array_header_2_0
    shape, _, dtype = read_header(stored)
    n_bytes = dtype.itemsize
    for n in shape:
        n_bytes *= n
    if dtype.hasobject or n_bytes > size:
        why = "objects" if dtype.hasobject else f"{n_bytes:,} bytes in {size:,}"
        raise ValueError(f"its array {name} announces {why}")


def _text(word: bytes | str) -> str:
    return word.decode("utf8", "surrogateescape") if isinstance(word, bytes) else word
