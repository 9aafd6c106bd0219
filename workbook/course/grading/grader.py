"""Grade one submission: read it, run its answers in the jail, rule on what they did, and tell the learner.

The marks come from cases that the learner never sees. An answer that fails runs once more on practice cases, and
feedback shows those.
"""

import hashlib
from collections.abc import Mapping
from typing import Protocol

from workbook.course.grading.attempts import AnswerReports, graders_report, run_answers
from workbook.course.grading.containers import NOTHING
from workbook.course.grading.jail import Jail
from workbook.course.grading.records import Graded, Mark
from workbook.course.grading.referee_messages import Answers, Ruling
from workbook.course.grading.referee_pool import RefereeLostError, RefereePool
from workbook.course.jailed.jail_messages import AnswerReport
from workbook.exercises import Exercise, FreeText, exercises_of

REVEALING = ("wrong", "error", "malformed")  # outcomes whose feedback needs practice cases
ONLY_HIDDEN = "Right on the practice cases, but not on all of the grader's."
WITHOUT_CASES = {  # what the learner reads where the detail would show a hidden case
    "timeout": "It did not finish in time on one of the grader's cases.",
    "memory": "It needed more memory than there is on one of the grader's cases.",
    "died": "It ended the process that ran it: `os._exit`, a crash, or too much memory.",
}


class HandedIn(Protocol):
    """What is graded: a `submissions.Submission`, or one that came over the network."""

    @property
    def student(self) -> str: ...
    @property
    def chapter(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def lms_id(self) -> str: ...
    @property
    def problem(self) -> str: ...
    @property
    def oddity(self) -> str: ...
    def read(self) -> bytes:
        """Return the file's bytes; ValueError with one sentence if that cannot be done."""
        ...


class Grader:
    """Grades submissions one by one; several threads may call `grade` at the same time."""

    def __init__(self, jail: Jail, referees: RefereePool) -> None:
        self.jail, self.referees = jail, referees

    def grade(self, submission: HandedIn) -> Graded:
        """Grade a submission. Whatever it is, it ends with a mark for each exercise of its chapter."""
        try:
            data = submission.read()
        except ValueError as error:
            return unreadable(submission, submission.chapter, submission.problem or str(error), "")
        digest = hashlib.sha256(data).hexdigest()
        try:
            answers = self.referees.read(data, submission.chapter)
        except RefereeLostError as lost:
            problem = f"The file cannot be read: the process that reads it {lost}."
            return unreadable(submission, submission.chapter, problem, digest)
        if answers.problem:
            return unreadable(submission, answers.chapter, answers.problem, digest)
        return self._graded(submission, answers, digest)

    def _graded(self, submission: HandedIn, answers: Answers, digest: str) -> Graded:
        chapter = answers.chapter
        collected = self._run(answers, "marks", None)
        rulings = {
            exercise.id: self._rule(answers, exercise.id, "marks", collected.reports.get(exercise.id))
            for exercise in exercises_of(chapter)
            if isinstance(exercise, Exercise)
        }
        practice = self._practice(answers, rulings)
        marks = tuple(
            _code_mark(submission, answers, exercise, rulings[exercise.id], practice.get(exercise.id))
            if isinstance(exercise, Exercise)
            else _text_mark(submission, answers, exercise)
            for exercise in exercises_of(chapter)
        )
        oddity = "; ".join(filter(None, [submission.oddity, *answers.notes, *collected.oddities]))
        return Graded(
            submission.student, chapter, submission.origin, digest, marks, oddity, submission.lms_id
        )

    def _rule(self, answers: Answers, exercise: str, purpose: str, report: AnswerReport | None) -> Ruling:
        if report is None and exercise in answers.missing:
            report = graders_report(exercise, "not started", "its cell is not in the notebook")
        elif report is None:
            report = graders_report(exercise, "died", "it was not reached")
        try:
            return self.referees.rule(answers.chapter, purpose, report)
        except RefereeLostError as lost:
            detail = f"got a value that cannot be compared: the process that compares it {lost}"
            return Ruling("malformed", mistake="", advice="", detail=detail, text=detail)

    def _practice(self, answers: Answers, rulings: Mapping[str, Ruling]) -> dict[str, str]:
        """Return what a learner may read of each answer that failed: how it does on the practice cases."""
        failed = [exercise for exercise, ruling in rulings.items() if ruling.outcome in REVEALING]
        if not failed:
            return {}
        collected = self._run(answers, "practice", failed)
        texts = {}
        for exercise in failed:
            ruling = self._rule(answers, exercise, "practice", collected.reports.get(exercise))
            if ruling.outcome == "passed":
                texts[exercise] = f"{ONLY_HIDDEN}\n{rulings[exercise].advice}".strip()
            else:
                texts[exercise] = ruling.text
        return texts

    def _run(self, answers: Answers, purpose: str, only: list[str] | None) -> AnswerReports:
        try:
            tasks = self.referees.tasks(answers.chapter, purpose)
        except RefereeLostError:  # lost by what it read before: a new process takes its place
            tasks = self.referees.tasks(answers.chapter, purpose)
        return run_answers(self.jail, tasks, answers, only)


def _code_mark(
    submission: HandedIn, answers: Answers, exercise: Exercise, ruling: Ruling, practice: str | None
) -> Mark:
    calls = answers.course_calls.get(exercise.id, ())
    feedback = ruling.text if practice is None else practice
    if ruling.outcome in WITHOUT_CASES:
        feedback = f"{exercise.id} {exercise.title}: {ruling.outcome}. {WITHOUT_CASES[ruling.outcome]}"
    return Mark(
        student=submission.student,
        chapter=answers.chapter,
        exercise=exercise.id,
        title=exercise.title,
        outcome=ruling.outcome,
        points=exercise.points if ruling.outcome == "passed" else 0,
        max_points=exercise.points,
        mistake=ruling.mistake,
        detail=ruling.detail,
        feedback=feedback,
        answer=answers.sources.get(exercise.id, ""),
        notes=(f"uses the course's own {', '.join(calls)}",) if calls else (),
        right_groups=ruling.right_groups,
        wrong_groups=ruling.wrong_groups,
    )


def _text_mark(submission: HandedIn, answers: Answers, exercise: FreeText) -> Mark:
    text = answers.texts.get(exercise.id, "")
    return Mark(
        student=submission.student,
        chapter=answers.chapter,
        exercise=exercise.id,
        title=exercise.title,
        outcome="needs review" if text else "not started",
        points=None if text else 0,
        max_points=exercise.points,
        feedback="A person will read this answer." if text else "No answer was handed in.",
        answer=text,
    )


def unreadable(submission: HandedIn, chapter: str, problem: str, digest: str) -> Graded:
    """Mark every exercise of a submission that cannot be read as malformed; `problem` is one sentence."""
    feedback = f"Your file could not be graded because {problem[:1].lower()}{problem[1:]}"
    marks = tuple(
        Mark(
            student=submission.student,
            chapter=chapter,
            exercise=exercise.id,
            title=exercise.title,
            outcome="malformed",
            points=0,
            max_points=exercise.points,
            detail=problem,
            feedback=feedback,
        )
        for exercise in (exercises_of(chapter) if chapter else ())
    )
    return Graded(submission.student, chapter, submission.origin, digest, marks, problem, submission.lms_id)


def absent(student: str, chapter: str, lms_id: str = "", problem: str = "") -> Graded:
    """Mark every exercise of a chapter that a learner did not hand in as not started.

    `problem` is one sentence on what was handed in instead of any chapter, or "".
    """
    feedback = "Nothing was handed in for this chapter."
    if problem and problem != NOTHING:
        feedback = f"What was handed in is no notebook of this chapter. {problem}"
    marks = tuple(
        Mark(
            student=student,
            chapter=chapter,
            exercise=exercise.id,
            title=exercise.title,
            outcome="not started",
            points=0,
            max_points=exercise.points,
            feedback=feedback,
        )
        for exercise in exercises_of(chapter)
    )
    return Graded(student, chapter, "", "", marks, "", lms_id)
