"""MNIST in one epoch, as accurately as possible in a minute or two, and with few parameters.

The networks avoid expensive operations: no 3×3 convolution at 28×28, and no pooling. A 5×5 filter with stride 2 reads
every pixel and keeps a quarter of the positions. Batch normalisation (momentum .8, because an epoch has only 600 steps)
and a learning rate that rises to a high peak and falls to 0 do the rest. One-cycle rates: Smith and Topin 2018.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.training.recipes.definition import Examples, Recipe, Target, images

if TYPE_CHECKING:
    import keras

NORM_MOMENTUM = 0.8
PEAK = 0.02
STEPS_PER_EXECUTION = 20


def load(seed: int) -> Examples:
    """Return all of MNIST; the seed has no effect."""
    return images("mnist")


def network() -> "keras.Model":
    """Build the network of `quick` and `accurate`: 55,258 parameters, 1.2 million multiplications per image."""
    import keras
    from keras import layers

    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    for number, (filters, size, strides) in enumerate(((16, 5, 2), (32, 3, 2), (64, 3, 1)), start=1):
        convolution = layers.Conv2D(
            filters, size, strides=strides, padding="same", use_bias=False, name=f"conv{number}"
        )
        x = norm_relu(convolution(x))  # (14, 14, 16), (7, 7, 32), (7, 7, 64)
    return keras.Model(
        inputs, layers.Dense(10, dtype="float32", name="scores")(layers.Flatten()(x)), name="mnist_quick"
    )


def small_network() -> "keras.Model":
    """Build the network of `small`: separable convolutions and global average pooling, 4,770 parameters."""
    import keras
    from keras import layers

    options = {"padding": "same", "use_bias": False}
    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = norm_relu(layers.Conv2D(20, 5, strides=2, name="conv1", **options)(x))  # (14, 14, 20)
    x = norm_relu(layers.SeparableConv2D(32, 3, strides=2, name="conv2", **options)(x))  # (7, 7, 32)
    x = norm_relu(layers.SeparableConv2D(64, 3, name="conv3", **options)(x))  # (7, 7, 64)
    x = layers.GlobalAveragePooling2D()(x)  # (64,)
    return keras.Model(inputs, layers.Dense(10, dtype="float32", name="scores")(x), name="mnist_small")


def norm_relu(x: Any) -> Any:
    """Normalise over the batch, cut off below 0."""
    from keras import layers

    return layers.ReLU()(layers.BatchNormalization(momentum=NORM_MOMENTUM)(x))


def adam(steps_per_epoch: int, epochs: int, *, peak: float = PEAK) -> Any:
    """Return Adam with a rate that rises to `peak` in the first fifth of the steps and then falls to 0."""
    from keras import optimizers

    from workbook.training.schedules import Triangular

    return optimizers.Adam(Triangular(peak, steps_per_epoch * epochs))


def shift() -> tuple[Any, ...]:
    """Return the augmentation: move images by up to one pixel."""
    from workbook.data import augment

    return (augment.shift(1),)


def moved_views(model: "keras.Model", x: np.ndarray) -> np.ndarray:
    """Return the mean scores (N, 10) of an image, with half the weight, and of it moved a pixel in each direction."""
    from workbook.training.views import predict_averaged

    return predict_averaged(model, x, views="shift")


QUICK = Recipe(
    data="mnist",
    name="quick",
    summary="one epoch, 99 % accuracy",
    load=load,
    build=network,
    optimizer=adam,
    epochs=1,
    batch_size=100,
    label_smoothing=0.1,
    target=Target(0.990, anchor_share=1 / 12),
    threads=1,
    steps_per_execution=STEPS_PER_EXECUTION,
)
ACCURATE = Recipe(
    data="mnist",
    name="accurate",
    summary="five epochs with digits moved by up to a pixel, and five views of each test digit",
    load=load,
    build=network,
    optimizer=adam,
    epochs=5,
    batch_size=100,
    label_smoothing=0.1,
    augment=shift,
    predict=moved_views,
    target=Target(0.994, cpu_seconds=100),
    threads=1,
    steps_per_execution=STEPS_PER_EXECUTION,
)
SMALL = Recipe(
    data="mnist",
    name="small",
    summary="eight epochs, separable convolutions: 99 % accuracy with fewer than 5,000 parameters",
    load=load,
    build=small_network,
    optimizer=adam,
    epochs=8,
    batch_size=100,
    label_smoothing=0.1,
    augment=shift,
    predict=moved_views,
    target=Target(0.990, cpu_seconds=60, parameters=4_999),
    threads=1,
    steps_per_execution=STEPS_PER_EXECUTION,
)
