import itertools
import json
import re
from dataclasses import asdict, replace
from html.parser import HTMLParser

import pytest
from small_pages import MADE_BY, comparison, empty_page, page, words

from spacy_domainvec.comparison.results import Costs
from spacy_domainvec.errors import DomainVectorsError
from spacy_domainvec.pages import html as module
from spacy_domainvec.pages.html import LARGEST, html
from spacy_domainvec.pages.results import Change, Changes
from spacy_domainvec.pages.tables import costs_table
from spacy_domainvec.pages.word_map import word_data
from spacy_domainvec.pages.written import check_page, markdown, write_comparison, write_page

EVIL = "</script><script>alert('x')</script><!-- \u2028 \" ]]> & | [a](b)"
VOID = {"meta", "input", "br", "link"}


class Parsed(HTMLParser):
    """Which elements a page has, and that each is closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.data = [], [], {}
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.data[len([tag for tag, _ in self.elements if tag == "script"])] = data

    def all(self, name):
        return [attrs for tag, attrs in self.elements if tag == name]


def data_of(text):
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, flags=re.DOTALL)
    return json.loads(found)


def test_a_page_has_all_sections_and_headings_in_order():
    found = Parsed(html(page()))
    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(level - before <= 1 for before, level in itertools.pairwise(levels))
    ids = [attrs["id"] for _, attrs in found.elements if "id" in attrs]
    assert len(set(ids)) == len(ids)
    assert {"advice", "warnings", "facts", "routes", "sizes", "changes", "words", "data", "search"} <= set(ids)
    links = {attrs["href"][1:] for attrs in found.all("a")}
    assert links <= set(ids)


def test_images_and_tables_are_told_to_those_who_do_not_see_them():
    text = html(page())
    found = Parsed(text)
    drawn = [attrs for attrs in found.all("svg") if "aria-hidden" not in attrs]
    assert len(drawn) == 6 and all(attrs["role"] == "img" for attrs in drawn)
    for name in (name for attrs in drawn for name in attrs["aria-labelledby"].split()):
        assert f'id="{name}">' in text
    assert len(found.all("caption")) == len(found.all("table")) and all("scope" in attrs for attrs in found.all("th"))
    labels = {attrs["for"] for attrs in found.all("label")}
    assert labels == {attrs["id"] for attrs in [*found.all("input"), *found.all("textarea")]}


def test_sections_without_data_are_left_out():
    found = Parsed(html(empty_page()))
    assert not found.all("section") and not found.all("svg") and not found.all("table") and not found.all("textarea")
    text = html(empty_page(words=words(has_examples=False)))
    assert "contains words from the texts, but no sentences" in text and "Words with a weak vector" in text
    assert "contains sentences" in html(page())
    without_labels = html(empty_page(comparison=comparison(has_labels=False)))
    assert "mean reciprocal rank" in without_labels and "by-labels" not in without_labels


def test_an_update_tells_all_new_words_or_that_there_are_none():
    for text in (html(empty_page(changes=Changes([], []))), markdown(empty_page(changes=Changes([], [])))):
        assert "No word is new, and none has moved." in text
    # A word that is new to the table can be known to the base.
    text = html(empty_page(changes=Changes(words(1), [])))
    assert "Words known to the base" in text and 'spellcheck="false">\nword0\n</textarea>' in text


def test_what_was_not_measured_has_no_column():
    found = comparison()
    routes = [replace(one, costs=Costs(megabytes=50.0), coverage=None) for one in found.routes]
    header = costs_table(replace(found, routes=routes)).header
    assert header == ["route", "WordSim-353", "SimLex-999", "width", "MB on disk"]


def test_a_failed_route_says_why_and_the_advised_one_stands_out():
    text = html(page())
    assert 'class="soft">could not be run: gensim is missing</td>' in text
    assert 'domain vectors <span class="tag">advised</span>' in text


def test_nothing_from_texts_can_break_out():
    word = replace(words()[1], word=EVIL[:40], kind="new", weak="rare", after=[EVIL[:40], EVIL[:30]], examples=[EVIL])
    given = comparison()
    given = replace(given, base=EVIL, routes=[replace(given.routes[0], title=EVIL, what=EVIL), *given.routes[1:]])
    change = Change(EVIL[:40], 0.1, [EVIL[:40]], [EVIL[:40]], [EVIL], [EVIL])
    told = {name: [EVIL, EVIL] for name in ("advice", "warnings", "facts")}
    evil = page(title=EVIL, words=[word, *words()], changes=Changes([word], [change]), comparison=given, **told)
    text = html(evil)
    found = Parsed(text)
    # That of the data, and that of the page.
    assert len(found.all("script")) == 2 and "alert" not in [name for attrs in found.all("script") for name in attrs]
    assert "<script>alert" not in text and "<!--" not in text
    assert data_of(text)["words"][0][0] == EVIL[:40] and data_of(text)["words"][0][-1] == [EVIL]
    assert "\u2028" not in text[text.index('id="data"') :]
    assert "<script>" not in markdown(evil) and "](b)" not in markdown(evil).replace("\\](b)", "")


def test_only_its_own_script_and_styles_run():
    text = html(page())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    assert policy.startswith("default-src &#39;none&#39;;") and module._hash(script) in policy
    assert not re.findall(r"""(?:src|href)=["'](?!#)|url\(|@import| style=| on[a-z]+=""", text)
    assert len(script.encode()) < 30_000


@pytest.mark.slow
def test_a_large_page_is_below_a_megabyte():
    sentence = "Ein ziemlich langer Satz über dies und das, " * 5
    given = [replace(word, examples=[sentence, sentence], before=word.after) for word in words(3000)]
    text = html(page(words=given, changes=Changes(given, [])))
    assert len(text.encode()) < LARGEST
    records = data_of(text)["words"]
    # The most frequent words keep their sentences.
    has = [len(record) == 10 for record in records]
    assert len(records) == 3000 and has[0] and not has[-1] and has == sorted(has, reverse=True)


@pytest.mark.slow
def test_words_are_left_out_of_a_page_that_would_be_too_large():
    given = [replace(word, word="字" * 50 + word.word) for word in words(4000)]
    text = html(page(words=[replace(given[0], word="x" * 61), *given]))
    assert len(text.encode()) < LARGEST and len(data_of(text)["words"]) == 1000
    assert "3,001 rarer or very long words are only in the JSON" in text
    one = html(page(words=[replace(given[0], word="x" * 61), *words()]))
    assert " 1 rarer or very long word is only in the JSON" in one


@pytest.mark.parametrize("letter", ["x", "<", "字"])
def test_a_page_with_texts_of_any_length_is_below_a_megabyte(letter):
    endless = letter * 400_000
    given = comparison()
    failed = replace(given.routes[-1], failed=endless)
    given = replace(given, routes=[replace(given.routes[0], title=endless, what=endless), failed], base=endless)
    told = {name: [f"A label: {endless}", "Another."] for name in ("advice", "warnings", "facts")}
    text = html(page(title=endless, comparison=given, **told))
    assert len(text.encode()) < LARGEST and "…" in text and "Another." in text


@pytest.mark.slow
def test_a_page_whose_neighbours_are_all_long_is_below_a_megabyte():
    near = [[f"{'字' * 54}{i:03d}{k:02d}" for k in range(16)] for i in range(400)]
    given = [replace(word, before=one[:8], after=one[8:]) for word, one in zip(words(400), near)]
    change = Change(near[0][0], 0.1, near[1], near[2], ["<" * 300] * 2, ["<" * 300] * 2)
    text = html(page(words=given, changes=Changes(given, [change] * 40)))
    assert len(text.encode()) < LARGEST and len(data_of(text)["words"]) >= 30


def test_a_name_that_is_not_utf_8_is_written(tmp_path):
    name = "july\udcff"
    given = page(title=name, comparison=replace(comparison(), base=name), words=[replace(words()[0], word=name)])
    write_page(given, tmp_path / "out.html")
    for file in tmp_path.iterdir():
        assert "july\ufffd" in file.read_text(encoding="utf8")
    write_comparison(given, tmp_path / "compared")
    assert json.loads((tmp_path / "compared" / "compare.json").read_text())["title"] == "july\ufffd"


def test_data_has_no_more_sentences_than_fit():
    given = words(4)
    least = len(word_data([replace(word, examples=[]) for word in given], 10**6))
    assert len(word_data(given, least + 150)) <= least + 150
    assert len(json.loads(word_data(given, least + 150))["words"][0]) == 10
    assert len(json.loads(word_data(given, least + 150))["words"][1]) == 9


def test_neighbours_are_numbers_of_words():
    found = json.loads(word_data(words(), 10**6))
    assert [found["words"][i][0] for i in found["words"][0][7][:2]] == ["word1", "w2 x"]
    assert found["words"][0][7][-1] == -1 and found["others"] == ["elsewhere"]


def test_three_files_are_written_and_replaced(tmp_path):
    for title in ("first", "second"):
        write_page(page(title=title), tmp_path / "out.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.html", "out.json", "out.md"]
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf8")) == asdict(page(title="second"))
    assert "<h1>second</h1>" in (tmp_path / "out.html").read_text(encoding="utf8")
    assert (tmp_path / "out.md").read_text(encoding="utf8").startswith(f"<!-- {MADE_BY} -->\n\n# second\n")


@pytest.mark.parametrize("name", ["out.html", "out.md", "out.json"])
def test_files_of_others_are_left_alone(tmp_path, name):
    (tmp_path / name).write_text("<!doctype html><p>mine, with spacy-domainvec")
    with pytest.raises(DomainVectorsError, match="DV024"):
        write_page(page(), tmp_path / "out.html")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("has_html", [True, False])
def test_a_comparison_is_a_folder_with_the_page_in_all_forms(tmp_path, has_html):
    write_comparison(page(), tmp_path / "out", has_html)
    html = ["compare.html"] if has_html else []
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [*html, "compare.json", "compare.md"]
    assert json.loads((tmp_path / "out" / "compare.json").read_text()) == asdict(page())
    assert (tmp_path / "out" / "compare.md").read_text() == markdown(page())


def test_a_page_does_not_replace_what_is_read(tmp_path):
    write_page(page(), tmp_path / "out.html")
    with pytest.raises(DomainVectorsError, match="DV012"):
        check_page(tmp_path / "out", corpus=[tmp_path / "out.md"])


def test_markdown_has_the_same_content():
    text = markdown(page())
    for title in ("Advice", "Warnings", "What was measured", "Routes", "What the update changed", "Words"):
        assert f"\n## {title}\n" in text
    assert "| domain vectors | 75.0% (73.0 to 77.0) |" in text and "could not be run: gensim is missing" in text
    assert "\n- word0: A sentence with word0 in it, the 1th of its text.\n" in text
    assert "| base, weighted | 60.0% (58.0 to 62.0) | 70.0% (68.0 to 72.0) | - |" in text
    assert "- charge, before: The battery has no charge." in text and "Acronyms: w3 x (197)" in text
    assert "\n\n\n" not in text and "##" not in markdown(empty_page())
