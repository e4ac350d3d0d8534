"""Reading models of model2vec: a word's vector is the mean of its pieces' rows, with their weights."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DomainVectorsError, Errors
from ..util.extras import import_extra
from .given_rows import ForeignVectors, LeftOut, of_array
from .recognize import is_static
from .unpacked import no_vectors

# The name of a model on a hub: an owner, and a name.
MODEL_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
# Marks of tokenizers before or after a piece: a word begins there, or goes on.
BEGINS, GOES_ON = ("\u2581", "\u0120"), "##"
MOST_SHOWN = 300


def is_model_name(path: str) -> bool:
    """Whether a path that leads nowhere may be the name of a model: an owner that is no folder here, and a name."""
    return MODEL_NAME.fullmatch(path) is not None and not Path(path).parent.exists()


def read_static(path: str, asked: Sequence[str]) -> tuple[ForeignVectors, LeftOut]:
    """Read the vectors of words from a folder of model2vec, or from a model by name.

    asked: The words. If there are none, they are those in the model's own vocabulary.
    RAISES: DomainVectorsError (DV066, DV071 for a damaged folder, DV096 for a name that can't be fetched).
    """
    model = _opened(path)
    words = [word for word in asked if word.strip()] or _words_of(model)
    model.normalize = False
    with np.errstate(all="ignore"):
        rows = np.asarray(model.encode(words, use_multiprocessing=False), dtype="f")
    left_out = LeftOut()
    return of_array(words, np.arange(len(words)), rows.reshape(len(words), -1), left_out), left_out


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
    words = [token for token in tokens if any(map(str.isalnum, token)) and not re.fullmatch(r"[\[<].*[\]>]", token)]
    return list(dict.fromkeys(words))
