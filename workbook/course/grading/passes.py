"""Run one submission's answers in the jail, and again without whatever ended or held up the run before.

What comes out of a run is not believed: at most a report for each exercise that was asked about, which the referee
reads. What a submission says of its own course (`begin`, `again`) can only cost its own learner.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workbook.course.grading.jail import Jail, JailError, Ran
from workbook.exercises.observe import STATES

MOST_PASSES = 8  # runs of one submission that ends in the middle again and again
SLOW = 1.0  # seconds from which a cell of the learner's own is left out when the whole took too long
ENDS = {
    "timeout": ("timeout", "did not finish in time"),
    "output": ("died", "wrote more than an answer may"),
    "died": ("died", "the process ended in the middle of it: `os._exit`, a crash, or too much memory"),
}
Step = list[str]  # what, exercise, source


@dataclass
class Observed:
    """What came of the answers of one submission: a report for each exercise that has one, and what was odd."""

    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    oddities: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Course:
    """How a run went, by its own telling: when each step began, and the answer that was looked at once more."""

    begun: tuple[tuple[int, float], ...]
    again: str

    def seconds(self, place: int) -> float:
        """Give how long a step took; 0 for the last, whose end nobody told."""
        if place + 1 >= len(self.begun):
            return 0.0
        return self.begun[place + 1][1] - self.begun[place][1]


def observe(
    jail: Jail, tasks: dict[str, Any], found: dict[str, Any], only: list[str] | None = None
) -> Observed:
    """Run the answers that `found` holds on the cases of `tasks`: all of them, or `only` some.

    `found` is what the referee read (`referee.Bench.read`), `tasks` what it drew (`referee.Bench.tasks`).
    """
    wanted = {one for one in tasks["tasks"] if one in found["answers"] and (only is None or one in only)}
    seen = Observed()
    skipped: set[int] = set()
    until = time.monotonic() + 2 * jail.seconds
    for _ in range(MOST_PASSES):
        left = min(jail.seconds, until - time.monotonic())
        open_ones = wanted - set(seen.reports)
        if not open_ones or left <= 0:
            break
        steps = list(_steps(tasks, found, open_ones, skipped))
        ran = _run(jail, tasks, [step for _, step in steps], left)
        _believe(ran, open_ones, seen)
        if ran.end == "ended" or not _blame(ran, steps, open_ones, seen, skipped):
            break
    _with_demonstrations(jail, tasks, found, seen)
    return seen


def _run(jail: Jail, tasks: dict[str, Any], steps: list[Step], seconds: float) -> Ran:
    cell_seconds = min(tasks["cell_seconds"], jail.seconds / 2)
    request = {"steps": steps, "tasks": tasks["tasks"], "cell_seconds": cell_seconds}
    try:
        return jail.run(request, tasks["modules"], seconds)
    except JailError:  # a jail that did not start is started anew, once
        return jail.run(request, tasks["modules"], seconds)


def _believe(ran: Ran, wanted: set[str], seen: Observed) -> None:
    """Take the first report of each exercise that is wanted; the referee checks the rest."""
    for finding in ran.findings:
        exercise, state = finding.get("report"), finding.get("state")
        if isinstance(exercise, str) and exercise in wanted and exercise not in seen.reports:
            good = isinstance(state, str) and state in STATES
            seen.reports[exercise] = finding if good else report("malformed", "what it did cannot be read")


def _course(ran: Ran, steps: int, wanted: set[str]) -> _Course:
    begun: list[tuple[int, float]] = []
    again = ""
    for finding in ran.findings:
        number, at = finding.get("begin"), finding.get("at")
        if type(number) is int and 0 <= number < steps and isinstance(at, (int, float)):
            begun.append((number, float(at)))
            again = ""
        elif isinstance(finding.get("again"), str) and finding["again"] in wanted:
            again = finding["again"]
    return _Course(tuple(begun), again)


def _blame(
    ran: Ran, steps: list[tuple[int, Step]], wanted: set[str], seen: Observed, skipped: set[int]
) -> bool:
    """Find what ended the run; give its exercise that outcome, or leave its cell out next time.

    Slow cells of the learner's own are left out before an answer is blamed for the time that they took. False if
    nothing can be blamed.
    """
    state, detail = ENDS[ran.end]
    course = _course(ran, len(steps), wanted)
    if not course.begun:
        return False
    slow = {
        steps[number][0]
        for place, (number, _) in enumerate(course.begun)
        if steps[number][1][0] == "own" and course.seconds(place) >= SLOW
    }
    if ran.end == "timeout" and slow - skipped:
        skipped |= slow
        seen.oddities.append("slow cells of the learner's own were left out")
        return True
    number, (what, exercise, _) = steps[course.begun[-1][0]]
    if what in ("setup", "shown"):
        return False
    exercise = course.again or exercise
    if exercise and what in ("answer", "observe") and exercise not in seen.reports:
        seen.reports[exercise] = report(state, detail)
        seen.oddities.append(f"{exercise}: {detail}")
    else:
        seen.oddities.append(f"a cell of the learner's own: {detail}")
    if what in ("own", "answer"):
        skipped.add(number)
    return True


def _with_demonstrations(jail: Jail, tasks: dict[str, Any], found: dict[str, Any], seen: Observed) -> None:
    """Try answers that miss a name once more, with what stands above them in the chapter run before them."""
    missed = {one for one, finding in seen.reports.items() if _misses_a_name(finding)}
    if not missed:
        return
    steps = [step for _, step in _steps(tasks, found, missed, set(), demonstrations=True)]
    again = Observed()
    _believe(_run(jail, tasks, steps, jail.seconds), missed, again)
    seen.reports |= {one: finding for one, finding in again.reports.items() if finding["state"] == "observed"}


def _steps(
    tasks: dict[str, Any],
    found: dict[str, Any],
    wanted: set[str],
    skipped: set[int],
    *,
    demonstrations: bool = False,
) -> Iterator[tuple[int, Step]]:
    """List what to run: the set-up, then the learner's cells in their order, each answer observed at its check.

    Steps carry the number of the learner's cell, or −1. An answer whose check does not stand behind it is observed
    at the end. With `demonstrations`, the chapter's own quick cells above an answer run before it, and so do those that
    the learner changed.
    """
    yield -1, ["setup", "", tasks["setup"]]
    shown = iter(tasks["cells"] if demonstrations else [])
    ready: dict[str, bool] = {}
    for number, (kind, exercise, source) in enumerate(found["cells"]):
        if kind == "check" and ready.get(exercise):
            yield -1, ["observe", exercise, ""]
            ready[exercise] = False
        elif kind in ("answer", "own") and number not in skipped:
            if kind == "answer":
                yield from _above(shown, exercise)
            yield number, [kind, exercise if kind == "answer" else "", source]
            if kind == "answer" and exercise in wanted:
                ready[exercise] = True
        elif kind == "changed" and demonstrations:
            yield number, ["own", "", source]
    for exercise, waits in ready.items():
        if waits:
            yield -1, ["observe", exercise, ""]


def _above(shown: Iterator[list[str]], exercise: str) -> Iterator[tuple[int, Step]]:
    """Give the demonstrations that stand above an exercise's answer and were not given yet."""
    for kind, of, source in shown:
        if kind == "demonstration":
            yield -1, ["shown", "", source]
        elif kind == "answer" and of == exercise:
            return


def report(state: str, detail: str) -> dict[str, Any]:
    """Write a report that the grader itself makes."""
    return {"state": state, "detail": detail, "observations": []}


def _misses_a_name(finding: dict[str, Any]) -> bool:
    return "NameError" in str(finding.get("detail")) + str(finding.get("observations"))[:4000]
