"""Grade everything that was handed in: find it, spread it over threads or machines, and write down what came out."""

import hashlib
import itertools
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
from workbook.course.grading.referee_pool import RefereePool
from workbook.course.grading.submissions import Submission
from workbook.exercises import exercises_of

JAIL = ".jail"  # in the run's folder: a run that was killed leaves nothing elsewhere
Heard = Callable[[Graded, int, int], None]  # what was graded, how many are done, of how many


@dataclass
class ClassResult:
    """All marks of a run; `unread` are files of no known chapter, `new` and `waiting` are counts.

    `notice` says what was unusual about the machine, or is "".
    """

    graded: list[Graded]
    unread: list[Graded] = field(default_factory=list)
    new: int = 0
    waiting: int = 0
    notice: str = ""


def chapters_of(root: Path, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """List the course's chapters, or those that begin with the words given; ValueError for one that fits none."""
    every = [path.stem for path in sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))]
    if not wanted:
        return tuple(every)
    for word in wanted:
        if not any(name.startswith(word) for name in every):
            raise ValueError(f"no chapter starts with {word!r}; there are {', '.join(every)}")
    return tuple(name for name in every if any(name.startswith(word) for word in wanted))


def grade(
    path: Path, run: journal.Run, options: GradingOptions, heard: Heard = lambda *news: None
) -> ClassResult:
    """Grade what `path` holds and write everything into the run's folder, each submission once."""
    every = chapters_of(options.root)
    every_one = submissions.find(path, every, student=options.student)
    found = [one for one in every_one if one.chapter in ("", *options.chapters)]
    if not found:
        raise ValueError(f"{path} holds nothing of {', '.join(options.chapters)}")
    notes = journal.Journal(run.folder)
    try:
        _try_what_people_give(run, options)
        known, waiting = _divide(found, notes)
        total = len(found)
        new, notices = 0, [""]
        for graded in _graded(waiting, run, options, notices):
            notes.append(graded)
            known.append(graded)
            new += 1
            heard(graded, len(known), total)
        result = _complete(known, found, options)
        result.new, result.notice = new, notices[-1]
        write(result, run, options)
        return result
    finally:
        notes.close()


def _divide(found: list[Submission], notes: journal.Journal) -> tuple[list[Graded], list[Submission]]:
    """Divide what was found into what the journal knows and what is still to be graded."""
    known: list[Graded] = []
    waiting: list[Submission] = []
    for one in found:
        try:
            digest = hashlib.sha256(one.read()).hexdigest()
        except ValueError:
            waiting.append(one)
            continue
        graded = notes.find(one.student, one.origin, digest)
        if graded is None:
            waiting.append(one)
        else:
            known.append(graded)
    return known, waiting


def _graded(
    waiting: list[Submission], run: journal.Run, options: GradingOptions, notices: list[str]
) -> Iterator[Graded]:
    """Grade here or on the scheduler's workers; what is unusual about the machine is appended to `notices`."""
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
    """Do `work` on the items in `jobs` threads, a few ahead of what is taken; give results as they come.

    Whoever stops listening does not wait for what still runs: closing the jail ends that.
    """
    left = iter(items)
    pool = ThreadPoolExecutor(max_workers=jobs)
    try:
        running = {pool.submit(work, item) for item in itertools.islice(left, 2 * jobs)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
                running |= {pool.submit(work, item) for item in itertools.islice(left, 1)}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _complete(known: list[Graded], found: list[Submission], options: GradingOptions) -> ClassResult:
    """Put the marks together: one for each learner and exercise, whatever was handed in."""
    files = {one.origin: one for one in found}
    groups: dict[tuple[str, str], dict[str, Graded]] = {}
    unread = [one for one in known if not one.chapter]
    for one in known:
        if one.chapter in options.chapters:
            groups.setdefault(one.key, {})[one.origin] = one
    by_key = {key: _newest(group, files) for key, group in groups.items()}
    chapters = [name for name in options.chapters if any(key[1] == name for key in by_key)]
    people = {one.student: one.lms_id for one in found}
    for student, lms_id in people.items():
        for chapter in chapters:
            by_key.setdefault((student, chapter), absent(student, chapter, lms_id))
    return ClassResult(in_order(by_key.values()), unread)


def _newest(group: Mapping[str, Graded], files: Mapping[str, Submission]) -> Graded:
    """Choose among a learner's files that turned out to be of the same chapter; what was passed over is an oddity."""
    chosen = submissions.newest([files[origin] for origin in group])
    graded = group[chosen.origin]
    if len(group) == 1:
        return graded
    return replace(graded, oddity="; ".join(filter(None, (chosen.oddity, graded.oddity))))


def write(result: ClassResult, run: journal.Run, options: GradingOptions) -> None:
    """Write gradebook, tables and pages. What people marked, in review.csv or formgrader, goes into all of them."""
    from workbook.course.grading import gradebook  # nbgrader takes seconds to import

    folder = run.folder
    url = _database(run, options)
    review = folder / "review.csv"
    if review.exists():
        result.graded = with_review(result.graded, exports.read_marks(review, result.graded))
    chapters = sorted({one.chapter for one in result.graded})
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


def _try_what_people_give(run: journal.Run, options: GradingOptions) -> None:
    """Read review.csv and open the database before hours of grading, not after; ValueError in one line."""
    from workbook.course.grading import gradebook

    review = run.folder / "review.csv"
    if review.exists():
        exports.read_marks(review)
    if options.database is not None:
        gradebook.write(options.database, [], {})


def _copies(graded: list[Graded], solutions: Mapping[str, Mapping[str, str]]) -> list[copies.Pair]:
    flat = {exercise: source for one in solutions.values() for exercise, source in one.items()}
    return copies.suspected(graded, flat)


def with_review(graded: list[Graded], marked: Mapping[tuple[str, str], exports.Marked]) -> list[Graded]:
    """Put the points and comments that a person gave in place of the automatic ones."""

    def one_mark(mark: Mark) -> Mark:
        given = marked.get((mark.student, mark.exercise))
        if given is None:
            return mark
        points, comment = given
        feedback = "\n".join(filter(None, (comment, "" if mark.points is None else mark.feedback)))
        return replace(mark, points=points, feedback=feedback, notes=(*mark.notes, "marked by a person"))

    return [replace(one, marks=tuple(map(one_mark, one.marks))) for one in graded]


def distribution(graded: Iterable[Graded]) -> dict[str, Counter[str]]:
    """Count the outcomes of each exercise."""
    counts: dict[str, Counter[str]] = {}
    for one in graded:
        for mark in one.marks:
            counts.setdefault(mark.exercise, Counter())[mark.outcome] += 1
    return dict(sorted(counts.items(), key=lambda item: tuple(map(int, item[0].split(".")))))


def commonest_mistakes(graded: Iterable[Graded], most: int = 10) -> list[tuple[str, str, int]]:
    """List (exercise, mistake, learners) for the mistakes that most made."""
    counts = Counter((mark.exercise, mark.mistake) for one in graded for mark in one.marks if mark.mistake)
    return [(exercise, mistake, count) for (exercise, mistake), count in counts.most_common(most)]
