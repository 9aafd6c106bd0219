"""Gradescope: a zip that installs and grades, scripts that always leave results, results that hide what is hidden."""

import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest

from tests import ROOT
from tests.grading.conftest import filled
from workbook.course.grading.gradescope import results_json, write_zip
from workbook.course.grading.masters import solutions_of
from workbook.course.grading.records import OUTCOMES, Graded, Mark
from workbook.course.grading.single_run import NOBODY

CHAPTERS = ("02_convolution", "03_pooling")
SOLUTIONS = solutions_of(ROOT / "solutions" / "02_convolution.ipynb")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The autograder of two chapters."""
    out = tmp_path_factory.mktemp("out") / "autograder.zip"
    write_zip(ROOT, CHAPTERS, out)
    assert [path.name for path in out.parent.iterdir()] == ["autograder.zip"]
    return zipfile.ZipFile(out)


# --- The zip --------------------------------------------------------------------------------------------------


def test_the_two_scripts_stand_at_the_root_and_can_be_executed(archive: zipfile.ZipFile) -> None:
    modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert {name for name, mode in modes.items() if mode & 0o111} == {"setup.sh", "run_autograder"}
    assert all(stat.S_ISREG(mode) for mode in modes.values())
    assert all(info.create_system == 3 for info in archive.infolist())
    for name in ("setup.sh", "run_autograder"):
        script = archive.read(name)
        assert script.startswith(b"#!/usr/bin/env bash\n")
        assert b"\r" not in script
        assert subprocess.run(["bash", "-n"], input=script, check=False).returncode == 0


def test_what_installing_needs_is_there(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    project = tomllib.loads(archive.read("pyproject.toml").decode())
    assert {project["project"]["readme"], "requirements.txt", "requirements-grade.txt", "LICENSE"} <= names
    for folder in ("workbook", "data"):
        here = {p for p in (ROOT / folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts}
        assert {p.relative_to(ROOT).as_posix() for p in here if not p.name.startswith(".")} <= names
    assert (
        archive.read("workbook/ledger/figures.toml")
        == (ROOT / "workbook" / "ledger" / "figures.toml").read_bytes()
    )


def test_no_solution_and_nothing_of_the_other_chapters_is_there(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    assert sorted(name for name in names if name.endswith(".ipynb")) == [
        f"notebooks/{one}.ipynb" for one in CHAPTERS
    ]
    assert {name.split("/")[0] for name in names if "/" in name} == {"workbook", "data", "notebooks"}
    assert not [name for name in names if "__pycache__" in name or name.startswith(".")]


def test_every_requirement_has_its_version(archive: zipfile.ZipFile) -> None:
    lines = archive.read("requirements-grade.txt").decode().splitlines()
    wanted = [line for line in lines if line and not line.startswith(("#", "-"))]
    assert [line for line in wanted if "==" not in line] == []
    assert {"nbgrader", "nbformat", "setuptools", "keras", "numpy"} <= {
        line.split("==")[0] for line in wanted
    }
    assert "-e ." in lines  # not copied to where the learner's code may read
    assert "requirements-grade.txt" in archive.read("setup.sh").decode()


def test_the_same_project_gives_the_same_zip(archive: zipfile.ZipFile, tmp_path: Path) -> None:
    write_zip(ROOT, CHAPTERS, tmp_path / "again.zip")
    assert archive.filename is not None
    assert (tmp_path / "again.zip").read_bytes() == Path(archive.filename).read_bytes()


@pytest.mark.parametrize("chapters", [(), ("99_nothing",), ("02_convolution", "../solutions")])
def test_unknown_chapters_are_refused(chapters: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^Choose chapters from 00_start_here"):
        write_zip(ROOT, chapters, tmp_path / "a.zip")
    assert list(tmp_path.iterdir()) == []


# --- The scripts ----------------------------------------------------------------------------------------------

GRADER = """#!/usr/bin/env bash
echo "$@" > "$HERE/arguments"
pwd > "$HERE/folder"
{body}
"""


def _run(archive: zipfile.ZipFile, here: Path, body: str) -> dict:
    """Run `run_autograder` with a grader of our own, in a folder in the place of the system's root."""
    source, program = here / "autograder" / "source", here / "opt" / "workbook"
    for folder in (source / "solutions", here / "autograder" / "results", program.parent):
        folder.mkdir(parents=True)
    (source / "solutions" / "x").write_text("secret")
    program.write_text(GRADER.format(body=body))
    program.chmod(0o755)
    script = archive.read("run_autograder").decode()
    script = script.replace("/opt/cnn-workbook/bin/workbook", str(program))
    script = script.replace("/autograder/", f"{here}/autograder/").replace("chown", "true")
    subprocess.run(
        ["bash", "-c", script], env={**os.environ, "HERE": str(here)}, check=True, capture_output=True
    )
    for path in (source, source / "solutions", source / "solutions" / "x"):
        assert path.stat().st_mode & 0o077 == 0
    return json.loads((here / "autograder" / "results" / "results.json").read_text())


def test_run_autograder_calls_the_grader(archive: zipfile.ZipFile, tmp_path: Path) -> None:
    results = tmp_path / "autograder" / "results" / "results.json"
    assert _run(archive, tmp_path, f"echo '{{\"score\": 3}}' > {results}") == {"score": 3}
    assert (tmp_path / "arguments").read_text().split() == [
        "grade", f"{tmp_path}/autograder/submission", "--out", "/tmp/graded", "--chapters", "02,03",
        "--gradescope", str(results),
    ]  # fmt: skip
    assert (tmp_path / "folder").read_text().strip() == f"{tmp_path}/autograder/source"


@pytest.mark.parametrize("body", ["exit 1", "kill -9 $$", "true"])
def test_there_are_results_whatever_the_grader_does(
    archive: zipfile.ZipFile, tmp_path: Path, body: str
) -> None:
    results = _run(archive, tmp_path, body)
    assert results["score"] == 0
    assert results["stdout_visibility"] == "hidden"
    assert "no verdict on your answers" in results["output"]


def test_the_real_script_takes_the_source_from_everybody_but_root(archive: zipfile.ZipFile) -> None:
    for name in ("setup.sh", "run_autograder"):
        script = archive.read(name).decode()
        assert "chown -R root:root /autograder/source" in script
        assert "chmod -R go-rwx /autograder/source" in script
    assert "bubblewrap" in archive.read("setup.sh").decode()


def _everybodys_python() -> str:
    """Return a Python of this version that every user may run: without one, root's runs stay root's."""
    for name in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        path = os.path.realpath(name)
        with contextlib.suppress(OSError):
            subprocess.run([path, "-c", ""], user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", check=True)
            return path
    pytest.skip("no Python here that every user may run")


@pytest.fixture
def harness(archive: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The container's folders, with the zip unpacked as Gradescope does it, readable for every user down to them."""
    here = Path(tempfile.mkdtemp(prefix="autograder-", dir="/tmp"))
    here.chmod(0o755)
    for name in ("source", "submission", "results"):
        (here / "autograder" / name).mkdir(parents=True)
    archive.extractall(here / "autograder" / "source")
    place = here / "opt" / "cnn-workbook"
    subprocess.run([_everybodys_python(), "-m", "venv", "--without-pip", place], check=True)
    (packages,) = place.glob("lib/python*/site-packages")
    installed = Path(numpy.__file__).parents[1]
    (packages / "installed.pth").write_text(f"{here}/autograder/source\n{installed}\n")
    for name, module in (("workbook", "workbook.course.cli.app"), ("alembic", "alembic")):
        program = place / "bin" / name
        program.write_text(f'#!/bin/bash\nexec {place}/bin/python -m {module} "$@"\n')
        program.chmod(0o755)
    yield here
    shutil.rmtree(here)


def _graded_by_gradescope(here: Path, archive: zipfile.ZipFile, *, path: str) -> dict:
    """Run the real `run_autograder` with the real grader; only the places are others than in the container."""
    script = archive.read("run_autograder").decode()
    for place in ("/opt/cnn-workbook", "/autograder/", "/tmp/graded"):
        script = script.replace(place, f"{here}{place.removeprefix('/tmp')}")
    environment = {"PATH": path, "HOME": "/root", "LANG": "C.UTF-8"}
    subprocess.run(["bash", "-c", script], env=environment, check=True, capture_output=True, cwd=here)
    return json.loads((here / "autograder" / "results" / "results.json").read_text())


@pytest.mark.claims
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="Gradescope's scripts run as root"
)
@pytest.mark.parametrize("jailed", [False, True])
def test_root_grades_right_and_wrong_answers_with_and_without_bubblewrap(
    archive: zipfile.ZipFile, harness: Path, jailed: bool
) -> None:
    programs = harness / "programs"
    programs.mkdir()
    for name in ("bash", "chown", "chmod", "rm", "echo", "printf", *(["bwrap"] if jailed else [])):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    solution = filled(SOLUTIONS | {"2.4": "def output_size(*_):\n    return 1"})
    (harness / "autograder" / "submission" / "02_convolution.ipynb").write_text(json.dumps(solution))
    results = _graded_by_gradescope(harness, archive, path=str(programs))
    outcomes = {one["number"]: one["status"] for one in results["tests"] if one["number"].startswith("2.")}
    assert outcomes == {exercise: "failed" if exercise == "2.4" else "passed" for exercise in SOLUTIONS}
    assert stat.S_IMODE((harness / "graded").stat().st_mode) == 0o700  # the journal shows hidden cases


# --- The results ----------------------------------------------------------------------------------------------


def _mark(number: int, outcome: str, points: float | None = 0.0, *, feedback: str = "") -> Mark:
    name, detail = f"2.{number}", "HIDDEN CASE"
    return Mark("alice", "02_convolution", name, "Slide", outcome, points, 3.0, "", detail, feedback)


def _graded(*marks: Mark, oddity: str = "") -> Graded:
    return Graded("alice", "02_convolution", "origin", "digest", marks, oddity)


def test_each_exercise_is_a_test_with_the_learners_feedback_alone() -> None:
    marks = [_mark(n, outcome, 3.0 if outcome == "passed" else 0.0) for n, outcome in enumerate(OUTCOMES, 1)]
    results = results_json(_graded(*marks, _mark(99, "wrong", feedback="This flips the kernel.")))
    assert json.loads(json.dumps(results, allow_nan=False)) == results
    assert "HIDDEN" not in json.dumps(results)
    assert results["stdout_visibility"] == "hidden"
    assert "score" not in results
    tests = results["tests"]
    assert [one["number"] for one in tests] == [mark.exercise for mark in marks] + ["2.99"]
    assert tests[-1] == {
        "number": "2.99", "name": "Slide", "score": 0.0, "max_score": 3.0, "output": "This flips the kernel.",
        "visibility": "visible", "status": "failed",
    }  # fmt: skip
    assert [one.get("status") for one in tests if one["score"]] == ["passed"]
    assert all(one["output"] for one in tests)


def test_an_answer_that_waits_for_a_person_says_so() -> None:
    (test,) = results_json(_graded(_mark(1, "needs review", None, feedback="Thank you.")))["tests"]
    assert (test["score"], test["max_score"]) == (0.0, 3.0)
    assert "status" not in test
    assert test["output"] == "A person reads this answer; its points come later.\nThank you."


def test_no_answers_at_all_still_have_a_score() -> None:
    results = results_json(_graded(oddity="The file is empty."))
    assert (results["score"], results["tests"], results["output"]) == (0.0, [], "The file is empty.")
    assert results_json()["score"] == 0.0


def test_several_chapters_of_one_learner_go_together() -> None:
    results = results_json(
        _graded(_mark(1, "passed", 3.0)), _graded(_mark(2, "wrong"), oddity="Late\nand odd")
    )
    assert [one["number"] for one in results["tests"]] == ["2.1", "2.2"]
    assert results["output"] == "Late and odd"


def test_what_a_terminal_would_obey_is_taken_out() -> None:
    hostile = "\x1b[31m\x1b]0;title\x07a\u202eb\x00\ud800" + "x" * 50_000
    results = results_json(_graded(_mark(1, "wrong", feedback=hostile), oddity=hostile))
    text = json.dumps(results, ensure_ascii=False)
    assert not set("\x1b\x07\x00\u202e\ud800") & set(text)
    assert len(text) < 12_000
    assert results["test_output_format"] == "text"
