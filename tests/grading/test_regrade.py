"""Grading again: which marks, what would change and why, and nothing overwritten before it was listed."""

import csv
import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import ROOT
from tests.grading.conftest import filled
from tests.grading.made_up import graded, mark
from tests.grading.test_run import _grade, _rows
from workbook.course.cli import grade_cli
from workbook.course.grading import class_run, fingerprints, regrade
from workbook.course.grading.class_regrade import grade_again
from workbook.course.grading.fingerprints import Judges
from workbook.course.grading.grader import unreadable
from workbook.course.grading.journal import Run, begin
from workbook.course.grading.options import GradingOptions
from workbook.course.grading.records import Graded
from workbook.course.grading.regrade import Scope, changes, in_words, merged, scope_of, write_changes

CHAPTERS = ("01_why_convolution", "02_convolution")
STUDENTS = ("ann", "王伟", "02")
SCOPES = [
    ("all", Scope()),
    ("2.3", Scope(exercises=frozenset({"2.3"}))),
    ("2.3, 2.4", Scope(exercises=frozenset({"2.3", "2.4"}))),
    ("王伟", Scope(students=frozenset({"王伟"}))),
    ("ann,2.3", Scope(frozenset({"ann"}), frozenset({"2.3"}))),
    ("02_convolution", Scope(exercises=frozenset({f"2.{n}" for n in range(1, 7)}))),
    ("02", Scope(students=frozenset({"02"}))),
]  # fmt: skip


@pytest.mark.parametrize(("words", "scope"), SCOPES)
def test_words_name_learners_exercises_and_chapters(words: str, scope: Scope) -> None:
    assert scope_of(words, STUDENTS, CHAPTERS) == scope


@pytest.mark.parametrize("words", ["bob", "2.99", "", "all,", "0", "3.1"])
def test_what_is_not_known_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="--regrade must name learners, exercises such as"):
        scope_of(words, STUDENTS, CHAPTERS)


def _judges(seconds: float = 120.0) -> Judges:
    return Judges(ROOT, seconds=seconds, memory=2**33)


def test_only_the_scope_is_taken_from_the_new_marks() -> None:
    old = graded("ann", mark("ann", "2.3", "wrong"), mark("ann", "2.4", "wrong"))
    new = graded("ann", mark("ann", "2.3"), mark("ann", "2.4"))
    both = merged(old, new, Scope(exercises=frozenset({"2.3"})))
    assert [one.outcome for one in both.marks] == ["passed", "wrong"]
    assert merged(old, new, Scope(students=frozenset({"bob"}))).marks == old.marks


def test_a_change_says_what_it_is_and_why(tmp_path: Path) -> None:
    stored, now = _judges(60.0), _judges()
    old = stored.stamped(
        graded("ann", mark("ann", "2.3", "wrong", mistake="ignores the stride"), mark("ann", "2.4"))
    )
    new = now.stamped(graded("ann", mark("ann", "2.3", detail="hidden"), mark("ann", "2.4")))
    stored.remember(tmp_path, old)
    found = changes(
        [(old, new)], now, fingerprints.read_known(tmp_path), {("ann", "2.3"): (1.5, "a good idea")}
    )
    assert [in_words(change) for change in found] == [
        "ann 2.3: wrong (ignores the stride) → passed, 0 → 2 points (a person gave 1.5 points, which stay): "
        "time limit 60 s → 120 s"
    ]
    write_changes(tmp_path / "changes.csv", found)
    assert (tmp_path / "changes.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "changes.csv").open(encoding="utf-8-sig", newline="") as file:
        row = next(csv.DictReader(file))
    assert (row["student"], row["points_before"], row["points_after"], row["why"]) == (
        "ann", "0", "2", "time limit 60 s → 120 s",
    )  # fmt: skip
    again = changes([(new, now.stamped(graded("ann", mark("ann", "2.3", "error"))))], now, {}, {})
    assert [change.why for change in again] == [regrade.BY_CHANCE]
    halves = {"right_groups": ("a",), "wrong_groups": ("b",)}
    half = now.stamped(graded("ann", mark("ann", "2.3", "wrong", **halves)))
    none = now.stamped(graded("ann", mark("ann", "2.3", "wrong")))
    assert changes([(none, half)], now, {}, {}) == []
    credited = changes([(none, half)], now, {}, {}, frozenset({"2.3"}))
    assert [(change.before.points, change.after.points) for change in credited] == [(0, 1)]
    unknown = changes([(old, new)], now, {}, {})
    assert [change.why for change in unknown] == [fingerprints.UNKNOWN]


OLD, NEW = {"seconds": 60.0}, {"seconds": 120.0}  # limits stand for any change of what judges


def _options(**given: Any) -> GradingOptions:
    return GradingOptions(root=ROOT, chapters=("02_convolution",), unsafe=True, **given)


def _judge(outcome: str, seen: list[str]):
    """Return what grades in place of the jail: 2.4 has this outcome; it notes whom it grades."""

    def grade(waiting, run, options, notices):
        for submission in waiting:
            seen.append(submission.student)
            marks = (mark(submission.student, "2.3"), mark(submission.student, "2.4", outcome))
            try:
                digest = hashlib.sha256(submission.read()).hexdigest()
            except ValueError as error:
                yield unreadable(submission, submission.chapter, str(error), "")
                continue
            yield Graded(submission.student, submission.chapter, submission.origin, digest, marks)

    return grade


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of two and a run in which 2.4 raised; making the gradebook takes seconds."""
    folder = tmp_path_factory.mktemp("first")
    for name in ("ann", "bob"):
        _hand_in(folder / "class" / name / "02_convolution.ipynb", "x")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(class_run, "_graded", _judge("error", []))
        class_run.grade(folder / "class", begin(folder / "out", seed=5, resume=False), _options(**OLD))
    return folder


@pytest.fixture
def stored(first_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Run, list[str]]:
    """A copy of that class and run, with a grader that now passes 2.4."""
    shutil.copytree(first_run, tmp_path, dirs_exist_ok=True)
    seen: list[str] = []
    monkeypatch.setattr(class_run, "_graded", _judge("passed", seen))
    return tmp_path / "class", begin(tmp_path / "out", seed=5, resume=True), seen


def _contents(folder: Path) -> dict[str, bytes]:
    names = (
        "journal.jsonl",
        "grades.csv",
        "report.html",
        "review.csv",
        "review.html",
        "run.json",
        "canvas.csv",
    )
    return {name: (folder / name).read_bytes() for name in names}


def test_marks_by_another_version_stay_and_are_told(stored: tuple[Path, Run, list[str]]) -> None:
    handed_in, run, seen = stored
    before = _contents(run.folder)
    result = class_run.grade(handed_in, run, _options(**NEW))
    assert result.outdated == {"time limit 60 s → 120 s": 2}
    assert seen == []
    assert _contents(run.folder)["grades.csv"] == before["grades.csv"]
    assert class_run.grade(handed_in, run, _options(**OLD)).outdated == {}


def test_only_what_was_handed_in_counts_as_graded_in_this_run(stored: tuple[Path, Run, list[str]]) -> None:
    handed_in, run, _ = stored
    (handed_in / "zoe").mkdir()
    (handed_in / "bob" / "notes.ipynb").write_text("{}")
    _hand_in(handed_in / "new" / "02_convolution.ipynb", "y")
    for new in (1, 0):
        result = class_run.grade(handed_in, run, _options(**OLD))
        assert [one.is_absent for one in result.graded] == [False, False, False, True]
        assert result.new == new


def test_nothing_is_overwritten_before_it_was_listed(stored: tuple[Path, Run, list[str]]) -> None:
    handed_in, run, seen = stored
    before = _contents(run.folder)
    listed = grade_again(handed_in, run, _options(**NEW), "2.4,ann", apply=False)
    assert [in_words(change) for change in listed.changes] == [
        "ann 2.4: error → passed, 0 → 2 points: time limit 60 s → 120 s"
    ]
    assert (listed.marks, listed.result) == (1, None)
    assert _contents(run.folder) == before
    assert seen == ["ann"]

    applied = grade_again(handed_in, run, _options(**NEW), "2.4,ann", apply=True)
    assert seen == ["ann"]  # what was listed is what is taken over
    assert applied.changes == listed.changes
    assert applied.result is not None
    assert _points(run.folder, "2.4") == {"ann": "2", "bob": "0"}
    assert (run.folder / "journal.jsonl").read_bytes().startswith(before["journal.jsonl"])
    assert applied.result.outdated == {"time limit 60 s → 120 s": 2}  # 2.3 of ann, and all of bob
    assert grade_again(handed_in, run, _options(**NEW), "2.4,ann", apply=False).changes == []


def test_without_changes_there_is_nothing_to_take_over(
    stored: tuple[Path, Run, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_in, run, _ = stored
    for outcome, is_offered in (("error", False), ("passed", True)):
        monkeypatch.setattr(class_run, "_graded", _judge(outcome, []))
        options = _options(seconds=100.0 if is_offered else 120.0)
        with grade_cli.console.capture() as capture:
            assert grade_cli._grade_again(handed_in, run, options, "all", apply=False) is None
        assert "Nothing was overwritten." in capture.get()
        assert ("--apply" in capture.get()) == is_offered


def test_all_are_graded_again_and_what_a_person_gave_stays(stored: tuple[Path, Run, list[str]]) -> None:
    handed_in, run, seen = stored
    with (run.folder / "review.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["bob", "exercise-2-4", "1.5", "a good idea"])
    applied = grade_again(handed_in, run, _options(**NEW), "all", apply=True)
    assert sorted(seen) == ["ann", "bob"]
    assert [change.given for change in applied.changes] == ["", "1.5 points, which stay"]
    assert _points(run.folder, "2.4") == {"ann": "2", "bob": "1.5"}
    assert applied.result is not None
    assert applied.result.outdated == {}


def test_a_file_that_was_handed_in_since_is_left_to_resume(stored: tuple[Path, Run, list[str]]) -> None:
    handed_in, run, seen = stored
    _hand_in(handed_in / "new" / "02_convolution.ipynb", "y")
    (handed_in / "bob" / "02_convolution.ipynb").write_text("{}")
    listed = grade_again(handed_in, run, _options(**NEW), "all", apply=False)
    assert {change.after.student for change in listed.changes} == {"ann"}
    assert seen == ["ann"]


@pytest.mark.claims
def test_the_command_lists_and_takes_over(jailed: None, tmp_path: Path) -> None:
    """A run whose marks another version of the course made: here, one with another time limit and other marks."""
    right = (
        "def output_size(size, kernel_size, strides, padding):\n"
        "    return (size - kernel_size + 2 * padding) // strides + 1\n"
    )
    handed_in, out = tmp_path / "class", tmp_path / "out"
    for name in ("ann", "bob"):
        _hand_in(handed_in / name / "02_convolution.ipynb", right)
    command = ("--chapters", "02", "--timeout", "60")
    assert _grade(handed_in, out, *command, "--seed", "5").returncode == 0
    journal = out / "journal.jsonl"
    journal.write_text(
        journal.read_text().replace('"outcome": "passed", "points": 2', '"outcome": "error", "points": 0')
    )
    shutil.copytree(out, tmp_path / "before")
    stays = ("journal.jsonl", "grades.csv", "report.html", "review.csv", "run.json")

    resumed = _grade(handed_in, out, "--chapters", "02", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert (
        "2 stored submissions were judged by another version of the course (time limit 60 s → 120 s)"
        in resumed.stdout
    )
    assert journal.read_bytes() == (tmp_path / "before" / "journal.jsonl").read_bytes()
    assert _points(out, "2.4") == {"ann": "0", "bob": "0"}
    shutil.rmtree(tmp_path / "before")
    shutil.copytree(out, tmp_path / "before")

    listed = _grade(handed_in, out, "--chapters", "02", "--regrade", "2.4,ann")
    assert listed.returncode == 0, listed.stderr
    assert "ann 2.4: error → passed, 0 → 2 points: time limit 60 s → 120 s" in listed.stdout
    assert "1 of 1 marks would change" in listed.stdout
    assert all((out / name).read_bytes() == (tmp_path / "before" / name).read_bytes() for name in stays)

    applied = _grade(handed_in, out, "--chapters", "02", "--regrade", "2.4,ann", "--apply")
    assert applied.returncode == 0, applied.stderr
    assert "1 of 1 marks changed" in applied.stdout
    assert _points(out, "2.4") == {"ann": "2", "bob": "0"}
    assert journal.read_bytes().startswith((tmp_path / "before" / "journal.jsonl").read_bytes())
    assert (
        "0 of 1 marks would change"
        in _grade(handed_in, out, "--chapters", "02", "--regrade", "2.4,ann").stdout
    )


def _hand_in(path: Path, answer: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(filled({"2.4": answer})))


def _points(out: Path, exercise: str) -> dict[str, str]:
    return {row["student"]: row["points"] for row in _rows(out) if row["exercise"] == exercise}


def test_bad_tables_are_refused_before_anything_is_graded(
    stored: tuple[Path, Run, list[str]], tmp_path: Path
) -> None:
    handed_in, run, seen = stored
    _hand_in(handed_in / "new" / "02_convolution.ipynb", "y")
    (tmp_path / "bad.csv").write_text("student,exercise,points,comment\nann,2.4,many,\n")
    (tmp_path / "bad.toml").write_text('[deadlines]\n02 = "2026-11-20"\n[times]\n02 = "bad.csv"\n')
    for options, deadlines, message in (
        (_options(review=tmp_path / "bad.csv"), None, "bad.csv, row 2: 'many' is not a number of points"),
        (_options(review=tmp_path / "nowhere.csv"), None, "cannot be read"),
        (_options(against=tmp_path / "nowhere"), None, "--against must be a folder or a zip that exists"),
        (
            _options(),
            tmp_path / "bad.toml",
            "bad.csv, row 1: there must be a column student and a column submitted",
        ),
        (_options(), tmp_path / "nowhere.toml", "cannot be read"),
    ):
        with pytest.raises(ValueError, match=r".") as caught:
            class_run.grade(handed_in, replace(run, deadlines=deadlines), options)
        assert message in str(caught.value)
    assert seen == []


def test_late_and_partial_points_leave_the_journal_as_it_is(
    stored: tuple[Path, Run, list[str]], tmp_path: Path
) -> None:
    handed_in, run, _ = stored
    before = (run.folder / "journal.jsonl").read_bytes()
    os.utime(handed_in / "ann" / "02_convolution.ipynb", (2e9, 2e9))  # else the times are those of a copy
    (tmp_path / "deadlines.toml").write_text('percent_per_day = 10\n[deadlines]\n02 = "2020-01-01"\n')
    result = class_run.grade(handed_in, replace(run, deadlines=tmp_path / "deadlines.toml"), _options(**OLD))
    assert {late.percent for late in result.lateness.values()} == {100}
    with (run.folder / "late" / "late.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["student"], row["points"], row["points_after"]) for row in rows] == [
        ("ann", "2", "0"),
        ("bob", "2", "0"),
    ]
    assert _points(run.folder, "2.3") == {"ann": "2", "bob": "2"}
    with (run.folder / "late" / "totals.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["student"], row["total"]) for row in csv.DictReader(file)] == [
            ("ann", "0"),
            ("bob", "0"),
        ]
    assert (run.folder / "late" / "canvas.csv").exists()
    assert (run.folder / "late" / "moodle" / "02_convolution.csv").exists()
    assert (run.folder / "journal.jsonl").read_bytes() == before


def test_refusals_are_one_line(tmp_path: Path) -> None:
    for words, message in (
        (("--apply",), "--apply goes with --regrade"),
        (("--regrade", "all"), "holds no run to grade again"),
    ):
        result = _grade(tmp_path, tmp_path / "nowhere", "--unsafe", *words)
        assert result.returncode == 2
        assert message in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1
        assert not (tmp_path / "nowhere").exists()
