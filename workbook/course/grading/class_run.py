"""Grade everything that was handed in: find it, spread it over threads or machines, and write the results."""

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbook.course.grading import copies, deadlines, exports, journal, pages, review_page, submissions
from workbook.course.grading.chapter_lookup import look_up_chapters
from workbook.course.grading.containers import NOTHING, OnDisk
from workbook.course.grading.earlier_answers import earlier_answers
from workbook.course.grading.fingerprints import Judges, Parts, read_known
from workbook.course.grading.grader import Grader, absent, unreadable
from workbook.course.grading.hand_in_times import hand_in_times, read_table
from workbook.course.grading.jail import Jail
from workbook.course.grading.masters import learner_notebooks, solutions_of
from workbook.course.grading.options import GradingOptions
from workbook.course.grading.partial_credit import chosen_exercises, with_partial_credit
from workbook.course.grading.records import Graded, Mark, in_order
from workbook.course.grading.referee_pool import RefereePool
from workbook.course.grading.submissions import Submission
from workbook.exercises import exercises_of

JAIL = ".jail"  # in the run's folder, so that a run that was killed leaves nothing elsewhere
Progress = Callable[[Graded, int, int], None]  # called with a submission, the number done, the number of all


@dataclass
class ClassResult:
    """All marks of a run. `unread` are files of no known chapter.

    `new` counts those of them that were graded now, `waiting` the answers that wait for a person. `notice` says what is
    unusual about the machine, or is "". `sources` are the files on disk by learner and chapter; `course` is nbgrader's
    course folder that holds them, or None. `outdated` counts the stored submissions that another version of the course
    judged, by what has changed since. `lateness` is by learner and chapter, for the chapters with a deadline.
    """

    graded: list[Graded]
    unread: list[Graded] = field(default_factory=list)
    sources: dict[tuple[str, str], OnDisk] = field(default_factory=dict)
    course: Path | None = None
    new: int = 0
    waiting: int = 0
    notice: str = ""
    outdated: Counter[str] = field(default_factory=Counter)
    lateness: dict[tuple[str, str], deadlines.Lateness] = field(default_factory=dict)
    unclear_times: list[str] = field(default_factory=list)


def chapters_of(root: Path, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the course's chapters, or those that begin with one of `wanted`; ValueError for one that fits none."""
    chapters = [path.stem for path in learner_notebooks(root)]
    if not wanted:
        return tuple(chapters)
    for word in wanted:
        if not any(name.startswith(word) for name in chapters):
            raise ValueError(f"No chapter starts with {word!r}. Choose from: {', '.join(chapters)}.")
    return tuple(name for name in chapters if any(name.startswith(word) for word in wanted))


def grade(
    path: Path, run: journal.Run, options: GradingOptions, on_progress: Progress = lambda *progress: None
) -> ClassResult:
    """Grade what `path` holds and write everything into the run's folder, each submission once.

    Stored marks stay, also if the course has changed since: the result's `outdated` tells what did.
    """
    everything, handed_in = find_submissions(path, run, options)
    judges = judges_of(options)
    run_journal = journal.Journal(run.folder)
    try:
        check_inputs(run, options, handed_in)
        done, waiting = divide(handed_in, run_journal)
        outdated = _outdated(done, judges, read_known(run.folder))
        notices, new = [""], set()
        for graded in judged(waiting, run, options, judges, notices):
            if not run_journal.holds(graded):
                new.add((graded.student, graded.origin))
            run_journal.append(graded)
            done.append(graded)
            on_progress(graded, len(done), len(handed_in))
        result = _complete(done, everything, options)
        exercises = chosen_exercises(run.partial_credit, chapters_of(options.root))
        result.graded = with_partial_credit(result.graded, exercises)
        result.new = sum((graded.student, graded.origin) in new for graded in result.graded)
        result.notice, result.outdated = notices[-1], outdated
        policy = _policy(run, options)
        result.lateness, result.unclear_times = _lateness(result.graded, handed_in, policy, path)
        result.course = submissions.course_folder(path)
        write(result, run, options)
        return result
    finally:
        run_journal.close()


def find_submissions(
    path: Path, run: journal.Run, options: GradingOptions
) -> tuple[list[Submission], list[Submission]]:
    """Return all submissions at `path`, and those for the chapters of the run; ValueError if there are none."""
    chapters = chapters_of(options.root)
    everything = submissions.find(path, chapters, student=options.student)
    everything = look_up_chapters(everything, chapters, run, options)
    handed_in = [submission for submission in everything if submission.chapter in ("", *options.chapters)]
    if not handed_in:
        raise ValueError(f"{path} holds no submission for {', '.join(options.chapters)}.")
    return everything, handed_in


def judges_of(options: GradingOptions) -> Judges:
    """Return what judges with these options."""
    return Judges(options.root, seconds=options.seconds, memory=options.memory)


def _outdated(done: Iterable[Graded], judges: Judges, known: Mapping[str, Parts]) -> Counter[str]:
    """Count the stored submissions that another version of the course judged, by what has changed since."""
    counts: Counter[str] = Counter()
    for graded in done:
        outdated = judges.outdated(graded)
        marks = [mark for mark in graded.marks if mark.exercise in outdated]
        counts.update({reason for mark in marks for reason in judges.changed_since(mark, known)})
    return counts


def divide(
    handed_in: list[Submission], run_journal: journal.Journal
) -> tuple[list[Graded], list[Submission]]:
    """Return the marks of the submissions that the journal knows, and the submissions that it does not."""
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


def judged(
    waiting: list[Submission], run: journal.Run, options: GradingOptions, judges: Judges, notices: list[str]
) -> Iterator[Graded]:
    """Grade, and put on each mark what judged it; what that is gets written down first.

    `notices` gets what is unusual about the machine.
    """
    for graded in _graded(waiting, run, options, notices):
        stamped = judges.stamped(graded)
        judges.remember(run.folder, stamped)
        yield stamped


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
    chapters = [name for name in options.chapters if options.student or any(key[1] == name for key in by_key)]
    if len(chapters) == 1:  # what cannot be read can only be meant for this one
        meant = _meant_for(chapters[0], unread, by_key, files)
        by_key |= meant
        unread = [
            graded for graded in unread if graded.origin not in {file.origin for file in meant.values()}
        ]
    lms_ids = {submission.student: submission.lms_id for submission in handed_in}
    problems = {graded.student: graded.oddity for graded in unread}
    for student, lms_id in lms_ids.items():
        for chapter in chapters:
            without = absent(student, chapter, lms_id, problems.get(student, ""))
            by_key.setdefault((student, chapter), without)
    origins = {key: files[graded.origin].source for key, graded in by_key.items() if graded.origin}
    sources = {key: source for key, source in origins.items() if isinstance(source, OnDisk)}
    return ClassResult(in_order(by_key.values()), unread, sources)


def _meant_for(
    chapter: str,
    unread: Iterable[Graded],
    by_key: Mapping[tuple[str, str], Graded],
    files: Mapping[str, Submission],
) -> dict[tuple[str, str], Graded]:
    """Return the files of no known chapter as malformed ones of this chapter, for learners who have none of it."""
    meant: dict[tuple[str, str], Graded] = {}
    for graded in unread:
        if graded.oddity != NOTHING and (graded.student, chapter) not in by_key:
            file = unreadable(files[graded.origin], chapter, graded.oddity, graded.digest)
            meant.setdefault(file.key, file)
    return meant


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
    url = database(run, options)
    review = folder / "review.csv"
    automatic = result.graded
    if options.review is not None:
        exports.merge_review(review, options.review, automatic)
    if review.exists():
        result.graded = with_review(result.graded, exports.read_marks(review, result.graded))
    chapters = sorted({graded.chapter for graded in result.graded})
    gradebook.write(url, result.graded, {name: exercises_of(name) for name in chapters})
    in_formgrader = gradebook.marks_given(url, result.graded)
    result.graded = with_review(result.graded, in_formgrader)
    policy = _policy(run, options)
    if policy is not None:
        gradebook.write_lateness(url, result.graded, result.lateness, policy.deadlines)
    result.waiting = exports.write_review(review, result.graded)
    review_page.write_review_page(
        folder / "review.html",
        automatic,
        exports.read_entries(review, automatic),
        run=run.name,
        notes={
            key: f"in formgrader: {comment}"
            if points is None
            else f"marked in formgrader: {exports.plain(points)} points, which count"
            for key, (points, comment) in in_formgrader.items()
        },
    )
    gradebook.write_course(
        folder / "formgrader",
        url,
        result.graded,
        options.root / "notebooks",
        collected={key: gradebook.read_collected(source) for key, source in result.sources.items()},
        course=result.course,
    )
    exports.write_grades(folder / "grades.csv", result.graded)
    exports.write_totals(folder / "totals.csv", result.graded)
    exports.write_canvas(folder / "canvas.csv", result.graded)
    exports.write_moodle(folder / "moodle", result.graded)
    if run.deadlines is not None:
        _write_late(folder / "late", result)
    feedback = pages.feedback_paths(folder / "feedback", result.graded)
    pages.write_feedback(folder / "feedback", result.graded, result.lateness)
    pages.write_index(folder / "feedback" / "index.html", result.graded, feedback)
    exports.write_moodle_feedback(folder / "moodle", result.graded, feedback)
    solutions = {name: solutions_of(options.root / "solutions" / f"{name}.ipynb") for name in chapters}
    pages.write_report(
        folder / "report.html",
        result.graded,
        _copies(result.graded, solutions, options),
        result.unread,
        result.lateness,
        feedback=feedback,
        review=folder / "review.html",
    )


def _write_late(folder: Path, result: ClassResult) -> None:
    """Write how late each submission is, and the sums and imports of the platforms with what is left of the points."""
    left = deadlines.after_deadlines(result.graded, result.lateness)
    deadlines.write_lateness(folder / "late.csv", result.graded, result.lateness)
    exports.write_totals(folder / "totals.csv", left)
    exports.write_canvas(folder / "canvas.csv", left)
    exports.write_moodle(folder / "moodle", left)


def _policy(run: journal.Run, options: GradingOptions) -> deadlines.DeadlinePolicy | None:
    return None if run.deadlines is None else deadlines.read_policy(run.deadlines, chapters_of(options.root))


def _lateness(
    graded: list[Graded],
    handed_in: list[Submission],
    policy: deadlines.DeadlinePolicy | None,
    path: Path,
) -> tuple[dict[tuple[str, str], deadlines.Lateness], list[str]]:
    """Return how late each submission is, and notices about times that tell nothing."""
    if policy is None:
        return {}, []
    files = {submission.origin: submission for submission in handed_in}
    present = [submission for submission in graded if submission.origin in files]
    files_of = ((submission.chapter, files[submission.origin]) for submission in present)
    times, notices = hand_in_times(files_of, policy, path)
    lateness = {
        submission.key: policy.lateness(*submission.key, times.get(submission.origin))
        for submission in present
    }
    notices += policy.unknown_names(submission.student for submission in graded)
    return {key: late for key, late in lateness.items() if late is not None}, notices


def database(run: journal.Run, options: GradingOptions) -> str:
    """Return the address of the gradebook's database."""
    return options.database or f"sqlite:///{run.folder.resolve() / 'gradebook.db'}"


def check_inputs(run: journal.Run, options: GradingOptions, handed_in: list[Submission]) -> None:
    """Read the tables and open the database before hours of grading, not after; ValueError in one line."""
    from workbook.course.grading import gradebook

    names = [submission.student for submission in handed_in]
    review = run.folder / "review.csv"
    for path in (review if review.exists() else None, options.review):
        if path is not None:
            exports.read_marks(path, names=names)
    if options.against is not None and not options.against.exists():
        raise ValueError(f"--against must be a folder or a zip that exists. Received: {options.against}")
    policy = _policy(run, options)
    if policy is not None:
        for table in policy.times.values():
            list(read_table(table, set(names), policy))
    if options.database is not None:
        gradebook.write(options.database, [], {})


def _copies(
    graded: list[Graded], solutions: Mapping[str, Mapping[str, str]], options: GradingOptions
) -> list[copies.Pair]:
    sources = {exercise: source for answers in solutions.values() for exercise, source in answers.items()}
    earlier = []
    if options.against is not None:
        earlier = earlier_answers(options.against, options, tuple(solutions))
    return copies.suspected(graded, sources, earlier)


def with_review(graded: list[Graded], marked: Mapping[tuple[str, str], exports.Entry]) -> list[Graded]:
    """Return the marks with the points that a person gave in place of the automatic ones, and with the comments.

    A comment alone leaves the points as they are.
    """

    def reviewed(mark: Mark) -> Mark:
        given = marked.get((mark.student, mark.exercise))
        if given is None:
            return mark
        points, comment = given
        if points is None:
            feedback = "\n".join(filter(None, (comment, mark.feedback)))
            return replace(mark, feedback=feedback, notes=(*mark.notes, "commented by a person"))
        feedback = "\n".join(filter(None, (comment, "" if mark.points is None else mark.feedback)))
        return replace(mark, points=points, feedback=feedback, notes=(*mark.notes, "marked by a person"))

    return [replace(submission, marks=tuple(map(reviewed, submission.marks))) for submission in graded]


def distribution(graded: Iterable[Graded]) -> dict[str, Counter[str]]:
    """Return the count of each outcome, by exercise, of what was handed in."""
    counts: dict[str, Counter[str]] = {}
    for submission in graded:
        for mark in submission.marks if not submission.is_absent else ():
            counts.setdefault(mark.exercise, Counter())[mark.outcome] += 1
    return dict(sorted(counts.items(), key=lambda item: tuple(map(int, item[0].split(".")))))


def commonest_mistakes(graded: Iterable[Graded], most: int = 10) -> list[tuple[str, str, int]]:
    """Return the most common mistakes, each as (exercise, mistake, number of learners)."""
    marks = [mark for submission in graded for mark in submission.marks if mark.mistake]
    counts = Counter((mark.exercise, mark.mistake) for mark in marks)
    return [(exercise, mistake, count) for (exercise, mistake), count in counts.most_common(most)]
