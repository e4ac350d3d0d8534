"""Writing a folder of model2vec: a row for each word, and a tokenizer that splits as the pipeline's."""

import json
import re
import unicodedata
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.attrs import ORTH
from spacy.language import Language
from spacy.tokenizer import Tokenizer

from ..about import __version__
from ..errors import DomainVectorsError, Errors
from ..files.kinds import MODEL2VEC, SAFETENSORS
from ..files.outputs import written_directory, written_file
from ..pipeline.component import DomainVectors
from ..pipeline.loading import find_component
from ..table.base_vectors import BaseTable
from ..util.extras import import_extra
from .flat_table import FlatTable

UNKNOWN = "[UNK]"
MADE_BY = {"made_by": f"spacy-domainvec {__version__}"}
# Sentence-transformers reads this list of modules.
MODULES = [
    {"idx": 0, "name": "0", "path": ".", "type": "sentence_transformers.models.StaticEmbedding"},
    {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"},
]
# Prefixes and suffixes are split off so many times from each side of a word: each time costs speed.
MOST_AFFIXES = 4
SPLITTERS = ("prefix_search", "suffix_search", "infix_finditer")
FLAGS = re.compile(r"\(\?([a-zA-Z]+)\)")
ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


def write_safetensors(flat: FlatTable, output: str | Path) -> int:
    """Write a safetensors file with the arrays "vectors" and "rows".

    `vectors[rows[i]]` is the vector of word i of the JSON list "words" in its metadata.

    RETURNS: The number of words with a vector.
    RAISES: DomainVectorsError (DV011, DV024, DV066).
    """
    numpy = import_extra("safetensors.numpy", "writing safetensors", "static")
    metadata = {**MADE_BY, "words": json.dumps(flat.words, ensure_ascii=False)}
    arrays = {"rows": flat.rows, "vectors": np.ascontiguousarray(flat.vectors)}
    with written_file(output, SAFETENSORS) as new:
        numpy.save_file(arrays, str(new), metadata=metadata)
    return len(flat)


def write_model2vec(
    flat: FlatTable, output: str | Path, nlp: Language, words: Collection[str] = (), max_rows: int | None = None
) -> int:
    """Write a folder for `StaticModel.from_pretrained` and `SentenceTransformer`.

    Both give unit-length vectors. The mean of a text's rows has the direction of `doc._.dvec`, if each
    of its words has a row. Words that share a row with the word that it was made for are left out, as
    the row is not their `dvec`.

    nlp: The pipeline of the table.
    words: Words that get a row in any case, if they are in the table.
    max_rows: The number of words; None for all.
    RETURNS: The number of words with a vector.
    RAISES: DomainVectorsError (DV011, DV024, DV066, DV097 for a tokenizer without spaCy's rules).
    """
    tokenizers = import_extra("tokenizers", "writing a model of model2vec", "static")
    numpy = import_extra("safetensors.numpy", "writing a model of model2vec", "static")
    component = find_component(nlp)
    rules = _rules(nlp)
    kept = _exact_words(flat, nlp, words)[:max_rows]
    split = _split_words(rules, component)
    names = [name for i in kept if (name := flat.words[i]) not in split]
    rows = flat.vectors[flat.rows[[i for i in kept if flat.words[i] not in split]]]
    unknown = np.zeros((1, flat.vectors.shape[1]), dtype="f")
    vectors = np.vstack([unknown, rows, *(row[None] for row in split.values())])
    ids = {word: i for i, word in enumerate([UNKNOWN, *names, *split])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(ids, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = _pre_tokenizer(tokenizers, rules, nlp.lang or "xx")
    config = {"model_type": "model2vec", "normalize": True, "max_length": None, **MADE_BY}
    with written_directory(output, MODEL2VEC) as new:
        numpy.save_file({"embeddings": vectors}, str(new / "model.safetensors"))
        tokenizer.save(str(new / "tokenizer.json"), pretty=False)
        srsly.write_json(new / "config.json", config)
        srsly.write_json(new / "modules.json", MODULES)
    return len(names)


def _exact_words(flat: FlatTable, nlp: Language, words: Collection[str]) -> list[int]:
    """The words with their `dvec` as row: of the table, with a vector of their own, or asked for."""
    has_own = BaseTable(nlp.vocab.vectors).trust(flat.words) == 1
    of_table = find_component(nlp).lookup.word_rows(flat.words) >= 0
    is_wanted = np.array([word in words for word in flat.words], dtype=bool)
    has_space = np.array([any(map(str.isspace, word)) for word in flat.words], dtype=bool)
    is_unknown = np.array([word == UNKNOWN for word in flat.words], dtype=bool)
    is_word = ~(has_space | is_unknown)
    return np.flatnonzero(is_word & (has_own | of_table | is_wanted)).tolist()


def _rules(nlp: Language) -> dict[str, Any]:
    """The patterns and exceptions of the pipeline's tokenizer. RAISES: DomainVectorsError (DV097)."""
    if not isinstance(nlp.tokenizer, Tokenizer):
        why = f"it is a {type(nlp.tokenizer).__name__}"
        raise DomainVectorsError(Errors.DV097.format(lang=nlp.lang, why=why))
    rules: dict[str, Any] = srsly.msgpack_loads(nlp.tokenizer.to_bytes(exclude=["vocab"]))
    return rules


def _split_words(rules: dict[str, Any], component: DomainVectors) -> dict[str, np.ndarray]:
    """The exceptions of the tokenizer, such as "don't", each with the sum of its tokens' rows.

    Means that differ by a factor have one direction, so one row can stand for the sum of several.
    """
    found = {}
    for word, tokens in rules["exceptions"].items():
        row = np.sum([component.vector(token[ORTH]) for token in tokens], axis=0, dtype="f")
        if row.any() and not any(map(str.isspace, word)):
            found[word] = row
    return found


def _pre_tokenizer(tokenizers: Any, rules: dict[str, Any], lang: str) -> Any:
    """The steps of spaCy to split a text: at white space, then prefixes and suffixes, then infixes."""
    pre = tokenizers.pre_tokenizers
    splitters = [re.compile(rules[name]) for name in SPLITTERS if rules[name]]
    words = [word for word in rules["exceptions"] if any(pattern.search(word) for pattern in splitters)]
    exceptions = [re.escape(word) for word in sorted(words, key=len, reverse=True) if word.strip()]
    names = (*SPLITTERS, "token_match", "url_match")
    prefix, suffix, infix, match, url = (_pattern(rules[name]) for name in names)
    # What one of these matches as a whole is not split further.
    wholes = [f"^(?:{'|'.join(exceptions)})$"] if exceptions else []
    wholes += [f"^(?:{match})$"] if match else []
    affixes = [f"^(?:{prefix})"] if prefix else []
    affixes += [f"(?:{suffix})$"] if suffix else []
    infixes = ([f"^(?:{url})$"] if url else []) + ([infix] if infix else [])
    runs = _runs(rules["suffix_search"])
    steps = [pre.WhitespaceSplit()]
    try:
        for parts in [runs, *[affixes] * MOST_AFFIXES, infixes]:
            if parts:
                steps.append(pre.Split(tokenizers.Regex("|".join([*wholes, *parts])), "isolated"))
    except Exception as e:  # Rust has its own errors
        why = f"a pattern can't be translated ({e})"
        raise DomainVectorsError(Errors.DV097.format(lang=lang, why=why)) from None
    return pre.Sequence(steps)


def _runs(suffix: str | None) -> list[str]:
    """A pattern for runs of marks at the end of a word, such as "!!!!!!": all but the last ones.

    These are of the marks that are split off one by one. Full stops, which are not, may be among them.
    """
    found = re.compile(suffix).search if suffix else lambda text: None
    marks = [chr(i) for i in range(2**16) if unicodedata.category(chr(i)).startswith("P")]
    lone = [re.escape(mark) for mark in marks if (match := found(f"a{mark}{mark}")) and match[0] == mark]
    return [f"[{''.join(lone)}](?=[{''.join(lone)}.…]{{{MOST_AFFIXES},}}$)"] if lone else []


def _pattern(pattern: str | None) -> str:
    """A regular expression of Python in the syntax of Oniguruma, which tokenizers use."""
    text = ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), pattern or "")
    text = text.replace("(?P<", "(?<")
    flags = FLAGS.match(text)
    if flags is None:
        return text
    rest = text[flags.end() :]
    return f"(?i:{rest})" if "i" in flags[1] else rest
