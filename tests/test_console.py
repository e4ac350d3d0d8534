import errno
import io
import sys
import warnings

import numpy as np
import pytest
import typer

from spacy_domainvec import DomainVectorsError, DomainVectorsWarning
from spacy_domainvec.console import Console, console, neighbors_table, progress_bars, report_table
from spacy_domainvec.evaluation.neighbors import Neighbors
from spacy_domainvec.evaluation.report import Report
from spacy_domainvec.files.replacing import replaced_directory
from spacy_domainvec.learning.trainer_data import no_progress


def test_a_users_mistake_ends_with_one_line_and_one(capsys):
    with pytest.raises(typer.Exit) as ended, console():
        raise DomainVectorsError("what\n  to do")
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "✘ what to do\n"


def test_a_full_disk_is_one_line_too(capsys):
    with pytest.raises(typer.Exit), console(silent=True):
        raise OSError(28, "No space left on device", "out")
    room = "Make room, or choose another place for the output."
    assert capsys.readouterr().err == f"✘ [DV053] 'out' can't be written: the disk is full. {room}\n"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "in.txt"), "[DV010] 'in.txt' can't be read or written: Permission"),
        (OSError(5, "Input/output error"), "[DV010] A file can't be read or written: Input/output error."),
        (ConnectionError("reset"), "[DV010] A file can't be read or written: reset."),
        (TimeoutError(), "[DV010] A file can't be read or written: TimeoutError."),
    ],
)
def test_what_the_system_refuses_has_a_code_and_the_true_reason(capsys, error, said):
    with pytest.raises(typer.Exit) as ended, console(silent=True):
        raise error
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err.startswith(f"✘ {said}")


def test_a_file_that_can_not_be_opened_is_named(capsys, tmp_path):
    for name in ("nowhere", "n" * 300, "."):
        with pytest.raises(typer.Exit), console():
            (tmp_path / name).read_text()
        assert f"[DV010] '{tmp_path / name}' can't be read or written: " in capsys.readouterr().err


@pytest.mark.parametrize("error", [MemoryError(), MemoryError("Unable to allocate 9 TiB")])
def test_too_little_memory_is_one_line(capsys, error):
    with pytest.raises(typer.Exit) as ended, console():
        raise error
    assert ended.value.exit_code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("✘ [DV078] The memory is not enough: ") and (str(error) or "no more") in line


def test_a_reader_that_has_enough_is_no_fault(capsys):
    with pytest.raises(BrokenPipeError), console():
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
    assert capsys.readouterr().err == ""


def test_an_interruption_is_no_traceback(capsys):
    with pytest.raises(typer.Exit) as ended, console():
        raise KeyboardInterrupt
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == "✘ Interrupted.\n"


@pytest.mark.parametrize("is_fresh", [True, False])
def test_an_interruption_tells_whether_the_output_was_written(capsys, tmp_path, is_fresh):
    def put():
        with replaced_directory(tmp_path / "out") as new:
            (new / "a").write_text("x")

    if not is_fresh:
        put()
    with pytest.raises(typer.Exit), console(output=tmp_path / "out"):
        raise KeyboardInterrupt
    assert "Interrupted: the output was not written." in capsys.readouterr().err
    with pytest.raises(typer.Exit), console(output=tmp_path / "out"):
        put()
        raise KeyboardInterrupt
    assert f"Interrupted, but the output was written before: {tmp_path / 'out'}" in capsys.readouterr().err


def test_our_own_mistakes_keep_their_traceback():
    with pytest.raises(ValueError, match="a bug"), console():
        raise ValueError("a bug")


def test_warnings_are_lines_on_standard_error(capsys):
    with console():
        warnings.warn("left out", DomainVectorsWarning, stacklevel=1)
    with console(silent=True):
        warnings.warn("left out", DomainVectorsWarning, stacklevel=1)
    captured = capsys.readouterr()
    assert captured.err == "⚠ left out\n"
    assert captured.out == ""


def test_what_a_library_warns_of_does_not_look_like_a_crash(capsys):
    with console(), warnings.catch_warnings():
        warnings.simplefilter("always")
        np.zeros(1) / np.zeros(1)
        warnings.warn("[W095] another\n  version", UserWarning, stacklevel=1)
    assert capsys.readouterr().err == (
        "⚠ RuntimeWarning: invalid value encountered in divide\n⚠ [W095] another version\n"
    )
    with console(silent=True), warnings.catch_warnings():
        warnings.simplefilter("always")
        np.zeros(1) / np.zeros(1)
    assert capsys.readouterr().err == ""


def test_messages_are_not_wrapped(capsys):
    Console().good("a path " * 50)
    assert len(capsys.readouterr().out.splitlines()) == 1


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bars_are_for_terminals(monkeypatch):
    assert progress_bars() is no_progress
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert progress_bars(silent=True) is no_progress
    monkeypatch.setattr("spacy_domainvec.console.BAR_DELAY", 0)
    assert list(progress_bars()(range(3), "Counting", 3)) == [0, 1, 2]
    assert "Counting" in sys.stderr.getvalue()


def test_a_short_run_shows_no_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert list(progress_bars()(range(3), "Counting", 3)) == [0, 1, 2]
    assert "Counting" not in sys.stderr.getvalue()


def test_a_report_is_a_table():
    both = {"base": 0.5, "dvec": 0.75}
    few_shot = {5: {"base": 0.3, "base+unit+sif": 0.6, "dvec": 0.625}, 10: {"dvec": 0.7}}
    shown = report_table(Report("en", {"SimLex-999": both}, both, few_shot, both, both, None))
    rows = {line[:25].strip(): line[25:].split() for line in shown.splitlines()}
    assert rows["accuracy, 5 texts a label"] == ["30.0%", "60.0%", "62.5%"]
    assert rows["accuracy, 10 texts a labe"] == ["l", "-", "-", "70.0%"]
    assert rows["similarity, SimLex-999"] == ["0.500", "0.750"]
    assert rows["words with a vector"] == ["50.00%", "75.00%"]
    assert "MB on disk" not in rows


def test_neighbours_of_unequal_number_are_a_table():
    shown = neighbors_table(Neighbors("apr", "domain", "annual percentage rate", [], [("fee", 0.9), ("fees", 0.8)]))
    assert "fee   0.90" in shown or "fee  0.90" in shown


def test_a_base_of_another_language_has_no_similarity():
    both = {"base": 0.5, "dvec": 0.75}
    shown = report_table(Report("de", {}, both, None, both, both, None))
    assert "no set of word pairs is at hand for 'de'" in shown
    assert "similarity, " not in shown
