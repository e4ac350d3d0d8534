"""The texts of a corpus, which can be read from its files any number of times."""

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
    """The texts of files, folders, globs and addresses. Each iteration reads them again.

    paths: What to read, see `sources.find_sources`.
    field: The field or column of the text in .jsonl, .csv and .tsv files. YAML and JSON read some
        names as a number or as nothing: 0, 2024, null. They are turned back into names.
    exclude: Files and folders to leave out, such as the output, which may lie among the texts.
    """

    paths: str | Path | Sequence[str | Path]
    field: str | int | float | None = "text"
    exclude: Sequence[Path] = ()

    def sources(self) -> list[Source]:
        """The files.

        RAISES: DomainVectorsError (DV030, DV031, DV033, DV035, DV056, DV057).
        WARNS: DomainVectorsWarning (DV104).
        """
        sources, left_out = find_sources(self.paths, self.exclude)
        if left_out:
            details = ", ".join(left_out[:3])
            if len(left_out) > 3:
                details += f" and {len(left_out) - 3} more"
            warnings.warn(Warnings.DV104.format(details=details), DomainVectorsWarning, stacklevel=2)
        return sources

    def docs(self, nlp: Language) -> Iterator[Doc]:
        """Yield the tokenized texts. Only the pipeline's tokenizer runs.

        Docs of .spacy files keep their tokens. A text with more than 1,000 characters in a row
        without white space becomes several docs.

        nlp: The pipeline with the tokenizer.
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
