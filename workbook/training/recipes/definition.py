"""Training recipes as values: what is trained, how, and the target.

A recipe's functions import what they need when they run, so that listing the recipes loads nothing heavy.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.training.seeds import THREADS

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, eq=False)
class Examples:
    """Training and test arrays: `x_*` are the network's inputs, `y_*` class numbers (N,).

    Images stay uint8: the network scales them.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    source: str
    is_standin: bool = False


@dataclass(frozen=True)
class Target:
    """The target for the mean over seeds: an accuracy, and optionally the most CPU seconds or parameters.

    `anchor_share` is the largest share of the CPU seconds that the anchor (keras.io's convnet) needs for this accuracy.
    """

    accuracy: float
    cpu_seconds: float | None = None
    parameters: int | None = None
    anchor_share: float | None = None


@dataclass(frozen=True)
class Recipe:
    """How to train on a data set. A run trains on all training examples and reads the test examples once, at its end.

    `load(seed)` returns the examples, `build()` a network whose outputs are logits (batch, classes), and
    `optimizer(steps_per_epoch, epochs)` a Keras optimizer. `augment()` returns augmentations (`workbook.data.augment`).
    `prepare(model, x_train)` may set initial weights and freeze layers. `callbacks(steps_per_epoch, epochs)` returns
    Keras callbacks; a resumed run starts in the middle, so they must use the epoch number that Keras passes.
    `predict(model, x)` returns scores (N, classes) in its own way, such as an average over views. `threads` is the
    number of TensorFlow's threads on the CPU, None for one per core: a small network needs less work on one thread.
    `steps_per_execution` steps are one call of TensorFlow, as in Keras's `compile`: a small network's steps take hardly
    longer than Python's share of a call. Callbacks see calls, so a recipe whose callbacks need every step has 1.
    Results are stored in `data/results/training.json`; `workbook bench train` measures them again.
    """

    data: str
    name: str
    summary: str
    load: Callable[[int], Examples]
    build: Callable[[], "keras.Model"]
    optimizer: Callable[[int, int], Any]
    epochs: int
    batch_size: int
    target: Target
    label_smoothing: float = 0.0
    augment: Callable[[], tuple[Any, ...]] = tuple
    drop_last: bool = False
    prepare: Callable[["keras.Model", np.ndarray], None] | None = None
    callbacks: Callable[[int, int], list[Any]] | None = None
    predict: Callable[["keras.Model", np.ndarray], np.ndarray] | None = None
    threads: int | None = None
    steps_per_execution: int = 1

    def limit_threads(self) -> None:
        """Limit TensorFlow to `threads` threads, unless the environment says otherwise. Call before its import."""
        if self.threads is not None:
            for name in THREADS:
                os.environ.setdefault(name, str(self.threads))

    @property
    def title(self) -> str:
        """The data set and the recipe's name, such as "mnist quick"."""
        return f"{self.data} {self.name}"


def images(name: str) -> Examples:
    """Return all examples of an image data set, as uint8 (N, H, W, C)."""
    from workbook import data

    dataset = data.load(name)
    return Examples(
        dataset.x_train,
        dataset.y_train,
        dataset.x_test,
        dataset.y_test,
        dataset.class_names,
        dataset.source,
        dataset.is_standin,
    )
