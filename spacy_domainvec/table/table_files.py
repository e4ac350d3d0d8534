"""Writing, reading and checking the files of a table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DomainVectorsError, Errors
from ..files.checked_files import NOTED, CheckedFiles, checksums, list_json, packed
from ..files.integrity import checksum, sealed
from ..files.names import BASE_CENTRE, BASE_MATRIX, META, SCALES, SUBWORD_SCALES, SUBWORDS, VECTORS, WORD_COUNTS, WORDS
from ..files.npy import write_array
from .rows import DTYPES, LARGEST, MAX_WIDTH, Rows, unfit
from .space import BasePart
from .subwords import NgramSettings, Subwords
from .table_meta import MOST, check_meta, is_text

FORMAT = 3
PARTS = (SCALES, SUBWORDS, SUBWORD_SCALES, BASE_MATRIX, BASE_CENTRE)
FILES = (META, WORDS, WORD_COUNTS, VECTORS, *PARTS)
COUNT_DTYPE = "<i8"


@dataclass(frozen=True, eq=False)
class TableParts:
    """The parts of a table, see `table.VectorTable`."""

    words: Sequence[str]
    vectors: Rows
    counts: np.ndarray
    subwords: Subwords | None
    base: BasePart | None
    meta: dict[str, Any]


def write_table(parts: TableParts, folder: Path) -> None:
    """Write the files of a table into an existing folder. RAISES: DomainVectorsError (DV023)."""
    check_parts(parts)
    (folder / WORDS).write_bytes(list_json(parts.words))
    for name, array, dtype in _arrays(parts):
        write_array(folder / name, array, dtype)
    (folder / META).write_bytes(_meta_json(parts, checksums(folder, FILES)))


def dump_table(parts: TableParts) -> bytes:
    """The files of a table as bytes. RAISES: DomainVectorsError (DV023)."""
    check_parts(parts)
    files = {WORDS: list_json(parts.words)}
    for name, array, dtype in _arrays(parts):
        file = BytesIO()
        write_array(file, array, dtype)
        files[name] = file.getvalue()
    noted = {name: checksum(BytesIO(files[name])) for name in sorted(files)}
    return packed({META: _meta_json(parts, noted), **files})


def folder_files(folder: Path) -> CheckedFiles:
    """The files of a table's folder. RAISES: DomainVectorsError (DV020) for any other folder."""
    if not (folder / META).is_file():
        raise DomainVectorsError(Errors.DV020.format(path=folder, why=f"it has no {META}"))
    return CheckedFiles.of_folder(folder, Errors.DV022)


def bytes_files(data: bytes) -> CheckedFiles:
    """The files in the bytes of `dump_table`. RAISES: DomainVectorsError (DV022)."""
    return CheckedFiles.of_bytes(data, FILES, Errors.DV022)


def read_table(files: CheckedFiles) -> TableParts:
    """Read a table; the vectors of a folder are memory-mapped. All arrays are read-only.

    RAISES: DomainVectorsError (DV020 to DV022, DV087), naming the file.
    """
    files, meta = read_meta(files)
    subwords = meta.pop("subwords", None)
    words, counts = files.json(WORDS), files.array(WORD_COUNTS, [COUNT_DTYPE], 1)
    vectors = _rows(files, VECTORS, SCALES)
    try:
        check_meta(meta)
        settings = None if subwords is None else _subword_settings(subwords)
    except (ValueError, TypeError) as e:
        raise files.fault(META, e) from None
    rows = None if settings is None else _rows(files, SUBWORDS, SUBWORD_SCALES)
    try:
        made = Subwords(rows, **settings) if rows is not None and settings is not None else None
        parts = TableParts(words, vectors, counts, made, _base_part(files), meta)
        check_parts(parts)
    except DomainVectorsError as e:
        raise files.fault("", e) from None
    return parts


def read_meta(files: CheckedFiles) -> tuple[CheckedFiles, dict[str, Any]]:
    """Read the meta of a table.

    RETURNS: The files with their sizes and hashes, and the entries of the meta, including "subwords".
    RAISES: DomainVectorsError (DV020 to DV022, DV087).
    """
    files, meta, is_sealed = files.meta()
    found = meta.pop("format", None)
    if found is None and not is_sealed:
        why = f"its {META} is that of something else"
        raise DomainVectorsError(Errors.DV020.format(path=files.where, why=why))
    if found != FORMAT:
        shown = {"path": files.where, "found": str(found)[:20], "expected": FORMAT}
        raise DomainVectorsError(Errors.DV021.format(**shown))
    if not is_sealed:
        raise files.fault(META, "its end is missing")
    return files, meta


def verify_table(folder: Path) -> None:
    """Hash every file in full. RAISES: DomainVectorsError (DV020 to DV022, DV087) for a changed file."""
    files, _ = read_meta(folder_files(folder))
    for name in files.noted:
        if name in FILES:
            files.check(name)


def check_parts(parts: TableParts) -> None:
    """RAISES: DomainVectorsError (DV023) for parts that can't be looked up or written."""
    words, rows = parts.words, [parts.vectors]
    if parts.subwords is not None:
        rows.append(parts.subwords.rows)
    if not set(map(type, words)) <= {str}:
        raise unfit("a word is no text")
    if len(set(words)) < len(words):
        raise unfit(f"{len(words) - len(set(words))} words stand in it twice")
    if not is_text("".join(words)):
        raise unfit("a word holds a lone surrogate")
    if not 1 <= parts.vectors.shape[1] <= MAX_WIDTH:
        raise unfit(f"vectors of width {parts.vectors.shape[1]}, which is not from 1 to {MAX_WIDTH:,}")
    if len(parts.counts) and not 0 <= parts.counts.min() <= parts.counts.max() <= MOST:
        raise unfit(f"counts from {parts.counts.min()} to {parts.counts.max()}")
    if not all(each.are_finite() for each in rows):
        raise unfit(f"vectors with entries that are no numbers, or above {LARGEST:g}")
    if parts.base is not None:
        _check_base_part(parts.base)


def _check_base_part(base: BasePart) -> None:
    """RAISES: DomainVectorsError (DV023)."""
    n_rows, centre = len(base.matrix), base.centre.shape
    if not 1 <= n_rows <= MAX_WIDTH or centre != (n_rows,):
        raise unfit(f"a base's part with a matrix of shape {base.matrix.shape} and a centre of {centre}")
    if not Rows(base.matrix).are_finite() or not Rows(base.centre[None]).are_finite():
        raise unfit(f"a base's part with entries that are no numbers, or above {LARGEST:g}")


def _rows(files: CheckedFiles, name: str, scales_name: str) -> Rows:
    values = files.array(name, DTYPES.values(), 2, mapped=True)
    scales = files.array(scales_name, [DTYPES["float32"]], 1) if values.dtype == np.int8 else None
    try:
        return Rows(values, scales)
    except DomainVectorsError as e:
        raise files.fault(scales_name, e) from None


def _base_part(files: CheckedFiles) -> BasePart | None:
    """How the base's vectors stand in the table; None for a table without its two files."""
    if BASE_MATRIX not in files.noted:
        return None
    float32 = [DTYPES["float32"]]
    return BasePart(files.array(BASE_MATRIX, float32, 2), files.array(BASE_CENTRE, float32, 1))


def _subword_settings(settings: Any) -> dict[str, Any]:
    """RAISES: ValueError, TypeError."""
    if not isinstance(settings, dict) or {*settings} != {"ngrams", "weight", "held_out_cosine"}:
        raise ValueError("'subwords' has not the entries it needs")
    return {**settings, "ngrams": NgramSettings(**settings["ngrams"])}


def _arrays(parts: TableParts) -> Iterator[tuple[str, np.ndarray, str]]:
    """The name, the array and the dtype of each file."""
    yield WORD_COUNTS, parts.counts, COUNT_DTYPE
    if parts.base is not None:
        yield BASE_MATRIX, parts.base.matrix, DTYPES["float32"]
        yield BASE_CENTRE, parts.base.centre, DTYPES["float32"]
    names = [(parts.vectors, VECTORS, SCALES)]
    if parts.subwords is not None:
        names.append((parts.subwords.rows, SUBWORDS, SUBWORD_SCALES))
    for rows, name, scales_name in names:
        yield name, rows.values, DTYPES[rows.dtype]
        if rows.scales is not None:
            yield scales_name, rows.scales, DTYPES["float32"]


def _meta_json(parts: TableParts, noted: Mapping[str, Any]) -> bytes:
    made, settings = parts.subwords, {}
    if made is not None:
        numbers = {"weight": float(made.weight), "held_out_cosine": float(made.held_out_cosine)}
        settings = {"subwords": {"ngrams": asdict(made.ngrams), **numbers}}
    try:
        return sealed({**parts.meta, **settings, "format": FORMAT, NOTED: noted})
    except (ValueError, TypeError) as e:
        raise unfit(f"its meta can't be written: {e}") from None
