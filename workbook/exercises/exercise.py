"""An exercise is a value: the check, the grader and the tests of the check all read the same one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbook.exercises.compare import Comparison, close
from workbook.exercises.observe import Inputs, call, value


def no_inputs(rng: np.random.Generator) -> list[Inputs]:
    """Give the one empty case of an exercise whose answer is a value."""
    return [()]


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that learners really give, and what to tell them.

    `answer` is that wrong answer. A learner's answer is taken for this mistake if it gives what `answer`
    gives on every case that it gets wrong; or, where `looks_like(observed, expected, inputs)` is set, if that
    says so.
    """

    name: str
    answer: Any
    message: str
    looks_like: Callable[[Any, Any, Inputs], bool] | None = None


@dataclass(frozen=True)
class Exercise:
    """Everything about one exercise.

    `cases(rng)` draws the inputs; `observe(answer, *inputs)` turns the answer into a plain value;
    `compare(observed, expected, inputs)` gives None or where they differ. `reference` is a right answer.
    """

    id: str
    title: str
    answer_name: str
    reference: Any
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, ...]
    section: str
    cases: Callable[[np.random.Generator], Iterable[Inputs]] = no_inputs
    observe: Callable[..., Any] = call
    compare: Comparison = field(default_factory=close)
    minutes: int = 5
    points: int = 1
    time_limit: float = 10.0

    @property
    def is_function(self) -> bool:
        """Whether the answer is a function rather than a value."""
        return callable(self.reference)

    @property
    def heading(self) -> str:
        """The heading that stands above the exercise in its chapter."""
        return _heading(self.id, self.title, self.minutes, self.points)


def _heading(exercise_id: str, title: str, minutes: int, points: int) -> str:
    return f"### Exercise {exercise_id} · {title} ({minutes} min, {points} point{'s' * (points != 1)})"


@dataclass(frozen=True)
class FreeText:
    """A question answered in words, marked by a person."""

    id: str
    title: str
    minutes: int = 5
    points: int = 1
    section: str = ""

    @property
    def heading(self) -> str:
        """The heading that stands above the question in its chapter."""
        return _heading(self.id, self.title, self.minutes, self.points)


def value_exercise(**fields: Any) -> Exercise:
    """Make an exercise whose answer is a plain value: a number, a tuple, an array, a dictionary."""
    return Exercise(**{"observe": value, **fields})
