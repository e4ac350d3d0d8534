"""The sections of a config, as a schema."""

from ..learning.ranges import (
    Attr,
    Count,
    Dtype,
    Hashes,
    Megabytes,
    NgramLength,
    Paths,
    Score,
    Seed,
    SifShare,
    SubwordRows,
    Text,
    Words,
)
from ..util.checking import Section


class PathSettings(Section, frozen=True):
    """What to read: a corpus, or vectors and counts; the base pipeline, and a list of terms."""

    corpus: Paths | None
    vectors: Text | None
    counts: Text | None
    base: Text
    terms: Text | None


class CorpusSettings(Section, frozen=True):
    """How texts are read and words told apart."""

    field: Text
    attr: Attr


class PhraseSettings(Section, frozen=True):
    """Which phrases get a vector."""

    min_count: Count
    threshold: Score


class VocabularySettings(Section, frozen=True):
    """Which words get a vector."""

    min_count: Count
    max_vocab: Words | None
    fold_in_min_count: Count | None
    phrases: PhraseSettings | None


class WeightingSettings(Section, frozen=True):
    """How words are weighted in a mean."""

    a: SifShare | None


class SubwordSettings(Section, frozen=True):
    """What makes vectors for words never seen."""

    n_rows: SubwordRows
    min_n: NgramLength
    max_n: NgramLength
    hash_count: Hashes


class StorageSettings(Section, frozen=True):
    """How the table is stored."""

    dtype: Dtype
    max_rows: Count | None
    max_mb: Megabytes | None
    subwords: SubwordSettings | None


class SystemSettings(Section, frozen=True):
    """What is random."""

    seed: Seed
