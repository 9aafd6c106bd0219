"""Learn a distance: two pictures of the same thing should be close together, even of things not seen in training.

A network turns each picture into a vector of length 1. It learns from pairs, two views of the same handwritten digit,
without labels. It is measured on digits of other classes: does a picture's nearest neighbour show the same class? A
view has one digit at a random place, with a random size and brightness; in training it is also stretched and slanted.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook import data
from workbook.calls import note_call
from workbook.vision_tasks import networks, reading, tasks
from workbook.vision_tasks.raster import as_bytes, resize

if TYPE_CHECKING:
    import keras

KNOWN, NEW = (0, 1, 2, 3, 4), (5, 6, 7, 8, 9)  # digits for training, and digits for the test
SIZE, NOISE = 28, 8.0
RULES = reading.StripRules(height=SIZE, width=SIZE, heights=(16, 20))
STRETCH, SLANT = 0.25, 0.3  # in training: widths times e^±.25, rows shifted by up to .3 pixels per row
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
    """Return a view of each digit (N, 28, 28) or (N, 28, 28, 1), in the same order: bytes (N, 28, 28, 1).

    Widths change by a factor of e^-`stretch` to e^`stretch`; each row is shifted by up to `slant` pixels against the
    next.
    """
    if stretch < 0 or slant < 0:
        raise ValueError(f"stretch and slant must be at least 0. Received: {stretch=}, {slant=}")
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
    """Return a picture (H, W) with each row shifted by `slant` pixels against the next; the middle row stays."""
    height, width = digit.shape
    shifts = np.round(slant * (np.arange(height) - height // 2)).astype(int)
    columns = np.arange(width) - shifts[:, None]  # the source of each pixel
    rows = np.arange(height)[:, None]
    return np.where((columns >= 0) & (columns < width), digit[rows, columns.clip(0, width - 1)], 0)


def training_pairs(count: int = PAIRS, *, seed: int = 0) -> np.ndarray:
    """Return two views of each of `count` MNIST training digits, without the last 5,000: (count, 2, 28, 28, 1).

    First, each digit is rotated by a multiple of 90° and mirrored at random: five digits become forty shapes, and
    features that distinguish many shapes are more useful for new ones.
    """
    mnist = data.load("mnist")
    digits, _ = of_classes(mnist.x_train[:-5000], mnist.y_train[:-5000], KNOWN)
    rng = np.random.default_rng(seed)
    chosen = digits[rng.permutation(len(digits))[:count]].reshape(-1, 28, 28)
    turned = np.stack([np.rot90(digit, int(rng.integers(4)))[:: rng.choice([-1, 1])] for digit in chosen])
    views = make_views(np.repeat(turned, 2, axis=0), seed=seed, stretch=STRETCH, slant=SLANT)
    return views.reshape(-1, 2, SIZE, SIZE, 1)


def unseen_views(count: int = TEST, *, classes: tuple[int, ...] = NEW) -> Views:
    """Return a view of each of `count` MNIST test digits, always the same; the labels are the digits."""
    mnist = data.load("mnist")
    digits, labels = of_classes(mnist.x_test, mnist.y_test, classes)
    return Views(make_views(digits[:count], seed=TEST_SEED), labels[:count].astype(int))


def of_classes(
    digits: np.ndarray, labels: np.ndarray, classes: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the digits of some classes, and their labels."""
    is_member = np.isin(labels, classes)
    if not is_member.any():
        raise ValueError(f"classes must include one of the labels. Received: {classes=}")
    return digits[is_member], labels[is_member]


# Distances ------------------------------------------------------------------------------------------------------


def distances(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the Euclidean distance of each of `vectors` (n, …) to each of `others` (m, …): (n, m)."""
    left = vectors.reshape(len(vectors), -1).astype(np.float64)
    right = others.reshape(len(others), -1).astype(np.float64)
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * left @ right.T
    return np.sqrt(np.maximum(squares, 0))


def neighbours(vectors: np.ndarray, count: int = 1) -> np.ndarray:
    """Return the indices of the `count` nearest other vectors of each vector (n, …), nearest first: (n, count)."""
    if not 1 <= count < len(vectors):
        raise ValueError(
            f"count must be from 1 to {len(vectors) - 1}, the number of other vectors. Received: {count=}"
        )
    between = distances(vectors, vectors)
    np.fill_diagonal(between, np.inf)
    return np.argsort(between, axis=1, kind="stable")[:, :count]


def recall_at(vectors: np.ndarray, labels: np.ndarray, count: int = 1) -> float:
    """Return the share of vectors with one of their own class among their `count` nearest neighbours."""
    note_call("vision_tasks.embedding.recall_at")
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
    """Build the head between vectors and loss, used in training only: 192 → 32 numbers, length 1.

    For unseen classes the vectors before this head are better than those after it (Chen and others 2020, section 4.2).
    """
    import keras
    from keras import layers

    inputs = keras.Input((192,))
    return keras.Model(inputs, layers.UnitNormalization()(layers.Dense(32)(inputs)), name="projector")


def contrast_loss(_: Any, y_pred: Any) -> Any:
    """Return the NT-Xent loss of a batch of pairs of vectors of length 1, (batch, 2, dimensions).

    For each vector, take the softmax over all other vectors of the batch, of cosine / temperature. The loss is −ln of
    its partner's probability (Chen and others 2020, equation 1). The pairs are the only truth; labels are not used.
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

    model, head = embedder(), projector()
    inputs = keras.Input(pairs.shape[1:])
    vectors = ops.stack([head(model(inputs[:, view])) for view in (0, 1)], axis=1)  # (batch, 2, 32)
    tasks.train(keras.Model(inputs, vectors), pairs, np.zeros(len(pairs), np.float32), contrast_loss, recipe)
    return model


def embed(model: "keras.Model", images: np.ndarray) -> np.ndarray:
    """Return the vectors (N, dimensions) of pictures (N, 28, 28, 1)."""
    return tasks.predict(model, images)


def embedding_score(model: "keras.Model", views: Views) -> float:
    """Return an embedder's recall at 1 on views."""
    return recall_at(embed(model, views.images), views.labels)
