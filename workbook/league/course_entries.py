"""The course's own entries, which a learner's must beat: for each league a name, a builder and a recipe.

The first network of "mnist" is the one of the recipe "small" in `workbook.training.recipes`, with the same training.
`python -m workbook.course.makers.league_runs` trains them and stores the results.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbook.training.recipes import mnist, spoken_digit
from workbook.training.recipes.mnist import norm_relu

if TYPE_CHECKING:
    import keras

Builder = Callable[[], "keras.Model"]
SMALL: dict[str, Any] = {
    "epochs": 10,
    "batch_size": 100,
    "optimizer": "adam",
    "learning_rate": 0.02,
    "schedule": "triangle",
    "label_smoothing": 0.1,
    "shift": 1,
    "views": "shift",
}
QUICK: dict[str, Any] = {**SMALL, "epochs": 1, "shift": 0, "views": "plain"}
SPEECH: dict[str, Any] = {
    **SMALL,
    "epochs": 20,
    "batch_size": 50,
    "learning_rate": 0.01,
    "shift": 2,
    "views": "plain",
}
CROPS: dict[str, Any] = {
    **SMALL,
    "epochs": 6,
    "learning_rate": 0.01,
    "shift": 2,
    "flip": True,
    "views": "flip",
}


def crops_network() -> "keras.Model":
    """Build a network of three pairs of convolutions, each pair at half the size of the one before."""
    import keras
    from keras import layers

    inputs = keras.Input((32, 32, 3))
    x = layers.Rescaling(1 / 127.5, -1)(inputs)
    x = norm_relu(layers.Conv2D(24, 4, strides=2, padding="same", use_bias=False)(x))  # (16, 16, 24)
    for filters in (48, 96):  # (8, 8, 48), (4, 4, 96)
        x = norm_relu(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
        x = layers.MaxPooling2D(2)(x)
        x = norm_relu(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Dense(10, name="scores")(x), name="crops")


def two_layers(filters: int) -> "keras.Model":
    """Build the first network of chapter 17: a convolution and a separable one with twice the filters.

    It has 2 · filters² + 66 · filters + 10 parameters.
    """
    import keras
    from keras import layers

    options = {"strides": 2, "padding": "same", "use_bias": False}
    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = norm_relu(layers.Conv2D(filters, 5, **options)(x))  # (batch, 14, 14, filters)
    x = norm_relu(layers.SeparableConv2D(2 * filters, 3, **options)(x))  # (batch, 7, 7, 2 · filters)
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


COURSE_ENTRIES: dict[str, dict[str, tuple[Builder, dict[str, Any]]]] = {
    "mnist": {"small": (mnist.small_network, SMALL), "quick": (mnist.network, QUICK)},
    "speech": {"strides": (spoken_digit.network, SPEECH)},
    "crops": {"three blocks": (crops_network, CROPS)},
}
