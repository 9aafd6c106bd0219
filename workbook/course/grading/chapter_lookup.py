"""Find the chapter of notebooks whose names do not tell it by reading their cells, and so whose they are."""

import time
from collections import Counter
from dataclasses import replace

from workbook.course.grading import journal, submissions
from workbook.course.grading.names import split_number
from workbook.course.grading.options import GradingOptions
from workbook.course.grading.referee_pool import RefereeLostError, RefereePool
from workbook.course.grading.submissions import Submission

MOST_READING = 60_000  # milliseconds for reading one learner's files
TOO_SLOW = "The chapter of this file was not looked up: the learner's other files took too long to read."


def look_up_chapters(
    handed_in: list[Submission], chapters: tuple[str, ...], run: journal.Run, options: GradingOptions
) -> list[Submission]:
    """Return the submissions, with the chapters of files whose names do not tell it where grading depends on it.

    It does where a learner handed in several files, of which one per chapter is graded, and where a name has a number
    that may be a chapter's: "alice_02" is alice if the cells are those of chapter 02.
    """
    counts = Counter(submission.student for submission in handed_in)
    unnamed = [
        submission
        for submission in handed_in
        if not submission.chapter
        and (counts[submission.student] > 1 or _chapter_in_name(submission, chapters))
    ]
    if not unnamed:
        return handed_in
    referees = RefereePool(1, options.root, seed=run.seed, practice_seed=run.practice_seed)
    milliseconds: Counter[str] = Counter()  # by learner
    named = [submission for submission in handed_in if submission not in unnamed]
    try:
        for submission in unnamed:
            start = time.monotonic()
            if milliseconds[submission.student] > MOST_READING:
                named.append(replace(submission, problem=TOO_SLOW))
            else:
                named.append(replace(submission, chapter=_chapter_inside(submission, referees)))
            milliseconds[submission.student] += int(1000 * (time.monotonic() - start))
    finally:
        referees.close()
    return submissions.newest_of_each(without_numbers(named, chapters))


def _chapter_inside(submission: Submission, referees: RefereePool) -> str:
    """Return the chapter that a notebook's cells belong to; "" if it cannot be read, which grading reports later."""
    try:
        return referees.read(submission.read(), "").chapter
    except (ValueError, RefereeLostError):
        return ""


def _chapter_in_name(submission: Submission, chapters: tuple[str, ...]) -> str:
    """Return the chapter whose number is in the learner's name, if that name is the file's own; "" otherwise."""
    is_own_name = (
        submission.origin.rpartition("/")[2].startswith(submission.student) and not submission.lms_id
    )
    return split_number(submission.student, chapters)[0] if is_own_name else ""


def without_numbers(handed_in: list[Submission], chapters: tuple[str, ...]) -> list[Submission]:
    """Return the submissions without the chapter's number in a learner's name, where the cells are of that chapter.

    If most of these numbers are not those of the cells' chapters, as in "team_01", "team_02", "team_03", all stay. Two
    learners whose names then differ in capital letters only keep their numbers.
    """
    claimed = {
        index: claim
        for index, submission in enumerate(handed_in)
        if (claim := _chapter_in_name(submission, chapters))
    }
    right = [index for index, claim in claimed.items() if handed_in[index].chapter == claim]
    if 2 * len(right) <= len(claimed):
        return handed_in
    names = {index: split_number(handed_in[index].student, chapters)[1] for index in right}
    spellings: dict[str, set[str]] = {}
    for name in [*names.values(), *(submission.student for submission in handed_in)]:
        spellings.setdefault(name.casefold(), set()).add(name)
    return [
        replace(submission, student=names[index])
        if index in names and len(spellings[names[index].casefold()]) == 1
        else submission
        for index, submission in enumerate(handed_in)
    ]
