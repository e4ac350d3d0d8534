"""Between fusing and finishing: rows fitted to a sentence encoder, beside those that were learned."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from spacy.language import Language

from ..corpus.sentences import Sentences, sample_sentences
from ..counting.adding import moved_rows
from ..counting.saved_counts import State
from ..errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from ..learning import encoding
from ..learning.encoding import Encoder, Teacher, encoded
from ..learning.ngram_fit import N_SAMPLE
from ..learning.teacher import (
    bags,
    bare_rows,
    base_map,
    evidence_of,
    fit_rows,
    penalty_of,
    principal_axes,
    spread,
    to_targets,
)
from ..table.base_vectors import BaseTable
from ..table.space import BasePart, Lessons, off_centre
from ..table.weights import row_numbers, sif_weights
from ..util.arrays import product, scaled_to_unit
from ..util.jobs import Jobs
from ..util.progress import Progress
from .fuse import Learned
from .select import Gathered

# From fewer sentences, nothing is learned.
LEAST_SENTENCES = 50
# The languages to name of an encoder.
MOST_NAMED = 5
MULTILINGUAL = "multilingual"
# The pipelines of spaCy are "nb", and model cards say "no".
SAME_LANGUAGE = {"no": "nb"}

# From texts and what they are, for the progress, to their encodings.
Encode = Callable[[list[str], str], np.ndarray]


@dataclass(frozen=True, eq=False)
class Taught:
    """The vectors with what a teacher adds, what an update needs of it, and its entry in the meta."""

    learned: Learned
    lessons: Lessons
    meta: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Read:
    """Sentences that a teacher has read.

    sentences: Of the words that were gathered.
    matrix: Their words as a mean, sparse CSR (n_sentences, n_words), float32.
    encodings: Shape (n_sentences, teacher_width), float32; no columns without sentences.
    """

    sentences: Sentences
    matrix: Any
    encodings: np.ndarray


def taught(
    teacher: Teacher,
    encoder: Encoder,
    gathered: Gathered,
    learned: Learned,
    nlp: Language,
    a: float | None,
    jobs: Jobs,
    progress: Progress,
    earlier: State | None = None,
) -> Taught:
    """Put rows fitted to a teacher beside the learned ones, and reduce both to the latter's width.

    Over the sentences, both parts have the same mean squared length. Words that only the base knows get
    theirs by a linear map from the base's vectors, so nothing is added to the look-up.

    encoder: The teacher's, opened.
    nlp: The base, for the vectors and the names of its words.
    a: Of the weighting.
    earlier: An earlier training with this teacher, to which the sentences are added. Only they and new
        words are encoded, and the space stays.
    RAISES: DomainVectorsError (DV041, DV098, DV099).
    """

    def encode(texts: list[str], what: str) -> np.ndarray:
        found = encoded(teacher, encoder, texts, jobs, progress, f"Encoding {len(texts):,} {what}")
        if earlier is not None and earlier.lessons is not None:
            _check_width(found, earlier.lessons)
        return found

    weights = sif_weights(gathered.counts, gathered.tokens.n_tokens, a)[:, None]
    read = _read(gathered, teacher.n_sentences, 0 if earlier else LEAST_SENTENCES, encode)
    if earlier is None:
        base = BaseTable(nlp.vocab.vectors)
        lessons = _first(read, gathered, learned, base, nlp, weights, teacher.ridge, encode)
        lessons = replace(lessons, checksum=encoder.checksum)
    else:
        lessons = _further(read, gathered, weights, encode, earlier)
    rows = learned.vectors * learned.lengths[:, None] @ lessons.of_own + lessons.rows @ lessons.of_rows
    lengths = np.linalg.norm(rows, axis=1)
    part = None
    if learned.base is not None and lessons.of_base is not None:
        part = BasePart(lessons.of_base, learned.base.centre)
    meta = {"name": teacher.shown, "revision": encoder.revision, "licence": encoder.licence}
    placed = replace(learned, vectors=scaled_to_unit(rows), lengths=lengths, base=part)
    return Taught(placed, lessons, {"teacher": {**meta, "n_sentences": lessons.n_sentences}})


def open_teacher(teacher: Teacher | None, lang: str, earlier: State | None) -> Encoder | None:
    """Open a teacher's encoder, before long work that a wrong name would waste.

    lang: The language of the base.
    RAISES: DomainVectorsError (DV041 if it is not that of the earlier training, DV066, DV098).
    WARNS: DomainVectorsWarning (DV119) if it is of another language.
    """
    encoder = encoding.open_encoder(teacher.name) if teacher else None
    if earlier is not None:
        before = "none" if earlier.lessons is None else earlier.lessons.checksum
        now = "none" if encoder is None else encoder.checksum
        if before != now:
            raise DomainVectorsError(Errors.DV041.format(what="the teacher", left=before, right=now))
    languages = encoder.languages if encoder is not None else ()
    if teacher and languages and not {_bare(lang), MULTILINGUAL} & {*map(_bare, languages)} and lang != "xx":
        shown = {"name": teacher.shown, "languages": ", ".join(languages[:MOST_NAMED]), "lang": lang}
        warnings.warn(Warnings.DV119.format(**shown), DomainVectorsWarning, stacklevel=2)
    return encoder


def _bare(language: str) -> str:
    """The code of a language without country or script: "pt" for "pt-BR"."""
    code = re.split("[-_]", language.lower())[0]
    return SAME_LANGUAGE.get(code, code)


def _read(gathered: Gathered, most: int, least: int, encode: Encode) -> Read:
    """Encode a sample of the sentences. RAISES: DomainVectorsError (DV098, DV099 for too few)."""
    tokens, words = gathered.tokens, gathered.words
    known = tokens.words
    none = np.zeros(0, dtype="i8")
    found = sample_sentences(tokens, known, most) if tokens.parts else Sentences(none, none, none)
    if len(found) < least:
        raise DomainVectorsError(Errors.DV099.format(found=len(found), needed=least))
    ends = np.cumsum(found.lengths)
    ids = (found.ids[end - n : end].tolist() for end, n in zip(ends, found.lengths))
    texts = [" ".join(known[i] for i in numbers) for numbers in ids]
    encodings = encode(texts, "sentences") if texts else np.zeros((0, 0), dtype="f")
    row_of = row_numbers(words)
    sentences = found.renumbered(np.array([row_of.get(word, -1) for word in known], dtype="i8"))
    return Read(sentences, bags(sentences, len(words)), encodings)


def _first(
    read: Read,
    gathered: Gathered,
    learned: Learned,
    base: BaseTable,
    nlp: Language,
    weights: np.ndarray,
    ridge: float,
    encode: Encode,
) -> Lessons:
    """Fit rows, and choose the space. The checksum is left empty.

    weights: Of the words, shape (n_words, 1).
    """
    words = gathered.words
    known = [word for word, is_known in zip(words, learned.known) if is_known]
    examples = base.sample(nlp.vocab.strings, N_SAMPLE) or known
    names = row_numbers(list(dict.fromkeys([*words, *(examples if learned.base is not None else [])])))
    alone = encode(list(names), "words")
    centre, mean = alone[: len(gathered.vocabulary)].mean(axis=0), read.encodings.mean(axis=0)
    targets = np.asarray(read.encodings - mean, dtype="f")
    prior = bare_rows(alone[: len(words)], centre) * weights
    factor = np.float32(to_targets(product(read.matrix, prior), targets))
    penalty = penalty_of(read.matrix, ridge)
    fitted = fit_rows(read.matrix, targets, prior * factor, penalty)
    own = learned.vectors * learned.lengths[:, None] * weights
    # Both parts count alike in a sentence, see docs/what-was-tried.md.
    own_scale, scale = np.float32(1 / spread(read.matrix, own)), np.float32(1 / spread(read.matrix, fitted))
    both = np.hstack([own * own_scale, fitted * scale])
    width = learned.vectors.shape[1]
    axes = principal_axes(both, read.sentences, width)
    # A word's row is as long as one in the mean over the text.
    lengths = np.linalg.norm(both @ axes / weights, axis=1)
    occurrences = weights[:, 0] * gathered.counts
    mean_length = np.float32((lengths @ occurrences) / max(occurrences[lengths > 0].sum(), 1e-12) or 1.0)
    of_own, of_rows = axes[:width] * (own_scale / mean_length), axes[width:] * (scale / mean_length)
    of_base = None
    if learned.base is not None:
        wanted = bare_rows(alone[[names[word] for word in examples]], centre) * factor
        seen = base_map(off_centre(base.unit_rows(examples), learned.base.centre), wanted)
        of_base = np.asarray(learned.base.matrix @ of_own + seen @ of_rows, dtype="f")
    evidence = evidence_of(read.matrix)
    found = (fitted / weights, evidence, mean, centre, of_rows, of_own, of_base, float(factor), penalty)
    return Lessons(*found, n_sentences=len(targets), checksum="")


def _further(read: Read, gathered: Gathered, weights: np.ndarray, encode: Encode, earlier: State) -> Lessons:
    """Fit rows of an earlier training to further sentences: it is a prior, as strong as its evidence."""
    words, lessons = gathered.words, earlier.lessons
    assert lessons is not None
    before = [*earlier.counted.vocabulary.words, *earlier.counted.fold_ins.names]
    prior = moved_rows(lessons.rows, before, words)
    evidence = moved_rows(lessons.evidence[:, None], before, words)[:, 0]
    known = set(before)
    new = [i for i, word in enumerate(words) if word not in known]
    if new:
        alone = encode([words[i] for i in new], "words")
        prior[new] = bare_rows(alone, lessons.centre) * np.float32(lessons.factor)
    rows = prior
    if len(read.encodings):
        targets = np.asarray(read.encodings - lessons.mean, dtype="f")
        rows = fit_rows(read.matrix, targets, prior * weights, lessons.penalty + evidence) / weights
    n_sentences = lessons.n_sentences + len(read.encodings)
    evidence = evidence + evidence_of(read.matrix)
    return replace(lessons, rows=rows, evidence=evidence, n_sentences=n_sentences)


def _check_width(encodings: np.ndarray, lessons: Lessons) -> None:
    """RAISES: DomainVectorsError (DV041) for encodings of another width than an earlier training's."""
    before, now = lessons.rows.shape[1], encodings.shape[1]
    if before != now:
        raise DomainVectorsError(
            Errors.DV041.format(what="the width of the teacher's encodings", left=before, right=now)
        )
