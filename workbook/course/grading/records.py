"""The results of grading: one `Mark` for each learner and exercise, one `Graded` for each submission."""

from collections.abc import Iterable
from dataclasses import dataclass

from workbook.course.jailed.strict_json import WireMessage

OUTCOMES = (
    "passed",
    "wrong",
    "not started",
    "error",
    "timeout",
    "memory",
    "died",
    "malformed",
    "needs review",
)


@dataclass(frozen=True)
class Mark(WireMessage):
    """What one learner gets for one exercise, and why.

    `detail` is for the instructor: it may show the hidden cases. `feedback` is for the learner: it shows practice
    cases only. `answer` is the source of the answer cell as handed in. `notes` are things to look at, never a verdict.
    `points` is None until a person has marked the answer. `judged_by` is a digest of all that judged it.
    `right_groups` and `wrong_groups` are the kinds of cases that the exercise names, as the answer got them.
    """

    student: str
    chapter: str
    exercise: str
    title: str
    outcome: str
    points: float | None
    max_points: float
    mistake: str = ""
    detail: str = ""
    feedback: str = ""
    answer: str = ""
    notes: tuple[str, ...] = ()
    judged_by: str = ""
    right_groups: tuple[str, ...] = ()
    wrong_groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graded(WireMessage):
    """A submission with its marks. `digest` is that of its bytes, "" where nothing was handed in.

    `oddity` is one line on what was odd about the file or the run as a whole, or "". `lms_id` is the learner's
    number in the system that exported the submission (Canvas's user id, Moodle's participant), or "".
    """

    student: str
    chapter: str
    origin: str
    digest: str
    marks: tuple[Mark, ...]
    oddity: str = ""
    lms_id: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What is marked once: the learner and the chapter."""
        return self.student, self.chapter

    @property
    def is_absent(self) -> bool:
        """Whether no file of this chapter was handed in, and no person gave points for it."""
        return not self.origin and not any(mark.points for mark in self.marks)

    @property
    def shared_feedback(self) -> str:
        """What the learner reads on every exercise alike, such as why the file could not be read; else ""."""
        feedback = {mark.feedback for mark in self.marks}
        has_answer = any(mark.answer.strip() for mark in self.marks)
        return feedback.pop() if len(feedback) == 1 and not has_answer else ""

    @property
    def points(self) -> float:
        """The sum of the points so far; answers that wait for a person count 0."""
        return sum(mark.points or 0 for mark in self.marks)


def in_order(graded: Iterable[Graded]) -> list[Graded]:
    """Return the submissions sorted by learner, then chapter."""
    return sorted(graded, key=lambda submission: submission.key)
