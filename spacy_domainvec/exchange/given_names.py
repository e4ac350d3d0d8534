"""What the words of somebody else's vectors are called here: phrases with spaces, and words without their senses."""

import re
from collections.abc import Callable

from spacy.language import Language

from ..counting.terms import words_of
from .given_rows import ForeignVectors, LeftOut

# A key of sense2vec: duck|NOUN, natural_language_processing|NOUN.
SENSE = re.compile(r"(.+)\|[A-Z][A-Z_]*", re.DOTALL)


def without_senses(found: ForeignVectors, left_out: LeftOut) -> ForeignVectors:
    """Keys of sense2vec without their senses, if most keys have one; the first of a word's senses counts."""
    n_senses = sum(SENSE.fullmatch(word) is not None for word in found.words)
    if 2 * n_senses <= len(found.words):
        return found
    return found.renamed(lambda word: match[1] if (match := SENSE.fullmatch(word)) else word, left_out)


def phrase_namer(nlp: Language, attr: str) -> Callable[[str], str]:
    """What calls words that are joined by underscores what a phrase of them is called in a table.

    That is a word of two or more parts, each with a letter or digit, that is no emoticon of the tokenizer (o_o). Its
    tokens are those that the pipeline makes of the parts. Other white space within a word counts as a space.

    nlp: The pipeline whose tokenizer is used.
    attr: What words are told apart by.
    """
    special_cases = getattr(nlp.tokenizer, "rules", None) or {}

    def name(word: str) -> str:
        parts = word.split("_")
        is_phrase = len(parts) > 1 and all(any(map(str.isalnum, part)) for part in parts)
        if is_phrase and word not in special_cases:
            return " ".join(words_of(" ".join(parts), nlp, attr))
        return " ".join(word.split())

    return name
