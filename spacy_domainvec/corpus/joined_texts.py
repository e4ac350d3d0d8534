"""The attributes of the tokens of many texts, without a Doc for each."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc

# White space that no text has: it is a token of its own, and no token reaches beyond white space.
SEPARATOR = "\x1e\x1f\x1e\x1f"
# Longer ones take longer again.
JOINED_CHARACTERS = 5000


def token_values(
    tokenizer: Callable[[str], Doc], texts: Sequence[str], columns: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Tokenize texts, many of them as one where the tokenizer is spaCy's: a Doc costs as much as its tokens.

    texts: The texts.
    columns: What is wanted of each token, as numbers of `spacy.attrs`, ORTH first.
    RETURNS: One row a token, one text after the other, shape (n_tokens, n_columns), uint64; and the number of tokens
        of each text, shape (n_texts,), int64.
    """
    values, lengths = [np.zeros((0, len(columns)), dtype="u8")], np.zeros(len(texts), dtype="i8")
    # What another tokenizer does may depend on more than the text between white space.
    groups = _groups(texts) if type(tokenizer) is Tokenizer else ([i] for i in range(len(texts)))
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
    """Numbers of texts that follow each other and can be joined; others by themselves."""
    group: list[int] = []
    size = 0
    for i, text in enumerate(texts):
        # White space at the ends would become one token with the separator.
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
