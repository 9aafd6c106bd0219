"""Judge an answer: run it on fresh cases, compare, and name the mistake. Never raises for a bad answer.

`judge` does all of it. A grader that must not trust the process in which an answer runs takes the two halves
apart: `observe.observe` there, `Ruler.verdict` here.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbook.exercises.compare import plain, short
from workbook.exercises.exercise import Exercise, Inputs, Mistake
from workbook.exercises.observe import FAILURES, STATES, Observation, Report, observe, observe_case

OUTCOMES = ("passed", "wrong", "not started", "error", "timeout", "memory", "malformed", "died")


@dataclass(frozen=True)
class Verdict:
    """What a check found. `detail` says where it went wrong, `advice` which mistake it looks like."""

    exercise: Exercise
    outcome: str
    detail: str = ""
    mistake: str | None = None
    advice: str = ""

    def __bool__(self) -> bool:
        return self.outcome == "passed"


def judge(exercise: Exercise, answer: Any, *, seed: int | None = None, limit: float | None = None) -> Verdict:
    """Judge `answer`: fresh cases unless a seed is given; `limit` seconds for all cases together."""
    ruler = Ruler(exercise, seed=seed)
    return ruler.verdict(observe(exercise, answer, ruler.cases, limit=limit))


@dataclass(frozen=True)
class _Wrong:
    """A case that an answer got wrong: its number, what was seen, and where it differs if it gave a value."""

    case: int
    seen: Observation
    difference: str | None


class Ruler:
    """Rules on answers to one exercise, all on the same cases: the reference and each mistake run once a case."""

    def __init__(self, exercise: Exercise, *, seed: int | None = None) -> None:
        self.exercise = exercise
        self.cases: list[Inputs] = list(exercise.cases(np.random.default_rng(seed)))
        self._expected: dict[int, Any] = {}
        self._mistaken: dict[tuple[str, int], Observation] = {}

    def verdict(self, report: Report) -> Verdict:
        """Rule on what was observed, one observation a case until the first failure."""
        exercise = self.exercise
        if report.state not in STATES or any(
            one.failure and one.failure not in FAILURES for one in report.observations
        ):
            return Verdict(exercise, "malformed", "what it did cannot be read")
        if report.state != "observed":
            return Verdict(exercise, report.state, report.detail)
        seen = report.observations[: len(self.cases)]
        wrong = list(filter(None, (self._wrong(case, one) for case, one in enumerate(seen))))
        if not wrong and len(seen) < len(self.cases):
            return Verdict(exercise, "malformed", f"gave {len(seen)} results for {len(self.cases)} cases")
        if not wrong:
            return Verdict(exercise, "passed", _count(len(seen)) if exercise.is_function else "")
        first = wrong[0]
        mistake = self._recognise(wrong)
        return Verdict(
            exercise,
            first.seen.failure or "wrong",
            f"{call_text(exercise, self.cases[first.case])} {first.seen.detail or first.difference}",
            mistake.name if mistake else None,
            mistake.message if mistake else "",
        )

    def _wrong(self, case: int, seen: Observation) -> _Wrong | None:
        difference = None if seen.failure else self._difference(seen.result, self._right(case), case)
        return _Wrong(case, seen, difference) if seen.failure or difference else None

    def _right(self, case: int) -> Any:
        if case not in self._expected:
            given = copy.deepcopy(self.cases[case])
            self._expected[case] = plain(self.exercise.observe(self.exercise.reference, *given))
        return self._expected[case]

    def _difference(self, result: Any, expected: Any, case: int) -> str | None:
        """Compare, and turn a value that cannot even be compared into a difference."""
        try:
            return self.exercise.compare(result, expected, self.cases[case])
        except Exception as error:  # the learner's value may be of any kind
            return f"gave {short(result, 60)}, which cannot be compared ({type(error).__name__})"

    def _recognise(self, wrong: Sequence[_Wrong]) -> Mistake | None:
        """Find the first named mistake that explains every wrong case."""
        for mistake in self.exercise.mistakes:
            if all(self._explains(mistake, one) for one in wrong):
                return mistake
        return None

    def _explains(self, mistake: Mistake, one: _Wrong) -> bool:
        seen = one.seen
        if seen.failure in ("timeout", "memory", "wrong"):
            return False
        if mistake.looks_like is not None:
            try:
                expected, inputs = self._right(one.case), self.cases[one.case]
                return seen.failure is None and bool(mistake.looks_like(seen.result, expected, inputs))
            except Exception:  # a predicate over a learner's value of any shape
                return False
        other = self._as_mistaken(mistake, one.case)
        if seen.failure or other.failure:
            return seen.failure == other.failure and seen.detail.split(":")[0] == other.detail.split(":")[0]
        return self._difference(seen.result, other.result, one.case) is None

    def _as_mistaken(self, mistake: Mistake, case: int) -> Observation:
        if (mistake.name, case) not in self._mistaken:
            seen = observe_case(self.exercise.observe, mistake.answer, self.cases[case])
            self._mistaken[mistake.name, case] = seen
        return self._mistaken[mistake.name, case]


def _count(cases: int) -> str:
    return "1 fresh case" if cases == 1 else f"{cases} fresh cases"


def call_text(exercise: Exercise, inputs: Inputs) -> str:
    """Write the call as the learner would: `output_size(7, 3)`; large arrays by their shape."""
    if not exercise.is_function and not inputs:
        return exercise.answer_name
    texts = [_argument(item) for item in inputs]
    return f"{exercise.answer_name}({', '.join(texts)})" if exercise.is_function else exercise.answer_name


def _argument(item: Any) -> str:
    if isinstance(item, np.ndarray):
        return (
            f"<array {item.shape}>"
            if item.size > 9
            else np.array2string(item, separator=",").replace("\n", "")
        )
    return short(item, 80)
