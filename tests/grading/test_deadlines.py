"""Deadlines: when files were handed in, how late that is, and what is left, always beside the raw points."""

import csv
import os
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.grading.made_up import graded, mark
from workbook.course.grading import exports
from workbook.course.grading.deadlines import (
    DeadlinePolicy,
    HandedInAt,
    after_deadlines,
    in_words,
    read_policy,
    write_lateness,
)
from workbook.course.grading.hand_in_times import hand_in_times, read_table
from workbook.course.grading.journal import begin
from workbook.course.grading.pages import write_feedback, write_report
from workbook.course.grading.records import Graded
from workbook.course.grading.submissions import find

CHAPTER, CHAPTERS = "02_convolution", ("02_convolution", "03_pooling")
BERLIN = ZoneInfo("Europe/Berlin")
POLICY = """
time_zone = "Europe/Berlin"
grace_minutes = 15
percent_per_day = 10
most_percent = 30

[deadlines]
02 = "2026-11-20 23:59"
03_pooling = 2026-11-27

[extensions."王伟"]
02 = "2026-11-25 12:00"

[times]
03 = "Grades.csv"
"""


def _policy(folder: Path, text: str = POLICY) -> DeadlinePolicy:
    (folder / "deadlines.toml").write_text(text, encoding="utf-8")
    return read_policy(folder / "deadlines.toml", CHAPTERS)


def _at(text: str) -> HandedInAt:
    return HandedInAt(datetime.fromisoformat(text), "test")


def test_a_policy_is_read(tmp_path: Path) -> None:
    policy = _policy(tmp_path)
    assert policy.deadlines == {
        CHAPTER: datetime(2026, 11, 20, 23, 59, tzinfo=BERLIN),
        "03_pooling": datetime(2026, 11, 27, 23, 59, 59, tzinfo=BERLIN),
    }
    assert policy.extensions == {("王伟", CHAPTER): datetime(2026, 11, 25, 12, 0, tzinfo=BERLIN)}
    assert policy.times == {"03_pooling": tmp_path / "Grades.csv"}
    assert (policy.grace, policy.percent_per_day, policy.most_percent) == (timedelta(minutes=15), 10, 30)


LATE = [
    ("2026-11-20 20:00", 0, 0),
    ("2026-11-21 00:14", 0, 0),  # within the grace period
    ("2026-11-21 00:15", 1, 10),
    ("2026-11-21 23:59", 1, 10),
    ("2026-11-22 00:00", 2, 20),
    ("2026-12-24 12:00", 34, 30),  # never more than the most
    ("2026-11-20 23:30+00:00", 1, 10),  # half past midnight in Berlin
]


@pytest.mark.parametrize(("when", "days", "percent"), LATE)
def test_days_count_from_the_deadline(tmp_path: Path, when: str, days: int, percent: float) -> None:
    late = _policy(tmp_path).lateness("ann", CHAPTER, _at(when))
    assert late is not None
    assert (late.days, late.percent) == (days, percent)


def test_an_extension_counts_for_its_learner_alone(tmp_path: Path) -> None:
    policy = _policy(tmp_path)
    assert policy.lateness("王伟", CHAPTER, _at("2026-11-25 11:00")).days == 0
    assert policy.lateness("ann", CHAPTER, _at("2026-11-25 11:00")).days == 5
    assert policy.lateness("ann", "05_first_cnn", _at("2026-11-25 11:00")) is None


def test_an_extension_for_nobody_is_told(tmp_path: Path) -> None:
    policy = _policy(tmp_path)
    assert policy.unknown_names(["ann", "王伟"]) == []
    assert policy.unknown_names(["ann"]) == [
        "[extensions]: nobody in this run is called '王伟'; write names as in grades.csv."
    ]


def test_where_only_late_is_known_nothing_is_taken_off(tmp_path: Path) -> None:
    policy = _policy(tmp_path)
    for handed_in in (None, HandedInAt(None, "Canvas")):
        late = policy.lateness("ann", CHAPTER, handed_in)
        assert (late.days, late.percent, in_words(late, 3.0)) == (0, 0, "")


def test_without_a_time_zone_this_computers_counts(tmp_path: Path) -> None:
    policy = _policy(tmp_path, '[deadlines]\n02 = "2026-11-20 23:59"')
    assert policy.deadlines[CHAPTER] == datetime(2026, 11, 20, 23, 59).astimezone()


REFUSED = [
    ("x = ", "is not TOML"),
    ("percent = 10", "'percent' is not an entry; choose from time_zone"),
    ("percent_per_day = 110", "percent_per_day must be a number from 0 to 100. Received: 110"),
    ("grace_minutes = -1", "grace_minutes must be a number of at least 0. Received: -1"),
    ("percent_per_day = true", "percent_per_day must be a number from 0 to 100. Received: True"),
    ('time_zone = "Mars"', "time_zone must be a name such as \"Europe/Berlin\". Received: 'Mars'"),
    ('time_zone = "../x"', "time_zone must be a name"),
    ('deadlines = "x"', "deadlines must be a table: write [deadlines]"),
    (
        '[deadlines]\n02 = "tomorrow"',
        "deadlines.02 must be a time such as \"2026-11-20 23:59\". Received: 'tomorrow'",
    ),
    ("[deadlines]\n02 = 5", "deadlines.02 must be a time"),
    ('[deadlines]\n99 = "2026-11-20"', "deadlines must be by chapter, such as 02. Received: '99'"),
    ('[extensions]\nann = "2026-11-20"', "extensions.ann must be a table"),
    ("[times]\n02 = 5", "times.02 must be a text in quotation marks. Received: 5"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_wrong_entry_is_named_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"^deadlines\.toml") as caught:
        _policy(tmp_path, text)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(ValueError, match="cannot be read"):
        read_policy(tmp_path / "nowhere.toml", CHAPTERS)


# When files were handed in -------------------------------------------------------------------------------------------


def _times(folder: Path, policy: DeadlinePolicy) -> tuple[dict[str, tuple[str, str]], list[str]]:
    found = [(submission.chapter or CHAPTER, submission) for submission in find(folder, CHAPTERS)]
    times, notices = hand_in_times(found, policy, folder)
    students = {submission.origin: submission.student for _, submission in found}
    shown = {
        students[origin]: (
            "late" if time.at is None else f"{time.at.astimezone(BERLIN):%d %H:%M}",
            time.source,
        )
        for origin, time in times.items()
    }
    return shown, notices


def _write(path: Path, when: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    if when:
        seconds = datetime.fromisoformat(when).replace(tzinfo=BERLIN).timestamp()
        os.utime(path, (seconds, seconds))


def test_files_tell_their_own_time(tmp_path: Path) -> None:
    _write(tmp_path / "class" / "ann" / "02_convolution.ipynb", "2026-11-20 20:00")
    _write(tmp_path / "class" / "bob" / "02_convolution.ipynb", "2026-11-22 01:30")
    assert _times(tmp_path / "class", _policy(tmp_path)) == (
        {"ann": ("20 20:00", "time of the file"), "bob": ("22 01:30", "time of the file")},
        [],
    )


def test_a_file_whose_content_tells_its_chapter_has_a_time_too(tmp_path: Path) -> None:
    _write(tmp_path / "class" / "ann" / "homework.ipynb", "2026-11-20 20:00")
    assert _times(tmp_path / "class", _policy(tmp_path))[0] == {"ann": ("20 20:00", "time of the file")}


def test_times_that_all_lie_close_together_are_those_of_a_copy(tmp_path: Path) -> None:
    for number in range(2):
        _write(tmp_path / "class" / f"s{number}" / "02_convolution.ipynb", f"2026-11-22 01:30:0{number}")
    shown, notices = _times(tmp_path / "class", _policy(tmp_path))
    assert shown == {}
    assert notices == [
        "02_convolution: the files' own times are those of a copy, so that nobody is late. Name a table of times under "
        "[times]."
    ]


def test_one_file_alone_or_a_few_of_many_tell_their_time(tmp_path: Path) -> None:
    _write(tmp_path / "class" / "a" / "02_convolution.ipynb", "2026-11-22 01:30")
    assert set(_times(tmp_path / "class", _policy(tmp_path))[0]) == {"a"}
    _write(tmp_path / "class" / "b" / "02_convolution.ipynb", "2026-11-22 01:31")
    _write(tmp_path / "class" / "c" / "02_convolution.ipynb", "2026-11-22 01:32")
    assert set(_times(tmp_path / "class", _policy(tmp_path))[0]) == {"a", "b", "c"}


def test_a_file_that_was_added_to_a_copied_class_makes_nobody_late(tmp_path: Path) -> None:
    for number in range(4):
        _write(tmp_path / "class" / f"s{number}" / "02_convolution.ipynb", "2026-11-22 01:30")
    _write(tmp_path / "class" / "late" / "02_convolution.ipynb", "2026-11-24 01:30")
    shown, notices = _times(tmp_path / "class", _policy(tmp_path))
    assert (shown, len(notices)) == ({}, 1)


@pytest.mark.parametrize("as_zip", [False, True])
def test_nbgraders_stamp_wins_over_the_files_time(tmp_path: Path, as_zip: bool) -> None:
    for name, stamp in (("ann", "2026-11-21 10:00:00.123456 UTC"), ("bob", "nonsense")):
        folder = tmp_path / "submitted" / name / "02_convolution"
        _write(folder / "02_convolution.ipynb", "2026-11-20 20:00")
        (folder / "timestamp.txt").write_text(stamp)
    path = tmp_path / "submitted"
    if as_zip:
        with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
            for file in sorted(path.rglob("*.*")):
                info = zipfile.ZipInfo(file.relative_to(tmp_path).as_posix(), (2026, 11, 20, 20, 0, 0))
                archive.writestr(info, file.read_bytes())
        path = tmp_path / "class.zip"
    own = "time in the zip" if as_zip else "time of the file"
    expected = {"ann": ("21 11:00", "nbgrader's timestamp.txt"), "bob": ("20 20:00", own)}
    assert _times(path, _policy(tmp_path))[0] == expected


def test_a_learners_own_zip_and_stamp_tell_nothing(tmp_path: Path) -> None:
    """What is inside a learner's zip is theirs to date, and so is a stamp outside nbgrader's folder."""
    forged = zipfile.ZipInfo("02_convolution.ipynb", (2026, 11, 1, 8, 0, 0))
    stamped = tmp_path / "class" / "bob"
    _write(stamped / "02_convolution.ipynb", "2026-11-22 20:00")
    (stamped / "timestamp.txt").write_text("2026-11-01 10:00:00 UTC")
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        archive.writestr(forged, "{}")
        archive.writestr("timestamp.txt", "2026-11-01 10:00:00 UTC")
    (tmp_path / "class" / "ann").mkdir()
    os.rename(tmp_path / "mine.zip", tmp_path / "class" / "ann" / "mine.zip")
    seconds = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN).timestamp()
    os.utime(tmp_path / "class" / "ann" / "mine.zip", (seconds, seconds))
    assert _times(tmp_path / "class", _policy(tmp_path))[0] == {
        "ann": ("23 09:00", "time of the file"),
        "bob": ("22 20:00", "time of the file"),
    }
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        inner = zipfile.ZipInfo("ann/mine.zip", (2026, 11, 24, 9, 0, 0))
        archive.writestr(inner, (tmp_path / "class" / "ann" / "mine.zip").read_bytes())
        moodle = "Bob_7_assignsubmission_file_/submitted/bob/02_convolution"
        archive.writestr(zipfile.ZipInfo(f"{moodle}/02_convolution.ipynb", (2026, 11, 25, 9, 0, 0)), "{}")
        archive.writestr(f"{moodle}/timestamp.txt", "2026-11-01 10:00:00 UTC")
    assert _times(tmp_path / "all.zip", _policy(tmp_path))[0] == {
        "ann": ("24 09:00", "time in the zip"),
        "Bob_7": ("25 09:00", "time in the zip"),
    }


def test_canvas_says_late_and_no_more(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("annlee_LATE_12_345_02_convolution.ipynb", "{}")
        archive.writestr("bobray_13_346_02_convolution.ipynb", "{}")
    assert _times(tmp_path / "class.zip", _policy(tmp_path))[0] == {
        "annlee_12": ("late", "the file's name in Canvas's export")
    }


TABLES = [
    "Identifier,Full name,Email address,Status,Last modified (submission)\n"
    'Participant 7,Ann Lee,ann@uni.edu,Submitted,"Saturday, 28 November 2026, 2:14 PM"\n'
    "Participant 8,王伟,wang@uni.edu,No submission,-\n",
    'Identifier,Full name,Last modified (submission)\nParticipant 7,Ann Lee,"Saturday, November 28, 2026, 2:14 PM"\n',
    "student;submitted\nAnn Lee_7;2026-11-28 14:14\n",
    "姓名,提交时间\nAnn Lee_7,2026年11月28日 14:14\n",
    "学号,提交时间\n7,2026年11月28日 星期六 14：14\n",
    "姓名,提交时间\nAnn Lee_7,2026/11/28 14:14\n",
    "student,submitted\nAnn Lee_7,28/11/2026 14:14\n",
    "First Name,Last Name,SID,Email,Submission Time\nAnn,Lee,7,ann@uni.edu,2026-11-28 13:14:00 +0000\n",
]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_table_tells_when(tmp_path: Path, table: str, encoding: str) -> None:
    policy = _policy(tmp_path)
    (tmp_path / "Grades.csv").write_bytes(table.encode(encoding))
    _write(tmp_path / "class" / "Ann Lee_7_assignsubmission_file_" / "03_pooling.ipynb", "2026-11-01 00:00")
    _write(tmp_path / "class" / "王伟_8_assignsubmission_file_" / "03_pooling.ipynb", "2026-11-29 00:00")
    assert _times(tmp_path / "class", policy)[0] == {
        "Ann Lee_7": ("28 14:14", "Grades.csv"),
        "王伟_8": ("29 00:00", "time of the file"),  # the table says nothing
    }


def test_a_name_that_two_learners_share_tells_nothing(tmp_path: Path) -> None:
    policy = _policy(tmp_path)
    (tmp_path / "Grades.csv").write_text("student,submitted\nann,2026-11-28 14:14\nann,2026-11-29 14:14\n")
    _write(tmp_path / "class" / "ann" / "03_pooling.ipynb", "2026-11-01 00:00")
    assert _times(tmp_path / "class", policy)[0] == {"ann": ("01 00:00", "time of the file")}


def test_a_bad_table_is_refused_in_one_line(tmp_path: Path) -> None:
    policy, path = _policy(tmp_path), tmp_path / "Grades.csv"
    for text, message in (
        ("student,submitted\nann,soon\n", "Grades.csv, row 2: 'soon' is not a time; write 2026-11-20 23:59"),
        (
            "student,submitted\nann,11/12/2026 10:00\n",
            "Grades.csv, row 2: '11/12/2026 10:00' does not say which number is the day; write 2026-11-20 23:59",
        ),
        ("student,submitted\nann,11.12.2026\n", "does not say which number is the day"),
        ("student,submitted\nann,26/11/28 10:00\n", "does not say which number is the day"),
        ("student,submitted\nann,23:59\n", "row 2: '23:59' is not a time"),
        ("student,submitted\nann,Saturday 23:59\n", "row 2: 'Saturday 23:59' is not a time"),
        ("who,when\n", "Grades.csv, row 1: there must be a column student and a column submitted"),
        ("who,when\na,b,c\n", "Grades.csv, row 1: there must be a column student"),
        ("", "Grades.csv, row 1: there must be a column student"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"^Grades\.csv, row") as caught:
            list(read_table(path, set(), policy))
        assert message in str(caught.value)
    with pytest.raises(ValueError, match="cannot be read"):
        list(read_table(tmp_path / "nowhere.csv", set(), policy))


def _thirds() -> Graded:
    """Return a submission whose points are no round numbers: what is left adds up to that of the sum all the same."""
    return graded("ann", *(mark("ann", f"2.{number}", "wrong", points=0.67) for number in (1, 4)))


def _canvas(folder: Path, left: list[Graded]) -> dict[str, str]:
    exports.write_canvas(folder / "canvas.csv", left)
    with (folder / "canvas.csv").open(encoding="utf-8-sig", newline="") as file:
        return {
            row["Student"]: row[CHAPTER]
            for row in csv.DictReader(file)
            if row["Section"] == "" and row["SIS Login ID"]
        }


# What is written -----------------------------------------------------------------------------------------------------


def test_what_is_left_is_beside_the_raw_points(tmp_path: Path) -> None:
    policy = _policy(tmp_path)
    late = graded("ann", mark("ann", "2.1"), mark("ann", "2.4"), mark("ann", "2.7", "needs review"))
    in_time = graded("bob", mark("bob", "2.1"))
    lateness: dict[tuple[str, str], Any] = {
        late.key: policy.lateness(*late.key, _at("2026-11-22 12:00")),
        in_time.key: policy.lateness(*in_time.key, _at("2026-11-20 12:00")),
    }
    assert _canvas(tmp_path, after_deadlines([_thirds(), in_time], lateness)) == {"ann": "1.07", "bob": "3"}
    left = after_deadlines([late, in_time], lateness)
    assert [one.points for one in left[0].marks] == [2.4, 1.6, None]
    assert left[1] == in_time
    assert late.points == 5

    write_lateness(tmp_path / "late.csv", [late, in_time], lateness)
    assert (tmp_path / "late.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "late.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [
        (row["student"], row["days_late"], row["percent_off"], row["points"], row["points_after"])
        for row in rows
    ] == [
        ("ann", "2", "20", "5", "4"),
        ("bob", "0", "0", "3", "3"),
    ]
    assert rows[0]["handed_in"] == "2026-11-22 12:00 +0100"

    page = write_feedback(tmp_path / "feedback", [late], lateness)[0].read_text(encoding="utf-8")
    assert "5 of 9 points" in page
    assert (
        "Handed in 2026-11-22 12:00 +0100 (test); the deadline was 2026-11-20 23:59 +0100. 2 days late: 20 % less, "
        "which leaves 4 of 5 points." in page
    )
    write_report(tmp_path / "report.html", [late, in_time], lateness=lateness)
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Late submissions" in report
    assert "2026-11-22 12:00 +0100 (test)" in report
    write_report(tmp_path / "report.html", [in_time], lateness={in_time.key: lateness[in_time.key]})
    assert "Late submissions" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_run_remembers_its_deadlines(tmp_path: Path) -> None:
    path = tmp_path / "deadlines.toml"
    assert begin(tmp_path / "out", seed=1, resume=False).deadlines is None
    assert begin(tmp_path / "out", seed=None, resume=True, deadlines=path).deadlines == path.resolve()
    assert begin(tmp_path / "out", seed=None, resume=True).deadlines == path.resolve()
