"""Counting co-occurrences of words. Counts are whole numbers, so their sum is the same in any order."""

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

# The largest window for which as many tokens fit into memory as jobs.Jobs says. The corpus is cut into
# parts of this size before the window is known, so the parts are cut again for a larger window.
USUAL_WINDOW = 10


@dataclass(frozen=True, eq=False)
class Cooccurrence:
    """Co-occurrence counts. A pair of words adds `pairs.distance_unit(window)` / distance, in each draw.

    vocabulary: The words.
    fold_ins: Rare words and phrases outside the vocabulary.
    matrix: Sparse CSR, shape (n_words, n_words), int64: how often the column's word follows the row's.
    contexts: Sparse CSR, shape (n_fold_ins, n_words), int64: how often the column's word stands on
        either side of the row's fold-in.
    window: The largest distance that was counted.
    subsample: The threshold for subsampling frequent words, 0 for none.
    seed: The seed of the subsampling.
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
    """Count the pairs of words within a window, each with weight 1 / distance.

    Rare and subsampled words are removed before windows are taken ("dirty" subsampling: Levy,
    Goldberg and Dagan, 2015). A word of relative frequency f is kept with probability
    sqrt(subsample / f) (Mikolov et al., 2013), in each of `subsampling.N_DRAWS` draws, whose counts are
    added up. The choice depends only on the text, the position and the seed, so the counts are exactly
    the same for any number of parts and workers.

    tokens: The corpus.
    vocabulary: The words to count, with their frequencies.
    fold_ins: Other words and phrases, near which the words of the vocabulary are counted, too.
    window: The largest distance, from 1 to 20.
    subsample: The threshold for the relative frequency, 0 for no subsampling.
    seed: The seed of the subsampling.
    RAISES: DomainVectorsError (DV048).
    """
    counter = PairCounter(vocabulary, fold_ins, window, subsample, seed)
    words = vocabulary.words, vocabulary.counts.tolist(), tokens.n_tokens
    version = name_of("counter", *words, fold_ins.parts, window, subsample, seed)
    if not (jobs.folder / version).exists():
        with replaced_directory(jobs.folder / version) as new:
            counter.to_disk(new)
    n_tokens = jobs.n_tokens if window <= USUAL_WINDOW else jobs.n_tokens * USUAL_WINDOW // window
    groups = {}
    for group in _groups(tokens.parts, n_tokens):
        groups[name_of("pairs", version, list(map(str, group)))] = group
    tree = SumTree(jobs.folder, list(groups), len(vocabulary), jobs.n_entries)
    missing = [Task(name, (groups[name], jobs.folder / version, n_tokens)) for name in tree.missing()]
    sums = tree.total(jobs.run(count_parts, missing, progress, "Counting"))
    matrix, contexts = _split(sums, len(vocabulary), len(fold_ins), jobs.n_entries)
    return Cooccurrence(vocabulary, fold_ins, matrix, contexts, window, subsample, seed)


def _split(sums: Sequence[StoredMatrix], n_words: int, n_fold_ins: int, n_entries: int) -> tuple[Sparse, Sparse]:
    """Add up matrices. RETURNS: The rows of the words, and the rows of the fold-ins."""
    sparse = import_extra("scipy.sparse", "counting")
    blocks = list(added(sums, n_words, n_entries)) if sums else []
    whole = sparse.vstack([*blocks, sparse.csr_matrix((0, n_words), dtype="i8")], format="csr")
    whole.resize(n_words + n_fold_ins, n_words)
    return whole[:n_words], whole[n_words:]


def count_parts(new: Path, parts: Sequence[Path], counter: Path, n_words: int) -> None:
    """Count in some parts of a corpus, and write the counts.

    new: An empty directory.
    counter: The directory of a `PairCounter`.
    n_words: How many words to count at a time.
    """
    found = PairCounter.from_disk(counter).count(map(TokenizedPart, parts), n_words)
    write_matrix(new, [found])


def _groups(parts: Sequence[TokenizedPart], n_tokens: int) -> list[list[Path]]:
    """Groups of successive parts: as many as have n_tokens together at most, but at least one."""
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
    """Counts of the words on either side, from counts of the words that follow."""
    return (matrix + matrix.T).tocsr()


def release_counter() -> None:
    """Release the counter that `count_parts` keeps for this process."""
    PairCounter.from_disk.cache_clear()
