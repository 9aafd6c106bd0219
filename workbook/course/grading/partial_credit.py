"""Give points for the kinds of cases that an answer gets right, where an instructor asks for that.

An exercise names the kind of each of its cases (`Exercise.groups`). All kinds count the same, and one counts if the
answer is right on all of its cases. Without partial credit, and for an exercise that names no kinds, points are all or
nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from workbook.course.grading.records import Graded, Mark
from workbook.course.grading.untrusted import one_line
from workbook.exercises import Exercise, exercises_of

ALL, NONE = "all", "none"
PARTIAL = ("wrong", "error", "timeout", "memory")  # outcomes after which other cases may still be right


def chosen_exercises(words: str, chapters: Sequence[str]) -> frozenset[str]:
    """Return the exercises that a text such as "all", "none" or "2.3,2.4" names; ValueError for one without kinds."""
    known = [
        exercise.id
        for chapter in chapters
        for exercise in exercises_of(chapter)
        if isinstance(exercise, Exercise) and exercise.groups is not None
    ]
    if words in ("", NONE):
        return frozenset()
    if words == ALL:
        return frozenset(known)
    chosen = [word.strip() for word in words.split(",")]
    for word in chosen:
        if word not in known:
            raise ValueError(
                f"--partial-credit must be {ALL}, {NONE}, or exercises that name kinds of cases: {', '.join(known)}. "
                f"Received: {one_line(word, 40)!r}"
            )
    return frozenset(chosen)


def with_partial_credit(graded: Iterable[Graded], exercises: frozenset[str]) -> list[Graded]:
    """Return the submissions with points for what is right in these exercises; the outcomes stay as they are."""
    return [
        replace(
            submission,
            marks=tuple(_credited(mark) if mark.exercise in exercises else mark for mark in submission.marks),
        )
        for submission in graded
    ]


def _credited(mark: Mark) -> Mark:
    """Return the mark with its share of the points. Right in all kinds and yet not passed is for another reason: 0."""
    right, wrong = mark.right_groups, mark.wrong_groups
    if mark.outcome not in PARTIAL or not right or not wrong:
        return mark
    points = round(mark.max_points * len(right) / len(right + wrong), 2)
    kinds = f"right for {', '.join(right)}; not for {', '.join(wrong)}"
    feedback = f"{mark.feedback}\nPartial credit: {points:g} of {mark.max_points:g} points, {kinds}.".strip()
    detail = f"{mark.detail}\nPartial credit: {kinds}.".strip()
    return replace(mark, points=points, feedback=feedback, detail=detail)
