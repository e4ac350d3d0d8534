"""Writing a flat table in the formats of other tools."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import spacy
from spacy.language import Language
from spacy.vectors import Vectors

from ..about import __version__
from ..files.kinds import DIGITS, FLORET, MODEL2VEC, NPZ, PIPELINE, SAFETENSORS, WORD2VEC
from ..files.outputs import check_output, written_directory, written_file
from ..util.progress import Progress, no_progress
from .flat_table import FlatTable, pruned
from .formats import Format, is_binary, opened, shown
from .write_floret import FLORET_ROWS, write_floret
from .write_static import write_model2vec, write_safetensors

BATCH = 10_000
KINDS = {Format.spacy: PIPELINE, Format.word2vec: WORD2VEC, Format.floret: FLORET, Format.npz: NPZ}
KINDS |= {Format.safetensors: SAFETENSORS, Format.model2vec: MODEL2VEC}


def write(
    flat: FlatTable,
    output: str | Path,
    format: Format,
    max_rows: int | None,
    nlp: Language,
    words: Collection[str] = (),
    progress: Progress = no_progress,
) -> str:
    """Write a table in a format.

    max_rows: The number of rows to write; None for all, or for 50,000 rows of a floret table.
    nlp: The pipeline of the table.
    words: Words that a floret table is fitted to in any case, and that have a row in a model of
        model2vec.
    RETURNS: A message with the number of words, and how to use the output.
    RAISES: DomainVectorsError (DV010 to DV012, DV024, DV066, DV097).
    """
    check_output(output, KINDS[format])
    if format is Format.floret:
        fit = write_floret(flat, output, max_rows or FLORET_ROWS, words, progress)
        return f"{fit} To use it: python -m spacy init vectors {nlp.lang} {output} OUTPUT --mode floret"
    if format is Format.word2vec:
        n_words = write_word2vec(flat, output, max_rows, progress)
        given = f"{str(output)!r}, binary={is_binary(output)}"
        return f"{n_words:,} words: KeyedVectors.load_word2vec_format({given})"
    if format is Format.model2vec:
        n_words = write_model2vec(flat, output, nlp, words, max_rows)
        return f"{n_words:,} words: model2vec.StaticModel.from_pretrained({str(output)!r})"
    kept = flat if max_rows is None else pruned(flat, max_rows)
    if format is Format.npz:
        write_npz(kept, output)
        use = f"numpy.load({str(output)!r})"
    elif format is Format.safetensors:
        write_safetensors(kept, output)
        use = f"safetensors.numpy.load_file({str(output)!r})"
    else:
        write_spacy(kept, output, nlp.lang or "xx", f"{nlp.meta['name']}_vectors")
        use = f'[initialize] vectors = "{output}"'
    return f"{len(kept):,} words on {len(kept.vectors):,} rows: {use}"


def write_spacy(flat: FlatTable, output: str | Path, lang: str, name: str) -> int:
    """Write a pipeline with nothing but vectors, for `paths.vectors` of a config or `spacy package`.

    output: The directory.
    lang: The language of the pipeline.
    name: The name of the pipeline.
    RETURNS: The number of words with a vector.
    RAISES: DomainVectorsError (DV024).
    """
    nlp = spacy.blank(lang)
    vectors = Vectors(strings=nlp.vocab.strings, data=flat.vectors, name=f"{lang}_{name}.vectors")
    for word, row in zip(flat.words, flat.rows.tolist()):
        vectors.add(nlp.vocab.strings.add(word), row=row)
    nlp.vocab.vectors = vectors
    nlp.meta["name"] = name
    with written_directory(output, PIPELINE) as new:
        nlp.to_disk(new)
    return len(flat)


def write_word2vec(
    flat: FlatTable, output: str | Path, max_rows: int | None = None, progress: Progress = no_progress
) -> int:
    """Write the format of word2vec: binary if the file is named .bin, otherwise text; also .gz.

    Spaces in phrases become underscores. Words with other white space are left out.

    max_rows: The number of words; None for all.
    RETURNS: The number of words with a vector.
    RAISES: DomainVectorsError (DV011, DV024).
    """
    output = Path(output)
    row_of: dict[str, int] = {}
    for word, row in zip(flat.words, flat.rows.tolist()):
        if max_rows is None or len(row_of) < max_rows:
            name = word.replace(" ", "_")
            if len(name.split()) == 1:
                row_of.setdefault(name, row)
    binary, words = is_binary(output), list(row_of)
    rows = np.array([row_of[word] for word in words], dtype="i8")
    with written_file(output, WORD2VEC) as new, opened(new) as file:
        file.write(f"{len(words):0{DIGITS}} {flat.vectors.shape[1]}\n".encode())
        starts = range(0, len(words), BATCH)
        for start in progress(starts, "Writing", len(starts)):
            found = flat.vectors[rows[start : start + BATCH]].astype("<f4")
            for word, vector in zip(words[start : start + BATCH], found):
                file.write(word.encode("utf8") + b" ")
                file.write(vector.tobytes() + b"\n" if binary else f"{shown(vector)}\n".encode())
    return len(words)


def write_npz(flat: FlatTable, output: str | Path) -> int:
    """Write a NumPy archive without pickles: `vectors[rows[i]]` is the vector of `words[i]`.

    RETURNS: The number of words with a vector.
    RAISES: DomainVectorsError (DV011, DV024).
    """
    arrays = {"words": np.array(flat.words), "rows": flat.rows, "vectors": flat.vectors}
    arrays["made_by"] = np.array(f"spacy-domainvec {__version__}")
    with written_file(output, NPZ) as new, new.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return len(flat)
