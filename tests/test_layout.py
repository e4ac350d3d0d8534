"""Which room may import from which: downwards only. The wheel holds every room."""

import ast
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "spacy_domainvec"
# From the bottom to the top. Modules that lie in no room are the faces, at the very top, but for the first four.
BELOW = ["codes", "warned", "errors", "about"]
ORDER = [*BELOW, "files", "util", "reading", "corpus", "table", "counting", "learning"]
ORDER += ["pipeline", "exchange", "evaluation", "build", "comparison", "pages", "faces"]
MOST_FILES = 12
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(parts):
    """The room of a module, given as the parts of its dotted name without the package's."""
    return parts[0] if parts and parts[0] in ORDER else "faces"


def imported(path):
    """The modules of the package that a module imports, wherever in it, as parts of their dotted names."""
    here = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            room = here[: len(here) + 1 - node.level]
            names = node.module.split(".") if node.module else []
            yield from [(*room, *names)] if names else [(*room, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom | ast.Import):
            dotted = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert not any(name.split(".")[0] == PACKAGE.name for name in dotted), f"{path}: relative imports, please"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downwards(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if parts == ("__init__",):
        return
    rank = ORDER.index(room_of(parts))
    upwards = [".".join(other) for other in imported(path) if ORDER.index(room_of(other)) > rank]
    assert not upwards


@pytest.mark.slow
def test_no_two_modules_import_each_other():
    graph = {}
    for path in MODULES:
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        graph[parts] = {other for other in imported(path) if other != parts}
    done = set()

    def visit(module, above):
        assert module not in above, f"a circle: {' -> '.join('.'.join(m) for m in [*above, module])}"
        if module in done:
            return
        for other in graph.get(module, ()):
            visit(other, [*above, module])
        done.add(module)

    for module in graph:
        if module[-1] != "__init__":
            visit(module, [])


@pytest.mark.parametrize("room", ORDER[len(BELOW) : -1])
def test_a_room_is_small_and_says_what_it_is_for(room):
    files = [path for path in (PACKAGE / room).glob("*.py") if path.name != "__init__.py"]
    assert 4 <= len(files) <= MOST_FILES
    assert ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf8")))


@pytest.mark.slow
def test_the_wheel_holds_every_file(tmp_path):
    root, copy = PACKAGE.parent, tmp_path / "copy"
    shutil.copytree(PACKAGE, copy / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "CITATION.cff"):
        shutil.copy(root / name, copy / name)
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(copy)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith(PACKAGE.name)}
    files = [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".cfg", ".typed", ".j2", ".css", ".js")]
    assert packed >= {str(path.relative_to(PACKAGE.parent)) for path in files}


def test_no_two_files_of_tests_have_one_name():
    # Pytest knows a module of tests by this name alone.
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]
    assert len(set(names)) == len(names)
