import numpy as np
from conftest import make_base

from spacy_domainvec.comparison.ground import BASE, NO_VECTOR, OWN, Bags
from spacy_domainvec.comparison.results import Coverage
from spacy_domainvec.evaluation.measures import document_vectors
from spacy_domainvec.table.base_vectors import BaseTable

TEXTS = ["bank1 bank2 the bank1", "fruit3 zzz", "", "zzz", "bank1  The\nof."]


def test_a_document_is_its_doc_vector_of_unit_length():
    nlp = make_base()
    bags = Bags.of_texts(nlp, TEXTS, more=["music1", "bank1"])
    rows = BaseTable(nlp.vocab.vectors).rows(bags.words)
    expected = document_vectors(nlp, TEXTS, lambda doc: doc.vector if len(doc) else np.zeros(8))
    np.testing.assert_allclose(bags.documents(rows), expected, atol=1e-6)
    assert bags.words[-1] == "music1" and len(set(bags.words)) == len(bags.words)


def test_coverage_counts_tokens_of_letters():
    bags = Bags.of_texts(make_base(), ["bank bank fruit zzz ...", "bank x1"], more=["unused"])
    source_of = {"bank": OWN, "fruit": BASE, "zzz": NO_VECTOR, "unused": NO_VECTOR}
    sources = np.array([source_of.get(word, OWN) for word in bags.words])
    assert bags.coverage(sources) == Coverage(own=0.6, base=0.2, spelling=0.0, none=0.2)
