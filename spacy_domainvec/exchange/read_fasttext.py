"""Reading the .bin of fastText with gensim. Numbers that gensim does not check are checked first."""

import logging
import shutil
import struct
from pathlib import Path
from typing import IO

import numpy as np

from ..files.replacing import temporary_directory
from ..util.extras import import_extra
from .given_rows import NOT_UTF8, ForeignVectors, LeftOut, name_of, of_array
from .unpacked import Opened

# Magic number and version; dim, ws, epoch, min_count, neg, word_ngrams, loss, model, bucket, minn, maxn,
# lr, t; the numbers of words, of words without labels, of labels, of tokens and of pruned rows.
HEADER = struct.Struct("<2i12id3i2q")
COUNT = struct.Struct("<qb")
MATRIX = struct.Struct("<?2q")
NEWEST = 12
MOST_WORD, MOST_WIDTH, MOST_NGRAM = 2**16, 2**20, 64
CHUNK = 2**20
HALF_CHARACTER = "\ud800"
QUANTIZED = "it is a quantized model of fastText (.ftz): give the .bin that it was made from"


def read_fasttext(opened: Opened, file: Path) -> tuple[ForeignVectors, LeftOut]:
    """Read the words of a model. A word's vector is the mean of its own row and its n-grams' rows.

    opened: The model, unpacked.
    file: The path of the file.
    RAISES: ValueError, which says what is wrong; DomainVectorsError (DV066).
    """
    models = import_extra("gensim.models.fasttext", "reading fastText's .bin")
    with temporary_directory() as folder:
        # gensim judges a file by its name, such as .gz.
        path = folder / "vectors.bin"
        if opened.is_packed:
            with path.open("wb") as copy:
                shutil.copyfileobj(opened.file, copy, 2**20)
        else:
            path.symlink_to(file.absolute())
        with path.open("rb") as model:
            strange = _check(model, path.stat().st_size)
        quiet = logging.getLogger("gensim")
        level = quiet.level
        quiet.setLevel(logging.CRITICAL)
        try:
            # Rows that overflow are left out afterwards.
            with np.errstate(all="ignore"):
                found = models.load_facebook_vectors(str(path))
        finally:
            quiet.setLevel(level)
    # gensim writes bytes that are not UTF-8 as escapes.
    words = [HALF_CHARACTER if word in strange else word for word in found.index_to_key]
    left_out = LeftOut()
    return of_array(words, np.arange(len(words)), np.asarray(found.vectors), left_out), left_out


def _check(model: IO[bytes], size: int) -> set[str]:
    """Check the announced numbers against the size of the file.

    gensim would go on reading at the end of the file for ever.

    RETURNS: The words that are not UTF-8, with escapes as in gensim.
    """
    header = model.read(HEADER.size)
    if len(header) < HEADER.size:
        raise ValueError("it is cut off in its header")
    _, version, width, *_, n_buckets, min_n, max_n, _, _ = HEADER.unpack(header)[:15]
    n_words, n_named, n_labels, _, n_pruned = HEADER.unpack(header)[15:]
    if n_labels > 0:
        raise ValueError("it is a classifier of fastText, which has no vectors of words by themselves")
    if n_pruned > 0:
        raise ValueError(QUANTIZED)
    sizes = (0 < width <= MOST_WIDTH, n_words == n_named, 0 <= n_words <= size, 0 <= n_buckets <= size)
    if version > NEWEST or not all(sizes) or not 0 <= min_n <= max_n <= MOST_NGRAM:
        raise ValueError("its header has numbers that no model has")
    strange = _check_words(model, n_words)
    is_quantized, n_rows, n_columns = MATRIX.unpack(model.read(MATRIX.size).ljust(MATRIX.size, b"\0"))
    if is_quantized:
        raise ValueError(QUANTIZED)
    is_announced = n_columns == width and n_rows == n_words + n_buckets
    if not is_announced or model.tell() + 4 * n_rows * width > size:
        matrix = f"its matrix of {n_rows} rows of {n_columns}"
        raise ValueError(f"{matrix} does not fit its header or its size")
    return strange


def _check_words(model: IO[bytes], n_words: int) -> set[str]:
    strange, data, start = set(), b"", 0
    for number in range(1, n_words + 1):
        if len(data) - start < MOST_WORD:
            data, start = data[start:] + model.read(CHUNK), 0
        end = data.find(b"\0", start, start + MOST_WORD)
        if end < 0 or end + 1 + COUNT.size > len(data):
            raise ValueError(f"it is cut off, or damaged, in word {number} of {n_words}")
        word, (count, _) = data[start:end], COUNT.unpack_from(data, end + 1)
        if count < 1:
            raise ValueError(f"word {number} occurs {count} times")
        if name_of(word)[1] == NOT_UTF8:
            strange.add(word.decode("utf8", "backslashreplace"))
        start = end + 1 + COUNT.size
    model.seek(start - len(data), 1)
    return strange
