"""Find out when files were handed in: from a platform's table, nbgrader's stamp, or the file's own time."""

import csv
import io
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from workbook.course.grading.containers import InZip, OnDisk, Source, in_zip
from workbook.course.grading.deadlines import DeadlinePolicy, HandedInAt
from workbook.course.grading.names import CANVAS, CANVAS_ANONYMOUS
from workbook.course.grading.spreadsheet_text import decoded
from workbook.course.grading.submissions import Submission
from workbook.course.grading.untrusted import one_line

WHO = (
    "identifier", "student", "email address", "email", "username", "full name", "name", "sid", "id number", "姓名",
    "学号",
)  # fmt: skip
WHEN = ("last modified (submission)", "submitted", "submission time", "submitted at", "提交时间")
CHINESE_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日(?: *星期[一二三四五六日天])?")
NUMBERS_ALONE = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?!\d)")  # the year comes last
STAMP, COLLECTED = "timestamp.txt", "submitted"  # nbgrader's file beside the notebook, and its folder
LONGEST_STAMP = 200  # characters
AT_ONCE = timedelta(minutes=2)  # files that all lie within this time were copied rather than handed in
MOST = 0.75  # more than this share of the files counts as all: one may have been added to the copy later
FILE_TIME, ZIP_TIME = "time of the file", "time in the zip"


def hand_in_times(
    handed_in: Iterable[tuple[str, Submission]], policy: DeadlinePolicy, path: Path
) -> tuple[dict[str, HandedInAt], list[str]]:
    """Return when each submission was handed in, by origin, and notices about times that tell nothing.

    `handed_in` are the submissions, each with its chapter; `path` is the folder or zip that holds all of them. The
    table that the policy names for the chapter comes first. Times of files that all lie close together are those of a
    copy, and are not used. ValueError with a line for each bad row of a table.
    """
    by_chapter: dict[str, list[Submission]] = {}
    for chapter, submission in handed_in:
        if chapter in policy.deadlines and submission.source is not None:
            by_chapter.setdefault(chapter, []).append(submission)
    times: dict[str, HandedInAt] = {}
    notices = []
    for chapter, submissions in sorted(by_chapter.items()):
        table = policy.times.get(chapter)
        told = _from_table(table, submissions, policy) if table is not None else {}
        left = {one.origin: one for one in submissions if one.origin not in told}
        own, is_copy = _own_times(left.values(), policy, path.resolve())
        times |= told | own
        if is_copy:
            notices.append(
                f"{chapter}: the files' own times are those of a copy, so that nobody is late. Name a table of times "
                "under [times]."
            )
    return times, notices


def _own_times(
    submissions: Iterable[Submission], policy: DeadlinePolicy, path: Path
) -> tuple[dict[str, HandedInAt], bool]:
    """Return the times that the files themselves tell, and whether those are of a copy and therefore left out."""
    stamps: dict[str, HandedInAt] = {}
    files: dict[str, HandedInAt] = {}
    for submission in submissions:
        source = _as_collected(submission.source, path)
        stamp, late = _stamp(source), _is_late_in_canvas(submission)
        moment = None if stamp or late is not None else _file_time(source, policy)
        if stamp is not None:
            stamps[submission.origin] = stamp
        elif late:
            stamps[submission.origin] = HandedInAt(None, "the file's name in Canvas's export")
        elif moment is not None:
            files[submission.origin] = moment
    is_copy = _are_of_copy(sorted(time.at for time in files.values() if time.at is not None))
    return (stamps if is_copy else stamps | files), is_copy


def _are_of_copy(moments: list[datetime]) -> bool:
    """Return whether most of these times, at least two, lie so close together that they are those of a copy."""
    at_once = max((bisect_left(moments, moment + AT_ONCE) - i for i, moment in enumerate(moments)), default=0)
    return at_once > 1 and at_once > MOST * len(moments)


def _as_collected(source: Source | None, path: Path) -> Source | None:
    """Return the file that was collected: for a notebook in a learner's own zip, which they can date, the zip."""
    while isinstance(source, InZip):
        container = source.container
        if isinstance(container, OnDisk) and Path(container.root, *container.parts) == path:
            return source
        source = container
    return source


def _is_late_in_canvas(submission: Submission) -> bool | None:
    """Return whether Canvas's export says late; None for other files. The times in Canvas's zip say nothing."""
    name = submission.origin.split("/")[0]
    if CANVAS_ANONYMOUS.fullmatch(name) or (submission.lms_id and CANVAS.fullmatch(name)):
        return bool(re.search(r"(^|_)(LATE|late)_", name))
    return None


def _stamp(source: Source | None) -> HandedInAt | None:
    """Return the time in nbgrader's stamp beside a notebook, or None."""
    beside = _beside(source)
    if beside is None:
        return None
    from nbgrader.utils import parse_utc  # takes seconds to import

    try:
        words = beside.read()[:LONGEST_STAMP].decode("ascii").strip()
        return HandedInAt(parse_utc(words).replace(tzinfo=UTC), f"nbgrader's {STAMP}")
    except (ValueError, OverflowError, AttributeError):
        return None


def _beside(source: Source | None) -> Source | None:
    """Return nbgrader's stamp for a file in `submitted/STUDENT/ASSIGNMENT/`; elsewhere it may be a learner's."""
    if isinstance(source, OnDisk):
        stamp = OnDisk(source.root, (*source.parts[:-1], STAMP))
        is_course = Path(source.root).name == COLLECTED and len(source.parts) == 3
        return stamp if is_course and Path(stamp.root, *stamp.parts).is_file() else None
    if isinstance(source, InZip):
        members = _members(source.container)
        parts = next((parts for parts, index in members.items() if index == source.index), ())
        index = members.get((*parts[:-1], STAMP)) if len(parts) == 4 and parts[0] == COLLECTED else None
        return None if index is None else InZip(source.container, index)
    return None


@cache
def _members(container: Source) -> dict[tuple[str, ...], int]:
    """Return the members of a zip: path → number."""
    try:
        entries = in_zip(container)
    except ValueError:
        return {}
    return {entry.parts: entry.source.index for entry in entries if isinstance(entry.source, InZip)}


def _file_time(source: Source | None, policy: DeadlinePolicy) -> HandedInAt | None:
    """Return when a file was last changed; the times in a zip are in the policy's time zone."""
    try:
        if isinstance(source, OnDisk):
            return HandedInAt(datetime.fromtimestamp(source.modified(), UTC), FILE_TIME)
        if isinstance(source, InZip):
            return HandedInAt(policy.aware(datetime(*source.modified())), ZIP_TIME)
    except (ValueError, OverflowError, OSError):
        pass
    return None


# Tables --------------------------------------------------------------------------------------------------------------


def _from_table(
    path: Path, submissions: Sequence[Submission], policy: DeadlinePolicy
) -> dict[str, HandedInAt]:
    """Return the times that a table tells, by the origin of the learner's submission."""
    told: dict[str, datetime | None] = {}
    for key, at in read_table(path, {submission.student for submission in submissions}, policy):
        told[key] = at if told.get(key, at) == at else None  # two learners share a name: it tells nothing
    times = {}
    for submission in submissions:
        keys = [f"participant {submission.lms_id}", submission.lms_id, submission.student.casefold()]
        moment = next((told[key] for key in keys if key and told.get(key)), None)
        if moment is not None:
            times[submission.origin] = HandedInAt(moment, path.name)
    return times


def read_table(path: Path, names: set[str], policy: DeadlinePolicy) -> Iterator[tuple[str, datetime]]:
    """Yield each of a learner's names in a table with the time: Moodle's worksheet, Gradescope's, or one by hand.

    `names` are those of the class, which tell the table's encoding.
    """
    # Moodle's number at the end of a name is not in its worksheet.
    rows = _rows(path, names | {re.sub(r"_\d+$", "", name) for name in names})
    who = [name for name in WHO if rows and name in rows[0]]
    when = next((name for name in WHEN if rows and name in rows[0]), "")
    if not who or not when:
        raise ValueError(
            f"{path.name}, row 1: there must be a column student and a column submitted (or 姓名 and 提交时间)"
        )
    problems = []
    for number, row in enumerate(rows, start=2):
        text = (row[when] or "").strip()
        if text in ("", "-"):
            continue
        if _is_ambiguous(text):
            problems.append(
                f"{path.name}, row {number}: {one_line(text, 60)!r} does not say which number is the day; "
                "write 2026-11-20 23:59"
            )
            continue
        try:
            moment = policy.aware(_parsed_time(text))
        except ValueError:
            problems.append(
                f"{path.name}, row {number}: {one_line(text, 60)!r} is not a time; write 2026-11-20 23:59"
            )
            continue
        for name in who:
            if key := (row[name] or "").strip().casefold():
                yield key, moment
    if problems:
        raise ValueError("\n".join(problems))


def _parsed_time(text: str) -> datetime:
    """Return a time as platforms write it: "Friday, 20 November 2026, 11:59 PM", "2026年11月20日 23:59".

    ValueError if it is none, or lacks the day, the month or the year.
    """
    from dateutil import parser

    text = CHINESE_DATE.sub(r"\1-\2-\3", unicodedata.normalize("NFKC", text))
    try:
        moments = {parser.parse(text, default=day) for day in (datetime(2000, 1, 1), datetime(2001, 2, 2))}
    except OverflowError:
        raise ValueError from None
    if len(moments) > 1:
        raise ValueError
    return moments.pop()


def _is_ambiguous(text: str) -> bool:
    """Return whether a date in numbers, such as 11/12/2026, may be of two days."""
    match = NUMBERS_ALONE.match(unicodedata.normalize("NFKC", text).strip())
    if match is None:
        return False
    first, second = int(match[1]), int(match[2])
    return len(match[3]) == 2 or (first != second and max(first, second) <= 12)


def _rows(path: Path, names: set[str]) -> list[Mapping[str, str | None]]:
    def parsed(text: str) -> list[Mapping[str, str | None]]:
        head = text.split("\n", 1)[0]
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        return list(reader)

    def names_in(text: str) -> set[str]:
        rows = parsed(text)
        cells = [row.get(name) or "" for row in rows for name in WHO]
        headings = [name or "" for row in rows[:1] for name in row]
        return {cell for cell in cells + headings if not cell.isascii()}

    try:
        text = decoded(path.read_bytes(), names_in, names | {*WHO, *WHEN})
        if text is None:
            raise ValueError(f'{path.name} is not UTF-8: save it as "CSV UTF-8"')
        return parsed(text)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except csv.Error as error:
        raise ValueError(f"{path.name} is not CSV: {error}") from None
