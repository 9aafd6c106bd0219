"""Train an entry: the course's own loop, the same in a notebook and in `workbook league`.

Nothing of an entry runs here. Its network is rebuilt from the plan with new random weights, its settings choose among
the optimizers, schedules and augmentations of the course, and the clock stops the training.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbook.league import examples
from workbook.league.entry import LeagueEntry, NotTakenError, Settings, read_entry
from workbook.league.network import build_network
from workbook.league.standings import CLASSES

if TYPE_CHECKING:
    import keras

POINTS = 40  # of a learning curve
BATCH = 500  # of the predictions


@dataclass(frozen=True)
class Point:
    """A point of a learning curve: CPU seconds since the start, and the training accuracy since the point before."""

    seconds: float
    accuracy: float


@dataclass(frozen=True)
class Lap:
    """One training of an entry: the classes that it predicts, its cost, its curve, and whether the clock stopped it."""

    predicted: NDArray[np.int64]
    parameters: int
    cpu_seconds: float
    curve: tuple[Point, ...]
    is_stopped: bool


def run_lap(
    entry: LeagueEntry,
    x_train: NDArray[np.uint8],
    y_train: NDArray[np.int64],
    x_test: NDArray[np.uint8],
    *,
    seed: int,
    callbacks: Sequence["keras.callbacks.Callback"] = (),
) -> Lap:
    """Train an entry and predict the classes of `x_test`. NotTakenError if its network cannot be built."""
    import keras

    from workbook.training.seeds import seed_everything

    seed_everything(seed)
    model = build_network(entry.plan, entry.league.shape, entry.league.most_parameters)
    check_work(model, entry.league.most_macs)
    batches = _batches(entry.settings, x_train, y_train, seed)
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=entry.settings.label_smoothing
    )
    model.compile(optimizer_of(entry.settings, len(batches)), loss, metrics=["accuracy"])
    clock = _clock(entry.league.cpu_seconds)
    curve = _curve(len(batches) * entry.settings.epochs, entry.settings.batch_size, len(x_train))
    start = time.process_time()
    model.fit(batches, epochs=entry.settings.epochs, verbose=0, callbacks=[clock, curve, *callbacks])
    seconds = time.process_time() - start
    scores = predicted_scores(model, x_test, entry.settings.views)
    return Lap(
        np.argmax(scores, axis=1), model.count_params(), seconds, tuple(curve.points), bool(clock.stopped)
    )


def run_official(
    league: str,
    model: Any,
    recipe: Any,
    seed: int,
    x_test: NDArray[np.uint8],
    draw: int | None,
) -> dict[str, Any]:
    """Train an entry where the labels of `x_test` are not, and return plain values: what `Lap` holds.

    The training examples are those that the seed `draw` leaves, or, with None, the practice split's. An entry whose
    network cannot be built returns {"refused": sentence}.
    """
    entry = read_entry(league, model, recipe)
    split = examples.practice(entry.league) if draw is None else examples.drawn(entry.league, draw)
    try:
        lap = run_lap(entry, split.x_train, split.y_train, x_test, seed=seed)
    except NotTakenError as error:
        return {"refused": str(error)}
    return {
        "predicted": lap.predicted.astype(np.uint8),
        "parameters": lap.parameters,
        "cpu_seconds": lap.cpu_seconds,
        "curve": [(point.seconds, point.accuracy) for point in lap.curve],
        "is_stopped": lap.is_stopped,
    }


def check_work(model: "keras.Model", most: int) -> None:
    """Raise NotTakenError for a network that multiplies more than `most` times for one example."""
    from workbook.accountant import account

    macs = sum(row.macs or 0 for row in account(model).rows)
    if macs > most:
        raise NotTakenError(f"A network must need at most {most:,} multiplications. Received: {macs:,}.")


def _batches(settings: Settings, x: NDArray[np.uint8], y: NDArray[np.int64], seed: int) -> Any:
    from workbook.data import augment
    from workbook.data.batching import Batches

    changes = []
    if settings.shift:
        changes.append(augment.shift(settings.shift))
    if settings.flip:
        changes.append(augment.alternating_flip())
    if settings.cutout:
        changes.append(augment.cutout(settings.cutout))
    one_hot = np.eye(CLASSES, dtype=np.float32)[y]  # (N, 10)
    return Batches(x, one_hot, batch_size=settings.batch_size, seed=seed, augment=changes)


def optimizer_of(settings: Settings, steps_per_epoch: int) -> "keras.optimizers.Optimizer":
    """Return the optimizer that the settings describe."""
    from keras import optimizers

    rate = _rate(settings, steps_per_epoch * settings.epochs)
    if settings.optimizer == "sgd":
        return optimizers.SGD(rate, momentum=settings.momentum, nesterov=settings.momentum > 0)
    if settings.optimizer == "adamw":
        return optimizers.AdamW(rate, weight_decay=settings.weight_decay)
    return {"adam": optimizers.Adam, "rmsprop": optimizers.RMSprop}[settings.optimizer](rate)


def _rate(settings: Settings, steps: int) -> Any:
    """Return a learning rate, or a schedule over `steps` steps."""
    from keras.optimizers.schedules import CosineDecay

    from workbook.training.schedules import Triangular

    if settings.schedule == "triangle":
        return Triangular(settings.learning_rate, steps, warm_up=settings.warm_up)
    if settings.schedule == "constant":
        return settings.learning_rate
    rising = round(settings.warm_up * steps)
    if not rising:
        return CosineDecay(settings.learning_rate, steps)
    return CosineDecay(0.0, max(1, steps - rising), warmup_target=settings.learning_rate, warmup_steps=rising)


def predicted_scores(model: "keras.Model", x: NDArray[np.uint8], views: str) -> NDArray[np.float32]:
    """Return scores (N, 10), averaged over the views of each example.

    The model is called directly: `predict` would compile a function for each of many small networks.
    """
    from workbook.training.views import VIEWS

    total = sum(view.weight for view in VIEWS[views])
    parts = []
    for start in range(0, len(x), BATCH):
        batch = x[start : start + BATCH]
        scores = [
            view.weight / total * np.asarray(model(view(batch), training=False)) for view in VIEWS[views]
        ]
        parts.append(np.sum(scores, axis=0))
    return np.concatenate(parts).astype(np.float32)


def _clock(seconds: float) -> Any:
    from workbook.training.callbacks import StopOnTime

    return StopOnTime(seconds, clock=time.process_time)


def _curve(steps: int, batch_size: int, examples: int) -> Any:
    """Return a callback that keeps about `POINTS` points of the learning curve of `steps` steps."""
    import keras

    class Curve(keras.callbacks.Callback):
        """Keras shows means since the start of the epoch; differences of their sums are those of a stretch."""

        def on_train_begin(self, logs: Any = None) -> None:
            self.points: list[Point] = []
            self._start, self._step = time.process_time(), 0
            self._every = max(1, steps // POINTS)
            # Examples of this epoch, and how many of them were right, at the last point.
            self._last = (0, 0.0)

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self._last = (0, 0.0)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self._step += 1
            if self._step % self._every and self._step != steps:
                return
            count = min((batch + 1) * batch_size, examples)
            right = count * float((logs or {})["accuracy"])
            before, right_before = self._last
            self._last = (count, right)
            accuracy = min(1.0, max(0.0, (right - right_before) / (count - before)))
            self.points.append(Point(time.process_time() - self._start, accuracy))

    return Curve()
