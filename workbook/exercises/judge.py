"""Judge an answer: run it on fresh cases, compare, and name the mistake. Never raises for a bad answer.

`judge` does both steps. A grader that must not trust the process in which an answer runs separates them:
`observe.observe` runs in that process, `Ruler.verdict` in the grader's own.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbook.calls import words
from workbook.exercises.compare import plain, short
from workbook.exercises.exercise import Exercise, Inputs, Mistake
from workbook.exercises.observe import FAILURES, STATES, Observation, Report, observe, observe_case

OUTCOMES = ("passed", "wrong", "not started", "error", "timeout", "memory", "malformed", "died")
WRITE_IT = "Write the steps yourself: an answer to this exercise does not call that function."


@dataclass(frozen=True)
class Verdict:
    """The result of a check. `detail` says where the answer is wrong, `advice` what to do about the mistake.

    `calls` are the functions of the course that the answer called.
    """

    exercise: Exercise
    outcome: str
    detail: str = ""
    mistake: str | None = None
    advice: str = ""
    calls: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.outcome == "passed"


def judge(exercise: Exercise, answer: Any, *, seed: int | None = None, limit: float | None = None) -> Verdict:
    """Run `answer` and return the verdict, on fresh cases unless `seed` is set.

    `limit` is the time for all cases together, in seconds.
    """
    ruler = Ruler(exercise, seed=seed)
    report = observe(exercise, answer, ruler.cases, limit=limit)
    return replace(ruler.verdict(report), calls=report.calls)


def own_work(verdict: Verdict) -> Verdict:
    """Return the verdict; "wrong" if a function of the course did the work and the exercise rules that out."""
    used = [name for name in verdict.calls if name in verdict.exercise.solved_by]
    if not verdict or not used:
        return verdict
    did = words(used[0])
    return replace(verdict, outcome="wrong", detail=did, mistake=did.replace("`", ""), advice=WRITE_IT)


@dataclass(frozen=True)
class _Wrong:
    """A case that an answer got wrong: its number, the observation, and the difference if there is a value."""

    case: int
    observation: Observation
    difference: str | None


class Ruler:
    """The judge of one exercise, always on the same cases: the reference and each mistake run once per case."""

    def __init__(self, exercise: Exercise, *, seed: int | None = None) -> None:
        self.exercise = exercise
        self.cases: list[Inputs] = list(exercise.cases(np.random.default_rng(seed)))
        self._expected: dict[int, Any] = {}
        self._mistaken: dict[tuple[str, int], Observation] = {}

    def verdict(self, report: Report) -> Verdict:
        """Return the verdict on a report: one observation per case, up to the first failure."""
        exercise = self.exercise
        if report.state not in STATES or any(
            observation.failure and observation.failure not in FAILURES for observation in report.observations
        ):
            return Verdict(exercise, "malformed", "its result cannot be read")
        if report.state != "observed":
            return Verdict(exercise, report.state, report.detail)
        observations = report.observations[: len(self.cases)]
        compared = (self._wrong(case, observation) for case, observation in enumerate(observations))
        wrong = [wrong_case for wrong_case in compared if wrong_case is not None]
        if not wrong and len(observations) < len(self.cases):
            counts = f"got {len(observations)} results for {len(self.cases)} cases"
            return Verdict(exercise, "malformed", counts)
        if not wrong:
            return Verdict(exercise, "passed", _case_count(len(observations)) if exercise.is_function else "")
        first = wrong[0]
        mistake = self._recognise(wrong)
        return Verdict(
            exercise,
            first.observation.failure or "wrong",
            f"{call_text(exercise, self.cases[first.case])}: {first.observation.detail or first.difference}",
            mistake.name if mistake else None,
            mistake.message if mistake else "",
        )

    def _wrong(self, case: int, observation: Observation) -> _Wrong | None:
        """Return what is wrong with the observation of a case, or None if it is right."""
        if observation.failure:
            return _Wrong(case, observation, None)
        difference = self._difference(observation.result, self._expected_result(case), case)
        return _Wrong(case, observation, difference) if difference else None

    def _expected_result(self, case: int) -> Any:
        """Return the reference's result; the reference runs once per case."""
        if case not in self._expected:
            inputs = copy.deepcopy(self.cases[case])
            self._expected[case] = plain(self.exercise.observe(self.exercise.reference, *inputs))
        return self._expected[case]

    def _difference(self, result: Any, expected: Any, case: int) -> str | None:
        """Return the difference between two results, or None. A result that cannot be compared counts as different."""
        try:
            return self.exercise.compare(result, expected, self.cases[case])
        except Exception as error:  # the learner's value may be of any type
            return f"got {short(result, 60)}, which cannot be compared ({type(error).__name__})"

    def _recognise(self, wrong: Sequence[_Wrong]) -> Mistake | None:
        """Return the first named mistake that explains every wrong case."""
        for mistake in self.exercise.mistakes:
            if all(self._explains(mistake, wrong_case) for wrong_case in wrong):
                return mistake
        return None

    def _explains(self, mistake: Mistake, wrong: _Wrong) -> bool:
        """Return whether the mistake leads to the same result, or the same error, on a wrong case."""
        observed = wrong.observation
        if observed.failure in ("timeout", "memory", "wrong"):
            return False
        if mistake.looks_like is not None:
            try:
                expected, inputs = self._expected_result(wrong.case), self.cases[wrong.case]
                return observed.failure is None and bool(
                    mistake.looks_like(observed.result, expected, inputs)
                )
            except Exception:  # the predicate may fail on a learner's value of any type
                return False
        mistaken = self._observe_mistake(mistake, wrong.case)
        if observed.failure or mistaken.failure:
            return observed.failure == mistaken.failure and _error_name(observed) == _error_name(mistaken)
        return self._difference(observed.result, mistaken.result, wrong.case) is None

    def _observe_mistake(self, mistake: Mistake, case: int) -> Observation:
        """Return the observation of the mistake's answer; each mistake runs once per case."""
        if (mistake.name, case) not in self._mistaken:
            observation = observe_case(self.exercise.observe, mistake.answer, self.cases[case])
            self._mistaken[mistake.name, case] = observation
        return self._mistaken[mistake.name, case]


def _error_name(observation: Observation) -> str:
    return observation.detail.split(":")[0]


def _case_count(cases: int) -> str:
    return "1 fresh case" if cases == 1 else f"{cases} fresh cases"


def call_text(exercise: Exercise, inputs: Inputs) -> str:
    """Return the call as the learner would write it, `output_size(7, 3)`, with the shape in place of a large array.

    An answer that is not a function is shown by its name alone.
    """
    if not exercise.is_function:
        return exercise.answer_name
    arguments = [_argument(item) for item in inputs]
    return f"{exercise.answer_name}({', '.join(arguments)})"


def _argument(item: Any) -> str:
    if isinstance(item, np.ndarray):
        return (
            f"<array {item.shape}>"
            if item.size > 9
            else np.array2string(item, separator=",").replace("\n", "")
        )
    return short(item, 80)
