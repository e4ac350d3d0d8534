import gc
import importlib
import pickle
import subprocess
import sys
import weakref
from dataclasses import replace

import numpy as np
import pytest
from conftest import TOPICS, WIDTH, make_texts

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import Normalizer  # noqa: E402
from sklearn.utils.validation import check_is_fitted  # noqa: E402

from spacy_domainvec import DomainVectorsError  # noqa: E402
from spacy_domainvec.pipeline.loading import find_component, save  # noqa: E402
from spacy_domainvec.sklearn import DvecVectorizer, release_pipelines  # noqa: E402
from spacy_domainvec.table.rows import Rows  # noqa: E402

TEXTS = ["the bank1 of fruit3", "", "Apr nowhere"]


@pytest.fixture
def saved(nlp, tmp_path):
    return str(save(nlp, tmp_path / "pipeline", "tiny"))


def test_it_gives_the_vectors_of_docs(nlp):
    found = DvecVectorizer(nlp).fit_transform(TEXTS)
    assert found.shape == (3, WIDTH) and found.dtype == np.float32
    assert np.allclose(found, [nlp.make_doc(text)._.dvec for text in TEXTS], atol=1e-6)
    assert np.array_equal(DvecVectorizer(nlp).transform(np.array(TEXTS)), found)
    assert DvecVectorizer(nlp).transform([]).shape == (0, WIDTH)


def test_a_first_text_of_one_word_is_transformed(nlp):
    assert DvecVectorizer(nlp).transform(["hello"]).shape == (1, WIDTH)


def test_a_pipeline_that_is_built_anew_at_its_place_is_loaded_anew(nlp, saved):
    vectorizer = DvecVectorizer(saved)
    before = vectorizer.transform(TEXTS)
    component = find_component(nlp)
    component.set_table(replace(component.table, vectors=Rows(-component.table.vectors[:])))
    save(nlp, saved, "tiny")
    assert np.allclose(vectorizer.transform(TEXTS), component.pool(map(nlp.make_doc, TEXTS)), atol=1e-6)
    assert not np.allclose(vectorizer.transform(TEXTS), before)
    assert vectorizer._checked()[0] is DvecVectorizer(saved)._checked()[0]


def test_the_largest_values_beside_the_mean(nlp):
    found = DvecVectorizer(nlp, pooling="mean_max").transform(TEXTS)
    assert found.shape == (3, 2 * WIDTH)
    assert np.array_equal(found[0, WIDTH:], nlp.make_doc(TEXTS[0])._.dvecs.max(axis=0))
    assert not found[1].any()


def test_names_of_the_columns(nlp):
    assert DvecVectorizer(nlp).get_feature_names_out().tolist() == [f"dvec{i}" for i in range(WIDTH)]
    both = DvecVectorizer(nlp, pooling="mean_max").get_feature_names_out()
    assert len(set(both)) == 2 * WIDTH


def test_it_works_in_a_pipeline_with_cross_validation(nlp):
    texts = make_texts(80)
    labels = [next(topic for topic in TOPICS if topic in text) for text in texts]
    model = make_pipeline(DvecVectorizer(nlp), Normalizer(), LogisticRegression(C=10))
    assert cross_val_score(model, texts, labels, cv=4).mean() > 0.95


def test_a_clone_shares_the_pipeline(nlp):
    one = DvecVectorizer(nlp, pooling="mean_max")
    other = clone(one)
    assert other is not one and other.nlp is nlp and other.pooling == "mean_max"
    assert one.get_params() == {"nlp": nlp, "pooling": "mean_max"}
    assert clone(one).set_params(pooling="mean").pooling == "mean"


def test_a_pickle_of_a_path_is_small_and_works(nlp, saved):
    vectorizer = DvecVectorizer(saved)
    data = pickle.dumps(vectorizer)
    assert len(data) < 1000
    assert np.allclose(pickle.loads(data).transform(TEXTS), DvecVectorizer(nlp).transform(TEXTS))


@pytest.mark.slow
def test_other_processes(saved, python):
    code = """
import sys
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from spacy_domainvec.sklearn import DvecVectorizer
model = make_pipeline(DvecVectorizer(sys.argv[1]), LogisticRegression())
scores = cross_val_score(model, ["the bank1", "fruit1"] * 8, [0, 1] * 8, cv=2, n_jobs=2)
assert scores.min() == 1, scores
print("good")
"""
    done = subprocess.run([python, "-c", code, saved], capture_output=True, text=True)
    assert done.stdout == "good\n", done.stderr


@pytest.mark.parametrize("texts", ["one text", np.array([["a"], ["b"]]), [1, 2], [None], [b"bytes"]])
def test_what_is_no_sequence_of_texts_is_refused(nlp, texts):
    with pytest.raises(DomainVectorsError, match="DV084"):
        DvecVectorizer(nlp).fit(texts).transform(texts)


def test_settings_that_make_no_sense_are_refused(nlp, base_path):
    with pytest.raises(DomainVectorsError, match="DV045.*pooling = 'max'.*mean, mean_max"):
        DvecVectorizer(nlp, pooling="max").fit(TEXTS)
    with pytest.raises(DomainVectorsError, match="DV065"):
        DvecVectorizer(str(base_path)).fit(TEXTS)
    with pytest.raises(DomainVectorsError, match="DV062"):
        DvecVectorizer("no_such_pipeline").fit(TEXTS)


# Those of scikit-learn's checks that need no numbers as input; check_estimator runs none for estimators of texts.
CHECKS = [
    "check_estimator_cloneable",
    "check_estimator_tags_renamed",
    "check_valid_tag_types",
    "check_estimator_repr",
    "check_no_attributes_set_in_init",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_mixin_order",
    "check_get_params_invariance",
    "check_set_params",
]


@pytest.mark.parametrize("name", CHECKS)
def test_scikit_learns_own_checks(nlp, name):
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    if not hasattr(checks, name):
        pytest.skip("a check of later versions of scikit-learn")
    getattr(checks, name)("DvecVectorizer", DvecVectorizer(nlp))


def test_it_fits_once_and_twice_alike(nlp):
    vectorizer = DvecVectorizer(nlp)
    before = vectorizer.__dict__.copy()
    assert vectorizer.fit(TEXTS, y=[0, 1, 0]) is vectorizer.fit(TEXTS) is vectorizer
    vectorizer.transform(TEXTS)
    assert vectorizer.__dict__ == before
    check_is_fitted(vectorizer)


def test_columns_of_pandas(nlp):
    pandas = pytest.importorskip("pandas")
    found = DvecVectorizer(nlp).set_output(transform="pandas").fit_transform(pandas.Series(TEXTS, index=[3, 4, 5]))
    assert found.columns[0] == "dvec0" and found.index.tolist() == [3, 4, 5]
    assert np.array_equal(found.to_numpy(), DvecVectorizer(nlp).transform(TEXTS))


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    monkeypatch.delitem(sys.modules, "spacy_domainvec.sklearn")
    with pytest.raises(DomainVectorsError, match=r"DV066.*spacy-domainvec\[sklearn\]"):
        importlib.import_module("spacy_domainvec.sklearn")


@pytest.mark.slow
def test_pipelines_that_were_loaded_are_let_go(saved):
    loaded = weakref.ref(DvecVectorizer(saved)._checked()[0])
    gc.collect()
    assert loaded() is DvecVectorizer(saved)._checked()[0]
    release_pipelines()
    gc.collect()
    assert loaded() is None
    assert DvecVectorizer(saved).transform(["hello"]).shape == (1, WIDTH)
