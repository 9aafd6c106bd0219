"""The CSV files say what they should to a spreadsheet, Canvas and Moodle; a person's marks survive."""

import csv
import dataclasses
import html
import io
import unicodedata
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.grading.made_up import CHAPTER, EXERCISES, HOSTILE, HOSTILE_NAMES, classroom, graded, hostile, mark
from workbook.course.grading import exports
from workbook.course.grading.pages import feedback_paths, write_feedback
from workbook.course.grading.records import Graded
from workbook.course.grading.untrusted import safe_name

EVERYONE = [*classroom(3), *(hostile(index) for index in range(len(HOSTILE_NAMES)))]


def _read(path: Path) -> list[list[str]]:
    """Read a file as RFC 4180 has it: UTF-8, CRLF between rows, every row as long as the first."""
    text = path.read_bytes().decode("utf-8-sig")
    assert text.endswith("\r\n")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert {len(row) for row in rows} == {len(rows[0])}
    return rows


def _assert_harmless(rows: list[list[str]]) -> None:
    for cell in (cell for row in rows for cell in row):
        assert cell[:1] not in tuple("=+-@\t\r＝＋－＠")
        assert not any(unicodedata.category(char) == "Cc" and char not in "\n\t" for char in cell)
        assert not set(cell) & set("\u202e\u2066\u200b\ufeff\r")
        assert len(cell) < 32_767
        for line in cell.replace(";", "\n").replace("\t", "\n").split("\n"):
            assert line.lstrip(' "')[:1] not in tuple("=+-@") or line[:9].isspace()


def test_grades_have_a_row_for_each_learner_and_exercise(tmp_path: Path) -> None:
    exports.write_grades(tmp_path / "grades.csv", EVERYONE)
    rows = _read(tmp_path / "grades.csv")
    _assert_harmless(rows)
    assert rows[0] == ["student", "chapter", "exercise", "title", "outcome", "points", "max_points", "mistake",
                       "notes", "detail"]  # fmt: skip
    assert len(rows) == 1 + sum(len(one.marks) for one in EVERYONE)
    marks = {(one.student, one.exercise): one for found in EVERYONE for one in found.marks}
    for row in rows[1:]:
        if row[0].startswith("student0"):
            one = marks[row[0], row[2]]
            points = "" if one.points is None else f"{one.points:g}"
            assert row[1:5] == [CHAPTER, one.exercise, one.title, one.outcome]
            assert row[5:] == [points, f"{one.max_points:g}", one.mistake, "", one.detail]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"), ("-2", "'-2"), ("\t=1", "'\t'=1"), ("\r=1", "\n'=1"), ("a;=1", "a;'=1"), (" @x", "' @x"),
        ("＝1", "'＝1"), ("a=1-1", "a=1-1"), ("x\n-y", "x\n'-y"), ("\x1b[31m=1", "'=1"), ("\u200b=1", "'=1"),
        ("\x00\x07bell", "bell"), ("\ud800", "\ufffd"), ("Müller, \"Anna\"", "Müller, \"Anna\""), ("", ""),
    ],
)  # fmt: skip
def test_formulas_are_defused_and_controls_removed(text: str, shown: str) -> None:
    assert exports.defused(text) == shown
    assert exports.defused(shown) == shown


def test_canvas_gets_points_possible_and_a_column_for_each_chapter(tmp_path: Path) -> None:
    found = [
        graded("anna", mark("anna"), mark("anna", "2.5", "wrong"), lms_id="77"),
        graded("bo", mark("bo"), mark("bo", "2.5", "needs review")),
        *[hostile(index) for index in range(len(HOSTILE))],
    ]
    exports.write_canvas(tmp_path / "canvas.csv", found)
    rows = _read(tmp_path / "canvas.csv")
    _assert_harmless(rows)
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", CHAPTER]
    assert rows[1][:5] == ["    Points Possible", "", "", "", ""]
    by_name = {row[0]: row for row in rows}
    assert by_name["anna"] == ["anna", "77", "", "", "", "2"]
    assert by_name["bo"] == ["bo", "", "", "bo", "", ""]
    assert len(rows) == 2 + len(found)


def test_canvas_leaves_empty_what_was_not_handed_in(tmp_path: Path) -> None:
    other = dataclasses.replace(graded("bo", mark("bo")), chapter="03_pooling")
    exports.write_canvas(tmp_path / "canvas.csv", [graded("anna", mark("anna")), other])
    rows = _read(tmp_path / "canvas.csv")
    assert [row[5:] for row in rows] == [[CHAPTER, "03_pooling"], ["2", "2"], ["2", ""], ["", "2"]]


def test_an_absent_learner_is_empty_in_canvas_unless_a_person_gave_points(tmp_path: Path) -> None:
    given = Graded("given", CHAPTER, "", "", (mark("given", "2.4", "not started", points=1.0),))
    exports.write_canvas(
        tmp_path / "canvas.csv", [graded("zero", mark("zero", "2.4", "wrong")), ABSENT, given]
    )
    rows = {row[0]: row[5] for row in _read(tmp_path / "canvas.csv")[2:]}
    assert rows == {"zero": "0", "absent_9": "", "given": "1"}


def test_moodle_gets_participants_addresses_or_usernames_and_escaped_comments(tmp_path: Path) -> None:
    found = [
        graded("anna", mark("anna", feedback="a < b\nnext <script>alert(1)</script>"), lms_id="77"),
        graded("bo@example.org", mark("bo@example.org")),
        graded("cem", mark("cem", "2.7", "needs review")),
        *[hostile(index) for index in range(len(HOSTILE))],
    ]
    assert exports.write_moodle(tmp_path, found) == [tmp_path / f"{CHAPTER}.csv"]
    rows = _read(tmp_path / f"{CHAPTER}.csv")
    _assert_harmless(rows)
    assert rows[0] == ["Identifier", "Full name", "Username", "Email address", "Grade", "Maximum grade",
                       "Last modified (grade)", "Feedback comments"]  # fmt: skip
    by_name = {row[1]: row for row in rows}
    assert by_name["anna"][:6] == ["Participant 77", "anna", "", "", "2", "2"]
    assert by_name["bo@example.org"][:5] == ["", "bo@example.org", "", "bo@example.org", "2"]
    assert by_name["cem"][:5] == ["", "cem", "cem", "", ""]
    assert "a &lt; b<br>next &lt;script&gt;" in by_name["anna"][7]
    for row in rows[1:]:
        assert "<" not in row[7].replace("<br>", "")
        assert "\ud800" not in html.unescape(row[7])


# --- As Moodle reads it -----------------------------------------------------------------------------------------

ABSENT = Graded("absent_9", CHAPTER, "", "", (mark("absent_9", "2.4", "not started"),), lms_id="9")
SENTENCE = "Participant "  # `hiddenuser` in Moodle's lang/en/assign.php


def _imported_by_moodle(path: Path, participants: set[int], changed: datetime) -> dict[int, tuple[str, str]]:
    """Do what Moodle's `importgradeslib.php` and `process_import_grades` do with an uploaded grading worksheet.

    `changed` is when somebody last entered grades in Moodle. Returned are grade and comments by participant.
    """
    columns, *rows = _read(path)
    assert {"Identifier", "Grade", "Last modified (grade)"} <= set(columns)  # or Moodle refuses the file
    imported = {}
    for row in rows:
        cells = dict(zip(columns, row, strict=True))
        number = cells["Identifier"][len(SENTENCE) :]
        if not number or int(number) not in participants:
            continue
        modified = datetime.strptime(cells["Last modified (grade)"], "%Y-%m-%d %H:%M:%S %Z").replace(
            tzinfo=UTC
        )
        is_stale = changed > modified + timedelta(seconds=60)
        grade = "" if is_stale or cells["Grade"] == "" else str(float(cells["Grade"]))
        imported[int(number)] = (grade, "" if is_stale else cells["Feedback comments"])
    return imported


def test_moodles_worksheet_import_takes_the_grades_and_leaves_out_the_absent(tmp_path: Path) -> None:
    found = [
        graded("王伟_77", mark("王伟_77", feedback="well done"), lms_id="77"),
        graded("wrong_8", mark("wrong_8", "2.4", "wrong"), lms_id="8"),
        graded("waits_5", mark("waits_5", "2.7", "needs review"), lms_id="5"),
        graded("by-hand", mark("by-hand")),
        ABSENT,
    ]
    (path,) = exports.write_moodle(tmp_path, found)
    now = datetime.now(UTC)
    imported = _imported_by_moodle(path, {5, 8, 9, 77}, now - timedelta(hours=1))
    assert {number: grade for number, (grade, _) in imported.items()} == {77: "2.0", 8: "0.0", 5: "", 9: ""}
    assert "well done" in imported[77][1]
    assert imported[9][1] == ""
    later = _imported_by_moodle(path, {77}, now + timedelta(hours=1))
    assert later == {77: ("", "")}


def _recipient_in_moodle(path: str, participants: set[int]) -> tuple[int, str] | None:
    """Do what Moodle's `is_valid_filename_for_import` does: return participant and file name."""
    parts = path.split("/")
    if parts[-1].startswith((".", "~")):
        return None
    while parts:
        info = parts.pop(0).split("_", 4)
        is_known = len(info) >= 4 and info[1].isdecimal() and int(info[1]) in participants
        if is_known and (info[2], info[3]) == ("assignsubmission", "file"):
            return int(info[1]), "/".join([*info[4:], *parts]).strip("/")
    return None


def test_moodle_gives_each_page_of_the_zip_to_its_learner(tmp_path: Path) -> None:
    names = {77: "王伟_77", 8: "O'Brien_8", 31: "a_b_c_31", 5: "..\\x/../y_5", 6: "_6"}
    found = [graded(name, mark(name), lms_id=str(number)) for number, name in names.items()]
    found += [graded("by-hand", mark("by-hand")), ABSENT, graded("odd", mark("odd"), lms_id="7; x")]
    pages = feedback_paths(tmp_path / "feedback", found)
    write_feedback(tmp_path / "feedback", found)
    (path,) = exports.write_moodle_feedback(tmp_path / "moodle", found, pages)
    assert path.name == f"{CHAPTER}_feedback.zip"
    with zipfile.ZipFile(path) as archive:
        received = {
            _recipient_in_moodle(name, {*names, 9, 7}): archive.read(name) for name in archive.namelist()
        }
        assert not [name for name in archive.namelist() if ".." in name.split("/") or name.startswith("/")]
    assert received == {
        (number, f"{CHAPTER}.html"): pages[name, CHAPTER].read_bytes() for number, name in names.items()
    }
    before = path.read_bytes()
    exports.write_moodle_feedback(tmp_path / "moodle", found, pages)
    assert path.read_bytes() == before


def test_moodles_comments_have_each_heading_once(tmp_path: Path) -> None:
    told = mark("a", feedback="2.4 Output sizes: passed.\nWell done.")
    (path,) = exports.write_moodle(tmp_path, [graded("a", told, mark("a", "2.5", title="Filters"))])
    assert _read(path)[1][7] == "2.4 Output sizes: passed.<br>Well done.<br><br>2.5 Filters: passed"


def test_moodle_gets_what_all_exercises_share_once(tmp_path: Path) -> None:
    marks = [mark("a", number, "malformed", feedback="It is empty.", answer="") for number in ("2.4", "2.5")]
    (path,) = exports.write_moodle(tmp_path, [graded("a", *marks)])
    assert _read(path)[1][7] == "It is empty."


def test_totals_have_a_row_for_each_learner(tmp_path: Path) -> None:
    other = dataclasses.replace(graded("bo", mark("bo")), chapter="03_pooling")
    missing = dataclasses.replace(ABSENT, student="王伟", chapter="03_pooling", lms_id="")
    waits = graded("cem", mark("cem"), mark("cem", "2.7", "needs review"))
    found = [
        graded("bo", mark("bo")),
        other,
        graded("王伟", mark("王伟", "2.4", "wrong")),
        missing,
        waits,
        ABSENT,
    ]
    exports.write_totals(tmp_path / "totals.csv", found)
    assert (tmp_path / "totals.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert _read(tmp_path / "totals.csv") == [
        ["student", CHAPTER, "03_pooling", "total", "max_points"],
        ["absent_9", "", "", "", "2"],
        ["bo", "2", "2", "4", "4"],
        ["cem", "", "", "", "6"],
        ["王伟", "0", "", "0", "4"],
    ]
    exports.write_totals(tmp_path / "totals.csv", [*classroom(3), *EVERYONE])
    _assert_harmless(_read(tmp_path / "totals.csv"))


def _fill(path: Path, student: str, exercise: str, points: str, comment: str = "") -> None:
    """Do what a person does in a spreadsheet."""
    rows = _read(path)
    for row in rows:
        if row[:2] == [student, exercise]:
            row[2:4] = [points, comment]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def test_a_review_is_made_filled_in_kept_and_read(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    found = classroom(3)
    assert exports.write_review(path, found) == 3
    assert _read(path)[:2] == [
        ["student", "exercise", "points", "comment", "max_points"],
        ["student00", "exercise-2-7", "", "", "4"],
    ]
    assert exports.read_marks(path, found) == {}
    _fill(path, "student01", "exercise-2-7", "2,5", "=good, but short")
    for _ in range(2):
        assert exports.write_review(path, found) == 2
        assert exports.read_marks(path) == {("student01", "2.7"): (2.5, "'=good, but short")}
    assert exports.write_review(path, found[:1]) == 1
    assert exports.read_marks(path, found) == {("student01", "2.7"): (2.5, "'=good, but short")}


def test_rows_of_other_chapters_are_kept_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text("student,exercise,points,comment\nanna,3.7,1,from another run\n", encoding="utf-8")
    found = [graded("anna", mark("anna", "2.7", "needs review"))]
    assert exports.read_marks(path, found) == {}
    assert exports.write_review(path, found) == 1
    assert _read(path)[1:] == [
        ["anna", "exercise-2-7", "", "", "4"],
        ["anna", "exercise-3-7", "1", "from another run", ""],
    ]


def test_a_comment_without_points_is_kept_and_waits(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    exports.write_review(path, classroom(2))
    _fill(path, "student01", "exercise-2-7", "", "ask her")
    assert exports.write_review(path, classroom(2)) == 2
    assert ["student01", "exercise-2-7", "", "ask her", "4"] in _read(path)
    assert exports.read_marks(path, classroom(2)) == {("student01", "2.7"): (None, "ask her")}


def test_a_row_for_a_name_as_an_earlier_grader_wrote_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text(
        "student,exercise,points,comment\n阿依古丽_买买提~b733e70e9e,2.7,1,好\n", encoding="utf-8"
    )
    name = "阿依古丽·买买提"
    found = [graded(name, mark(name, "2.7", "needs review"))]
    assert exports.read_marks(path, found) == {(name, "2.7"): (1.0, "好")}
    assert exports.write_review(path, found) == 0
    assert [row[0] for row in _read(path)[1:]] == [name]


def test_every_name_has_a_row_of_its_own_that_comes_back_to_it(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    found = [graded(name, mark(name, "2.7", "needs review")) for name in HOSTILE_NAMES]
    exports.write_review(path, found)
    rows = _read(path)
    _assert_harmless(rows)
    assert len({row[0] for row in rows}) == len(rows) == 1 + len(set(HOSTILE_NAMES))
    for number, row in enumerate(rows[1:]):
        row[2] = f"0.{number + 1:03}"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    read = exports.read_marks(path, found)
    assert {name for name, _ in read} == set(HOSTILE_NAMES)
    assert len({points for points, _ in read.values()}) == len(read)


def test_a_learner_cannot_take_the_label_of_another() -> None:
    victim = "Anna\u200b"
    assert exports.label(victim) == safe_name(victim)
    assert exports.label(safe_name(victim)) != exports.label(victim)


def test_a_spreadsheet_may_drop_leading_zeros_and_use_semicolons(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_bytes("\ufeffstudent;exercise;points;comment\r\n123;exercise-2-7;1,5;gut\r\n".encode())
    found = [graded("0123", mark("0123", "2.7", "needs review"))]
    assert exports.read_marks(path, found) == {("0123", "2.7"): (1.5, "gut")}
    both = [*found, graded("00123", mark("00123", "2.7", "needs review"))]
    with pytest.raises(ValueError, match=r"nobody in this run is called '123': write names"):
        exports.read_marks(path, both)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("anna,2.7,many,", "'many' is not a number of points; write 2 or 1.5"),
        ("anna,2.7,-1,", "'-1' is not a number of points"),
        ("anna,2.7,nan,", "'nan' is not a number of points"),
        ("anna,2.7,1e3,", "'1e3' is not a number of points"),
        ("anna,2.7,5,", "5 points are more than the 4 of the exercise"),
        ("anna,02. Jul,1,", "'02. Jul' is not an exercise; write it as exercise-2-1"),
        ("anna,2.9,1,", "'anna' handed in nothing for 2.9"),
        ("\x1b[31mann,2.7,1,", "nobody in this run is called 'ann': write names as in grades.csv"),
        (",2.7,1,", "the learner's name is missing"),
        ("anna,2.7,1,\r\nanna,exercise-2-7,2,", "'anna' has 2.7 twice"),
    ],
)
def test_a_bad_row_is_named_in_one_line(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "review.csv"
    path.write_text(f"student,exercise,points,comment\r\n\r\n{row}\r\n", encoding="utf-8", newline="")
    with pytest.raises(ValueError, match=r"^review\.csv, row \d: ") as caught:
        exports.read_marks(path, [graded("anna", mark("anna", "2.7", "needs review"))])
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_every_bad_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text("student,exercise,points,comment\na,2.7,x,\nb,2.7,1,\nc,?,1,\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"row 2: .*\n.*row 4: "):
        exports.read_marks(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "row 1: missing column student, exercise, points, comment"),
        (b"student,exercise\n", "row 1: missing column points, comment"),
        ("student,exercise,points,comment\nM\u00fcller,2.7,1,".encode("cp1252"), "is not UTF-8"),
        (b'student,exercise,points,comment\n"a,2.7,1,\n', "is not CSV"),
        (b"student,exercise,points,comment\n" + b"a" * 200_000 + b",2.7,1,", "is not CSV"),
    ],
)
def test_a_file_that_is_no_review_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "review.csv"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message):
        exports.read_marks(path)
    with pytest.raises(ValueError, match=message):
        exports.write_review(path, classroom(1))
    assert path.read_bytes() == data


def test_files_are_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "grades.csv"
    exports.write_grades(path, classroom(1))
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("stopped")))
    with pytest.raises(OSError, match="stopped"):
        exports.write_grades(path, classroom(2))
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["grades.csv"]


def test_points_of_the_class_add_up() -> None:
    assert sum(one.points for one in EXERCISES[CHAPTER]) == 16
