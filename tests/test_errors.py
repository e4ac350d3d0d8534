import ast
import re
from pathlib import Path

import pytest

import spacy_domainvec
from spacy_domainvec.errors import Errors, Warnings

TESTS = Path(__file__).parent
SOURCES = [p for p in Path(spacy_domainvec.__file__).parent.rglob("*.py") if p.name != "errors.py"]
DEFINED = {name for kind in (Errors, Warnings) for name in vars(kind) if name.startswith("DV")}


def codes_in_use(source):
    """The codes that code takes from the lists of messages; a comment or a text that names one is no use of it."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)]
    lists = [node for node in nodes if isinstance(node.value, ast.Name) and node.value.id in ("Errors", "Warnings")]
    return {node.attr for node in lists}


def codes_in_texts(source):
    """The codes that stand in texts that are used; docstrings and other texts that stand alone are not."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return {code for node in texts if id(node) not in alone for code in re.findall(r"DV\d{3}", node.value)}


def test_messages_carry_their_code():
    assert Errors.DV001.startswith("[DV001] ")
    assert Warnings.DV101.startswith("[DV101] ")


def test_every_code_is_used_and_no_other():
    assert set().union(*(codes_in_use(path.read_text()) for path in SOURCES)) == DEFINED


def test_every_code_is_met_by_a_test():
    met = set().union(*(codes_in_texts(path.read_text()) for path in TESTS.rglob("test_*.py")))
    assert not DEFINED - met


@pytest.mark.parametrize(
    "source", ['"""DV001"""', "# Errors.DV001", 'def f():\n    "Errors.DV001"\n', "x = 1  # DV001"]
)
def test_a_code_in_a_comment_does_not_count(source):
    assert not codes_in_use(source) and not codes_in_texts(source)


def test_a_code_that_is_raised_or_matched_counts():
    assert codes_in_use("raise E(Errors.DV001.format(a=1))") == {"DV001"}
    assert codes_in_texts('with raises(E, match=r"DV001.*x"): f(f"DV002 {x}")') == {"DV001", "DV002"}
