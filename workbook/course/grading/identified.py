"""Find out the chapter of notebooks whose names do not tell it, and so whose they are."""

import time
from collections import Counter
from dataclasses import replace

from workbook.course.grading import journal, submissions
from workbook.course.grading.names import split_number
from workbook.course.grading.options import GradingOptions
from workbook.course.grading.referee_pool import RefereeLostError, RefereePool
from workbook.course.grading.submissions import Submission

MOST_READING = 60_000  # milliseconds for finding out the chapters of one learner's files
TOO_SLOW = "The chapter of this file was not looked up: the learner's other files took too long to read."


def identified(
    handed_in: list[Submission], chapters: tuple[str, ...], run: journal.Run, options: GradingOptions
) -> list[Submission]:
    """Find out the chapter of files whose names do not tell it, where that decides whose or which file is graded.

    That is so where a learner handed in several, of which one per chapter is graded, and where a name has a number that
    may be a chapter's: "alice_02" is alice if the cells are those of chapter 02.
    """
    counts = Counter(submission.student for submission in handed_in)
    unnamed = [
        submission
        for submission in handed_in
        if not submission.chapter
        and (counts[submission.student] > 1 or _chapters_number(submission, chapters))
    ]
    if not unnamed:
        return handed_in
    referees = RefereePool(1, options.root, seed=run.seed, practice_seed=run.practice_seed)
    seconds: Counter[str] = Counter()
    named = [submission for submission in handed_in if submission not in unnamed]
    try:
        for submission in unnamed:
            begin = time.monotonic()
            if seconds[submission.student] > MOST_READING:
                named.append(replace(submission, problem=TOO_SLOW))
            else:
                named.append(replace(submission, chapter=_chapter_inside(submission, referees)))
            seconds[submission.student] += int(1000 * (time.monotonic() - begin))
    finally:
        referees.close()
    return submissions.newest_of_each(without_numbers(named, chapters))


def _chapter_inside(submission: Submission, referees: RefereePool) -> str:
    """Return the chapter that a notebook's cells belong to; "" if it cannot be read, which grading it will tell."""
    try:
        return referees.read(submission.read(), "").chapter
    except (ValueError, RefereeLostError):
        return ""


def _chapters_number(submission: Submission, chapters: tuple[str, ...]) -> str:
    """Return the chapter whose number is in the name of a file that its own name gives to a learner, or ""."""
    is_own_name = (
        submission.origin.rpartition("/")[2].startswith(submission.student) and not submission.lms_id
    )
    return split_number(submission.student, chapters)[0] if is_own_name else ""


def without_numbers(found: list[Submission], chapters: tuple[str, ...]) -> list[Submission]:
    """Take the chapter's number out of learners' names where the cells are of that chapter.

    Nothing is taken out where most of such numbers say something else, as in "team_01", "team_02", "team_03".
    """
    claimed = {
        number: claim
        for number, submission in enumerate(found)
        if (claim := _chapters_number(submission, chapters))
    }
    right = [number for number, claim in claimed.items() if found[number].chapter == claim]
    if 2 * len(right) <= len(claimed):
        return found
    names = {number: split_number(found[number].student, chapters)[1] for number in right}
    spelled: dict[
        str, set[str]
    ] = {}  # two learners may differ in capital letters only: these keep their numbers
    for name in [*names.values(), *(submission.student for submission in found)]:
        spelled.setdefault(name.casefold(), set()).add(name)
    return [
        replace(submission, student=names[number])
        if number in names and len(spelled[names[number].casefold()]) == 1
        else submission
        for number, submission in enumerate(found)
    ]
