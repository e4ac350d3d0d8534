import zlib

import pytest
import spacy
import srsly
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.corpus.texts import Corpus
from spacy_domainvec.corpus.tokenize import tokenize
from spacy_domainvec.reading.docbins import read_docs
from spacy_domainvec.reading.sources import Source
from spacy_domainvec.util.jobs import Jobs


def saved(folder, data):
    (folder / "a.spacy").write_bytes(data)
    return Source(str(folder / "a.spacy"), "spacy")


def packed(**changes):
    """A file of two docs in which something is not what spaCy writes."""
    vocab = spacy.blank("en").vocab
    docs = [Doc(vocab, words=["New York", "is", "big"]), Doc(vocab, words=["so"])]
    message = srsly.msgpack_loads(zlib.decompress(DocBin(docs=docs, store_user_data=True).to_bytes()))
    return zlib.compress(srsly.msgpack_dumps({**message, **changes}))


PACKED = zlib.decompress(packed())


def test_docs_keep_their_tokens(tmp_path):
    nlp = spacy.blank("en")
    docs = [nlp("New York is big"), nlp("")]
    docs[0].user_data["x"] = docs[0].spans["y"] = [docs[0][:1]]
    del docs[0].user_data["x"]
    with docs[0].retokenize() as retokenizer:
        retokenizer.merge(docs[0][:2])
    source = saved(tmp_path, DocBin(docs=docs).to_bytes())
    found = [[token.text for token in doc] for doc in read_docs(source, spacy.blank("en").vocab)]
    assert found == [["New York", "is", "big"], []]


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"nonsense", b"\x80\x04N.", packed()[:-10], zlib.compress(b"")),
        *(packed(strings=[1]), packed(strings=["a"]), packed(attrs=[]), packed(attrs=["ORTH"]), packed(lengths=b"x")),
        *(packed(lengths=b"\xff" * 8), packed(tokens=b"x" * 8), packed(spaces=b""), packed(flags=None)),
        # The msgpack of a string that is half of a character.
        zlib.compress(zlib.decompress(packed()).replace(b"New York", b"New \xed\xa0\xbdY")),
    ],
)
def test_a_damaged_file_is_an_error_that_names_it(tmp_path, data):
    source = saved(tmp_path, data)
    with pytest.raises(DomainVectorsError, match=r"DV033.*a\.spacy"):
        tokenize(Corpus(source.path), spacy.blank("en"), Jobs(tmp_path / "jobs"))


@pytest.mark.slow
def test_a_hash_without_its_string_is_an_error_that_names_the_file(tmp_path):
    doc = Doc(spacy.blank("en").vocab, words=["cats"], lemmas=["cat"])
    message = srsly.msgpack_loads(zlib.decompress(DocBin(attrs=["LEMMA"], docs=[doc]).to_bytes()))
    message["strings"].remove("cat")
    source = saved(tmp_path, zlib.compress(srsly.msgpack_dumps(message)))
    with pytest.raises(DomainVectorsError, match=r"DV033.*a\.spacy"):
        tokenize(Corpus(source.path), spacy.blank("en"), Jobs(tmp_path / "jobs"), "LEMMA")


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_any_bytes_are_docs_or_an_error(tmp_path_factory, data):
    folder, message = tmp_path_factory.getbasetemp(), bytearray(PACKED)
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    source = saved(folder, zlib.compress(bytes(message)))
    try:
        docs = list(read_docs(source, Vocab()))
    except DomainVectorsError as e:
        assert str(e).startswith("[DV033]") and "a.spacy" in str(e)
    else:
        assert all(isinstance(token.text, str) for doc in docs for token in doc)
