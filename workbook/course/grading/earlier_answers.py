"""Read the answers of another year, with which `copies` compares those of this one."""

from collections.abc import Iterator
from pathlib import Path

from workbook.course.grading import journal, submissions
from workbook.course.grading.options import GradingOptions
from workbook.course.grading.records import Graded, Mark
from workbook.course.grading.referee_messages import Answers, exercise_of
from workbook.course.grading.referee_pool import RefereeLostError, RefereePool
from workbook.course.grading.submissions import Submission


def earlier_answers(path: Path, options: GradingOptions, chapters: tuple[str, ...]) -> list[Graded]:
    """Return the answers in an earlier run's folder, or in a folder or zip of submissions; nothing is run.

    ValueError in one line if there are none to read at all.
    """
    if (path / journal.JOURNAL).is_file():
        newest = {graded.key: graded for graded in journal.stored(path)}
        if not newest:
            raise ValueError(
                f"{path} is a run of another version of the grader: give the folder with its submissions."
            )
        return [graded for graded in newest.values() if graded.chapter in chapters]
    return list(_read(submissions.find(path, chapters), options))


def _read(handed_in: list[Submission], options: GradingOptions) -> Iterator[Graded]:
    """Yield the answers of submissions; those that cannot be read are left out."""
    referees = RefereePool(1, options.root, seed=0, practice_seed=0)
    try:
        for submission in handed_in:
            try:
                answers = referees.read(submission.read(), submission.chapter)
            except (ValueError, RefereeLostError):
                continue
            if not answers.problem:
                yield _unjudged(submission, answers)
    finally:
        referees.close()


def _unjudged(submission: Submission, answers: Answers) -> Graded:
    """Return a submission's answers as marks without points: the text of each attempt as a run shows it."""
    marks = tuple(
        Mark(submission.student, answers.chapter, exercise_of(key), "", "", None, 0.0, answer=text)
        for key, text in answers.shown.items()
        if key in answers.attempts
    )
    return Graded(submission.student, answers.chapter, submission.origin, "", marks)
