"""A page as Markdown, without charts and map; and writing pages and comparisons as HTML, Markdown and JSON."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from ..comparison.written import escaped, table, title_line
from ..files.kinds import COMPARISON, PAGE, PAGE_TEXT, Kind, json_of
from ..files.names import COMPARED, COMPARED_PAGE, COMPARED_TEXT
from ..files.outputs import check_output, written_directory, written_file
from ..util.text_changes import encodable, with_texts
from . import tables
from .html import html
from .results import Changes, Page, Word

KINDS = {".html": PAGE, ".md": PAGE_TEXT, ".json": json_of(Page)}


def page_files(path: str | Path) -> dict[Path, Kind]:
    """The files of a page, HTML first, and their kinds.

    path: That of the HTML; ".html" is added if it is missing.
    """
    stem = str(path).removesuffix(".html")
    return {Path(f"{stem}{suffix}"): kind for suffix, kind in KINDS.items()}


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
    """Write a page as HTML, and beside it as Markdown and JSON with the same name.

    path: That of the HTML, with the ending .html. Earlier pages are replaced.
    RAISES: DomainVectorsError (DV010, DV011, DV024, DV053; DV066 without jinja2).
    """
    check_page(path)
    contents = (html(page), markdown(page), _json(page))
    for (file, kind), content in zip(page_files(path).items(), contents):
        with written_file(file, kind) as new:
            new.write_text(content, encoding="utf8")


def write_comparison(page: Page, path: str | Path, has_html: bool = True) -> None:
    """Write a folder with the page on a comparison as JSON, Markdown and HTML.

    path: Of the folder. An earlier one is replaced at once.
    has_html: Whether the page is written as HTML, too, which needs jinja2.
    RAISES: DomainVectorsError (DV010 to DV012, DV024, DV053, DV066).
    """
    with written_directory(path, COMPARISON) as new:
        (new / COMPARED).write_text(_json(page), encoding="utf8")
        (new / COMPARED_TEXT).write_text(markdown(page), encoding="utf8")
        if has_html:
            (new / COMPARED_PAGE).write_text(html(page), encoding="utf8")


def markdown(whole: Page) -> str:
    """The page as Markdown."""
    page = with_texts(whole, encodable)
    held = "sentences from the texts" if page.has_examples else "no sentences from the texts"
    # The first line, which no reader shows, tells that the file may be replaced.
    lines = [f"<!-- {page.made_by} -->", "", f"# {escaped(page.title)}", ""]
    lines += [f"{escaped(page.made_by)}. This page contains {held}."]
    lists = {"Advice": page.advice, "Warnings": page.warnings, "What was measured": page.facts}
    for title, sentences in lists.items():
        lines += _section(title, _listed(sentences)) if sentences else []
    if found := page.comparison:
        curve = tables.curve_table(found) if found.text_curve else None
        of_routes = [tables.accuracy_table(found), tables.costs_table(found), curve]
        lines += _section("Routes", [line for one in of_routes if one for line in _table(one)])
        lines += ["", *_listed(title_line(route) for route in found.routes)]
    if page.sizes:
        lines += _section("How large the table has to be", _table(tables.sizes_table(page.sizes)))
    lines += _changes(page.changes) if page.changes else []
    lines += _words(page.words) if page.words else []
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def _json(page: Page) -> str:
    return json.dumps(asdict(with_texts(page, encodable)), ensure_ascii=False)


def _changes(changes: Changes) -> list[str]:
    lines = []
    for found in tables.new_rows(changes.new):
        lines += ["", f"### {found.title}", "", _counted(found)]
    if drifted := tables.drifted_table(changes.drifted):
        lines += ["", "### Words that have moved", "", *_table(drifted), ""]
        for change in changes.drifted[: tables.N_DRIFTED]:
            lines += _listed(f"{change.word}, before: {one}" for one in change.examples_before)
            lines += _listed(f"{change.word}, after: {one}" for one in change.examples)
    return _section("What the update changed", lines[1:] or [tables.NO_CHANGES])


def _words(words: Sequence[Word]) -> list[str]:
    lines = []
    if moved := tables.moved_table(words):
        lines += ["", "### Words that moved most", "", *_table(moved)]
        lines += _listed(f"{word.word}: {one}" for word in tables.moved(words) for one in word.examples)
    for title, lists in (
        ("New words, phrases and acronyms", tables.new_words(words)),
        ("Words with a weak vector", tables.weak_words(words)),
    ):
        lines += ["", f"### {title}"] if lists else []
        for found in lists:
            lines += ["", f"{found.title}: {_counted(found)}"]
    return _section("Words", lines[1:])


def _section(title: str, lines: Iterable[str]) -> list[str]:
    return ["", f"## {title}", "", *lines]


def _listed(sentences: Iterable[str]) -> list[str]:
    return [f"- {escaped(sentence)}" for sentence in sentences]


def _table(given: tables.Table) -> list[str]:
    # A cell starts no list.
    rows = [[cell if cell == tables.NONE else escaped(cell) for cell in row] for row in given.rows]
    rows = [row + [""] * (len(given.header) - len(row)) for row in rows]
    said = f"{given.caption}. {given.note}".rstrip()
    return [said, "", *table([escaped(cell) for cell in given.header], rows, given.n_left), ""]


def _counted(found: tables.WordList) -> str:
    more = [f"and {found.more:,} more"] if found.more else []
    return ", ".join([*(f"{escaped(word.word)} ({word.count:,})" for word in found.words), *more])
