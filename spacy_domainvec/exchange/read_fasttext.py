"""Reading the .bin of fastText: no more than the rows that the wanted words are made of."""

import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from ..files.replacing import temporary_directory
from ..util.compat import fasttext_hashes
from .given_rows import Collector, LeftOut, name_of
from .unpacked import Opened

# Magic number and version; dim, ws, epoch, min_count, neg, word_ngrams, loss, model, bucket, minn, maxn,
# lr, t; the numbers of words, of words without labels, of labels, of tokens and of pruned rows.
HEADER = struct.Struct("<2i12id3i2q")
COUNT = struct.Struct("<qb")
MATRIX = struct.Struct("<?2q")
NEWEST = 12
MOST_WORD, MOST_WIDTH, MOST_NGRAM = 2**16, 2**20, 64
CHUNK = 2**20
QUANTIZED = "it is a quantized model of fastText (.ftz): give the .bin that it was made from"


@dataclass(frozen=True)
class Model:
    """What a file of fastText says of itself.

    width: The number of values in a row.
    n_words, n_buckets: The numbers of rows: of words first, then of n-grams by their hashes.
    min_n, max_n: The lengths of n-grams, in characters.
    start: Where the rows begin, in bytes.
    """

    width: int
    n_words: int
    n_buckets: int
    min_n: int
    max_n: int
    start: int


def read_fasttext(
    opened: Opened, file: Path, most: int | None, occurs: Callable[[str], bool] | None = None
) -> tuple[Collector, LeftOut]:
    """Read words of a model. A word's vector is the mean of its own row and its n-grams' rows.

    opened: The model, unpacked.
    file: The path of the file.
    most, occurs: See `read.read_foreign`.
    RAISES: ValueError, which says what is wrong; DomainVectorsError (DV066).
    """
    hashes = fasttext_hashes("reading fastText's .bin")
    with temporary_directory() as folder:
        path = file
        if opened.is_packed:
            path = folder / "vectors.bin"
            with path.open("wb") as copy:
                shutil.copyfileobj(opened.file, copy, 2**20)
        with path.open("rb") as data:
            model = _checked(data, path.stat().st_size)
            data.seek(HEADER.size)
            return _taken(data, model, hashes, path, most, occurs)


def _taken(
    data: IO[bytes],
    model: Model,
    hashes: Callable[[str, int, int, int], list[int]],
    path: Path,
    most: int | None,
    occurs: Callable[[str], bool] | None,
) -> tuple[Collector, LeftOut]:
    """The wanted words. data: The file, where the words begin."""
    left_out = LeftOut()
    taken = Collector(left_out, model.width, most, occurs)
    shape = (model.n_words + model.n_buckets, model.width)
    # Mapped, so that only the rows that are used are read.
    rows = np.memmap(path, dtype="<f4", mode="r", offset=model.start, shape=shape)
    for i, word in enumerate(_words(data, model.n_words)):
        taken.n_rows += 1
        if taken.needs(word):
            text, reason = name_of(word)
            used = [i]
            if reason is None and model.n_buckets:
                buckets = hashes(text, model.min_n, model.max_n, model.n_buckets)
                used += [model.n_words + bucket for bucket in buckets]
            # A sum that is too large for float32 is left out afterwards.
            with np.errstate(all="ignore"):
                taken.add(i + 1, word, rows[used].mean(axis=0))
    return taken, left_out


def _checked(model: IO[bytes], size: int) -> Model:
    """Check the announced numbers against the size of the file. RAISES: ValueError."""
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
    n_bytes = HEADER.size + sum(len(word) + 1 + COUNT.size for word in _words(model, n_words))
    model.seek(n_bytes)
    is_quantized, n_rows, n_columns = MATRIX.unpack(model.read(MATRIX.size).ljust(MATRIX.size, b"\0"))
    if is_quantized:
        raise ValueError(QUANTIZED)
    is_announced = n_columns == width and n_rows == n_words + n_buckets
    if not is_announced or model.tell() + 4 * n_rows * width > size:
        matrix = f"its matrix of {n_rows} rows of {n_columns}"
        raise ValueError(f"{matrix} does not fit its header or its size")
    return Model(width, n_words, n_buckets, min_n, max_n, model.tell())


def _words(model: IO[bytes], n_words: int) -> Iterator[bytes]:
    """The words of a model, from where they begin. RAISES: ValueError if they are damaged."""
    data, start = b"", 0
    for number in range(1, n_words + 1):
        if len(data) - start < MOST_WORD:
            data, start = data[start:] + model.read(CHUNK), 0
        end = data.find(b"\0", start, start + MOST_WORD)
        if end < 0 or end + 1 + COUNT.size > len(data):
            raise ValueError(f"it is cut off, or damaged, in word {number} of {n_words}")
        count, _ = COUNT.unpack_from(data, end + 1)
        if count < 1:
            raise ValueError(f"word {number} occurs {count} times")
        yield data[start:end]
        start = end + 1 + COUNT.size
