"""Run one submission's answers in the jail, and run them again without what ended or delayed the attempt before.

Nothing that comes out of an attempt is believed: at most a report for each exercise that was asked about, which the
referee reads. What a submission says about its own progress can only cost its own learner.
"""

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, replace

from workbook.course.grading.findings import Garbled, RunResult
from workbook.course.grading.jail import Jail, JailError
from workbook.course.grading.referee_messages import Answers, Cell, ChapterTasks, exercise_of
from workbook.course.grading.referee_pool import LONGEST_RULING
from workbook.course.jailed.jail_messages import (
    AnswerReport,
    CellFailed,
    RunRequest,
    RunStep,
    SecondLook,
    StepBegan,
)

MOST_ATTEMPTS = 12  # for a submission that ends in the middle again and again
SLOW = 1.0  # seconds from which a cell of the learner's own is left out when the whole took too long
SPARE = 2.0  # seconds that a step may take beyond its own limit before the run is ended from outside
LEAST_QUIET = 0.3  # seconds
USES_KERAS = re.compile(r"\b(?:keras|tensorflow)\b")
ENDS = {  # how an attempt ended → the outcome and the detail of the answer that it ended in
    "timeout": ("timeout", "did not finish in time"),
    "hung": ("timeout", "did not finish in time"),
    "output": ("died", "wrote more than an answer may"),
    "died": ("died", "the process ended in the middle of it: `os._exit`, a crash, or too much memory"),
}
NOT_REACHED = "was not reached: the cells before it took all the time that a submission has"


class Budget:
    """The seconds that one submission may still run, whatever it is run for; and those for ruling on one answer."""

    def __init__(self, seconds: float) -> None:
        self.most_at_once = seconds / 2  # one run leaves something for what comes after it
        self.left = seconds
        self.ruling = LONGEST_RULING

    def spend(self, seconds: float) -> None:
        """Take what a run took."""
        self.left -= seconds


@dataclass
class AnswerReports:
    """What came of the answers of one submission: a report for each attempt that has one, and what was odd.

    `failures` are the errors that cells of the learner's own raised. `skipped` are the numbers of the cells that ended
    or delayed a run. `is_cut_short` says that the time was up before all was run.
    """

    reports: dict[str, AnswerReport] = field(default_factory=dict)
    oddities: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    skipped: set[int] = field(default_factory=set)
    is_cut_short: bool = False


@dataclass(frozen=True)
class _NumberedStep:
    """A step, and the number of the learner's cell that it runs, or −1."""

    cell: int
    step: RunStep


@dataclass(frozen=True)
class _Progress:
    """How an attempt went, as it says: when each step began, and which answer was observed once more at the end."""

    begun: tuple[StepBegan, ...]
    second_look: str

    def seconds(self, place: int) -> float:
        """Return how long a step took; 0 for the last, whose end nobody told."""
        if place + 1 >= len(self.begun):
            return 0.0
        return self.begun[place + 1].at - self.begun[place].at


def run_answers(
    jail: Jail,
    tasks: ChapterTasks,
    answers: Answers,
    budget: Budget,
    only: Set[str] | None = None,
    skipped: Set[int] = frozenset(),
    removed: tuple[str, ...] = (),
) -> AnswerReports:
    """Run the answers of a submission on the cases of `tasks`: all attempts, or `only` some.

    Cells in `skipped` are left out from the beginning. `removed` are functions of the course that this run lacks.
    """
    attempts = {key for key in answers.attempts if exercise_of(key) in tasks.exercises}
    wanted = attempts if only is None else attempts & only
    collected = AnswerReports(skipped=set(skipped))
    quiet = _longest_step(tasks, wanted, jail)
    for _ in range(MOST_ATTEMPTS):
        unreported = wanted - set(collected.reports)
        if not unreported:
            break
        if budget.left <= 0:
            collected.is_cut_short = True
            break
        steps = list(_steps(tasks, answers, unreported, collected.skipped))
        seconds = min(budget.left, budget.most_at_once)
        result = _run(jail, tasks, steps, seconds, quiet, budget, removed)
        collected.reports |= _validated(result, unreported)
        if result.end == "ended" or not _blame(result, steps, unreported, collected):
            collected.failures = _failures(result, steps)
            break
        if result.end in ("hung", "timeout"):  # what is left must be enough for a hang in each of the others
            cells = sum(numbered.cell not in (-1, *collected.skipped) for numbered in steps)
            quiet = min(quiet, max(LEAST_QUIET, budget.left / (1 + cells)))
    if budget.left > 0:
        _add_demonstrations(jail, tasks, answers, collected, budget, quiet, removed)
    return collected


def _longest_step(tasks: ChapterTasks, wanted: set[str], jail: Jail) -> float:
    """Return how long a run may tell nothing: as long as its slowest step may take, and a quarter of the whole time."""
    limits = [tasks.exercises[exercise_of(key)].time_limit for key in wanted]
    return min(max([_cell_seconds(tasks, jail), *limits]) + SPARE, jail.seconds / 4)


def _cell_seconds(tasks: ChapterTasks, jail: Jail) -> float:
    return min(tasks.cell_seconds, jail.seconds / 4)


def _run(
    jail: Jail,
    tasks: ChapterTasks,
    steps: list[_NumberedStep],
    seconds: float,
    quiet: float,
    budget: Budget,
    removed: tuple[str, ...],
) -> RunResult:
    """Run steps; a limit of an answer's own comes a little before the one from outside, for a better message."""
    inside = max(quiet - 0.5, 0.6 * quiet)
    keys = {numbered.step.exercise for numbered in steps if numbered.step.kind == "observe"}
    asked = {key: tasks.exercises[exercise_of(key)] for key in keys}
    limited = {key: replace(task, time_limit=min(task.time_limit, inside)) for key, task in asked.items()}
    cell_seconds = min(_cell_seconds(tasks, jail), inside)
    request = RunRequest(tuple(numbered.step for numbered in steps), limited, cell_seconds, removed)
    modules = modules_of(tasks, (numbered.step.source for numbered in steps))
    try:
        result = jail.run(request, modules, seconds, quiet)
    except JailError:  # a jail that did not start is started again, once
        result = jail.run(request, modules, seconds, quiet)
    budget.spend(result.seconds)
    return result


def modules_of(tasks: ChapterTasks, sources: Iterable[str]) -> tuple[str, ...]:
    """Return the modules to load before the run: the chapter's, and Keras if one of the sources names it.

    Importing Keras takes seconds, on a busy machine more than the time limit of an answer.
    """
    if "keras" in tasks.modules or not any(USES_KERAS.search(source) for source in sources):
        return tasks.modules
    return (*tasks.modules, "keras")


def _failures(result: RunResult, steps: list[_NumberedStep]) -> list[str]:
    """Return the errors of the learner's own cells, each once, as the run told them."""
    failures: dict[str, None] = {}
    kind = ""
    for finding in result.findings:
        if isinstance(finding, StepBegan) and 0 <= finding.step < len(steps):
            kind = steps[finding.step].step.kind
        elif isinstance(finding, CellFailed) and kind == "own":
            failures[finding.detail] = None
    return list(failures)


def _validated(result: RunResult, wanted: set[str]) -> dict[str, AnswerReport]:
    """Return the first report on each exercise that is wanted; a garbled one is a malformed answer."""
    reports: dict[str, AnswerReport] = {}
    for finding in result.findings:
        if isinstance(finding, AnswerReport) and finding.exercise in wanted:
            reports.setdefault(finding.exercise, finding)
        elif isinstance(finding, Garbled) and finding.exercise in wanted:
            unreadable = graders_report(finding.exercise, "malformed", "what it did cannot be read")
            reports.setdefault(finding.exercise, unreadable)
    return reports


def _progress(result: RunResult, steps: int, wanted: set[str]) -> _Progress:
    begun: list[StepBegan] = []
    second_look = ""
    for finding in result.findings:
        if isinstance(finding, StepBegan) and 0 <= finding.step < steps:
            begun.append(finding)
            second_look = ""
        elif isinstance(finding, SecondLook) and finding.exercise in wanted:
            second_look = finding.exercise
    return _Progress(tuple(begun), second_look)


def _blame(
    result: RunResult,
    steps: list[_NumberedStep],
    wanted: set[str],
    collected: AnswerReports,
) -> bool:
    """Find what ended the attempt; give its exercise that outcome, or leave its cell out next time.

    Slow cells of the learner's own are left out before an answer is blamed for the time that they took. Return False
    if nothing can be blamed.
    """
    progress = _progress(result, len(steps), wanted)
    if not progress.begun:
        return False
    slow = _slow_cells(progress, steps)
    if result.end == "timeout" and slow - collected.skipped:
        collected.skipped |= slow
        collected.oddities.append("slow cells of the learner's own were left out")
        return True
    last = steps[progress.begun[-1].step]
    kind, exercise = last.step.kind, progress.second_look or last.step.exercise
    if kind in ("setup", "shown"):
        return False
    state, detail = ENDS[result.end]
    if exercise and kind in ("answer", "observe") and exercise not in collected.reports:
        collected.reports[exercise] = graders_report(exercise, state, detail)
        collected.oddities.append(f"{exercise_of(exercise)}: {detail}")
    else:
        collected.oddities.append(f"a cell of the learner's own: {detail}")
    if kind in ("own", "answer"):
        collected.skipped.add(last.cell)
    return True


def _slow_cells(progress: _Progress, steps: list[_NumberedStep]) -> set[int]:
    """Return the cells of the learner's own that took long."""
    slow = set()
    for place, began in enumerate(progress.begun):
        numbered = steps[began.step]
        if numbered.step.kind == "own" and progress.seconds(place) >= SLOW:
            slow.add(numbered.cell)
    return slow


def _add_demonstrations(
    jail: Jail,
    tasks: ChapterTasks,
    answers: Answers,
    collected: AnswerReports,
    budget: Budget,
    quiet: float,
    removed: tuple[str, ...],
) -> None:
    """Run answers that miss a name once more, after the cells of the chapter that come before them."""
    missed = {exercise for exercise, report in collected.reports.items() if _misses_a_name(report)}
    if not missed:
        return
    steps = list(_steps(tasks, answers, missed, collected.skipped, demonstrations=True))
    reports = _validated(_run(jail, tasks, steps, budget.left, quiet, budget, removed), missed)
    collected.reports |= {
        exercise: report for exercise, report in reports.items() if report.state == "observed"
    }


def _steps(
    tasks: ChapterTasks,
    answers: Answers,
    wanted: set[str],
    skipped: set[int],
    *,
    demonstrations: bool = False,
) -> Iterator[_NumberedStep]:
    """Yield what to run: the set-up, then the learner's cells in their order, each answer observed at its check.

    An answer that no check follows is observed at the end. With `demonstrations`, the chapter's own quick cells before
    an answer run before it, and so do those that the learner changed.
    """
    yield _NumberedStep(-1, RunStep("setup", "", tasks.setup))
    chapter_cells = iter(tasks.cells if demonstrations else ())
    waiting: list[str] = []  # answers that ran and were not observed yet
    for number, cell in enumerate(answers.cells):
        if cell.kind == "check":
            for key in [key for key in waiting if exercise_of(key) == cell.exercise]:
                yield _NumberedStep(-1, RunStep("observe", key, ""))
                waiting.remove(key)
        elif cell.key and number not in skipped:
            if cell.kind == "answer":
                yield from _demonstrations_before(chapter_cells, cell.exercise)
            yield _NumberedStep(number, RunStep("answer", cell.key, cell.source))
            if cell.key in wanted:
                waiting.append(cell.key)
        elif (cell.kind == "own" and number not in skipped) or (cell.kind == "changed" and demonstrations):
            yield _NumberedStep(number, RunStep("own", "", cell.source))
    for exercise in waiting:
        yield _NumberedStep(-1, RunStep("observe", exercise, ""))


def _demonstrations_before(chapter_cells: Iterator[Cell], exercise: str) -> Iterator[_NumberedStep]:
    """Yield the demonstrations before an exercise's answer that were not given yet."""
    for cell in chapter_cells:
        if cell.kind == "demonstration":
            yield _NumberedStep(-1, RunStep("shown", "", cell.source))
        elif cell.kind == "answer" and cell.exercise == exercise:
            return


def graders_report(exercise: str, state: str, detail: str) -> AnswerReport:
    """Return a report that the grader itself makes."""
    return AnswerReport(exercise, state, detail, ())


def _misses_a_name(report: AnswerReport) -> bool:
    details = [report.detail, *(seen.detail for seen in report.observations)]
    return any("NameError" in detail for detail in details)
