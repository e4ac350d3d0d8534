"""The page in a real browser, from the disk and without a network. Skipped where there is none."""

import shutil
from dataclasses import replace

import pytest
from small_pages import empty_page, page, words

from spacy_domainvec.pages.html import html

NAMES = ("chromium", "chromium-browser", "google-chrome")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"there is no browser: none of {', '.join(NAMES)}")
    with playwright.sync_playwright() as run:
        # Root, as in a container, can't use the sandbox.
        browser = run.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, tmp_path):
    """A function that opens a page. All that the console says is an error."""
    messages, contexts = [], []

    def open_page(shown, width=1280, scheme="light", **more):
        path = tmp_path / "a <page> & 'its' name.html"
        path.write_text(html(shown), encoding="utf8")
        size = {"width": width, "height": 900}
        contexts.append(browser.new_context(viewport=size, color_scheme=scheme, offline=True, **more))
        tab = contexts[-1].new_page()
        tab.on("console", lambda message: messages.append(message.text))
        tab.on("pageerror", lambda error: messages.append(str(error)))
        tab.on("request", lambda request: None if request.url.startswith("file:") else messages.append(request.url))
        tab.goto(path.as_uri())
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert messages == []


def place_of(tab, number):
    """The point of the screen where the map shows a word."""
    return tab.evaluate(
        """(number) => {
            const [, , , , x, y] = JSON.parse(document.getElementById("data").textContent).words[number];
            const svg = document.querySelector("#map-area svg");
            svg.scrollIntoView({ block: "center" });
            const point = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
            return [point.x, point.y];
        }""",
        number,
    )


def test_search_finds_words_by_keyboard(opened):
    tab = opened(page())
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.get_by_label("Find a word").fill("word1")
    assert tab.locator("#search-status").text_content() == "5 words"
    assert tab.locator("#found button").all_text_contents()[0] == "word1"
    panel = tab.locator("#panel")
    assert panel.locator("h3").text_content() == "word1" and panel.locator(".sentences").count() == 0
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    assert panel.locator("h3").text_content() == "word12" == tab.evaluate("document.activeElement.textContent")
    tab.keyboard.press("Enter")
    assert panel.locator(".sentences li").count() == 2
    assert panel.locator(".sentences strong").first.text_content() == "word12"
    tab.get_by_label("Find a word").fill("nowhere")
    assert tab.locator("#search-status").text_content() == "No words" and tab.locator("#found button").count() == 0


def test_the_map_shows_neighbours_and_on_a_click_sentences(opened):
    tab = opened(page())
    panel = tab.locator("#panel")
    assert "Point at a word" in panel.text_content()
    tab.mouse.move(*place_of(tab, 4))
    assert panel.locator("h3").text_content() == "word4" and "50% of its neighbours changed" in panel.text_content()
    near = panel.locator(".near > div")
    assert near.nth(0).locator("li").all_text_contents()[0] == "w7 x"
    assert near.nth(1).locator("li").all_text_contents() == [
        "word5",
        "w6 x",
        "w7 x",
        "word8",
        "word9",
        "w10 x",
        "elsewhere",
    ]
    assert tab.locator(".rings circle").count() == 7 and panel.locator(".sentences").count() == 0
    tab.mouse.click(*place_of(tab, 4))
    assert panel.locator(".sentences li").first.text_content() == "A sentence with word4 in it, the 0th of its text."
    # The pointer looks at another word and leaves: the chosen one is back.
    tab.mouse.move(*place_of(tab, 20))
    assert panel.locator("h3").text_content() == "word20"
    tab.mouse.move(2, 2)
    assert panel.locator("h3").text_content() == "word4" and panel.locator(".sentences li").count() == 2
    panel.get_by_role("button", name="word5").click()
    assert tab.evaluate("document.activeElement.textContent") == "word5" and panel.locator(".sentences li").count() == 2


def test_the_map_is_walked_with_arrows(opened):
    tab = opened(page())
    tab.locator("#map-area").focus()
    seen = set()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft"):
        tab.keyboard.press(key)
        seen.add(tab.locator("#panel h3").text_content())
    assert len(seen) > 2
    tab.keyboard.press("Enter")
    assert tab.locator("#panel .sentences li").count() == 2


def test_terms_are_copied(opened):
    tab = opened(page(changes=None))
    tab.get_by_role("button", name="Copy the list").click()
    tab.get_by_text("Copied.").wait_for()
    tab.locator("#search").focus()
    tab.keyboard.press("Control+v")
    assert tab.locator("#search").input_value().startswith("word1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(opened, scheme, width):
    long = replace(words()[1], word="x" * 60, examples=["y" * 300])
    tab = opened(page(words=[long, *words()], title="Title" * 20), width, scheme)
    tab.locator("#search").fill("xxx")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    light = tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light == (scheme == "light")


def test_it_fits_on_paper(opened):
    # A4 with margins of 15 mm, printed by somebody who reads in the dark.
    tab = opened(page(), 680, "dark")
    tab.emulate_media(media="print")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 680
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not tab.locator("#panel").is_visible() and tab.locator("#map-area svg").is_visible()


def test_texts_stay_texts(opened):
    evil = "</script><script>console.log('no')</script><img src=x onerror=console.log(1)>"
    given = replace(words()[1], word=evil[:30], after=[evil[:58]], examples=[evil])
    tab = opened(page(words=[given, *words()], advice=[evil], title=evil))
    tab.locator("#search").fill("</script")
    tab.keyboard.press("Enter")
    assert tab.locator("#panel h3").text_content() == evil[:30]
    assert tab.locator("#panel .sentences").text_content() == evil and tab.locator("img").count() == 0


def test_a_page_without_words_or_script_is_read(opened):
    opened(empty_page(advice=["Keep it."])).get_by_text("Keep it.").wait_for()
    tab = opened(page(), java_script_enabled=False)
    assert tab.get_by_text("need JavaScript").is_visible() and not tab.locator("#search").is_visible()
    assert tab.locator("#map-area svg").is_visible()
