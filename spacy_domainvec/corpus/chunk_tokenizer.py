"""Tokenizing much text: each distinct chunk between white space is tokenized only once."""

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

# The chunks that are kept at a time. Each takes about 400 bytes, in the vocab too: 200 MB in all.
MOST_CHUNKS = 2**19
# The limit for their characters, some 100 MB: in text without white space, all chunks are different.
MOST_CHARACTERS = 2**25
# The attributes of a lexeme that tokens need. It has twenty more, which take time to compute.
NEEDED = (LOWER, NORM, IS_SPACE)


@dataclass
class Tokens:
    """The distinct tokens that were met, in the order of their numbers.

    texts: The tokens as they are written.
    keys: The hash of each token's attribute, 0 if it is not set, shape (n_tokens,), uint64.
    words: The strings of these hashes.
    opens: Which tokens are an opening parenthesis, shape (n_tokens,), bool.
    shorts: Which tokens look like an acronym, shape (n_tokens,), bool.
    number_of: The number of each token, by the hashes of its text and of its attribute.
    """

    texts: list[str] = field(default_factory=list)
    keys: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype="u8"))
    words: dict[int, str] = field(default_factory=dict)
    opens: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    shorts: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    number_of: dict[tuple[int, int], int] = field(default_factory=dict)

    def numbers(self, pairs: Sequence[tuple[int, int]], strings: Any) -> np.ndarray:
        """Numbers of tokens, shape (n_tokens,), int32. New tokens are added.

        pairs: The hashes of each token's text and of its attribute.
        strings: A mapping from hashes to strings.
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
    """Turns texts into numbers of tokens, without white space.

    A chunk is the text between white space. spaCy's tokenizer splits each chunk independently of
    its neighbours, so the tokens of a chunk are looked up as a whole. The result is exact, with one
    exception: spaCy may take an emoticon or quotation mark with a space in it for one token. Other
    tokenizers get one text at a time. Chunks with more than 1,000 characters are cut into pieces,
    which are tokenized alone.

    nlp: The pipeline with the tokenizer. Strings of the texts are added to its vocab.
    attr: The token attribute by which words are distinguished: ORTH, LOWER, NORM or LEMMA.
    """

    def __init__(self, nlp: Language, attr: str) -> None:
        self.nlp, self.tokens = nlp, Tokens()
        self._columns = [IDS["ORTH"], IDS[attr]]
        self._number_of: dict[str, int] = {}
        self._n_characters = 0
        # The number of chunks that were shared with other processes, and the files that were read
        # already.
        self._n_told, self._shared = 0, set[str]()
        # The tokens of all chunks, in the order of the chunks; and the start of each, with the end
        # of the last.
        self._numbers, self._starts = np.zeros(0, dtype="i4"), np.zeros(1, dtype="i8")
        tokenizer: Any = nlp.tokenizer
        is_spacys = type(tokenizer) is Tokenizer
        # A rule with a space in it reaches over the end of a chunk.
        self._is_local = is_spacys and not any(len(rule.split()) > 1 for rule in tokenizer.rules)

    @property
    def is_full(self) -> bool:
        """Whether so much is kept that a new tokenizer should replace this one."""
        n_most = max(len(self._number_of), len(self.tokens.keys))
        return n_most > MOST_CHUNKS or self._n_characters > MOST_CHARACTERS

    def numbers(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Tokenize texts.

        RETURNS: The numbers of their tokens, text after text, shape (n_tokens,), int32; and how many
            tokens each text has, shape (n_texts,), int64.
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
        """The same for docs, with the tokens that they have."""
        columns = [*self._columns, IDS["IS_SPACE"]]
        values = [doc.to_array(columns).reshape(len(doc), 3) for doc in docs]
        kept = [found[found[:, 2] == 0, :2] for found in values]
        pairs = list(map(tuple, np.concatenate(kept).tolist())) if kept else []
        lengths = np.array([len(found) for found in kept], dtype="i8")
        return self.tokens.numbers(pairs, self.nlp.vocab.strings), lengths

    def share(self, folder: Path) -> None:
        """Share the chunks that were met since the last call with other processes, and read theirs.

        folder: A folder for the files of all equal tokenizers. Each call writes one file.
        """
        folder.mkdir(exist_ok=True)
        if len(self._number_of) > self._n_told:
            file = folder / f"{uuid.uuid4().hex}.json"
            self._shared.add(file.name)
            with replaced_file(file) as new:
                srsly.write_json(new, self._told(), indent=0)
        # A file that is still being written has a hidden name.
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
    """Ranges of whole numbers, each with its start and length, one after the other, int64."""
    places = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) + np.repeat(starts - places, lengths)


def _sums(lengths: np.ndarray, parts_of_texts: Sequence[Sequence[str]]) -> np.ndarray:
    """The number of tokens of each text, the sum of those of its parts, shape (n_texts,), int64."""
    n_texts = len(parts_of_texts)
    of_text = np.repeat(np.arange(n_texts), [len(parts) for parts in parts_of_texts])
    return np.bincount(of_text, lengths, minlength=n_texts).astype("i8")


def save_tokenizer(nlp: Language, path: Path) -> None:
    """Write a pipeline without its components: the tokenizer, and the lookups of the vocab."""
    config = {"nlp": {**nlp.config["nlp"], "pipeline": [], "disabled": []}}
    small = load_model_from_config(config, auto_fill=True)
    small.vocab.lookups = nlp.vocab.lookups
    small.tokenizer = nlp.tokenizer
    with replaced_directory(path) as new:
        small.to_disk(new)


class _Kept(threading.local):
    """The tokenizer of a thread: threads must not add chunks to the same one at the same time.

    It is released with its thread, or by `release_tokenizer`.
    """

    def __init__(self) -> None:
        self.made: dict[tuple[Path, str], ChunkTokenizer] = {}


_KEPT = _Kept()


def tokenizer_at(path: Path, attr: str) -> ChunkTokenizer:
    """Load a tokenizer that `save_tokenizer` wrote, once in each thread.

    RAISES: DomainVectorsError (DV047).
    """
    key = (path, attr)
    if key not in _KEPT.made or _KEPT.made[key].is_full:
        try:
            nlp = load_model_from_path(path)
        except Exception as e:  # a tokenizer of the user's own may raise any error
            raise DomainVectorsError(Errors.DV047.format(why=e)) from None
        limit_attributes(nlp.vocab, NEEDED)
        _KEPT.made = {key: ChunkTokenizer(nlp, attr)}
    return _KEPT.made[key]


def release_tokenizer() -> None:
    """Release the tokenizer that `tokenizer_at` keeps for this thread."""
    _KEPT.made = {}
