"""nbgrader reads the marks: its own gradebook, exporter, formgrader interface and page on what was written."""

import csv
import dataclasses
import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from tests import ROOT
from tests.grading.made_up import CHAPTER, EXERCISES, HOSTILE, HOSTILE_NAMES, classroom, graded, hostile, mark
from workbook.course.grading.containers import OnDisk
from workbook.course.grading.deadlines import HandedInAt, Lateness
from workbook.course.grading.gradebook import (
    Collected,
    fenced,
    marks_given,
    read_collected,
    student_ids,
    write,
    write_course,
    write_lateness,
)
from workbook.course.grading.records import Graded
from workbook.course.grading.untrusted import readable_names, safe_name

api = pytest.importorskip("nbgrader.api")
NOTEBOOKS = ROOT / "notebooks"
DEADLINE = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty database once: nbgrader takes seconds for it."""
    path = tmp_path_factory.mktemp("blank") / "gradebook.db"
    write(f"sqlite:///{path}", [], EXERCISES)
    return path


@pytest.fixture
def url(tmp_path: Path, blank: Path) -> str:
    return f"sqlite:///{shutil.copy(blank, tmp_path)}"


def _rows(url: str) -> dict[str, list[tuple]]:
    """Read every row of every table, as SQLite holds them."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in names}


def test_nbgraders_own_queries_give_the_scores(url: str) -> None:
    found = classroom()
    write(url, found, EXERCISES)
    with api.Gradebook(url) as book:
        assert [one.name for one in book.assignments] == [CHAPTER]
        assert book.find_assignment(CHAPTER).max_score == sum(one.points for one in EXERCISES[CHAPTER])
        assert {one.id: one.score for one in book.students} == {one.student: one.points for one in found}
        mean = sum(one.points for one in found) / len(found)
        assert book.average_assignment_score(CHAPTER) == pytest.approx(mean)
        assert book.average_notebook_written_score(CHAPTER, CHAPTER) == 0
        first = {one["student"]: one for one in book.submission_dicts(CHAPTER)}["student00"]
        assert (first["score"], first["max_written_score"], first["needs_manual_grade"]) == (
            found[0].points,
            4,
            True,
        )
        dicts = {one["id"]: one for one in book.student_dicts()}
        assert (dicts["student03"]["score"], dicts["student03"]["lms_user_id"]) == (found[3].points, "1003")


def test_cells_bear_the_names_of_the_notebooks_metadata(url: str) -> None:
    write(url, classroom(1), EXERCISES)
    master = nbformat.read(NOTEBOOKS / f"{CHAPTER}.ipynb", as_version=4)
    roles = [cell.metadata.nbgrader for cell in master.cells if "nbgrader" in cell.metadata]
    with api.Gradebook(url) as book:
        notebook = book.find_notebook(CHAPTER, CHAPTER)
        points = {cell.name: cell.max_score for cell in notebook.grade_cells if cell.cell_type == "code"}
        answers = {cell.name for cell in notebook.solution_cells}
        assert book.find_grade_cell("exercise-2-7", CHAPTER, CHAPTER).cell_type == "markdown"
    assert points == {role.grade_id: role.points for role in roles if role.grade}
    assert answers == {role.grade_id for role in roles if role.solution} | {"exercise-2-7"}


def test_nbgraders_csv_exporter_gives_one_row_for_each_learner(url: str, tmp_path: Path) -> None:
    from nbgrader.plugins.export import CsvExportPlugin

    found = classroom(5) + [hostile(index) for index in range(len(HOSTILE_NAMES))]
    write(url, found, EXERCISES)
    exporter = CsvExportPlugin()
    exporter.to = str(tmp_path / "grades.csv")
    with api.Gradebook(url) as book:
        exporter.export(book)
    with open(exporter.to, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = readable_names(one.student for one in found)
    assert {row["student_id"]: float(row["score"]) for row in rows} == {
        names[one.student]: one.points for one in found
    }
    for row in rows:
        assert None not in row
        assert None not in row.values()
        assert not any(cell[:1] in tuple("=+-@\t\r") for cell in row.values() if cell)


def test_written_twice_the_rows_are_the_same(url: str) -> None:
    found = classroom(4) + [hostile(index) for index in range(len(HOSTILE_NAMES))]
    write(url, found, EXERCISES)
    before = _rows(url)
    assert len(before["grade"]) == len(found) * len(EXERCISES[CHAPTER])
    write(url, reversed(found), EXERCISES)
    assert _rows(url) == before


IDS = ("jane@uni.edu", "JSmith", "li_na_", "王伟", "a+b", "0123")


def test_learners_keep_the_names_that_the_database_has(url: str) -> None:
    with api.Gradebook(url) as book:
        for name in IDS:
            book.add_student(name, first_name="First", last_name="Last")
        book.add_student("kim", lms_user_id="4711")
        book.add_student(safe_name("Зоя"))
    found = [graded(name, mark(name)) for name in (*IDS, "Зоя", "Zoë", "jsmith")]
    found.append(graded("Kim Lee_4711", mark("Kim Lee_4711"), lms_id="4711"))
    expected = {name: name for name in (*IDS, "Zoë")} | {"Зоя": safe_name("Зоя"), "Kim Lee_4711": "kim"}
    for _ in range(2):
        write(url, found, EXERCISES)
        given = student_ids(url, found)
        assert {name: given[name] for name in expected} == expected
        assert given["jsmith"].startswith("jsmith-")  # one name with JSmith to some file systems
        with api.Gradebook(url) as book:
            assert {one.id for one in book.students} == set(given.values())
            assert (book.find_student("li_na_").first_name, book.find_student("kim").lms_user_id) == (
                "First",
                "4711",
            )
            assert book.find_submission(CHAPTER, "JSmith").score == 2
    assert marks_given(url, found) == {}


def test_a_number_that_two_learners_have_decides_nothing(url: str) -> None:
    with api.Gradebook(url) as book:
        for name in ("a", "b"):
            book.add_student(name, lms_user_id="1")
    found = [graded("x_1", mark("x_1"), lms_id="1")]
    assert student_ids(url, found) == {"x_1": "x_1"}


def test_nothing_is_written_for_what_was_not_handed_in(url: str, tmp_path: Path) -> None:
    absent = Graded("bo", CHAPTER, "", "", (mark("bo", "2.4", "not started"),))
    found = [graded("anna", mark("anna")), absent]
    write(url, found, EXERCISES)
    write_course(tmp_path / "course", url, found, NOTEBOOKS)
    with api.Gradebook(url) as book:
        assert {one.id for one in book.students} == {"anna", "bo"}
        assert [one.student.id for one in book.assignment_submissions(CHAPTER)] == ["anna"]
        assert book.average_assignment_score(CHAPTER) == 2
    assert [path.name for path in (tmp_path / "course" / "autograded").iterdir()] == ["anna"]


def test_what_the_exchange_sent_along_goes_with_the_submission(url: str, tmp_path: Path) -> None:
    found = [graded(name, mark(name)) for name in ("anna", "bo")]
    write(url, found, EXERCISES)
    collected = {("anna", CHAPTER): Collected("2026-01-31 10:00:00.0 UTC", "f00d")}
    places = {name: tmp_path / "course" / "autograded" / name / CHAPTER for name in ("anna", "bo")}
    write_course(tmp_path / "course", url, found, NOTEBOOKS, collected=collected)
    made_up = (places["bo"] / "submission_secret.txt").read_text()
    assert (places["anna"] / "submission_secret.txt").read_text() == "f00d"
    assert (places["anna"] / "timestamp.txt").read_text() == "2026-01-31 10:00:00.0 UTC"
    assert len(made_up) == 128
    write_course(tmp_path / "course", url, found, NOTEBOOKS, collected=collected)
    assert (places["bo"] / "submission_secret.txt").read_text() == made_up


@pytest.mark.parametrize(
    ("timestamp", "secret", "expected"),
    [
        ("2026-01-31 10:00:00.0 UTC", "f00d", ("2026-01-31 10:00:00.0 UTC", "f00d")),
        ("2026-01-31 10:00:00 Europe/Berlin\n", "f00d\n", ("2026-01-31 10:00:00 Europe/Berlin", "f00d")),
        ("yesterday", "../../x", ("", "")),
        ("9" * 400, "f" * 501, ("", "")),
        ("", "\udcff", ("", "")),
    ],
)
def test_what_is_odd_beside_a_notebook_is_left_out(
    tmp_path: Path, timestamp: str, secret: str, expected: tuple[str, str]
) -> None:
    (tmp_path / "timestamp.txt").write_text(timestamp)
    (tmp_path / "submission_secret.txt").write_text(secret, errors="surrogateescape")
    assert read_collected(OnDisk(str(tmp_path), ("x.ipynb",))) == Collected(*expected)
    assert read_collected(OnDisk(str(tmp_path / "none"), ("x.ipynb",))) == Collected()
    (tmp_path / "submission_secret.txt").unlink()
    (tmp_path / "submission_secret.txt").symlink_to("/etc/hostname")
    assert read_collected(OnDisk(str(tmp_path), ("x.ipynb",))).secret == ""


def _late(days: int, deadline: datetime = DEADLINE) -> Lateness:
    handed_in = HandedInAt(deadline + timedelta(days=days) - timedelta(hours=1), "test")
    return Lateness(deadline, handed_in, days, 10.0 * days)


def test_lateness_is_beside_the_scores(url: str, tmp_path: Path) -> None:
    found = [
        graded("ann", mark("ann"), mark("ann", "2.1")),
        graded("王伟", mark("王伟")),
        graded("bob", mark("bob")),
    ]
    write(url, found, EXERCISES)
    extended = _late(1, DEADLINE + timedelta(days=3))
    lateness = {("ann", CHAPTER): _late(2), ("王伟", CHAPTER): extended}
    write_lateness(url, found, lateness, {CHAPTER: DEADLINE})
    with api.Gradebook(url) as book:
        ann, other, bob = (book.find_submission(CHAPTER, name) for name in ("ann", "王伟", "bob"))
        assert (ann.score, ann.late_submission_penalty) == (5, 1)
        assert ann.total_seconds_late == timedelta(days=1, hours=23).total_seconds()
        assert (other.late_submission_penalty, other.extension) == (0.2, timedelta(days=3))
        assert (bob.late_submission_penalty, bob.timestamp) == (0, None)
        plugin = pytest.importorskip("nbgrader.plugins").CsvExportPlugin(to=str(tmp_path / "grades.csv"))
        plugin.export(book)
    with (tmp_path / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert [float(rows["ann"][name]) for name in ("raw_score", "late_submission_penalty", "score")] == [
        5,
        1,
        4,
    ]
    write_lateness(url, found, {("ann", CHAPTER): _late(0)}, {CHAPTER: DEADLINE})
    with api.Gradebook(url) as book:
        assert book.find_submission(CHAPTER, "ann").late_submission_penalty == 0


def _person_marks(url: str, exercise: str, points: float | None) -> None:
    """Do what formgrader does when a person enters points and a comment."""
    with api.Gradebook(url) as book:
        grade = book.find_grade(exercise, CHAPTER, CHAPTER, "anna")
        grade.manual_score, grade.needs_manual_grade = points, points is None
        comment = book.find_comment(exercise.replace("check", "exercise"), CHAPTER, CHAPTER, "anna")
        comment.manual_comment = "Well argued"
        book.db.commit()


def _state(url: str, exercise: str) -> tuple[float | None, float | None, float, bool]:
    with api.Gradebook(url) as book:
        grade = book.find_grade(exercise, CHAPTER, CHAPTER, "anna")
        return grade.auto_score, grade.manual_score, grade.score, grade.needs_manual_grade


def test_a_regrade_updates_scores_and_keeps_what_a_person_gave(url: str) -> None:
    first = graded("anna", mark("anna", "2.4", "wrong", feedback="no"), mark("anna", "2.7", "needs review"))
    write(url, [first], EXERCISES)
    assert _state(url, "check-2-4") == (0, None, 0, False)
    assert _state(url, "exercise-2-7") == (None, None, 0, True)
    _person_marks(url, "exercise-2-7", 3)
    write(url, [graded("anna", mark("anna", "2.4"), mark("anna", "2.7", "needs review"))], EXERCISES)
    assert _state(url, "check-2-4") == (2, None, 2, False)
    assert _state(url, "exercise-2-7") == (None, 3, 3, False)
    with api.Gradebook(url) as book:
        assert book.find_comment("exercise-2-7", CHAPTER, CHAPTER, "anna").comment == "Well argued"


def test_what_people_gave_is_read_back(url: str) -> None:
    found = [
        graded(name, mark(name, "2.4", "wrong"), mark(name, "2.7", "needs review"))
        for name in ("anna", "Bo B.")
    ]
    write(url, found, EXERCISES)
    assert marks_given(url, found) == {}
    _person_marks(url, "exercise-2-7", 3)
    _person_marks(url, "check-2-4", 0)
    assert marks_given(url, found) == {
        ("anna", "2.7"): (3, "Well argued"),
        ("anna", "2.4"): (0, "Well argued"),
    }
    assert marks_given(url, found[1:]) == {}
    _person_marks(url, "check-2-4", None)
    assert marks_given(url, found)["anna", "2.4"] == (None, "Well argued")


def test_a_learner_keeps_the_name_that_an_earlier_grader_wrote(url: str) -> None:
    former = "阿依古丽_买买提~b733e70e9e"
    write(url, [graded(former, mark(former))], EXERCISES)
    (before,) = student_ids(url, [graded(former, mark(former))]).values()
    assert student_ids(url, [graded("阿依古丽·买买提", mark("阿依古丽·买买提"))]) == {
        "阿依古丽·买买提": before
    }


def test_a_person_is_asked_again_where_the_automatic_score_changed(url: str) -> None:
    write(url, [graded("anna", mark("anna", "2.4", "wrong"))], EXERCISES)
    _person_marks(url, "check-2-4", 1)
    write(url, [graded("anna", mark("anna", "2.4", "wrong"))], EXERCISES)
    assert _state(url, "check-2-4") == (0, 1, 1, False)
    for _ in range(2):
        write(url, [graded("anna", mark("anna", "2.4"))], EXERCISES)
        assert _state(url, "check-2-4") == (2, 1, 1, True)


def test_points_from_the_review_table_count_and_no_longer_wait(url: str) -> None:
    write(url, [graded("anna", mark("anna", "2.7", "needs review", points=2.5))], EXERCISES)
    assert _state(url, "exercise-2-7") == (2.5, None, 2.5, False)


def test_what_lacks_a_mark_waits_and_unknown_exercises_are_refused(url: str) -> None:
    write(url, [graded("anna", mark("anna", "2.4"))], EXERCISES)
    assert _state(url, "check-2-1") == (None, None, 0, True)
    with pytest.raises(ValueError, match=r"^02_convolution has no exercise 9\.9$"):
        write(url, [graded("anna", dataclasses.replace(mark("anna"), exercise="9.9"))], EXERCISES)
    with pytest.raises(ValueError, match="The course no longer has exercise-2-7 of 02_convolution"):
        write(url, [graded("anna", mark("anna"))], {CHAPTER: EXERCISES[CHAPTER][:-1]})


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nonsense", "is not the address of a database"),
        ("", "is not the address of a database"),
        ("nosuch://host/name", "is not the address of a database"),
        ("mysql://user:secret@host/name", "^mysql databases are not supported"),
        ("sqlite:////nowhere/at/all/gradebook.db", "unable to open database file"),
        ("postgresql+psycopg2://u:secret@127.0.0.1:1/x", "psycopg2|refused"),
    ],
)
def test_an_unusable_address_is_one_line_without_the_password(address: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        write(address, [], EXERCISES)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "gradebook.db").write_text(
        "not a database, but long enough to look at" * 40, encoding="utf-8"
    )
    with pytest.raises(ValueError, match=r"Cannot use the database .*gradebook\.db: file is not a database"):
        write(f"sqlite:///{tmp_path / 'gradebook.db'}", [], EXERCISES)


def test_a_database_whose_making_was_cut_short_is_completed(url: str) -> None:
    write(url, classroom(2), EXERCISES)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("DROP TABLE alembic_version")
    write(url, classroom(2), EXERCISES)
    assert len(_rows(url)["alembic_version"]) == 1


class _Seen(HTMLParser):
    """Collect the elements, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("words", HOSTILE)
def test_a_comment_stays_text_where_nbgrader_renders_it_as_markdown(words: str) -> None:
    from nbconvert.filters import markdown2html

    seen = _Seen(markdown2html(fenced(words)))
    assert set(seen.tags) <= {"pre", "code"}
    assert seen.attributes == set()
    fenced(words).encode("utf-8")


def test_the_course_folder_shows_the_answers_and_nothing_else_of_theirs(url: str, tmp_path: Path) -> None:
    answer = "def output_size(*_):\n    return 1  # \u202e </script><script>alert(1)</script>"
    found = [
        graded(
            "anna", mark("anna", "2.4", "wrong", answer=answer), mark("anna", "2.5", "not started", answer="")
        )
    ]
    write(url, found, EXERCISES)
    write_course(tmp_path / "course", url, found, NOTEBOOKS)
    master = nbformat.read(NOTEBOOKS / f"{CHAPTER}.ipynb", as_version=4)
    place = tmp_path / "course" / "autograded" / "anna" / CHAPTER / f"{CHAPTER}.ipynb"
    filled = nbformat.read(place, as_version=4)
    nbformat.validate(filled)
    for theirs, ours in zip(filled.cells, master.cells, strict=True):
        assert (theirs.id, theirs.metadata, theirs.get("outputs")) == (
            ours.id,
            ours.metadata,
            ours.get("outputs"),
        )
        wanted = answer.replace("\u202e", "\\u202e") if ours.id == "exercise-2-4" else ours.source
        assert theirs.source == wanted
    assert (tmp_path / "course" / "source" / CHAPTER / f"{CHAPTER}.ipynb").is_file()


def test_an_answer_in_words_is_not_rendered(url: str, tmp_path: Path) -> None:
    master = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("here", metadata={
        "nbgrader": {"grade_id": "exercise-2-7", "solution": True, "grade": True, "points": 4}})])  # fmt: skip
    (tmp_path / "masters").mkdir()
    nbformat.write(master, tmp_path / "masters" / f"{CHAPTER}.ipynb")
    found = [graded("anna", mark("anna", "2.7", "needs review", answer="because <script>alert(1)</script>"))]
    write_course(tmp_path / "course", url, found, tmp_path / "masters")
    place = tmp_path / "course" / "autograded" / "anna" / CHAPTER / f"{CHAPTER}.ipynb"
    assert nbformat.read(place, as_version=4).cells[0].source == "~~~\nbecause <script>alert(1)</script>\n~~~"


def test_no_name_leaves_the_course_folder(url: str, tmp_path: Path) -> None:
    found = [hostile(index) for index in range(len(HOSTILE_NAMES))]
    write_course(tmp_path / "course", url, found, NOTEBOOKS)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    outside = {path.name for path in files if not path.is_relative_to(tmp_path / "course")}
    assert outside == {"gradebook.db"}
    assert len(files) == 3 * len(found) + 3  # each with its time and secret
    assert len(list((tmp_path / "course" / "autograded").iterdir())) == len(found)


def test_formgraders_interface_lists_the_submissions(url: str, tmp_path: Path) -> None:
    """Read the configuration as nbgrader does, in a process of its own, and ask what formgrader asks."""
    found = [*classroom(3), hostile(0)]
    write(url, found, EXERCISES)
    write_course(tmp_path / "course", url, found, NOTEBOOKS)
    code = f"""
from nbgrader.apps import NbGrader
from nbgrader.apps.api import NbGraderAPI
app = NbGrader(); app.initialize([])
api = NbGraderAPI(app.coursedir)
api.update_config(app.config)
print(len(api.get_submissions({CHAPTER!r})))
print(len(api.get_notebook_submissions({CHAPTER!r}, {CHAPTER!r})))
print(api.get_submission({CHAPTER!r}, "student01")["score"])
"""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
    }
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "course", env=environment, capture_output=True,
                         text=True, timeout=60, check=False)  # fmt: skip
    assert not (tmp_path / "course" / "submitted").exists()  # nbgrader would run what it finds there
    assert ran.stdout.split() == ["4", "4", str(float(found[1].points))], ran.stderr


def test_a_password_stays_out_of_the_configuration(tmp_path: Path) -> None:
    write_course(tmp_path, "postgresql+psycopg2://u:secret@127.0.0.1/x", [], NOTEBOOKS)
    text = (tmp_path / "nbgrader_config.py").read_text(encoding="utf-8")
    assert "secret" not in text
    assert 'os.environ["WORKBOOK_DB"]' in text
    compile(text, "nbgrader_config.py", "exec")
