"""Acronyms that are explained in a text, with their long forms (Schwartz and Hearst, 2003).

scispacy's AbbreviationDetector does the same, but in a Doc. Here, most texts never become a Doc: their
tokens are numbers, and only texts with a parenthesis beside a short form are searched at all.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

# The limits for the characters of a short form.
SHORTEST, LONGEST = 2, 10
# The fewest words of a long form in parentheses.
MIN_LONG_WORDS = 2
# One word of a long form must have this many different letters.
MIN_LETTERS = 3
ENDS_A_PHRASE = frozenset('.;:!?"()')


@dataclass
class AcronymFinder:
    """Collects pairs of short and long forms (Schwartz and Hearst, 2003) from many texts.

    pairs: How often each pair was found.
    """

    pairs: Counter[tuple[str, tuple[str, ...]]] = field(default_factory=Counter)

    def add(self, words: Sequence[str], keys: Sequence[str]) -> None:
        """Count the pairs in a text.

        words: Its tokens as they are written.
        keys: The same tokens in the form to report, such as lower-cased.
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

    words: The tokens of a text. Parentheses must be tokens of their own.
    YIELDS: The index of the short form, and the start and end of its long form.
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
    """Match the short form's letters from right to left. The first letter must begin a word."""
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
    is_longer = len(" ".join(long)) > len(short)
    if not is_text or not is_longer or short in long or ENDS_A_PHRASE & set(long):
        return None
    return start
