"""From the tokens of a Doc to rows: the domain's table first, then the general vectors, then subwords."""

import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from spacy.attrs import IDS
from spacy.strings import get_string_id
from spacy.tokens import Doc, Span, Token
from spacy.vectors import BaseVectors
from spacy.vocab import Vocab

from .arrays import scaled_to_unit
from .errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from .general import GeneralPart, GeneralVectors
from .table import VectorTable

ATTRS = ("ORTH", "LOWER", "NORM", "LEMMA")
# Words that are kept ready as float32 at a time, 1.2 kB each at width 300.
CACHE_SIZE = 65_536
SEARCH_BATCH = 4096
# What can answer for a token.
DOMAIN, GENERAL, SUBWORD, NONE = "domain", "general", "subword", "none"


@dataclass
class _Cache:
    """The vectors of words that were met. The first row is zeros, that of unknown words.

    vectors, n_keys, general: The vocab's own vectors, as they were, and how they are used.
    rows: Shape (at least the number of words, width), float32.
    sources: What each row is from.
    table_rows: The row of the table that it is, -1 for rows from elsewhere.
    row_of: The row of a token, by its attributes.
    """

    vectors: BaseVectors
    n_keys: int | None
    general: GeneralPart | None
    rows: np.ndarray
    sources: list[str] = field(default_factory=lambda: [NONE])
    table_rows: list[int] = field(default_factory=lambda: [-1])
    row_of: dict[int | tuple[int, ...], int] = field(default_factory=dict)
    _sorted: tuple[np.ndarray, np.ndarray] = field(
        default_factory=lambda: (np.zeros(0, dtype="u8"), np.zeros(0, dtype="i8"))
    )

    def sorted_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """The tokens that are known by one number, increasing, uint64, and their rows, int64; at least one."""
        n = len(self.row_of)
        if len(self._sorted[0]) != max(n, 1):
            keys = np.fromiter(self.row_of, "u8", n)
            order = np.argsort(keys)
            rows = np.fromiter(self.row_of.values(), "i8", n)
            self._sorted = (keys[order], rows[order]) if n else (np.zeros(1, dtype="u8"), np.zeros(1, dtype="i8"))
        return self._sorted


class VectorLookup:
    """Looks up the combined vectors of tokens. It holds no vocab, so it keeps none alive.

    table: The domain's table.
    attrs: Names of the token attributes to look up, in this order.
    columns: The attributes that a token is known by, as numbers of `spacy.attrs`.
    """

    def __init__(self, table: VectorTable, attrs: Sequence[str]) -> None:
        self.table = table
        # ORTH settles LOWER, so one number is enough to know a token by.
        self._by_orth = set(attrs) <= {"ORTH", "LOWER"}
        others = [] if self._by_orth else [IDS[attr] for attr in attrs if attr != "ORTH"]
        self.columns = [IDS["ORTH"], *others]
        self._base_id = table.meta.get("base", {}).get("fingerprint")
        self._attrs = attrs
        self._cache: _Cache | None = None
        self._lock = threading.Lock()

    @property
    def width(self) -> int:
        """Width of the vectors."""
        return self.table.width

    def vector(self, token: Token) -> np.ndarray:
        """The vector of a token, shape (width,), float32."""
        cache = self._cache_of(token.vocab)
        number = cache.row_of.get(token.orth) if self._by_orth else None
        if number is None:
            return self.vectors(token.doc[token.i : token.i + 1])[0]
        return cache.rows[number].copy()

    def vectors(self, tokens: Doc | Span) -> np.ndarray:
        """The tokens' vectors, shape (n_tokens, width), float32."""
        numbers, rows = self._find(tokens)
        return rows.take(np.array(numbers, dtype="i8"), 0)

    def table_rows(self, tokens: Doc | Span) -> np.ndarray:
        """The row of the table that answers for each token, -1 where none does, shape (n_tokens,), int64."""
        numbers, _ = self._find(tokens)
        known = self._cache_of(tokens.vocab).table_rows
        return np.array([known[number] for number in numbers], dtype="i8")

    def mean(self, tokens: Doc | Span) -> np.ndarray:
        """The plain mean of the tokens' vectors, unknown words counting as zeros, shape (width,), float32."""
        numbers, rows = self._find(tokens)
        # Twice as fast as take and mean: texts are short.
        return np.asarray(equal_shares(len(numbers)).dot(rows.take(np.array(numbers, dtype="i8"), 0)))

    def rows_of(self, values: np.ndarray, vocab: Vocab) -> tuple[np.ndarray, np.ndarray]:
        """What `pooling` makes vectors of many texts from.

        values: The attributes `columns` of each token of all texts, shape (n_tokens, n_columns), uint64.
        vocab: The vocab of all of them.
        RETURNS: Rows, shape (n_rows, width), float32; and the row of each token, shape (n_tokens,), int64.
        """
        if not self._by_orth:
            numbers, rows = self._find_values(values, vocab)
            return rows, np.array(numbers, dtype="i8")
        # Of many keys, faster than a dict: see tests/benchmarks/pooling_speed.py.
        keys = values[:, 0]
        cache = self._cache_of(vocab)
        known, numbers_of = cache.sorted_rows()
        places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        is_new = known[places] != keys
        if is_new.any():
            self._find_values(np.unique(keys[is_new]), vocab)
            known, numbers_of = cache.sorted_rows()
            places = np.searchsorted(known, keys)
        return cache.rows, numbers_of[places]

    def is_known(self, tokens: Doc | Span) -> bool:
        """Whether any of the tokens has a vector."""
        return any(self._find(tokens)[0])

    def source(self, token: Span) -> str:
        """What answers for a token, given as a span of it: "domain", "general", "subword" or "none"."""
        (number,), _ = self._find(token)
        return self._cache_of(token.vocab).sources[number]

    def phrase(self, span: Span) -> np.ndarray | None:
        """The row of a span that is a phrase of the table, shape (width,), float32; None for any other span."""
        if not 1 < len(span) <= self.table.longest_phrase:
            return None
        forms = [" ".join(getattr(token, f"{attr.lower()}_") for token in span) for attr in self._attrs]
        row = self._table_row([get_string_id(form) for form in forms])
        return None if row is None else self.table.vectors[row]

    def word_vector(self, word: str, vocab: Vocab) -> np.ndarray:
        """The vector of a word or phrase as a token or span of that text would have it; zeros for an unknown one."""
        return self._of_word(word, vocab)[0]

    def word_rows(self, words: Sequence[str]) -> np.ndarray:
        """The row of the table that answers for each word or phrase, -1 where none does, shape (n_words,), int64."""
        rows = [self._word_row(word) for word in words]
        return np.array([-1 if row is None else row for row in rows], dtype="i8")

    def word_source(self, word: str, vocab: Vocab) -> str:
        """What answers for a word or phrase: "domain", "general", "subword" or "none"."""
        return self._of_word(word, vocab)[1]

    def most_similar(self, query: np.ndarray, n: int) -> list[tuple[str, float]]:
        """The words of the table whose vectors have the largest cosine with the query, shape (width,)."""
        unit = scaled_to_unit(np.asarray(query, dtype="f").reshape(1, -1))[0]
        slices = [slice(i, i + SEARCH_BATCH) for i in range(0, len(self.table), SEARCH_BATCH)]
        cosines = np.concatenate([scaled_to_unit(self.table.vectors[s]) @ unit for s in slices] or [np.zeros(0)])
        best = np.argsort(-cosines, kind="stable")[:n]
        return [(self.table.words[i], float(cosines[i])) for i in best]

    def _find(self, tokens: Any) -> tuple[list[int], np.ndarray]:
        """Row numbers of the tokens, and the rows, float32, that they point to."""
        values = tokens.to_array(self.columns).reshape(len(tokens), len(self.columns))
        return self._find_values(values, tokens.vocab)

    def values(self, docs: Sequence[Any]) -> np.ndarray:
        """The attributes `columns` of each token of docs and spans, shape (n_tokens, n_columns), uint64."""
        # A Doc is faster to give one attribute than a list of one; a Span can't.
        spans, one = self.columns, self.columns[0] if len(self.columns) == 1 else self.columns
        found = [doc.to_array(one if type(doc) is Doc else spans).ravel() for doc in docs]
        return np.concatenate(found or [np.zeros(0, dtype="u8")]).reshape(-1, len(self.columns))

    def _find_values(self, values: np.ndarray, vocab: Vocab) -> tuple[list[int], np.ndarray]:
        cache = self._cache_of(vocab)
        keys = values.ravel().tolist() if self._by_orth else list(map(tuple, values.tolist()))
        known = cache.row_of
        try:
            numbers = list(map(known.__getitem__, keys))
        except KeyError:
            self._meet(cache, vocab, [key for key in dict.fromkeys(keys) if key not in known])
            numbers = list(map(known.__getitem__, keys))
        return numbers, cache.rows

    def _cache_of(self, vocab: Vocab) -> _Cache:
        cache, vectors = self._cache, vocab.vectors
        n_keys = getattr(vectors, "n_keys", None)
        if cache is None or cache.vectors is not vectors or cache.n_keys != n_keys or len(cache.row_of) > CACHE_SIZE:
            general = cache.general if cache and cache.vectors is vectors else self._general_part(vocab)
            cache = self._cache = _Cache(vectors, n_keys, general, np.zeros((256, self.width), dtype="f"))
        return cache

    def general_part(self, vocab: Vocab) -> GeneralPart | None:
        """How the vocab's own vectors answer for words that the table lacks; None where they don't."""
        return self._cache_of(vocab).general

    def _general_part(self, vocab: Vocab) -> GeneralPart | None:
        """How the vocab's own vectors are to be used: not at all where they are not those of the base."""
        part = GeneralPart.from_meta(self.table.meta.get("general"))
        found = GeneralVectors(vocab.vectors)
        if part and not found.is_table_of(self._base_id):
            message = Warnings.DV103.format(found_id=found.fingerprint, expected_id=self._base_id)
            warnings.warn(message, DomainVectorsWarning, stacklevel=5)
            return None
        return part

    def _table_row(self, keys: Sequence[int]) -> int | None:
        return next((self.table.key2row[key] for key in keys if key in self.table.key2row), None)

    def _word_row(self, word: str) -> int | None:
        # Without a text, the lower-cased word stands for its norm and its lemma.
        return self._table_row([get_string_id(word if attr == "ORTH" else word.lower()) for attr in self._attrs])

    def _of_word(self, word: str, vocab: Vocab) -> tuple[np.ndarray, str]:
        row = self._word_row(word)
        if row is not None:
            return self.table.vectors[row], DOMAIN
        vectors, sources = self._outside(self._cache_of(vocab), [word])
        return vectors[0], sources[0]

    def _outside(self, cache: _Cache, words: Sequence[str]) -> tuple[np.ndarray, list[str]]:
        """The vectors of words that the table lacks, shape (n_words, width), and what they are from."""
        vectors = np.zeros((len(words), self.width), dtype="f")
        sources = [NONE] * len(words)

        def fill(source: str, forms: Sequence[str], answer: Callable[[list[str]], np.ndarray]) -> None:
            left = [i for i, found in enumerate(sources) if found == NONE]
            if not left:
                return
            vectors[left] = found = answer([forms[i] for i in left])
            for i in np.flatnonzero(found.any(axis=1)).tolist():
                sources[left[i]] = source

        general, subwords = cache.general, self.table.subwords
        if general is not None:
            base = GeneralVectors(cache.vectors)
            for forms in (words, [word.lower() for word in words]):
                fill(GENERAL, forms, lambda left: general.embed(base.unit_rows(left), self.width))
        if subwords is not None:
            fill(SUBWORD, words, subwords.vectors)
        return vectors, sources

    def _meet(self, cache: _Cache, vocab: Vocab, keys: Sequence[Any]) -> None:
        """Find the vectors of tokens that were not met before, each given by its attributes."""
        rows = [self._table_row(self._attributes(key, vocab)) for key in keys]
        inside = {key: row for key, row in zip(keys, rows) if row is not None}
        outside = [key for key, row in zip(keys, rows) if row is None]
        numbers = list(inside.values())
        self._add(cache, list(inside), self.table.vectors[numbers], [DOMAIN] * len(inside), numbers)
        words = [vocab.strings[key if self._by_orth else key[0]] for key in outside]
        vectors, sources = self._outside(cache, words)
        self._add(cache, outside, vectors, sources, [-1] * len(outside))

    def _attributes(self, key: Any, vocab: Vocab) -> list[int]:
        """What to look a token up by, in this order."""
        if self._by_orth:
            lexeme = vocab[key]
            return [lexeme.orth if attr == "ORTH" else lexeme.lower for attr in self._attrs]
        return [key[self.columns.index(IDS[attr])] for attr in self._attrs]

    def _add(
        self, cache: _Cache, keys: Sequence[Any], vectors: np.ndarray, sources: Sequence[str], rows: Sequence[int]
    ) -> None:
        known = [i for i, source in enumerate(sources) if source != NONE]
        with self._lock:
            start = len(cache.sources)
            end = start + len(known)
            if end > len(cache.rows):
                grown = np.zeros((max(end, 2 * len(cache.rows)), self.width), dtype="f")
                grown[:start] = cache.rows[:start]
                cache.rows = grown
            cache.rows[start:end] = vectors[known]
            cache.sources += [sources[i] for i in known]
            cache.table_rows += [rows[i] for i in known]
            # In one go: another thread may be reading.
            cache.row_of.update(dict.fromkeys(keys, 0) | {keys[i]: start + n for n, i in enumerate(known)})


@lru_cache(maxsize=1024)
def equal_shares(n: int) -> np.ndarray:
    """What n parts are multiplied by for their mean, shape (n,), float32."""
    return np.full(n, 1 / max(n, 1), dtype="f")


def check_attrs(attrs: Sequence[str]) -> list[str]:
    """RAISES: DomainVectorsError (DV004) for an empty list or an unknown name."""
    if not attrs or isinstance(attrs, str) or not set(attrs) <= set(ATTRS):
        raise DomainVectorsError(Errors.DV004.format(value=attrs, allowed=", ".join(ATTRS)))
    return list(attrs)
