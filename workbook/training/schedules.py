"""Learning rates over steps, as `keras.optimizers.schedules`: a triangle, a warm-up, and Keras's own decays behind it.

A step is one update of the weights, counted from 0. Every schedule here is saved and loaded with its optimizer.
"""

import numbers
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops
from keras.optimizers import schedules
from keras.optimizers.schedules import LearningRateSchedule as Schedule

Tensor = Any


@keras.saving.register_keras_serializable("workbook")
class Triangular(Schedule):
    """Rise linearly from `start` to `peak`, then fall linearly to `end`, where it stays: one cycle.

    `warm_up` is the share of `steps` that rises: step warm_up · steps has the peak, step `steps` (the first after the
    training) has `end`. With warm_up=0 it only falls. Smith and Topin 2017 ("super-convergence").
    """

    def __init__(
        self, peak: float, steps: int, *, warm_up: float = 0.2, start: float = 0.0, end: float = 0.0
    ) -> None:
        """ValueError for a negative rate, for fewer than 1 step, and for a share outside 0 to 1."""
        self.peak, self.start, self.end = (
            _rate(name, value) for name, value in (("peak", peak), ("start", start), ("end", end))
        )
        self.steps = _steps("steps", steps)
        if not (_is_number(warm_up) and 0 <= warm_up <= 1):
            raise ValueError(f"warm_up is a share of the steps, 0 to 1. Received: warm_up={warm_up!r}")
        self.warm_up = float(warm_up)

    def __call__(self, step: Tensor) -> Tensor:
        """Return the rate of a step, a float32 scalar."""
        step, top = ops.cast(step, "float32"), self.warm_up * self.steps
        up = self.start + (self.peak - self.start) * step / max(top, 1e-9)
        left = ops.clip((self.steps - step) / max(self.steps - top, 1e-9), 0.0, 1.0)
        down = self.end + (self.peak - self.end) * left
        return ops.where(step < top, up, down)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {name: getattr(self, name) for name in ("peak", "steps", "warm_up", "start", "end")}


@keras.saving.register_keras_serializable("workbook")
class WarmUp(Schedule):
    """Rise linearly from 0 over `steps` steps to another schedule's first rate, then follow that schedule.

    Step k < steps has (k + 1) / (steps + 1) of it, so that no step is wasted on a rate of 0; step `steps` is the other
    schedule's step 0. Goyal et al. 2017, section 2.2. `schedule` may be a plain number.
    """

    def __init__(self, schedule: Schedule | float, steps: int) -> None:
        """ValueError for a schedule that is none, and for fewer than 1 step."""
        is_schedule = isinstance(schedule, Schedule)
        self.schedule: Schedule | float = schedule if is_schedule else _rate("schedule", schedule)
        self.steps = _steps("steps", steps)

    def __call__(self, step: Tensor) -> Tensor:
        """Return the rate of a step, a float32 scalar."""
        step = ops.cast(step, "float32")
        share = ops.minimum((step + 1.0) / (self.steps + 1.0), 1.0)
        after = ops.maximum(step - self.steps, 0.0)
        return share * rate_at(self.schedule, after)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, the schedule in serialised form."""
        return {"schedule": serialised(self.schedule), "steps": self.steps}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WarmUp":
        """Make it again from `get_config`."""
        return cls(deserialised(config["schedule"]), config["steps"])


@keras.saving.register_keras_serializable("workbook")
class Steps(schedules.PiecewiseConstantDecay):
    """Multiply the rate by `factor` from each step of `drops` on.

    Keras's `PiecewiseConstantDecay`, which keeps a rate up to and including its boundary: the boundaries are the steps
    before the drops.
    """

    def __init__(self, learning_rate: float, drops: Sequence[int], *, factor: float = 0.1) -> None:
        """ValueError unless the drops rise and begin above 0, and for a factor that is not above 0."""
        self.learning_rate = _rate("learning_rate", learning_rate)
        self.drops = [_steps("drops", one) for one in drops]
        if not self.drops or sorted(set(self.drops)) != self.drops:
            raise ValueError(f"drops are rising step numbers, at least one. Received: drops={list(drops)!r}")
        if not (_is_number(factor) and factor > 0):
            raise ValueError(f"factor is above 0. Received: factor={factor!r}")
        self.factor = float(factor)
        rates = [self.learning_rate * self.factor**count for count in range(len(self.drops) + 1)]
        super().__init__([drop - 1 for drop in self.drops], rates)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"learning_rate": self.learning_rate, "drops": list(self.drops), "factor": self.factor}


@keras.saving.register_keras_serializable("workbook")
class CosineWithWarmUp(Schedule):
    """Rise linearly to `peak`, then fall to `end` along half a cosine wave, where it stays.

    `warm_up` is the share of `steps` that rises. Keras's `CosineDecay` behind `WarmUp`; Loshchilov and Hutter 2017.
    """

    def __init__(self, peak: float, steps: int, *, warm_up: float = 0.05, end: float = 0.0) -> None:
        """ValueError for a negative rate, for fewer than 1 step, and for a share outside 0 to below 1."""
        self.peak, self.end, self.steps = _rate("peak", peak), _rate("end", end), _steps("steps", steps)
        if not (_is_number(warm_up) and 0 <= warm_up < 1):
            raise ValueError(f"warm_up is a share of the steps, 0 to below 1. Received: warm_up={warm_up!r}")
        self.warm_up = float(warm_up)
        rising = min(round(self.warm_up * self.steps), self.steps - 1)
        wave = schedules.CosineDecay(
            self.peak, self.steps - rising, alpha=self.end / self.peak if self.peak else 0.0
        )
        self._inner = WarmUp(wave, rising) if rising else wave

    def __call__(self, step: Tensor) -> Tensor:
        """Return the rate of a step, a float32 scalar."""
        return self._inner(step)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {name: getattr(self, name) for name in ("peak", "steps", "warm_up", "end")}


def rate_at(schedule: Schedule | float, step: Tensor) -> Tensor:
    """Return the rate of a step, whether `schedule` is one or a number."""
    return schedule(step) if isinstance(schedule, Schedule) else schedule


def serialised(schedule: Schedule | float) -> Any:
    """Return what JSON can hold of a schedule or a number."""
    return schedules.serialize(schedule) if isinstance(schedule, Schedule) else schedule


def deserialised(config: Any) -> Any:
    """Return the schedule or the number again."""
    return schedules.deserialize(config) if isinstance(config, dict) else config


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _rate(name: str, value: Any) -> float:
    if not (_is_number(value) and value >= 0):
        raise ValueError(f"{name} is a learning rate, 0 or more. Received: {name}={value!r}")
    return float(value)


def _steps(name: str, value: Any) -> int:
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not (is_whole and value >= 1):
        raise ValueError(f"{name} are whole numbers from 1 on. Received: {name}={value!r}")
    return int(value)
