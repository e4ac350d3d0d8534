"""The kinds of outputs, and how an earlier one is recognized: by what it holds, not by its name."""

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

META = "meta.json"
PIPELINE_NAMES = {META, "config.cfg", "tokenizer", "vocab"}
TABLE_NAMES = {META, "words.json", "counts.npy", "vectors.npy"}
TABLE_PARTS = {"scales.npy", "subwords.npy", "subword_scales.npy"}
TRAINED_PARTS = {"counts", "changes.json"}
COUNTS_NAMES = {META, "words.json", "spans.json", "counts.npy", "once.npy", "span_counts.npy", "rows.npy"}
COUNTS_FOLDERS = {"pairs", "contexts"}
NPZ_NAMES = {"words.npy", "rows.npy", "vectors.npy", "made_by.npy"}
# Files of vectors have no room to tell whose they are. The number of rows is written with so many digits, as no
# other tool does and every reader understands.
DIGITS = 12
# What is larger is not what these commands write, or is not worth the time to look.
LONGEST_JSON = 2**24
LONGEST_HEADER = 1000


@dataclass(frozen=True)
class Kind:
    """What an output is to be.

    name: For messages, with its article.
    is_folder: Whether it is one.
    fault: Tells why a path is no earlier output of this kind; None where it is one.
    """

    name: str
    is_folder: bool
    fault: Callable[[Path], str | None]


def json_of(made: Any, is_list: bool = False) -> Kind:
    """A JSON file of a dataclass, or of a list of them."""
    keys = {field.name for field in fields(made)}

    def fault(path: Path) -> str | None:
        data = _json(path)
        items = data if is_list and isinstance(data, list) and data else [data]
        is_ours = isinstance(data, list) == is_list and all(isinstance(i, dict) and set(i) == keys for i in items)
        return None if is_ours else f"it has not the fields {', '.join(sorted(keys))}"

    return Kind("a JSON file", False, fault)


def _not_a_pipeline(path: Path) -> str | None:
    meta = _json(path / META)
    if (
        not isinstance(meta, dict)
        or not isinstance(meta.get("lang"), str)
        or not isinstance(meta.get("pipeline"), list)
    ):
        return f"it has no {META} of a pipeline"
    config, file = Config(), path / "config.cfg"
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, configparser.Error):
        if file.stat().st_size <= LONGEST_JSON:
            config.from_disk(file, interpolate=False)
    if not isinstance(config.get("nlp"), dict):
        return "it has no config.cfg with [nlp]"
    components = [*meta["pipeline"], *_list(meta.get("components")), *_list(config.get("components"))]
    return _other_names(path, PIPELINE_NAMES | set(map(str, components)))


def _not_a_table(path: Path) -> str | None:
    meta = _json(path / META)
    if not isinstance(meta, dict) or not isinstance(meta.get("format"), int) or ("lang" in meta and "pipeline" in meta):
        return f"it has no {META} of a table"
    return _lacks(path, TABLE_NAMES) or _other_names(path, TABLE_NAMES | TABLE_PARTS)


def _not_a_trained_table(path: Path) -> str | None:
    found = _not_a_table(path)
    if found is None or _lacks(path, TABLE_NAMES):
        return found
    counts = path / "counts"
    return _other_names(path, TABLE_NAMES | TABLE_PARTS | TRAINED_PARTS) or (
        _not_counts(counts) if os.path.lexists(counts) else None
    )


def _not_counts(path: Path) -> str | None:
    meta = _json(path / META)
    if not isinstance(meta, dict) or "n_tokens" not in meta or "window" not in meta:
        return f"it has no {META} of counts"
    return _lacks(path, COUNTS_NAMES | COUNTS_FOLDERS) or _other_names(path, COUNTS_NAMES | COUNTS_FOLDERS)


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


PIPELINE = Kind("a pipeline", True, _not_a_pipeline)
TABLE = Kind("a table without counts", True, _not_a_table)
TRAINED = Kind("a table", True, _not_a_trained_table)
COUNTS = Kind("the counts of a table", True, _not_counts)
WORD2VEC = Kind("a file of word2vec", False, _not_our_vectors(2))
FLORET = Kind("a floret table", False, _not_our_vectors(8))
NPZ = Kind("an archive", False, _not_our_npz)


def _other_names(path: Path, known: set[str]) -> str | None:
    others = sorted(set(os.listdir(path)) - known)
    return f"it holds '{others[0]}'" if others else None


def _lacks(path: Path, names: set[str]) -> str | None:
    missing = sorted(names - set(os.listdir(path)))
    return f"it lacks '{missing[0]}'" if missing else None


def _json(path: Path) -> Any:
    """What a JSON file holds; None for one that is missing, damaged or large."""
    try:
        if path.stat().st_size > LONGEST_JSON:
            return None
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | dict) else []
