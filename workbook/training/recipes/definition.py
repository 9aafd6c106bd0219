"""What a training recipe is: one value that says what is trained, how, and what it has to reach.

Functions in it are looked up when a run needs them, so that a registry of recipes loads nothing heavy.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, eq=False)
class Examples:
    """Arrays to train and test with: `x_*` as the network takes them, `y_*` class numbers (N,).

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
    """What the mean over seeds has to reach: an accuracy, and where stated in how many CPU seconds or parameters.

    `anchor_share` is the share of the anchor's CPU seconds (keras.io's convnet, the same accuracy) that it may take.
    """

    accuracy: float
    cpu_seconds: float | None = None
    parameters: int | None = None
    anchor_share: float | None = None


@dataclass(frozen=True)
class Recipe:
    """How a data set is learned. A run trains on all training examples and reads the test examples once, at its end.

    `load(seed)` gives the examples, `build()` a network that gives logits (batch, classes), and
    `optimizer(steps_per_epoch, epochs)` a Keras optimizer. `augment()` gives augmentations (`workbook.data.augment`).
    `prepare(model, x_train)` may set first weights and freeze layers, `callbacks(steps_per_epoch, epochs)` give
    Keras callbacks (a resumed run begins in the middle: they must go by the epoch that they are told), and
    `predict(model, x)` scores (N, classes) in its own way, such as an average over views.
    What it reached is stored in `data/results/training.json`; `workbook bench train` measures it anew.
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

    @property
    def title(self) -> str:
        """Name the recipe with its data set, as "mnist quick"."""
        return f"{self.data} {self.name}"


def images(name: str) -> Examples:
    """Load a set of images whole, as uint8 (N, H, W, C)."""
    from workbook import data

    some = data.load(name)
    return Examples(
        some.x_train, some.y_train, some.x_test, some.y_test, some.class_names, some.source, some.is_standin
    )
