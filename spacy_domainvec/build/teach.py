"""Between the document map and finishing: rows fitted to a sentence encoder, beside those that were learned."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from spacy.language import Language

from ..corpus.sentences import sample_sentences
from ..errors import DomainVectorsError, Errors
from ..learning.encoding import Encoder, Teacher, encoded
from ..learning.ngram_fit import N_SAMPLE
from ..learning.teacher import bags, bare_rows, base_map, fit_rows, principal_axes, spread, to_targets
from ..table.base_vectors import BaseTable
from ..table.space import BasePart, off_centre
from ..table.weights import row_numbers, sif_weights
from ..util.arrays import product, scaled_to_unit
from ..util.jobs import Jobs
from ..util.progress import Progress
from .fuse import Learned
from .select import Gathered

# From fewer sentences, nothing is learned.
LEAST_SENTENCES = 50
# The teacher's part of the squared length of a sentence, see docs/what-was-tried.md.
SHARE = 0.55


@dataclass(frozen=True, eq=False)
class Taught:
    """The vectors with what a teacher adds, and what the table's meta says of it."""

    learned: Learned
    meta: dict[str, Any]


def taught(
    teacher: Teacher,
    encoder: Encoder,
    gathered: Gathered,
    learned: Learned,
    nlp: Language,
    a: float | None,
    jobs: Jobs,
    progress: Progress,
) -> Taught:
    """Put rows fitted to a teacher beside the learned ones, and reduce both to the width of the learned ones.

    Over the sentences, the mean squared lengths of both parts are in a fixed relation. Words that only the
    base knows get their part by a linear map from the base's vectors, so nothing is added to the look-up.

    encoder: The teacher's, opened.
    nlp: The base, for the vectors and the names of its words.
    a: Of the weighting.
    RAISES: DomainVectorsError (DV098, DV099).
    """
    known = gathered.tokens.words
    sentences = sample_sentences(gathered.tokens, known, teacher.n_sentences) if gathered.tokens.parts else None
    n_sentences = len(sentences) if sentences is not None else 0
    if sentences is None or n_sentences < LEAST_SENTENCES:
        raise DomainVectorsError(Errors.DV099.format(found=n_sentences, needed=LEAST_SENTENCES))
    ends = np.cumsum(sentences.lengths)
    texts = [
        " ".join(known[i] for i in sentences.ids[end - n : end].tolist()) for end, n in zip(ends, sentences.lengths)
    ]
    targets = encoded(teacher, encoder, texts, jobs, progress, f"Encoding {n_sentences:,} sentences")
    targets = np.asarray(targets - targets.mean(axis=0), dtype="f")
    words, base = gathered.words, BaseTable(nlp.vocab.vectors)
    examples = base.sample(nlp.vocab.strings, N_SAMPLE) or [w for w, is_known in zip(words, learned.known) if is_known]
    names = row_numbers(list(dict.fromkeys([*words, *(examples if learned.base is not None else [])])))
    alone = encoded(teacher, encoder, list(names), jobs, progress, f"Encoding {len(names):,} words")
    centre = alone[: len(gathered.vocabulary)].mean(axis=0)
    rows = row_numbers(words)
    matrix = bags(sentences, np.array([rows.get(word, -1) for word in known], dtype="i8"), len(words))
    weights = sif_weights(gathered.counts, gathered.tokens.n_tokens, a)[:, None]
    prior = bare_rows(alone[: len(words)], centre) * weights
    factor = np.float32(to_targets(product(matrix, prior), targets))
    fitted = fit_rows(matrix, targets, prior * factor, teacher.ridge)
    own = learned.vectors * learned.lengths[:, None] * weights
    own_scale = np.float32(np.sqrt(1 - SHARE) / spread(matrix, own))
    scale = np.float32(np.sqrt(SHARE) / spread(matrix, fitted))
    both = np.hstack([own * own_scale, fitted * scale])
    axes = principal_axes(both, learned.vectors.shape[1])
    part = learned.base
    if part is not None:
        wanted = bare_rows(alone[[names[word] for word in examples]], centre) * factor
        seen = base_map(off_centre(base.unit_rows(examples), part.centre), wanted)
        part = BasePart(np.hstack([part.matrix * own_scale, seen * scale]) @ axes, part.centre)
    meta = {"name": teacher.shown, "revision": encoder.revision, "licence": encoder.licence, "n_sentences": n_sentences}
    return Taught(_of_length(learned, part, both @ axes / weights, weights[:, 0] * gathered.counts), {"teacher": meta})


def _of_length(learned: Learned, part: BasePart | None, rows: np.ndarray, occurrences: np.ndarray) -> Learned:
    """The vectors replaced by rows, scaled so that the length of a word's row is one in the mean over the text."""
    lengths = np.linalg.norm(rows, axis=1)
    mean = float((lengths @ occurrences) / max(occurrences[lengths > 0].sum(), 1e-12)) or 1.0
    unit = scaled_to_unit(np.asarray(rows, dtype="f"))
    base = part and part.mapped(np.float32(1 / mean))
    return replace(learned, vectors=unit, lengths=np.asarray(lengths / mean, dtype="f"), base=base)
