"""Pipelines in less than half of the time, where tokens are not the point."""

import catalogue
from spacy.lang.en import English

# Adding all exceptions of English takes longer than most tests do. These are enough: "don't" and "o_O".
ALL_EXCEPTIONS = English.Defaults.tokenizer_exceptions
FEW_EXCEPTIONS = {text: tokens for text, tokens in ALL_EXCEPTIONS.items() if text.endswith("n't") or "_" in text}

# By itself, spaCy goes through the entry points of all installed packages for each function that it looks up.
found = catalogue.AVAILABLE_ENTRY_POINTS
catalogue.AVAILABLE_ENTRY_POINTS = {group: list(found.select(group=group)) for group in found.groups}
