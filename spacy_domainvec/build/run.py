"""The stages wired together: from texts to a table, and from a base and texts to a pipeline."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.util import is_package

from ..about import __version__
from ..corpus.chunk_tokenizer import release_tokenizer
from ..corpus.tokenized import TokenizedCorpus
from ..counting.cooccurrence import Cooccurrence, release_counter
from ..counting.saved_counts import State
from ..errors import DomainVectorsError, Errors
from ..exchange.recognize import is_table, refuse_folder
from ..files.kinds import PIPELINE, Kind
from ..files.outputs import check_output
from ..files.replacing import temporary_directory
from ..pipeline.loading import FACTORY, check_name_is_free, choose_name, load_pipeline, merge, save
from ..table.base_vectors import BaseTable
from ..table.table import VectorTable
from ..util.arrays import full_length
from ..util.extras import import_extra
from ..util.jobs import Jobs
from ..util.progress import Progress, no_progress
from .finish import finish
from .fuse import Learned, learn
from .given_vectors import import_vectors
from .select import Gathered, gather
from .settings import Settings, load_settings
from .train import Tables, train


@dataclass(frozen=True, eq=False)
class Trained:
    """A table, and what further text can be added to; None where the table was not made from counts alone."""

    table: VectorTable
    state: State | None


def train_table(
    settings: Settings, nlp: Language, progress: Progress = no_progress, jobs: Jobs | None = None
) -> VectorTable:
    """Learn vectors from a corpus, or take those that are given, and combine them with those of a pipeline.

    Arguments and errors as for `train_state`.
    """
    return train_state(settings, nlp, progress, jobs).table


def train_state(
    settings: Settings,
    nlp: Language,
    progress: Progress = no_progress,
    jobs: Jobs | None = None,
    earlier: State | None = None,
) -> Trained:
    """Learn vectors from a corpus, or take those that are given, and combine them with those of a pipeline.

    settings: What to read and how, see `settings.load_settings`. Its paths.base is only a name here.
    nlp: The pipeline to extend; its tokenizer and its vectors are used.
    progress: Wraps long iterations.
    jobs: How to work: what it finds in its folder is not done again. None for one process and a folder that is deleted.
    earlier: What came of earlier texts, to which those of the corpus are added.
    RETURNS: The table, whose meta tells what made it, and its counts.
    RAISES: DomainVectorsError (DV030 to DV051, DV063, DV066, DV069 to DV077).
    WARNS: DomainVectorsWarning (DV101, DV104, DV106, DV107) about the corpus, (DV105) of the terms, (DV112, DV113) of
        rows of given vectors, (DV114) of a table that does not fit the base.
    """
    if jobs is None:
        with temporary_directory() as scratch:
            return train_state(settings, nlp, progress, Jobs(scratch), earlier)
    paths = settings.paths
    base = BaseTable(nlp.vocab.vectors)
    threads = import_extra("threadpoolctl", "training")
    # Scipy has a BLAS of its own, which must be there to be limited.
    import_extra("scipy.linalg", "training")
    # The sums of a BLAS call depend on its number of threads.
    with threads.threadpool_limits(1), _caches_released():
        if paths.vectors:
            gathered, rows = import_vectors(paths, settings.corpus, settings.vocabulary, nlp)
            tables = Tables(rows)
        else:
            gathered = gather(paths, settings.corpus, settings.vocabulary, nlp, jobs, progress, earlier)
            tables = train(
                settings.trainers,
                settings.system,
                paths.base,
                gathered,
                base,
                jobs,
                progress,
                earlier,
            )
        learned = learn(settings.combiner, paths, gathered, tables.rows, base, earlier)
        meta = _meta(settings, gathered, learned, nlp)
        table = finish(settings.storage, settings.weighting, gathered, learned, nlp, meta, progress)
    if tables.counted is None:
        return Trained(table, None)
    return Trained(table, _state(gathered, tables.counted, learned))


def build_pipeline(
    settings: Settings,
    output: str | Path,
    name: str | None = None,
    progress: Progress = no_progress,
    overwrite_vectors: bool = False,
    jobs: Jobs | None = None,
) -> Language:
    """Everything in one go, from texts to a saved pipeline. What can be refused is refused before the long work.

    Arguments and errors as for `train_table`, `check_reading`, `loading.merge` and `loading.save`.
    RETURNS: The pipeline.
    """
    check_reading(settings, output, PIPELINE)
    if jobs is None:
        with temporary_directory() as scratch:
            jobs = Jobs(scratch, outputs=(Path(output),))
            return build_pipeline(settings, output, name, progress, overwrite_vectors, jobs)
    nlp = load_pipeline(settings.paths.base)
    choose_name(nlp, name)
    check_name_is_free(nlp, FACTORY)
    table = train_table(settings, nlp, progress, jobs)
    # Loaded anew, the base has no strings of the corpus, which may be nobody's business.
    nlp = merge(load_pipeline(settings.paths.base), table, overwrite_vectors=overwrite_vectors)
    save(nlp, output, name)
    return nlp


def check_reading(settings: Settings, output: str | Path, kind: Kind, config: Path | None = None) -> None:
    """Whether an output may be written that is made of what the settings name, see `outputs.check_output`.

    config: The file that the settings are from.
    RAISES: DomainVectorsError (DV010 to DV012, DV024).
    """
    paths = settings.paths
    check_output(output, kind, [config, paths.vectors, paths.counts, paths.base, paths.terms], paths.corpus)


def open_table(path: str, base: str, progress: Progress = no_progress) -> VectorTable:
    """The table in a directory; or one that is made of vectors of others, with the default settings.

    path: Directory of a table, or what `read.read_foreign` takes: a file, or a pipeline by path or package name.
    base: The pipeline to make it for.
    RAISES: DomainVectorsError (DV020 to DV022 for a table; else as for `given_vectors.import_vectors`).
    """
    folder = Path(path)
    if folder.is_dir() and not (folder / "config.cfg").is_file():
        if not is_table(folder):
            refuse_folder(folder)
        return VectorTable.from_disk(path)
    if not folder.exists() and not is_package(path):
        raise DomainVectorsError(Errors.DV020.format(path=path, why="there is no such folder, file or package"))
    settings = load_settings(None, {"paths.vectors": path, "paths.base": base})
    return train_table(settings, load_pipeline(base), progress)


def describe(table: VectorTable) -> list[str]:
    """A few lines about what a table was made from and what was kept, as far as its meta tells."""
    meta, n_phrases = table.meta, int(table.is_phrase.sum())
    parts = [f"{len(table) - n_phrases:,} words and {n_phrases:,} phrases"]
    if "n_texts" in meta:
        source = f"{table.n_tokens:,} tokens of {meta['n_texts']:,} texts" if meta["n_texts"] else "the vectors given"
        parts[0] += f" from {source}"
    for name, fit in meta.get("alignment", {}).items():
        shown = "aligned" if name == "trainer" else f"{name} aligned"
        parts.append(f"{shown} by {fit['anchors']:,} anchors (held-out cosine {fit['held_out_cosine']:.2f})")
    lines = ["; ".join(parts)]
    if table.subwords is not None:
        rows, cosine = len(table.subwords.rows), table.subwords.held_out_cosine
        lines.append(f"All other words from {rows:,} rows of character n-grams (held-out cosine {cosine:.2f})")
    kept = meta.get("kept")
    if kept and kept["n_rows"] < kept["of_rows"]:
        near = f"a token comes out with an expected cosine of {1 - kept['loss']:.3f} to its vector in the whole table"
        lines.append(f"Kept {kept['n_rows']:,} of {kept['of_rows']:,} rows as {kept['dtype']}: {near}")
    return lines


def _state(gathered: Gathered, counted: Cooccurrence, learned: Learned) -> State:
    """What further text is added to, of a table that a single trainer made."""
    (rows_of_all,) = learned.domains.values()
    rows = rows_of_all[: len(gathered.vocabulary)]
    terms = dict.fromkeys(term.words for term in gathered.terms)
    return State(gathered.tokens, counted, rows, gathered.acronyms, list(terms))


@contextmanager
def _caches_released() -> Iterator[None]:
    """After this block, this process keeps nothing of the texts; a worker keeps it until it ends."""
    try:
        yield
    finally:
        release_tokenizer()
        release_counter()


def _meta(settings: Settings, gathered: Gathered, learned: Learned, nlp: Language) -> dict[str, Any]:
    tokens, base = gathered.tokens, learned.base
    if base is not None:
        base = replace(base, weight=base.weight * full_length(learned.vectors.shape[1]))
    return {
        "made_by": f"spacy-domainvec {__version__}",
        "lang": nlp.lang,
        "base": {"name": settings.paths.base, "fingerprint": BaseTable(nlp.vocab.vectors).fingerprint},
        "n_texts": tokens.n_texts,
        "n_tokens": tokens.n_tokens,
        "unseen_share": round(_unseen_share(tokens, learned, BaseTable(nlp.vocab.vectors)), 6),
        "attr": settings.corpus.attr,
        "general": asdict(base) if base else None,
        "alignment": {
            name: {"anchors": a.n_anchors, "held_out_cosine": round(a.held_out_cosine, 4)}
            for name, a in learned.alignments.items()
        },
        "acronyms": {short: " ".join(long) for short, long in gathered.acronyms.items()},
        # Where the texts lay is nobody's business who installs the pipeline.
        "config": {name: section for name, section in settings.config.items() if name != "paths"},
    }


def _unseen_share(tokens: TokenizedCorpus, learned: Learned, base: BaseTable) -> float:
    """The share of tokens of further text that neither the domain nor the base knows.

    New words come about as often as this text has words that occur once (Good, 1953).
    """
    known = base.knows(tokens.once).sum() if learned.base is not None else 0
    return float(len(tokens.once) - known) / tokens.n_tokens
