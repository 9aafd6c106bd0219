"""Spoken digits: log-mel images of a second (40 bands × 61 frames), and a CNN that slides along both axes.

The official split: recordings 0-4 of each digit and speaker are the test, 300 clips of speakers who are in the training
set too. Where the recordings cannot be had, `data.load` gives a stand-in and says so.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.training.recipes.definition import Examples, Recipe, Target

if TYPE_CHECKING:
    import keras

BANDS, FRAMES = 40, 61
DROPOUT, PEAK = 0.3, 0.01


def load(seed: int) -> Examples:
    """Give all clips as uint8 images (N, 40, 61, 1); the seed chooses nothing here."""
    from workbook import data

    some = data.load("spoken_digit")
    return Examples(
        _images(some.x_train),
        some.y_train,
        _images(some.x_test),
        some.y_test,
        some.class_names,
        some.source,
        some.is_standin,
    )


def _images(clips: np.ndarray) -> np.ndarray:
    """Turn waveforms (N, 8000) into log-mel images, in 256 steps of a quarter of a decibel: 0 to 255."""
    from workbook import audio

    parts = [audio.log_mel(clips[start : start + 50]) for start in range(0, len(clips), 50)]
    return np.round(255 * np.concatenate(parts)).astype(np.uint8)[..., np.newaxis]


def network() -> "keras.Model":
    """Build the network: strides instead of pooling, dropout before the classifier; 27,354 parameters."""
    import keras
    from keras import layers

    inputs = keras.Input((BANDS, FRAMES, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    for number, (filters, size) in enumerate(((16, 5), (32, 3), (32, 3)), start=1):
        convolution = layers.Conv2D(
            filters, size, strides=2, padding="same", use_bias=False, name=f"conv{number}"
        )
        x = layers.BatchNormalization(momentum=0.8)(convolution(x))
        x = layers.ReLU()(x)  # (20, 31, 16), (10, 16, 32), (5, 8, 32)
    x = layers.Dropout(DROPOUT)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(10, name="scores")(x), name="spoken_digit_quick")


def adam(steps_per_epoch: int, epochs: int) -> Any:
    """Give Adam with a rate that rises to .01 for a fifth of the steps and falls to 0."""
    from keras import optimizers

    from workbook.training.schedules import Triangular

    return optimizers.Adam(Triangular(PEAK, steps_per_epoch * epochs))


def shift() -> tuple[Any, ...]:
    """Give the augmentation: moved by up to two bands and two frames."""
    from workbook.data import augment

    return (augment.shift(2),)


QUICK = Recipe(
    data="spoken_digit",
    name="quick",
    summary="ten epochs of log-mel images, 97 % of the test clips",
    load=load,
    build=network,
    optimizer=adam,
    epochs=10,
    batch_size=50,
    label_smoothing=0.1,
    augment=shift,
    target=Target(0.97, cpu_seconds=35),
)
