"""PassedExercises lasts from kernel to kernel, whatever happens to its file."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from workbook.exercises import Check
from workbook.exercises.check import ShareTable
from workbook.exercises.passed_exercises import PassedExercises


@pytest.fixture(autouse=True)
def _switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBOOK_PROGRESS", raising=False)


def test_what_passed_is_known_to_the_next_kernel(tmp_path: Path) -> None:
    first = PassedExercises(tmp_path)
    first.record("2.1")
    first.record("2.4")
    later = PassedExercises(tmp_path)
    assert set(later.passed()) == {"2.1", "2.4"}
    later.record("3.1")
    assert set(PassedExercises(tmp_path).passed()) == {"2.1", "2.4", "3.1"}
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".new"] == []


def test_two_kernels_keep_each_others_progress(tmp_path: Path) -> None:
    first, second = PassedExercises(tmp_path), PassedExercises(tmp_path)
    first.passed(), second.passed()
    first.record("2.1")
    second.record("2.2")
    first.record("2.3")
    assert set(PassedExercises(tmp_path).passed()) == {"2.1", "2.2", "2.3"}


def test_many_processes_write_at_once(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from workbook.exercises.passed_exercises import PassedExercises\n"
        "progress = PassedExercises(Path(sys.argv[1]))\n"
        "for number in range(5): progress.record(f'{sys.argv[2]}.{number}')\n"
    )
    runs = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(n)]) for n in range(3)]
    assert [run.wait() for run in runs] == [0, 0, 0]
    assert len(PassedExercises(tmp_path).passed()) == 15


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"passed": [1]}', '{"passed": {"2.1": 3}}', "\x00" * 99, "9" * 2_000_000]
)
def test_a_damaged_file_is_said_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "progress.json"
    path.write_text(text)
    progress = PassedExercises(tmp_path)
    assert progress.passed() == {}
    assert "is damaged" in progress.problem
    progress.record("2.1")
    assert set(json.loads(path.read_text())["passed"]) == {"2.1"}
    assert (tmp_path / "progress.json.damaged").read_text() == text
    progress.passed()
    assert progress.problem == ""


def test_where_nothing_can_be_written_progress_lasts_as_long_as_the_kernel(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    progress = PassedExercises(tmp_path / "home")
    progress.record("2.1")
    assert set(progress.passed()) == {"2.1"}
    assert "until this kernel stops" in progress.problem


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_home_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IREAD | stat.S_IEXEC)
    progress = PassedExercises(tmp_path / "data")
    progress.record("2.1")
    tmp_path.chmod(stat.S_IRWXU)
    assert "until this kernel stops" in progress.problem


def test_it_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBOOK_PROGRESS", "off")
    progress = PassedExercises(tmp_path)
    progress.record("2.1")
    assert set(progress.passed()) == {"2.1"}
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: tmp_path / name)
    assert PassedExercises().path == tmp_path / "cnn-workbook" / "progress.json"


def test_the_whole_course_is_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check = Check(PassedExercises(tmp_path))
    check("2.4", lambda w, f, s, p: (w - f + 2 * p) // s + 1)
    capsys.readouterr()
    Check(PassedExercises(tmp_path)).progress()  # as in a new kernel
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["chapter", "passed", "points", "to", "do"]
    assert next(line for line in lines if line.startswith("02")).startswith("02  Convolution")
    assert [line for line in lines if " 1 of 6 " in line] == [line for line in lines if line.startswith("02")]
    assert len(lines) == 1 + len(list((ROOT / "solutions").glob("*.py")))


def test_the_table_escapes_and_labels() -> None:
    page = ShareTable(("a",), [("<b>",)], [0.5], "<note>")._repr_html_()
    assert "&lt;b&gt;" in page
    assert "&lt;note&gt;" in page
    assert 'aria-label="50 percent"' in page
