"""Single measures: similarity, accuracy with few labels, coverage, time, size."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Token

from ..errors import DomainVectorsError, Errors
from ..reading.cutting import pieces_of
from ..reading.quoting import described
from ..reading.readers import DELIMITERS, open_table
from ..reading.sources import Source, format_of, opened
from ..util.arrays import scaled_to_unit
from ..util.extras import import_extra

SIMILARITY_SETS = {"WordSim-353": "wordsim353.tsv", "SimLex-999": "simlex999.txt"}
LABELLED = ("text", "label")
N_DRAWS = 3


@dataclass(frozen=True)
class Labelled:
    """Texts and their labels, of the same number."""

    texts: list[str]
    labels: list[str]


def read_labelled(path: str | Path) -> Labelled:
    """Read a CSV or TSV file with the columns text and label, as a corpus is read, but each record must be whole.

    RETURNS: The texts and labels. A text with more than 1,000 characters without white space gets some.
    RAISES: DomainVectorsError (DV030, DV033, DV039, DV054, DV057; DV067, naming the line).
    """
    source = Source(str(path), format_of(str(path)) or "csv")
    if source.format not in DELIMITERS:
        raise DomainVectorsError(Errors.DV067.format(path=source.shown, why=f"it is a .{source.format} file"))

    def refuse(line: int, why: str) -> None:
        raise DomainVectorsError(Errors.DV067.format(path=source.shown, why=f"line {line} is {why}"))

    texts, labels = [], []
    with opened(source) as file:
        table = open_table(file, source, list(LABELLED), refuse)
        missing = [name for name in LABELLED if table.columns and name not in table.columns]
        if missing:
            found = described(table.header, table.columns, DELIMITERS[source.format], missing[0])
            why = f"it has no column '{missing[0]}'. {found.rstrip('.')}"
            raise DomainVectorsError(Errors.DV067.format(path=source.shown, why=why))
        for line, fields in table.rows():
            # The first of columns of one name counts.
            row = dict(reversed(list(zip(table.columns, fields))))
            if not row.get("label") or "text" not in row:
                why = f"line {line} has no text and label"
                raise DomainVectorsError(Errors.DV067.format(path=source.shown, why=why))
            texts.append(" ".join(pieces_of(row["text"])))
            labels.append(row["label"])
    if not texts:
        raise DomainVectorsError(Errors.DV067.format(path=source.shown, why="it has no rows"))
    return Labelled(texts, labels)


def read_similarity_set(file: str) -> list[tuple[str, str, float]]:
    """Read one of the sets of word pairs that gensim ships: two words and a human score.

    RAISES: DomainVectorsError (DV066) without gensim.
    """
    # Importing gensim is slow, and only its files are wanted.
    try:
        path = files("gensim") / "test" / "test_data" / file
    except ModuleNotFoundError:
        import_extra("gensim", "evaluating")
        raise
    lines = path.read_text(encoding="utf8").splitlines()
    rows = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return [(a, b, float(score)) for a, b, score in rows]


def retention(pairs: Sequence[tuple[str, str, float]], vector: Callable[[str], np.ndarray]) -> float:
    """Spearman's rho of cosines and human scores."""
    stats = import_extra("scipy.stats", "evaluating")
    left = np.array([vector(word) for word, _, _ in pairs], dtype="f")
    right = np.array([vector(word) for _, word, _ in pairs], dtype="f")
    cosines = (scaled_to_unit(left) * scaled_to_unit(right)).sum(axis=1)
    if np.ptp(cosines) == 0:
        return 0.0
    return round(float(stats.spearmanr([score for _, _, score in pairs], cosines).statistic), 4)


def similarities(vector: Callable[[str], np.ndarray]) -> dict[str, float]:
    """Spearman's rho of a vector function's cosines and human scores, by set."""
    return {name: retention(read_similarity_set(file), vector) for name, file in SIMILARITY_SETS.items()}


def document_vectors(nlp: Language, texts: Iterable[str], vector: Callable[[Doc], Any]) -> np.ndarray:
    """The vectors of texts, tokenized by a pipeline, scaled to unit length, shape (n_texts, width), float32."""
    return scaled_to_unit(np.array([vector(doc) for doc in map(nlp.tokenizer, texts)], dtype="f"))


def share_with(nlp: Language, texts: Iterable[str], has_vector: Callable[[Token], bool]) -> float:
    """The share of tokens of letters that have a vector."""
    words = [has_vector(token) for doc in map(nlp.tokenizer, texts) for token in doc if token.is_alpha]
    return sum(words) / max(len(words), 1)


def time_of(nlp: Language, texts: Sequence[str], vector: Callable[[Doc], Any], n_runs: int = 3) -> float:
    """Microseconds a token for the vectors of documents that are tokenized; the best of the runs."""
    best, n_tokens = float("inf"), 1
    for _ in range(n_runs):
        docs = list(map(nlp.tokenizer, texts))
        n_tokens = max(sum(len(doc) for doc in docs), 1)
        start = time.perf_counter()
        for doc in docs:
            vector(doc)
        best = min(best, time.perf_counter() - start)
    return best / n_tokens * 1e6


def megabytes(path: Path) -> float:
    """The size of a file, or of all files in a folder, in MiB."""
    files = Path(path).rglob("*") if Path(path).is_dir() else [Path(path)]
    return sum(file.stat().st_size for file in files if file.is_file()) / 2**20


def accuracy(
    vectors: np.ndarray, labels: Sequence[str], test_vectors: np.ndarray, test_labels: Sequence[str], shots: int
) -> float:
    """Accuracy of a logistic regression on k texts a label, the mean of three draws.

    RAISES: DomainVectorsError (DV066, DV067 for texts of one label only).
    """
    if len(set(labels)) < 2:
        raise DomainVectorsError(Errors.DV067.format(path="train", why="it has only one label"))
    linear = import_extra("sklearn.linear_model", "evaluating")
    threads = import_extra("threadpoolctl", "evaluating")
    known = np.array(labels)
    scores = []
    # On matrices this small, a second BLAS thread costs several times what it saves.
    with threads.threadpool_limits(1):
        for seed in range(N_DRAWS):
            rng = np.random.default_rng(seed)
            rows_of = [np.flatnonzero(known == label) for label in np.unique(known)]
            picked = np.concatenate([rng.permutation(rows)[:shots] for rows in rows_of])
            model = linear.LogisticRegression(C=10, max_iter=300).fit(vectors[picked], known[picked])
            scores.append(model.score(test_vectors, np.array(test_labels)))
    return round(float(np.mean(scores)), 4)
