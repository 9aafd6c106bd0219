"""Grade everything that was handed in: find it, spread it over threads or machines, and write the results."""

import hashlib
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbook.course.grading import copies, exports, journal, pages, submissions
from workbook.course.grading.grader import Grader, absent
from workbook.course.grading.jail import Jail
from workbook.course.grading.options import GradingOptions
from workbook.course.grading.records import Graded, Mark, in_order
from workbook.course.grading.referee_pool import RefereeLostError, RefereePool
from workbook.course.grading.submissions import Submission
from workbook.exercises import exercises_of

MOST_READING = 60_000  # milliseconds for finding out the chapters of one learner's files
TOO_SLOW = "The chapter of this file was not looked up: the learner's other files took too long to read."
JAIL = ".jail"  # in the run's folder, so that a run that was killed leaves nothing elsewhere
Progress = Callable[[Graded, int, int], None]  # called with a submission, the number done, the number of all


@dataclass
class ClassResult:
    """All marks of a run. `unread` are files of no known chapter.

    `new` counts the submissions graded now, `waiting` the answers that wait for a person. `notice` says what is unusual
    about the machine, or is "".
    """

    graded: list[Graded]
    unread: list[Graded] = field(default_factory=list)
    new: int = 0
    waiting: int = 0
    notice: str = ""


def chapters_of(root: Path, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the course's chapters, or those that begin with one of `wanted`; ValueError for one that fits none."""
    chapters = [path.stem for path in sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))]
    if not wanted:
        return tuple(chapters)
    for word in wanted:
        if not any(name.startswith(word) for name in chapters):
            raise ValueError(f"No chapter starts with {word!r}. Choose from: {', '.join(chapters)}.")
    return tuple(name for name in chapters if any(name.startswith(word) for word in wanted))


def grade(
    path: Path, run: journal.Run, options: GradingOptions, on_progress: Progress = lambda *progress: None
) -> ClassResult:
    """Grade what `path` holds and write everything into the run's folder, each submission once."""
    handed_in = submissions.find(path, chapters_of(options.root), student=options.student)
    handed_in = _identified(handed_in, run, options)
    handed_in = [submission for submission in handed_in if submission.chapter in ("", *options.chapters)]
    if not handed_in:
        raise ValueError(f"{path} holds no submission for {', '.join(options.chapters)}.")
    run_journal = journal.Journal(run.folder)
    try:
        _check_inputs(run, options)
        done, waiting = _divide(handed_in, run_journal)
        notices = [""]
        for graded in _graded(waiting, run, options, notices):
            run_journal.append(graded)
            done.append(graded)
            on_progress(graded, len(done), len(handed_in))
        result = _complete(done, handed_in, options)
        result.new, result.notice = len(waiting), notices[-1]
        write(result, run, options)
        return result
    finally:
        run_journal.close()


def _identified(handed_in: list[Submission], run: journal.Run, options: GradingOptions) -> list[Submission]:
    """Find out the chapter of files whose names do not tell it, where a learner handed in several.

    Then one file per learner and chapter is graded, as where the names tell.
    """
    counts = Counter(submission.student for submission in handed_in)
    unnamed = [
        submission for submission in handed_in if not submission.chapter and counts[submission.student] > 1
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
    return submissions.newest_of_each(named)


def _chapter_inside(submission: Submission, referees: RefereePool) -> str:
    """Return the chapter that a notebook's cells belong to; "" if it cannot be read, which grading it will tell."""
    try:
        return referees.read(submission.read(), "").chapter
    except (ValueError, RefereeLostError):
        return ""


def _divide(
    handed_in: list[Submission], run_journal: journal.Journal
) -> tuple[list[Graded], list[Submission]]:
    """Divide the submissions into those that the journal knows and those that wait to be graded."""
    done: list[Graded] = []
    waiting: list[Submission] = []
    for submission in handed_in:
        try:
            digest = hashlib.sha256(submission.read()).hexdigest()
        except Exception:  # grading it makes an outcome of whatever is wrong
            waiting.append(submission)
            continue
        graded = run_journal.find(submission.student, submission.origin, digest)
        if graded is None:
            waiting.append(submission)
        else:
            done.append(graded)
    return done, waiting


def _graded(
    waiting: list[Submission], run: journal.Run, options: GradingOptions, notices: list[str]
) -> Iterator[Graded]:
    """Grade here or on the scheduler's workers; append to `notices` what is unusual about the machine."""
    if not waiting:
        return
    if options.scheduler is not None:
        from workbook.course.grading import cluster

        yield from cluster.grade(waiting, run, options)
        return
    referees = RefereePool(
        max(1, options.jobs // 2), options.root, seed=run.seed, practice_seed=run.practice_seed
    )
    try:
        jail = Jail(
            memory=options.memory, seconds=options.seconds, unsafe=options.unsafe, folder=run.folder / JAIL
        )
        with jail:
            yield from spread(Grader(jail, referees).grade, waiting, options.jobs)
            notices.append(jail.notice)
    finally:
        referees.close()


def spread(work: Callable[[Submission], Graded], items: Iterable[Submission], jobs: int) -> Iterator[Graded]:
    """Do `work` on the items in `jobs` threads, a few ahead of what is taken; yield results as they come.

    A caller that stops early does not wait for what still runs: closing the jail ends that.
    """
    remaining = iter(items)
    pool = ThreadPoolExecutor(max_workers=jobs)
    try:
        running = {pool.submit(work, item) for item in itertools.islice(remaining, 2 * jobs)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
                running |= {pool.submit(work, item) for item in itertools.islice(remaining, 1)}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _complete(done: list[Graded], handed_in: list[Submission], options: GradingOptions) -> ClassResult:
    """Put the marks together: one for each learner and exercise, whatever was handed in."""
    files = {submission.origin: submission for submission in handed_in}
    groups: dict[tuple[str, str], dict[str, Graded]] = {}
    unread = [graded for graded in done if not graded.chapter]
    for graded in done:
        if graded.chapter in options.chapters:
            groups.setdefault(graded.key, {})[graded.origin] = graded
    by_key = {key: _newest(group, files) for key, group in groups.items()}
    chapters = [name for name in options.chapters if any(key[1] == name for key in by_key)]
    lms_ids = {submission.student: submission.lms_id for submission in handed_in}
    for student, lms_id in lms_ids.items():
        for chapter in chapters:
            by_key.setdefault((student, chapter), absent(student, chapter, lms_id))
    return ClassResult(in_order(by_key.values()), unread)


def _newest(group: Mapping[str, Graded], files: Mapping[str, Submission]) -> Graded:
    """Return the newest of a learner's files that turned out to be of the same chapter; the others are an oddity."""
    chosen = submissions.newest([files[origin] for origin in group])
    graded = group[chosen.origin]
    if len(group) == 1:
        return graded
    return replace(graded, oddity="; ".join(filter(None, (chosen.oddity, graded.oddity))))


def write(result: ClassResult, run: journal.Run, options: GradingOptions) -> None:
    """Write gradebook, tables and pages, with the marks that people gave in review.csv or formgrader."""
    from workbook.course.grading import gradebook  # nbgrader takes seconds to import

    folder = run.folder
    url = _database(run, options)
    review = folder / "review.csv"
    if review.exists():
        result.graded = with_review(result.graded, exports.read_marks(review, result.graded))
    chapters = sorted({graded.chapter for graded in result.graded})
    gradebook.write(url, result.graded, {name: exercises_of(name) for name in chapters})
    result.graded = with_review(result.graded, gradebook.marks_given(url, result.graded))
    result.waiting = exports.write_review(review, result.graded)
    gradebook.write_course(folder / "formgrader", url, result.graded, options.root / "notebooks")
    exports.write_grades(folder / "grades.csv", result.graded)
    exports.write_canvas(folder / "canvas.csv", result.graded)
    exports.write_moodle(folder / "moodle", result.graded)
    pages.write_feedback(folder / "feedback", result.graded)
    solutions = {name: copies.solutions_of(options.root / "solutions" / f"{name}.ipynb") for name in chapters}
    pages.write_report(
        folder / "report.html", result.graded, _copies(result.graded, solutions), result.unread
    )


def _database(run: journal.Run, options: GradingOptions) -> str:
    return options.database or f"sqlite:///{run.folder.resolve() / 'gradebook.db'}"


def _check_inputs(run: journal.Run, options: GradingOptions) -> None:
    """Read review.csv and open the database before hours of grading, not after; ValueError in one line."""
    from workbook.course.grading import gradebook

    review = run.folder / "review.csv"
    if review.exists():
        exports.read_marks(review)
    if options.database is not None:
        gradebook.write(options.database, [], {})


def _copies(graded: list[Graded], solutions: Mapping[str, Mapping[str, str]]) -> list[copies.Pair]:
    sources = {exercise: source for answers in solutions.values() for exercise, source in answers.items()}
    return copies.suspected(graded, sources)


def with_review(graded: list[Graded], marked: Mapping[tuple[str, str], exports.Marked]) -> list[Graded]:
    """Return the marks with the points and comments that a person gave in place of the automatic ones."""

    def reviewed(mark: Mark) -> Mark:
        given = marked.get((mark.student, mark.exercise))
        if given is None:
            return mark
        points, comment = given
        feedback = "\n".join(filter(None, (comment, "" if mark.points is None else mark.feedback)))
        return replace(mark, points=points, feedback=feedback, notes=(*mark.notes, "marked by a person"))

    return [replace(submission, marks=tuple(map(reviewed, submission.marks))) for submission in graded]


def distribution(graded: Iterable[Graded]) -> dict[str, Counter[str]]:
    """Return the count of each outcome, by exercise."""
    counts: dict[str, Counter[str]] = {}
    for submission in graded:
        for mark in submission.marks:
            counts.setdefault(mark.exercise, Counter())[mark.outcome] += 1
    return dict(sorted(counts.items(), key=lambda item: tuple(map(int, item[0].split(".")))))


def commonest_mistakes(graded: Iterable[Graded], most: int = 10) -> list[tuple[str, str, int]]:
    """Return the most common mistakes, each as (exercise, mistake, number of learners)."""
    marks = [mark for submission in graded for mark in submission.marks if mark.mistake]
    counts = Counter((mark.exercise, mark.mistake) for mark in marks)
    return [(exercise, mistake, count) for (exercise, mistake), count in counts.most_common(most)]
