"""Judge an answer: run it on fresh cases, compare, and name the mistake. Never raises for a bad answer.

`judge` does both steps. A grader that must not trust the process in which an answer runs separates them:
`observe.observe` runs in that process, `Ruler.verdict` in the grader's own.
"""

import copy
import inspect
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbook.calls import words
from workbook.exercises.compare import plain, short
from workbook.exercises.diagnose import Case, condition, constant, diagnose, other_inputs
from workbook.exercises.error_advice import explain
from workbook.exercises.exercise import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model
from workbook.exercises.observe import (
    FAILURES,
    STATES,
    Observation,
    Report,
    TimeLimit,
    observe,
    observe_case,
    time_limit,
)

DIAGNOSIS_SECONDS = 1.0
OUTCOMES = ("passed", "wrong", "not started", "error", "timeout", "memory", "malformed", "died")
WRITE_IT = "Write the steps yourself: an answer to this exercise does not call that function."


@dataclass(frozen=True)
class Verdict:
    """The result of a check.

    `detail` says where the answer is wrong. `advice` says what to do about a named mistake or, where there is no name,
    what the error looks like. `case` is the number of the first wrong case, and `right_cases` tells for each case
    whether the answer is right.
    """

    exercise: Exercise
    outcome: str
    detail: str = ""
    mistake: str | None = None
    advice: str = ""
    case: int | None = None
    right_cases: tuple[bool, ...] = ()

    def __bool__(self) -> bool:
        return self.outcome == "passed"


def judge(exercise: Exercise, answer: Any, *, seed: int | None = None, limit: float | None = None) -> Verdict:
    """Run `answer` and return the verdict, on fresh cases unless `seed` is set.

    `limit` is the time for all cases together, in seconds.
    """
    ruler = Ruler(exercise, seed=seed)
    return ruler.verdict(observe(exercise, answer, ruler.cases, limit=limit))


def own_work(verdict: Verdict, calls: Iterable[str]) -> Verdict:
    """Return the verdict; "wrong" if a function of the course did the work and the exercise rules that out.

    `calls` are the functions of the course that the answer called: `Report.calls`.
    """
    used = [name for name in calls if name in verdict.exercise.solved_by]
    if not verdict or not used:
        return verdict
    did = words(used[0])
    return replace(
        verdict,
        outcome="wrong",
        detail=did,
        mistake=did.replace("`", ""),
        advice=WRITE_IT,
        right_cases=(False,) * len(verdict.right_cases),
    )


@dataclass(frozen=True)
class _Seen:
    """What an answer did in a case. `difference` is None if the case is right, and if there is no value to compare."""

    case: int
    observation: Observation
    difference: str | None

    @property
    def is_right(self) -> bool:
        return self.observation.failure is None and self.difference is None


class Ruler:
    """The judge of one exercise, always on the same cases: the reference and each mistake run once per case."""

    def __init__(self, exercise: Exercise, *, seed: int | None = None) -> None:
        self.exercise = exercise
        self.cases: list[Inputs] = list(exercise.cases(np.random.default_rng(seed)))
        self._expected: dict[int, Any] = {}
        self._mistaken: dict[tuple[str, int], Observation] = {}

    def verdict(self, report: Report) -> Verdict:
        """Return the verdict on a report: one observation per case, unless time or memory ran out."""
        exercise = self.exercise
        if report.state not in STATES or any(
            observation.failure and observation.failure not in FAILURES for observation in report.observations
        ):
            return Verdict(exercise, "malformed", "its result cannot be read")
        if report.state != "observed":
            return Verdict(exercise, report.state, report.detail)
        observations = report.observations[: len(self.cases)]
        seen = [self._seen(case, observation) for case, observation in enumerate(observations)]
        wrong = [entry for entry in seen if not entry.is_right]
        if not wrong and len(observations) < len(self.cases):
            counts = f"got {len(observations)} results for {len(self.cases)} cases"
            return Verdict(exercise, "malformed", counts)
        right_cases = tuple(entry.is_right for entry in seen) + (False,) * (len(self.cases) - len(seen))
        if not wrong:
            detail = _case_count(len(observations)) if exercise.is_function else ""
            return Verdict(exercise, "passed", detail, right_cases=right_cases)
        first = wrong[0]
        mistake = self._recognise(seen, wrong)
        return Verdict(
            exercise,
            first.observation.failure or "wrong",
            f"{call_text(exercise, self.cases[first.case])}: {first.observation.detail or first.difference}",
            mistake.name if mistake else None,
            mistake.message if mistake else self._diagnose(seen, wrong),
            first.case,
            right_cases,
        )

    def _seen(self, case: int, observation: Observation) -> _Seen:
        """Compare the observation of a case with the reference's result."""
        if observation.failure:
            return _Seen(case, observation, None)
        return _Seen(case, observation, self._difference(observation.result, self.expected(case), case))

    def expected(self, case: int) -> Any:
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

    def _recognise(self, seen: Sequence[_Seen], wrong: Sequence[_Seen]) -> Mistake | None:
        """Return the first named mistake that does what the answer does, in all cases.

        In every wrong case both give the same result, or both raise for the same cause; in every right case the mistake
        is right, too. A name needs a wrong case with a value, unless all of them raise.
        """
        has_values = any(entry.observation.failure is None for entry in wrong)
        for mistake in self.exercise.mistakes:
            if not all(self._explains(mistake, entry) for entry in (*wrong, *seen)):
                continue
            if has_values or all(entry.observation.failure == "error" for entry in wrong):
                return mistake
        return None

    def _explains(self, mistake: Mistake, seen: _Seen) -> bool:
        """Return whether the mistake leads to the same result, or the same error, in a case."""
        observed = seen.observation
        if observed.failure not in (None, "error"):
            return False
        if mistake.looks_like is not None:
            if seen.is_right:
                return True
            try:
                expected, inputs = self.expected(seen.case), self.cases[seen.case]
                return observed.failure is None and bool(
                    mistake.looks_like(observed.result, expected, inputs)
                )
            except Exception:  # the predicate may fail on a learner's value of any type
                return False
        mistaken = self._observe_mistake(mistake, seen.case)
        if observed.failure or mistaken.failure:
            return observed.failure == mistaken.failure and observed.signature == mistaken.signature
        return self._difference(observed.result, mistaken.result, seen.case) is None

    def _observe_mistake(self, mistake: Mistake, case: int) -> Observation:
        """Return the observation of the mistake's answer; each mistake runs once per case."""
        if (mistake.name, case) not in self._mistaken:
            observation = observe_case(self.exercise.observe, mistake.answer, self.cases[case])
            self._mistaken[mistake.name, case] = observation
        return self._mistaken[mistake.name, case]

    def _diagnose(self, seen: Sequence[_Seen], wrong: Sequence[_Seen]) -> str:
        """Return what an error without a name looks like, as a sentence, or ""."""
        first = wrong[0].observation
        if first.failure == "error" and (advice := explain(first.detail)):
            return advice
        has_changed_inputs = any(entry.observation.failure == "wrong" for entry in wrong)
        if not self.exercise.is_function or self.exercise.observe is observe_model or has_changed_inputs:
            return ""  # the detail says all that may be said
        try:
            with time_limit(DIAGNOSIS_SECONDS), np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return self._resemblance(seen, wrong)
        except (Exception, TimeLimit):  # the learner's values may be of any type
            return ""

    def _resemblance(self, seen: Sequence[_Seen], wrong: Sequence[_Seen]) -> str:
        """Return what the wrong values look like beside the right ones or, if that shows nothing, which inputs fail."""
        names = self._parameters()
        inputs = {entry.case: dict(zip(names, self.cases[entry.case], strict=False)) for entry in seen}
        valued = [
            Case(entry.observation.result, self.expected(entry.case), inputs[entry.case])
            for entry in wrong
            if entry.observation.failure is None
        ]
        words = diagnose(valued)
        if not words and len(valued) == len(wrong):
            results = [entry.observation.result for entry in seen]
            words = constant(results, [self.expected(entry.case) for entry in seen])
        if words:
            return f"Compared with the right result: {words}{'' if words.endswith('?') else '.'}"
        if len(valued) == len(wrong) >= 2 and (change := self._right_for(list(inputs.values()), seen)):
            return f"This is the right result with {change}."
        shared = condition(list(inputs.values()), [entry.is_right for entry in seen])
        return f"{shared}." if shared else ""

    def _right_for(self, inputs: Sequence[dict[str, Any]], seen: Sequence[_Seen]) -> str:
        """Return the change of the inputs that makes the answer right in all cases; "" if there are none or several."""
        found = [
            words for words, changed in other_inputs(inputs) if all(map(self._is_right_for, changed, seen))
        ]
        return found[0] if len(found) == 1 else ""

    def _is_right_for(self, inputs: dict[str, Any], seen: _Seen) -> bool:
        try:
            result = plain(
                self.exercise.observe(self.exercise.reference, *copy.deepcopy(tuple(inputs.values())))
            )
        except Exception:  # the changed inputs may be none that the exercise allows
            return False
        return self._difference(seen.observation.result, result, seen.case) is None

    def _parameters(self) -> list[str]:
        """Return the names of the function's parameters, as the exercise has them."""
        try:
            return list(inspect.signature(self.exercise.reference).parameters)
        except (TypeError, ValueError):
            return []


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
