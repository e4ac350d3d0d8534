"""Tokenizing many short texts together: making a Doc for each of them would take longer."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc

# White space that no text has. It becomes a token of its own, as no token reaches over white space.
SEPARATOR = "\x1e\x1f\x1e\x1f"
# The fastest length of joined texts; for longer ones, the time per token grows again.
JOINED_CHARACTERS = 5000


def token_values(
    tokenizer: Callable[[str], Doc], texts: Sequence[str], columns: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Tokenize texts. If the tokenizer is spaCy's, many of them are joined.

    columns: The attributes to return for each token, as numbers of `spacy.attrs`, ORTH first.
    RETURNS: A row for each token, text after text, shape (n_tokens, n_columns), uint64; and the
        number of tokens of each text, shape (n_texts,), int64.
    """
    values, lengths = [np.zeros((0, len(columns)), dtype="u8")], np.zeros(len(texts), dtype="i8")
    # The tokens of another tokenizer may depend on more than the text between white space.
    can_join = type(tokenizer) is Tokenizer
    groups = _groups(texts) if can_join else ([i] for i in range(len(texts)))
    for group in groups:
        doc = tokenizer(SEPARATOR.join([texts[i] for i in group]))
        found = doc.to_array(list(columns)).reshape(len(doc), len(columns))
        if len(group) > 1:
            ends = np.flatnonzero(found[:, 0] == np.uint64(doc.vocab.strings[SEPARATOR]))
            lengths[group] = np.diff(ends, prepend=-1, append=len(found)) - 1
            found = np.delete(found, ends, axis=0)
        else:
            lengths[group] = len(found)
        values.append(found)
    return np.concatenate(values), lengths


def _groups(texts: Sequence[str]) -> Iterator[list[int]]:
    """Groups of numbers of successive texts that can be joined. Other texts are groups by themselves."""
    group: list[int] = []
    size = 0
    for i, text in enumerate(texts):
        # White space at an end of the text would become one token with the separator.
        joinable = text.strip() == text != "" and SEPARATOR not in text
        if group and (not joinable or size + len(text) > JOINED_CHARACTERS):
            yield group
            group, size = [], 0
        if joinable:
            group.append(i)
            size += len(text)
        else:
            yield [i]
    if group:
        yield group
