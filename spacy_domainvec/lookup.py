"""From the tokens of a Doc to rows: the domain's table first, then the general vectors, then subwords."""

import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from spacy.attrs import IDS
from spacy.strings import StringStore, get_string_id
from spacy.tokens import Doc, Span
from spacy.vectors import BaseVectors
from spacy.vocab import Vocab

from .arrays import scaled_to_unit
from .errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from .general import GeneralPart, GeneralVectors
from .table import VectorTable

ATTRS = ("ORTH", "LOWER", "NORM", "LEMMA")
# Words outside the table that are kept ready at a time, 1.2 kB each at width 300.
CACHE_SIZE = 50_000
SEARCH_BATCH = 4096
# What can answer for a token.
DOMAIN, GENERAL, SUBWORD, NONE = "domain", "general", "subword", "none"


@dataclass
class _Cache:
    """Which row answers a token, and the rows of words outside the table.

    Row numbers from `len(table)` on are those of `extra`, whose first row is zeros: the vector of unknown words.
    `sources` says of each of its rows where it is from.
    """

    vectors: BaseVectors
    n_keys: int | None
    general: GeneralPart | None
    extra: np.ndarray
    sources: list[str] = field(default_factory=lambda: [NONE])
    rows: dict[int | tuple[int, ...], int] = field(default_factory=dict)


class VectorLookup:
    """Looks up the combined vectors of tokens. It holds no vocab, so it keeps none alive.

    table: The domain's table.
    attrs: Names of the token attributes to look up, in this order.
    """

    def __init__(self, table: VectorTable, attrs: Sequence[str]) -> None:
        self.table = table
        self._columns = [IDS["ORTH"], *(IDS[attr] for attr in attrs if attr != "ORTH")]
        self._order = [self._columns.index(IDS[attr]) for attr in attrs]
        # ORTH settles LOWER, so one number is enough to know a token by.
        self._by_orth = set(attrs) <= {"ORTH", "LOWER"}
        self._base_id = table.meta.get("base", {}).get("fingerprint")
        self._attrs = attrs
        self._values = np.asarray(table.vectors.values)
        self._scales = None if table.vectors.scales is None else np.asarray(table.vectors.scales)
        self._cache: _Cache | None = None
        self._lock = threading.Lock()

    @property
    def width(self) -> int:
        """Width of the vectors."""
        return self.table.width

    def vectors(self, tokens: Doc | Span) -> np.ndarray:
        """The tokens' vectors, shape (n_tokens, width), float32."""
        found, extra = self._rows(tokens)
        rows = np.array(found, dtype="i8")
        inside = rows < len(self.table)
        vectors = np.empty((len(rows), self.width), dtype="f")
        vectors[inside] = self.table.vectors[rows[inside]]
        vectors[~inside] = extra[rows[~inside] - len(self.table)]
        return vectors

    def mean(self, tokens: Doc | Span) -> np.ndarray:
        """The plain mean of the tokens' vectors, unknown words counting as zeros, shape (width,), float32."""
        rows, extra = self._rows(tokens)
        n_tokens, n_words = len(rows), len(self.table)
        # Lists and take are several times faster here than masks and fancy indexing: texts are short.
        outside = [row - n_words for row in rows if row > n_words]
        if outside or n_words in rows:
            rows = [row for row in rows if row < n_words]
        inside = np.array(rows, dtype="i8")
        vectors = self._values.take(inside, 0)
        if self._scales is None:
            total = vectors.sum(axis=0, dtype="f")
        else:
            total = self._scales.take(inside) @ vectors.astype("f")
        if outside:
            total += extra.take(outside, 0).sum(axis=0)
        if n_tokens:
            total /= n_tokens
        return np.asarray(total)

    def is_known(self, tokens: Doc | Span) -> bool:
        """Whether any of the tokens has a vector."""
        return any(row != len(self.table) for row in self._rows(tokens)[0])

    def source(self, token: Span) -> str:
        """What answers for a token, given as a span of it: "domain", "general", "subword" or "none"."""
        row = self._rows(token)[0][0]
        return DOMAIN if row < len(self.table) else self._cache_of(token.vocab).sources[row - len(self.table)]

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

    def _rows(self, tokens: Any) -> tuple[list[int], np.ndarray]:
        """Row numbers of the tokens, and the extra rows, float32, that numbers from `len(table)` on point to."""
        cache = self._cache_of(tokens.vocab)
        values = tokens.to_array(self._columns).reshape(len(tokens), len(self._columns))
        keys = values[:, 0].tolist() if self._by_orth else list(map(tuple, values.tolist()))
        known = cache.rows
        try:
            rows = [known[key] for key in keys]
        except KeyError:
            rows = [
                known[key] if key in known else self._resolve(cache, tokens.vocab.strings, key, value)
                for key, value in zip(keys, values.tolist())
            ]
        return rows, cache.extra

    def _cache_of(self, vocab: Vocab) -> _Cache:
        cache, vectors = self._cache, vocab.vectors
        n_keys = getattr(vectors, "n_keys", None)
        if cache is None or cache.vectors is not vectors or cache.n_keys != n_keys or len(cache.rows) > CACHE_SIZE:
            general = cache.general if cache and cache.vectors is vectors else self._general_part(vocab)
            cache = self._cache = _Cache(vectors, n_keys, general, np.zeros((64, self.width), dtype="f"))
        return cache

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

    def _of_word(self, word: str, vocab: Vocab) -> tuple[np.ndarray, str]:
        row = self._table_row([get_string_id(word), get_string_id(word.lower())])
        if row is not None:
            return self.table.vectors[row], DOMAIN
        return self._outside(self._cache_of(vocab), word)

    def _outside(self, cache: _Cache, word: str) -> tuple[np.ndarray, str]:
        """The vector of a word that the table lacks, and what it is from."""
        if cache.general is not None:
            for form in dict.fromkeys([word, word.lower()]):
                unit = GeneralVectors(cache.vectors).unit_rows([form])
                if unit.any():
                    return cache.general.embed(unit, self.width)[0], GENERAL
        if self.table.subwords is not None:
            vector = self.table.subwords.vectors([word])[0]
            if vector.any():
                return vector, SUBWORD
        return np.zeros(self.width, dtype="f"), NONE

    def _resolve(self, cache: _Cache, strings: StringStore, key: int | tuple[int, ...], values: Sequence[int]) -> int:
        """The row of a token that was not met before, whose attributes have these values."""
        row = self._table_row([values[i] for i in self._order])
        if row is None:
            vector, source = self._outside(cache, strings[values[0]])
            row = len(self.table) + (self._add(cache, vector, source) if source != NONE else 0)
        cache.rows[key] = row
        return row

    def _add(self, cache: _Cache, vector: np.ndarray, source: str) -> int:
        with self._lock:
            used = len(cache.sources)
            if used == len(cache.extra):
                cache.extra = np.concatenate([cache.extra, np.zeros_like(cache.extra)])
            cache.extra[used] = vector
            cache.sources.append(source)
            return used


def check_attrs(attrs: Sequence[str]) -> list[str]:
    """RAISES: DomainVectorsError (DV004) for an empty list or an unknown name."""
    if not attrs or isinstance(attrs, str) or not set(attrs) <= set(ATTRS):
        raise DomainVectorsError(Errors.DV004.format(value=attrs, allowed=", ".join(ATTRS)))
    return list(attrs)
