"""Freeze layers in the middle of a training, without compiling the model again."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np


class FreezeAfter(keras.callbacks.Callback):
    """Hold all trainable weights of some layers from an epoch on, whatever the optimizer does to them.

    `names` are layer names; `epochs` is how many epochs they learn for. After each later step they get the values
    back that they had when epoch number `epochs`, counted from 0, began: so a resumed training freezes the same.
    """

    def __init__(self, names: Sequence[str], epochs: int) -> None:
        """ValueError for a negative number of epochs."""
        super().__init__()
        if epochs < 0:
            raise ValueError(f"epochs is 0 or more. Received: epochs={epochs}")
        self.names, self.epochs = tuple(names), epochs
        self._held: list[tuple[Any, np.ndarray]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Forget what an earlier training held."""
        self._held = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note the values when the time has come."""
        if epoch >= self.epochs and not self._held:
            weights = [one for name in self.names for one in self.model.get_layer(name).trainable_weights]
            self._held = [(one, np.array(one)) for one in weights]

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Put the values back."""
        if self._held and hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()  # on JAX, the weights live outside the model during an epoch
        for weight, value in self._held:
            weight.assign(value)
