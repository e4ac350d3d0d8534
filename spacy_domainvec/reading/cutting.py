"""Where text without white space is cut. Pieces are so short that tokenizers take linear time."""

import re
import unicodedata
from collections.abc import Iterator

# For a run of punctuation, the time of spaCy's tokenizer grows with the square of the length: 20,000
# exclamation marks take 80 seconds.
LONGEST = 1000
# Of Chinese and Japanese, Latin, Arabic, Urdu and Hindi. Quotes and brackets may follow them.
SENTENCE_ENDS = "\u3002\uff01\uff1f\uff61\uff0e\u2026.!?\u061f\u06d4\u0964"
CLOSING = "\u201d\u2019\u300d\u300f\uff09\u300b\u3011)]\"'"
JOINER = "\u200d"
SKIN_TONES = range(0x1F3FB, 0x1F400)
# More marks on one letter than any script has.
MOST_MARKS = 32
_CHUNK = re.compile(r"\S+")
_SPACE = re.compile(r"\s")


def pieces_of(text: str) -> list[str]:
    """Cut a text into pieces with at most 1,000 characters in a row without white space.

    Each cut is after the last end of a sentence within 1,000 characters, or else after the last of these
    characters. Joined, the pieces are the text.
    """
    if len(text) <= LONGEST or not any(len(chunk) > LONGEST for chunk in text.split()):
        return [text]
    cuts = [0]
    for chunk in _CHUNK.finditer(text):
        if chunk.end() - chunk.start() > LONGEST:
            cuts += _cuts(text, chunk.start(), chunk.end())
    return [text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)])]


def pieces_of_chunks(chunks: list[str]) -> list[str]:
    """The parts of a text between white space, with the longer ones cut into pieces."""
    if not any(len(chunk) > LONGEST for chunk in chunks):
        return chunks
    return [piece for chunk in chunks for piece in pieces_of(chunk)]


def place_to_cut(text: str, start: int, end: int) -> int:
    """Where to cut a text, after `start` and not after `end`.

    RETURNS: The place of the last white space, or else the place after the last end of a sentence,
        or else `end`. It is never between a character and the marks that belong to it.
    """
    for space in reversed(list(_SPACE.finditer(text, start + 1, end))):
        return space.start()
    cut = max(text.rfind(mark, start, end) for mark in SENTENCE_ENDS) + 1 or end
    while cut < end and text[cut] in CLOSING:
        cut += 1
    for at in range(cut, max(cut - MOST_MARKS, start), -1):
        if not _belongs_to_the_one_before(text, at):
            return at
    return cut


def _cuts(text: str, start: int, end: int) -> Iterator[int]:
    while end - start > LONGEST:
        start = place_to_cut(text, start, start + LONGEST)
        yield start


def _belongs_to_the_one_before(text: str, at: int) -> bool:
    character = text[at : at + 1]
    if not character:
        return False
    is_mark = unicodedata.category(character).startswith("M") or ord(character) in SKIN_TONES
    return is_mark or JOINER in (character, text[at - 1])
