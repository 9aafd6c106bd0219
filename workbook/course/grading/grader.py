"""Grade one submission: read it, run its answers in the jail, rule on what they did, and say it to the learner.

The marks come from cases that the learner never sees; where an answer fails, it runs once more on practice cases, and
feedback shows those.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Protocol

from workbook.course.grading import passes
from workbook.course.grading.jail import Jail
from workbook.course.grading.records import Graded, Mark
from workbook.course.grading.referees import RefereeLostError, Referees
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
        """Give the file's bytes; ValueError with one sentence if that cannot be done."""
        ...


class Grader:
    """Grades submissions one by one; several threads may call `grade` at the same time."""

    def __init__(self, jail: Jail, referees: Referees) -> None:
        self.jail, self.referees = jail, referees

    def grade(self, submission: HandedIn) -> Graded:
        """Grade a submission. Whatever it is, it ends with a mark for each exercise of its chapter."""
        try:
            data = submission.read()
        except ValueError as error:
            return unreadable(submission, submission.chapter, submission.problem or str(error), "")
        digest = hashlib.sha256(data).hexdigest()
        try:
            found = self.referees.read(data, submission.chapter)
        except RefereeLostError as lost:
            problem = f"cannot be read: whoever reads it {lost}"
            return unreadable(submission, submission.chapter, problem, digest)
        if found["problem"]:
            return unreadable(submission, found["chapter"], found["problem"], digest)
        return self._graded(submission, found, digest)

    def _graded(self, submission: HandedIn, found: dict[str, Any], digest: str) -> Graded:
        chapter = found["chapter"]
        seen = self._observe(found, "marks", None)
        rulings = {
            one.id: self._rule(chapter, one.id, "marks", seen.reports.get(one.id), found)
            for one in exercises_of(chapter)
            if isinstance(one, Exercise)
        }
        practice = self._practice(found, rulings)
        marks = tuple(
            self._mark(submission, found, one, rulings.get(one.id), practice.get(one.id))
            for one in exercises_of(chapter)
        )
        oddity = "; ".join(filter(None, [submission.oddity, *found["notes"], *seen.oddities]))
        return Graded(
            submission.student, chapter, submission.origin, digest, marks, oddity, submission.lms_id
        )

    def _rule(
        self, chapter: str, exercise: str, purpose: str, report: dict[str, Any] | None, found: dict[str, Any]
    ) -> dict[str, Any]:
        if report is None:
            missing = exercise in found["missing"]
            detail = "its cell is not in the notebook" if missing else "it was not reached"
            report = passes.report("not started" if missing else "died", detail)
        try:
            return self.referees.rule(chapter, exercise, purpose, report)
        except RefereeLostError as lost:
            detail = f"gave a value that cannot be compared: whoever compares it {lost}"
            return {"outcome": "malformed", "mistake": "", "advice": "", "detail": detail, "text": detail}

    def _practice(self, found: dict[str, Any], rulings: Mapping[str, dict[str, Any]]) -> dict[str, str]:
        """Give what a learner may read of each answer that failed: how it does on the practice cases."""
        failed = [one for one, ruling in rulings.items() if ruling["outcome"] in REVEALING]
        if not failed:
            return {}
        seen = self._observe(found, "practice", failed)
        texts = {}
        for exercise in failed:
            ruling = self._rule(found["chapter"], exercise, "practice", seen.reports.get(exercise), found)
            if ruling["outcome"] == "passed":
                texts[exercise] = f"{ONLY_HIDDEN}\n{rulings[exercise]['advice']}".strip()
            else:
                texts[exercise] = ruling["text"]
        return texts

    def _observe(self, found: dict[str, Any], purpose: str, only: list[str] | None) -> passes.Observed:
        try:
            tasks = self.referees.tasks(found["chapter"], purpose)
        except RefereeLostError:  # lost by what it read before: started anew
            tasks = self.referees.tasks(found["chapter"], purpose)
        return passes.observe(self.jail, tasks, found, only)

    def _mark(
        self,
        submission: HandedIn,
        found: dict[str, Any],
        one: Exercise | FreeText,
        ruling: dict[str, Any] | None,
        practice: str | None,
    ) -> Mark:
        base = {"student": submission.student, "chapter": found["chapter"], "exercise": one.id}
        base |= {"title": one.title, "max_points": one.points}
        if ruling is None:
            text = found["texts"].get(one.id, "")
            if not text:
                return Mark(**base, outcome="not started", points=0, feedback="No answer was handed in.")
            return Mark(
                **base, outcome="needs review", points=None, feedback="A person will read this.", answer=text
            )
        notes = found["leaning"].get(one.id, [])
        if ruling["outcome"] in WITHOUT_CASES:
            practice = f"{one.id} {one.title}: {ruling['outcome']}. {WITHOUT_CASES[ruling['outcome']]}"
        return Mark(
            **base,
            outcome=ruling["outcome"],
            points=one.points if ruling["outcome"] == "passed" else 0,
            mistake=ruling["mistake"],
            detail=ruling["detail"],
            feedback=practice if practice is not None else ruling["text"],
            answer=found["answers"].get(one.id, ""),
            notes=(f"uses the course's own {', '.join(notes)}",) if notes else (),
        )


def unreadable(submission: HandedIn, chapter: str, problem: str, digest: str) -> Graded:
    """Mark every exercise of a submission that cannot be read as malformed, with the reason."""
    marks = tuple(
        Mark(submission.student, chapter, one.id, one.title, "malformed", 0, one.points,
             detail=problem, feedback=f"Your file could not be graded: it {problem}. Hand it in again.")
        for one in (exercises_of(chapter) if chapter else ())
    )  # fmt: skip
    return Graded(submission.student, chapter, submission.origin, digest, marks, problem, submission.lms_id)


def absent(student: str, chapter: str, lms_id: str = "") -> Graded:
    """Mark every exercise of a chapter that a learner did not hand in as not started."""
    marks = tuple(
        Mark(
            student,
            chapter,
            one.id,
            one.title,
            "not started",
            0,
            one.points,
            feedback="Nothing was handed in.",
        )
        for one in exercises_of(chapter)
    )
    return Graded(student, chapter, "", "", marks, "", lms_id)
