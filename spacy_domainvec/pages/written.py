"""Writing a page: HTML, Markdown and JSON beside each other."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import srsly

from ..files.kinds import PAGE, PAGE_TEXT, Kind, json_of
from ..files.outputs import check_output, written_file
from .html import html
from .markdown import markdown
from .results import Page


def page_files(path: str | Path) -> dict[Path, Kind]:
    """The files of a page, HTML first, and their kinds. path: That of the HTML; ".html" is added if it is missing."""
    stem = str(path).removesuffix(".html")
    return {Path(f"{stem}{suffix}"): kind for suffix, kind in _KINDS.items()}


def check_page(
    path: str | Path,
    inputs: Iterable[str | Path | None] = (),
    corpus: str | Path | Sequence[str | Path] | None = None,
) -> None:
    """Check that a page may be written, as `check_output` does, which knows `inputs` and `corpus`.

    RAISES: DomainVectorsError (DV010 to DV012, DV024).
    """
    inputs = list(inputs)
    for file, kind in page_files(path).items():
        check_output(file, kind, inputs, corpus)


def write_page(page: Page, path: str | Path) -> None:
    """Write a page as HTML, and beside it as Markdown and JSON with the same name. Earlier ones are replaced.

    path: That of the HTML, with the ending .html.
    RAISES: DomainVectorsError (DV010, DV011, DV024, DV053; DV066 without jinja2).
    """
    check_page(path)
    contents = (html(page), markdown(page), srsly.json_dumps(asdict(page)))
    for (file, kind), content in zip(page_files(path).items(), contents):
        with written_file(file, kind) as new:
            new.write_text(content, encoding="utf8")


_KINDS = {".html": PAGE, ".md": PAGE_TEXT, ".json": json_of(Page)}
