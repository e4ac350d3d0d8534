"""All stages in order: from texts to a table, and from a base and texts to a pipeline."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
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
from ..exchange.read_static import is_model_name
from ..exchange.recognize import is_static, is_table, refuse_folder
from ..files.kinds import PIPELINE, Kind
from ..files.outputs import check_output
from ..files.replacing import temporary_directory
from ..learning.document_map import LEAST_PAIRS
from ..pipeline.loading import FACTORY, check_name_is_free, choose_name, load_pipeline, merge, save
from ..table.base_vectors import BaseTable
from ..table.space import Lessons
from ..table.table import VectorTable
from ..util.extras import import_extra
from ..util.jobs import Jobs
from ..util.progress import Progress, no_progress
from .finish import finish
from .fit_map import CorpusMaps, LabelledWords, corpus_maps, read_labelled_words
from .fuse import Learned, learn
from .given_vectors import import_vectors, read_more_table
from .select import Gathered, gather
from .settings import Settings, load_settings
from .teach import open_teacher, taught
from .train import Tables, train, training_data


@dataclass(frozen=True, eq=False)
class Trained:
    """A table, and its state for updates; None unless a single trainer made the table from counts."""

    table: VectorTable
    state: State | None


def train_table(
    settings: Settings, nlp: Language, progress: Progress = no_progress, jobs: Jobs | None = None
) -> VectorTable:
    """Learn vectors from a corpus, or read given ones, and combine them with the vectors of a pipeline.

    The arguments and the errors are those of `train_state`.
    """
    return train_state(settings, nlp, progress, jobs).table


def train_state(
    settings: Settings,
    nlp: Language,
    progress: Progress = no_progress,
    jobs: Jobs | None = None,
    earlier: State | None = None,
) -> Trained:
    """Learn vectors from a corpus, or read given ones, and combine them with the vectors of a pipeline.

    settings: All settings, see `settings.load_settings`. Here, paths.base is only a name.
    nlp: The pipeline to extend; its tokenizer and its vectors are used.
    progress: Wraps long iterations.
    jobs: The processes, and a folder; results found in the folder are used again. None for one
        process and a temporary folder.
    earlier: The state of an earlier training, to which the corpus is added.
    RETURNS: The table, with its settings and base in the meta, and its counts.
    RAISES: DomainVectorsError (DV030 to DV051, DV063, DV066, DV067, DV069 to DV077, DV098, DV099).
    WARNS: DomainVectorsWarning (DV101, DV104, DV106, DV107) about the corpus, (DV105) about the terms,
        (DV112, DV113) about rows of given vectors, (DV114) about a table that does not fit the base,
        (DV119) about the teacher's language.
    """
    if jobs is None:
        with temporary_directory() as scratch:
            return train_state(settings, nlp, progress, Jobs(scratch), earlier)
    paths, teacher = settings.paths, settings.teacher
    encoder = open_teacher(teacher, nlp.lang or "xx", earlier)
    labelled = _labelled_words(settings, nlp)
    base = BaseTable(nlp.vocab.vectors)
    threads = import_extra("threadpoolctl", "training")
    # SciPy has a BLAS of its own, which must be loaded before its threads can be limited.
    import_extra("scipy.linalg", "training")
    # With several threads, the rounding of a BLAS call varies from run to run.
    reading = paths, settings.corpus, settings.vocabulary, nlp, jobs, progress
    with threads.threadpool_limits(1), _caches_released():
        if paths.vectors:
            gathered, rows = import_vectors(*reading)
            tables = Tables(rows)
        else:
            gathered = gather(*reading, earlier)
            given = settings.system, paths.base, gathered, base, jobs, progress, earlier
            tables = train(settings.trainers, training_data(*given))
        more = {
            name: read_more_table(path, gathered.words, nlp, settings.corpus.attr)
            for name, path in settings.more_tables.items()
        }
        if more:
            tables = Tables(tables.rows | more)
        a = settings.weighting.a
        maps = corpus_maps(settings.map, gathered, a, labelled) if earlier is None else CorpusMaps()
        learned = learn(settings.combiner, paths, gathered, tables.rows, base, maps.of, earlier)
        meta, lessons = _meta(settings, gathered, learned, nlp) | maps.meta, None
        if teacher is not None and encoder is not None:
            fitted = taught(teacher, encoder, gathered, learned, nlp, a, jobs, progress, earlier)
            learned, lessons, meta = fitted.learned, fitted.lessons, meta | fitted.meta
        table = finish(settings.storage, settings.weighting, gathered, learned, nlp, meta, progress)
    if tables.counted is None:
        return Trained(table, None)
    return Trained(table, _state(gathered, tables.counted, learned, lessons))


def build_pipeline(
    settings: Settings,
    output: str | Path,
    name: str | None = None,
    progress: Progress = no_progress,
    overwrite_vectors: bool = False,
    jobs: Jobs | None = None,
) -> Language:
    """Do everything, from texts to a saved pipeline. Most errors are raised before the training.

    The arguments and the errors are those of `train_table`, `check_reading`, `loading.merge` and
    `loading.save`.
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
    # The base is loaded anew without the strings of the corpus, which may be confidential.
    nlp = merge(load_pipeline(settings.paths.base), table, overwrite_vectors=overwrite_vectors)
    save(nlp, output, name)
    return nlp


def check_reading(settings: Settings, output: str | Path, kind: Kind, config: Path | None = None) -> None:
    """Check that an output overwrites nothing that the settings name, see `outputs.check_output`.

    config: The file of the settings.
    RAISES: DomainVectorsError (DV010 to DV012, DV024).
    """
    paths = settings.paths
    inputs = [config, paths.vectors, paths.counts, paths.base, paths.terms, paths.labelled]
    inputs += settings.more_tables.values()
    check_output(output, kind, inputs, paths.corpus)


def open_table(
    path: str, base: str, progress: Progress = no_progress, overrides: Mapping[str, Any] | None = None
) -> VectorTable:
    """Open the table in a directory, or make one from the vectors of others.

    path: Directory of a table, or an argument of `read.read_foreign`: a file, a model of model2vec, or a
        pipeline by path or package name.
    base: The pipeline that a new table is made for.
    overrides: Settings of a new table by dotted name, such as "paths.corpus" for a document map.
    RAISES: DomainVectorsError (DV020 to DV022, DV073 for a table; else as for
        `given_vectors.import_vectors`).
    """
    folder = Path(path)
    if folder.is_dir() and not (folder / "config.cfg").is_file() and not is_static(folder):
        if not is_table(folder):
            refuse_folder(folder)
        if overrides:
            raise DomainVectorsError(Errors.DV073.format(path=path, names=", ".join(overrides)))
        return VectorTable.from_disk(path)
    if not folder.exists() and not is_package(path) and not is_model_name(path):
        why = "there is no such folder, file or package"
        raise DomainVectorsError(Errors.DV020.format(path=path, why=why))
    settings = load_settings(None, {**(overrides or {}), "paths.vectors": path, "paths.base": base})
    return train_table(settings, load_pipeline(base), progress)


def describe(table: VectorTable) -> list[str]:
    """A few lines on the sources and the size of a table, from its meta."""
    meta, n_phrases = table.meta, int(table.is_phrase.sum())
    parts = [f"{len(table) - n_phrases:,} words and {n_phrases:,} phrases"]
    if meta.get("n_texts"):
        parts[0] += f" from {table.n_tokens:,} tokens of {meta['n_texts']:,} texts"
    elif "n_texts" in meta:
        parts[0] += " from the vectors given"
    for name, fit in meta.get("alignment", {}).items():
        shown = "aligned" if name == "trainer" else f"{name} aligned"
        cosine = f"held-out cosine {fit['held_out_cosine']:.2f}"
        parts.append(f"{shown} by {fit['anchors']:,} anchors ({cosine})")
    lines = ["; ".join(parts)]
    if table.subwords is not None:
        n_rows = len(table.subwords.rows)
        cosine = f"held-out cosine {table.subwords.held_out_cosine:.2f}"
        lines.append(f"All other words from {n_rows:,} rows of character n-grams ({cosine})")
    fitted = meta.get("map")
    if fitted and not fitted["is_fitted"]:
        found = f"{fitted['n_pairs']:,} pairs of sentences"
        lines.append(f"No document maps: {found}, of {LEAST_PAIRS:,} that one needs")
    if teacher := meta.get("teacher"):
        licence = f"licence {teacher['licence']}" if teacher["licence"] else "licence unknown"
        revision = f"revision {teacher['revision'].removeprefix('sha256:')[:12]}"
        sentences = f"{teacher['n_sentences']:,} sentences"
        lines.append(f"Fitted to {sentences} that {teacher['name']} encoded ({revision}, {licence})")
    kept = meta.get("kept")
    if kept and kept["n_rows"] < kept["of_rows"]:
        expected = f"a token comes out with an expected cosine of {1 - kept['loss']:.3f}"
        near = f"{expected} to its vector in the whole table"
        lines.append(f"Kept {kept['n_rows']:,} of {kept['of_rows']:,} rows as {kept['dtype']}: {near}")
    return lines


def _labelled_words(settings: Settings, nlp: Language) -> LabelledWords | None:
    """RAISES: DomainVectorsError (DV043, and those of `read_labelled`)."""
    paths = settings.paths
    if paths.labelled is None:
        return None
    if settings.map is None or not paths.corpus:
        no_maps = "there are no document maps with [map] @misc = null"
        why = no_maps if paths.corpus else "there is no corpus"
        raise DomainVectorsError(Errors.DV043.format(path=paths.labelled, why=why))
    return read_labelled_words(paths.labelled, nlp, settings.corpus.attr)


def _state(gathered: Gathered, counted: Cooccurrence, learned: Learned, lessons: Lessons | None) -> State:
    """The state of a training with a single trainer, to which an update adds."""
    (placed,) = learned.domains.values()
    rows = placed.rows[: len(gathered.vocabulary)]
    terms = dict.fromkeys(term.words for term in gathered.terms)
    return State(gathered.tokens, counted, rows, learned.space, gathered.acronyms, list(terms), lessons)


@contextmanager
def _caches_released() -> Iterator[None]:
    """Drop this process's caches of the texts after the block. A worker keeps its own until it ends."""
    try:
        yield
    finally:
        release_tokenizer()
        release_counter()


def _meta(settings: Settings, gathered: Gathered, learned: Learned, nlp: Language) -> dict[str, Any]:
    tokens = gathered.tokens
    fits = {name: placed.alignment for name, placed in learned.domains.items()}
    return {
        "made_by": f"spacy-domainvec {__version__}",
        "lang": nlp.lang,
        "base": {"name": settings.paths.base, "fingerprint": BaseTable(nlp.vocab.vectors).fingerprint},
        "n_texts": tokens.n_texts,
        "n_tokens": tokens.n_tokens,
        "unseen_share": round(_unseen_share(tokens, learned, BaseTable(nlp.vocab.vectors)), 6),
        "attr": settings.corpus.attr,
        "alignment": {
            name: {"anchors": fit.n_anchors, "held_out_cosine": round(fit.held_out_cosine, 4)}
            for name, fit in fits.items()
            if fit is not None
        },
        "acronyms": {short: " ".join(long) for short, long in gathered.acronyms.items()},
        "config": _without_paths(settings),
    }


def _without_paths(settings: Settings) -> dict[str, Any]:
    """The config without paths, which may be confidential."""
    hidden = ("paths", "more_tables")
    config = {name: section for name, section in settings.config.items() if name not in hidden}
    if settings.teacher is not None:
        config["teacher"] = {**config["teacher"], "name": settings.teacher.shown}
    return config


def _unseen_share(tokens: TokenizedCorpus, learned: Learned, base: BaseTable) -> float:
    """The expected share of tokens in further text that are unknown to the domain and the base.

    It is estimated by the share of words that occur once in this text (Good, 1953).
    """
    known = base.knows(tokens.once).sum() if learned.base is not None else 0
    return float(len(tokens.once) - known) / tokens.n_tokens
