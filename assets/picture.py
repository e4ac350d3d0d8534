"""Take the picture of a page's words that docs show, with a word chosen.

usage: python assets/picture.py PAGE.html WORD PICTURE.png

Needs the package playwright, and Chromium or Chrome installed.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1000, 700
TOP = "document.querySelector('#words').getBoundingClientRect().y + window.scrollY"


def main(page: str, word: str, picture: str) -> None:
    """Search a word on a page, choose it, and save what is seen."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        sys.exit(f"There is no browser: none of {', '.join(BROWSERS)}")
    with sync_playwright() as run:
        # Root, as in a container, can't use the sandbox.
        started = run.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        tab = started.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        tab.goto(Path(page).resolve().as_uri())
        tab.get_by_label("Find a word").fill(word)
        tab.locator("#found").get_by_role("button", name=word, exact=True).click()
        tab.locator("#words h2").scroll_into_view_if_needed()
        tab.screenshot(
            path=picture, full_page=True, clip={"x": 0, "y": tab.evaluate(TOP), "width": WIDTH, "height": HEIGHT}
        )
    print(f"Saved the picture to {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
