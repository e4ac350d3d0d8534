"""The texts of a corpus, read from files as often as one likes."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import DomainVectorsWarning, Warnings
from ..reading.cutting import pieces_of
from ..reading.docbins import read_docs
from ..reading.readers import read_texts
from ..reading.skipped import Skipped, warn_of
from ..reading.sources import STDIN, Source, find_sources
from ..reading.versions import unchanged


@dataclass(frozen=True)
class Corpus:
    """Texts of files, folders, globs and addresses; each iteration reads them again.

    paths: What to read, see `sources.find_sources`.
    field: Name of the field or column of .jsonl, .csv and .tsv files that holds the text. What YAML and JSON take for
        a number or nothing is taken for the name that is written so: 0, 2024, null.
    exclude: Files and folders that are no texts, such as the output, though they may lie among them.
    """

    paths: str | Path | Sequence[str | Path]
    field: str | int | float | None = "text"
    exclude: Sequence[Path] = ()

    def sources(self) -> list[Source]:
        """The files.

        RAISES: DomainVectorsError (DV030, DV031, DV033, DV035, DV056, DV057). WARNS: DomainVectorsWarning (DV104).
        """
        sources, left_out = find_sources(self.paths, self.exclude)
        if left_out:
            details = ", ".join(left_out[:3]) + (f" and {len(left_out) - 3} more" if len(left_out) > 3 else "")
            warnings.warn(Warnings.DV104.format(details=details), DomainVectorsWarning, stacklevel=2)
        return sources

    def docs(self, nlp: Language) -> Iterator[Doc]:
        """Yield the tokenized texts; only the pipeline's tokenizer runs.

        nlp: The pipeline whose tokenizer is used. Docs of .spacy files keep the tokens they have. A text with more
            than 1,000 characters without white space comes in several docs.
        RAISES: DomainVectorsError (DV030 to DV036, DV039, DV054 to DV057).
        WARNS: DomainVectorsWarning (DV101, DV104, DV109).
        """
        skipped = Skipped()
        for source in self.sources():
            with unchanged({source: None} if source.path != STDIN else {}):
                if source.format == "spacy":
                    yield from read_docs(source, nlp.vocab)
                    continue
                for text in read_texts(source, self.field, skipped):
                    yield from map(nlp.tokenizer, pieces_of(text.strip()))
        warn_of(skipped)
