"""Average the weights along the way: the mean of several good places is often a better one.

Batch normalisation's moving statistics belong to the weights under which they were gathered, so after averaging they
are gathered anew from training images, where some are given.
"""

import numbers
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike, NDArray


def normalisations(model: Any) -> list[Any]:
    """List the batch normalisation layers that learn, also those in networks within the network."""
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            found.append(layer)
        elif hasattr(layer, "layers"):
            found += normalisations(layer)
    return found


def refresh_normalisation(model: Any, x: ArrayLike, *, batch_size: int = 500) -> None:
    """Set each normalisation's moving mean and variance to those of its inputs over `x` (N, ...), in training mode.

    All batches count by their size. The weights stay; dropout, if there is any, is at work as in training.
    ValueError for no examples or a batch size below 1.
    """
    array = np.asarray(x)
    if array.ndim < 2 or not len(array):
        raise ValueError(f"x is a filled array of inputs (N, ...). Received: shape {array.shape}")
    if not (isinstance(batch_size, numbers.Integral) and batch_size >= 1):
        raise ValueError(f"batch_size is at least 1. Received: batch_size={batch_size!r}")
    layers = normalisations(model)
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    try:
        for layer in layers:
            layer.momentum = 0.0  # the moving statistics then are those of the last batch
        moments = _gathered(model, layers, array, int(batch_size))
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
    for layer, (mean, square) in zip(layers, moments, strict=True):
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(np.maximum(square - mean**2, 0))


def _gathered(model: Any, layers: list[Any], x: NDArray[Any], batch_size: int) -> list[tuple[Any, Any]]:
    """Return the mean and the mean square of each normalisation's inputs, (channels,) each, over all batches."""
    totals: list[tuple[Any, Any]] = [(0.0, 0.0) for _ in layers]
    for start in range(0, len(x), batch_size):
        batch = x[start : start + batch_size]
        model(batch, training=True)
        share = len(batch) / len(x)
        for place, layer in enumerate(layers):
            mean = np.asarray(ops.convert_to_numpy(layer.moving_mean), np.float64)
            square = ops.convert_to_numpy(layer.moving_variance) + mean**2
            totals[place] = (totals[place][0] + share * mean, totals[place][1] + share * square)
    return totals


class _Averaging(keras.callbacks.Callback):
    """What both averages share: at the end of the training the average goes into the model."""

    def __init__(self, refresh: ArrayLike | None, batch_size: int) -> None:
        super().__init__()
        self.refresh = None if refresh is None else np.asarray(refresh)
        self.batch_size = batch_size
        self.average: list[NDArray[Any]] | None = None

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Put the average into the model, if there is one, and gather the statistics anew."""
        if self.average is None:
            return
        self.model.set_weights(self.average)
        if self.refresh is not None:
            refresh_normalisation(self.model, self.refresh, batch_size=self.batch_size)


class EpochAverage(_Averaging):
    """Take the mean of the weights after each of the last `last` epochs, once the training ends.

    `refresh` are training inputs from which normalisation's statistics are gathered anew; without them the statistics
    are averaged, too. The last epochs are those before `fit`'s `epochs`; a training that ends earlier has the mean of
    those that it got to, or stays as it is. Izmailov et al. 2018 ("stochastic weight averaging").
    """

    def __init__(self, last: int, *, refresh: ArrayLike | None = None, batch_size: int = 500) -> None:
        """ValueError for fewer than one epoch."""
        if isinstance(last, bool) or not (isinstance(last, numbers.Integral) and last >= 1):
            raise ValueError(f"last is a number of epochs from 1 on. Received: last={last!r}")
        super().__init__(refresh, batch_size)
        self.last: int = int(last)
        self.count: int = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget an earlier training."""
        self.average, self.count = None, 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Take this epoch's weights into the mean, if it is one of the last."""
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

    It begins at the first weights. With `feeds_back` the training goes on from the average (Zhang et al. 2019,
    "lookahead", with slow steps of 1 − decay). `ramp` lets the decay grow: (step / all steps)^ramp of it, so that the
    bad weights of the beginning are soon forgotten. airbench94 uses decay .95⁵, every 5, ramp 3, feeding back.
    """

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
        """ValueError for a decay outside 0 to 1, fewer than 1 step, or a negative ramp."""
        if not 0 <= decay < 1:
            raise ValueError(f"decay is 0 or more and below 1. Received: decay={decay!r}")
        if isinstance(every, bool) or not (isinstance(every, numbers.Integral) and every >= 1):
            raise ValueError(f"every is a number of steps from 1 on. Received: every={every!r}")
        if not ramp >= 0:
            raise ValueError(f"ramp is 0 or more. Received: ramp={ramp!r}")
        super().__init__(refresh, batch_size)
        self.decay: float = float(decay)
        self.every: int = int(every)
        self.feeds_back: bool = bool(feeds_back)
        self.ramp: float = float(ramp)
        self.step: int = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin at the weights of now."""
        self.average, self.step = self.model.get_weights(), 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the step, and move the average if it is its turn."""
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
        """Return the share of the steps that are through, 0 to 1; 1 where the number of steps is not known."""
        steps, epochs = self.params.get("steps"), self.params.get("epochs")
        return min(1.0, self.step / (steps * epochs)) if steps and epochs else 1.0
