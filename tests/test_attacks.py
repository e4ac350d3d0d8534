"""The short version of each attack. The long one: python tests/attacks/NAME.py"""

import subprocess
from pathlib import Path

import pytest

ATTACKS = sorted(path for path in (Path(__file__).parent / "attacks").glob("*.py") if path.name != "tally.py")


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.stem)
def test_an_attack_does_no_harm(attack, tmp_path, python):
    done = subprocess.run([python, str(attack), "--short"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 failures" in done.stdout.splitlines()[-1]
