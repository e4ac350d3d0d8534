"""The look-up of tokens: in the domain's table, else in the base's vectors, else by subwords."""

import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from spacy.attrs import IDS
from spacy.strings import get_string_id
from spacy.tokens import Doc, Span, Token
from spacy.vocab import Vocab

from ..errors import DomainVectorsError, DomainVectorsWarning, Errors, Warnings
from ..table.answers import DOMAIN, NONE, inside, outside
from ..table.base_vectors import BaseTable
from ..table.space import BasePart
from ..table.table import VectorTable
from ..util.attrs import ATTRS
from .lookup_cache import LookupCache

# The shares of texts with fewer tokens are cached, 2 MB in all.
LONG_TEXT = 1024


class VectorLookup:
    """Looks up the combined vectors of tokens. It holds no vocab, so it keeps none alive.

    table: The domain's table.
    attrs: Names of the token attributes to look up, in this order.
    columns: The attributes that identify a token, as numbers of `spacy.attrs`.
    """

    def __init__(self, table: VectorTable, attrs: Sequence[str]) -> None:
        self.table = table
        # ORTH determines LOWER, so one number identifies a token.
        self._by_orth = set(attrs) <= {"ORTH", "LOWER"}
        others = [] if self._by_orth else [IDS[attr] for attr in attrs if attr != "ORTH"]
        self.columns = [IDS["ORTH"], *others]
        self._base_id = table.meta.get("base", {}).get("fingerprint")
        self._attrs = attrs
        self._cache: LookupCache | None = None

    @property
    def width(self) -> int:
        """Width of the vectors."""
        return self.table.width

    def vector(self, token: Token) -> np.ndarray:
        """The vector of a token, shape (width,), float32."""
        cache = self._cache_of(token.vocab)
        number = cache.row_of.get(token.orth) if self._by_orth else None
        if number is None or cache.is_stale((number,)):
            return self.vectors(token.doc[token.i : token.i + 1])[0]
        return cache.rows[number].copy()

    def vectors(self, tokens: Doc | Span) -> np.ndarray:
        """The tokens' vectors, shape (n_tokens, width), float32."""
        cache, numbers = self._find(tokens)
        return cache.rows.take(np.array(numbers, dtype="i8"), 0)

    def table_rows(self, tokens: Doc | Span) -> np.ndarray:
        """The row of each token in the table, -1 for none, shape (n_tokens,), int64."""
        cache, numbers = self._find(tokens)
        return np.array([cache.table_rows[number] for number in numbers], dtype="i8")

    def mean(self, tokens: Doc | Span) -> np.ndarray:
        """The mean of the tokens' vectors, with zeros for unknown words, shape (width,), float32."""
        cache, numbers = self._find(tokens)
        rows = cache.rows.take(np.array(numbers, dtype="i8"), 0)
        # For short texts, twice as fast as the method mean.
        return np.asarray(equal_shares(len(numbers)).dot(rows))

    def rows_of(self, values: np.ndarray, vocab: Vocab) -> tuple[np.ndarray, np.ndarray]:
        """The input of `pooling` for many texts.

        values: The attributes `columns` of each token of all texts, shape (n_tokens, n_columns), uint64.
        vocab: The vocab of all texts.
        RETURNS: Rows, shape (n_rows, width), float32; and the row of each token, shape (n_tokens,),
            int64.
        """
        if not self._by_orth:
            cache, found = self._find_keys(list(map(tuple, values.tolist())), vocab)
            return cache.rows, np.array(found, dtype="i8")
        cache = self._cache_of(vocab)
        numbers = self._numbers_of(cache, values[:, 0], vocab)
        if cache.is_stale(cache.watched(numbers)):
            cache = self._new_cache(vocab)
            numbers = self._numbers_of(cache, values[:, 0], vocab)
        return cache.rows, numbers

    def is_known(self, tokens: Doc | Span) -> bool:
        """Whether any of the tokens has a vector."""
        cache, numbers = self._find(tokens)
        return any(cache.sources[number] != NONE for number in numbers)

    def source(self, token: Span) -> str:
        """The source of a token's vector: "domain", "general", "subword" or "none".

        token: A span of one token.
        """
        cache, (number,) = self._find(token)
        return cache.sources[number]

    def phrase(self, span: Span) -> np.ndarray | None:
        """The row of a span that is a phrase of the table, shape (width,), float32; None for others."""
        if not 1 < len(span) <= self.table.longest_phrase:
            return None
        names = [f"{attr.lower()}_" for attr in self._attrs]
        forms = [" ".join(getattr(token, name) for token in span) for name in names]
        row = self._table_row([get_string_id(form) for form in forms])
        return None if row is None else self.table.vectors[row]

    def word_vector(self, word: str, vocab: Vocab) -> np.ndarray:
        """The vector of a word or phrase, shape (width,), float32; zeros for an unknown one."""
        return self._of_word(word, vocab)[0]

    def word_rows(self, words: Sequence[str]) -> np.ndarray:
        """The row of each word or phrase in the table, -1 for none, shape (n_words,), int64."""
        rows = [self._word_row(word) for word in words]
        return np.array([-1 if row is None else row for row in rows], dtype="i8")

    def word_source(self, word: str, vocab: Vocab) -> str:
        """The source of the vector of a word or phrase: "domain", "general", "subword" or "none"."""
        return self._of_word(word, vocab)[1]

    def _find(self, tokens: Any) -> tuple[LookupCache, list[int]]:
        """A cache, and the numbers of tokens in it."""
        values = tokens.to_array(self.columns).reshape(len(tokens), len(self.columns))
        keys = values.ravel().tolist() if self._by_orth else list(map(tuple, values.tolist()))
        return self._find_keys(keys, tokens.vocab)

    def values(self, docs: Sequence[Any]) -> np.ndarray:
        """The attributes `columns` of all tokens, shape (n_tokens, n_columns), uint64.

        docs: Docs and spans.
        """
        # For a Doc, one attribute is faster than a list of one; a Span takes only lists.
        of_span = self.columns
        of_doc = of_span[0] if len(of_span) == 1 else of_span
        found = [doc.to_array(of_doc if type(doc) is Doc else of_span).ravel() for doc in docs]
        return np.concatenate(found or [np.zeros(0, dtype="u8")]).reshape(-1, len(self.columns))

    def _find_keys(self, keys: Sequence[Any], vocab: Vocab) -> tuple[LookupCache, list[int]]:
        # One cache for the whole call, because another thread may replace self._cache.
        cache = self._cache_of(vocab)
        known = cache.row_of
        try:
            numbers = list(map(known.__getitem__, keys))
        except KeyError:
            self._meet(cache, vocab, [key for key in dict.fromkeys(keys) if key not in known])
            numbers = list(map(known.__getitem__, keys))
        if cache.is_stale(numbers):
            cache = self._new_cache(vocab)
            self._meet(cache, vocab, list(dict.fromkeys(keys)))
            numbers = list(map(cache.row_of.__getitem__, keys))
        return cache, numbers

    def _numbers_of(self, cache: LookupCache, keys: np.ndarray, vocab: Vocab) -> np.ndarray:
        # For many keys, faster than a dict: see tests/benchmarks/pooling_speed.py.
        numbers = cache.find(keys)
        is_new = numbers < 0
        if is_new.any():
            self._meet(cache, vocab, np.unique(keys[is_new]).tolist())
            numbers = cache.find(keys)
        return numbers

    def _cache_of(self, vocab: Vocab) -> LookupCache:
        cache = self._cache
        return cache if cache is not None and cache.can_serve(vocab.vectors) else self._new_cache(vocab)

    def _new_cache(self, vocab: Vocab) -> LookupCache:
        cache = self._cache
        if cache is not None and cache.base.vectors is vocab.vectors:
            made = LookupCache(cache.base, cache.part, self.width)
        else:
            base = BaseTable(vocab.vectors)
            made = LookupCache(base, self._base_part(base), self.width)
        self._cache = made
        return made

    def base_part(self, vocab: Vocab) -> BasePart | None:
        """How the vocab's own vectors answer for words that the table lacks; None where they don't."""
        return self._cache_of(vocab).part

    def _base_part(self, found: BaseTable) -> BasePart | None:
        """How the vocab's own vectors are to be used: not at all if they are not those of the base."""
        part = self.table.base
        if part is not None and not (found.is_table_of(self._base_id) and part.fits(found.width)):
            spelled = "a vector by their spelling only" if self.table.subwords else "no vector"
            shown = {"found_id": found.fingerprint, "expected_id": self._base_id}
            instead = f"words that the domain never saw have {spelled}"
            message = Warnings.DV103.format(**shown, instead=instead)
            warnings.warn(message, DomainVectorsWarning, stacklevel=5)
            return None
        return part

    def _table_row(self, keys: Sequence[int]) -> int | None:
        return next((self.table.key2row[key] for key in keys if key in self.table.key2row), None)

    def _word_row(self, word: str) -> int | None:
        # Outside a text, the lower-case word stands for its norm and its lemma.
        forms = [word if attr == "ORTH" else word.lower() for attr in self._attrs]
        return self._table_row([get_string_id(form) for form in forms])

    def _of_word(self, word: str, vocab: Vocab) -> tuple[np.ndarray, str]:
        row = self._word_row(word)
        if row is not None:
            return self.table.vectors[row], DOMAIN
        cache = self._cache_of(vocab)
        found = outside(self.table, cache.base, cache.part, [word])
        return found.vectors[0], found.sources[0]

    def _meet(self, cache: LookupCache, vocab: Vocab, keys: Sequence[Any]) -> None:
        """Add the vectors of new tokens to a cache; each token is given by its attributes."""
        rows = [self._table_row(self._attributes(key, vocab)) for key in keys]
        of_table = {key: row for key, row in zip(keys, rows) if row is not None}
        others = [key for key, row in zip(keys, rows) if row is None]
        cache.add(list(of_table), inside(self.table, list(of_table.values())))
        words = [vocab.strings[key if self._by_orth else key[0]] for key in others]
        cache.add(others, outside(self.table, cache.base, cache.part, words))

    def _attributes(self, key: Any, vocab: Vocab) -> list[int]:
        """The keys to look a token up by, in this order."""
        if self._by_orth:
            lexeme = vocab[key]
            return [lexeme.orth if attr == "ORTH" else lexeme.lower for attr in self._attrs]
        return [key[self.columns.index(IDS[attr])] for attr in self._attrs]


def equal_shares(n: int) -> np.ndarray:
    """The weights of n rows in their mean, 1 / n each, shape (n,), float32."""
    return _kept_shares(n) if n < LONG_TEXT else _shares(n)


@lru_cache(maxsize=LONG_TEXT)
def _kept_shares(n: int) -> np.ndarray:
    return _shares(n)


def _shares(n: int) -> np.ndarray:
    return np.full(n, 1 / max(n, 1), dtype="f")


def check_attrs(attrs: Sequence[str]) -> list[str]:
    """The names as a list. RAISES: DomainVectorsError (DV004) for an empty list or an unknown name."""
    if not attrs or isinstance(attrs, str) or not set(attrs) <= set(ATTRS):
        raise DomainVectorsError(Errors.DV004.format(value=attrs, allowed=", ".join(ATTRS)))
    return list(attrs)
