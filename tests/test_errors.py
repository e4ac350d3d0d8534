import re
from pathlib import Path

import spacy_domainvec
from spacy_domainvec.errors import Errors, Warnings

SOURCES = [p for p in Path(spacy_domainvec.__file__).parent.glob("*.py") if p.name != "errors.py"]


def test_messages_carry_their_code():
    assert Errors.DV001.startswith("[DV001] ")
    assert Warnings.DV101.startswith("[DV101] ")


def test_every_code_is_used_and_no_other():
    used = {code for path in SOURCES for code in re.findall(r"(?:Errors|Warnings)\.(DV\d+)", path.read_text())}
    defined = {name for kind in (Errors, Warnings) for name in vars(kind) if name.startswith("DV")}
    assert used == defined


def test_every_code_is_met_by_a_test():
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    defined = {name for kind in (Errors, Warnings) for name in vars(kind) if name.startswith("DV")}
    assert not {code for code in defined if code not in tests}
