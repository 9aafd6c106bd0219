"""Learning rates over steps, beside those of `keras.optimizers.schedules`: a triangle, a warm-up, and drops.

A step is one update of the weights, counted from 0. Every schedule here is saved and loaded with its optimizer. For a
cosine behind a warm-up, use Keras's `CosineDecay` with `warmup_target` and `warmup_steps`.
"""

import numbers
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops
from keras.optimizers import schedules
from keras.optimizers.schedules import LearningRateSchedule as Schedule

from workbook.training.seeds import checked_integer

Tensor = Any


@keras.saving.register_keras_serializable("workbook")
class Triangular(Schedule):
    """Rise linearly from `start` to `peak`, then fall linearly to `end`, where it stays: one cycle.

    `warm_up` is the share of `steps` with a rising rate: step warm_up · steps has the peak, step `steps` (the first
    after the training) has `end`. With warm_up=0 the rate only falls. Smith and Topin 2017 ("super-convergence").
    """

    def __init__(
        self, peak: float, steps: int, *, warm_up: float = 0.2, start: float = 0.0, end: float = 0.0
    ) -> None:
        """Raise ValueError for a negative rate, fewer than 1 step, or a share outside 0 to 1."""
        self.peak = _rate("peak", peak)
        self.start = _rate("start", start)
        self.end = _rate("end", end)
        self.steps = checked_integer("steps", steps)
        if not (_is_number(warm_up) and 0 <= warm_up <= 1):
            raise ValueError(f"warm_up must be a share of the steps, 0 to 1. Received: warm_up={warm_up!r}")
        self.warm_up = float(warm_up)

    def __call__(self, step: Tensor) -> Tensor:
        """Return the rate of a step, a float32 scalar."""
        step = ops.cast(step, "float32")
        top = self.warm_up * self.steps
        up = self.start + (self.peak - self.start) * step / max(top, 1e-9)
        left = ops.clip((self.steps - step) / max(self.steps - top, 1e-9), 0.0, 1.0)
        down = self.end + (self.peak - self.end) * left
        return ops.where(step < top, up, down)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {name: getattr(self, name) for name in ("peak", "steps", "warm_up", "start", "end")}


@keras.saving.register_keras_serializable("workbook")
class WarmUp(Schedule):
    """Rise linearly over `steps` steps to another schedule's first rate, then follow that schedule.

    Step k < steps has (k + 1) / (steps + 1) of that rate, so that no step is wasted on a rate of 0; step `steps` is the
    other schedule's step 0. `schedule` may be a number. Goyal et al. 2017, section 2.2.
    """

    def __init__(self, schedule: Schedule | float, steps: int) -> None:
        """Raise ValueError if `schedule` is neither a schedule nor a rate, or for fewer than 1 step."""
        is_schedule = isinstance(schedule, Schedule)
        self.schedule: Schedule | float = schedule if is_schedule else _rate("schedule", schedule)
        self.steps = checked_integer("steps", steps)

    def __call__(self, step: Tensor) -> Tensor:
        """Return the rate of a step, a float32 scalar."""
        step = ops.cast(step, "float32")
        share = ops.minimum((step + 1.0) / (self.steps + 1.0), 1.0)
        after = ops.maximum(step - self.steps, 0.0)
        return share * rate_at(self.schedule, after)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, with the schedule in serialised form."""
        return {"schedule": serialised(self.schedule), "steps": self.steps}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WarmUp":
        """Return the schedule that `get_config` describes."""
        return cls(deserialised(config["schedule"]), config["steps"])


@keras.saving.register_keras_serializable("workbook")
class Steps(schedules.PiecewiseConstantDecay):
    """Multiply the rate by `factor` at each step of `drops`.

    This is Keras's `PiecewiseConstantDecay`. It keeps a rate up to and including a boundary, so the boundaries are the
    steps before the drops.
    """

    def __init__(self, learning_rate: float, drops: Sequence[int], *, factor: float = 0.1) -> None:
        """Raise ValueError unless the drops are increasing and positive, and the factor is positive."""
        self.learning_rate = _rate("learning_rate", learning_rate)
        self.drops = [checked_integer("drops", drop) for drop in drops]
        if not self.drops or sorted(set(self.drops)) != self.drops:
            raise ValueError(
                f"drops must be increasing step numbers, at least one. Received: drops={list(drops)!r}"
            )
        if not (_is_number(factor) and factor > 0):
            raise ValueError(f"factor must be a number above 0. Received: factor={factor!r}")
        self.factor = float(factor)
        rates = [self.learning_rate * self.factor**count for count in range(len(self.drops) + 1)]
        super().__init__([drop - 1 for drop in self.drops], rates)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"learning_rate": self.learning_rate, "drops": list(self.drops), "factor": self.factor}


def rate_at(schedule: Schedule | float, step: Tensor) -> Tensor:
    """Return the rate of a step; `schedule` is a schedule or a number."""
    return schedule(step) if isinstance(schedule, Schedule) else schedule


def serialised(schedule: Schedule | float) -> Any:
    """Return a schedule or a number in a form that JSON can hold."""
    return schedules.serialize(schedule) if isinstance(schedule, Schedule) else schedule


def deserialised(config: Any) -> Any:
    """Return the schedule or the number that `serialised` was given."""
    return schedules.deserialize(config) if isinstance(config, dict) else config


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _rate(name: str, value: Any) -> float:
    if not (_is_number(value) and value >= 0):
        raise ValueError(f"{name} must be a learning rate, at least 0. Received: {name}={value!r}")
    return float(value)
