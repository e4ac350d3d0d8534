"""What a page shows, and the content of the JSON beside it.

Shares, cosines and places are from 0 to 1 (cosines from -1); a size is in MB.
"""

from dataclasses import dataclass

from ..comparison.results import Comparison


@dataclass(frozen=True)
class Word:
    """A word, phrase or acronym of the text.

    word: As it is written; the words of a phrase are separated by spaces.
    kind: "known" if the base has a vector for it, "new" if not, "phrase" or "acronym".
    count: How often it occurs in the text.
    weak: Why its vector is weak: "rare", "alias" (the base's vector is another word's) or "spelling"
        (only from character n-grams); None if it is not.
    x, y: Its place on the map.
    before, after: The nearest words by the base's vectors and by the combined ones, nearest first;
        before is empty for a word that the base does not know.
    moved: The share of the nearest words that are others than before, among those that the base
        knows, nearer ones counting more; None for a word that the base does not know, and for one
        with a weak vector.
    examples: Up to two sentences of the text with the word; empty if sentences are left out.
    """

    word: str
    kind: str
    count: int
    weak: str | None
    x: float
    y: float
    before: list[str]
    after: list[str]
    moved: float | None
    examples: list[str]


@dataclass(frozen=True)
class Change:
    """A word that an update has moved.

    cosine: Of its vectors before and after.
    before, after: The nearest words before and after the update, nearest first.
    examples_before, examples: Sentences with the word from the text of before and from the new one.
    """

    word: str
    cosine: float
    before: list[str]
    after: list[str]
    examples_before: list[str]
    examples: list[str]


@dataclass(frozen=True)
class Changes:
    """What an update has changed.

    new: The words that had no row of their own before, most frequent first.
    drifted: The words that have moved most, largest change first.
    """

    new: list[Word]
    drifted: list[Change]


@dataclass(frozen=True)
class SizePoint:
    """A size that the table could have.

    megabytes: The size of the component on disk.
    fit: The expected cosine between a token's vector from this table and from the whole one.
    accuracy: The few-shot accuracy; None without labelled texts.
    """

    megabytes: float
    fit: float
    accuracy: float | None


@dataclass(frozen=True)
class Page:
    """All that a page shows, from the top. What is empty or None has no section.

    title: The heading.
    made_by: This package and its version.
    advice: Sentences, most important first.
    warnings: Sentences on what makes the numbers doubtful.
    facts: Sentences on what was measured, and with what.
    comparison: The routes, their accuracy, costs and what they forget.
    sizes: Largest first.
    words: The words of the map, most frequent first.
    changes: What an update has changed.
    """

    title: str
    made_by: str
    advice: list[str]
    warnings: list[str]
    facts: list[str]
    comparison: Comparison | None
    sizes: list[SizePoint]
    words: list[Word]
    changes: Changes | None

    @property
    def has_examples(self) -> bool:
        """Whether the page holds sentences of the text."""
        changes = self.changes
        drifted = changes.drifted if changes else []
        words = [*self.words, *(changes.new if changes else [])]
        if any(word.examples for word in words):
            return True
        return any(one.examples or one.examples_before for one in drifted)
