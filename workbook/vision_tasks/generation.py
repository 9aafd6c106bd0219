"""Measure generated digits: the data, the judge that classifies samples, and the measures.

`vae` and `diffusion` build and train the generators. MNIST's training digits are split into three disjoint parts: the
generators learn from the first 30,000, the judge from the next 25,000, and the last 5,000 are for comparisons and for
choosing settings. Images are bytes (N, 28, 28, 1), ink is 255.
"""

import math
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbook import data, live
from workbook.vision_tasks import networks

if TYPE_CHECKING:
    import keras

PARTS = {"generator": slice(0, 30_000), "judge": slice(30_000, 55_000), "unseen": slice(55_000, 60_000)}
JUDGE_SEED, JUDGE_EPOCHS, JUDGE_RATE = 0, 2, 0.01
A_DIGIT = 50  # samples per digit when a generator is measured


class Digits(NamedTuple):
    """Pictures of digits: `images` (N, 28, 28, 1) bytes, `labels` (N,)."""

    images: np.ndarray
    labels: np.ndarray


def digits(part: str) -> Digits:
    """Return a part of MNIST: "generator", "judge" or "unseen" of the training file, or "test"."""
    mnist = data.load("mnist")
    if part == "test":
        return Digits(mnist.x_test, mnist.y_test)
    if part not in PARTS:
        raise ValueError(f"part must be one of {', '.join(PARTS)}, test. Received: part={part!r}")
    return Digits(mnist.x_train[PARTS[part]], mnist.y_train[PARTS[part]])


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Return digits (N,) as rows with a single 1: (N, 10)."""
    return np.eye(10, dtype=np.float32)[labels]


def all_digits(each: int) -> np.ndarray:
    """Return the labels 0 to 9, `each` times each: (10 · each,)."""
    return np.repeat(np.arange(10), each)


def as_images(values: np.ndarray) -> np.ndarray:
    """Return greys from 0 to 1 as bytes; values outside are clipped."""
    return np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)


# The judge ------------------------------------------------------------------------------------------------------


def judge() -> "keras.Model":
    """Build a small CNN that classifies digits: (28, 28, 1) bytes → 10 probabilities."""
    import keras
    from keras import layers

    inputs = keras.Input((28, 28, 1))
    x = networks.conv(layers.Rescaling(1 / 255)(inputs), 16, 5, 2)  # (batch, 14, 14, 16)
    x = networks.conv(networks.conv(x, 32, 3), 48, 3, 2)  # (batch, 7, 7, 48)
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax", name="digit")(x), name="judge")


def train_judge() -> "keras.Model":
    """Train a judge on digits that no generator sees."""
    import keras

    examples = digits("judge")
    keras.utils.set_random_seed(JUDGE_SEED)
    model = judge()
    steps = JUDGE_EPOCHS * math.ceil(len(examples.images) / 100)
    rate = keras.optimizers.schedules.CosineDecay(JUDGE_RATE, steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    callbacks = [live.progress(model.name)]
    x, y = examples.images, examples.labels
    model.fit(x, y, batch_size=100, epochs=JUDGE_EPOCHS, verbose=0, callbacks=callbacks)
    return model


def read_share(model: "keras.Model", images: np.ndarray, wanted: np.ndarray) -> float:
    """Return the share of images (N, 28, 28, 1) that a judge classifies as the wanted digits (N,)."""
    scores = model.predict(images, batch_size=500, verbose=0)
    return float(np.mean(scores.argmax(axis=1) == wanted))


# Measures -------------------------------------------------------------------------------------------------------


def distances(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the distance of each of `images` (n, …) to each of `others` (m, …): (n, m).

    It is the Euclidean distance over pixels, with greys from 0 to 1.
    """
    left = images.reshape(len(images), -1).astype(np.float32) / 255
    right = others.reshape(len(others), -1).astype(np.float32) / 255
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * left @ right.T
    return np.sqrt(np.maximum(squares, 0))


def spread(examples: Digits) -> float:
    """Return the mean distance between images of the same digit: over all pairs, then over the digits that occur."""
    means = []
    for label in np.unique(examples.labels):
        images = examples.images[examples.labels == label]
        if len(images) < 2:
            raise ValueError(
                f"Each digit needs at least two images. Received: {len(images)} of digit {label}"
            )
        pairs = distances(images, images)[np.triu_indices(len(images), 1)]
        means.append(pairs.mean())
    return float(np.mean(means))


def diversity(samples: Digits, real: Digits) -> float:
    """Return the spread of samples over that of real digits: 0 if all are equal, 1 if they differ as much as real ones.

    Noise is diverse too, so read this figure together with the share that is classified as wanted.
    """
    return spread(samples) / spread(real)


def nearest(images: np.ndarray, training_images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the index (n,) of the training image that is nearest to each image, and its distance (n,)."""
    parts = [distances(images[start : start + 250], training_images) for start in range(0, len(images), 250)]
    indices = np.concatenate([part.argmin(axis=1) for part in parts])
    return indices, np.concatenate([part.min(axis=1) for part in parts])


def distinct_share(indices: np.ndarray) -> float:
    """Return the number of different nearest training images of n images, divided by n.

    `indices` (n,) are those of `nearest`. The share is 1 if each image has its own nearest one, 1 / n if all share one.
    """
    return len(np.unique(indices)) / len(indices)


def novelty(sample_distances: np.ndarray, unseen_distances: np.ndarray) -> float:
    """Return the mean distance to the nearest training image, relative to that of real unseen digits; 0 for copies."""
    return float(sample_distances.mean() / unseen_distances.mean())


@cache
def unseen_digits(each: int) -> tuple[Digits, np.ndarray]:
    """Return `each` unseen real digits of each class, and their distances to the nearest training images."""
    unseen = first_of_each(digits("unseen"), each)
    return unseen, nearest(unseen.images, digits("generator").images)[1]


def figures(model: "keras.Model", samples: Digits) -> dict[str, float]:
    """Return all measures of samples, with a judge and an equal number of unseen real digits."""
    real, unseen_distances = unseen_digits(len(samples.images) // 10)
    indices, sample_distances = nearest(samples.images, digits("generator").images)
    return {
        "score": read_share(model, *samples),
        "diversity": diversity(samples, real),
        "distinct": distinct_share(indices),
        "novelty": novelty(sample_distances, unseen_distances),
    }


def first_of_each(examples: Digits, each: int) -> Digits:
    """Return the first `each` images of each digit, sorted by digit."""
    rows = np.concatenate([np.flatnonzero(examples.labels == label)[:each] for label in range(10)])
    return Digits(examples.images[rows], examples.labels[rows])
