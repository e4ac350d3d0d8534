"""How often words stand near each other. Counts are whole numbers, so they add up in any order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..corpus.tokenized import TokenizedCorpus, TokenizedPart
from ..files.replacing import replaced_directory
from ..util.extras import import_extra
from ..util.jobs import Jobs, Task, name_of
from ..util.progress import Progress, no_progress
from .fold_ins import FoldIns
from .matrix_sums import StoredMatrix, SumTree, added, write_matrix
from .pairs import PairCounter
from .vocabulary import Vocabulary
from .windows import Sparse

# What jobs.Jobs says of how many tokens fit into memory is true for windows up to this. Parts were cut
# accordingly before the window was known, so that with a larger one they are cut again.
USUAL_WINDOW = 10


@dataclass(frozen=True, eq=False)
class Cooccurrence:
    """How often words stand near each other, in units of `pairs.distance_unit(window)` / distance.

    vocabulary: The words.
    fold_ins: Rare words and phrases beside them.
    matrix: Sparse CSR, shape (n_words, n_words), int64: how often the column's word
        follows the row's.
    contexts: Sparse CSR, shape (n_fold_ins, n_words), int64: how often the column's
        word stands on either side of the row's fold-in.
    window: The largest distance that was counted.
    subsample: The threshold of the subsampling before windows were taken, 0 for none.
    seed: Of the subsampling.
    """

    vocabulary: Vocabulary
    fold_ins: FoldIns
    matrix: Sparse
    contexts: Sparse
    window: int
    subsample: float
    seed: int


def count(
    tokens: TokenizedCorpus,
    vocabulary: Vocabulary,
    fold_ins: FoldIns,
    jobs: Jobs,
    window: int = 10,
    subsample: float = 1e-4,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Cooccurrence:
    """Count the pairs of words up to a distance, each with weight 1 / distance.

    Rare and subsampled words are removed before windows are taken ("dirty" subsampling: Levy, Goldberg and
    Dagan, 2015). A word of relative frequency f is kept with probability sqrt(subsample / f) (Mikolov et al.,
    2013). Which occurrences are kept depends on the text, the position and the seed alone, so the counts are
    the same for any number of parts and workers, to the bit.

    tokens: The corpus.
    vocabulary: The words to count; also the source of their frequencies.
    fold_ins: What else to count the words near of.
    window: Largest distance, from 1 to 20.
    subsample: Threshold of the relative frequency, 0 for none.
    seed: Of the subsampling.
    RAISES: DomainVectorsError (DV048).
    """
    counter = PairCounter(vocabulary, fold_ins, window, subsample, seed)
    words = vocabulary.words, vocabulary.counts.tolist(), tokens.n_tokens
    version = name_of("counter", *words, fold_ins.parts, window, subsample, seed)
    if not (jobs.folder / version).exists():
        with replaced_directory(jobs.folder / version) as new:
            counter.to_disk(new)
    n_tokens = jobs.n_tokens if window <= USUAL_WINDOW else jobs.n_tokens * USUAL_WINDOW // window
    at_a_time = n_tokens if window > USUAL_WINDOW else None
    groups = {}
    for group in _groups(tokens.parts, n_tokens):
        groups[name_of("pairs", version, list(map(str, group)))] = group
    tree = SumTree(jobs.folder, list(groups), len(vocabulary), jobs.n_entries)
    missing = [Task(name, (groups[name], jobs.folder / version, at_a_time)) for name in tree.missing()]
    sums = tree.total(jobs.run(count_parts, missing, progress, "Counting"))
    matrix, contexts = _split(sums, len(vocabulary), len(fold_ins), jobs.n_entries)
    return Cooccurrence(vocabulary, fold_ins, matrix, contexts, window, subsample, seed)


def _split(sums: Sequence[StoredMatrix], n_words: int, n_fold_ins: int, n_entries: int) -> tuple[Sparse, Sparse]:
    """Add up matrices. RETURNS: The rows of the words, and those of the fold-ins."""
    sparse = import_extra("scipy.sparse", "counting")
    blocks = list(added(sums, n_words, n_entries)) if sums else []
    whole = sparse.vstack([*blocks, sparse.csr_matrix((0, n_words), dtype="i8")], format="csr")
    whole.resize(n_words + n_fold_ins, n_words)
    return whole[:n_words], whole[n_words:]


def count_parts(new: Path, parts: Sequence[Path], counter: Path, n_tokens: int | None) -> None:
    """Write what a counter on disk counts in some parts of a corpus, n_tokens at a time or all at once."""
    found = PairCounter.from_disk(counter).count(map(TokenizedPart, parts), n_tokens)
    write_matrix(new, [found])


def _groups(parts: Sequence[TokenizedPart], n_tokens: int) -> list[list[Path]]:
    """Parts that follow each other: one, or as many as have no more than n_tokens together."""
    groups: list[list[Path]] = []
    room = 0
    for part in parts:
        size = int(TokenizedPart(part.folder).ends[-1])
        if size > room:
            groups.append([])
            room = n_tokens
        groups[-1].append(part.folder)
        room -= size
    return groups


def both_sides(matrix: Sparse) -> Sparse:
    """Counts of pairs in text order as counts of the words on either side."""
    return (matrix + matrix.T).tocsr()


def release_counter() -> None:
    """Let go of the counter that `count_parts` keeps for this process."""
    PairCounter.from_disk.cache_clear()
