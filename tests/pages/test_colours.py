"""The contrast of the colours of a page, as WCAG 2.2 defines it."""

import re
from importlib.resources import files

import pytest

# What stands behind text, and lines that no text has the colour of.
BEHIND, LINES = ("paper", "panel", "warn"), {"line", "warn-line"}
LEAST = 4.5
# Light, dark, and print, which keeps what it does not name of the light ones.
LIGHT, DARK, PRINT = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", block))
    for block in re.findall(
        r":root \{(.*?)\}", (files("spacy_domainvec.pages") / "page.css").read_text(encoding="utf8"), flags=re.DOTALL
    )
)


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    shares = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_that_of_wcag():
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#777", "#fff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("colours", [LIGHT, DARK, LIGHT | PRINT], ids=["light", "dark", "print"])
@pytest.mark.parametrize("behind", BEHIND)
def test_every_colour_can_be_read(colours, behind):
    read = {name: colour for name, colour in colours.items() if name not in LINES.union(BEHIND)}
    assert len(read) == 10 and set(colours) == set(LIGHT)
    assert {name: ratio for name, c in read.items() if (ratio := contrast(c, colours[behind])) < LEAST} == {}
