"""Average the weights over a training: the mean of several good weights is often better than each of them.

Batch normalisation's moving statistics belong to the weights with which they were computed. After averaging they are
computed again from training images, if these are given.
"""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike, NDArray

from workbook.training.seeds import checked_integer


def normalisations(model: Any) -> list[Any]:
    """List the trainable batch normalisation layers, those of nested models included."""
    layers = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            layers.append(layer)
        elif hasattr(layer, "layers"):
            layers += normalisations(layer)
    return layers


def refresh_normalisation(model: Any, x: ArrayLike, *, batch_size: int = 500) -> None:
    """Set each normalisation's moving mean and variance to those of its inputs over `x` (N, ...), in training mode.

    Each batch counts in proportion to its size. The weights stay as they are; dropout is active, as in training.
    ValueError if `x` is empty or the batch size is below 1.
    """
    array = np.asarray(x)
    if array.ndim < 2 or not len(array):
        raise ValueError(
            f"x must be an array of inputs (N, ...) with N at least 1. Received: shape {array.shape}"
        )
    batch_size = checked_integer("batch_size", batch_size)
    layers = normalisations(model)
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    try:
        for layer in layers:
            layer.momentum = 0.0  # so that the moving statistics are those of the last batch
        moments = _moments(model, layers, array, batch_size)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
    for layer, (mean, square) in zip(layers, moments, strict=True):
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(np.maximum(square - mean**2, 0))


def _moments(model: Any, layers: list[Any], x: NDArray[Any], batch_size: int) -> list[tuple[Any, Any]]:
    """Return the mean and the mean square of each normalisation's inputs, (channels,) each, over all batches."""
    totals: list[tuple[Any, Any]] = [(0.0, 0.0) for _ in layers]
    for start in range(0, len(x), batch_size):
        batch = x[start : start + batch_size]
        model(batch, training=True)
        share = len(batch) / len(x)
        for index, layer in enumerate(layers):
            mean = np.asarray(ops.convert_to_numpy(layer.moving_mean), np.float64)
            square = ops.convert_to_numpy(layer.moving_variance) + mean**2
            total_mean, total_square = totals[index]
            totals[index] = (total_mean + share * mean, total_square + share * square)
    return totals


class _Averaging(keras.callbacks.Callback):
    """The part that both averages share: at the end of the training the model gets the average."""

    def __init__(self, refresh: ArrayLike | None, batch_size: int) -> None:
        super().__init__()
        self.refresh = None if refresh is None else np.asarray(refresh)
        self.batch_size = batch_size
        self.average: list[NDArray[Any]] | None = None

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Set the model's weights to the average, if there is one, and compute the statistics again."""
        if self.average is None:
            return
        self.model.set_weights(self.average)
        if self.refresh is not None:
            refresh_normalisation(self.model, self.refresh, batch_size=self.batch_size)


class EpochAverage(_Averaging):
    """At the end of the training, set the weights to their mean after each of the last `last` epochs.

    `refresh` holds training inputs from which normalisation's statistics are computed again; without it the
    statistics are averaged too. The last epochs are counted from `fit`'s `epochs`: a training that stops early averages
    those of them that it reached, and keeps its weights if it reached none. Izmailov et al. 2018 ("stochastic weight
    averaging").
    """

    def __init__(self, last: int, *, refresh: ArrayLike | None = None, batch_size: int = 500) -> None:
        """Raise ValueError unless `last` is at least 1."""
        super().__init__(refresh, batch_size)
        self.last: int = checked_integer("last", last)
        self.count: int = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget an earlier training."""
        self.average, self.count = None, 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the weights to the mean if this is one of the last epochs."""
        if epoch < self.params["epochs"] - self.last:
            return
        self.count += 1
        weights = self.model.get_weights()
        if self.average is None:
            self.average = weights
        else:
            self.average = [
                old + (new - old) / self.count for old, new in zip(self.average, weights, strict=True)
            ]


class ExponentialAverage(_Averaging):
    """After every `every` steps: average ← decay · average + (1 − decay) · weights.

    The average begins at the initial weights. With `feeds_back` the training continues from the average (Zhang et al.
    2019, "lookahead", with slow steps of 1 − decay). `ramp` makes the decay grow during the training, to
    (step / all steps)^ramp · decay, so that the poor weights of the beginning are soon forgotten. airbench94 uses a
    decay of .95⁵ every 5 steps, a ramp of 3, and feeds back.
    """

    every_step: bool = True  # `training.fit` must call it after each step

    def __init__(
        self,
        decay: float = 0.99,
        *,
        every: int = 1,
        feeds_back: bool = False,
        ramp: float = 0.0,
        refresh: ArrayLike | None = None,
        batch_size: int = 500,
    ) -> None:
        """Raise ValueError for a decay outside 0 to 1, `every` below 1, or a negative ramp."""
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be at least 0 and below 1. Received: decay={decay!r}")
        if not ramp >= 0:
            raise ValueError(f"ramp must be at least 0. Received: ramp={ramp!r}")
        super().__init__(refresh, batch_size)
        self.decay: float = float(decay)
        self.every: int = checked_integer("every", every)
        self.feeds_back: bool = bool(feeds_back)
        self.ramp: float = float(ramp)
        self.step: int = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin at the initial weights."""
        self.average, self.step = self.model.get_weights(), 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the step, and update the average at every `every`-th."""
        self.step += 1
        if self.step % self.every or self.average is None:
            return
        decay = self.decay * self.progress() ** self.ramp
        weights = self.model.get_weights()
        self.average = [
            decay * old + (1 - decay) * new for old, new in zip(self.average, weights, strict=True)
        ]
        if self.feeds_back:
            self.model.set_weights(self.average)

    def progress(self) -> float:
        """Return the share of completed steps, 0 to 1; 1 if the number of steps is unknown."""
        steps, epochs = self.params.get("steps"), self.params.get("epochs")
        return min(1.0, self.step / (steps * epochs)) if steps and epochs else 1.0
