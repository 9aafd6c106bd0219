"""CIFAR-10, after airbench94: a whitened first layer, kernels that begin as identities, Muon.

Sources: Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024, and airbench94_muon of the same year; the
third convolution per block in the long recipe is from airbench96. The deviations: batches of 500 images instead of
2,000, so that a few epochs are enough steps, and therefore half the learning rate of the orthogonal steps; the logits'
factor 1/width is part of the last kernel; the loss is the mean over the batch.

Three parts work only together. The norm of each kernel is reset before each step (`Muon(normalise=True)`); otherwise
kernels grow, the same step changes them less and less, and more epochs hardly help. The scores are tiny at first (a
last kernel of 1/width), so the shifts of batch normalisation need a very high rate. And batch normalisation uses a low
momentum (.6), because the weights change fast.
"""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.training.recipes.definition import Examples, Recipe, Target, images

if TYPE_CHECKING:
    import keras

MEAN, DEVIATION = (125.31, 122.95, 113.87), (62.99, 62.09, 66.70)  # of the training pixels, by channel
BATCH, SMALL_BATCH = 500, 100
WHITENED = 2_000  # number of images whose patches determine the first layer
KERNEL_RATE = 0.12  # with a batch of 500: about how much a kernel changes per step, as a share of its norm
SHIFT_RATE = 0.053  # this and the next are multiplied by the batch size, because the loss is a mean
HEAD_RATE = 0.67  # divided by width², because the last kernel includes the factor 1/width
OTHER_MOMENTUM = 0.85
DECAY = 2e-6 / (1 - OTHER_MOMENTUM)  # per step, at the full rate
NORM_EPSILON = 1e-3  # Keras's
NORM_MOMENTUM = 0.6  # with a batch of 500


def load(seed: int) -> Examples:
    """Return all of CIFAR-10; the seed has no effect."""
    return images("cifar10")


def network(
    widths: tuple[int, int, int],
    *,
    first: str = "gelu",
    batch: int = BATCH,
    is_deep: bool = False,
    epsilon: float = NORM_EPSILON,
) -> "keras.Model":
    """Build airbench's network with `widths` filters in its three blocks; (64, 256, 256) is airbench94's.

    `first` is the activation after the whitened layer, whose output is the largest: "relu" needs half the memory. With
    smaller batches, batch normalisation averages over more of them, always about as many images. `is_deep` adds to each
    block a third convolution and a shortcut past the second and third, as in airbench96. `epsilon` is that of batch
    normalisation.
    """
    import keras
    from keras import initializers, layers

    momentum = NORM_MOMENTUM ** (batch / BATCH)
    inputs = keras.Input((32, 32, 3))
    scale = [1 / deviation for deviation in DEVIATION]
    offset = [-mean * factor for mean, factor in zip(MEAN, scale, strict=True)]
    x = layers.Rescaling(scale, offset)(inputs)
    x = layers.Activation(first)(layers.Conv2D(24, 2, name="whiten")(x))  # (31, 31, 24)
    for number, filters in enumerate(widths, start=1):
        x = layers.MaxPooling2D(2)(_convolution(filters, f"conv{number}a")(x))  # half the height and width
        shortcut = x = _norm_gelu(x, momentum, epsilon)
        x = _norm_gelu(_convolution(filters, f"conv{number}b")(x), momentum, epsilon)
        if is_deep:
            x = _norm(_convolution(filters, f"conv{number}c")(x), momentum, epsilon)
            x = layers.Activation("gelu")(layers.Add()([x, shortcut]))
    x = layers.Flatten()(layers.MaxPooling2D(3)(x))  # (3, 3, C) → (C,)
    narrow = initializers.RandomUniform(-(3**0.5) / widths[-1], 3**0.5 / widths[-1])  # deviation 1/width
    head = layers.Dense(10, use_bias=False, kernel_initializer=narrow, dtype="float32", name="scores")
    return keras.Model(inputs, head(x), name="cifar10")


def _convolution(filters: int, name: str) -> Any:
    from keras import layers

    return layers.Conv2D(filters, 3, padding="same", use_bias=False, name=name)


def _norm(x: Any, momentum: float, epsilon: float) -> Any:
    from keras import layers

    return layers.BatchNormalization(momentum=momentum, epsilon=epsilon, scale=False)(x)


def _norm_gelu(x: Any, momentum: float, epsilon: float) -> Any:
    from keras import layers

    return layers.Activation("gelu")(_norm(x, momentum, epsilon))


def begin(model: "keras.Model", x_train: np.ndarray, *, whitened: int = WHITENED) -> None:
    """Set the initial weights. The model contains no initializer of this package, so that Keras alone can load it.

    The first kernel is computed from the 2×2 patches of `whitened` training images and frozen; its bias is trained. All
    other convolutions begin by passing their input channels on.
    """
    from workbook.training.whitening import Dirac, whitening_kernel

    mean, deviation = np.array(MEAN, np.float32), np.array(DEVIATION, np.float32)
    pixels = (x_train[:whitened] - mean) / deviation
    layer = model.get_layer("whiten")
    layer.set_weights([whitening_kernel(pixels, 2), np.zeros(24, np.float32)])
    layer.kernel.trainable = False
    for layer in model.layers:
        if layer.name.startswith("conv"):
            layer.kernel.assign(Dirac()(layer.kernel.shape))


def muon(width: int, batch: int, steps_per_epoch: int, epochs: int) -> Any:
    """Return Muon for a network whose last block has `width` filters; all rates fall linearly to 0."""
    from keras.optimizers.schedules import PolynomialDecay

    from workbook.training.muon import Muon

    steps = steps_per_epoch * epochs
    head, shift = HEAD_RATE * batch / width**2, SHIFT_RATE * batch
    return Muon(
        PolynomialDecay(KERNEL_RATE * (batch / BATCH) ** 0.5, steps, 0.0),
        bias_learning_rate=PolynomialDecay(shift, steps, 0.0),
        head_learning_rate=PolynomialDecay(head, steps, 0.0),
        other_momentum=OTHER_MOMENTUM,
        weight_decay=DECAY * batch / head,
        bias_weight_decay=DECAY * batch / shift,
    )


def moved_and_mirrored() -> tuple[Any, ...]:
    """Return the augmentation: mirror images in every other epoch, and move them by up to two pixels."""
    from workbook.data import augment

    return (augment.alternating_flip(), augment.shift(2))


def bias_then_nothing(steps_per_epoch: int, epochs: int) -> list[Any]:
    """Return a callback that trains the first layer's bias in the first three eighths of the epochs only."""
    from workbook.training.freezing import FreezeAfter

    return [FreezeAfter(["whiten"], max(1, round(3 * epochs / 8)))]


def six_views(model: "keras.Model", x: np.ndarray) -> np.ndarray:
    """Return the mean scores over six views, moved to two corners or not and mirrored or not: (N, 10)."""
    from workbook.training.views import predict_averaged

    return predict_averaged(model, x, views="flip and shift", batch_size=SMALL_BATCH)


def _recipe(
    name: str,
    summary: str,
    widths: tuple[int, int, int],
    epochs: int,
    target: Target,
    *,
    first: str = "gelu",
    batch: int = BATCH,
    is_deep: bool = False,
) -> Recipe:
    return Recipe(
        data="cifar10",
        name=name,
        summary=summary,
        load=load,
        build=partial(network, widths, first=first, batch=batch, is_deep=is_deep),
        optimizer=partial(muon, widths[-1], batch),
        epochs=epochs,
        batch_size=batch,
        label_smoothing=0.2,
        augment=moved_and_mirrored,
        prepare=begin,
        callbacks=bias_then_nothing,
        predict=six_views,
        target=target,
    )


QUICK = _recipe(
    "quick",
    "a narrow network, two epochs, 80 % accuracy",
    (16, 48, 64),
    2,
    Target(0.80, cpu_seconds=150),
    first="relu",
    batch=SMALL_BATCH,
)
HALF = _recipe(
    "half", "half of airbench94's filters, a sixth of its operations", (32, 128, 128), 6, Target(0.88)
)
FULL = _recipe(
    "full",
    "airbench94's filters, three convolutions per block: half an hour to an hour on two cores",
    (64, 256, 256),
    7,
    Target(0.912),  # on JPEG copies of the images: airbench94_muon itself reaches 90.7 % there
    is_deep=True,
)


def airbench94(widths: tuple[int, int, int] = (64, 256, 256), batch: int = 2_000) -> Recipe:
    """Return the recipe with airbench94_muon's settings, to compare with it: its filters, batch, rates and epochs."""
    common = _recipe("airbench94 settings", "as airbench94_muon", widths, 8, Target(0.90), batch=batch)
    return replace(
        common,
        build=partial(network, widths, epsilon=1e-12),
        prepare=partial(begin, whitened=5_000),
        drop_last=True,
    )
