import re
from itertools import pairwise

import hypothesis
import hypothesis.strategies as st
import pytest
from confection import Config
from described import all_settings, is_one
from spacy.util import registry

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build.settings import DEFAULT_CONFIG, _leaves, load_settings
from spacy_domainvec.learning.combine import Combiner

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


WITHOUT_MAP = "[map]\n@misc = null\n"
WITH_VARIABLE = "[vocabulary]\nfold_in_min_count = ${vocabulary:min_count}\n"


@pytest.mark.parametrize(
    ("text", "overrides"),
    [
        (WITHOUT_MAP, {}),
        # As in a copy of the defaults, in which one line is changed.
        (f"{WITHOUT_MAP}shrinkage = 3.0\nfloor = 0.1\nexponent = 0.25\n", {}),
        (WITHOUT_MAP + WITH_VARIABLE, {}),
        ("", {"map": None}),
        ("", {"map.@misc": None}),
        (WITH_VARIABLE, {"map": None}),
        ("[map]\nfloor = 0.2\n", {"map.@misc": None}),
    ],
)
def test_the_map_can_be_turned_off(tmp_path, text, overrides):
    settings = load_settings(write(tmp_path, text), overrides)
    assert settings.map is None
    assert load_settings(settings.config).map is None
    assert load_settings(settings.config, {"map.@misc": "spacy_domainvec.DocumentMap.v1"}).map is not None


def test_the_map_takes_its_numbers_from_a_config(tmp_path):
    settings = load_settings(write(tmp_path, "[map]\nfloor = 0.2\n"), {"map.exponent": 0})
    expected = {"@misc": "spacy_domainvec.DocumentMap.v1", "shrinkage": 3.0, "floor": 0.2, "exponent": 0}
    assert settings.config["map"] == expected
    for block in ({"floor": 1.5}, {"exponent": "much"}, {"shrinkage": None}):
        with pytest.raises(DomainVectorsError, match=rf"DV045.*map\.{next(iter(block))}"):
            load_settings({"map": block})


TEACHER = {"@misc": "spacy_domainvec.SentenceEncoder.v1", "name": "folder"}


@pytest.mark.parametrize("block", [None, {}, {"@misc": None}, {"@misc": None, "name": "folder"}])
def test_the_teacher_can_be_turned_off(block):
    settings = load_settings({"teacher": block})
    assert settings.teacher is None and settings.config["teacher"] == {"@misc": None}
    assert load_settings(settings.config).teacher is None
    assert load_settings(settings.config, {f"teacher.{key}": value for key, value in TEACHER.items()}).teacher


def test_the_settings_of_a_teacher_alone_are_no_teacher():
    for name, value in {"name": "folder", "ridge": 1.0}.items():
        with pytest.raises(DomainVectorsError, match=r"DV061.*\[teacher\] needs @misc.*SentenceEncoder\.v1"):
            load_settings(None, {f"teacher.{name}": value})
    with pytest.raises(DomainVectorsError, match="DV045.*teacher.name"):
        load_settings(None, {"teacher.@misc": TEACHER["@misc"]})


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
    with pytest.raises(DomainVectorsError, match=r"DV079.*Did you mean 'spacy_domainvec.Word2Vec.v1'"):
        load_settings(None, {"trainer.@misc": "spacy_domainvec.Word2Vek.v1"})


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("vocabulary.min_count", "three", "DV045.*vocabulary.min_count = 'three': expected a whole number from 1 to"),
        ("vocabulary.max_vocab", 1.5, "DV045.*max_vocab"),
        ("vocabulary.min_count", True, "DV045.*min_count"),
        ("trainer.window", "wide", "DV045.*trainer.window = 'wide': expected a whole number from 1 to 20"),
        ("trainer.window", "3", "DV045.*trainer.window = '3'"),
        ("trainer.subsample", float("nan"), "DV045.*trainer.subsample = nan: expected a number from 0 to 1"),
        ("trainer.smoothing", -1, "DV045.*trainer.smoothing = -1"),
        ("combine.domain_weight", float("inf"), "DV045.*combine.domain_weight = inf"),
        ("combine.shares", [1, 1], "DV051.*there are 1 domain tables"),
        ("combine.shares", [0], "DV051.*all of them are 0"),
        ("system.seed", 2**32, "DV045.*system.seed = 4294967296: expected a whole number from 0 to 4,294,967,295"),
        ("system.seed", -1, "DV045.*system.seed = -1"),
        ("storage.subwords.n_rows", 2**63, "DV045.*storage.subwords.n_rows = 9223372036854775808"),
        ("corpus.attr", "SHAPE", "DV045.*corpus.attr = 'SHAPE': expected ORTH or LOWER or NORM or LEMMA"),
        ("corpus.field", True, "DV045.*corpus.field = True"),
        ("paths.corpus", "", "DV045.*paths.corpus = ''"),
        ("paths.corpus", ["a.txt", 3], r"DV045.*paths.corpus = \['a.txt', 3\]"),
        ("paths.corpus", "a\0b", "DV045.*paths.corpus"),
        ("paths.base", "\udcff", "DV045.*paths.base"),
        ("paths.base", None, "DV045.*paths.base = None: expected a text"),
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
        ("trainer.@misc", None, r"DV079.*\[trainer\]"),
        ("more_trainers", 3, "DV061.*more_trainers"),
        ("trainer", "PpmiSvd", "DV061.*trainer"),
    ],
)
def test_a_bad_value_is_refused_by_name(key, value, code):
    with pytest.raises(DomainVectorsError, match=code):
        load_settings(None, {key: value})


@pytest.mark.parametrize("name", [0, 2024, 0.5, None, "text"])
def test_a_column_can_be_called_like_a_number(name):
    settings = load_settings(None, {"corpus.field": name})
    assert settings.corpus.field == settings.config["corpus"]["field"] == ("null" if name is None else str(name))


# Names in data are code: those of this package are called, in their places, and no others.


@pytest.fixture
def calls():
    """What was called of functions that are registered, but not meant."""
    called = []
    for registered in (registry.misc, registry.readers, registry.architectures):
        registered("domainvec_tests.trap.v1", func=lambda *args, **kwargs: called.append(args))
    return called


TRAP = {"@misc": "domainvec_tests.trap.v1"}
AVERAGE, SVD = {"@misc": "spacy_domainvec.Average.v1"}, {"@misc": "spacy_domainvec.PpmiSvd.v1"}


@pytest.mark.parametrize(
    ("section", "block", "code"),
    [
        ("trainer", TRAP, r"DV079.*\[trainer\]"),
        ("trainer", AVERAGE, r"DV079.*\[trainer\] @misc = 'spacy_domainvec.Average.v1'"),
        ("trainer", {"@misc": "spacy.first_longest_spans_filter.v1"}, "DV079"),
        ("trainer", {"@misc": ["spacy_domainvec.PpmiSvd.v1"]}, "DV079"),
        ("trainer", {"@architectures": "domainvec_tests.trap.v1"}, "DV06"),
        ("trainer", {**SVD, "@readers": "domainvec_tests.trap.v1"}, "DV060.*@readers"),
        ("trainer", {**SVD, "window": TRAP}, "DV045.*trainer.window"),
        ("trainer", {**SVD, "window": {"deeper": [TRAP]}}, "DV045.*trainer.window"),
        ("combine", SVD, r"DV079.*\[combine\]"),
        ("combine", TRAP, "DV079"),
        ("combine", {**AVERAGE, "shares": [TRAP]}, "DV045.*combine.shares"),
        ("combine", {**AVERAGE, "*": {"a": TRAP}}, "DV060"),
        ("more_trainers", {"second": TRAP}, r"DV079.*\[more_trainers.second\]"),
        ("more_trainers", {"second": AVERAGE}, r"DV079.*\[more_trainers.second\]"),
        ("more_trainers", {"trainer": SVD}, r"DV061.*\[more_trainers.trainer\]"),
        ("more_trainers", TRAP, "DV061.*more_trainers.@misc"),
        ("more_trainers", {"second": {"third": SVD}}, r"DV061.*\[more_trainers.second\] needs @misc"),
        ("paths", {"corpus": TRAP}, "DV045.*paths.corpus"),
        ("paths", TRAP, "DV060.*@misc"),
        ("storage", {"subwords": TRAP}, r"DV060.*\[storage.subwords\]"),
        ("readers", {"a": TRAP}, "DV060.*readers"),
    ],
)
def test_no_name_in_a_config_calls_anything_else(tmp_path, calls, section, block, code):
    with pytest.raises(DomainVectorsError, match=code):
        load_settings({section: block})
    path = tmp_path / "config.cfg"
    Config({section: block}).to_disk(path)
    with pytest.raises(DomainVectorsError, match="DV0"):
        load_settings(path)
    assert not calls


@pytest.mark.parametrize(
    "text",
    [
        "not a config",
        "window = 3",
        "[trainer]\nwindow = ${no.such}\n",
        "[trainer]\nwindow = ${trainer.window}\n",
        "[trainer]\nwindow = ${trainer.n_iter}\nn_iter = ${trainer.window}\n",
        "[trainer]\nwindow = ${\n",
        "[trainer]\nwindow = %(window)s\n",
        "[trainer]\nwindow = 3\nwindow = 4\n",
        "[trainer]\nwindow = " + "[" * 10_000 + "\n",
        "[DEFAULT]\nwindow = 3\n",
        "[trainer]\n[trainer]\n",
        "[a]\n[a]\n",
        "[trainer]\nx = {\n",
        "[]\n",
        "[trainer.window]\nx = 3\n",
        "[trainer]\nwindow = 3\n[trainer.window]\nx = 3\n",
        "[" + "a." * 2000 + "]\nx = 3",
        "[trainer]\n\0 = 3\n",
    ],
)
def test_a_file_that_is_no_config_is_refused(tmp_path, text):
    with pytest.raises(DomainVectorsError, match="DV0") as refused:
        load_settings(write(tmp_path, text))
    assert len(str(refused.value).splitlines()) == 1
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize("data", [b"\xff\xfe[\0", bytes(range(256)) * 100, b"[trainer]\nwindow = \xe4\n", b"x" * 10**8])
def test_a_file_that_is_something_else_is_refused_by_name(tmp_path, data):
    (tmp_path / "config.cfg").write_bytes(data)
    with pytest.raises(DomainVectorsError, match=r"DV061.*config\.cfg") as refused:
        load_settings(tmp_path / "config.cfg")
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize("name", ["nowhere.cfg", ".", "n" * 300, "a\0b"])
def test_what_can_not_be_opened_is_refused(tmp_path, name):
    with pytest.raises(DomainVectorsError, match="DV061"):
        load_settings(tmp_path / name)


def test_variables_are_filled_in(tmp_path):
    path = write(
        tmp_path, '[trainer]\nwindow = 7\nn_iter = ${trainer.window}\n[paths]\ncorpus = "a${trainer:window}"\n'
    )
    settings = load_settings(path)
    assert settings.config["trainer"]["n_iter"] == 7
    assert settings.paths.corpus == "a7"


def test_variables_that_stand_for_billions_of_characters_are_refused(tmp_path):
    names = ["corpus", "vectors", "counts", "base", "terms"]
    lines = [f"{name} = " + f"${{paths.{other}}}" * 1000 for name, other in pairwise(names)]
    path = write(tmp_path, "[paths]\n" + "\n".join([*lines, 'terms = "lol"']))
    with pytest.raises(DomainVectorsError, match="DV061.*more than 1,048,576 characters"):
        load_settings(path)


def test_a_mark_at_the_beginning_of_a_file_is_no_fault(tmp_path):
    (tmp_path / "config.cfg").write_bytes(b"\xef\xbb\xbf[trainer]\r\nwindow = 7\r\n")
    assert load_settings(tmp_path / "config.cfg").config["trainer"]["window"] == 7


@pytest.mark.parametrize(
    "overrides", [{"trainer": 5}, {"trainer.window": 1, "trainer.window.x": 2}, {"": 1}, {"..": 1}]
)
def test_overrides_that_contradict_each_other_are_refused(overrides):
    with pytest.raises(DomainVectorsError, match="DV0"):
        load_settings(None, overrides)


# Any value of any setting: what is accepted is what the setting says of itself.

SETTINGS = list(all_settings())


def test_every_default_is_a_setting_with_a_description():
    leaves = {name for name, _ in _leaves(Config().from_disk(DEFAULT_CONFIG)) if "@" not in name}
    assert leaves <= {setting.name for setting in SETTINGS}
    assert all(setting.description for setting in SETTINGS)


EDGES = [0, 1, 2, 3, 4, 5, 20, 21, 300, 10**4, 10**9, 10**9 + 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64, 10**400]
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=5),
        st.sampled_from([*EDGES, *(-n for n in EDGES), *map(str, EDGES), 1e-6, 1e-7, 1e300, -0.0, 0.5, 1.0, 3.0]),
        st.sampled_from(
            ["LOWER", "lower", "int8", "float64", "base", "nan", "null", "true", "1e400", "${system.seed}", "$"]
        ),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: f"{setting.name}-{len(setting.beside)}")
@hypothesis.settings(deadline=None, max_examples=40, derandomize=True)
@hypothesis.given(value=VALUES)
def test_any_value_is_refused_by_name_or_is_what_the_setting_says(setting, value):
    name, description = setting.name, setting.description
    section, key = name.rsplit(".", 1)
    try:
        settings = load_settings(None, {**setting.beside, name: value})
    except DomainVectorsError as refused:
        assert re.match(r"\[DV\d{3}\] ", str(refused))
        assert len(str(refused).splitlines()) == 1
        if "DV045" in str(refused):
            assert name in str(refused)
            lengths = name.startswith("storage.subwords.m")
            assert lengths or name == "corpus.field" or "$" in str(value) or not is_one(value, description)
        else:
            # A variable, something that is no JSON, or shares that don't fit the number of trainers.
            assert "DV061" in str(refused) or name == "combine.shares"
        return
    found = settings.config
    for part in section.split("."):
        found = found[part]
    assert is_one(found[key], description)
    if name != "corpus.field" and "$" not in str(value):
        assert found[key] == value and type(found[key]) is type(value)
