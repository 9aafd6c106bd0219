"""The classes of an exercise. The check, the grader and the tests of the check all read the same exercise."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbook.exercises.compare import Comparison, close, veiled
from workbook.exercises.observe import Inputs, call, value


def no_inputs(rng: np.random.Generator) -> list[Inputs]:
    """Return the one empty case of an exercise whose answer is a value."""
    return [()]


@dataclass(frozen=True)
class Mistake:
    """A common wrong answer, and the message for it.

    `answer` is that wrong answer. A learner's answer is recognised as this mistake if it equals `answer` on every case
    that it gets wrong. If `looks_like(observed, expected, inputs)` is set, that function decides instead.
    """

    name: str
    answer: Any
    message: str
    looks_like: Callable[[Any, Any, Inputs], bool] | None = None


class _Headed:
    """What has a heading in its chapter."""

    id: str
    title: str
    minutes: int
    points: int

    @property
    def heading(self) -> str:
        """The heading in the chapter."""
        points_text = "1 point" if self.points == 1 else f"{self.points} points"
        return f"### Exercise {self.id} · {self.title} ({self.minutes} min, {points_text})"


@dataclass(frozen=True)
class Exercise(_Headed):
    """An exercise that a check judges.

    `cases(rng)` draws the inputs. `observe(answer, *inputs)` turns the answer into a plain value.
    `compare(observed, expected, inputs)` returns None, or the difference in words. `reference` is a right answer.
    `time_limit` is in seconds, for all cases together. `groups(*inputs)` names the kind of a case, such as "stride 1":
    an instructor may give points for each kind that an answer gets right. Without it, points are all or nothing.
    `solved_by` are functions of the course that do the work of the exercise ("reference.conv2d"): an answer that calls
    one is wrong. `may_use` are those that an answer may call.
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
    groups: Callable[..., str] | None = None
    solved_by: tuple[str, ...] = ()
    may_use: tuple[str, ...] = ()

    @property
    def is_function(self) -> bool:
        """Whether the answer is a function rather than a value."""
        return callable(self.reference)


@dataclass(frozen=True)
class FreeText(_Headed):
    """A question that is answered in words and marked by a person."""

    id: str
    title: str
    minutes: int = 5
    points: int = 1
    section: str = ""


def value_exercise(**fields: Any) -> Exercise:
    """Return an exercise whose answer is a plain value: a number, a tuple or a dictionary.

    Its check never shows the value.
    """
    return Exercise(**{"observe": value, "compare": veiled(), **fields})
