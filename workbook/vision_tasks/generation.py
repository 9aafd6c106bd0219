"""Generate digits and measure what came out: the data, the judge that reads samples, and the measures.

`vae` and `diffusion` build and train the generators. Three sets of MNIST's training digits have nothing in common:
the generators learn from the first 30,000, the judge from the next 25,000, and the last 5,000 are for comparing and for
trying settings. Images are bytes (N, 28, 28, 1), ink is 255.
"""

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbook import data
from workbook.vision_tasks import networks

if TYPE_CHECKING:
    import keras

PARTS = {"generator": slice(0, 30_000), "judge": slice(30_000, 55_000), "unseen": slice(55_000, 60_000)}
JUDGE_SEED, JUDGE_EPOCHS, JUDGE_RATE = 0, 2, 0.01
A_DIGIT = 50  # samples of each digit when a generator is measured


class Digits(NamedTuple):
    """Pictures of digits: `images` (N, 28, 28, 1) bytes, `labels` (N,)."""

    images: np.ndarray
    labels: np.ndarray


def digits(part: str) -> Digits:
    """Give a part of MNIST: "generator", "judge" or "unseen" of the training file, or "test"."""
    mnist = data.load("mnist")
    if part == "test":
        return Digits(mnist.x_test, mnist.y_test)
    if part not in PARTS:
        raise ValueError(f"part is one of {', '.join(PARTS)}, test. Received: part={part!r}")
    return Digits(mnist.x_train[PARTS[part]], mnist.y_train[PARTS[part]])


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Turn digits (N,) into rows with a single 1: (N, 10)."""
    return np.eye(10, dtype=np.float32)[labels]


def all_digits(each: int) -> np.ndarray:
    """Give the labels 0 … 9, each so many times: (10 · each,)."""
    return np.repeat(np.arange(10), each)


def as_images(values: np.ndarray) -> np.ndarray:
    """Turn greys from 0 to 1 into bytes; what lies beyond is cut off."""
    return np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)


# The judge ------------------------------------------------------------------------------------------------------


def judge() -> "keras.Model":
    """Build a small CNN that reads digits: (28, 28, 1) bytes → 10 probabilities."""
    import keras
    from keras import layers

    inputs = keras.Input((28, 28, 1))
    x = networks.conv(layers.Rescaling(1 / 255)(inputs), 16, 5, 2)  # (batch, 14, 14, 16)
    x = networks.conv(networks.conv(x, 32, 3), 48, 3, 2)  # (batch, 7, 7, 48)
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax", name="digit")(x), name="judge")


def train_judge(some: Digits | None = None, *, seed: int = JUDGE_SEED) -> "keras.Model":
    """Train a judge on digits that no generator sees."""
    import keras

    some = digits("judge") if some is None else some
    keras.utils.set_random_seed(seed)
    model, steps = judge(), JUDGE_EPOCHS * -(-len(some.images) // 100)
    rate = keras.optimizers.schedules.CosineDecay(JUDGE_RATE, steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    model.fit(some.images, some.labels, batch_size=100, epochs=JUDGE_EPOCHS, verbose=0)
    return model


def read_share(model: "keras.Model", images: np.ndarray, wanted: np.ndarray) -> float:
    """Give the share of images (N, 28, 28, 1) that a judge reads as the wanted digits (N,)."""
    scores = model.predict(images, batch_size=500, verbose=0)
    return float(np.mean(scores.argmax(axis=1) == wanted))


# Measures -------------------------------------------------------------------------------------------------------


def distances(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Give the distance of each image (n, …) to each other one (m, …): (n, m).

    It is the root of the summed squares over pixels, whose greys go from 0 to 1.
    """
    one, other = (some.reshape(len(some), -1).astype(np.float32) / 255 for some in (images, others))
    squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
    return np.sqrt(np.maximum(squares, 0))


def spread(some: Digits) -> float:
    """Give the mean distance of two images of the same digit: over all pairs, then over the digits that occur."""
    means = []
    for label in np.unique(some.labels):
        mine = some.images[some.labels == label]
        if len(mine) < 2:
            raise ValueError(f"A spread needs two images of each digit. Received: {len(mine)} of {label}")
        pairs = distances(mine, mine)[np.triu_indices(len(mine), 1)]
        means.append(pairs.mean())
    return float(np.mean(means))


def diversity(samples: Digits, real: Digits) -> float:
    """Give the spread of samples over that of real digits: 0 if all are the same, 1 if they differ as real ones do.

    Noise differs, too: the figure says something only beside the share that is read as wanted.
    """
    return spread(samples) / spread(real)


def nearest(images: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest known image of each image: its number (n,) and its distance (n,)."""
    parts = [distances(images[start : start + 250], known) for start in range(0, len(images), 250)]
    return np.concatenate([p.argmin(axis=1) for p in parts]), np.concatenate([p.min(axis=1) for p in parts])


def distinct_share(numbers: np.ndarray) -> float:
    """Give how many different known images are nearest to n images, as a share of n; `numbers` (n,) are `nearest`'s.

    It is 1 if each image has a nearest one of its own, 1 / n if all n have the same.
    """
    return len(np.unique(numbers)) / len(numbers)


def novelty(away: np.ndarray, away_unseen: np.ndarray) -> float:
    """Give the mean distance to the nearest known image, over the same for real unseen ones: 0 for mere copies."""
    return float(away.mean() / away_unseen.mean())


@cache
def unseen_digits(each: int) -> tuple[Digits, np.ndarray]:
    """Give real digits that no generator saw, so many of each, and their distances to the nearest known ones."""
    some = first_of_each(digits("unseen"), each)
    return some, nearest(some.images, digits("generator").images)[1]


def figures(model: "keras.Model", samples: Digits) -> dict[str, float]:
    """Give all measures of samples with a judge; real digits are as many unseen ones of each digit."""
    real, away_unseen = unseen_digits(len(samples.images) // 10)
    numbers, away = nearest(samples.images, digits("generator").images)
    return {
        "score": read_share(model, *samples),
        "diversity": diversity(samples, real),
        "distinct": distinct_share(numbers),
        "novelty": novelty(away, away_unseen),
    }


def first_of_each(some: Digits, each: int) -> Digits:
    """Keep the first images of each digit, sorted by digit."""
    rows = np.concatenate([np.flatnonzero(some.labels == label)[:each] for label in range(10)])
    return Digits(some.images[rows], some.labels[rows])
