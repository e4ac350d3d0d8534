"""The kinds of outputs, and how an earlier output is recognized: by its content, not by its name."""

import configparser
import gzip
import json
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from confection import Config

from .names import (
    BASE_CENTRE,
    BASE_MATRIX,
    CHANGES,
    COMPARED,
    COMPARED_PAGE,
    COMPARED_TEXT,
    CONTEXTS,
    COUNTS_FOLDER,
    DOMAIN_MATRIX,
    MAP,
    META,
    ONCE,
    PAIRS,
    ROWS,
    SCALES,
    SPAN_COUNTS,
    SPANS,
    SUBWORD_SCALES,
    SUBWORDS,
    TAUGHT,
    VECTORS,
    WORD_COUNTS,
    WORDS,
)

PIPELINE_NAMES = {META, "config.cfg", "tokenizer", "vocab"}
# A table has all of these, and may have some of the parts.
TABLE_NAMES = {META, WORDS, WORD_COUNTS, VECTORS}
TABLE_PARTS = {SCALES, SUBWORDS, SUBWORD_SCALES, BASE_MATRIX, BASE_CENTRE}
TRAINED_PARTS = {COUNTS_FOLDER, CHANGES}
COUNTS_NAMES = {META, WORDS, SPANS, WORD_COUNTS, ONCE, SPAN_COUNTS, ROWS, PAIRS, CONTEXTS}
COUNTS_NAMES |= {DOMAIN_MATRIX, BASE_CENTRE, BASE_MATRIX, MAP}
NPZ_NAMES = {"words.npy", "rows.npy", "vectors.npy", "made_by.npy"}
COMPARISON_NAMES = {COMPARED, COMPARED_TEXT, COMPARED_PAGE}
MODEL2VEC_NAMES = {"config.json", "model.safetensors", "tokenizer.json", "modules.json"}
# What config.json of model2vec, and the header of a safetensors file, say of the tool that wrote it.
OURS = "spacy-domainvec "
# A file of vectors has no place for the name of the tool that wrote it. The mark of ours is the
# number of rows, written with this many digits: no other tool does that, and every reader
# understands it.
DIGITS = 12
# What a page of HTML or Markdown holds near its start.
PAGE_MARK, PAGE_TEXT_MARK = f'<meta name="generator" content="{OURS}', f"<!-- {OURS}"
LONGEST_START = 1000
# A larger file was not written by these commands, or takes too long to look into.
LONGEST_JSON = 2**24
LONGEST_HEADER = 1000
# The longest header that the safetensors package itself writes or reads.
LONGEST_SAFETENSORS = 10**8


@dataclass(frozen=True)
class Kind:
    """A kind of output.

    name: For messages, with its article.
    is_folder: Whether the output is a folder, and not a file.
    fault: Returns the reason why a path is no earlier output of this kind, or None if it is one.
    """

    name: str
    is_folder: bool
    fault: Callable[[Path], str | None]


def json_of(made: Any, is_list: bool = False) -> Kind:
    """A JSON file that holds the fields of a dataclass, or a list of such records."""
    keys = {field.name for field in fields(made)}

    def fault(path: Path) -> str | None:
        data = _json(path)
        records = data if is_list and isinstance(data, list) and data else [data]
        have_keys = all(isinstance(record, dict) and set(record) == keys for record in records)
        is_ours = have_keys and isinstance(data, list) == is_list
        return None if is_ours else f"it has not the fields {', '.join(sorted(keys))}"

    return Kind("a JSON file", False, fault)


def _not_a_pipeline(path: Path) -> str | None:
    meta = _dict(path / META)
    if not isinstance(meta.get("lang"), str) or not isinstance(meta.get("pipeline"), list):
        return f"it has no {META} of a pipeline"
    config = _config(path / "config.cfg")
    if not isinstance(config.get("nlp"), dict):
        return "it has no config.cfg with [nlp]"
    components = [*meta["pipeline"], *_list(meta.get("components")), *_list(config.get("components"))]
    return _other_names(path, PIPELINE_NAMES | set(map(str, components)))


def _not_a_table(path: Path) -> str | None:
    meta = _dict(path / META)
    is_pipeline = "lang" in meta and "pipeline" in meta
    if not isinstance(meta.get("format"), int) or is_pipeline:
        return f"it has no {META} of a table"
    return _lacks(path, TABLE_NAMES) or _other_names(path, TABLE_NAMES | TABLE_PARTS)


def _not_a_trained_table(path: Path) -> str | None:
    found = _not_a_table(path)
    if found is None or _lacks(path, TABLE_NAMES):
        return found
    found = _other_names(path, TABLE_NAMES | TABLE_PARTS | TRAINED_PARTS)
    counts = path / COUNTS_FOLDER
    if found is None and os.path.lexists(counts):
        return _not_counts(counts)
    return found


def _not_counts(path: Path) -> str | None:
    meta = _dict(path / META)
    if "n_tokens" not in meta or "window" not in meta:
        return f"it has no {META} of counts"
    return _lacks(path, COUNTS_NAMES) or _other_names(path, COUNTS_NAMES | {*TAUGHT})


def _not_our_vectors(n_parts: int) -> Callable[[Path], str | None]:
    def fault(path: Path) -> str | None:
        try:
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
                line = file.readline(LONGEST_HEADER)
        except (OSError, EOFError):
            line = b""
        parts = line.split()
        is_ours = len(parts) == n_parts and len(parts[0]) == DIGITS and parts[0].isdigit()
        return None if is_ours else "its first line is not one of 'export'"

    return fault


def _not_our_npz(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as file:
            names = set(file.namelist())
    except (OSError, ValueError, zipfile.BadZipFile):
        names = set()
    return None if names == NPZ_NAMES else "it has not the arrays of 'export'"


def _not_our_safetensors(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, LONGEST_SAFETENSORS)))
    except (OSError, ValueError, RecursionError):
        header = None
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    is_ours = isinstance(metadata, dict) and str(metadata.get("made_by")).startswith(OURS)
    return None if is_ours else "its header is not one of 'export'"


def _not_our_model2vec(path: Path) -> str | None:
    if not str(_dict(path / "config.json").get("made_by")).startswith(OURS):
        return "it has no config.json of 'export'"
    return _lacks(path, MODEL2VEC_NAMES) or _other_names(path, MODEL2VEC_NAMES)


def _not_a_comparison(path: Path) -> str | None:
    if not str(_dict(path / COMPARED).get("made_by")).startswith(OURS):
        return f"it has no {COMPARED} of 'compare'"
    return _other_names(path, COMPARISON_NAMES)


def _not_our_page(mark: str) -> Callable[[Path], str | None]:
    def fault(path: Path) -> str | None:
        with path.open("rb") as file:
            is_ours = mark.encode() in file.read(LONGEST_START)
        return None if is_ours else "its start does not say so"

    return fault


PIPELINE = Kind("a pipeline", True, _not_a_pipeline)
TABLE = Kind("a table without counts", True, _not_a_table)
TRAINED = Kind("a table", True, _not_a_trained_table)
COUNTS = Kind("the counts of a table", True, _not_counts)
WORD2VEC = Kind("a file of word2vec", False, _not_our_vectors(2))
FLORET = Kind("a floret table", False, _not_our_vectors(8))
NPZ = Kind("an archive", False, _not_our_npz)
SAFETENSORS = Kind("a file of safetensors", False, _not_our_safetensors)
MODEL2VEC = Kind("a folder of model2vec", True, _not_our_model2vec)
COMPARISON = Kind("a comparison", True, _not_a_comparison)
PAGE = Kind("a page", False, _not_our_page(PAGE_MARK))
PAGE_TEXT = Kind("a page of Markdown", False, _not_our_page(PAGE_TEXT_MARK))


def _other_names(path: Path, known: set[str]) -> str | None:
    others = sorted(set(os.listdir(path)) - known)
    return f"it holds '{others[0]}'" if others else None


def _lacks(path: Path, names: set[str]) -> str | None:
    missing = sorted(names - set(os.listdir(path)))
    return f"it lacks '{missing[0]}'" if missing else None


def _json(path: Path) -> Any:
    """The content of a JSON file; None if it is missing, damaged or large."""
    try:
        if path.stat().st_size > LONGEST_JSON:
            return None
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _dict(path: Path) -> dict[str, Any]:
    """The content of a JSON file that holds an object; {} for any other file."""
    data = _json(path)
    return data if isinstance(data, dict) else {}


def _config(path: Path) -> Config:
    """A config; empty if the file is missing, damaged or large."""
    config = Config()
    faults = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
    with suppress(OSError, configparser.Error, *faults):
        if path.stat().st_size <= LONGEST_JSON:
            config.from_disk(path, interpolate=False)
    return config


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | dict) else []
