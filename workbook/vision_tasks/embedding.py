"""Learn a distance: two pictures of the same thing shall lie close together, also of things that were never trained.

A network turns each picture into a vector of length 1. It learns from pairs, two views of the same written digit, and
no labels. It is measured on digits of other classes: does a picture's nearest neighbour show the same class? A view
has one digit at a random place, in a random size and brightness; in training it is stretched and slanted, too.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook import data
from workbook.vision_tasks import networks, reading, tasks
from workbook.vision_tasks.raster import as_bytes, resize

if TYPE_CHECKING:
    import keras

KNOWN, NEW = (0, 1, 2, 3, 4), (5, 6, 7, 8, 9)  # digits for training, and digits for the question
SIZE, NOISE = 28, 8.0
RULES = reading.StripRules(height=SIZE, width=SIZE, heights=(16, 20))
STRETCH, SLANT = 0.25, 0.3  # in training: widths by e^±.25, rows shifted by up to .3 pixels a row
PAIRS, TEST, TEST_SEED = 12_000, 2000, 99
RECIPE = tasks.TaskTraining(epochs=3, peak=0.01, batch_size=25)  # 25 pairs
TEMPERATURE = 0.1


@dataclass(frozen=True)
class Views:
    """Pictures of one digit each: `images` (N, 28, 28, 1) bytes, `labels` (N,)."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.images)


def make_views(digits: np.ndarray, *, seed: int, stretch: float = 0.0, slant: float = 0.0) -> np.ndarray:
    """Make a view of each digit (N, 28, 28) or (N, 28, 28, 1), in their order: bytes (N, 28, 28, 1).

    Widths change by a factor of up to e^`stretch`, either way; `slant` shifts each row by up to so many pixels
    against the next.
    """
    if stretch < 0 or slant < 0:
        raise ValueError(f"stretch and slant are 0 or more. Received: {stretch=}, {slant=}")
    rng = np.random.default_rng(seed)
    return np.stack([_view(digit, rng, stretch, slant) for digit in digits.reshape(-1, 28, 28)])


def _view(digit: np.ndarray, rng: np.random.Generator, stretch: float, slant: float) -> np.ndarray:
    picture = np.zeros((SIZE, SIZE), np.float32)
    glyph = reading.glyph(slanted(digit, rng.uniform(-slant, slant)), rng, RULES)
    width = int(np.clip(glyph.shape[1] * np.exp(rng.uniform(-stretch, stretch)), 3, SIZE))
    glyph = resize(glyph, glyph.shape[0], width)
    y, x = (int(rng.integers(SIZE - side + 1)) for side in glyph.shape)
    picture[y : y + glyph.shape[0], x : x + width] = glyph
    return as_bytes(picture, NOISE, rng)


def slanted(digit: np.ndarray, slant: float) -> np.ndarray:
    """Shift each row of a picture (H, W) by `slant` pixels against the next, rounded; the middle row stays."""
    height, width = digit.shape
    shifts = np.round(slant * (np.arange(height) - height // 2)).astype(int)
    columns = np.arange(width) - shifts[:, None]  # where each pixel comes from
    rows = np.arange(height)[:, None]
    return np.where((columns >= 0) & (columns < width), digit[rows, columns.clip(0, width - 1)], 0)


def training_pairs(count: int = PAIRS, *, seed: int = 0, classes: tuple[int, ...] = KNOWN) -> np.ndarray:
    """Make two views of each of `count` of MNIST's training digits, without the last 5,000: (count, 2, 28, 28, 1).

    Before that each digit is turned by a multiple of 90° and mirrored at random: five digits become forty shapes, and
    what tells many shapes apart is of more use for new ones.
    """
    mnist = data.load("mnist")
    digits, _ = of_classes(mnist.x_train[:-5000], mnist.y_train[:-5000], classes)
    rng = np.random.default_rng(seed)
    chosen = digits[rng.permutation(len(digits))[:count]].reshape(-1, 28, 28)
    turned = np.stack([np.rot90(digit, int(rng.integers(4)))[:: rng.choice([-1, 1])] for digit in chosen])
    views = make_views(np.repeat(turned, 2, axis=0), seed=seed, stretch=STRETCH, slant=SLANT)
    return views.reshape(-1, 2, SIZE, SIZE, 1)


def unseen_views(count: int = TEST, *, classes: tuple[int, ...] = NEW) -> Views:
    """Make a view of each of `count` of MNIST's test digits, always the same; their labels are the digits."""
    mnist = data.load("mnist")
    digits, labels = of_classes(mnist.x_test, mnist.y_test, classes)
    return Views(make_views(digits[:count], seed=TEST_SEED), labels[:count].astype(int))


def of_classes(
    digits: np.ndarray, labels: np.ndarray, classes: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Keep the digits of some classes, and their labels."""
    chosen = np.isin(labels, classes)
    if not chosen.any():
        raise ValueError(f"No digit is of these classes. Received: {classes=}")
    return digits[chosen], labels[chosen]


# Distances ------------------------------------------------------------------------------------------------------


def distances(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Give the Euclidean distance of each vector (n, …) to each other one (m, …): (n, m)."""
    one, other = (some.reshape(len(some), -1).astype(np.float64) for some in (vectors, others))
    squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
    return np.sqrt(np.maximum(squares, 0))


def neighbours(vectors: np.ndarray, count: int = 1) -> np.ndarray:
    """Give the numbers of the nearest other vectors of each vector (n, …), the nearest first: (n, count)."""
    if not 1 <= count < len(vectors):
        raise ValueError(f"count from 1 to vectors − 1. Received: {count=} for {len(vectors)} vectors")
    apart = distances(vectors, vectors)
    np.fill_diagonal(apart, np.inf)
    return np.argsort(apart, axis=1, kind="stable")[:, :count]


def recall_at(vectors: np.ndarray, labels: np.ndarray, count: int = 1) -> float:
    """Give the share of vectors that have one of their own class among their `count` nearest others."""
    return float(np.mean((labels[neighbours(vectors, count)] == labels[:, None]).any(axis=1)))


# Network and loss -----------------------------------------------------------------------------------------------


def embedder() -> "keras.Model":
    """Build a network that turns pictures (28, 28, 1) into vectors (192,) of length 1."""
    import keras
    from keras import layers

    inputs = keras.Input((SIZE, SIZE, 1))
    x = networks.conv(layers.Rescaling(1 / 255)(inputs), 16, 5, 2)  # (batch, 14, 14, 16)
    x = networks.conv(x, 32, 3, 2)  # (batch, 7, 7, 32)
    x = networks.conv(x, 64, 3)  # (batch, 7, 7, 64)
    x = networks.conv(x, 96, 3, 2)  # (batch, 4, 4, 96)
    x = layers.Concatenate()([layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(x)])
    return keras.Model(inputs, layers.UnitNormalization(name="vector")(x), name="embedder")


def projector() -> "keras.Model":
    """Build what stands between vectors and loss in training, and is then thrown away: 192 → 32 numbers, length 1.

    Before it the vectors are better for classes never seen than after it (Chen and others 2020, section 4.2).
    """
    import keras
    from keras import layers

    inputs = keras.Input((192,))
    return keras.Model(inputs, layers.UnitNormalization()(layers.Dense(32)(inputs)), name="projector")


def contrast_loss(_: Any, y_pred: Any) -> Any:
    """Give the loss NT-Xent of a batch of pairs of vectors of length 1, (batch, 2, dimensions).

    For each vector there is a softmax over all others of the batch, by cosine / temperature, and the loss is −ln of
    what its partner gets (Chen and others 2020, equation 1). Truth is who is whose partner; there are no labels.
    """
    from keras import ops

    count = ops.shape(y_pred)[0]
    vectors = ops.reshape(y_pred, (2 * count, -1))  # partners are neighbours: 0 and 1, 2 and 3, …
    itself = ops.eye(2 * count, dtype=y_pred.dtype)
    scores = ops.matmul(vectors, ops.transpose(vectors)) / TEMPERATURE - 1e9 * itself
    partners = ops.sum(y_pred[:, 0] * y_pred[:, 1], axis=-1) / TEMPERATURE  # (batch,)
    return ops.mean(ops.logsumexp(scores, axis=1)) - ops.mean(partners)


def train_embedder(pairs: np.ndarray, recipe: tasks.TaskTraining = RECIPE) -> "keras.Model":
    """Train an embedder on pairs of views (N, 2, 28, 28, 1)."""
    import keras
    from keras import ops

    model, head, pair = embedder(), projector(), keras.Input(pairs.shape[1:])
    both = keras.Model(pair, ops.stack([head(model(pair[:, side])) for side in (0, 1)], axis=1))
    tasks.train(both, pairs, np.zeros(len(pairs), np.float32), contrast_loss, recipe)
    return model


def embed(model: "keras.Model", images: np.ndarray) -> np.ndarray:
    """Turn pictures (N, 28, 28, 1) into vectors (N, dimensions)."""
    return tasks.predict(model, images)


def embedding_score(model: "keras.Model", some: Views) -> float:
    """Give an embedder's recall at 1 on views: each is asked for its nearest other one."""
    return recall_at(embed(model, some.images), some.labels)
