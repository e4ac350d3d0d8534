"""The sections of a config, as a schema."""

from ..learning.ranges import (
    Attr,
    Count,
    Dtype,
    Growth,
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
    """The inputs: a corpus, or vectors and counts; the base pipeline; terms; labelled texts."""

    corpus: Paths | None
    vectors: Text | None
    counts: Text | None
    base: Text
    terms: Text | None
    labelled: Text | None


class CorpusSettings(Section, frozen=True):
    """The field with the text, and the attribute that tells words apart."""

    field: Text
    attr: Attr


class PhraseSettings(Section, frozen=True):
    """The phrases that get vectors."""

    min_count: Count
    threshold: Score


class VocabularySettings(Section, frozen=True):
    """The words that get vectors."""

    min_count: Count
    max_vocab: Words | None
    fold_in_min_count: Count | None
    phrases: PhraseSettings | None


class WeightingSettings(Section, frozen=True):
    """The weights of words in a mean."""

    a: SifShare | None


class SubwordSettings(Section, frozen=True):
    """The table of character n-grams for unseen words."""

    n_rows: SubwordRows
    min_n: NgramLength
    max_n: NgramLength
    hash_count: Hashes


class StorageSettings(Section, frozen=True):
    """The dtype and the size of the stored table."""

    dtype: Dtype
    max_rows: Count | None
    max_growth: Growth | None
    max_mb: Megabytes | None
    subwords: SubwordSettings | None


class SystemSettings(Section, frozen=True):
    """The seed of all random numbers."""

    seed: Seed
