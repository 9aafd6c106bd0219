"""Read strips of digits of any number: compose them, train a network with the CTC loss, decode, measure.

Classes are numbered as Keras's CTC loss wants them: 0 is the blank, 1 + d the digit d. A network gives scores
(before the softmax) for each class and each column: (columns, 11).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, product
from typing import TYPE_CHECKING

import numpy as np

from workbook import data
from workbook.vision_tasks import networks, tasks
from workbook.vision_tasks.raster import add_clutter, as_bytes, resize

if TYPE_CHECKING:
    import keras

BLANK, CLASSES = 0, 11
STRIPS, TEST, TEST_SEED = 16_000, 500, 99
RECIPE = tasks.TaskTraining(epochs=4, peak=0.012, batch_size=25)


@dataclass(frozen=True)
class Strips:
    """Pictures of digits in a row: `images` (N, height, width, 1) bytes, and what is written on them."""

    images: np.ndarray
    texts: list[str]

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class StripRules:
    """How strips are composed. `digits` are the fewest and the most that are tried, `heights` those of a digit
    in pixels, `gap` the most pixels between two, `strokes` counts pieces of clutter.
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
    """Compose `count` strips from `digits` (N, 28, 28) or (N, 28, 28, 1) and their `labels` (N,)."""
    rules = StripRules() if rules is None else rules
    if count < 1 or not 0 < rules.heights[0] <= rules.heights[1] <= rules.height:
        raise ValueError(f"count ≥ 1, heights that fit into the strip. Received: count={count!r}, {rules}")
    rng = np.random.default_rng(seed)
    digits = digits.reshape(-1, 28, 28)
    made = [_strip(digits, labels, rng, rules) for _ in range(count)]
    return Strips(np.stack([image for image, _ in made]), [text for _, text in made])


def _strip(
    digits: np.ndarray, labels: np.ndarray, rng: np.random.Generator, rules: StripRules
) -> tuple[np.ndarray, str]:
    """Write digits from left to right, as many as fit, at random heights, on clutter."""
    picture = np.zeros((rules.height, rules.width), np.float32)
    add_clutter(picture, rules.strokes, rng)
    chosen = rng.integers(len(digits), size=int(rng.integers(rules.digits[0], rules.digits[1] + 1)))
    glyphs = [glyph(digits[one], rng, rules) for one in chosen]
    gaps = rng.integers(0, rules.gap + 1, len(glyphs))
    ends = np.cumsum([one.shape[1] for one in glyphs]) + np.cumsum(gaps) - gaps[0]
    fitting = max(1, int((ends <= rules.width).sum()))
    start = int(rng.integers(rules.width - ends[fitting - 1] + 1))
    for one, end in zip(glyphs[:fitting], ends, strict=False):
        top = int(rng.integers(rules.height - one.shape[0] + 1))
        part = picture[top : top + one.shape[0], start + end - one.shape[1] : start + end]
        np.maximum(part, one, out=part)
    return as_bytes(picture, rules.noise, rng), "".join(str(labels[one]) for one in chosen[:fitting])


def glyph(digit: np.ndarray, rng: np.random.Generator, rules: StripRules) -> np.ndarray:
    """Cut a digit (28, 28) out of its frame; give it a random height and brightness."""
    rows, columns = (np.flatnonzero((digit > 60).any(axis=axis)) for axis in (1, 0))
    cut = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height = int(rng.integers(rules.heights[0], rules.heights[1] + 1))
    width = min(max(3, round(height * cut.shape[1] / cut.shape[0])), rules.width)
    return (resize(cut, height, width) * rng.uniform(0.6, 1.0)).astype(np.float32)


def training_strips(count: int = STRIPS, *, seed: int = 0) -> Strips:
    """Compose strips from MNIST's training digits, without the last 5,000."""
    mnist = data.load("mnist")
    return make_strips(mnist.x_train[:-5000], mnist.y_train[:-5000], count, seed=seed)


def unseen_strips(count: int = TEST) -> Strips:
    """Compose strips from MNIST's test digits, always the same."""
    mnist = data.load("mnist")
    return make_strips(mnist.x_test, mnist.y_test, count, seed=TEST_SEED)


# CTC: paths and strings ----------------------------------------------------------------------------------------


def collapse(path: Iterable[int]) -> str:
    """Turn a path, a class for each column, into what it reads: merge equal neighbours, then drop the blanks."""
    return "".join(str(one - 1) for one, _ in groupby(int(one) for one in path) if one != BLANK)


def read(scores: np.ndarray) -> list[str]:
    """Read scores (N, columns, 11) greedily: the best class of each column, collapsed."""
    return [collapse(path) for path in np.asarray(scores).argmax(axis=-1)]


def string_probability(probabilities: np.ndarray, text: str) -> float:
    """Add up the probabilities of all paths that read `text`: `probabilities` (columns, classes), rows add up to 1.

    Goes from column to column, and keeps for each place of the string with blanks between (Graves and others 2006,
    section 4.1) how probable it is to stand there.
    """
    states = _with_blanks(text)
    alpha = np.zeros(len(states))
    alpha[0] = 1.0  # before the first column: nothing read, as after a blank
    for number, column in enumerate(probabilities):
        reached = alpha.copy() if number else np.zeros_like(alpha)
        reached[1:] += alpha[:-1]
        reached[0] = alpha[0]
        skips = [k for k in range(2, len(states)) if states[k] not in (BLANK, states[k - 2])]
        reached[skips] += alpha[[k - 2 for k in skips]]
        alpha = reached * column[states]
    return float(alpha[-2:].sum())


def _with_blanks(text: str) -> list[int]:
    """Give the classes of a text with a blank before, between and after: "7" → [0, 8, 0]."""
    states = [BLANK]
    for digit in text:
        states += [1 + int(digit), BLANK]
    return states


def paths_of(text: str, columns: int, classes: int = CLASSES) -> Iterator[tuple[int, ...]]:
    """Give every path of so many columns that reads `text`. Their number grows fast: for small grids only."""
    used = sorted({BLANK, *(1 + int(digit) for digit in text)})
    if max(used) >= classes:
        raise ValueError(f"text must use digits below {classes - 1}. Received: {text!r}")
    return (path for path in product(used, repeat=columns) if collapse(path) == text)


def targets(texts: Sequence[str]) -> np.ndarray:
    """Give the classes of texts, followed by zeros: (N, longest)."""
    found = np.zeros((len(texts), max(len(text) for text in texts)), np.int32)
    for row, text in zip(found, texts, strict=True):
        row[: len(text)] = [1 + int(digit) for digit in text]
    return found


def sequence_accuracy(found: Sequence[str], true: Sequence[str]) -> float:
    """Give the share of texts that are right from the first digit to the last."""
    return float(np.mean([one == other for one, other in zip(found, true, strict=True)]))


# Network ---------------------------------------------------------------------------------------------------------


def reader(height: int = 24, width: int = 80) -> "keras.Model":
    """Build a network that gives a score for each class and column: (width / 4, 11)."""
    import keras
    from keras import layers

    inputs = keras.Input((height, width, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = networks.conv(x, 16, 5, 2)  # (batch, 12, 40, 16)
    x = networks.conv(x, 32, 3, 2)  # (batch, 6, 20, 32)
    x = layers.MaxPooling2D((2, 1))(networks.conv(x, 64, 3))  # (batch, 3, 20, 64)
    x = layers.Reshape((width // 4, -1))(layers.Permute((2, 1, 3))(x))  # (batch, 20, 192): a vector a column
    x = layers.Conv1D(96, 3, padding="same", use_bias=False, name="neighbours")(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))
    return keras.Model(inputs, layers.Dense(CLASSES, name="scores")(x), name="reader")


def train_reader(some: Strips, recipe: tasks.TaskTraining = RECIPE) -> "keras.Model":
    """Train a reader on strips with the CTC loss."""
    import keras

    model = reader(*some.images.shape[1:3])
    return tasks.train(model, some.images, targets(some.texts), keras.losses.CTC(), recipe)


def reading_score(model: "keras.Model", some: Strips) -> float:
    """Give a reader's sequence accuracy on strips."""
    return sequence_accuracy(read(tasks.predict(model, some.images)), some.texts)
