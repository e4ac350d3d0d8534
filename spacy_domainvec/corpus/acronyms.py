"""Acronyms that a text explains, and their long forms (Schwartz and Hearst, 2003).

scispacy's AbbreviationDetector finds them in a Doc. Most texts of a corpus never become one here: their tokens
are numbers, and only texts with a parenthesis beside a short form are searched at all.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

# Lengths of a short form, and of a long form that stands in the parentheses.
SHORTEST, LONGEST = 2, 10
MIN_LONG_WORDS = 2
# Different letters of the longest word, at least.
MIN_LETTERS = 3
ENDS_A_PHRASE = frozenset('.;:!?"()')


@dataclass
class AcronymFinder:
    """Collects pairs of short and long forms (Schwartz and Hearst, 2003) from one text after the other."""

    pairs: Counter[tuple[str, tuple[str, ...]]] = field(default_factory=Counter)

    def add(self, words: Sequence[str], keys: Sequence[str]) -> None:
        """Take note of the pairs in a text.

        words: Its tokens as they are written.
        keys: The same as they are to be reported, such as lower-cased.
        """
        for short, start, end in find_acronyms(words):
            self.pairs[keys[short], tuple(keys[start:end])] += 1

    def long_forms(self) -> dict[str, tuple[str, ...]]:
        """The most frequent long form of each short form, in alphabetical order of the short forms."""
        best: dict[str, tuple[str, ...]] = {}
        by_frequency = sorted(self.pairs, key=lambda pair: (pair[0], -self.pairs[pair], pair[1]))
        for short, long in by_frequency:
            best.setdefault(short, long)
        return best


def find_acronyms(words: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Find "annual percentage rate (APR)" and "APR (annual percentage rate)".

    words: The tokens of a text, parentheses being tokens of their own.
    YIELDS: The index of the short form, and where its long form starts and ends.
    """
    opens = [i for i, word in enumerate(words) if word == "("]
    for i in opens:
        if i + 2 < len(words) and words[i + 2] == ")" and is_short_form(words[i + 1]):
            short = words[i + 1]
            first = max(0, i - min(len(short) + 5, 2 * len(short)))
            start = _start_of_long_form(short, words[first:i])
            if start is not None:
                yield i + 1, first + start, i
        elif i > 0 and is_short_form(words[i - 1]) and ")" in words[i : i + 2 * LONGEST]:
            end = words.index(")", i)
            start = _start_of_long_form(words[i - 1], words[i + 1 : end])
            if start == 0 and end - i - 1 >= MIN_LONG_WORDS:
                yield i - 1, i + 1, end


def is_short_form(word: str) -> bool:
    """Whether a word looks like an acronym: two to ten characters, two of them capital letters."""
    return SHORTEST <= len(word) <= LONGEST and word[0].isalnum() and sum(map(str.isupper, word)) >= 2


def _start_of_long_form(short: str, words: Sequence[str]) -> int | None:
    """Match the short form's letters from right to left; the first one must begin a word of the long form."""
    text = " ".join(words).lower()
    place = len(text)
    letters = [char for char in short.lower() if char.isalnum()]
    for i, char in reversed(list(enumerate(letters))):
        place = text.rfind(char, 0, place)
        while i == 0 and place > 0 and text[place - 1].isalnum():
            place = text.rfind(char, 0, place)
        if place < 0:
            return None
    start = text.count(" ", 0, place)
    long = words[start:]
    # Redactions, such as XXXX for a date, are no words.
    is_text = any(len({char for char in word.lower() if char.isalpha()}) >= MIN_LETTERS for word in long)
    if short in long or ENDS_A_PHRASE & set(long) or len(" ".join(long)) <= len(short) or not is_text:
        return None
    return start
