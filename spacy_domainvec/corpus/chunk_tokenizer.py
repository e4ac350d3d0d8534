"""Tokenizing much text: what stands between white space is tokenized once, and its tokens are kept."""

import json
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.attrs import IDS, IS_SPACE, LOWER, NORM
from spacy.language import Language
from spacy.strings import get_string_id
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc
from spacy.util import load_model_from_config, load_model_from_path

from ..errors import DomainVectorsError, Errors
from ..files.replacing import replaced_directory, replaced_file
from ..reading.cutting import LONGEST, pieces_of, pieces_of_chunks
from ..util.compat import limit_attributes
from .acronyms import is_short_form
from .joined_texts import token_values

# Pieces that are kept at a time, about 400 bytes each with what the vocab keeps of them: 200 MB in all.
MOST_CHUNKS = 2**19
# The same in characters, some 100 MB, for text without white space, whose pieces are all different.
MOST_CHARACTERS = 2**25
# What the tokens themselves need of a word; a lexeme has twenty more attributes, which take longer.
NEEDED = (LOWER, NORM, IS_SPACE)


@dataclass
class Tokens:
    """The distinct tokens that were met, in the order of their numbers.

    texts: As they are written.
    keys: Hashes of the attribute that words are told apart by, 0 where it is not set; uint64.
    words: The words of these hashes.
    opens, shorts: Which are an opening parenthesis, and which look like an acronym; bool.
    """

    texts: list[str] = field(default_factory=list)
    keys: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype="u8"))
    words: dict[int, str] = field(default_factory=dict)
    opens: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    shorts: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    number_of: dict[tuple[int, int], int] = field(default_factory=dict)

    def numbers(self, pairs: Sequence[tuple[int, int]], strings: Any) -> np.ndarray:
        """Numbers of tokens, shape (n_tokens,), int32.

        pairs: Hashes of what is written, and of the attribute.
        strings: What has their strings.
        """
        known = self.number_of
        new = [pair for pair in dict.fromkeys(pairs) if pair not in known]
        known.update(zip(new, range(len(known), len(known) + len(new))))
        texts = [strings[orth] for orth, _ in new]
        self.texts += texts
        self.words.update({key: strings[key] for _, key in new if key})
        self.keys = np.concatenate([self.keys, np.array([key for _, key in new], dtype="u8")])
        opens = np.array([text == "(" for text in texts], dtype=bool)
        shorts = np.array([is_short_form(text) for text in texts], dtype=bool)
        self.opens = np.concatenate([self.opens, opens])
        self.shorts = np.concatenate([self.shorts, shorts])
        return np.array([known[pair] for pair in pairs], dtype="i4")


class ChunkTokenizer:
    """Turns texts into numbers of tokens, white space left out.

    spaCy's tokenizer decides on what stands between white space without looking beyond: it is looked
    up as a whole. That is exact but for a quotation mark or emoticon with a space in it, which spaCy may
    take for one token. Other tokenizers get text by text. None gets more than 1,000 characters without
    white space: what is longer is cut, and the tokens of its pieces are those of the text.

    nlp: The pipeline whose tokenizer is used; strings of the texts are added to its vocab.
    attr: What words are told apart by: ORTH, LOWER, NORM or LEMMA.
    """

    def __init__(self, nlp: Language, attr: str) -> None:
        self.nlp, self.tokens = nlp, Tokens()
        self._columns = [IDS["ORTH"], IDS[attr]]
        self._number_of: dict[str, int] = {}
        self._n_characters = 0
        # How many chunks others have been told of, and the files that need not be read again.
        self._n_told, self._shared = 0, set[str]()
        # The tokens of all chunks that were met, in their order; where each starts, and the last ends.
        self._numbers, self._starts = np.zeros(0, dtype="i4"), np.zeros(1, dtype="i8")
        tokenizer: Any = nlp.tokenizer
        is_spacys = type(tokenizer) is Tokenizer
        self._is_local = is_spacys and not any(len(rule.split()) > 1 for rule in tokenizer.rules)

    @property
    def is_full(self) -> bool:
        """Whether it holds so much that another one should take its place."""
        n_most = max(len(self._number_of), len(self.tokens.keys))
        return n_most > MOST_CHUNKS or self._n_characters > MOST_CHARACTERS

    def numbers(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Tokenize texts.

        RETURNS: Numbers of `tokens`, text after text, shape (n_tokens,), int32; and how many each
            text has, shape (n_texts,), int64.
        """
        if not self._is_local:
            return self._text_by_text(texts)
        split = [text.split() for text in texts]
        try:
            found = list(map(self._number_of.__getitem__, chain.from_iterable(split)))
        except KeyError:
            distinct = dict.fromkeys(chain.from_iterable(split))
            new = [chunk for chunk in distinct if chunk not in self._number_of]
            if any(len(chunk) > LONGEST for chunk in new):
                split = [pieces_of_chunks(chunks) for chunks in split]
                distinct = dict.fromkeys(chain.from_iterable(split))
                new = [chunk for chunk in distinct if chunk not in self._number_of]
            self._meet(new)
            found = list(map(self._number_of.__getitem__, chain.from_iterable(split)))
        numbers = np.array(found, dtype="i4")
        starts = self._starts[numbers]
        lengths = self._starts[numbers + 1] - starts
        return self._numbers[_ranges(starts, lengths)], _sums(lengths, split)

    def _text_by_text(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        pieces = [pieces_of(text.strip()) for text in texts]
        docs = [self.nlp.tokenizer(piece) for piece in chain.from_iterable(pieces)]
        numbers, lengths = self.of_docs(docs)
        return numbers, _sums(lengths, pieces)

    def of_docs(self, docs: Sequence[Doc]) -> tuple[np.ndarray, np.ndarray]:
        """The same of docs, which keep the tokens that they have."""
        columns = [*self._columns, IDS["IS_SPACE"]]
        values = [doc.to_array(columns).reshape(len(doc), 3) for doc in docs]
        kept = [found[found[:, 2] == 0, :2] for found in values]
        pairs = list(map(tuple, np.concatenate(kept).tolist())) if kept else []
        lengths = np.array([len(found) for found in kept], dtype="i8")
        return self.tokens.numbers(pairs, self.nlp.vocab.strings), lengths

    def share(self, folder: Path) -> None:
        """Tell tokenizers of other processes what was met since the last call; take over what they told.

        folder: For one file a call, of all tokenizers that work alike.
        """
        folder.mkdir(exist_ok=True)
        if len(self._number_of) > self._n_told:
            file = folder / f"{uuid.uuid4().hex}.json"
            self._shared.add(file.name)
            with replaced_file(file) as new:
                srsly.write_json(new, self._told(), indent=0)
        # What is being written is hidden.
        for file in sorted(folder.glob("[!.]*.json")):
            if file.name not in self._shared and len(self._number_of) < MOST_CHUNKS // 2:
                self._shared.add(file.name)
                self._take_over(json.loads(file.read_bytes()))
        self._n_told = len(self._number_of)

    def _told(self) -> dict[str, list[Any]]:
        starts = self._starts[self._n_told :]
        numbers = self._numbers[starts[0] :]
        distinct, places = np.unique(numbers, return_inverse=True)
        texts = [self.tokens.texts[i] for i in distinct.tolist()]
        words = [self.tokens.words.get(key) for key in self.tokens.keys[distinct].tolist()]
        chunks = list(islice(self._number_of, self._n_told, None))
        told = {"chunks": chunks, "lengths": np.diff(starts).tolist(), "tokens": places.tolist()}
        return {**told, "texts": texts, "words": words}

    def _take_over(self, told: dict[str, list[Any]]) -> None:
        strings: dict[int, str | None] = {}
        hashes: list[tuple[int, int]] = []
        for text, word in zip(told["texts"], told["words"]):
            hashes.append((get_string_id(text), 0 if word is None else get_string_id(word)))
            strings.update(zip(hashes[-1], (text, word)))
        numbers = self.tokens.numbers(hashes, strings)[told["tokens"]]
        is_new = np.array([chunk not in self._number_of for chunk in told["chunks"]], dtype=bool)
        lengths = np.array(told["lengths"], dtype="i8")
        chunks = [chunk for chunk in told["chunks"] if chunk not in self._number_of]
        self._add(chunks, numbers[np.repeat(is_new, lengths)], lengths[is_new])

    def _meet(self, chunks: list[str]) -> None:
        values, lengths = token_values(self.nlp.tokenizer, chunks, self._columns)
        numbers = self.tokens.numbers(list(map(tuple, values.tolist())), self.nlp.vocab.strings)
        self._add(chunks, numbers, lengths)

    def _add(self, chunks: list[str], numbers: np.ndarray, lengths: np.ndarray) -> None:
        self._numbers = np.concatenate([self._numbers, numbers])
        self._starts = np.concatenate([self._starts, self._starts[-1] + np.cumsum(lengths)])
        self._n_characters += sum(map(len, chunks))
        n_before = len(self._number_of)
        self._number_of.update({chunk: n_before + i for i, chunk in enumerate(chunks)})


def _ranges(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The whole numbers from each start on, as many as its length, one range after the other, int64."""
    places = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) + np.repeat(starts - places, lengths)


def _sums(lengths: np.ndarray, parts_of_texts: Sequence[Sequence[str]]) -> np.ndarray:
    """How many tokens each text has, given how many each of its parts has, shape (n_texts,), int64."""
    n_texts = len(parts_of_texts)
    of_text = np.repeat(np.arange(n_texts), [len(parts) for parts in parts_of_texts])
    return np.bincount(of_text, lengths, minlength=n_texts).astype("i8")


def save_tokenizer(nlp: Language, path: Path) -> None:
    """Write the tokenizer of a pipeline, and what its vocab needs for it, as a pipeline of its own."""
    config = {"nlp": {**nlp.config["nlp"], "pipeline": [], "disabled": []}}
    small = load_model_from_config(config, auto_fill=True)
    small.vocab.lookups = nlp.vocab.lookups
    small.tokenizer = nlp.tokenizer
    with replaced_directory(path) as new:
        small.to_disk(new)


class _Kept(threading.local):
    """The tokenizer that a thread works with. The threads of a worker would meet words at the same time.

    It ends with its thread, or when `release_tokenizer` is called there.
    """

    def __init__(self) -> None:
        self.made: dict[tuple[Path, str], ChunkTokenizer] = {}


_KEPT = _Kept()


def tokenizer_at(path: Path, attr: str) -> ChunkTokenizer:
    """What `save_tokenizer` wrote, loaded once in each process. RAISES: DomainVectorsError (DV047)."""
    key = (path, attr)
    if key not in _KEPT.made or _KEPT.made[key].is_full:
        try:
            nlp = load_model_from_path(path)
        except Exception as e:  # whatever a tokenizer of a user's own raises
            raise DomainVectorsError(Errors.DV047.format(why=e)) from None
        limit_attributes(nlp.vocab, NEEDED)
        _KEPT.made = {key: ChunkTokenizer(nlp, attr)}
    return _KEPT.made[key]


def release_tokenizer() -> None:
    """Let go of what `tokenizer_at` keeps for this thread."""
    _KEPT.made = {}
