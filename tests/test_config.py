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


def test_what_is_optional_can_be_turned_off(tmp_path):
    path = write(tmp_path, "[storage]\nsubwords = null\n[vocabulary]\nphrases = null\n")
    for settings in (load_settings(path), load_settings(None, {"storage.subwords": None, "vocabulary.phrases": None})):
        assert settings.storage.subwords is None
        assert settings.vocabulary.phrases is None
    with pytest.raises(DomainVectorsError, match=r"DV061.*\[storage.subwords\] lacks min_n, max_n, hash_count"):
        load_settings(path, {"storage.subwords.n_rows": 100})


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
        ("paths.zzz", r"'zzz' in \[paths\]. Known are: corpus, vectors"),
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
        ("storage.max_mb", -1, "DV045.*storage.max_mb = -1"),
        ("storage.max_rows", 0, "DV045.*storage.max_rows = 0"),
        ("storage.subwords.n_rows", 0, "DV045.*storage.subwords.n_rows = 0"),
        ("storage.subwords.max_n", 2, "DV045.*storage.subwords.max_n = 2.*from min_n, 3"),
        ("storage.subwords.hash_count", 5, "DV045.*storage.subwords.hash_count = 5"),
        ("storage.subwords.rows", 5, r"DV060.*'rows' in \[storage.subwords\]. Did you mean 'n_rows'"),
        ("storage.subwords", 5, "DV061.*storage.subwords"),
        ("vocabulary.phrases.threshold", 2, "DV045.*vocabulary.phrases.threshold = 2"),
        ("vocabulary.phrases.min_count", 0.5, "DV045.*vocabulary.phrases.min_count"),
        ("vocabulary.fold_in_min_count", 0, "DV045.*vocabulary.fold_in_min_count = 0"),
        ("paths.terms", 3, "DV045.*paths.terms"),
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
