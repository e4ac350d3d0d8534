"""In place of a corpus: vectors that somebody else made, and how often their words occur."""

from pathlib import Path

import numpy as np
from spacy.language import Language

from ..corpus.tokenized import TokenizedCorpus
from ..counting.fold_ins import FoldIns
from ..counting.terms import read_terms
from ..counting.vocabulary import Vocabulary
from ..errors import DomainVectorsError, Errors
from ..exchange.given_names import phrase_namer
from ..exchange.given_rows import ForeignVectors, row_lengths
from ..exchange.read import read_foreign, warn_of_left_out
from ..table.base_vectors import BaseTable
from .schema import CorpusSettings, PathSettings, VocabularySettings
from .select import Gathered

# How often the last word of a table is taken to occur where nobody tells: the min_count of most trainers.
LAST_COUNT = 5
# A row so many times as long as usual, or shorter than that, has the usual length in the mean that rows are centred by.
MOST_TIMES = 10
# Fewer words tell nothing about a space.
MIN_WORDS = 10
# Some of the words that are read may get the name of another, or have the length of none.
SPARE = 2
# No corpus has a word so often, and the sum of all counts stays a number of 64 bits.
MOST_COUNT, MOST_COUNTS = 10**12, 2**62


def import_vectors(
    paths: PathSettings, reading: CorpusSettings, wanted: VocabularySettings, nlp: Language
) -> tuple[Gathered, dict[str, np.ndarray]]:
    """Read vectors, and how often words occur, as if a corpus had been read and a table trained.

    Words that are joined by underscores become phrases, see `given_names.phrase_namer`.

    paths: Those of the vectors, the counts and the terms are read.
    reading: How words are told apart.
    wanted: How many words and phrases are kept: its max_vocab.
    nlp: The base. A floret table, which knows no words, is asked for those of the counts, or for the base's.
    RETURNS: The words and phrases, most frequent first, and the table by the name "vectors".
    RAISES: DomainVectorsError (DV030, DV062, DV066, DV069, DV071 to DV073, DV075, DV076).
    WARNS: DomainVectorsWarning (DV112, DV113) of what was left out.
    """
    if paths.corpus:
        raise DomainVectorsError(Errors.DV073)
    path = str(paths.vectors)
    attr = reading.attr
    limit = wanted.max_vocab
    name = phrase_namer(nlp, attr)
    counts = read_counts(paths.counts) if paths.counts else {}
    asked = sorted(counts, key=lambda word: -counts[word]) or BaseTable(nlp.vocab.vectors).words(nlp.vocab.strings)
    # Without counts, the order of the file is that of their frequency.
    found, left_out = read_foreign(path, asked[:limit], SPARE * limit if limit and not counts else None)
    found = found.renamed(name, left_out)
    warn_of_left_out(path, found, left_out)
    numbers = by_rank(found.n_ranks)[found.ranks]
    if counts:
        by_name: dict[str, int] = {}
        for word, count in counts.items():
            by_name[name(word)] = by_name.get(name(word), 0) + count
        numbers = np.array([by_name.get(word, 1) for word in found.words], dtype="i8")
    order = np.argsort(-numbers, kind="stable")[:limit]
    found, numbers = found.take(order.tolist()), numbers[order]
    is_phrase = np.array([" " in word for word in found.words], dtype=bool)
    _check_size(path, found, int((~is_phrase).sum()))
    words = [word for word in found.words if " " not in word]
    counted = numbers[~is_phrase]
    tokens = TokenizedCorpus(words, counted, int(counted.sum()), 0, np.zeros(0, dtype="u8"), attr)
    fold_ins = FoldIns([tuple(word.split(" ")) for word in found.words if " " in word], numbers[is_phrase])
    terms = read_terms(paths.terms, nlp, attr) if paths.terms else []
    gathered = Gathered(tokens, Vocabulary(words, counted, tokens.n_tokens), fold_ins, terms, {})
    rows = levelled(found.vectors, found.rows)
    return gathered, {"vectors": np.concatenate([rows[~is_phrase], rows[is_phrase]])}


def levelled(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Rows in units of their usual length, also those that are far from it, so that none is the centre of all.

    RETURNS: The rows of those numbers, shape (len(rows), width), float32.
    """
    lengths = row_lengths(vectors)[rows]
    usual = float(np.median(lengths))
    is_odd = (lengths > MOST_TIMES * usual) | (lengths * MOST_TIMES < usual)
    return np.asarray(vectors[rows] / np.where(is_odd, lengths, usual)[:, None], dtype="f")


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
        lines = Path(path).read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as e:
        raise DomainVectorsError(Errors.DV072.format(path=path, why=e)) from None
    for number, line in enumerate(lines, start=1):
        word, _, count = line.strip().replace("\t", " ").rpartition(" ")
        if not line.strip():
            continue
        is_count = count.isascii() and count.isdigit() and len(count) < 20 and 0 < int(count) < MOST_COUNT
        if not word.strip() or not is_count:
            raise DomainVectorsError(Errors.DV072.format(path=path, why=f"line {number} is {line[:80]!r}"))
        counts[word.strip()] = counts.get(word.strip(), 0) + int(count)
    if not counts or sum(counts.values()) > MOST_COUNTS:
        why = "its counts are too large together" if counts else "it is empty"
        raise DomainVectorsError(Errors.DV072.format(path=path, why=why))
    return counts


def _check_size(path: str, found: ForeignVectors, n_words: int) -> None:
    width = found.vectors.shape[1]
    if n_words < MIN_WORDS or width < 2:
        raise DomainVectorsError(Errors.DV076.format(path=path, found=n_words, width=width, needed=MIN_WORDS))
