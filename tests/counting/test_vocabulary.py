import pytest
from conftest import tokens_of

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.counting.vocabulary import build_vocabulary


@pytest.mark.slow
def test_words_are_sorted_by_count_and_then_by_name(tmp_path):
    tokens = tokens_of(tmp_path, "b a b c", "c d")
    assert build_vocabulary(tokens, min_count=1).words == ["b", "c", "a", "d"]
    assert build_vocabulary(tokens, min_count=2).words == ["b", "c"]
    vocabulary = build_vocabulary(tokens, min_count=1, max_vocab=3)
    assert vocabulary.words == ["b", "c", "a"]
    assert vocabulary.counts.tolist() == [2, 2, 1]
    assert vocabulary.n_tokens == 6
    assert vocabulary.probabilities.tolist() == [2 / 6, 2 / 6, 1 / 6]


@pytest.mark.slow
def test_too_few_words_are_told(tmp_path):
    tokens = tokens_of(tmp_path, "b a b c")
    with pytest.raises(DomainVectorsError, match="DV040.*0 words occur at least 99"):
        build_vocabulary(tokens, min_count=99)
