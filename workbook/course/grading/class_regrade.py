"""Grade a class again: list what would change, and take it over when asked to."""

from dataclasses import dataclass
from pathlib import Path

from workbook.course.grading import class_run, exports, regrade
from workbook.course.grading.class_run import ClassResult, Progress
from workbook.course.grading.fingerprints import Judges, read_known
from workbook.course.grading.journal import Journal, Run
from workbook.course.grading.options import GradingOptions
from workbook.course.grading.partial_credit import chosen_exercises
from workbook.course.grading.records import Graded
from workbook.course.grading.submissions import Submission

FileKey = tuple[str, str]  # learner and origin


@dataclass
class RegradeResult:
    """What grading again would change, or changed. `marks` counts those that were looked at.

    `result` is the class with the new marks, or None as long as they were not taken over.
    """

    changes: list[regrade.Change]
    marks: int
    result: ClassResult | None = None


def grade_again(
    path: Path,
    run: Run,
    options: GradingOptions,
    words: str,
    *,
    apply: bool,
    on_progress: Progress = lambda *progress: None,
) -> RegradeResult:
    """Grade stored submissions again and write what would change to changes.csv; with `apply`, take it over.

    `words` say which, as `regrade.scope_of` reads them. Without `apply` no mark, table or page is touched. What was
    listed before is not graded once more as long as neither the course nor the files have changed.
    """
    _, handed_in = class_run.find_submissions(path, run, options)
    scope = regrade.scope_of(words, [submission.student for submission in handed_in], options.chapters)
    judges = class_run.judges_of(options)
    run_journal = Journal(run.folder)
    try:
        class_run.check_inputs(run, options, handed_in)
        stored, _ = class_run.divide(handed_in, run_journal)
        chosen = [graded for graded in stored if _is_in(scope, graded)]
        again = _graded_again(handed_in, chosen, run, options, judges, on_progress)
        pairs = [(old, regrade.merged(old, again[_key(old)], scope)) for old in chosen if _key(old) in again]
        given = _given(run, options, stored)
        partial = chosen_exercises(run.partial_credit, class_run.chapters_of(options.root))
        found = regrade.changes(pairs, judges, read_known(run.folder), given, partial)
        regrade.write_changes(run.folder / regrade.CHANGES, found)
        for _, new in pairs if apply else ():
            run_journal.append(new)
    finally:
        run_journal.close()
    marks = sum(scope.holds(mark.student, mark.exercise) for _, new in pairs for mark in new.marks)
    return RegradeResult(found, marks, class_run.grade(path, run, options, on_progress) if apply else None)


def _is_in(scope: regrade.Scope, graded: Graded) -> bool:
    return any(scope.holds(mark.student, mark.exercise) for mark in graded.marks)


def _key(graded: Graded | Submission) -> FileKey:
    return graded.student, graded.origin


def _graded_again(
    handed_in: list[Submission],
    chosen: list[Graded],
    run: Run,
    options: GradingOptions,
    judges: Judges,
    on_progress: Progress,
) -> dict[FileKey, Graded]:
    """Return the chosen submissions as the course judges them now; they are kept in a journal of their own."""
    keys = {_key(graded) for graded in chosen}
    again = Journal(run.folder / regrade.FOLDER)
    try:
        kept, missing = class_run.divide([file for file in handed_in if _key(file) in keys], again)
        fresh = {_key(graded): graded for graded in kept if not judges.outdated(graded)}
        stale = {_key(graded) for graded in kept} - fresh.keys()
        missing += [file for file in handed_in if _key(file) in stale]
        for graded in class_run.judged(missing, run, options, judges, []):
            again.append(graded)
            fresh[_key(graded)] = graded
            on_progress(graded, len(fresh), len(keys))
        return fresh
    finally:
        again.close()


def _given(run: Run, options: GradingOptions, graded: list[Graded]) -> dict[exports.Key, exports.Entry]:
    """Return the marks by people, from the review table and from formgrader."""
    from workbook.course.grading import gradebook  # nbgrader takes seconds to import

    review = run.folder / "review.csv"
    in_table = exports.read_marks(review, graded) if review.exists() else {}
    url = class_run.database(run, options)
    is_there = options.database is not None or (run.folder / "gradebook.db").exists()
    return {**in_table, **(gradebook.marks_given(url, graded) if is_there else {})}
