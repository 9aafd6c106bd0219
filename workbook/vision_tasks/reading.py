"""Read strips with any number of digits: compose strips, train a network with the CTC loss, decode, measure.

Classes are numbered as Keras's CTC loss requires: 0 is the blank, 1 + d the digit d. A network outputs scores (before
the softmax) for each class and each column: (columns, 11).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, product
from typing import TYPE_CHECKING

import numpy as np

from workbook import data
from workbook.calls import note_call
from workbook.vision_tasks import networks, tasks
from workbook.vision_tasks.raster import add_clutter, as_bytes, resize

if TYPE_CHECKING:
    import keras

BLANK, CLASSES = 0, 11
STRIPS, TEST, TEST_SEED = 16_000, 500, 99
RECIPE = tasks.TaskTraining(epochs=4, peak=0.012, batch_size=25)


@dataclass(frozen=True)
class Strips:
    """Pictures of digits in a row: `images` (N, height, width, 1) bytes, and their `texts`."""

    images: np.ndarray
    texts: list[str]

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class StripRules:
    """How strips are composed: `digits` is the range of their number, `heights` that of a digit's height in pixels.

    `gap` is the largest distance between two digits in pixels, `strokes` the number of strokes of clutter.
    """

    height: int = 24
    width: int = 80
    digits: tuple[int, int] = (1, 5)
    heights: tuple[int, int] = (15, 20)
    gap: int = 4
    strokes: int = 4
    noise: float = 8.0


def make_strips(
    digits: np.ndarray, labels: np.ndarray, count: int, *, seed: int, rules: StripRules | None = None
) -> Strips:
    """Return `count` strips composed from `digits` (N, 28, 28) or (N, 28, 28, 1) and their `labels` (N,)."""
    rules = StripRules() if rules is None else rules
    if count < 1 or not 0 < rules.heights[0] <= rules.heights[1] <= rules.height:
        raise ValueError(
            f"count must be at least 1, and heights must fit into the strip. Received: {count=}, {rules}"
        )
    rng = np.random.default_rng(seed)
    digits = digits.reshape(-1, 28, 28)
    strips = [_strip(digits, labels, rng, rules) for _ in range(count)]
    return Strips(np.stack([image for image, _ in strips]), [text for _, text in strips])


def _strip(
    digits: np.ndarray, labels: np.ndarray, rng: np.random.Generator, rules: StripRules
) -> tuple[np.ndarray, str]:
    """Return a strip (height, width) with the digits that fit, at random heights on clutter, and its text."""
    picture = np.zeros((rules.height, rules.width), np.float32)
    add_clutter(picture, rules.strokes, rng)
    length = int(rng.integers(rules.digits[0], rules.digits[1] + 1))
    rows = rng.integers(len(digits), size=length)
    glyphs = [glyph(digits[row], rng, rules) for row in rows]
    gaps = rng.integers(0, rules.gap + 1, length)
    ends = np.cumsum([image.shape[1] for image in glyphs]) + np.cumsum(gaps) - gaps[0]
    fitting = max(1, int((ends <= rules.width).sum()))
    start = int(rng.integers(rules.width - ends[fitting - 1] + 1))
    for image, end in zip(glyphs[:fitting], ends, strict=False):
        height, width = image.shape
        top = int(rng.integers(rules.height - height + 1))
        part = picture[top : top + height, start + end - width : start + end]
        np.maximum(part, image, out=part)
    return as_bytes(picture, rules.noise, rng), "".join(str(labels[row]) for row in rows[:fitting])


def glyph(digit: np.ndarray, rng: np.random.Generator, rules: StripRules) -> np.ndarray:
    """Return a digit (28, 28) without its margin, with a random height and brightness."""
    rows = np.flatnonzero((digit > 60).any(axis=1))
    columns = np.flatnonzero((digit > 60).any(axis=0))
    cut = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height = int(rng.integers(rules.heights[0], rules.heights[1] + 1))
    width = min(max(3, round(height * cut.shape[1] / cut.shape[0])), rules.width)
    return (resize(cut, height, width) * rng.uniform(0.6, 1.0)).astype(np.float32)


def training_strips(count: int = STRIPS, *, seed: int = 0) -> Strips:
    """Return strips of MNIST's training digits, without the last 5,000."""
    mnist = data.load("mnist")
    return make_strips(mnist.x_train[:-5000], mnist.y_train[:-5000], count, seed=seed)


def unseen_strips(count: int = TEST) -> Strips:
    """Return strips of MNIST's test digits, always the same."""
    mnist = data.load("mnist")
    return make_strips(mnist.x_test, mnist.y_test, count, seed=TEST_SEED)


# CTC: paths and strings ----------------------------------------------------------------------------------------


def collapse(path: Iterable[int]) -> str:
    """Return the string that a path, a class per column, reads: merge equal neighbours, then drop the blanks."""
    note_call("vision_tasks.reading.collapse")
    classes = [number for number, _ in groupby(int(number) for number in path)]
    return "".join(str(number - 1) for number in classes if number != BLANK)


def read(scores: np.ndarray) -> list[str]:
    """Return the strings of scores (N, columns, 11), decoded greedily: the best class of each column, collapsed."""
    return [collapse(path) for path in np.asarray(scores).argmax(axis=-1)]


def string_probability(probabilities: np.ndarray, text: str) -> float:
    """Return the sum of the probabilities of all paths that read `text`, from `probabilities` (columns, classes).

    The rows have the sum 1. The loop goes from column to column. For each position in the string with blanks between
    its digits, it keeps the probability of being there (Graves and others 2006, section 4.1).
    """
    note_call("vision_tasks.reading.string_probability")
    states = _with_blanks(text)
    alpha = np.zeros(len(states))
    alpha[0] = 1.0  # before the first column, nothing has been read, as after a blank
    for index, column in enumerate(probabilities):
        reached = alpha.copy() if index else np.zeros_like(alpha)
        reached[1:] += alpha[:-1]
        reached[0] = alpha[0]
        skips = [k for k in range(2, len(states)) if states[k] not in (BLANK, states[k - 2])]
        reached[skips] += alpha[[k - 2 for k in skips]]
        alpha = reached * column[states]
    return float(alpha[-2:].sum())


def _with_blanks(text: str) -> list[int]:
    """Return the classes of a text with a blank before, between and after: "7" → [0, 8, 0]."""
    states = [BLANK]
    for digit in text:
        states += [1 + int(digit), BLANK]
    return states


def paths_of(text: str, columns: int, classes: int = CLASSES) -> Iterator[tuple[int, ...]]:
    """Return an iterator over all paths of `columns` columns that read `text`; their number grows fast."""
    used = sorted({BLANK, *(1 + int(digit) for digit in text)})
    if max(used) >= classes:
        raise ValueError(f"text must use digits below {classes - 1}. Received: {text!r}")
    return (path for path in product(used, repeat=columns) if collapse(path) == text)


def targets(texts: Sequence[str]) -> np.ndarray:
    """Return the classes of texts, followed by zeros: (N, longest)."""
    classes = np.zeros((len(texts), max(len(text) for text in texts)), np.int32)
    for row, text in zip(classes, texts, strict=True):
        row[: len(text)] = [1 + int(digit) for digit in text]
    return classes


def sequence_accuracy(predicted: Sequence[str], true: Sequence[str]) -> float:
    """Return the share of texts that are correct from the first digit to the last."""
    return float(np.mean([text == truth for text, truth in zip(predicted, true, strict=True)]))


# Network ---------------------------------------------------------------------------------------------------------


def reader(height: int = 24, width: int = 80) -> "keras.Model":
    """Build a network that outputs a score for each column and class: (width / 4, 11)."""
    import keras
    from keras import layers

    inputs = keras.Input((height, width, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = networks.conv(x, 16, 5, 2)  # (batch, 12, 40, 16)
    x = networks.conv(x, 32, 3, 2)  # (batch, 6, 20, 32)
    x = layers.MaxPooling2D((2, 1))(networks.conv(x, 64, 3))  # (batch, 3, 20, 64)
    x = layers.Reshape((width // 4, -1))(
        layers.Permute((2, 1, 3))(x)
    )  # (batch, 20, 192): one vector per column
    x = layers.Conv1D(96, 3, padding="same", use_bias=False, name="neighbours")(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))
    return keras.Model(inputs, layers.Dense(CLASSES, name="scores")(x), name="reader")


def train_reader(strips: Strips, recipe: tasks.TaskTraining = RECIPE) -> "keras.Model":
    """Train a reader on strips with the CTC loss."""
    import keras

    model = reader(*strips.images.shape[1:3])
    return tasks.train(model, strips.images, targets(strips.texts), keras.losses.CTC(), recipe)


def reading_score(model: "keras.Model", strips: Strips) -> float:
    """Return a reader's sequence accuracy on strips."""
    return sequence_accuracy(read(tasks.predict(model, strips.images)), strips.texts)
