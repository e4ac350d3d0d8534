"""The stages wired together: from texts to a table, and from a base and a table to a pipeline."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import spacy
from spacy.language import Language
from spacy.util import get_minor_version_range

from .about import __version__
from .align import Alignment, align, choose_anchors
from .arrays import centred_to_unit
from .combine import Ingredients, sif_weights
from .config import Settings
from .cooccurrence import Cooccurrence, build_vocabulary, count
from .corpus import Corpus, tokenize
from .errors import DomainVectorsError, Errors
from .extras import import_extra
from .files import check_output, replaced_directory
from .general import GeneralVectors
from .table import VectorTable
from .training import Progress, TrainingData, no_progress

FACTORY = "domain_vectors"
# Fewer anchors than this tell nothing about a rotation, however narrow the vectors are.
MIN_ANCHORS = 10


def load_pipeline(name: str) -> Language:
    """Load a pipeline by package name or path.

    RAISES: DomainVectorsError (DV062) where that fails.
    """
    try:
        return spacy.load(name)
    except (OSError, ImportError, ValueError, KeyError, TypeError) as e:
        raise DomainVectorsError(Errors.DV062.format(base=name, why=e)) from None


def train_table(settings: Settings, nlp: Language, progress: Progress = no_progress) -> VectorTable:
    """Learn vectors from a corpus and combine them with those of a pipeline.

    settings: What to read and how, see `config.load_settings`. Its paths.base is only a name here.
    nlp: The pipeline to extend; its tokenizer and its vectors are used, and it is not changed.
    progress: Wraps long iterations.
    RETURNS: The table. Its meta tells what made it.
    RAISES: DomainVectorsError (DV030 to DV051, DV063, DV066).
    WARNS: DomainVectorsWarning (DV101, DV104) about what was left out of the corpus.
    """
    if not settings.paths.corpus:
        raise DomainVectorsError(Errors.DV063)
    seed, general = settings.system.seed, GeneralVectors(nlp.vocab.vectors)
    threads = import_extra("threadpoolctl", "training")
    # The sums of a BLAS call depend on its number of threads.
    with tempfile.TemporaryDirectory(prefix="domainvec-") as scratch, threads.threadpool_limits(1):
        corpus = Corpus(settings.paths.corpus, settings.corpus.field)
        tokens = tokenize(corpus, nlp, scratch, settings.corpus.attr, lambda docs: progress(docs, "Tokenizing"))
        vocabulary = build_vocabulary(tokens, settings.vocabulary.min_count, settings.vocabulary.max_vocab)

        def counted(window: int, subsample: float) -> Cooccurrence:
            return count(tokens, vocabulary, window, subsample, seed, lambda steps: progress(steps, "Counting"))

        data = TrainingData(tokens, vocabulary, general, settings.paths.base, counted, seed, progress)
        domains = {name: centred_to_unit(trainer(data)) for name, trainer in settings.trainers.items()}
    known = general.unit_rows(vocabulary.words)
    alignments: dict[str, Alignment] = {}
    if settings.combiner.needs_one_space:
        alignments = _in_one_space(domains, general, known, vocabulary.words, vocabulary.counts, settings.paths.base)
        domains = {name: alignments[name].vectors if name in alignments else rows for name, rows in domains.items()}
    combined = settings.combiner.combine(Ingredients(known, list(domains.values()), vocabulary.counts))
    weights = np.ones(len(vocabulary), dtype="f")
    if settings.weighting.a is not None:
        weights = sif_weights(vocabulary.counts, vocabulary.n_tokens, settings.weighting.a)
    meta = {
        "made_by": f"spacy-domainvec {__version__}",
        "lang": nlp.lang,
        "base": {"name": settings.paths.base, "fingerprint": general.fingerprint},
        "n_texts": len(tokens.ends),
        "n_tokens": vocabulary.n_tokens,
        "attr": settings.corpus.attr,
        "general": asdict(combined.general) if combined.general and general.width else None,
        "alignment": {
            name: {"anchors": a.n_anchors, "held_out_cosine": round(a.held_out_cosine, 4)}
            for name, a in alignments.items()
        },
        # Where the texts lay is nobody's business who installs the pipeline.
        "config": {name: section for name, section in settings.config.items() if name != "paths"},
    }
    vectors = combined.vectors * weights[:, None]
    return VectorTable(vocabulary.words, vectors, vocabulary.counts, meta=meta).astype(settings.storage.dtype)


def merge(nlp: Language, table: VectorTable, name: str = FACTORY) -> Language:
    """Add a component with a table to the pipeline that the table was made for; nothing else of it is changed.

    nlp: The base pipeline. The component is added to it.
    table: The table.
    name: The component's name.
    RETURNS: The same pipeline.
    RAISES: DomainVectorsError (DV008 for a base with other vectors, DV068 where it has a component of that name).
    """
    check_name_is_free(nlp, name)
    made_for, found = table.meta.get("base", {}), GeneralVectors(nlp.vocab.vectors)
    expected = made_for.get("fingerprint")
    if not found.is_table_of(expected):
        shown = {"expected": made_for.get("name"), "expected_id": expected, "found_id": found.fingerprint}
        raise DomainVectorsError(Errors.DV008.format(**shown))
    attr = table.meta.get("attr", "LOWER")
    attrs = {"attrs": [attr]} if attr in ("NORM", "LEMMA") else {}
    nlp.add_pipe(FACTORY, name=name, config=attrs).set_table(table)  # type: ignore[attr-defined]
    return nlp


def save(nlp: Language, output: str | Path, name: str | None = None) -> Path:
    """Write a pipeline to a directory, in the place of an earlier one, once all of it is there.

    nlp: The pipeline.
    output: The directory.
    name: See `choose_name`.
    RETURNS: The directory.
    RAISES: DomainVectorsError (DV024, DV064).
    """
    output = check_output(output)
    nlp.meta["name"] = choose_name(nlp, name)
    # The pipeline was loaded by this spaCy and is written by it; the base's range would warn (W095) at each load.
    nlp.meta["spacy_version"] = get_minor_version_range(spacy.__version__)
    with replaced_directory(output) as new:
        nlp.to_disk(new)
    return output


def build_pipeline(
    settings: Settings, output: str | Path, name: str | None = None, progress: Progress = no_progress
) -> Language:
    """Everything in one go, from texts to a saved pipeline. What can be refused is refused before the long work.

    Arguments and errors as for `train_table`, `merge` and `save`.
    RETURNS: The pipeline.
    """
    check_output(output)
    nlp = load_pipeline(settings.paths.base)
    choose_name(nlp, name)
    check_name_is_free(nlp, FACTORY)
    merge(nlp, train_table(settings, nlp, progress))
    save(nlp, output, name)
    return nlp


def describe(table: VectorTable) -> str:
    """One line about what a table was made from."""
    meta = table.meta
    parts = [f"{len(table):,} words from {meta['n_tokens']:,} tokens of {meta['n_texts']:,} texts"]
    for name, fit in meta["alignment"].items():
        shown = "aligned" if name == "trainer" else f"{name} aligned"
        parts.append(f"{shown} by {fit['anchors']:,} anchors (held-out cosine {fit['held_out_cosine']:.2f})")
    return "; ".join(parts)


def choose_name(nlp: Language, name: str | None) -> str:
    """The name of the extended pipeline, without the language, such as core_web_md_banking.

    name: A wish, with the language or without; by default it is the base's name with _dvec behind it.
    RAISES: DomainVectorsError (DV064) for a name that no package can have.
    """
    base_name = nlp.meta.get("name") or "pipeline"
    name = name or f"{base_name.removesuffix('_dvec')}_dvec"
    name = name.removeprefix(f"{nlp.lang}_")
    if not name.isidentifier() or not name.isascii():
        raise DomainVectorsError(Errors.DV064.format(name=name))
    return name


def check_name_is_free(nlp: Language, name: str) -> None:
    """RAISES: DomainVectorsError (DV068) where the pipeline has a component of that name."""
    if name in nlp.component_names:
        raise DomainVectorsError(Errors.DV068.format(base=nlp.meta.get("name"), name=name))


def _in_one_space(
    domains: dict[str, np.ndarray],
    general: GeneralVectors,
    known: np.ndarray,
    words: Sequence[str],
    counts: np.ndarray,
    base: str,
) -> dict[str, Alignment]:
    """Turn the tables into the base's space; without one, into that of the first table."""
    if general.width:
        rows, target, turned = general.find(words), known, domains
        rows = np.where(known.any(axis=1), rows, -1)
    else:
        first, *others = domains
        rows, target, turned = np.arange(len(words)), domains[first], {name: domains[name] for name in others}
    anchors = choose_anchors(rows)
    needed = max([MIN_ANCHORS, *(vectors.shape[1] for vectors in turned.values())])
    if turned and len(anchors) < needed:
        raise DomainVectorsError(Errors.DV050.format(found=len(anchors), base=base, needed=needed))
    return {name: align(vectors, target, anchors, counts) for name, vectors in turned.items()}
