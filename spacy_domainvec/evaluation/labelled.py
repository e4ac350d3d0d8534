"""Labelled texts from CSV, TSV and .spacy files."""

from dataclasses import dataclass
from pathlib import Path

from spacy.vocab import Vocab

from ..errors import DomainVectorsError, Errors
from ..reading.cutting import pieces_of
from ..reading.docbins import read_docs
from ..reading.quoting import described
from ..reading.readers import DELIMITERS, open_table
from ..reading.sources import Source, format_of, opened

LABELLED = ("text", "label")


@dataclass(frozen=True)
class Labelled:
    """Texts, and a label for each."""

    texts: list[str]
    labels: list[str]


def read_labelled(path: str | Path) -> Labelled:
    """Read a CSV or TSV file with the columns text and label, or a .spacy file of docs with cats.

    Unlike in a corpus, no record is skipped. Of a doc's cats, the one with the highest value is its
    label.

    RETURNS: The texts and labels. Spaces are added to texts with more than 1,000 characters in a
        row without white space.
    RAISES: DomainVectorsError (DV030, DV033, DV039, DV054, DV057; DV067, which names the line).
    """
    source = Source(str(path), format_of(str(path)) or "csv")
    if source.format == "spacy":
        return _of_docs(source)
    if source.format not in DELIMITERS:
        why = f"it is a .{source.format} file"
        raise DomainVectorsError(Errors.DV067.format(path=source.shown, why=why))

    def refuse(line: int, why: str) -> None:
        raise DomainVectorsError(Errors.DV067.format(path=source.shown, why=f"line {line} is {why}"))

    texts, labels = [], []
    with opened(source) as file:
        table = open_table(file, source, list(LABELLED), refuse)
        missing = [name for name in LABELLED if table.columns and name not in table.columns]
        if missing:
            found = described(table.header, table.columns, DELIMITERS[source.format], missing[0])
            why = f"it has no column '{missing[0]}'. {found.rstrip('.')}"
            raise DomainVectorsError(Errors.DV067.format(path=source.shown, why=why))
        for line, fields in table.rows():
            # Of two columns with the same name, the first counts.
            row = dict(reversed(list(zip(table.columns, fields))))
            if not row.get("label") or "text" not in row:
                why = f"line {line} has no text and label"
                raise DomainVectorsError(Errors.DV067.format(path=source.shown, why=why))
            texts.append(" ".join(pieces_of(row["text"])))
            labels.append(row["label"])
    if not texts:
        raise DomainVectorsError(Errors.DV067.format(path=source.shown, why="it has no rows"))
    return Labelled(texts, labels)


def _of_docs(source: Source) -> Labelled:
    """RAISES: DomainVectorsError (DV030, DV033, DV054, DV057, DV067)."""
    texts, labels = [], []
    for number, doc in enumerate(read_docs(source, Vocab()), start=1):
        names, values = doc.cats.keys(), doc.cats.values()
        are_names = all(isinstance(name, str) for name in names)
        are_numbers = all(isinstance(value, int | float) for value in values)
        if not doc.cats or not are_names or not are_numbers:
            why = f"doc {number} has no cats"
            raise DomainVectorsError(Errors.DV067.format(path=source.shown, why=why))
        texts.append(" ".join(pieces_of(doc.text)))
        labels.append(max(doc.cats, key=lambda label: doc.cats[label]))
    if not texts:
        raise DomainVectorsError(Errors.DV067.format(path=source.shown, why="it has no docs"))
    return Labelled(texts, labels)
