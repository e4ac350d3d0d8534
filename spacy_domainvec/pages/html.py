"""A page as one HTML file that needs no network: template, styles, script and data in one."""

import base64
import hashlib
from dataclasses import replace
from importlib.resources import files
from typing import Any

from ..comparison.advice import judged
from ..util.extras import import_extra
from ..util.text_changes import cut, encodable, with_texts
from . import charts, tables
from .results import Change, Page, Word
from .word_map import KINDS, word_data, word_map

LARGEST = 1_000_000
# How many words the map has at most, where they are long, and how many bytes of data for the script.
N_WORDS, WORD_BYTES = (3000, 1000, 300, 100, 30), 600_000
# Longer words are no words but addresses and the like; a longer sentence is cut.
LONGEST_WORD, LONGEST_SENTENCE = 60, 300
# Longer than any sentence of our own; a label, a title or a message can have any length.
LONGEST_TEXT = 600


def html(whole: Page) -> str:
    """The page as HTML, below 1 MB: what has no space there is only in the JSON.

    RAISES: DomainVectorsError (DV066) without jinja2.
    """
    page = with_texts(whole, lambda text: cut(encodable(text), LONGEST_TEXT))
    jinja2 = import_extra("jinja2", "writing a page", "report")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    template = environment.from_string(_file("page.html.j2"))
    css, script = _file("page.css"), _file("page.js")
    sources = f"style-src '{_hash(css)}'; script-src '{_hash(script)}'"
    policy = f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'"
    given = {"policy": policy, "css": css, "script": script, **_of_comparison(page)}
    written = ""
    for n_words in N_WORDS:
        written = template.render(given | _of_words(page, n_words))
        if len(written.encode()) < LARGEST:
            break
    return written


def _of_comparison(page: Page) -> dict[str, Any]:
    found = page.comparison
    sizes = [charts.size_curve(page.sizes, of_accuracy) for of_accuracy in (False, True)]
    given: dict[str, Any] = {"sizes": [chart for chart in sizes if chart]}
    given["sizes_table"] = tables.sizes_table(page.sizes) if page.sizes else None
    if found is None:
        return given | {"comparison": None}
    verdict = judged(found)
    chosen = verdict.chosen.name if verdict else None
    return given | {
        "comparison": found,
        "chosen": verdict.chosen.title if verdict else None,
        "accuracy": tables.accuracy_table(found),
        "costs": tables.costs_table(found),
        "by_labels": charts.accuracy_by_labels(found.routes, chosen),
        "halves": charts.halves_found(found.routes),
        "forgetting": charts.gain_and_forgetting(found.routes, chosen),
        "by_text": charts.text_curve(found.text_curve),
        "curve_table": tables.curve_table(found) if found.text_curve else None,
    }


def _of_words(whole: Page, n_words: int) -> dict[str, Any]:
    page = _shortened(whole, n_words)
    words, changes = page.words, page.changes
    return {
        "page": page,
        "n_left_out": len(whole.words) - len(words),
        "map": word_map(words) if words else "",
        "data": word_data(words, WORD_BYTES) if words else "",
        "kinds": [(kind, sum(word.kind == kind for word in words)) for kind in KINDS],
        "moved": tables.moved_table(words),
        "new": tables.new_words(words),
        "weak": tables.weak_words(words),
        "terms": tables.terms(words),
        "update_new": tables.new_rows(changes.new) if changes else [],
        "update_terms": tables.terms(changes.new, tables.NEW_ROWS) if changes else "",
        "drifted": changes.drifted[: tables.N_DRIFTED] if changes else [],
        "nearest": tables.NEAREST,
        "no_changes": tables.NO_CHANGES,
    }


def _shortened(page: Page, n_words: int) -> Page:
    """The page without words that are too many or too long, and with sentences that are not too long."""
    changes = page.changes
    if changes:
        drifted = [_cut_change(change) for change in changes.drifted if len(change.word) <= LONGEST_WORD]
        changes = replace(changes, new=_cut_words(changes.new, n_words), drifted=drifted)
    return replace(page, words=_cut_words(page.words, n_words), changes=changes)


def _cut_words(words: list[Word], n_words: int) -> list[Word]:
    short = [word for word in words if len(word.word) <= LONGEST_WORD][:n_words]
    cut = []
    for word in short:
        before, after = _short(word.before), _short(word.after)
        examples = _sentences(word.examples)
        cut.append(replace(word, before=before, after=after, examples=examples))
    return cut


def _cut_change(change: Change) -> Change:
    return replace(
        change,
        before=_short(change.before),
        after=_short(change.after),
        examples_before=_sentences(change.examples_before),
        examples=_sentences(change.examples),
    )


def _short(words: list[str]) -> list[str]:
    return [word for word in words if len(word) <= LONGEST_WORD]


def _sentences(found: list[str]) -> list[str]:
    return [cut(sentence, LONGEST_SENTENCE) for sentence in found]


def _file(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf8")


def _hash(content: str) -> str:
    """What a content security policy calls the content of a style or script element."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
