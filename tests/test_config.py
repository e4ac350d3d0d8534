import pytest

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.combine import Combiner
from spacy_domainvec.config import load_settings

MORE = {"b": "Word2Vec", "a": "PpmiSvd"}


def write(tmp_path, text):
    (tmp_path / "config.cfg").write_text(text)
    return tmp_path / "config.cfg"


def test_the_defaults_are_settings():
    settings = load_settings()
    assert settings.paths.corpus is None
    assert settings.vocabulary.min_count == 3
    assert list(settings.trainers) == ["trainer"]
    assert isinstance(settings.combiner, Combiner)


def test_a_file_holds_only_what_differs(tmp_path):
    path = write(
        tmp_path, '[paths]\ncorpus = ["a.txt", "b.txt"]\n[trainer]\nwindow = 3\n[vocabulary]\nmax_vocab = null\n'
    )
    settings = load_settings(path)
    assert settings.paths.corpus == ["a.txt", "b.txt"]
    assert settings.vocabulary.max_vocab is None
    assert settings.config["trainer"]["window"] == 3
    assert settings.config["trainer"]["vector_size"] == 300


def test_overrides_stand_over_the_file(tmp_path):
    path = write(tmp_path, "[trainer]\nwindow = 3\n")
    settings = load_settings(path, {"trainer.window": 4, "weighting.a": None, "paths.base": "other"})
    assert settings.config["trainer"]["window"] == 4
    assert settings.weighting.a is None
    assert settings.paths.base == "other"


def test_another_trainer_takes_its_own_settings_only(tmp_path):
    path = write(tmp_path, '[trainer]\n@misc = "spacy_domainvec.Word2Vec.v1"\nepochs = 3\n')
    settings = load_settings(path)
    assert settings.config["trainer"] == {"@misc": "spacy_domainvec.Word2Vec.v1", "epochs": 3}


def test_more_trainers_are_made_in_the_order_of_their_names(tmp_path):
    blocks = [f'[more_trainers.{name}]\n@misc = "spacy_domainvec.{kind}.v1"\n' for name, kind in MORE.items()]
    path = write(tmp_path, "[more_trainers]\n" + "".join(blocks))
    assert list(load_settings(path).trainers) == ["trainer", "a", "b"]


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("trainer.windows", r"'windows' in \[trainer\]. Did you mean 'window'"),
        ("vocabulary.min_cont", r"'min_cont' in \[vocabulary\]. Did you mean 'min_count'"),
        ("vocabulry.min_count", r"'vocabulry' in \[the config\]. Did you mean 'vocabulary'"),
        ("combine.domain_wieght", r"Did you mean 'domain_weight'"),
        ("paths.zzz", r"'zzz' in \[paths\]. Known are: corpus, base"),
    ],
)
def test_an_unknown_key_names_the_near_miss(key, hint):
    with pytest.raises(DomainVectorsError, match=f"DV060.*{hint}"):
        load_settings(None, {key: 1})


def test_an_unknown_function_names_the_near_miss():
    with pytest.raises(DomainVectorsError, match=r"DV060.*Did you mean 'spacy_domainvec.Word2Vec.v1'"):
        load_settings(None, {"trainer.@misc": "spacy_domainvec.Word2Vek.v1"})


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("vocabulary.min_count", "three", "DV045.*vocabulary.min_count.*'three'.*int"),
        ("vocabulary.max_vocab", 1.5, "DV045.*max_vocab"),
        ("vocabulary.min_count", True, "DV045.*min_count"),
        ("trainer.window", "wide", "DV061.*window"),
        ("corpus.attr", "SHAPE", "DV037.*SHAPE"),
        ("weighting.a", 0, "DV045.*weighting.a = 0"),
        ("storage.dtype", "int4", "DV045.*storage.dtype.*int4"),
        ("paths.corpus", 3, "DV045.*paths.corpus"),
        ("trainer.@misc", None, "DV06[01].*trainer"),
        ("more_trainers", 3, "DV061.*more_trainers"),
        ("trainer", "PpmiSvd", "DV061.*trainer"),
    ],
)
def test_a_bad_value_is_refused_by_name(key, value, code):
    with pytest.raises(DomainVectorsError, match=code):
        load_settings(None, {key: value})


@pytest.mark.parametrize(
    "text", ["not a config", "[trainer]\nwindow = ${no.such}\n", "[a]\n[a]\n", "[trainer]\nx = {\n"]
)
def test_a_file_that_is_no_config_is_refused(tmp_path, text):
    with pytest.raises(DomainVectorsError, match="DV06"):
        load_settings(write(tmp_path, text))


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(DomainVectorsError, match=r"DV061.*nowhere\.cfg"):
        load_settings(tmp_path / "nowhere.cfg")
