"""Take the picture of a page's words that docs show, with a word chosen.

usage: python assets/picture.py PAGE.html WORD PICTURE.png

Needs the package playwright, and Chromium or Chrome installed.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIZE = {"width": 1000, "height": 700}


def main(page: str, word: str, picture: str) -> None:
    """Search a word on a page, choose it, and save what is seen."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        sys.exit(f"There is no browser: none of {', '.join(BROWSERS)}")
    with sync_playwright() as run:
        # Root, as in a container, can't use the sandbox.
        tab = run.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page(viewport=SIZE)
        tab.goto(Path(page).resolve().as_uri())
        tab.get_by_label("Find a word").fill(word)
        tab.locator("#found").get_by_role("button", name=word, exact=True).click()
        tab.locator("#words h2").scroll_into_view_if_needed()
        top = tab.locator("#words").bounding_box()["y"] + tab.evaluate("window.scrollY")
        tab.screenshot(path=picture, full_page=True, clip={"x": 0, "y": top, **SIZE})
    print(f"Saved the picture to {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
