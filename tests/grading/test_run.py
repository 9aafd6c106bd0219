"""A whole run of the grader, as an instructor starts it: marks as they were made, killed and resumed, refused."""

import csv
import html
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests import ROOT
from tests.grading.conftest import filled
from workbook.course.benches import made_class
from workbook.course.cli import grade_cli
from workbook.course.cli.grade_cli import memory_bytes
from workbook.course.grading import class_run, jail, journal
from workbook.course.grading.containers import NOTHING
from workbook.course.grading.grader import absent, unreadable
from workbook.course.grading.journal import Journal
from workbook.course.grading.masters import solutions_of
from workbook.course.grading.options import GradingOptions
from workbook.course.grading.submissions import Submission
from workbook.exercises import Exercise, exercises_of
from workbook.exercises.judge import Ruler, call_text

QUICK = ["01_why_convolution", "02_convolution", "03_pooling"]
Row = dict[str, str]


def _command(handed_in: Path, out: Path, *more: str) -> list[str]:
    words = ["grade", str(handed_in), "--out", str(out), "--root", str(ROOT), *more]
    return [sys.executable, "-m", "workbook.course.cli.app", *words]


def _grade(handed_in: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_command(handed_in, out, *more), capture_output=True, text=True, check=False)


def _rows(out: Path) -> list[Row]:
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _wrong_marks(made: list[made_class.Made], out: Path) -> list[str]:
    """List the marks that are not as the submissions were made."""
    rows = {(row["student"], row["exercise"]): row for row in _rows(out)}
    problems = []
    for one in made:
        for exercise, (outcome, mistake) in one.expected.items():
            row = rows[one.student, exercise]
            if row["outcome"] != outcome or (mistake and row["mistake"] != mistake):
                problems.append(f"{one.student} {one.kind} {exercise}: made {outcome} {mistake}, got {row}")
    return problems


@pytest.fixture(scope="module")
def quick_class(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[made_class.Made], Path]:
    folder = tmp_path_factory.mktemp("class")
    made = made_class.make_class(ROOT, QUICK, 30, seed=3)
    made_class.write_class(made, folder)
    return made, folder


@pytest.fixture(scope="module")
def undisturbed(
    jailed: None, quick_class: tuple[list[made_class.Made], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("graded") / "out"
    result = _grade(quick_class[1], out, "--seed", "5")
    assert result.returncode == 0, result.stderr
    return out


def test_every_mark_is_as_it_was_made(
    quick_class: tuple[list[made_class.Made], Path], undisturbed: Path
) -> None:
    made, _ = quick_class
    assert {one.kind for one in made} == {"right", "mistaken", "mixed", "blank", "odd"}
    assert _wrong_marks(made, undisturbed) == []


@pytest.mark.claims
def test_every_mark_is_as_it_was_made_with_keras_too(jailed: None, tmp_path: Path) -> None:
    made = made_class.make_class(ROOT, ["04_separable_convolution", "05_first_cnn"], 10, seed=6)
    made_class.write_class(made, tmp_path / "class")
    result = _grade(tmp_path / "class", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    assert _wrong_marks(made, tmp_path / "out") == []


def test_there_is_one_row_for_each_learner_and_exercise(
    quick_class: tuple[list[made_class.Made], Path], undisturbed: Path
) -> None:
    made, _ = quick_class
    rows = [(row["student"], row["exercise"]) for row in _rows(undisturbed)]
    exercises = sorted({name for one in made for name in one.expected})
    assert sorted(rows) == sorted((one.student, name) for one in made for name in exercises)


def test_everything_is_there(undisturbed: Path) -> None:
    for name in (
        "gradebook.db",
        "grades.csv",
        "canvas.csv",
        "moodle",
        "report.html",
        "review.csv",
        "run.json",
    ):
        assert (undisturbed / name).exists(), name
    assert len(list(undisturbed.glob("feedback/*/*.html"))) == 30 * 3
    assert not (undisturbed / ".jail").exists()


def test_feedback_shows_no_hidden_case(undisturbed: Path) -> None:
    """What the instructor reads of a wrong answer names a hidden case; the learner's page must not."""
    seeds = json.loads((undisturbed / "run.json").read_text())
    pages = {path: path.read_text(encoding="utf-8") for path in undisturbed.glob("feedback/*/*.html")}
    seen = 0
    for chapter in QUICK:
        for exercise in exercises_of(chapter):
            assert isinstance(exercise, Exercise)
            drawn = {
                name: {call_text(exercise, inputs) for inputs in Ruler(exercise, seed=seeds[name]).cases}
                for name in ("seed", "practice_seed")
            }
            only_hidden = {html.escape(one) for one in drawn["seed"] - drawn["practice_seed"]}
            seen += len(only_hidden)
            for path, page in pages.items():
                assert not [one for one in only_hidden if path.stem == chapter and one in page], path
    assert seen > 20
    details = [row["detail"] for row in _rows(undisturbed) if row["outcome"] == "wrong"]
    assert any("got" in one for one in details)


@pytest.mark.claims
def test_killed_twenty_times_it_gives_the_same_marks(
    quick_class: tuple[list[made_class.Made], Path], undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    rng = random.Random(1)
    kills = 0
    command = _command(quick_class[1], out, "--seed", "5", "--jobs", "1", "--resume")
    while kills < 20:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            process.wait(rng.uniform(0.3, 3.5))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            kills += 1
        _, errors = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), errors
        if process.returncode == 0:  # done: take half of the journal away, and go on killing
            lines = (out / "journal.jsonl").read_text().splitlines(keepends=True)
            (out / "journal.jsonl").write_text("".join(lines[: len(lines) // 2]) + lines[-1][:40])
    assert _grade(quick_class[1], out, "--resume").returncode == 0
    assert _rows(out) == _rows(undisturbed)
    assert not _left_over(out)


def _left_over(out: Path) -> list[str]:
    """List processes that still name the run's folder."""
    time.sleep(0.5)
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(out) in words and str(os.getpid()) != path.parent.name:
            found.append(words)
    return found


def test_nothing_is_graded_twice(quick_class: tuple[list[made_class.Made], Path], undisturbed: Path) -> None:
    before = (undisturbed / "journal.jsonl").read_text()
    result = _grade(quick_class[1], undisturbed, "--resume")
    assert "of which 0 in this run" in result.stdout
    assert (undisturbed / "journal.jsonl").read_text() == before


def test_a_file_that_was_handed_in_again_is_graded_again(
    quick_class: tuple[list[made_class.Made], Path], undisturbed: Path, tmp_path: Path
) -> None:
    made, folder = quick_class
    out, handed_in = tmp_path / "out", tmp_path / "class"
    shutil.copytree(undisturbed, out)
    shutil.copytree(folder, handed_in)
    right = next(one for one in made if one.kind == "right")
    blank = next(one for one in made if one.kind == "blank" and one.chapter == right.chapter)
    path = handed_in / blank.student / f"{blank.chapter}.ipynb"
    path.write_text(json.dumps(right.notebook))
    result = _grade(handed_in, out, "--resume")
    assert "of which 1 in this run" in result.stdout, result.stderr
    rows = [
        row for row in _rows(out) if row["student"] == blank.student and row["exercise"] in right.expected
    ]
    assert {row["outcome"] for row in rows} == {"passed"}


def test_marks_stay_when_an_exercise_was_corrected(tmp_path: Path) -> None:
    """They say what judged them; `--regrade` lists what would change (test_regrade)."""
    notes = Journal(tmp_path)
    old = absent("ann", "02_convolution")
    judged = replace(old, marks=tuple(replace(one, judged_by="another") for one in old.marks))
    notes.append(judged)
    assert notes.find("ann", "", "") == judged
    notes.close()


def test_a_journal_of_an_older_grader_is_read(tmp_path: Path) -> None:
    """Its marks stay, too, though they do not say what judged them."""
    notes = Journal(tmp_path)
    notes.append(absent("ann", "02_convolution"))
    notes.close()
    path = tmp_path / journal.JOURNAL
    entry = json.loads(path.read_text())
    del entry["graded"]["lms_id"]
    for mark in entry["graded"]["marks"]:
        del mark["judged_by"], mark["right_groups"], mark["notes"]
    path.write_text(json.dumps({"course": "0123", **entry}) + "\n")
    again = Journal(tmp_path)
    assert again.find("ann", "", "") == absent("ann", "02_convolution")
    again.close()


def _completed(*names: str, chapters: tuple[str, ...]) -> class_run.ClassResult:
    """Put together what learners handed in: "ann 02_convolution" is marked, "bob" could not be read."""
    handed_in = [
        Submission(student, chapter, f"{student}/{number}", problem="" if chapter else "The file is empty.")
        for number, (student, _, chapter) in enumerate(name.partition(" ") for name in names)
    ]
    handed_in.append(Submission("zoe", "", "zoe/", problem=NOTHING))
    done = [
        replace(absent(file.student, file.chapter), origin=file.origin)
        if file.chapter
        else unreadable(file, "", file.problem, "")
        for file in handed_in
    ]
    return class_run._complete(done, handed_in, GradingOptions(ROOT, chapters))


def test_a_file_that_tells_no_chapter_counts_for_the_only_one() -> None:
    result = _completed("ann 02_convolution", "ann", "bob", "bob", chapters=tuple(QUICK))
    assert {one.student: (one.is_absent, one.oddity) for one in result.graded} == {
        "ann": (False, ""),
        "bob": (False, "The file is empty."),
        "zoe": (True, ""),
    }
    assert [one.origin for one in result.unread] == ["ann/1", "bob/3", "zoe/"]
    assert {mark.outcome for one in result.graded if one.student == "bob" for mark in one.marks} == {
        "malformed"
    }


def test_a_file_that_tells_no_chapter_is_told_where_there_are_several() -> None:
    result = _completed("ann 02_convolution", "ann 03_pooling", "bob", chapters=tuple(QUICK))
    assert sorted((one.student, one.is_absent) for one in result.graded) == [
        ("ann", False), ("ann", False), ("bob", True), ("bob", True), ("zoe", True), ("zoe", True),
    ]  # fmt: skip
    assert [one.student for one in result.unread] == ["bob", "zoe"]
    words = {one.student: one.marks[0].feedback for one in result.graded}
    assert words["zoe"] == "Nothing was handed in for this chapter."
    assert words["bob"] == "What was handed in is no notebook of this chapter. The file is empty."


@pytest.mark.claims
def test_every_learner_has_a_row_whatever_they_handed_in(jailed: None, tmp_path: Path) -> None:
    data = json.dumps(filled(solutions_of(ROOT / "solutions" / "02_convolution.ipynb"))).encode()
    read = ("a.ipynb.txt", "a.ipynb.json", "a.json", "a.IPYNB", "a.ipynb.download", "a.txt", "a")
    not_read = ("a.pdf", "a.html", "a.py", "a.docx", "a.rar", "a.tar.gz")
    for number, name in enumerate((*read, *not_read, ".keep")):
        folder = tmp_path / "in" / f"王{number}"
        folder.mkdir(parents=True)
        content = data if name in read else b"something else"
        (folder / name.replace("a", "02_convolution", 1)).write_bytes(content)
    result = _grade(tmp_path / "in", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    with (tmp_path / "out" / "totals.csv").open(encoding="utf-8-sig", newline="") as file:
        totals = [(row["student"], row["total"]) for row in csv.DictReader(file)]
    points = ["12"] * len(read) + ["0"] * len(not_read) + [""]
    assert sorted(totals) == sorted((f"王{number}", total) for number, total in enumerate(points))
    lines = result.stdout.splitlines()
    assert sum("was handed in" in line for line in lines) == len(not_read) + 1
    assert len(list((tmp_path / "out" / "feedback").glob("王*/02_convolution.html"))) == len(points)


def test_a_line_that_was_cut_off_is_no_mark(tmp_path: Path) -> None:
    notes = Journal(tmp_path)
    notes.append(absent("ann", "02_convolution"))
    notes.append(absent("bob", "02_convolution"))
    notes.close()
    path = tmp_path / journal.JOURNAL
    path.write_bytes(path.read_bytes()[:-30])
    again = Journal(tmp_path)
    assert again.find("ann", "", "") == absent("ann", "02_convolution")
    assert again.find("bob", "", "") is None
    again.append(absent("bob", "02_convolution"))
    again.close()
    last = Journal(tmp_path)
    assert last.find("bob", "", "") is not None
    last.close()


def test_two_graders_do_not_share_a_folder(tmp_path: Path) -> None:
    notes = Journal(tmp_path)
    with pytest.raises(ValueError, match="Another grader is writing"):
        Journal(tmp_path)
    notes.close()


REFUSED = [
    (("--mem", "lots"), "--mem must be a size such as 8G"),
    (("--mem", "1G"), "at least 2G"),
    (("--timeout", "0"), "--timeout must be a positive number"),
    (("--jobs", "-1"), "--jobs must be a positive integer"),
    (("--chapters", "99"), "No chapter starts with '99'"),
    (("--db", "nonsense"), "not the address of a database"),
]


@pytest.mark.parametrize(
    ("more", "message"), REFUSED, ids=lambda one: " ".join(one) if isinstance(one, tuple) else ""
)
def test_what_makes_no_sense_is_refused_in_one_line(
    jailed: None,
    more: tuple[str, ...],
    message: str,
    quick_class: tuple[list[made_class.Made], Path],
    tmp_path: Path,
) -> None:
    result = _grade(quick_class[1], tmp_path / "out", *more)
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr + result.stdout


def test_a_folder_that_holds_other_things_is_left_alone(tmp_path: Path, undisturbed: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="does not hold a run of the grader"):
        journal.begin(tmp_path, seed=None, resume=False)
    with pytest.raises(ValueError, match="already holds a run"):
        journal.begin(undisturbed, seed=None, resume=False)
    with pytest.raises(ValueError, match="was started with --seed 5"):
        journal.begin(undisturbed, seed=6, resume=True)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_nothing_to_grade_is_said_in_one_line(jailed: None, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "nowhere"):
        result = _grade(path, tmp_path / f"out-{path.name}")
        assert result.returncode == 2
        assert len(result.stderr.strip().splitlines()) == 1


def test_without_bubblewrap_it_refuses_and_says_how_to_install_it(tmp_path: Path) -> None:
    path = os.pathsep.join(
        one for one in os.environ["PATH"].split(os.pathsep) if not Path(one, "bwrap").exists()
    )
    environment = {**os.environ, "PATH": path}
    command = _command(ROOT / "solutions" / "02_convolution.ipynb", tmp_path / "out")
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert result.returncode == 2
    assert "apt install bubblewrap" in result.stderr
    assert "--unsafe" in result.stderr
    assert not (tmp_path / "out").exists()


def test_unsafe_grades_without_a_jail(tmp_path: Path) -> None:
    made = made_class.make_class(ROOT, ["02_convolution"], 3, seed=2)
    made_class.write_class(made, tmp_path / "class")
    result = _grade(tmp_path / "class", tmp_path / "out", "--unsafe")
    assert result.returncode == 0, result.stderr
    assert _wrong_marks(made, tmp_path / "out") == []


def test_a_persons_marks_stay(tmp_path: Path, undisturbed: Path) -> None:
    found = [absent("ann", "02_convolution")]
    marked = class_run.with_review(found, {("ann", "2.3"): (1.5, "half of it is right")})
    mark = marked[0].marks[2]
    assert (mark.points, mark.outcome) == (1.5, "not started")
    assert "half of it" in mark.feedback
    assert "marked by a person" in mark.notes
    assert marked[0].points == 1.5


SIZES = [("8G", 8 * 2**30), ("4096M", 2**32), ("2.5GiB", int(2.5 * 2**30)), ("3g", 3 * 2**30)]


@pytest.mark.parametrize(("text", "size"), SIZES)
def test_sizes_are_read(text: str, size: int) -> None:
    assert memory_bytes(text) == size


def test_points_for_any_answer_can_be_given_in_the_review_table(
    quick_class: tuple[list[made_class.Made], Path], undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(undisturbed, out)
    wrong = next(row for row in _rows(out) if row["outcome"] == "wrong")
    with (out / "review.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow([wrong["student"], wrong["exercise"], "0.5", "a good idea"])
    result = _grade(quick_class[1], out, "--resume")
    assert result.returncode == 0, result.stderr
    key = wrong["student"], wrong["exercise"]
    given = next(row for row in _rows(out) if (row["student"], row["exercise"]) == key)
    assert (given["outcome"], given["points"]) == ("wrong", "0.5")
    page = out / "feedback" / wrong["student"] / f"{wrong['chapter']}.html"
    assert "a good idea" in page.read_text(encoding="utf-8")


def test_interrupted_it_ends_at_once_and_leaves_nothing(jailed: None, tmp_path: Path) -> None:
    sleeps = filled({"2.2": "import time\ntime.sleep(100)\n"})
    for name in ("ann", "bob"):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "02_convolution.ipynb").write_text(json.dumps(sleeps))
    out = tmp_path / "out"
    process = subprocess.Popen(
        _command(tmp_path / "class", out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    )
    until = time.monotonic() + 60
    while not (out / ".jail" / "cmdline").exists() and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert errors.strip() == "Interrupted. The marks so far are kept: run the same command with --resume."
    assert not _left_over(out)


@pytest.mark.parametrize("user", [0, 1000])
def test_root_is_warned(
    user: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(class_run, "grade", lambda *arguments: class_run.ClassResult([]))
    monkeypatch.setattr(jail, "missing", lambda: None)
    grade_cli.grade(tmp_path, out=tmp_path / "out", root=ROOT)
    told = capsys.readouterr().out
    assert (jail.AS_ROOT in told) == (user == 0)
