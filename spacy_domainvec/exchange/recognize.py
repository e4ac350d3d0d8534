"""Recognizing the format of vectors by the content of a file or folder, never by its name."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ..errors import DomainVectorsError, Errors
from .unpacked import HEAD, Opened, no_vectors

# The number of lines by which the width of a text is found.
LOOKED_AT = 50
FLORET_HEADER = 8
FASTTEXT = (793712314).to_bytes(4, "little")
# The words in the metadata of a safetensors file that `export` wrote.
WORDS_OF_EXPORT = b'"words":"['
# Control characters that texts do not have.
CONTROL = bytes([*range(9), *range(14, 32), 127])

GENSIM_CALL = 'gensim.models.{kind}.load({path!r}){wv}.save_word2vec_format("vectors.txt")'
SENSE2VEC_CALL = (
    "items = list(sense2vec.Sense2Vec().from_disk({path!r}).items()); "
    'numpy.savez("vectors.npz", words=[key for key, _ in items], vectors=[row for _, row in items])'
)
ARRAY_CALL = 'numpy.savez("vectors.npz", words=WORDS, vectors=ROWS), with the list of its words'
NUMPY_CALL = ARRAY_CALL.replace("ROWS", "numpy.load({path!r})")
UNPACK_CALL = "unpack it, and give one of its files"
# The first bytes of other binary files, the name of the format, and a call that makes a readable file.
BINARIES = (
    (b"\x93NUMPY", "a NumPy array without its words", NUMPY_CALL),
    (b"\x89HDF\r\n", "an HDF5 file", ARRAY_CALL),
    (b"PAR1", "a Parquet file", ARRAY_CALL),
    (b"ARROW1", "an Arrow file", ARRAY_CALL),
    (b"SQLite format 3", "an SQLite database", ARRAY_CALL),
    (b"version https://git-lfs", "a Git LFS pointer and not the file itself", "git lfs pull"),
    (b"\xff\xfe", "a text in UTF-16", "iconv -f UTF-16 -t UTF-8 {path!r} > vectors.txt"),
    (b"\xfe\xff", "a text in UTF-16", "iconv -f UTF-16 -t UTF-8 {path!r} > vectors.txt"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK_CALL),
    (b"Rar!", "a RAR archive", UNPACK_CALL),
)
# The first bytes of texts that are no vectors.
TEXTS = ((b"<", "an HTML or XML page"), (b"{", "JSON"), (b"[", "JSON"), (b"%PDF", "a PDF"))


STATIC_NAMES = ("model.safetensors", "tokenizer.json", "config.json")
# The architecture that model2vec writes into its config.
STATIC = "StaticModel"


class Kind(str, Enum):
    """The kinds of files that are read."""

    text = "text"
    binary = "binary"
    floret = "floret"
    fasttext = "fastText"
    npz = "npz"
    safetensors = "safetensors"


@dataclass(frozen=True)
class Layout:
    """The layout of a file.

    kind: The kind of file.
    width: The number of values in a row of a text or binary file.
    n_announced: The number of rows that the header announces; None without a header.
    header: The parts of the header of a floret table.
    """

    kind: Kind
    width: int = 0
    n_announced: int | None = None
    header: tuple[str, ...] = ()


def recognize(opened: Opened, path: Path) -> Layout:
    """Recognize the layout of a file.

    RAISES: DomainVectorsError (DV071 for a file without vectors, DV075 for one that must be
        converted first).
    """
    head = opened.head
    if opened.members:
        return _of_zip(opened, path)
    if not head.strip():
        raise no_vectors(path, "it is empty")
    if head.startswith(FASTTEXT):
        return Layout(Kind.fasttext)
    if _is_safetensors(head) and WORDS_OF_EXPORT in head:
        return Layout(Kind.safetensors)
    _refuse_others(head, path)
    first_lines = head[:HEAD].split(b"\n", LOOKED_AT + 1)[:LOOKED_AT]
    lines = [line.split() for line in first_lines if line.strip()]
    header = lines[0]
    if _is_floret(header):
        return Layout(Kind.floret, header=tuple(part.decode("utf8", "replace") for part in header))
    if len(header) == 2 and all(map(_is_count, header)):
        n_announced, width = int(header[0][:18]), int(header[1][:18])
        if not 0 < width <= HEAD // 4:
            raise no_vectors(path, f"its header announces rows of {width} values")
        is_text = any(len(line) > width and is_number(line[-1]) for line in lines[1:])
        behind_header = head[len(head.split(b"\n", 1)[0]) :]
        kind = Kind.text if is_text or not _is_binary(behind_header) else Kind.binary
        return Layout(kind, width, n_announced)
    if found := _width(lines):
        return Layout(Kind.text, found)
    raise no_vectors(path, _what_else(head))


def refuse_folder(path: Path) -> None:
    """RAISES: DomainVectorsError (DV071, DV075) for a folder of another tool, or a table of ours."""
    if _has(path, "key2row", "vectors", "cfg"):
        raise _unreadable(path, "a folder of sense2vec", SENSE2VEC_CALL)
    if _has(path, *STATIC_NAMES) and (path / "1_Pooling").is_dir():
        raise no_vectors(path, "it is a sentence encoder, which has no vectors of words")
    if _is_transformer(path):
        raise no_vectors(path, "it is a model of transformers, which has no vectors of words")
    if _has(path, "meta.json", "vectors.npy"):
        raise no_vectors(path, "it is a table that is made already: give it to 'domain-vectors merge'")


def is_static(path: Path) -> bool:
    """Whether a folder looks like one of model2vec."""
    folders = (path, path / "0_StaticEmbedding")
    has_parts = any(_has(folder, "model.safetensors", "tokenizer.json") for folder in folders)
    return has_parts and not (path / "1_Pooling").exists() and not _is_transformer(path)


def is_table(path: Path) -> bool:
    """Whether a folder looks like a table of ours."""
    return _has(path, "meta.json", "vectors.npy") and not _has(path, "config.cfg")


def _is_transformer(path: Path) -> bool:
    """Whether the config of a folder names another architecture than model2vec's."""
    try:
        config = json.loads((path / "config.json").read_text(encoding="utf8"))
        return not {STATIC, None} & {*(config.get("architectures") or [None])}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return False


def _of_zip(opened: Opened, path: Path) -> Layout:
    names = opened.members
    if all(name.endswith(".npy") for name in names):
        return Layout(Kind.npz)
    if any(name.endswith("data.pkl") for name in names):
        raise _unreadable(path, "a file of PyTorch, which is not opened as it can run code", ARRAY_CALL)
    raise _unreadable(path, f"a zip of {len(names)} files ({_shown(names)})", UNPACK_CALL)


def _refuse_others(head: bytes, path: Path) -> None:
    for magic, what, call in BINARIES:
        if head.startswith(magic):
            raise _unreadable(path, what, call)
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        raise _of_pickle(head, path)
    if _is_safetensors(head):
        raise _unreadable(path, "a file of safetensors without its words", ARRAY_CALL)
    if head[257:262] == b"ustar":
        raise _unreadable(path, "a tar archive", UNPACK_CALL)


def _of_pickle(head: bytes, path: Path) -> DomainVectorsError:
    start = head[:500]
    if b"gensim" not in start:
        return _unreadable(path, "a pickle, which is not opened as it can run code", ARRAY_CALL)
    kinds = ("Doc2Vec", "Word2Vec", "FastTextKeyedVectors", "FastText", "KeyedVectors")
    kind = next((kind for kind in kinds if kind.encode() in start), "KeyedVectors")
    kind, wv = (f"fasttext.{kind}", "") if kind == "FastTextKeyedVectors" else (kind, "")
    wv = ".wv" if kind in ("Doc2Vec", "Word2Vec", "FastText") else wv
    call = GENSIM_CALL.replace("{kind}", kind).replace("{wv}", wv)
    return _unreadable(path, "a pickle of gensim, which is not opened as it can run code", call)


def _width(lines: Sequence[list[bytes]]) -> int:
    """The number of values in most rows of a text; 0 if most lines are no such rows."""
    widths = Counter(min(_n_numbers(line), len(line) - 1) for line in lines)
    width, times = widths.most_common(1)[0]
    return width if 2 * times > len(lines) else 0


def _n_numbers(line: Sequence[bytes]) -> int:
    """The number of numbers at the end of a line."""
    return next((n for n, part in enumerate(reversed(line)) if not is_number(part)), len(line))


def is_number(part: bytes) -> bool:
    """Whether a part of a line is a number; nan and inf are, too."""
    try:
        float(part)
    except ValueError:
        return False
    return True


def _is_safetensors(head: bytes) -> bool:
    return head[8:10] == b'{"' and int.from_bytes(head[:8], "little") < 2**32


def _is_count(part: bytes) -> bool:
    return part.isdigit()


def _is_floret(header: Sequence[bytes]) -> bool:
    """Whether a line is the header of a floret table: six numbers, and the marks of a word's ends."""
    numbers, marks = header[:6], header[6:]
    has_parts = len(header) == FLORET_HEADER
    return has_parts and all(map(_is_count, numbers)) and not any(map(is_number, marks))


def _is_binary(sample: bytes) -> bool:
    return len(sample.translate(None, CONTROL)) < 0.99 * len(sample)


def _what_else(head: bytes) -> str:
    start = head.lstrip()
    what = next((what for magic, what in TEXTS if start.startswith(magic)), None)
    return f"it is {what}" if what else "its lines are no rows of numbers"


def _has(path: Path, *names: str) -> bool:
    return all((path / name).is_file() for name in names)


def _shown(names: Sequence[str], n: int = 5) -> str:
    return ", ".join(names[:n]) + (", ..." if len(names) > n else "")


def _unreadable(path: Path, what: str, call: str) -> DomainVectorsError:
    shown = call.replace("{path!r}", repr(str(path)))
    return DomainVectorsError(Errors.DV075.format(path=path, what=what, call=shown))
