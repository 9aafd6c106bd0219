"""Write marks to nbgrader's own database, and the course folder from which its formgrader shows submissions."""

import json
import os
import re
import secrets
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

import nbformat
from nbformat import NotebookNode
from sqlalchemy import inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import selectinload

from workbook.course.grading.containers import OnDisk
from workbook.course.grading.deadlines import LatenessByKey
from workbook.course.grading.names import former_identifiers
from workbook.course.grading.records import Graded, Mark, in_order
from workbook.course.grading.untrusted import (
    clean,
    marked_name,
    readable_names,
    safe_name,
    shorten,
    visible,
    write_atomically,
)
from workbook.exercises import Exercise, FreeText

Exercises = Mapping[str, Sequence[Exercise | FreeText]]
TIMESTAMP, SECRET = "timestamp.txt", "submission_secret.txt"  # nbgrader's names
LONGEST_SECRET = 500  # characters; nbgrader's have 128
CONFIG = "nbgrader_config.py"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
PASSWORD_FROM = "WORKBOOK_DB"  # environment variable from which formgrader reads a URL with a password


@dataclass(frozen=True)
class Collected:
    """What nbgrader's exchange sends along with a submission, so that its learner alone can fetch the feedback."""

    timestamp: str = ""
    secret: str = ""


def write(url: str, graded: Iterable[Graded], exercises_by_chapter: Exercises) -> None:
    """Write marks to the nbgrader database at `url`; update those that are in it.

    A chapter is an assignment with one notebook of the same name. Learners that the database knows keep the name that
    they have there. Nothing is written for chapters that a learner did not hand in. A score or a comment that a person
    gave in formgrader stays, and counts; if the automatic score then changes, formgrader asks for a second look.
    ValueError in one line if the database cannot be used, or if it knows exercises that the course no longer has.
    """
    by_chapter: dict[str, list[Graded]] = defaultdict(list)
    ordered = in_order(graded)
    for submission in ordered:
        by_chapter[submission.chapter].append(submission)
    with _opened(url) as book:
        ids = _student_ids(book, ordered)
        _write_students(book, ordered, ids)
        for chapter, submissions in by_chapter.items():
            handed_in = [submission for submission in submissions if not submission.is_absent]
            _write_master(book, chapter, exercises_by_chapter[chapter])
            _write_submissions(book, chapter, handed_in, exercises_by_chapter[chapter], ids)


def marks_given(url: str, graded: Iterable[Graded]) -> dict[tuple[str, str], tuple[float | None, str]]:
    """Return the points and comments that people gave to these submissions in formgrader, by learner and exercise.

    Extra credit counts. The points are None where somebody only commented; other answers are left out.
    """
    from nbgrader.api import SubmittedNotebook

    submissions = list(graded)
    result: dict[tuple[str, str], tuple[float | None, str]] = {}
    with _opened(url) as book:
        ids = _student_ids(book, submissions)
        students = {
            (ids[submission.student], submission.chapter): submission.student for submission in submissions
        }
        for notebook in book.db.query(SubmittedNotebook):
            student = students.get((notebook.assignment.student_id, notebook.name))
            comments = {comment.name: comment.manual_comment or "" for comment in notebook.comments}
            for grade in notebook.grades:
                _, _, exercise = grade.name.partition("-")
                words = comments.get(f"exercise-{exercise}", "")
                points = None if grade.manual_score is None else grade.score
                if student is not None and (points is not None or words):
                    result[student, exercise.replace("-", ".")] = (points, words)
    return result


def write_course(
    folder: Path,
    url: str,
    graded: Iterable[Graded],
    notebooks: Path,
    *,
    collected: Mapping[tuple[str, str], Collected] | None = None,
    course: Path | None = None,
) -> None:
    """Make the folder in which `jupyter lab` with formgrader, and nbgrader's commands, find what was handed in.

    `notebooks` holds the learner's notebooks as the course hands them out. Each submission becomes a copy of its
    notebook with the learner's answers in place and no outputs; nothing else of the submission's file is used. Answers
    in words are put in a code fence, so that no mark-up in them is rendered. There is no `submitted` folder on purpose:
    nbgrader's own autograde would run what it finds there, outside the jail.

    Beside each notebook are the two files with which `nbgrader release_feedback` hands a page to its learner:
    `collected` has those that came with a submission, by learner and chapter. `course` is the instructor's own course
    folder, or None: its configuration, such as the name of the course and the place of the exchange, applies here too.
    """
    masters: dict[str, NotebookNode] = {}
    handed_in = [submission for submission in in_order(graded) if not submission.is_absent]
    ids = student_ids(url, handed_in)
    for submission in handed_in:
        chapter, name = submission.chapter, f"{submission.chapter}.ipynb"
        if chapter not in masters:
            masters[chapter] = _without_outputs(nbformat.read(notebooks / name, as_version=4))
            write_atomically(folder / "source" / chapter / name, nbformat.writes(masters[chapter]))
        filled = _filled(masters[chapter], submission.marks)
        place = folder / "autograded" / ids[submission.student] / chapter
        write_atomically(place / name, nbformat.writes(filled))
        _write_collected(place, (collected or {}).get(submission.key, Collected()))
    write_atomically(folder / CONFIG, _config(url, course))


def _write_collected(place: Path, collected: Collected) -> None:
    """Write the time and the secret of a submission; make up those that did not come with it.

    `release_feedback` stops at the first learner without them. Nobody can fetch a page by a secret that was made up.
    """
    time, secret = place / TIMESTAMP, place / SECRET
    if collected.timestamp or not time.exists():
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        write_atomically(time, collected.timestamp or now)
    if collected.secret or not secret.exists():
        write_atomically(secret, collected.secret or secrets.token_hex(64))


def read_collected(source: OnDisk) -> Collected:
    """Return what nbgrader put beside a notebook that it collected; what is missing or odd is ""."""
    from nbgrader.utils import parse_utc

    timestamp = _short_text(source.beside(TIMESTAMP))
    try:
        parse_utc(timestamp)
    except (ValueError, OverflowError):
        timestamp = ""
    secret = _short_text(source.beside(SECRET))
    return Collected(timestamp, secret if secret.isalnum() and secret.isascii() else "")


def _short_text(source: OnDisk) -> str:
    try:
        text = source.head().decode("utf-8").strip()
    except ValueError:
        return ""
    return text if len(text) <= LONGEST_SECRET else ""


@contextmanager
def _opened(url: str) -> Iterator[Any]:
    """Open the gradebook; every error of the database becomes a ValueError in one line."""
    address = _address(url)
    shown = address.render_as_string(hide_password=True)
    with tools_on_path():
        from nbgrader.api import Gradebook

        try:
            book = Gradebook(address.render_as_string(hide_password=False))
        except ModuleNotFoundError as error:
            extra = (
                'pip install "psycopg2-binary"' if "psycopg" in str(error) else f"pip install {error.name}"
            )
            raise ValueError(f"The database {shown} needs the Python package {error.name}: {extra}") from None
        except (SQLAlchemyError, SubprocessError, ValueError, OSError) as error:
            raise ValueError(f"Cannot use the database {shown}: {_first_line(error)}") from None
        try:
            _versioned(book)
            yield book
        except SQLAlchemyError as error:
            book.db.rollback()
            raise ValueError(f"The database {shown} refused: {_first_line(error)}") from None
        finally:
            book.close()


def _address(url: str) -> URL:
    try:
        address = make_url(url)
        address.get_dialect()
    except (ArgumentError, SQLAlchemyError, ValueError):
        kinds = "sqlite:///gradebook.db or postgresql+psycopg2://user@host/name"
        shown = re.sub(r"//.*@", "//***@", url)
        raise ValueError(f"{shown!r} is not the address of a database: write {kinds}") from None
    if address.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError(
            f"{address.get_backend_name()} databases are not supported: use sqlite or postgresql+psycopg2"
        )
    return address


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().split("\n")[0]


@contextmanager
def tools_on_path() -> Iterator[None]:
    """Put this Python's own commands on the path: nbgrader calls `alembic` by name when it creates a database."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _versioned(book: Any) -> None:
    """Complete a database whose creation was interrupted: nbgrader notes the version after the tables."""
    from nbgrader.api import get_alembic_version

    if not inspect(book.engine).has_table("alembic_version"):
        book.db.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
    if book.db.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 0:
        version = {"version": get_alembic_version()}
        book.db.execute(text("INSERT INTO alembic_version (version_num) VALUES (:version)"), version)
    book.db.commit()


def student_ids(url: str, graded: Sequence[Graded]) -> dict[str, str]:
    """Return the names that these learners have in the database at `url`, or would get."""
    if not graded:
        return {}
    with _opened(url) as book:
        return _student_ids(book, graded)


def _student_ids(book: Any, graded: Sequence[Graded]) -> dict[str, str]:
    """Return for each learner the name in the database: the one that is there, or a new one.

    A learner whom the database does not know by name is known by the number in the learning platform, or by the name
    that earlier versions gave.
    """
    learners = {submission.student: _lms_id(submission) for submission in graded}
    known = {student.id: student.lms_user_id for student in book.students}
    numbers = Counter(known.values())
    by_number = {number: name for name, number in known.items() if number and numbers[number] == 1}
    ids = {name: name for name in learners if name in known}
    for name, number in learners.items():
        candidates = [by_number.get(number, ""), marked_name(name), safe_name(name)]
        candidates += [marked_name(former) for former in former_identifiers(name)]
        free = [old for old in candidates if old in known.keys() - ids.values() and _is_folder(old)]
        if name not in ids and free:
            ids[name] = free[0]
    return readable_names(set(learners) - set(ids), taken=known) | ids


def _is_folder(name: str) -> bool:
    """Return whether a name from a database can be a folder's."""
    return name == Path(name).name and not name.startswith(".") and "\0" not in name and "\\" not in name


def _lms_id(submission: Graded) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "", submission.lms_id)[:100]


def _write_students(book: Any, graded: list[Graded], ids: Mapping[str, str]) -> None:
    from nbgrader.api import Student

    students = {student.id: student for student in book.students}
    for submission in graded:
        name = ids[submission.student]
        is_new = name not in students
        if is_new:
            students[name] = Student(id=name)
            book.db.add(students[name])
        if is_new and name != submission.student:
            students[name].first_name, students[name].last_name = _first_and_last(submission.student)
        if number := _lms_id(submission):
            students[name].lms_user_id = number
    book.db.commit()


def _first_and_last(student: str) -> tuple[str, str]:
    """Return first and last name, with letters, digits and joining signs only: nbgrader writes CSV without quotes."""
    kept = (
        char if unicodedata.category(char)[0] in "LMN" or char in ".'-" else " " for char in clean(student)
    )
    words = [word for part in "".join(kept)[:120].split() if (word := part.strip(".'-"))]
    return " ".join(words[:-1]), words[-1] if words else "unnamed"


def _number(exercise_id: str) -> str:
    return exercise_id.replace(".", "-")


def _graded_cell(exercise: Exercise | FreeText) -> str:
    """Return the name of the cell that carries the points: the check, or the answer itself if a person marks it."""
    return f"{'exercise' if isinstance(exercise, FreeText) else 'check'}-{_number(exercise.id)}"


def _write_master(book: Any, chapter: str, exercises: Sequence[Exercise | FreeText]) -> None:
    """Update the chapter's assignment, notebook and cells."""
    book.update_or_create_assignment(chapter)
    notebook = book.update_or_create_notebook(chapter, chapter, kernelspec=json.dumps(KERNEL))
    by_cell = {_graded_cell(exercise): exercise for exercise in exercises}
    removed = sorted({cell.name for cell in notebook.grade_cells} - set(by_cell))
    if removed:
        raise ValueError(
            f"The course no longer has {', '.join(removed)} of {chapter}, but the database does: use a new database."
        )
    for name, exercise in by_cell.items():
        kind, most = "markdown" if isinstance(exercise, FreeText) else "code", float(exercise.points)
        book.update_or_create_grade_cell(name, chapter, chapter, max_score=most, cell_type=kind)
        book.update_or_create_solution_cell(f"exercise-{_number(exercise.id)}", chapter, chapter)


def _write_submissions(
    book: Any,
    chapter: str,
    graded: list[Graded],
    exercises: Sequence[Exercise | FreeText],
    student_ids: Mapping[str, str],
) -> None:
    """Write a chapter's marks in one transaction."""
    from nbgrader.api import SubmittedAssignment, SubmittedNotebook

    assignment, notebook = book.find_assignment(chapter), book.find_notebook(chapter, chapter)
    query = book.db.query(SubmittedNotebook).filter(SubmittedNotebook.notebook_id == notebook.id)
    query = query.options(selectinload(SubmittedNotebook.grades), selectinload(SubmittedNotebook.comments))
    handed_in = {submitted.assignment.student_id: submitted for submitted in query}
    cells = {cell.name: cell.id for cell in notebook.grade_cells}
    answers = {cell.name: cell.id for cell in notebook.solution_cells}
    ids = {exercise.id for exercise in exercises}
    for submission in graded:
        name = student_ids[submission.student]
        if name not in handed_in:
            submitted = SubmittedAssignment(assignment=assignment, student_id=name)
            handed_in[name] = SubmittedNotebook(notebook=notebook, assignment=submitted)
            book.db.add(submitted)
        marks = {mark.exercise: mark for mark in submission.marks}
        if set(marks) - ids:
            raise ValueError(f"{chapter} has no exercise {min(set(marks) - ids)}")
        for exercise in exercises:
            mark = marks.get(exercise.id)
            answer_cell = answers[f"exercise-{_number(exercise.id)}"]
            _grade(handed_in[name], cells[_graded_cell(exercise)], mark.points if mark else None)
            _comment(handed_in[name], answer_cell, mark.feedback if mark else "")
    book.db.commit()


def write_lateness(
    url: str,
    graded: Iterable[Graded],
    lateness: LatenessByKey,
    deadlines: Mapping[str, datetime],
) -> None:
    """Write when submissions were handed in, and the penalty for late ones, as nbgrader's own columns.

    nbgrader keeps the penalty beside the scores. `deadlines` are by chapter; a learner's own is an extension.
    """
    ordered = in_order(graded)
    with _opened(url) as book:
        ids = _student_ids(book, ordered)
        for submission in ordered:
            late = lateness.get(submission.key)
            if late is None:
                continue
            submitted = book.find_submission(submission.chapter, ids[submission.student])
            deadline = deadlines[submission.chapter]
            submitted.assignment.duedate = _utc(deadline)
            submitted.extension = None if late.deadline == deadline else late.deadline - deadline
            if late.handed_in is not None and late.handed_in.at is not None:
                submitted.timestamp = _utc(late.handed_in.at)
            penalty = submission.points - late.points_after(submission.points)
            submitted.notebooks[0].late_submission_penalty = round(penalty, 2)
        book.db.commit()


def _utc(moment: datetime) -> datetime:
    """Return a time as nbgrader stores it: in UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _grade(notebook: Any, cell_id: str, points: float | None) -> None:
    """Set the automatic score; a person's score stays, and is asked for again if the automatic one changed."""
    from nbgrader.api import Grade

    grade = next((grade for grade in notebook.grades if grade.cell_id == cell_id), None)
    if grade is None:
        grade = Grade(cell_id=cell_id)
        notebook.grades.append(grade)
    changed = grade.auto_score != points
    grade.auto_score = points
    if grade.manual_score is None:
        grade.needs_manual_grade = points is None
    elif changed:
        grade.needs_manual_grade = True


def _comment(notebook: Any, cell_id: str, feedback: str) -> None:
    from nbgrader.api import Comment

    comment = next((comment for comment in notebook.comments if comment.cell_id == cell_id), None)
    if comment is None:
        comment = Comment(cell_id=cell_id)
        notebook.comments.append(comment)
    comment.auto_comment = fenced(feedback) if feedback.strip() else None


def fenced(words: str) -> str:
    """Return a text in a code fence that it cannot close: nbgrader renders comments as Markdown and HTML."""
    body = shorten(visible(words)).strip("\n")
    longest = max((len(run) for run in re.findall(r"~+", body)), default=0)
    fence = "~" * max(3, longest + 1)
    return f"{fence}\n{body}\n{fence}"


def _without_outputs(notebook: NotebookNode) -> NotebookNode:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _filled(master: NotebookNode, marks: tuple[Mark, ...]) -> NotebookNode:
    """Return a copy of the course's notebook with the answers filled in."""
    copy = nbformat.from_dict(json.loads(json.dumps(master)))
    answers = {f"exercise-{_number(mark.exercise)}": mark.answer for mark in marks if mark.answer.strip()}
    for cell in copy.cells:
        answer = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
        if answer is not None:
            cell.source = fenced(answer) if cell.cell_type == "markdown" else shorten(visible(answer))
    return copy


def _config(url: str, course: Path | None = None) -> str:
    """Return formgrader's configuration, after that of the instructor's course; a password stays out of it."""
    address = _address(url)
    lines = ["# Start `jupyter lab` in this folder and open Formgrader.", "import os", "", "c = get_config()"]
    if course is not None and (course / CONFIG).is_file():
        lines.append(f"load_subconfig({CONFIG!r}, path={str(course.resolve())!r})  # the course's own")
    if address.password is None:
        if address.get_backend_name() == "sqlite" and address.database:
            address = address.set(database=str(Path(address.database).resolve()))
        value = repr(address.render_as_string(hide_password=False))
    else:
        lines.insert(1, f"# The database needs a password: set {PASSWORD_FROM} to its whole address first.")
        value = f'os.environ["{PASSWORD_FROM}"]'
    root = "os.path.dirname(os.path.abspath(__file__))"
    return "\n".join([*lines, f"c.CourseDirectory.root = {root}", f"c.CourseDirectory.db_url = {value}", ""])
