"""Where an output may be written: to a path that is missing, empty, or an earlier output of its kind."""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from spacy.util import get_package_path, is_package

from ..errors import DomainVectorsError, Errors
from .kinds import Kind
from .names import META
from .replacing import replaced_directory, replaced_file, sweep, system_errors

MOUNTS = Path("/proc/self/mountinfo")


def check_output(
    output: str | Path,
    kind: Kind,
    inputs: Iterable[str | Path | None] = (),
    corpus: str | Path | Sequence[str | Path] | None = None,
) -> Path:
    """Check that an output may be written.

    If a killed run has left an output half replaced, the old one is put back first.

    output: The path. It must be missing, empty, or a whole earlier output of this kind with nothing
        else in it.
    kind: The kind of the output.
    inputs: Paths that are read, or names of installed packages. The output must not be one of them,
        contain one or lie in one. A file is an input by itself, unless its folder is a pipeline or
        a table.
    corpus: Texts that are read: files, folders, globs, addresses. The output may lie in such a folder.
    RETURNS: The path.
    RAISES: DomainVectorsError (DV010 if it can't be written, DV011, DV012, DV024).
    """
    with system_errors(output):
        path = _resolved(Path(output))
        sweep(path.parent)
        _check_place(path, output)
        _check_inputs(path, output, inputs, corpus)
        if os.path.lexists(path) and (why := _fault(path, kind)):
            raise foreign(output, kind.name, why)
        _check_rights(path, output)
    return Path(output)


@contextmanager
def written_directory(
    path: str | Path, kind: Kind, inputs: Iterable[str | Path | None] = (), beside: Path | None = None
) -> Iterator[Path]:
    """A directory to write to. It replaces an earlier output of its kind, see `replaced_directory`.

    The path is checked before the work, and again before it is replaced, as another run may have
    written there.

    inputs: As for `check_output`.
    RAISES: DomainVectorsError (DV010 to DV012, DV024, DV053).
    """
    check_output(path, kind, inputs)
    with replaced_directory(path, lambda path: check_output(path, kind), beside) as new:
        yield new


@contextmanager
def written_file(path: str | Path, kind: Kind) -> Iterator[Path]:
    """A file to write to. It replaces an earlier output of its kind, see `replaced_file`.

    The path is checked only before it is replaced: the caller has called `check_output` before the work.

    RAISES: DomainVectorsError (DV010, DV011, DV024, DV053).
    """
    with replaced_file(path, lambda path: check_output(path, kind)) as new:
        yield new


def is_same(path: str | Path, other: str | Path) -> bool:
    """Whether two paths lead to the same file or folder, however they are written."""
    found = _id(Path(path))
    return found is not None and found == _id(Path(other))


def check_outside(output: str | Path, folder: str | Path) -> None:
    """Check that an output does not lie in a folder that is yet to be written.

    RAISES: DomainVectorsError (DV010).
    """
    if _resolved(Path(folder)) in _resolved(Path(output)).parents:
        why = f"'{folder}' is written as a whole"
        raise DomainVectorsError(Errors.DV010.format(path=f"'{output}'", why=why))


def check_link(path: Path) -> None:
    """RAISES: DomainVectorsError (DV011) for a symbolic link."""
    if path.is_symlink():
        target = os.path.realpath(path)
        raise DomainVectorsError(Errors.DV011.format(path=path, what=f"a link to '{target}'"))


def foreign(path: str | Path, kind: str, why: str) -> DomainVectorsError:
    """The error (DV024) for a path that somebody else wrote."""
    return DomainVectorsError(Errors.DV024.format(path=path, kind=kind, why=why))


def _resolved(output: Path) -> Path:
    path = output.absolute()
    check_link(path)
    try:
        return path.resolve()
    except RuntimeError as e:  # Python before 3.13, for links that lead to themselves
        raise DomainVectorsError(Errors.DV010.format(path=f"'{output}'", why=e)) from None


def _fault(path: Path, kind: Kind) -> str | None:
    is_folder, is_file = path.is_dir(), path.is_file()
    if not is_folder and not is_file:
        return "it is a device"
    if kind.is_folder != is_folder:
        return "it is a folder" if is_folder else "it is a file"
    try:
        if kind.is_folder and not any(path.iterdir()):
            return None
        return kind.fault(path)
    except OSError as e:
        return f"it can't be looked into ({e.strerror or e})"


def _check_place(path: Path, output: str | Path) -> None:
    found = _id(path)
    if found is None:
        return
    # A working folder may have been deleted, and a user without a home has no entry.
    places = {"the home folder": os.path.expanduser("~"), "the working folder": os.curdir}
    for name, place in places.items():
        if found in _ids_upward(Path(place)):
            what = name if found == _id(Path(place)) else f"a folder above {name}"
            raise DomainVectorsError(Errors.DV011.format(path=output, what=what))
    if path.parent == path or os.path.ismount(path) or _has_mount(path):
        what = "the root of a file system, or holds one"
        raise DomainVectorsError(Errors.DV011.format(path=output, what=what))


def _has_mount(path: Path) -> bool:
    """Whether a file system is mounted at a path or below it. Only Linux tells."""
    if not MOUNTS.exists():
        return False
    points = [line.split()[4] for line in MOUNTS.read_text(errors="surrogateescape").splitlines()]
    for code, character in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        points = [point.replace(code, character) for point in points]
    return any(point == str(path) or point.startswith(f"{path}/") for point in points)


def _check_inputs(
    path: Path,
    output: str | Path,
    inputs: Iterable[str | Path | None],
    corpus: str | Path | Sequence[str | Path] | None,
) -> None:
    found, upward = _id(path), _ids_upward(path)

    def how(place: Path, may_be_above: bool) -> str | None:
        here = _id(place)
        if here is not None and here == found:
            return "is it"
        if found is not None and found in _ids_upward(place):
            return "lies in it"
        is_above = not may_be_above and here in upward and (place / META).is_file()
        return "is a folder above it" if is_above else None

    for given in inputs:
        for place in _places(given) if given else []:
            if said := how(place, False):
                raise DomainVectorsError(Errors.DV012.format(path=output, source=given, how=said))
    for given in [corpus] if isinstance(corpus, str | Path) else corpus or ():
        # If a glob also finds other texts, those that it finds in the output are not read.
        hows = [how(place, True) for place in _texts(given)]
        if hows and all(hows):
            raise DomainVectorsError(Errors.DV012.format(path=output, source=given, how=hows[0]))


def _places(given: str | Path) -> list[Path]:
    """The paths that are meant by a path or by the name of an installed package."""
    try:
        return [Path(given), *([get_package_path(str(given))] if is_package(str(given)) else [])]
    except (ImportError, ValueError, TypeError, AttributeError, OSError):
        return [Path(given)]


def _texts(given: str | Path) -> list[Path]:
    """The local files, or the one folder, that a path, glob or address stands for."""
    name = str(given).removeprefix("file://")
    if name == "-" or "://" in name:
        return []
    if os.path.lexists(name):
        return [Path(name)]
    return [path for match in glob.iglob(name, recursive=True) if (path := Path(match)).is_file()]


def _check_rights(path: Path, output: str | Path) -> None:
    """RAISES: DomainVectorsError (DV010) if nothing can be made in the folder of a path."""
    folder = path.parent
    while not os.path.lexists(folder) and folder.parent != folder:
        folder = folder.parent
    why = None if folder.is_dir() else f"'{folder}' is no folder"
    if why is None and not os.access(folder, os.W_OK | os.X_OK):
        why = f"nothing may be written to '{folder}'"
    if why:
        raise DomainVectorsError(Errors.DV010.format(path=f"'{output}'", why=why))


def _id(path: Path) -> tuple[int, int] | None:
    """A number of the file system and of the file in it, the same for all paths of a file."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _ids_upward(path: Path) -> set[tuple[int, int]]:
    """The ids of a path and of the folders above it; if it is a link, also those of its target."""
    try:
        named, real = path.absolute(), path.resolve()
    except OSError:
        return set()
    ids = {_id(place) for place in (named, *named.parents, real, *real.parents)}
    return {found for found in ids if found is not None}
