"""Phrases of the domain: words that stand together much more often than their frequencies let expect."""

from collections.abc import Collection, Iterable, Sequence

from .extras import import_extra

# A character that no token has.
DELIMITER = "\x1f"


def find_phrases(
    sentences: Iterable[Sequence[str]], min_count: int, threshold: float, connectors: Collection[str]
) -> list[tuple[str, ...]]:
    """Find phrases by normalized pointwise mutual information, with gensim (Bouma, 2009).

    sentences: Lists of words.
    min_count: How often a phrase must occur.
    threshold: Least score, from -1 to 1.
    connectors: Words that may stand inside a phrase, but not at its ends, as in "bank of america".
    RETURNS: The words of each phrase, in alphabetical order. Words that no letter is in are not joined.
    """
    phrases = import_extra("gensim.models.phrases", "finding phrases").Phrases(
        sentences,
        min_count=min_count,
        threshold=threshold,
        scoring="npmi",
        delimiter=DELIMITER,
        connector_words=frozenset(connectors),
    )
    # gensim's own threshold on the counts is one of its scores, not a limit.
    frequent = [name for name in phrases.export_phrases() if phrases.vocab[name] >= min_count]
    found = (tuple(name.split(DELIMITER)) for name in frequent)
    return sorted(words for words in found if all(map(_has_letter, words)) and len(set(words)) > 1)


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word))
