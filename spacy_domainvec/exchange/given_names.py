"""The names of words in vectors of other tools: phrases get spaces, and senses are removed."""

import re
from collections.abc import Callable

from spacy.language import Language

from ..counting.terms import words_of
from .given_rows import ForeignVectors, LeftOut

# A key of sense2vec: duck|NOUN, natural_language_processing|NOUN.
SENSE = re.compile(r"(.+)\|[A-Z][A-Z_]*", re.DOTALL)


def without_senses(found: ForeignVectors, left_out: LeftOut) -> ForeignVectors:
    """Remove the senses from keys of sense2vec, if most keys have one. A word gets its first vector."""
    n_senses = sum(SENSE.fullmatch(word) is not None for word in found.words)
    if 2 * n_senses <= len(found.words):
        return found
    return found.renamed(lambda word: match[1] if (match := SENSE.fullmatch(word)) else word, left_out)


def phrase_namer(nlp: Language, attr: str) -> Callable[[str], str]:
    """A function from the name of a word or phrase in a file of vectors to its name in a table.

    A phrase is a word of two or more parts with underscores between them, each part with a letter
    or digit. Emoticons of the tokenizer, such as o_o, are no phrases. The parts are tokenized by
    the pipeline, and the tokens joined by spaces. In a word that is no phrase, each run of white
    space becomes one space.

    nlp: The pipeline with the tokenizer.
    attr: The token attribute by which words are distinguished.
    """
    special_cases = getattr(nlp.tokenizer, "rules", None) or {}

    def name(word: str) -> str:
        parts = word.split("_")
        is_phrase = len(parts) > 1 and all(any(map(str.isalnum, part)) for part in parts)
        if is_phrase and word not in special_cases:
            return " ".join(words_of(" ".join(parts), nlp, attr))
        return " ".join(word.split())

    return name
