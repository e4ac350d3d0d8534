import errno
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time

import pytest

from spacy_domainvec.errors import DomainVectorsError
from spacy_domainvec.files import replacing as files
from spacy_domainvec.files.locks import HOST, claim
from spacy_domainvec.files.replacing import (
    coded,
    remove_directory,
    replaced_directory,
    replaced_file,
    sweep,
    temporary_directory,
    write_json,
)

SCRATCH = ".domainvec-0123456789abcdef"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def put(path, text, **given):
    with replaced_directory(path, **given) as new:
        (new / "text").write_text(text)


@pytest.fixture(params=["exchange", "two renames"])
def way(request, monkeypatch):
    if request.param == "two renames":
        monkeypatch.setattr(files, "_renameat2", lambda: None)
    return request.param


def test_an_error_leaves_the_old_directory(tmp_path):
    put(tmp_path / "out", "old")
    with pytest.raises(RuntimeError), replaced_directory(tmp_path / "out") as new:
        (new / "text").write_text("new")
        raise RuntimeError
    assert (tmp_path / "out" / "text").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_an_interruption_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), replaced_directory(tmp_path / "out"):
        raise KeyboardInterrupt
    assert not names(tmp_path)


def test_the_new_directory_takes_the_place_of_the_old(tmp_path, way):
    for text in ("old", "new"):
        with replaced_directory(tmp_path / "a" / "out") as new:
            (new / text).write_text(text)
    assert names(tmp_path / "a" / "out") == ["new"]
    assert names(tmp_path / "a") == ["out"]


@pytest.mark.skipif(files._renameat2() is None, reason="the system has no exchange")
def test_the_path_is_there_at_every_moment(tmp_path, monkeypatch):
    put(tmp_path / "out", "old")
    monkeypatch.setattr(files, "_swap", lambda *args: pytest.fail("two renames"))
    put(tmp_path / "out", "new")
    assert (tmp_path / "out" / "text").read_text() == "new"


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EINVAL])
def test_a_system_without_an_exchange_renames_twice(tmp_path, monkeypatch, number):
    def refuse(*args):
        files.ctypes.set_errno(number)
        return -1

    monkeypatch.setattr(files, "_renameat2", lambda: refuse)
    for text in ("old", "new"):
        put(tmp_path / "out", text)
    assert (tmp_path / "out" / "text").read_text() == "new"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError(errno.EIO, "broken")])
@pytest.mark.parametrize("at", range(4))
def test_an_interruption_between_two_renames_leaves_the_old(tmp_path, monkeypatch, at, stop):
    put(tmp_path / "out", "old")
    monkeypatch.setattr(files, "_renameat2", lambda: None)
    rename, calls = os.rename, []

    def stopped(*args):
        calls.append(args)
        # The last ones stop what would put it back, too.
        if len(calls) - 1 in range(at // 2, at + 1):
            raise stop
        rename(*args)

    monkeypatch.setattr(os, "rename", stopped)
    with pytest.raises((KeyboardInterrupt, DomainVectorsError)):
        put(tmp_path / "out", "new")
    monkeypatch.setattr(os, "rename", rename)
    sweep(tmp_path)
    assert (tmp_path / "out" / "text").read_text() == "old"
    assert names(tmp_path) == ["out"]


KILLED = """
import os, signal, sys
from pathlib import Path
from spacy_domainvec.files import replacing as files

if sys.argv[2] == "two renames":
    files._renameat2 = lambda: None
rename, calls = os.rename, []
def killed(*args):
    calls.append(args)
    if len(calls) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    rename(*args)
os.rename = killed
if sys.argv[2] == "exchange":
    put = files._exchange
    def then_killed(*args):
        put(*args)
        os.kill(os.getpid(), signal.SIGKILL)
    files._exchange = then_killed if sys.argv[3] == "2" else lambda *args: os.kill(os.getpid(), signal.SIGKILL)
with files.replaced_directory(sys.argv[1]) as new:
    (new / "text").write_text("new")
"""


@pytest.mark.slow
@pytest.mark.parametrize(("way", "at", "left"), [
    ("exchange", 1, "old"), ("exchange", 2, "new"), ("two renames", 1, "old"), ("two renames", 2, "old"),
])  # fmt: skip
def test_a_kill_leaves_the_old_or_the_new(tmp_path, way, at, left):
    put(tmp_path / "out", "old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "out"), way, str(at)])
    assert done.returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == 2 or (way, at) == ("two renames", 2)
    sweep(tmp_path)
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "text").read_text() == left


def test_everything_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    done, sync = [], os.fsync

    def noted(fd):
        done.append((os.readlink(f"/proc/self/fd/{fd}").rsplit("/new/")[-1], (tmp_path / "out").exists()))
        sync(fd)

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc")
    monkeypatch.setattr(os, "fsync", noted)
    with replaced_directory(tmp_path / "out") as new:
        (new / "inner").mkdir()
        for file in (new / "a", new / "inner" / "b"):
            file.write_text("x")
    written = {file for file, is_there in done if not is_there}
    assert written >= {"a", "inner/b", "inner"}
    assert (str(tmp_path), True) in done
    done.clear()
    with replaced_file(tmp_path / "file") as new:
        new.write_text("x")
    assert done[0][0] == "file"
    assert done[-1][0] == str(tmp_path)


def test_the_permissions_of_what_was_there_are_kept(tmp_path):
    (tmp_path / "out").mkdir(mode=0o700)
    put(tmp_path / "out", "new")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    (tmp_path / "a.json").touch(mode=0o600)
    write_json(tmp_path / "a.json", {})
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o600


def test_what_has_come_into_the_way_is_left_alone(tmp_path):
    def check(path):
        if path.exists():
            raise DomainVectorsError("somebody else's")

    with pytest.raises(DomainVectorsError, match="somebody"), replaced_directory(tmp_path / "out", check) as new:
        (new / "text").write_text("new")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.tex").write_text("years of work")
    assert names(tmp_path / "out") == ["thesis.tex"]
    with pytest.raises(DomainVectorsError, match="somebody"), replaced_file(tmp_path / "a.json", check) as new:
        new.write_text("new")
        (tmp_path / "a.json").write_text("years of work")
    assert (tmp_path / "a.json").read_text() == "years of work"


def scratch_of(folder, owner, **parts):
    (folder / SCRATCH).mkdir()
    if owner is not None:
        (folder / SCRATCH / "owner.json").write_text(json.dumps(owner) if owner else "")
    for name, text in parts.items():
        (folder / SCRATCH / name).mkdir()
        (folder / SCRATCH / name / "text").write_text(text)


DEAD = {"host": HOST, "pid": 2**22 + 1, "target": "out"}


@pytest.mark.parametrize("owner", [None, {}, DEAD])
def test_scratch_of_the_dead_is_removed(tmp_path, owner):
    scratch_of(tmp_path, owner, **({"new": "half"} if owner else {}))
    sweep(tmp_path)
    assert not names(tmp_path)


def test_what_the_dead_had_moved_away_comes_back(tmp_path):
    scratch_of(tmp_path, DEAD, new="half", old="mine")
    sweep(tmp_path)
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "text").read_text() == "mine"


def test_what_was_replaced_does_not_come_back(tmp_path):
    put(tmp_path / "out", "new")
    scratch_of(tmp_path, DEAD, old="old")
    sweep(tmp_path)
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "text").read_text() == "new"


def test_scratch_of_the_living_stays(tmp_path):
    with replaced_directory(tmp_path / "out") as new:
        (new / "text").write_text("x")
        before = names(tmp_path)
        sweep(tmp_path)
        put(tmp_path / "other", "y")
        assert names(tmp_path) == [*before, "other"]
    assert names(tmp_path) == ["other", "out"]


@pytest.mark.parametrize(
    ("owner", "parts"),
    [
        ({**DEAD, "host": "another"}, {"new": "x"}),
        ({"pid": 1}, {"new": "x"}),
        ({**DEAD, "target": 3}, {"new": "x"}),
        (DEAD, {"new": "x", "thesis": "years of work"}),
        ({}, {"new": "x"}),
        (None, {"new": "x"}),
    ],
)
def test_what_merely_looks_like_scratch_stays(tmp_path, owner, parts):
    scratch_of(tmp_path, owner, **parts)
    (tmp_path / ".domainvec-notes").mkdir()
    (tmp_path / "link").mkdir()
    (tmp_path / ".domainvec-0000000000000000").symlink_to(tmp_path / "link")
    before = sorted(tmp_path.rglob("*"))
    sweep(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_no_name_leads_out_of_the_folder(tmp_path):
    (tmp_path / "inner").mkdir()
    scratch_of(tmp_path / "inner", {**DEAD, "target": "../outside"}, old="x")
    sweep(tmp_path / "inner")
    assert names(tmp_path) == ["inner"]


@pytest.mark.slow
def test_many_may_replace_one_directory(tmp_path):
    code = (
        "import sys\nfrom spacy_domainvec.files.replacing import replaced_directory\n"
        "for i in range(10):\n    with replaced_directory(sys.argv[1]) as new:\n"
        "        for name in 'ab':\n            (new / name).write_text(f'{sys.argv[2]} {i}')\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "out"), str(i)]) for i in range(3)]
    torn, deadline = 0, time.monotonic() + 60
    while any(process.poll() is None for process in started) and time.monotonic() < deadline:
        time.sleep(0.001)
        folder = os.open(tmp_path / "out", os.O_RDONLY) if (tmp_path / "out").exists() else None
        if folder is not None:
            found = set(os.listdir(folder))
            # What was replaced while it was looked at may be half deleted.
            torn += found not in ({"a", "b"}, {"a"}, {"b"}, set())
            os.close(folder)
    assert [process.wait() for process in started] == [0, 0, 0]
    assert not torn
    assert names(tmp_path) == ["out"]
    assert len({(tmp_path / "out" / name).read_text() for name in "ab"}) == 1


def test_json_is_written_whole(tmp_path):
    write_json(tmp_path / "a" / "b.json", {"x": 1})
    with pytest.raises(TypeError):
        write_json(tmp_path / "a" / "b.json", {"x": object()})
    assert (tmp_path / "a" / "b.json").read_text().split() == ["{", '"x":1', "}"]
    assert names(tmp_path / "a") == ["b.json"]


def test_a_temporary_directory_of_the_dead_is_removed_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(files.tempfile, "gettempdir", lambda: str(tmp_path))
    scratch_of(tmp_path, {**DEAD, "target": "domainvec"}, new="a customer's text")
    with temporary_directory() as folder:
        assert not list(folder.iterdir())
        (scratch,) = tmp_path.iterdir()
        assert stat.S_IMODE(scratch.stat().st_mode) == 0o700
    assert not names(tmp_path)


def test_a_folder_of_our_own_is_gone_at_once(tmp_path):
    put(tmp_path / "out", "x")
    remove_directory(tmp_path / "out")
    remove_directory(tmp_path / "out")
    assert not names(tmp_path)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), r"DV053\] 'out' can't be written: the disk is full"),
        (OSError(errno.EDQUOT, "Quota exceeded", "out/x"), r"DV053.*quota"),
        (OSError(errno.EFBIG, "File too large"), r"DV053.*larger than the system allows"),
        (OSError("80 requested and 12 written"), r"DV053.*the system took less \(80 requested and 12 written\)"),
        (OSError(errno.EIO, "Input/output error"), r"DV010\] 'out' can't be read or written: Input/output error"),
        (PermissionError(errno.EACCES, "Permission denied", "in.txt"), r"DV010\] 'in\.txt'.*Permission denied"),
        (FileNotFoundError(errno.ENOENT, "No such file", f"/x/{SCRATCH}/new/a"), r"DV010\] 'out'.*No such file"),
    ],
)
def test_the_reason_is_the_true_one(error, said):
    found = coded(error, "out")
    assert isinstance(found, DomainVectorsError)
    assert re.search(said, str(found))
    assert ("full" in str(found)) == (error.errno == errno.ENOSPC)


def test_what_the_system_refuses_has_a_code(tmp_path):
    with (
        pytest.raises(DomainVectorsError, match=r"DV010.*in\.txt.*Permission denied"),
        replaced_directory(tmp_path / "o"),
    ):
        raise PermissionError(errno.EACCES, "Permission denied", "in.txt")
    (tmp_path / "file").touch()
    with pytest.raises(DomainVectorsError, match=r"DV010.*file"):
        put(tmp_path / "file" / "out", "x")
    assert names(tmp_path) == ["file"]


def test_a_long_name_can_be_written(tmp_path):
    write_json(tmp_path / ("n" * 250 + ".json"), {})
    assert len(names(tmp_path)) == 1


@pytest.mark.slow
def test_a_lock_is_let_go_by_who_dies(tmp_path):
    code = "import sys, time\nfrom pathlib import Path\nfrom spacy_domainvec.files.locks import claim\n"
    code += "claim(Path(sys.argv[1])).write(more=1)\nprint('held', flush=True)\ntime.sleep(60)"
    file = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    assert claim(file) is None
    holder.kill()
    holder.communicate()
    mine = claim(file)
    assert mine.note() == {"host": HOST, "pid": holder.pid, "more": 1}
    assert claim(file) is None
    mine.release()
    assert claim(file).note() == {}


def test_a_lock_that_was_deleted_is_made_anew(tmp_path):
    first = claim(tmp_path / "lock")
    (tmp_path / "lock").unlink()
    second = claim(tmp_path / "lock")
    assert (first is not None, second is not None, claim(tmp_path / "lock")) == (True, True, None)


def test_without_locks_of_the_system_the_file_tells(tmp_path, monkeypatch):
    monkeypatch.setattr("spacy_domainvec.files.locks.fcntl", None)
    for pid, is_free in ((os.getppid(), False), (2**22 + 1, True)):
        (tmp_path / "lock").write_text(json.dumps({"host": HOST, "pid": pid}))
        assert (claim(tmp_path / "lock") is not None) == is_free


def test_a_scratch_folder_that_another_process_removes_is_made_anew(tmp_path, monkeypatch):
    claimed = []

    def removed(file, create=True):
        # The other process had the lock before, and removes the folder once this one has it.
        mine = claim(file, create)
        if not claimed:
            shutil.rmtree(file.parent)
        claimed.append(mine)
        return mine

    monkeypatch.setattr(files, "claim", removed)
    with files.replaced_directory(tmp_path / "output") as new:
        (new / "a").write_text("a")
    assert len(claimed) == 2 and (tmp_path / "output" / "a").read_text() == "a"
    assert os.listdir(tmp_path) == ["output"]
