import copy

import pytest
from spacy.util import registry

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.util.registered import COMBINERS, MAPS, TEACHERS, TRAINERS, allowed_functions, check_functions

CONFIG = load_settings().config
TRAINER = {"@misc": "spacy_domainvec.Word2Vec.v1", "epochs": 1}


def test_all_functions_of_this_package_are_listed():
    found = {name for name in registry.misc.get_all() if name.startswith("spacy_domainvec.")}
    assert found == {*TRAINERS, *COMBINERS, *MAPS, *TEACHERS}


def test_each_section_has_its_functions():
    assert allowed_functions("trainer") == allowed_functions("more_trainers.x") == TRAINERS
    assert allowed_functions("combine") == COMBINERS
    assert allowed_functions("map") == MAPS
    assert allowed_functions("teacher") == TEACHERS
    for section in ("", "system", "more_trainers", "more_trainers.", "more_trainers.x.y", "trainer.x", "combine.x"):
        assert allowed_functions(section) == ()


def test_the_packages_own_are_allowed():
    check_functions(CONFIG)
    check_functions({**CONFIG, "more_trainers": {"other-1": TRAINER, "y": TRAINER}})
    check_functions({**CONFIG, "map": {"@misc": None}})
    check_functions({})


def changed(path, value):
    config = copy.deepcopy(CONFIG)
    *parents, last = path
    inner = config
    for name in parents:
        inner = inner.setdefault(name, {})
    inner[last] = value
    return config


EVIL = {"@readers": "srsly.read_json.v1", "path": "x"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["trainer", "@misc"], "spacy_domainvec.Average.v1"),
        (["combine", "@misc"], "spacy_domainvec.PpmiSvd.v1"),
        (["map", "@misc"], "spacy_domainvec.Average.v1"),
        (["trainer", "@misc"], "spacy.first_longest_spans_filter.v1"),
        (["trainer", "@misc"], None),
        (["trainer", "@misc"], [TRAINERS[0]]),
        (["trainer", "@architectures"], "spacy.MaxoutWindowEncoder.v2"),
        (["trainer", "vector_size"], EVIL),
        (["trainer", "vector_size"], TRAINER),
        (["trainer", "a", "b", "c"], EVIL),
        (["combine", "shares"], [0.5, EVIL]),
        (["combine", "shares"], [[[TRAINER]]]),
        (["more_trainers", "@misc"], TRAINERS[0]),
        (["more_trainers", "x"], EVIL),
        (["more_trainers", "x", "y"], TRAINER),
        (["more_trainers.x"], TRAINER),
        (["system", "@misc"], TRAINERS[0]),
        (["system", "seed"], TRAINER),
        (["@misc"], TRAINERS[0]),
        (["anything"], {"of": {"some": EVIL}}),
        # What confection would make of it, once it is written and read again.
        (["system", "seed\n[trainer.vector_size]\n@readers"], "srsly.read_json.v1"),
        (["x]\n[trainer.vector_size]\n@readers = a\n[y"], {}),
        (["trainer", " @readers"], "srsly.read_json.v1"),
        (["trainer", "vector_size"], "${paths.corpus}"),
        (["trainer", "@misc"], "${system.seed}"),
        (["trainer", 1], 2),
    ],
)
def test_no_other_function_is_allowed_at_any_depth(path, value):
    with pytest.raises(DomainVectorsError, match="DV088"):
        check_functions(changed(path, value))


def test_what_is_not_allowed_is_named_with_its_section():
    with pytest.raises(DomainVectorsError, match=r"DV088.*'other\.v1'.*\[more_trainers\.x\].*PpmiSvd"):
        check_functions({"more_trainers": {"x": {"@misc": "other.v1"}}})
