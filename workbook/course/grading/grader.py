"""Grade one submission: read it, run its answers in the jail, rule on what they did, and say it to the learner.

The marks come from cases that the learner never sees; where an answer fails, it runs once more on practice cases, and
feedback shows those.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from workbook.course.grading.jail import Jail, JailError, Ran
from workbook.course.grading.records import Graded, Mark
from workbook.course.grading.referees import RefereeLostError, Referees
from workbook.exercises import Exercise, FreeText, exercises_of
from workbook.exercises.observe import STATES

MOST_PASSES = 8  # runs of one submission that ends in the middle again and again
REVEALING = ("wrong", "error")  # outcomes whose feedback needs practice cases
ONLY_HIDDEN = "Right on the practice cases, but not on all of the grader's."
WITHOUT_CASES = {  # what the learner reads where the detail would show a hidden case
    "timeout": "It did not finish in time on one of the grader's cases.",
    "memory": "It needed more memory than there is on one of the grader's cases.",
    "died": "It ended the process that ran it: `os._exit`, a crash, or too much memory.",
}
ENDS = {
    "timeout": ("timeout", "did not finish in time"),
    "output": ("died", "wrote more than an answer may"),
    "died": ("died", "the process ended in the middle of it: `os._exit`, a crash, or too much memory"),
}


class HandedIn(Protocol):
    """What is graded: a `submissions.Submission`, or one that came over the network."""

    @property
    def student(self) -> str: ...
    @property
    def chapter(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def lms_id(self) -> str: ...
    @property
    def problem(self) -> str: ...
    @property
    def oddity(self) -> str: ...
    def read(self) -> bytes:
        """Give the file's bytes; ValueError with one sentence if that cannot be done."""
        ...


@dataclass
class Observed:
    """What came of the answers of one submission: a report for each exercise that has one, and what was odd."""

    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    oddities: list[str] = field(default_factory=list)


class Grader:
    """Grades submissions one by one; several threads may call `grade` at the same time."""

    def __init__(self, jail: Jail, referees: Referees) -> None:
        self.jail, self.referees = jail, referees

    def grade(self, submission: HandedIn) -> Graded:
        """Grade a submission. Whatever it is, it ends with a mark for each exercise of its chapter."""
        try:
            data = submission.read()
        except ValueError as error:
            return unreadable(submission, submission.chapter, submission.problem or str(error), "")
        digest = hashlib.sha256(data).hexdigest()
        try:
            found = self.referees.read(data, submission.chapter)
        except RefereeLostError as lost:
            problem = f"cannot be read: whoever reads it {lost}"
            return unreadable(submission, submission.chapter, problem, digest)
        if found["problem"]:
            return unreadable(submission, found["chapter"], found["problem"], digest)
        return self._graded(submission, found, digest)

    def _graded(self, submission: HandedIn, found: dict[str, Any], digest: str) -> Graded:
        chapter = found["chapter"]
        seen = self._observe(found, "marks")
        rulings = {
            one.id: self._rule(chapter, one.id, "marks", seen.reports.get(one.id), found)
            for one in exercises_of(chapter)
            if isinstance(one, Exercise)
        }
        practice = self._practice(found, rulings)
        marks = tuple(
            self._mark(submission, found, one, rulings.get(one.id), practice.get(one.id))
            for one in exercises_of(chapter)
        )
        oddity = "; ".join(filter(None, [submission.oddity, *found["notes"], *seen.oddities]))
        return Graded(
            submission.student, chapter, submission.origin, digest, marks, oddity, submission.lms_id
        )

    def _rule(
        self, chapter: str, exercise: str, purpose: str, report: dict[str, Any] | None, found: dict[str, Any]
    ) -> dict[str, Any]:
        if report is None:
            missing = exercise in found["missing"]
            detail = "its cell is not in the notebook" if missing else "it was not reached"
            report = {"state": "not started" if missing else "died", "detail": detail, "observations": []}
        try:
            return self.referees.rule(chapter, exercise, purpose, report)
        except RefereeLostError as lost:
            detail = f"gave a value that cannot be compared: whoever compares it {lost}"
            return {"outcome": "malformed", "mistake": "", "advice": "", "detail": detail, "text": detail}

    def _practice(self, found: dict[str, Any], rulings: Mapping[str, dict[str, Any]]) -> dict[str, str]:
        """Give what a learner may read of each answer that failed: how it does on the practice cases."""
        failed = [one for one, ruling in rulings.items() if ruling["outcome"] in REVEALING]
        if not failed:
            return {}
        seen = self._observe(found, "practice", only=failed)
        texts = {}
        for exercise in failed:
            ruling = self._rule(
                found["chapter"], exercise, "practice", seen.reports.get(exercise), found
            )
            if ruling["outcome"] == "passed":
                texts[exercise] = f"{ONLY_HIDDEN}\n{rulings[exercise]['advice']}".strip()
            else:
                texts[exercise] = ruling["text"]
        return texts

    def _mark(
        self,
        submission: HandedIn,
        found: dict[str, Any],
        one: Exercise | FreeText,
        ruling: dict[str, Any] | None,
        practice: str | None,
    ) -> Mark:
        base = {"student": submission.student, "chapter": found["chapter"], "exercise": one.id}
        base |= {"title": one.title, "max_points": one.points}
        if ruling is None:
            text = found["texts"].get(one.id, "")
            if not text:
                return Mark(**base, outcome="not started", points=0, feedback="No answer was handed in.")
            return Mark(**base, outcome="needs review", points=None, feedback="A person will read this.", answer=text)
        notes = found["leaning"].get(one.id, [])
        if ruling["outcome"] in WITHOUT_CASES:
            practice = f"{one.id} {one.title}: {ruling['outcome']}. {WITHOUT_CASES[ruling['outcome']]}"
        return Mark(
            **base,
            outcome=ruling["outcome"],
            points=one.points if ruling["outcome"] == "passed" else 0,
            mistake=ruling["mistake"],
            detail=ruling["detail"],
            feedback=practice if practice is not None else ruling["text"],
            answer=found["answers"].get(one.id, ""),
            notes=(f"uses the course's own {', '.join(notes)}",) if notes else (),
        )

    # Running ------------------------------------------------------------------------------------------------

    def _observe(self, found: dict[str, Any], purpose: str, only: list[str] | None = None) -> Observed:
        """Run the answers; run the rest again without whatever ended the process in the middle."""
        tasks = self.referees.tasks(found["chapter"], purpose)
        wanted = {one for one in tasks["tasks"] if one in found["answers"] and (only is None or one in only)}
        seen = Observed()
        skipped: set[int] = set()
        until = time.monotonic() + 2 * self.jail.seconds
        for _ in range(MOST_PASSES):
            left = min(self.jail.seconds, until - time.monotonic())
            open_ones = wanted - set(seen.reports)
            if not open_ones or left <= 0:
                break
            steps = list(_steps(tasks, found, open_ones, skipped))
            ran = self._run(tasks, [step for _, step in steps], left)
            self._believe(ran, open_ones, seen)
            if ran.end == "ended" or not self._blame(ran, steps, seen, skipped):
                break
        self._with_demonstrations(found, tasks, seen)
        return seen

    def _run(self, tasks: dict[str, Any], steps: list[list[str]], seconds: float) -> Ran:
        cell_seconds = min(tasks["cell_seconds"], self.jail.seconds / 2)
        request = {"steps": steps, "tasks": tasks["tasks"], "cell_seconds": cell_seconds}
        try:
            return self.jail.run(request, tasks["modules"], seconds)
        except JailError:  # a jail that was lost is started anew, once
            return self.jail.run(request, tasks["modules"], seconds)

    @staticmethod
    def _believe(ran: Ran, wanted: set[str], seen: Observed) -> None:
        """Take the first report of each exercise that is wanted; the referee checks the rest."""
        for finding in ran.findings:
            exercise, state = finding.get("report"), finding.get("state")
            if isinstance(exercise, str) and exercise in wanted and exercise not in seen.reports:
                good = isinstance(state, str) and state in STATES
                seen.reports[exercise] = finding if good else _report("malformed", "what it did cannot be read")

    @staticmethod
    def _blame(
        ran: Ran, steps: list[tuple[int, list[str]]], seen: Observed, skipped: set[int]
    ) -> bool:
        """Find the step in which the process ended; give its exercise that outcome, or leave its cell out next time."""
        state, detail = ENDS[ran.end]
        last, again = None, None
        for finding in ran.findings:
            if isinstance(finding.get("begin"), int) and 0 <= finding["begin"] < len(steps):
                last, again = finding["begin"], None
            elif isinstance(finding.get("again"), str):
                again = finding["again"]
        if last is None:
            return False
        number, (what, exercise, _) = steps[last]
        if what in ("setup", "shown"):
            return False
        exercise = again or exercise
        if exercise and what in ("answer", "observe") and exercise not in seen.reports:
            seen.reports[exercise] = _report(state, detail)
            seen.oddities.append(f"{exercise}: {detail}")
        else:
            seen.oddities.append(f"a cell of the learner's own: {detail}")
        if what in ("own", "answer"):
            skipped.add(number)
        return True

    def _with_demonstrations(self, found: dict[str, Any], tasks: dict[str, Any], seen: Observed) -> None:
        """Try answers that miss a name once more with the chapter's quick demonstrations run before them."""
        missed = {one for one, report in seen.reports.items() if _misses_a_name(report)}
        if not missed:
            return
        steps = [step for _, step in _steps(tasks, found, missed, set(), demonstrations=True)]
        again = Observed()
        self._believe(self._run(tasks, steps, self.jail.seconds), missed, again)
        seen.reports |= {one: report for one, report in again.reports.items() if report["state"] == "observed"}


def _steps(
    tasks: dict[str, Any],
    found: dict[str, Any],
    wanted: set[str],
    skipped: set[int],
    *,
    demonstrations: bool = False,
) -> Iterator[tuple[int, list[str]]]:
    """List what to run: the set-up, then the learner's cells in their order, each answer observed at its check.

    Steps carry the number of the learner's cell, or −1. An answer whose check does not stand behind it is observed
    at the end.
    """
    yield -1, ["setup", "", tasks["setup"]]
    if demonstrations:
        for kind, exercise, source in tasks["cells"]:
            if kind == "demonstration":
                yield -1, ["shown", exercise, source]
    ready: dict[str, bool] = {}
    for number, (kind, exercise, source) in enumerate(found["cells"]):
        if kind == "check" and ready.get(exercise):
            yield -1, ["observe", exercise, ""]
            ready[exercise] = False
        elif kind in ("answer", "own") and number not in skipped:
            yield number, [kind, exercise if kind == "answer" else "", source]
            if kind == "answer" and exercise in wanted:
                ready[exercise] = True
    for exercise, waits in ready.items():
        if waits:
            yield -1, ["observe", exercise, ""]


def _report(state: str, detail: str) -> dict[str, Any]:
    return {"state": state, "detail": detail, "observations": []}


def _misses_a_name(report: dict[str, Any]) -> bool:
    return "NameError" in str(report.get("detail")) + str(report.get("observations"))[:4000]


def unreadable(submission: HandedIn, chapter: str, problem: str, digest: str) -> Graded:
    """Mark every exercise of a submission that cannot be read as malformed, with the reason."""
    marks = tuple(
        Mark(submission.student, chapter, one.id, one.title, "malformed", 0, one.points,
             detail=problem, feedback=f"Your file could not be graded: it {problem}. Hand it in again.")
        for one in (exercises_of(chapter) if chapter else ())
    )  # fmt: skip
    return Graded(
        submission.student, chapter, submission.origin, digest, marks, problem, submission.lms_id
    )


def absent(student: str, chapter: str, lms_id: str = "") -> Graded:
    """Mark every exercise of a chapter that a learner did not hand in as not started."""
    marks = tuple(
        Mark(student, chapter, one.id, one.title, "not started", 0, one.points, feedback="Nothing was handed in.")
        for one in exercises_of(chapter)
    )
    return Graded(student, chapter, "", "", marks, "", lms_id)
