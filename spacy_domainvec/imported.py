"""In place of a corpus: vectors that somebody else made, in the formats that `export` writes."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from spacy.language import Language
from spacy.strings import get_string_id
from spacy.vectors import Vectors

from .config import Settings
from .corpus import TokenizedCorpus
from .errors import DomainVectorsError, Errors
from .extras import import_extra
from .formats import is_binary
from .gather import Gathered
from .general import GeneralVectors
from .keywords import read_terms
from .pipeline import load_pipeline
from .spans import NO_SPANS
from .vocabulary import Vocabulary

# How often the last word of a table is taken to occur where nobody tells: the min_count of most trainers.
LAST_COUNT = 5
FLORET_HEADER = 8


@dataclass(frozen=True, eq=False)
class NamedVectors:
    """Words and their vectors, shape (n_words, width), float32."""

    words: list[str]
    vectors: np.ndarray


def import_vectors(settings: Settings, nlp: Language) -> tuple[Gathered, dict[str, np.ndarray]]:
    """Read vectors, and how often words occur, as if a corpus had been read and a table trained.

    settings: Of its paths: vectors, counts and terms.
    nlp: The base. A floret table, which knows no words, is asked for those of the counts, or for the base's.
    RETURNS: The words, most frequent first, and the table by the name "vectors".
    RAISES: DomainVectorsError (DV030, DV062, DV066, DV069, DV071, DV072, DV073).
    """
    paths, attr = settings.paths, settings.corpus.attr
    if paths.corpus:
        raise DomainVectorsError(Errors.DV073)
    counts = read_counts(paths.counts) if paths.counts else {}
    limit = settings.vocabulary.max_vocab
    asked = sorted(counts, key=lambda word: -counts[word]) or GeneralVectors(nlp.vocab.vectors).words(nlp.vocab.strings)
    found = read_vectors(str(paths.vectors), asked[:limit])
    words, numbers = found.words, by_rank(len(found.words))
    if counts:
        numbers = np.array([counts.get(word, 1) for word in words], dtype="i8")
    order = np.argsort(-numbers, kind="stable")[:limit]
    words, numbers = [words[i] for i in order.tolist()], numbers[order]
    tokens = TokenizedCorpus(words, numbers, int(numbers.sum()), 0, np.zeros(0, dtype="u8"), attr)
    terms = read_terms(paths.terms, nlp, attr) if paths.terms else []
    gathered = Gathered(tokens, Vocabulary(words, numbers, tokens.n_tokens), NO_SPANS, terms, {})
    return gathered, {"vectors": found.vectors[order]}


def by_rank(n_words: int) -> np.ndarray:
    """Counts of words that are ordered by frequency: one in inverse proportion to the rank (Zipf), int64."""
    return np.asarray(np.rint(LAST_COUNT * n_words / np.arange(1, n_words + 1)), dtype="i8")


def read_counts(path: str | Path) -> dict[str, int]:
    """Read a word and its count a line, with white space between them.

    RAISES: DomainVectorsError (DV030, DV072), naming the file, the line and the value.
    """
    if not Path(path).is_file():
        raise DomainVectorsError(Errors.DV030.format(path=path))
    counts: dict[str, int] = {}
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as e:
        raise DomainVectorsError(Errors.DV072.format(path=path, why=e)) from None
    for number, line in enumerate(lines, start=1):
        word, _, count = line.strip().replace("\t", " ").rpartition(" ")
        if not line.strip():
            continue
        if not word or not count.isascii() or not count.isdigit() or not int(count):
            raise DomainVectorsError(Errors.DV072.format(path=path, why=f"line {number} is {line!r}"))
        counts[word.strip()] = counts.get(word.strip(), 0) + int(count)
    if not counts:
        raise DomainVectorsError(Errors.DV072.format(path=path, why="it is empty"))
    return counts


def read_vectors(path: str, asked: Sequence[str] = ()) -> NamedVectors:
    """Read vectors. What has no word, or only zeros, is left out.

    path: A file of word2vec or floret, a .npz file, or a pipeline, by path or package name.
    asked: The words to ask a floret table for.
    RAISES: DomainVectorsError (DV062, DV066, DV071), naming the file and what is wrong in it.
    """
    file = Path(path)
    try:
        if not file.is_file():
            found = _of_pipeline(load_pipeline(path), asked)
        elif file.suffix == ".npz":
            found = _of_npz(file)
        elif not is_binary(file) and len(header := _header(file)) == FLORET_HEADER:
            found = _of_floret(file, header, asked)
        else:
            found = _of_word2vec(file)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as e:
        if isinstance(e, DomainVectorsError):
            raise
        raise DomainVectorsError(Errors.DV071.format(path=path, why=e or type(e).__name__)) from None
    finite = np.isfinite(found.vectors).all(axis=1)
    if not finite.all():
        why = f"the vector of {found.words[int(np.argmin(finite))]!r} has a value that is no number"
        raise DomainVectorsError(Errors.DV071.format(path=path, why=why))
    known = np.asarray(found.vectors.any(axis=1))
    kept = [i for i in np.flatnonzero(known).tolist() if found.words[i].strip()]
    if not kept:
        raise DomainVectorsError(Errors.DV071.format(path=path, why="it has no vectors"))
    return NamedVectors([found.words[i] for i in kept], found.vectors[kept])


def _of_pipeline(nlp: Language, asked: Sequence[str]) -> NamedVectors:
    general = GeneralVectors(nlp.vocab.vectors)
    words = list(asked) if general.is_floret else general.words(nlp.vocab.strings)
    rows = [nlp.vocab.vectors[get_string_id(word)] for word in words]
    return NamedVectors(words, np.array(rows, dtype="f").reshape(len(words), general.width))


def _of_npz(file: Path) -> NamedVectors:
    with np.load(file, allow_pickle=False) as parts:
        words, vectors = [str(word) for word in parts["words"].tolist()], parts["vectors"]
        rows = parts["rows"] if "rows" in parts else np.arange(len(words))
    if len(rows) != len(words) or vectors.ndim != 2 or (len(rows) and not 0 <= rows.min() <= rows.max() < len(vectors)):
        raise ValueError(
            f"{len(words)} words, {len(rows)} rows and vectors of shape {vectors.shape} don't fit together"
        )
    return NamedVectors(words, np.asarray(vectors[rows], dtype="f"))


def _header(file: Path) -> list[str]:
    smart_open = import_extra("smart_open", "reading vectors")
    with smart_open.open(file, "rb") as lines:
        return [part.decode("utf8") for part in lines.readline(1000).split()]


def _of_floret(file: Path, header: list[str], asked: Sequence[str]) -> NamedVectors:
    smart_open = import_extra("smart_open", "reading vectors")
    n_rows, width, min_n, max_n, hash_count, seed = (int(part) for part in header[:6])
    rows = np.zeros((n_rows, width), dtype="f")
    with smart_open.open(file, encoding="utf8") as lines:
        next(lines)
        for number, line in enumerate(lines, start=2):
            values = line.split()[1:]
            if len(values) != width or number > n_rows + 1:
                raise ValueError(f"line {number} has {len(values)} values, and {n_rows} rows of {width} are announced")
            rows[number - 2] = np.array(values, dtype="f")
    if number != n_rows + 1:
        raise ValueError(f"it ends after {number - 1} of {n_rows} rows")
    settings = {"minn": min_n, "maxn": max_n, "hash_count": hash_count, "hash_seed": seed}
    table = Vectors(data=rows, mode="floret", bow=header[6], eow=header[7], **settings)
    words = [word for word in asked if word.strip()]
    return NamedVectors(words, np.asarray(table.get_batch(words), dtype="f"))


def _of_word2vec(file: Path) -> NamedVectors:
    keyed = import_extra("gensim.models", "reading vectors").KeyedVectors
    found = keyed.load_word2vec_format(str(file), binary=is_binary(file))
    return NamedVectors(list(found.index_to_key), np.asarray(found.vectors, dtype="f"))
