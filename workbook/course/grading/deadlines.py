"""Deadlines, and what a late submission loses: always beside the raw points, never in them.

An instructor writes them as TOML:

    time_zone = "Europe/Berlin"     # of all times here; without it, this computer's
    grace_minutes = 15              # up to this is in time; after that, the days count from the deadline
    percent_per_day = 10            # of the points, for each day begun
    most_percent = 50

    [deadlines]
    02 = "2026-11-20 23:59"

    [extensions.ann]
    02 = "2026-11-25"               # a day alone means its end

    [times]
    02 = "Grades-02.csv"            # says when each learner handed in; without it, the files' own times count
"""

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from workbook.course.grading import exports
from workbook.course.grading.records import Graded
from workbook.course.grading.untrusted import one_line

KEYS = ("time_zone", "grace_minutes", "percent_per_day", "most_percent", "deadlines", "extensions", "times")
DAY = timedelta(days=1)
COLUMNS = (
    "student", "chapter", "deadline", "handed_in", "time_from", "days_late", "percent_off", "points", "points_after",
)  # fmt: skip


@dataclass(frozen=True)
class HandedInAt:
    """When a file was handed in. `source` says what tells the time; `at` is None if only "late" is known."""

    at: datetime | None
    source: str


@dataclass(frozen=True)
class Lateness:
    """How late a submission is, and what that takes off, in per cent of its points."""

    deadline: datetime
    handed_in: HandedInAt | None
    days: int = 0
    percent: float = 0.0

    @property
    def share(self) -> float:
        """The share of the points that is left."""
        return 1 - self.percent / 100

    def points_after(self, points: float) -> float:
        """Return what is left of a submission's points."""
        return round(points * self.share, 2)


@dataclass(frozen=True)
class DeadlinePolicy:
    """What `deadlines.toml` says. `extensions` are by learner and chapter, `times` are tables by chapter."""

    deadlines: dict[str, datetime]
    extensions: dict[tuple[str, str], datetime] = field(default_factory=dict)
    times: dict[str, Path] = field(default_factory=dict)
    zone: ZoneInfo | None = None
    grace: timedelta = timedelta()
    percent_per_day: float = 0.0
    most_percent: float = 100.0

    def aware(self, moment: datetime) -> datetime:
        """Return a time with its zone: its own, or that of the policy."""
        if moment.tzinfo is not None:
            return moment if self.zone is None else moment.astimezone(self.zone)
        return moment.astimezone() if self.zone is None else moment.replace(tzinfo=self.zone)

    def unknown_names(self, students: Iterable[str]) -> list[str]:
        """Return a notice for each learner with an extension whom the run does not know."""
        unknown = sorted({student for student, _ in self.extensions} - set(students))
        return [
            f"[extensions]: nobody in this run is called {one_line(name, 60)!r}; write names as in grades.csv."
            for name in unknown
        ]

    def lateness(self, student: str, chapter: str, handed_in: HandedInAt | None) -> Lateness | None:
        """Return how late a submission is; None if its chapter has no deadline."""
        deadline = self.extensions.get((student, chapter), self.deadlines.get(chapter))
        if deadline is None:
            return None
        if handed_in is None or handed_in.at is None:
            return Lateness(deadline, handed_in)
        handed_in = replace(handed_in, at=self.aware(handed_in.at))
        assert handed_in.at is not None
        late = handed_in.at - deadline
        if late <= self.grace:
            return Lateness(deadline, handed_in)
        days = math.ceil(late / DAY)
        return Lateness(deadline, handed_in, days, min(days * self.percent_per_day, self.most_percent))


def read_policy(path: Path, chapters: Sequence[str]) -> DeadlinePolicy:
    """Read `deadlines.toml`; ValueError in one line that names the entry that is wrong."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path.name} is not TOML: {error}") from None
    try:
        return _policy(table, path.parent, chapters)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def _policy(table: dict[str, Any], folder: Path, chapters: Sequence[str]) -> DeadlinePolicy:
    unknown = sorted(table.keys() - set(KEYS))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not an entry; choose from {', '.join(KEYS)}")
    zone = _zone(table.get("time_zone"))
    draft = DeadlinePolicy({}, zone=zone)
    extensions = {
        (student, chapter): moment
        for student, entries in _entries(table, "extensions").items()
        for chapter, moment in _moments(draft, entries, f"extensions.{student}", chapters).items()
    }
    return DeadlinePolicy(
        deadlines=_moments(draft, _entries(table, "deadlines"), "deadlines", chapters),
        extensions=extensions,
        times={
            _chapter(key, "times", chapters): folder / _text(name, f"times.{key}")
            for key, name in _entries(table, "times").items()
        },
        zone=zone,
        grace=timedelta(minutes=_number(table, "grace_minutes", 0.0)),
        percent_per_day=_number(table, "percent_per_day", 0.0, most=100.0),
        most_percent=_number(table, "most_percent", 100.0, most=100.0),
    )


def _entries(table: dict[str, Any], name: str) -> dict[str, Any]:
    entries = table.get(name, {})
    if not isinstance(entries, dict):
        raise ValueError(f"{name} must be a table: write [{name}] on a line of its own")
    return entries


def _zone(name: Any) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(_text(name, "time_zone"))
    except (KeyError, OSError, ValueError):
        raise ValueError(f'time_zone must be a name such as "Europe/Berlin". Received: {name!r}') from None


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text in quotation marks. Received: {value!r}")
    return value


def _number(table: dict[str, Any], name: str, default: float, most: float = math.inf) -> float:
    value = table.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        limits = f"from 0 to {most:g}" if most < math.inf else "of at least 0"
        raise ValueError(f"{name} must be a number {limits}. Received: {value!r}")
    return float(value)


def _chapter(key: str, name: str, chapters: Sequence[str]) -> str:
    for chapter in chapters:
        if key in (chapter, chapter[:2]):
            return chapter
    raise ValueError(f"{name} must be by chapter, such as 02. Received: {key!r}")


def _moments(policy: DeadlinePolicy, entries: Any, name: str, chapters: Sequence[str]) -> dict[str, datetime]:
    if not isinstance(entries, dict):
        raise ValueError(f'{name} must be a table, such as 02 = "2026-11-20 23:59"')
    return {
        _chapter(key, name, chapters): policy.aware(_moment(value, f"{name}.{key}"))
        for key, value in entries.items()
    }


def _moment(value: Any, name: str) -> datetime:
    """Return a time; a day alone means its last second."""
    try:
        if isinstance(value, str):
            value = (
                date.fromisoformat(value)
                if len(value.strip()) == 10
                else datetime.fromisoformat(value.strip())
            )
    except ValueError:
        pass
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(23, 59, 59))
    raise ValueError(f'{name} must be a time such as "2026-11-20 23:59". Received: {value!r}')


# What is written -----------------------------------------------------------------------------------------------------

LatenessByKey = Mapping[tuple[str, str], Lateness]  # by learner and chapter


def after_deadlines(graded: Iterable[Graded], lateness: LatenessByKey) -> list[Graded]:
    """Return the submissions with what is left of their points."""
    result = []
    for submission in graded:
        late = lateness.get(submission.key)
        marks = submission.marks
        if late is not None and late.percent:
            marks = tuple(
                mark if mark.points is None else replace(mark, points=round(mark.points * late.share, 4))
                for mark in marks
            )
        result.append(replace(submission, marks=marks))
    return result


def write_lateness(path: Path, graded: Iterable[Graded], lateness: LatenessByKey) -> None:
    """Write one row for each submission to a chapter with a deadline, also for those in time."""
    rows: list[Sequence[object]] = [COLUMNS]
    for submission in graded:
        late = lateness.get(submission.key)
        if late is not None:
            after = late.points_after(submission.points)
            first = (submission.student, submission.chapter, shown(late.deadline), *time_of(late))
            rows.append((*first, late.days, late.percent, submission.points, after))
    exports.write_table(path, rows, mark=exports.BYTE_ORDER_MARK)


def time_of(late: Lateness) -> tuple[str, str]:
    """Return when a submission was handed in and what tells it, as they are shown."""
    if late.handed_in is None:
        return "unknown", ""
    moment = late.handed_in.at
    return "late, time unknown" if moment is None else shown(moment), one_line(late.handed_in.source, 100)


def shown(moment: datetime) -> str:
    """Return a time as tables and pages show it, with its distance from UTC."""
    return moment.strftime("%Y-%m-%d %H:%M %z").strip()


def in_words(late: Lateness, points: float) -> str:
    """Return a late submission's sentence for the learner; "" if it is in time."""
    if late.handed_in is None or late.days == 0:
        return ""
    when, source = time_of(late)
    days = "1 day" if late.days == 1 else f"{late.days} days"
    left = exports.plain(late.points_after(points))
    return (
        f"Handed in {when} ({source}); the deadline was {shown(late.deadline)}. {days} late: "
        f"{late.percent:g} % less, which leaves {left} of {exports.plain(points)} points."
    )
