from dataclasses import replace

import pytest

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.neighbors import neighbors


def test_neighbours_stand_side_by_side(nlp):
    found = neighbors(nlp.get_pipe("domain_vectors"), "bank1", 2)
    assert len(found.base) == len(found.dvec) == 2
    assert found.long_form is None
    assert neighbors(nlp.get_pipe("domain_vectors"), "apr", 2).base == []


@pytest.mark.parametrize("word", ["apr", "APR"])
def test_an_acronym_is_explained(nlp, table, word):
    component = nlp.get_pipe("domain_vectors")
    component.set_table(replace(table, meta={**table.meta, "acronyms": {"apr": "annual percentage rate"}}))
    assert neighbors(component, word, 2).long_form == "annual percentage rate"


def test_an_unknown_word_has_none(nlp):
    with pytest.raises(DomainVectorsError, match="DV005"):
        neighbors(nlp.get_pipe("domain_vectors"), "nowhere", 2)
