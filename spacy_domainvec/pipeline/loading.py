"""Loading a pipeline, adding the component to it, and saving it."""

from pathlib import Path
from typing import Any

import spacy
import srsly
from spacy.language import Language
from spacy.strings import get_string_id
from spacy.util import get_minor_version_range

from ..errors import DomainVectorsError, Errors
from ..files.kinds import PIPELINE
from ..files.outputs import written_directory
from ..table.base_vectors import BaseTable
from ..table.table import VectorTable
from .component import DomainVectors

FACTORY = "domain_vectors"
# The longest message of another package to show, in characters.
MOST_SHOWN = 400


def load_pipeline(name: str) -> Language:
    """Load a pipeline by package name or path.

    RAISES: DomainVectorsError (DV062) if that fails.
    """
    try:
        nlp = spacy.load(name) if name else None
    except DomainVectorsError:
        raise
    except (Exception, SystemExit) as e:
        # Loading runs the code of the package, which can raise anything.
        kind = "" if isinstance(e, OSError | ValueError | ImportError) else f"{type(e).__name__}: "
        why = f"{kind}{' '.join(str(e).split())}"[:MOST_SHOWN]
        raise DomainVectorsError(Errors.DV062.format(base=name, why=why)) from None
    if not isinstance(nlp, Language):
        why = "it is no spaCy pipeline. Give a package such as en_core_web_md, or a folder"
        raise DomainVectorsError(Errors.DV062.format(base=name, why=why))
    return nlp


def find_component(nlp: Language) -> DomainVectors:
    """The pipeline's component. RAISES: DomainVectorsError (DV065) for a pipeline without one."""
    for _, component in nlp.pipeline:
        if isinstance(component, DomainVectors):
            return component
    raise DomainVectorsError(Errors.DV065.format(pipeline=nlp.meta.get("name")))


def merge(nlp: Language, table: VectorTable, name: str = FACTORY, overwrite_vectors: bool = False) -> Language:
    """Add a component with a table to the pipeline that the table was made for, and change nothing else.

    nlp: The base pipeline, which gets the component.
    table: The table.
    name: The component's name.
    overwrite_vectors: The component's setting of the same name.
    RETURNS: The same pipeline.
    RAISES: DomainVectorsError (DV008 for a base with other vectors, DV068 for a name in use).
    """
    check_name_is_free(nlp, name)
    made_for, found = table.meta.get("base", {}), BaseTable(nlp.vocab.vectors)
    expected = made_for.get("fingerprint")
    if not found.is_table_of(expected) or (table.base is not None and not table.base.fits(found.width)):
        ids = {"expected_id": expected, "found_id": found.fingerprint}
        raise DomainVectorsError(Errors.DV008.format(expected=made_for.get("name"), **ids))
    attr = table.meta.get("attr", "LOWER")
    config: dict[str, Any] = {"attrs": [attr]} if attr in ("NORM", "LEMMA") else {}
    if overwrite_vectors:
        config["overwrite_vectors"] = True
    nlp.add_pipe(FACTORY, name=name, config=config).set_table(table)  # type: ignore[attr-defined]
    return nlp


def save(nlp: Language, output: str | Path, name: str | None = None, shrink_base: bool = False) -> Path:
    """Write a pipeline to a directory. An earlier one is replaced once the new one is complete.

    nlp: The pipeline.
    output: The directory.
    name: See `choose_name`.
    shrink_base: Whether to leave out strings that only name vectors, see `needed_strings`.
    RETURNS: The directory.
    RAISES: DomainVectorsError (DV010 to DV012, DV024, DV064). The folder that the pipeline was
        loaded from counts as an input, like a base, and is refused; use nlp.to_disk to save to it.
    """
    with written_directory(output, PIPELINE, [nlp.path]) as new:
        nlp.meta["name"] = choose_name(nlp, name)
        # This spaCy writes the pipeline; the base's range of versions would warn (W095) at each load.
        nlp.meta["spacy_version"] = get_minor_version_range(spacy.__version__)
        nlp.to_disk(new)
        if shrink_base:
            srsly.write_json(new / "vocab" / "strings.json", needed_strings(nlp), indent=0)
    return Path(output)


def needed_strings(nlp: Language) -> list[str]:
    """The strings that a pipeline needs: all except those that only name its vectors.

    Vectors are found by the hash of a word, so each word keeps its vector, and trained components
    work as before. Only the words of a row of `nlp.vocab.vectors` can no longer be found.
    """
    key2row = getattr(nlp.vocab.vectors, "key2row", {})
    labels = {label for labels in nlp.pipe_labels.values() for label in labels}
    of_language = type(nlp)().vocab.strings

    def is_needed(string: str) -> bool:
        return get_string_id(string) not in key2row or string in labels or string in of_language

    return [string for string in nlp.vocab.strings if is_needed(string)]


def choose_name(nlp: Language, name: str | None) -> str:
    """The name of the extended pipeline, without the language, such as core_web_md_banking.

    name: The wanted name, with or without the language; None for the base's name with the suffix _dvec.
    RAISES: DomainVectorsError (DV064) for a name that no package can have.
    """
    base_name = nlp.meta.get("name") or "pipeline"
    name = f"{base_name.removesuffix('_dvec')}_dvec" if name is None else name
    name = name.removeprefix(f"{nlp.lang}_")
    if not name.isidentifier() or not name.isascii():
        raise DomainVectorsError(Errors.DV064.format(name=name))
    return name


def check_name_is_free(nlp: Language, name: str) -> None:
    """RAISES: DomainVectorsError (DV068) if the pipeline has a component of that name."""
    if name in nlp.component_names:
        raise DomainVectorsError(Errors.DV068.format(base=nlp.meta.get("name"), name=name))
