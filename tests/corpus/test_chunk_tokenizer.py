import gc
import weakref

import pytest
import spacy
from spacy.lookups import Lookups
from spacy.tokens import Doc

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.corpus import chunk_tokenizer as chunks
from spacy_domainvec.corpus.chunk_tokenizer import ChunkTokenizer, release_tokenizer, save_tokenizer, tokenizer_at
from spacy_domainvec.files.replacing import replaced_file

TEXTS = [
    *("", "   ", "word", "  two   spaces \t and\ttabs \n\n lines\r\n", "nbsp\u00a0between\u00a0 words \u2028\u3000x"),
    "Don't you think it's 5 o'clock? I'd've gone, can't. We're gonna... wow!!! (e.g. U.S./U.K. etc.)",
    "See http://example.com/a?b=c#d, www.x.org. or me@example.co.uk! #tag @name 3.5% $5.00/month 10km",
    "Smile :-) :) xD <3 ^_^ (: ;-P 8-) and 👩\u200d🚀 ❤️ zero\u200bwidth",
    '“Quoted” \u2018single\u2019 \'tis "double" a—b\u2013c well-known -- <b>x</b> [1]{2}',
    "NOUN VERB PERSON ORTH nsubj DATE IS_ALPHA Straße İstanbul ΣΊΣΥΦΟΣ ﬁne café cafe\u0301 中文字 हिन्दी",
    "z.B. geht's d.h. Hans' Auto bzw. ca. 3.000,50 € am 1. Mai; „Gut“, sagt Dr. Weiß.",
    "L'homme qu'il aujourd'hui c'est-à-dire grand'mère « bonjour », n'est-ce pas ? J'ai dit : 10 %",
    "¿Qué tal? ¡Hola! p.ej. 10º del EE.UU. a las 5 p.m. Sr. Núñez...",
    *("a\x1e\x1f\x1e\x1fb", "\x1e\x1f\x1e\x1f", ".", "'", "a" * 300, "x " * 3000),
]
ATTRS = ("ORTH", "LOWER", "NORM")


def expected(nlp, attr, texts=TEXTS):
    docs = map(nlp.tokenizer, texts)
    return [[getattr(token, f"{attr.lower()}_") for token in doc if not token.is_space] for doc in docs]


def texts_of(numbers, lengths, of_token):
    places = iter(numbers.tolist())
    return [[of_token(next(places)) for _ in range(n)] for n in lengths.tolist()]


def found(made, texts=TEXTS):
    numbers, lengths = made.numbers(texts)
    assert (str(numbers.dtype), str(lengths.dtype), len(lengths)) == ("int32", "int64", len(texts))
    words = [made.tokens.words[key] for key in made.tokens.keys.tolist()]
    return texts_of(numbers, lengths, words.__getitem__)


def refuse(text):
    raise AssertionError(text)


@pytest.mark.parametrize("attr", ATTRS)
@pytest.mark.parametrize("lang", ["en", "de", pytest.param("fr", marks=pytest.mark.slow), "es"])
def test_tokens_are_those_of_the_tokenizer(lang, attr):
    nlp = spacy.blank(lang)
    made = ChunkTokenizer(nlp, attr)
    assert found(made) == expected(nlp, attr)
    assert found(made, TEXTS[::-1]) == expected(nlp, attr, TEXTS[::-1])
    assert texts_of(*made.numbers(TEXTS), made.tokens.texts.__getitem__) == expected(nlp, "ORTH")


def saved(nlp, path, attr="LOWER"):
    save_tokenizer(nlp, path / "tokenizer")
    return tokenizer_at(path / "tokenizer", attr)


@pytest.mark.slow
@pytest.mark.parametrize("is_saved", [False, True])
def test_a_token_with_white_space_gets_text_by_text(tmp_path, is_saved):
    nlp = spacy.blank("en")
    nlp.tokenizer.add_special_case("New York", [{"ORTH": "New York"}])
    made = saved(nlp, tmp_path) if is_saved else ChunkTokenizer(nlp, "LOWER")
    assert found(made, ["In New York \n\t it's big", " "]) == [["in", "new york", "it", "'s", "big"], []]


def test_another_tokenizer_gets_text_by_text():
    nlp = spacy.blank("en")
    nlp.tokenizer = lambda text: Doc(nlp.vocab, words=text.split("|"))
    assert found(ChunkTokenizer(nlp, "LOWER"), ["A b|C| |d e ", "f"]) == [["a b", "c", "d e"], ["f"]]


LONG = ["!" * 20_000, "one " + "\u4e2d\u6587\u3002" * 3000 + " two", "a b", "x" * 1000, "\U0001f600" * 1500]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["spaCy's", "with a rule", "a function"])
def test_no_tokenizer_gets_much_without_white_space(kind):
    nlp = spacy.blank("en")
    if kind == "with a rule":
        nlp.tokenizer.add_special_case("New York", [{"ORTH": "New York"}])
    if kind == "a function":
        nlp.tokenizer = lambda text: Doc(nlp.vocab, words=text.split() or [""])
    made, given, original = ChunkTokenizer(nlp, "LOWER"), [], nlp.tokenizer

    class Watched:
        def __call__(self, text):
            given.extend(text.split())
            return original(text)

    made.nlp.tokenizer = Watched()
    words = found(made, LONG)
    assert ["".join(text) for text in words] == ["".join(text.lower().split()) for text in LONG]
    assert max(map(len, given)) == 1000
    assert words[2] == ["a", "b"] and words[1][0] == "one" and words[1][-1] == "two"
    given.clear()
    assert found(made, LONG[::-1]) == words[::-1]
    assert not given or kind != "spaCy's"


def test_long_pieces_make_place_for_others(monkeypatch):
    monkeypatch.setattr(chunks, "MOST_CHARACTERS", 5000)
    made = ChunkTokenizer(spacy.blank("en"), "LOWER")
    made.numbers(["x" * 900 + str(i) for i in range(5)])
    assert not made.is_full
    made.numbers(["y" * 900])
    assert made.is_full


@pytest.mark.slow
@pytest.mark.parametrize("is_saved", [False, True])
def test_docs_keep_the_tokens_they_have(tmp_path, is_saved):
    nlp = spacy.blank("en")
    made = saved(nlp, tmp_path) if is_saved else ChunkTokenizer(nlp, "LOWER")
    docs = [Doc(made.nlp.vocab, words=words) for words in (["New York", "  ", "don't"], [], ["\n"])]
    assert texts_of(*made.of_docs(docs), made.tokens.texts.__getitem__) == [["New York", "don't"], [], []]


@pytest.mark.slow
@pytest.mark.parametrize("attr", ATTRS)
def test_what_is_saved_works_like_the_tokenizer(tmp_path, attr):
    nlp, lookups = spacy.blank("en"), Lookups()
    lookups.add_table("lexeme_norm", {"colour": "color"})
    nlp.vocab.lookups = lookups
    nlp.tokenizer.add_special_case("gimme", [{"ORTH": "gim", "NORM": "give"}, {"ORTH": "me"}])
    made = saved(nlp, tmp_path, attr)
    assert found(made, [*TEXTS, "Gimme Colour"]) == expected(nlp, attr, [*TEXTS, "Gimme Colour"])
    words = ["give", "me", "color"] if attr == "NORM" else ["gim", "me", "colour"]
    assert found(made, ["gimme colour"]) == [words]
    assert tokenizer_at(tmp_path / "tokenizer", attr) is made


def test_a_tokenizer_that_can_not_be_loaded_is_an_error(tmp_path):
    save_tokenizer(spacy.blank("en"), tmp_path / "tokenizer")
    config = tmp_path / "tokenizer" / "config.cfg"
    config.write_text(config.read_text().replace("spacy.Tokenizer.v1", "nowhere.Tokenizer.v1"))
    with pytest.raises(DomainVectorsError, match=r"DV047.*nowhere\.Tokenizer\.v1"):
        tokenizer_at(tmp_path / "tokenizer", "LOWER")


@pytest.mark.parametrize("attr", ATTRS)
def test_what_one_has_met_another_takes_over(tmp_path, attr):
    one, other, third = (ChunkTokenizer(spacy.blank("en"), attr) for _ in range(3))
    wanted, half = expected(one.nlp, attr), len(TEXTS) // 2
    found(one, TEXTS[:half])
    one.share(tmp_path / "met")
    found(one, TEXTS)
    found(other, TEXTS[half - 2 :])
    for made in (one, other, third):
        made.share(tmp_path / "met")
    other.share(tmp_path / "met")
    for made in (other, third):
        made.nlp.tokenizer = refuse
        assert found(made) == wanted
    with pytest.raises(AssertionError, match="unheard"):
        found(third, ["unheard"])


def test_what_another_is_writing_is_not_taken_over(tmp_path):
    made = ChunkTokenizer(spacy.blank("en"), "LOWER")
    with replaced_file(tmp_path / "0.json") as new:
        new.write_text('{"chunks": ["a", "b')
        made.share(tmp_path)
        new.write_text('{"chunks": [], "lengths": [], "tokens": [], "texts": [], "words": []}')
    assert found(made, ["a"]) == [["a"]]


@pytest.mark.slow
def test_a_full_one_makes_place_for_another(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "MOST_CHUNKS", 3)
    made = saved(spacy.blank("en"), tmp_path)
    made.numbers(["a b c"])
    assert not made.is_full
    assert tokenizer_at(tmp_path / "tokenizer", "LOWER") is made
    made.numbers(["d"])
    assert made.is_full
    assert tokenizer_at(tmp_path / "tokenizer", "LOWER") is not made


@pytest.mark.slow
def test_what_is_kept_is_let_go(tmp_path):
    save_tokenizer(spacy.blank("en"), tmp_path / "tokenizer")
    made = weakref.ref(tokenizer_at(tmp_path / "tokenizer", "LOWER"))
    assert tokenizer_at(tmp_path / "tokenizer", "LOWER") is made()
    release_tokenizer()
    gc.collect()
    assert made() is None
