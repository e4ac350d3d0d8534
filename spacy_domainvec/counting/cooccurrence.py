"""How often words stand near each other in a corpus. Counts are whole numbers, so they add up in any order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..corpus.tokenized import TokenizedCorpus, TokenizedPart
from ..files.replacing import replaced_directory
from ..util.extras import import_extra
from ..util.jobs import Jobs, Task, name_of
from ..util.progress import Progress, no_progress
from .matrix_sums import SumTree, added, write_matrix
from .pairs import PairCounter
from .spans import Spans
from .vocabulary import Vocabulary
from .windows import Sparse

# What jobs.Jobs says of how many tokens fit into memory is true for windows up to this. Parts were cut accordingly
# before the window was known, so that with a larger one they are cut again.
USUAL_WINDOW = 10


@dataclass(frozen=True, eq=False)
class Cooccurrence:
    """How often words stand near each other, in units of `pairs.distance_unit(window)` / distance.

    vocabulary: The words.
    spans: Rare words and phrases beside them.
    matrix: Sparse CSR, shape (n_words, n_words), int64: sums over all places where the column's word follows the row's.
    contexts: Sparse CSR, shape (n_spans, n_words), int64: the same of the words on either side of each span.
    window: The largest distance that was counted.
    subsample: The threshold of the subsampling before windows were taken, 0 for none.
    seed: Of the subsampling.
    """

    vocabulary: Vocabulary
    spans: Spans
    matrix: Sparse
    contexts: Sparse
    window: int
    subsample: float
    seed: int


def count(
    tokens: TokenizedCorpus,
    vocabulary: Vocabulary,
    spans: Spans,
    jobs: Jobs,
    window: int = 10,
    subsample: float = 1e-4,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Cooccurrence:
    """Count the pairs of words up to a distance, each with weight 1 / distance.

    Rare and subsampled words are removed before windows are taken ("dirty" subsampling: Levy, Goldberg and Dagan,
    2015), a word of relative frequency f being kept with probability sqrt(subsample / f) (Mikolov et al., 2013).
    Which occurrences are kept depends on the text, the position and the seed alone, so the counts are the same for any
    number of parts and workers, to the bit.

    tokens: The corpus.
    vocabulary: The words to count; also the source of their frequencies.
    spans: What else to count the words near of.
    window: Largest distance, from 1 to 20.
    subsample: Threshold of the relative frequency, 0 for none.
    seed: Of the subsampling.
    RAISES: DomainVectorsError (DV048).
    """
    sparse, n_words = import_extra("scipy.sparse", "counting"), len(vocabulary)
    settings = window, subsample, seed
    version = name_of("counter", vocabulary.words, vocabulary.counts.tolist(), tokens.n_tokens, spans.parts, *settings)
    if not (jobs.folder / version).exists():
        with replaced_directory(jobs.folder / version) as new:
            PairCounter(vocabulary, spans, *settings).to_disk(new)
    n_tokens = jobs.n_tokens if window <= USUAL_WINDOW else jobs.n_tokens * USUAL_WINDOW // window
    groups = {name_of("pairs", version, list(map(str, group))): group for group in _groups(tokens.parts, n_tokens)}
    tree = SumTree(jobs.folder, list(groups), n_words, jobs.n_entries)
    how = jobs.folder / version, n_tokens if window > USUAL_WINDOW else None
    missing = [Task(name, (groups[name], *how)) for name in tree.missing()]
    sums = tree.total(jobs.run(count_parts, missing, progress, "Counting"))
    blocks = list(added(sums, n_words, jobs.n_entries)) if sums else []
    whole = sparse.vstack([*blocks, sparse.csr_matrix((0, n_words), dtype="i8")], format="csr")
    whole.resize(n_words + len(spans), n_words)
    return Cooccurrence(vocabulary, spans, whole[:n_words], whole[n_words:], window, subsample, seed)


def count_parts(new: Path, parts: Sequence[Path], counter: Path, n_tokens: int | None) -> None:
    """Write what a counter in a directory counts in some parts of a corpus, n_tokens at a time or all at once."""
    write_matrix(new, [PairCounter.from_disk(counter).count((TokenizedPart(part) for part in parts), n_tokens)])


def _groups(parts: Sequence[TokenizedPart], n_tokens: int) -> list[list[Path]]:
    """Parts that follow each other and have no more than n_tokens together, if they are more than one."""
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
