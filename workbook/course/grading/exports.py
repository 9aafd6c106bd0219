"""Write marks as CSV: the whole list, the imports of Canvas and Moodle, and the table in which a person marks answers.

What Moodle imports is after its `mod/assign/feedback/offline/importgradeslib.php` (the grading worksheet) and
`mod/assign/feedback/file/importziplib.php` (the zip of feedback files).

All files follow RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe in front; control
characters are removed.
"""

import csv
import html
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from workbook.course.grading.names import MARK, former_identifiers
from workbook.course.grading.records import Graded, Mark, in_order
from workbook.course.grading.spreadsheet_text import decoded
from workbook.course.grading.untrusted import (
    DIGEST_TAIL,
    clean,
    one_line,
    safe_name,
    shorten,
    write_atomically,
)

Key = tuple[str, str]
Entry = tuple[float | None, str]  # points, None if empty, and comment

LONGEST_CELL = 30_000  # characters; Excel cuts a cell after 32,767
GRADES = (
    "student",
    "chapter",
    "exercise",
    "title",
    "outcome",
    "points",
    "max_points",
    "mistake",
    "notes",
    "detail",
)
MOODLE = (
    "Identifier",
    "Full name",
    "Username",
    "Email address",
    "Grade",
    "Maximum grade",
    "Last modified (grade)",
    "Feedback comments",
)
BYTE_ORDER_MARK = "\ufeff"  # Excel takes a file without one for text in the system's own encoding
FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # so that the same pages give the same zip
REVIEW = ("student", "exercise", "points", "comment", "max_points")
FORMULA = re.compile(r'(^|[\n;\t])(?=[ "]{0,8}[=+\-@\t＝＋－＠])')


def defused(text: str) -> str:
    """Return a text that no spreadsheet computes, at its start or after a line end, a tab or a semicolon.

    The latter three begin a new cell where a program reads the file with another separator than the comma.
    """
    return FORMULA.sub(r"\1'", shorten(clean(text), LONGEST_CELL))


def write_grades(path: Path, graded: Iterable[Graded]) -> None:
    """Write one row for each learner and exercise, for the instructor: `detail` may show hidden cases."""
    rows: list[Sequence[object]] = [GRADES]
    for submission in in_order(graded):
        for mark in submission.marks:
            first = (mark.student, mark.chapter, mark.exercise, mark.title, mark.outcome)
            last = (mark.mistake, "; ".join(mark.notes), mark.detail)
            rows.append((*first, mark.points, mark.max_points, *last))
    write_table(path, rows, mark=BYTE_ORDER_MARK)


def write_totals(path: Path, graded: Iterable[Graded]) -> None:
    """Write one row for each learner: the points of each chapter, their sum, and the points that can be had.

    A cell stays empty if nothing was handed in or an answer still waits for a person. The sum is empty while an answer
    waits, and for a learner who handed in nothing at all.
    """
    submissions = in_order(graded)
    chapters = sorted({submission.chapter for submission in submissions})
    rows: list[Sequence[object]] = [("student", *chapters, "total", "max_points")]
    for student, by_chapter in _by_student(submissions).items():
        points = [_total(by_chapter[name]) if name in by_chapter else None for name in chapters]
        waits = any(mark.points is None for submission in by_chapter.values() for mark in submission.marks)
        is_absent = all(submission.is_absent for submission in by_chapter.values())
        points_so_far = plain(round(sum(submission.points for submission in by_chapter.values()), 2))
        total = None if waits or is_absent else points_so_far
        most = plain(sum(mark.max_points for submission in by_chapter.values() for mark in submission.marks))
        rows.append((one_line(student), *points, total, most))
    write_table(path, rows, mark=BYTE_ORDER_MARK)


def write_canvas(path: Path, graded: Iterable[Graded]) -> None:
    """Write what Canvas's gradebook imports: a row for each learner, a column for each chapter.

    Canvas finds a learner by ID if the submission's file told it, else by SIS Login ID. A cell stays empty if nothing
    was handed in or an answer still waits for a person.
    """
    submissions = in_order(graded)
    chapters = sorted({submission.chapter for submission in submissions})
    most = {
        submission.chapter: sum(mark.max_points for mark in submission.marks) for submission in submissions
    }
    rows: list[Sequence[object]] = [("Student", "ID", "SIS User ID", "SIS Login ID", "Section", *chapters)]
    rows.append(("    Points Possible", "", "", "", "", *[plain(most[chapter]) for chapter in chapters]))
    for student, by_chapter in _by_student(submissions).items():
        number = next((lms_id for submission in by_chapter.values() if (lms_id := submission.lms_id)), "")
        points = [_total(by_chapter[name]) if name in by_chapter else None for name in chapters]
        rows.append((one_line(student), number, "", "" if number else one_line(student), "", *points))
    write_table(path, rows)


def write_moodle(folder: Path, graded: Iterable[Graded]) -> list[Path]:
    """Write what Moodle imports, one file for each chapter, and return the files.

    Moodle's grading worksheet finds a learner by "Participant N", which the names in Moodle's zip tell; its gradebook
    finds one by email address or username. It reads the comments as HTML: they are escaped. A grade stays empty if
    nothing was handed in or an answer still waits for a person. "Last modified (grade)" is the present time: Moodle
    keeps what a person enters there later.
    """
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    by_chapter: dict[str, list[Graded]] = defaultdict(list)
    for submission in in_order(graded):
        by_chapter[submission.chapter].append(submission)
    paths = []
    for chapter, submissions in by_chapter.items():
        rows: list[Sequence[object]] = [MOODLE]
        rows += [_moodle_row(submission, now) for submission in submissions]
        paths.append(folder / f"{safe_name(chapter)}.csv")
        write_table(paths[-1], rows)
    return paths


def write_moodle_feedback(folder: Path, graded: Iterable[Graded], pages: Mapping[Key, Path]) -> list[Path]:
    """Write the zips of feedback files that Moodle takes, one for each chapter, and return them.

    `pages` are the pages of feedback by learner and chapter. Moodle finds a learner by the number in the name of a
    folder: those whose file told none, and those who handed in nothing, are left out.
    """
    by_chapter: dict[str, list[Graded]] = defaultdict(list)
    for submission in in_order(graded):
        if _participant(submission) and not submission.is_absent:
            by_chapter[submission.chapter].append(submission)
    paths = []
    for chapter, submissions in by_chapter.items():
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for submission in submissions:
                page = pages[submission.key]
                member = zipfile.ZipInfo(f"{_moodle_folder(submission)}/{page.name}", FIXED_DATE)
                member.external_attr = 0o644 << 16
                archive.writestr(member, page.read_bytes(), zipfile.ZIP_DEFLATED)
        paths.append(folder / f"{safe_name(chapter)}_feedback.zip")
        write_atomically(paths[-1], buffer.getvalue())
    return paths


def _participant(submission: Graded) -> str:
    """Return the learner's number in Moodle, or ""."""
    return submission.lms_id if re.fullmatch(r"\d{1,20}", submission.lms_id, re.ASCII) else ""


def _moodle_folder(submission: Graded) -> str:
    """Return the name of a learner's folder as in the zip that Moodle exports: name, number, plugin."""
    number = _participant(submission)
    name = one_line(submission.student, 80).removesuffix(f"_{number}")
    kept = "".join(char if char.isalnum() or char in " .-'" else " " for char in name).strip(" .")
    return f"{kept or 'Participant'}_{number}_assignsubmission_file_"


def write_review(path: Path, graded: Iterable[Graded]) -> int:
    """Write the table in which a person marks the answers that wait, and return how many still wait.

    What a person has filled in stays, also for answers that `graded` does not name; ValueError if the file cannot be
    read. The exercise is written as "exercise-2-1": spreadsheets turn "2.1" into a date or a number.
    """
    marks = _by_label(graded)
    filled = read_entries(path, graded) if path.exists() else {}
    return _write_entries(path, marks, {key: entry for key, entry in filled.items() if entry != (None, "")})


def read_entries(path: Path, graded: Iterable[Graded]) -> dict[Key, Entry]:
    """Return the rows of a review table, also empty ones, by label and exercise; ValueError if it cannot be read."""
    marks = _by_label(graded)
    return {_match(key, marks): entry for _, key, entry in _entries(path, _labels(marks))}


def merge_review(path: Path, other: Path, graded: Iterable[Graded]) -> None:
    """Take the rows of another review table over into the one at `path`; an empty row takes back what was given.

    ValueError, and nothing is written, if a row of `other` fits no answer.
    """
    graded = list(graded)
    read_marks(other, graded)
    filled = read_entries(path, graded) if path.exists() else {}
    merged = {**filled, **read_entries(other, graded)}
    _write_entries(
        path, _by_label(graded), {key: entry for key, entry in merged.items() if entry != (None, "")}
    )


def _write_entries(path: Path, marks: Mapping[Key, Mark], filled: Mapping[Key, Entry]) -> int:
    waiting = {key: mark for key, mark in marks.items() if mark.outcome == "needs review"}
    rows: list[Sequence[object]] = [REVIEW]
    for key in sorted({**waiting, **filled}, key=lambda key: (_order(key[1]), key[0])):
        most = waiting[key].max_points if key in waiting else ""
        rows.append((key[0], cell_name(key[1]), *filled.get(key, (None, "")), most))
    write_table(path, rows, mark=BYTE_ORDER_MARK)
    return sum(filled.get(key, (None, ""))[0] is None for key in waiting)


def read_marks(path: Path, graded: Iterable[Graded] = (), names: Iterable[str] = ()) -> dict[Key, Entry]:
    """Return the points and comments that a person filled in, by learner and exercise; empty rows are left out.

    With `graded`, learners are named as there rather than by their `label`, rows of its chapters that fit no answer
    are refused, and rows of other chapters are left out. `names` are learners' names; like those in `graded` they tell
    the table's encoding. ValueError with a line for each bad row: its number in the file, and what is wrong.
    """
    marks = _by_label(graded)
    known = _labels(marks) | {label(name) for name in names}
    chapters = {_order(exercise)[0] for _, exercise in marks}
    result: dict[Key, Entry] = {}
    problems = []
    for number, key, (points, comment) in _entries(path, known):
        matched = _match(key, marks)
        if marks and _order(key[1])[0] not in chapters:
            continue
        if marks and matched not in marks:
            problems.append(_problem(path, number, _unmatched(key, known)))
        elif marks and points is not None and points > marks[matched].max_points:
            most = plain(marks[matched].max_points)
            problems.append(
                _problem(path, number, f"{plain(points)} points are more than the {most} of the exercise")
            )
        elif points is not None or comment:
            result[(marks[matched].student, key[1]) if marks else key] = (points, comment)
    if problems:
        raise ValueError("\n".join(problems))
    return result


def _unmatched(key: Key, known: Collection[str]) -> str:
    """Return why a row fits no answer."""
    name = repr(one_line(key[0], 60))
    if key[0] in known:
        return f"{name} handed in nothing for {key[1]}"
    return f"nobody in this run is called {name}: write names as in grades.csv"


def label(student: str) -> str:
    """Return a learner's name for the review table: their own, or a safe one if a table would change it."""
    is_kept = student == one_line(student) == defused(student) and not DIGEST_TAIL.search(student)
    return student if is_kept and student else safe_name(student)


def _by_label(graded: Iterable[Graded]) -> dict[Key, Mark]:
    marks = [mark for submission in in_order(graded) for mark in submission.marks]
    return {(label(mark.student), mark.exercise): mark for mark in marks}


def _match(key: Key, marks: dict[Key, Mark]) -> Key:
    """Return the mark that a row means.

    A spreadsheet may have dropped the zeros before a number, and an earlier grader kept fewer signs of a name.
    """
    if key in marks:
        return key
    same: list[Key] = []
    if key[0].isdecimal():
        same = [mark for mark in marks if (mark[0].lstrip("0"), mark[1]) == (key[0].lstrip("0"), key[1])]
    elif MARK in key[0]:
        same = [mark for mark in marks if mark[1] == key[1] and key[0] in former_identifiers(mark[0])]
    return same[0] if len(same) == 1 else key


def _labels(marks: Iterable[Key]) -> set[str]:
    return {student for student, _ in marks}


def _entries(path: Path, names: Collection[str]) -> list[tuple[int, Key, Entry]]:
    """Return the table's rows: number, learner and exercise, points (None if empty) and comment."""
    entries, seen, problems = [], set(), []
    for number, row in _rows(path, names):
        try:
            key, entry = _read_row(row)
            if key in seen:
                raise ValueError(f"{one_line(key[0], 60)!r} has {key[1]} twice")
            seen.add(key)
            entries.append((number, key, entry))
        except ValueError as error:
            problems.append(_problem(path, number, str(error)))
    if problems:
        raise ValueError("\n".join(problems))
    return entries


def _problem(path: Path, number: int, what: str) -> str:
    return f"{path.name}, row {number}: {what}"


def _read_row(row: dict[str, str]) -> tuple[Key, tuple[float | None, str]]:
    """Return learner, exercise, points and comment of a row; ValueError says what is wrong with it."""
    student = row["student"].strip()
    exercise = row["exercise"].strip().removeprefix("exercise-").replace("-", ".")
    if not student:
        raise ValueError("the learner's name is missing")
    if not re.fullmatch(r"\d{1,3}\.\d{1,3}", exercise, re.ASCII):
        raise ValueError(f"{one_line(row['exercise'], 40)!r} is not an exercise; write it as exercise-2-1")
    points = _points(row["points"].strip()) if row["points"].strip() else None
    return (student, exercise), (points, clean(row["comment"]).strip())


def _points(text: str) -> float:
    """Return points, written with a point or a comma."""
    if not re.fullmatch(r"\d{1,6}(?:[.,]\d{1,6})?", text, re.ASCII):
        raise ValueError(f"{one_line(text, 40)!r} is not a number of points; write 2 or 1.5")
    return float(text.replace(",", "."))


def _order(exercise: str) -> list[int]:
    return [int(part) for part in exercise.split(".") if part.isdecimal()]


def _rows(path: Path, names: Collection[str]) -> list[tuple[int, dict[str, str]]]:
    """Return the table's rows, numbered as in a spreadsheet. `names` tell its encoding if it is not UTF-8."""

    def names_in(text: str) -> set[str]:
        students = {row["student"].strip() for _, row in _parsed(path, text)}
        return {student for student in students if not student.isascii()}

    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    text = decoded(data, names_in, set(names))
    if text is None:
        raise ValueError(f'{path.name} is not UTF-8: save it as "CSV UTF-8"')
    return _parsed(path, text)


def _parsed(path: Path, text: str) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a text, with comma, semicolon or tab between the cells."""
    head = text.split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise ValueError(f"{path.name} is not CSV: {error}") from None
    names = [name.strip().lower() for name in lines[0]] if lines else []
    missing = [name for name in REVIEW[:4] if name not in names]
    if missing:
        raise ValueError(f"{path.name}, row 1: missing column {', '.join(missing)}")
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        if any(cell.strip() for cell in cells):
            padded = cells + [""] * (len(names) - len(cells))
            rows.append((number, dict(zip(names, padded, strict=False))))
    return rows


def _moodle_row(submission: Graded, now: str) -> tuple[object, ...]:
    number = _participant(submission)
    identifier = f"Participant {number}" if number else ""
    name = one_line(submission.student)
    email = name if re.fullmatch(r"[^@\s]+@[^@\s]+", name) else ""
    username = "" if email or number else name
    most = plain(sum(mark.max_points for mark in submission.marks))
    return identifier, name, username, email, _total(submission), most, now, _moodle_comments(submission)


def _moodle_comments(submission: Graded) -> str:
    """Return the feedback as escaped HTML; nothing for a learner who handed in nothing."""
    if submission.is_absent:
        return ""
    shared = clean(submission.shared_feedback)
    comments = [shared] if shared else [_moodle_comment(mark) for mark in submission.marks]
    return html.escape(shorten("\n\n".join(comments), LONGEST_CELL // 6)).replace("\n", "<br>")


def _moodle_comment(mark: Mark) -> str:
    """Return the feedback on one answer; the heading once, where the feedback begins with it."""
    heading, feedback = f"{mark.exercise} {mark.title}:", clean(mark.feedback)
    return feedback if feedback.startswith(heading) else f"{heading} {mark.outcome}\n{feedback}".strip()


def _by_student(graded: Iterable[Graded]) -> dict[str, dict[str, Graded]]:
    by_student: dict[str, dict[str, Graded]] = defaultdict(dict)
    for submission in graded:
        by_student[submission.student][submission.chapter] = submission
    return by_student


def _total(submission: Graded) -> float | int | None:
    """Return the points of a submission; None if nothing was handed in, or while an answer waits for a person."""
    is_waiting = any(mark.points is None for mark in submission.marks)
    return None if submission.is_absent or is_waiting else plain(round(submission.points, 2))


def cell_name(exercise: str) -> str:
    """Return the name of an exercise in a table: spreadsheets turn "2.1" into a date or a number."""
    return f"exercise-{exercise.replace('.', '-')}"


def plain(number: float) -> float | int:
    """Return 3 for 3.0."""
    return int(number) if float(number).is_integer() else number


def write_table(path: Path, rows: Iterable[Sequence[object]], mark: str = "") -> None:
    """Write rows as RFC 4180 demands; texts are defused, numbers and None are not."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for row in rows:
        cells = [plain(cell) if isinstance(cell, float) else cell for cell in row]
        writer.writerow([defused(cell) if isinstance(cell, str) else cell for cell in cells])
    write_atomically(path, mark + buffer.getvalue())
