import random

import numpy as np
import pytest
import spacy
from spacy.attrs import LOWER, NORM, ORTH

from spacy_domainvec.corpus.joined_texts import JOINED_CHARACTERS, SEPARATOR, token_values

TEXTS = [
    "",
    " ",
    "\n",
    " the bank ",
    "the  bank\n",
    "Don't : ) cannot :) we're",
    "gonna",
    ":",
    ")",
    "at 10 a.m.",
    "New",
    "York",
    "\u00a0x\u2003",
    "\x1f",
    "a\x1eb",
    f"a{SEPARATOR}b",
    f"a {SEPARATOR} b",
    "word " * JOINED_CHARACTERS,
    "x" * 2 * JOINED_CHARACTERS,
    "end.",
    "http://a.b/c?d (in 5kg) e.g. U.S.A... \U0001f600\U0001f600",
]


def one_by_one(tokenizer, texts, columns):
    docs = [tokenizer(text) for text in texts]
    values = [doc.to_array(columns).reshape(len(doc), len(columns)) for doc in docs]
    return np.concatenate(values), [len(doc) for doc in docs]


@pytest.mark.parametrize("columns", [[ORTH], [ORTH, NORM, LOWER]])
@pytest.mark.parametrize("lang", ["en", "de", pytest.param("fr", marks=pytest.mark.slow), "xx"])
def test_tokens_are_those_of_each_text_by_itself(lang, columns):
    tokenizer, texts = spacy.blank(lang).tokenizer, list(TEXTS)
    for seed in range(5):
        values, lengths = token_values(tokenizer, texts, columns)
        expected, n_tokens = one_by_one(tokenizer, texts, columns)
        assert np.array_equal(values, expected) and lengths.tolist() == n_tokens
        random.Random(seed).shuffle(texts)


def test_special_cases_do_not_reach_into_the_next_text():
    nlp = spacy.blank("en")
    nlp.tokenizer.add_special_case("New York", [{"ORTH": "New York"}])
    nlp.tokenizer.add_special_case("lorem", [{"ORTH": "lo"}, {"ORTH": "rem"}])
    texts = ["in New", "York New York", "lorem", "ipsum New", "York"]
    values, lengths = token_values(nlp.tokenizer, texts, [ORTH])
    expected, n_tokens = one_by_one(nlp.tokenizer, texts, [ORTH])
    assert np.array_equal(values, expected) and lengths.tolist() == n_tokens
    assert len(values) < sum(len(text.split()) for text in texts) + 1


def test_another_tokenizer_gets_each_text_by_itself():
    nlp = spacy.blank("en")
    asked = []

    def tokenizer(text):
        asked.append(text)
        return nlp.make_doc(text)

    values, lengths = token_values(tokenizer, ["the bank", "", "fruit"], [ORTH])
    assert asked == ["the bank", "", "fruit"]
    assert lengths.tolist() == [2, 0, 1] and values.shape == (3, 1)


def test_no_texts():
    values, lengths = token_values(spacy.blank("en").tokenizer, [], [ORTH])
    assert values.shape == (0, 1) and len(lengths) == 0
