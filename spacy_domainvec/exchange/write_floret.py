"""Fitting a floret table to the vectors of a flat table."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from spacy.vectors import Vectors

from ..files.kinds import DIGITS, FLORET
from ..files.outputs import written_file
from ..learning.ngram_fit import Hasher, solve
from ..table.base_vectors import floret_rows
from ..table.subwords import NgramSettings, floret_vectors
from ..util.arrays import scaled_to_unit
from ..util.extras import import_extra
from ..util.progress import Progress, no_progress
from .flat_table import FlatTable
from .formats import opened, shown

# The n-grams of the floret tables that spaCy trained.
NGRAMS = NgramSettings(min_n=4, max_n=5, hash_count=2, lower=False)
FLORET_ROWS = 50_000
FLORET_RIDGE = 0.003
FLORET_ITER = 40
WORDS_A_ROW = 2
SAMPLE = 10_000


@dataclass(frozen=True)
class FloretFit:
    """How well a floret table reproduces the vectors.

    n_words: The number of words that it was fitted to.
    cosine: The mean cosine between a word's vector from the floret table and its own vector.
    lowest: The cosine that 95 in 100 words exceed.
    others: The mean cosine of a sample of words that it was not fitted to; None if there are no
        such words.
    """

    n_words: int
    cosine: float
    lowest: float
    others: float | None

    def __str__(self) -> str:
        others = "" if self.others is None else f" Of other words: {self.others:.3f}."
        mean = f"a word's mean cosine with its own vector is {self.cosine:.3f}"
        return f"Fitted to {self.n_words:,} words: {mean}, of 95 in 100 above {self.lowest:.3f}.{others}"


def write_floret(
    flat: FlatTable,
    output: str | Path,
    n_rows: int = FLORET_ROWS,
    words: Collection[str] = (),
    progress: Progress = no_progress,
) -> FloretFit:
    """Fit a floret table to the vectors, and write it for `spacy init vectors --mode floret`.

    It has too few rows to fit all words, so it is fitted to two words on each row of the flat
    table. Frequent words have short vectors. They get a higher weight, so that they are fitted as
    well as rare words.

    n_rows: The number of rows of the floret table.
    words: More words to fit it to.
    RETURNS: How well it fits. A floret table stores no words, only vectors for their n-grams.
    RAISES: DomainVectorsError (DV011, DV024, DV066).
    """
    sparse = import_extra("scipy.sparse", "fitting a floret table")
    chosen, others = _divided(flat, words)
    vectors = flat.vectors[flat.rows[chosen]]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    longest = lengths.max()
    ngrams = Hasher(NGRAMS).matrix([flat.words[i] for i in chosen], n_rows)
    matrix = (sparse.diags(longest / lengths[:, 0]) @ ngrams).tocsr().astype("f")
    scales = 1 / np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel() + FLORET_RIDGE)
    rows = longest * solve(
        matrix,
        vectors / lengths,
        FLORET_RIDGE,
        FLORET_ITER,
        lambda steps: progress(steps, f"Fitting {n_rows:,} rows"),
        scales.astype("f"),
    )
    made = floret_vectors(rows, NGRAMS)
    cosines = _cosines(made, flat, chosen)
    left_out = float(_cosines(made, flat, others).mean()) if others else None
    settings = [made.minn, made.maxn, made.hash_count, made.hash_seed, made.bow, made.eow]
    header = [f"{n_rows:0{DIGITS}}", rows.shape[1], *settings]
    with written_file(output, FLORET) as new, opened(new) as file:
        file.write((" ".join(map(str, header)) + "\n").encode())
        for number, row in enumerate(progress(rows, "Writing", n_rows)):
            file.write(f"{number} {shown(row)}\n".encode())
    return FloretFit(len(chosen), float(cosines.mean()), float(np.quantile(cosines, 0.05)), left_out)


def _divided(flat: FlatTable, words: Collection[str]) -> tuple[list[int], list[int]]:
    """The words to fit a table to, and a sample of the others.

    If many words share a row of the base, it was made for the first of them.
    """
    n_seen, wanted = np.zeros(len(flat.vectors), dtype="i8"), set(words)
    chosen: list[int] = []
    others: list[int] = []
    for i, row in enumerate(flat.rows.tolist()):
        if len(flat.words[i].split()) == 1:
            n_seen[row] += 1
            (chosen if n_seen[row] <= WORDS_A_ROW or flat.words[i] in wanted else others).append(i)
    return chosen, others[:: len(others) // SAMPLE + 1]


def _cosines(made: Vectors, flat: FlatTable, chosen: Sequence[int]) -> np.ndarray:
    found = scaled_to_unit(floret_rows(made, [flat.words[i] for i in chosen]))
    return np.asarray((found * scaled_to_unit(flat.vectors[flat.rows[chosen]])).sum(axis=1))
