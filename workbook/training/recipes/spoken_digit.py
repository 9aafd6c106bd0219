"""Spoken digits: log-mel images of one second (40 bands × 61 frames), and a CNN that slides along both axes.

The split is the official one: the test set is recordings 0-4 of each digit and speaker, 300 clips of speakers who are
also in the training set. If the recordings are not available, `data.load` returns a stand-in and says so.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbook.training.recipes.definition import Examples, Recipe, Target
from workbook.training.recipes.mnist import adam, norm_relu

if TYPE_CHECKING:
    import keras

BANDS, FRAMES = 40, 61
DROPOUT, PEAK = 0.3, 0.01


def load(seed: int) -> Examples:
    """Return all clips as uint8 images (N, 40, 61, 1); the seed has no effect."""
    from workbook import data

    dataset = data.load("spoken_digit")
    return Examples(
        log_mel_bytes(dataset.x_train),
        dataset.y_train,
        log_mel_bytes(dataset.x_test),
        dataset.y_test,
        dataset.class_names,
        dataset.source,
        dataset.is_standin,
    )


def log_mel_bytes(clips: np.ndarray) -> NDArray[np.uint8]:
    """Return log-mel images (N, 40, 61, 1) of recordings (N, 8000), in steps of a quarter of a decibel."""
    from workbook import audio

    parts = [audio.log_mel(clips[start : start + 50]) for start in range(0, len(clips), 50)]
    return np.round(255 * np.concatenate(parts)).astype(np.uint8)[..., np.newaxis]


def network() -> "keras.Model":
    """Build the network: strides instead of pooling, dropout before the last layer; 27,354 parameters."""
    import keras
    from keras import layers

    inputs = keras.Input((BANDS, FRAMES, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    for number, (filters, size) in enumerate(((16, 5), (32, 3), (32, 3)), start=1):
        convolution = layers.Conv2D(
            filters, size, strides=2, padding="same", use_bias=False, name=f"conv{number}"
        )
        x = norm_relu(convolution(x))  # (20, 31, 16), (10, 16, 32), (5, 8, 32)
    x = layers.Dropout(DROPOUT)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(10, dtype="float32", name="scores")(x), name="spoken_digit_quick")


def shift() -> tuple[Any, ...]:
    """Return the augmentation: move images by up to two bands and two frames."""
    from workbook.data import augment

    return (augment.shift(2),)


QUICK = Recipe(
    data="spoken_digit",
    name="quick",
    summary="ten epochs, log-mel images, 97 % accuracy",
    load=load,
    build=network,
    optimizer=partial(adam, peak=PEAK),
    epochs=10,
    batch_size=50,
    label_smoothing=0.1,
    augment=shift,
    target=Target(0.97, cpu_seconds=35),
)
