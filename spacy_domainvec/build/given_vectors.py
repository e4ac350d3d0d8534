"""In place of a corpus: vectors that others trained, and counts of their words."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from spacy.language import Language

from ..corpus.tokenized import TokenizedCorpus
from ..counting.fold_ins import FoldIns
from ..counting.terms import read_terms, words_of
from ..counting.vocabulary import Vocabulary
from ..errors import DomainVectorsError, Errors
from ..exchange.given_rows import ForeignVectors, row_lengths
from ..exchange.read import read_foreign, warn_of_left_out
from ..table.base_vectors import BaseTable
from ..util.jobs import Jobs
from ..util.progress import Progress
from .schema import CorpusSettings, PathSettings, VocabularySettings
from .select import Gathered, read_corpus

# The count of a table's last word if no counts are given: the min_count of most trainers.
LAST_COUNT = 5
# A row this many times longer or shorter than the median is an outlier, see `levelled`.
MOST_TIMES = 10
# With fewer words, an alignment is arbitrary.
MIN_WORDS = 10
# Words read for each wanted one, as some are duplicates after renaming or have rows of zeros.
SPARE = 2
# Above the count of any word in any corpus; and a limit that keeps the sum of all counts within int64.
MOST_COUNT, MOST_COUNTS = 10**12, 2**62


def import_vectors(
    paths: PathSettings,
    reading: CorpusSettings,
    wanted: VocabularySettings,
    nlp: Language,
    jobs: Jobs,
    progress: Progress,
) -> tuple[Gathered, dict[str, np.ndarray]]:
    """Read vectors and counts of words, in the place of reading a corpus and training a table.

    Words joined by underscores become phrases, see `phrase_namer`.

    paths: The paths of the vectors, the counts and the terms; and of a corpus, if there is one. Its
        sentences are for the document map. It gives the counts, too, if no file of counts does.
    reading: How texts are read and words told apart.
    wanted: Its max_vocab limits the words and phrases.
    jobs: Its folder must outlive the result.
    nlp: The base. A floret table has no list of words, so the words of the counts, else those of
        the base, are looked up in it.
    RETURNS: The words and phrases, most frequent first, and the table by the name "vectors".
    RAISES: DomainVectorsError (DV030, DV062, DV066, DV069, DV071, DV072, DV075,
        DV076, and those of `tokenize`).
    WARNS: DomainVectorsWarning (DV112, DV113) about rows left out.
    """
    path = str(paths.vectors)
    attr = reading.attr
    limit = wanted.max_vocab
    name = phrase_namer(nlp, attr)
    texts = read_corpus(paths.corpus, reading, nlp, jobs, progress).tokens if paths.corpus else None
    if paths.counts:
        counts = read_counts(paths.counts)
    else:
        counts = dict(zip(texts.words, texts.counts.tolist())) if texts else {}
    asked = sorted(counts, key=lambda word: -counts[word])
    if not asked:
        asked = BaseTable(nlp.vocab.vectors).words(nlp.vocab.strings)
    by_name: dict[str, int] = {}
    for word, count in counts.items():
        by_name[name(word)] = by_name.get(name(word), 0) + count
    # Words without a count are taken to be in the order of their frequency in the file.
    most_read = SPARE * limit if limit else None
    occurs = (lambda word: name(word) in by_name) if counts else None
    found, left_out = read_foreign(path, asked[:limit], most_read, occurs)
    found = found.renamed(name, left_out)
    warn_of_left_out(path, found, left_out)
    numbers = by_rank(found.n_ranks)[found.ranks]
    if counts:
        numbers = np.array([by_name.get(word, 1) for word in found.words], dtype="i8")
    order = np.argsort(-numbers, kind="stable")[:limit]
    found, numbers = found.take(order.tolist()), numbers[order]
    is_phrase = np.array([" " in word for word in found.words], dtype=bool)
    _check_size(path, found, int((~is_phrase).sum()))
    words = [word for word in found.words if " " not in word]
    counted = numbers[~is_phrase]
    parts = texts.parts if texts else ()
    tokens = TokenizedCorpus(words, counted, int(counted.sum()), 0, np.zeros(0, dtype="u8"), attr, parts)
    phrases = [tuple(word.split(" ")) for word in found.words if " " in word]
    fold_ins = FoldIns(phrases, numbers[is_phrase])
    terms = read_terms(paths.terms, nlp, attr) if paths.terms else []
    gathered = Gathered(tokens, Vocabulary(words, counted, tokens.n_tokens), fold_ins, terms, {})
    rows = levelled(found.vectors, found.rows)
    return gathered, {"vectors": np.concatenate([rows[~is_phrase], rows[is_phrase]])}


def phrase_namer(nlp: Language, attr: str) -> Callable[[str], str]:
    """A function from the name of a word or phrase in a file of vectors to its name in a table.

    A phrase is a word of two or more parts with underscores between them, each part with a letter
    or digit. Emoticons of the tokenizer, such as o_o, are no phrases. The parts are tokenized by
    the pipeline, and the tokens joined by spaces. In a word that is no phrase, each run of white
    space becomes one space.

    nlp: The pipeline with the tokenizer.
    attr: The token attribute by which words are distinguished.
    """
    special_cases = getattr(nlp.tokenizer, "rules", None) or {}

    def name(word: str) -> str:
        parts = word.split("_")
        is_phrase = len(parts) > 1 and all(any(map(str.isalnum, part)) for part in parts)
        if is_phrase and word not in special_cases:
            return " ".join(words_of(" ".join(parts), nlp, attr))
        return " ".join(word.split())

    return name


def read_more_table(path: str, words: list[str], nlp: Language, attr: str) -> np.ndarray:
    """Read vectors of words that have a table already.

    words: The words and phrases of the table.
    nlp: The base, for its tokenizer. attr: The attribute by which words are distinguished.
    RETURNS: Shape (n_words, width), float32, zeros for words that it lacks.
    RAISES: DomainVectorsError, as for `import_vectors`. WARNS: DomainVectorsWarning (DV112, DV113).
    """
    name, places = phrase_namer(nlp, attr), {word: i for i, word in enumerate(words)}
    found, left_out = read_foreign(path, words, 0, lambda word: name(word) in places)
    found = found.renamed(name, left_out)
    warn_of_left_out(path, found, left_out)
    kept = [i for i, word in enumerate(found.words) if word in places]
    _check_size(path, found, len(kept))
    rows = np.zeros((len(words), found.vectors.shape[1]), dtype="f")
    rows[[places[found.words[i]] for i in kept]] = levelled(found.vectors, found.rows[kept])
    return rows


def levelled(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Divide rows by their median length, and outliers by their own, so that no row dominates the mean.

    vectors: Shape (n_vectors, width).
    rows: The numbers of the rows to return, shape (n,).
    RETURNS: Shape (n, width), float32.
    """
    lengths = row_lengths(vectors)[rows]
    usual = float(np.median(lengths))
    is_odd = (lengths > MOST_TIMES * usual) | (lengths * MOST_TIMES < usual)
    return np.asarray(vectors[rows] / np.where(is_odd, lengths, usual)[:, None], dtype="f")


def by_rank(n_words: int) -> np.ndarray:
    """Counts in inverse proportion to the rank of a word (Zipf's law), shape (n_words,), int64."""
    return np.asarray(np.rint(LAST_COUNT * n_words / np.arange(1, n_words + 1)), dtype="i8")


def read_counts(path: str | Path) -> dict[str, int]:
    """Read a file with a word and its count on each line, separated by white space.

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
        is_number = count.isascii() and count.isdigit() and len(count) < 20
        if not word.strip() or not is_number or not 0 < int(count) < MOST_COUNT:
            why = f"line {number} is {line[:80]!r}"
            raise DomainVectorsError(Errors.DV072.format(path=path, why=why))
        counts[word.strip()] = counts.get(word.strip(), 0) + int(count)
    if not counts or sum(counts.values()) > MOST_COUNTS:
        why = "its counts are too large together" if counts else "it is empty"
        raise DomainVectorsError(Errors.DV072.format(path=path, why=why))
    return counts


def _check_size(path: str, found: ForeignVectors, n_words: int) -> None:
    width = found.vectors.shape[1]
    if n_words < MIN_WORDS or width < 2:
        shown = {"path": path, "found": n_words, "width": width, "needed": MIN_WORDS}
        raise DomainVectorsError(Errors.DV076.format(**shown))
