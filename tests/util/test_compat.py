"""What other libraries do not document is what this package takes it for: signatures, and a tiny use."""

import inspect
import multiprocessing.resource_tracker
import os

import click
import joblib
import numpy as np
import pytest
import spacy
import typer
from joblib.externals.loky.backend import resource_tracker
from joblib.externals.loky.reusable_executor import get_reusable_executor
from spacy.attrs import LOWER, NORM
from spacy.cli._util import parse_config_overrides
from spacy.vectors import Vectors
from thinc.api import Linear, Softmax, chain

from spacy_domainvec.util import compat

WORDS = ["bank", "loan", "card", "cards"]
SENTENCES = [WORDS] * 10


@pytest.fixture
def floret():
    data = np.random.default_rng(0).normal(size=(50, 4)).astype("f")
    return Vectors(data=data, mode="floret", minn=3, maxn=4, hash_count=2, attr="ORTH")


@pytest.fixture
def ours():
    made = compat.Reused()
    yield made
    compat.stop_executor(made)


@pytest.fixture
def users():
    """An executor of the user's own."""
    made = get_reusable_executor(1)
    yield made
    # joblib can't work with it, so it must not find it.
    made.shutdown(wait=True)


def our_executor(ours, **settings):
    """A backend of joblib that was configured with an executor of ours."""
    backend = compat.loky_backend()()
    with compat.reusing(ours):
        n_jobs = backend.configure(n_jobs=2, parallel=joblib.Parallel(2), **settings)
    assert n_jobs == 2
    return backend


def fasttext_of(**settings):
    gensim = pytest.importorskip("gensim.models")
    return gensim.FastText(SENTENCES, vector_size=4, min_count=1, epochs=1, bucket=40, **settings)


def test_spacy_takes_further_commands():
    app = compat.spacy_app()
    assert isinstance(app, typer.Typer)
    assert "name" in inspect.signature(app.add_typer).parameters
    assert {"download", "init"} <= set(typer.main.get_command(app).commands)


def test_spacy_reads_overrides(monkeypatch):
    assert list(inspect.signature(parse_config_overrides).parameters) == ["args", "env_var"]
    monkeypatch.setenv("SPACY_CONFIG_OVERRIDES", "--paths.base c")
    found = compat.parse_spacy_overrides(["--trainer.window", "5", "--paths.corpus=a b", "--storage.x"])
    assert found == {"trainer.window": 5, "paths.corpus": "a b", "storage.x": True, "paths.base": "c"}


@pytest.mark.parametrize("args", [["--nodot", "5"], ["one"]])
def test_spacy_refuses_what_is_no_override(args):
    with pytest.raises((click.ClickException, SystemExit)):
        compat.parse_spacy_overrides(args)


def test_a_vocab_works_out_only_the_attributes_that_are_left():
    nlp = spacy.blank("en")
    assert nlp("Banks")[0].prefix_ == "B"
    compat.limit_attributes(nlp.vocab, (LOWER, NORM))
    token = nlp("Loans")[0]
    assert (token.lower_, token.norm_) == ("loans", "loans")
    assert token.prefix == 0


@pytest.mark.parametrize("is_exclusive", [True, False])
def test_labels_are_added_to_an_output_and_those_before_keep_their_scores(is_exclusive):
    output = Softmax(2, 4) if is_exclusive else Linear(2, 4)
    growing = compat.growing_output(output, is_exclusive)
    model = chain(Linear(4, 4), growing)
    model.set_ref("output_layer", output)
    inputs = np.random.default_rng(0).normal(size=(5, 4)).astype("f")
    model.initialize(X=inputs)
    output.set_param("W", np.eye(2, 4, dtype="f"))
    before = model.predict(inputs)
    grown = compat.label_adder(growing)(model, 3)
    after = grown.predict(inputs)
    assert grown.get_dim("nO") == grown.get_ref("output_layer").get_dim("nO") == 3
    assert np.allclose(after[:, :2], before, atol=1e-4)
    assert np.allclose(after[:, 2], 0, atol=1e-4)


def test_a_word_is_taken_apart_into_ngrams(floret):
    of_three, of_four = ["<ba", "ban", "ank", "nk>"], ["<ban", "bank", "ank>"]
    assert compat.ngrams_of(floret, "bank") == ["<bank>", *of_three, *of_four]


def test_the_hashes_of_ngrams_lead_to_the_rows_that_spacy_takes_the_mean_of(floret):
    ngrams = compat.ngrams_of(floret, "bank")
    hashes = [compat.ngram_hashes(floret, ngram) for ngram in ngrams]
    assert [len(found) for found in hashes] == [2] * len(ngrams)
    assert all(0 <= number < 2**32 for found in hashes for number in found)
    rows = np.concatenate(hashes) % len(floret.data)
    assert np.allclose(floret.data[rows].mean(axis=0), floret.get_batch(["bank"])[0], atol=1e-6)


def test_the_rows_of_fasttext_are_those_that_its_vectors_are_the_means_of():
    model = fasttext_of(min_n=3, max_n=4)
    rows, parts = compat.trained_rows(model), compat.n_parts(model)
    assert rows.shape == (len(model.wv), 4)
    # Of a word with its two marks, as many n-grams of each length.
    lengths = np.array([len(word) + 2 for word in model.wv.index_to_key])
    assert parts.tolist() == (1 + (lengths - 2) + (lengths - 3)).tolist()
    before = model.wv.vectors.copy()
    rows[0] += parts[0]
    assert np.array_equal(model.wv.vectors, before)
    compat.update_vectors(model)
    assert np.allclose(model.wv.vectors[0], before[0] + 1, atol=1e-5)
    assert np.allclose(model.wv.vectors[1:], before[1:], atol=1e-5)


def test_a_word_that_fasttext_has_not_met_is_the_mean_of_its_ngrams_rows():
    model = fasttext_of(min_n=3, max_n=4)
    numbers = compat.fasttext_hashes("a test")("unmet", 3, 4, len(model.wv.vectors_ngrams))
    assert len(numbers) == 5 + 4
    assert np.allclose(model.wv["unmet"], model.wv.vectors_ngrams[numbers].mean(axis=0), atol=1e-6)


def test_the_rows_of_fasttext_without_ngrams_are_its_vectors():
    model = fasttext_of(min_n=3, max_n=2)
    assert compat.n_parts(model).tolist() == [1] * len(model.wv)
    compat.trained_rows(model)[0] = 7
    compat.update_vectors(model)
    assert model.wv.vectors[0].tolist() == [7] * 4


def test_the_rows_of_word2vec_are_its_vectors():
    gensim = pytest.importorskip("gensim.models")
    model = gensim.Word2Vec(SENTENCES, vector_size=4, min_count=1, epochs=1)
    compat.trained_rows(model)[0] = 7
    compat.update_vectors(model)
    assert compat.n_parts(model).tolist() == [1] * len(model.wv)
    assert model.wv.vectors[0].tolist() == [7] * 4


def test_a_backend_passes_on_how_its_workers_start():
    parameters = inspect.signature(compat.loky_backend().configure).parameters
    assert {"n_jobs", "parallel"} < set(parameters)
    kinds = [parameter.kind for parameter in parameters.values()]
    assert inspect.Parameter.VAR_KEYWORD in kinds
    assert compat.loky_backend()(nesting_level=1).nesting_level == 1


def test_joblib_works_with_loky_unless_told_otherwise():
    active, _ = joblib.parallel.get_active_backend()
    assert type(active) is compat.loky_backend()


def test_our_executor_starts_its_workers_as_it_is_told(ours):
    backend = our_executor(ours, initializer=os.putenv, initargs=("OF_OURS", "yes"))
    executor = compat.executor_of(backend)
    assert executor is ours.executor
    assert executor.submit(os.path.expandvars, "$PATH").result()
    assert executor.submit(os.getpid).result() != os.getpid()
    assert executor.submit(os.system, "test $OF_OURS = yes").result() == 0


def test_our_executor_is_used_again(ours):
    settings = {"initializer": os.putenv, "initargs": ("OF_OURS", "yes")}
    first = compat.executor_of(our_executor(ours, **settings))
    assert compat.executor_of(our_executor(ours, **settings)) is first
    compat.stop_executor(ours)
    assert compat.executor_of(our_executor(ours, **settings)) is not first


def test_the_executor_of_the_user_is_another_and_stays(ours, users):
    pid = users.submit(os.getpid).result()
    settings = {"initializer": os.putenv, "initargs": ("OF_OURS", "yes")}
    assert compat.executor_of(our_executor(ours, **settings)) is not users
    assert get_reusable_executor(1) is users
    compat.stop_executor(ours)
    assert users.submit(os.getpid).result() == pid


def test_an_error_gives_the_executor_of_the_user_back(ours, users):
    with pytest.raises(KeyError), compat.reusing(ours):
        raise KeyError
    assert get_reusable_executor(1) is users
    assert ours.executor is None


def test_the_trackers_run_once_they_were_started():
    compat.start_trackers()
    trackers = multiprocessing.resource_tracker._resource_tracker, resource_tracker._resource_tracker
    assert all(tracker._pid is not None for tracker in trackers)
