"""Freeze layers in the middle of a training without compiling the model again."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np


class FreezeAfter(keras.callbacks.Callback):
    """Freeze all trainable weights of the layers `names` after `epochs` epochs, whatever the optimizer does to them.

    After each later step the weights are reset to their values at the beginning of epoch number `epochs`, counted from
    0, so that a resumed training freezes the same values.
    """

    def __init__(self, names: Sequence[str], epochs: int) -> None:
        """Raise ValueError for a negative number of epochs."""
        super().__init__()
        if epochs < 0:
            raise ValueError(f"epochs must be at least 0. Received: epochs={epochs}")
        self.names, self.epochs = tuple(names), epochs
        self._held: list[tuple[Any, np.ndarray]] = []

    @property
    def held_weights(self) -> list[Any]:
        """The weights that are frozen now: `training.fit` keeps them through the steps of a call."""
        return [weight for weight, _ in self._held]

    def on_train_begin(self, logs: Any = None) -> None:
        """Forget the values of an earlier training."""
        self._held = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Store the values when the layers are to be frozen."""
        if epoch >= self.epochs and not self._held:
            for name in self.names:
                weights = self.model.get_layer(name).trainable_weights
                self._held += [(weight, np.array(weight)) for weight in weights]

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Restore the values."""
        if self._held and hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()  # on JAX, the weights live outside the model during an epoch
        for weight, value in self._held:
            weight.assign(value)
