"""Grade stored submissions again and list what would change, before any mark is overwritten.

The new marks wait in a journal of their own, `regrade/journal.jsonl`. Taking them over uses exactly what was listed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbook.course.grading import exports
from workbook.course.grading.fingerprints import Judges, Parts
from workbook.course.grading.partial_credit import with_partial_credit
from workbook.course.grading.records import Graded, Mark
from workbook.course.grading.untrusted import one_line
from workbook.exercises import Exercise, exercises_of

ALL = "all"
FOLDER, CHANGES = "regrade", "changes.csv"
MOST_REASONS = 6  # that one change lists
COLUMNS = (
    "student", "chapter", "exercise", "outcome_before", "points_before", "outcome_after", "points_after", "why",
    "given_by_a_person", "detail_after",
)  # fmt: skip
BY_CHANCE = "nothing in the course changed: the answer may depend on chance or on time"


@dataclass(frozen=True)
class Scope:
    """What to grade again: exercises of learners. Empty means all."""

    students: frozenset[str] = frozenset()
    exercises: frozenset[str] = frozenset()

    def holds(self, student: str, exercise: str) -> bool:
        """Return whether a mark is in the scope."""
        return (not self.students or student in self.students) and (
            not self.exercises or exercise in self.exercises
        )


def scope_of(words: str, students: Iterable[str], chapters: Sequence[str]) -> Scope:
    """Return the scope that a text such as "all", "2.3", "02" or "ann, 2.3" names; ValueError for an unknown name.

    Several exercises are all graded again, and so are several learners; with both, these exercises of these learners.
    """
    known, exercises_by_chapter = set(students), {name: _judged(name) for name in chapters}
    chosen_students, chosen_exercises = set(), set()
    for word in (part.strip() for part in words.split(",")):
        in_chapters = [name for name in chapters if word and word in (name, name[:2])]
        if word == ALL:
            continue
        if word in known:
            chosen_students.add(word)
        elif in_chapters:
            chosen_exercises |= {name for chapter in in_chapters for name in exercises_by_chapter[chapter]}
        elif any(word in names for names in exercises_by_chapter.values()):
            chosen_exercises.add(word)
        else:
            raise ValueError(
                f"--regrade must name learners, exercises such as 2.3, chapters such as 02, or {ALL}. "
                f"Received: {one_line(word, 60)!r}"
            )
    return Scope(frozenset(chosen_students), frozenset(chosen_exercises))


def _judged(chapter: str) -> list[str]:
    return [exercise.id for exercise in exercises_of(chapter) if isinstance(exercise, Exercise)]


@dataclass(frozen=True)
class Change:
    """A mark that grading again would change, and why. `given` says what a person gave, which stays."""

    before: Mark
    after: Mark
    why: str
    given: str = ""


def merged(stored: Graded, new: Graded, scope: Scope) -> Graded:
    """Return a stored submission with the new marks of the scope; marks of exercises that are gone are dropped."""
    by_exercise = {mark.exercise: mark for mark in stored.marks}
    marks = tuple(
        mark
        if mark.exercise not in by_exercise or scope.holds(mark.student, mark.exercise)
        else by_exercise[mark.exercise]
        for mark in new.marks
    )
    return replace(new, marks=marks)


def changes(
    pairs: Iterable[tuple[Graded, Graded]],
    judges: Judges,
    known: Mapping[str, Parts],
    given: Mapping[tuple[str, str], exports.Entry],
    partial: frozenset[str] = frozenset(),
) -> list[Change]:
    """Return what differs between stored submissions and what would replace them.

    `known` are the parts of the fingerprints that stored marks carry, and `given` the marks by people. Exercises with
    partial credit are compared by the points that it gives.
    """
    result = []
    for stored, new in (with_partial_credit(pair, partial) for pair in pairs):
        before = {mark.exercise: mark for mark in stored.marks}
        for mark in new.marks:
            old = before.get(mark.exercise)
            if old is not None and _seen(old) != _seen(mark):
                points, _ = given.get((mark.student, mark.exercise), (None, ""))
                kept = "" if points is None else f"{exports.plain(points)} points, which stay"
                result.append(Change(old, mark, _why(old, judges, known), kept))
    return result


def _seen(mark: Mark) -> tuple[object, ...]:
    """Return what a person sees of a mark: a change of the fingerprint alone is no change of the mark."""
    return mark.outcome, mark.points, mark.max_points, mark.mistake, mark.notes


def _why(old: Mark, judges: Judges, known: Mapping[str, Parts]) -> str:
    words = judges.changed_since(old, known) or [BY_CHANCE]
    more = len(words) - MOST_REASONS
    return "; ".join([*words[:MOST_REASONS], *([f"{more} more parts changed"] if more > 0 else [])])


def write_changes(path: Path, found: Iterable[Change]) -> None:
    """Write one row for each change, for the instructor: the last column may show hidden cases."""
    rows: list[Sequence[object]] = [COLUMNS]
    for change in found:
        before, after = change.before, change.after
        first = (after.student, after.chapter, after.exercise, _outcome(before), before.points)
        rows.append((*first, _outcome(after), after.points, change.why, change.given, after.detail))
    exports.write_table(path, rows, mark=exports.BYTE_ORDER_MARK)


def _outcome(mark: Mark) -> str:
    return f"{mark.outcome} ({mark.mistake})" if mark.mistake else mark.outcome


def in_words(change: Change) -> str:
    """Return a change on one line."""
    before, after = change.before, change.after
    points = f"{_points(before)} → {_points(after)} points"
    given = f" (a person gave {change.given})" if change.given else ""
    line = f"{after.student} {after.exercise}: {_outcome(before)} → {_outcome(after)}, {points}{given}: {change.why}"
    return one_line(line, 400)


def _points(mark: Mark) -> str:
    return "–" if mark.points is None else str(exports.plain(mark.points))
