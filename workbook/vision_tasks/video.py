"""Clips of one moving digit: make them, build networks that classify them, train and measure.

In a clip a digit moves along a straight line, with new noise in every frame. Its two labels are the digit and the
motion. Everything is drawn from one seed. A clip and the same clip backwards are equally likely.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook import data
from workbook.vision_tasks import tasks
from workbook.vision_tasks.raster import resize

if TYPE_CHECKING:
    import keras

MOTIONS = ("right", "down", "left", "up")
STEPS = np.array(
    [(0, 1), (1, 0), (0, -1), (-1, 0)]
)  # (y, x) of each motion; the reverse motion is two places further
KINDS = ("separable", "joint", "each frame", "mean frame")
FRAMES, SIZE = 6, 24
TEST, TEST_SEED = 1000, 99
Tensor = Any  # a symbolic Keras tensor


@dataclass(frozen=True)
class Clips:
    """Clips of one digit each: `frames` (N, time, size, size, 1) bytes, `digits` (N,), `motions` (N,) of MOTIONS."""

    frames: np.ndarray
    digits: np.ndarray
    motions: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)

    def backwards(self) -> "Clips":
        """Return the same clips with the last frame first, and the reverse motions."""
        return Clips(self.frames[:, ::-1], self.digits, reverse(self.motions))


def reverse(motions: np.ndarray) -> np.ndarray:
    """Return the opposite motion of each."""
    return (motions + 2) % 4


def make_clips(
    digits: np.ndarray,
    labels: np.ndarray,
    count: int,
    *,
    seed: int,
    frames: int = FRAMES,
    size: int = SIZE,
    side: int = 16,
    speeds: tuple[float, float] = (0.9, 1.6),
    noise: float = 15.0,
) -> Clips:
    """Return `count` clips made from `digits` (N, 28, 28) or (N, 28, 28, 1) and their `labels` (N,).

    A digit is `side` pixels large, moves `speeds` pixels per frame, and stays inside.
    """
    longest = speeds[1] * (frames - 1)  # pixels
    if count < 1 or frames < 2 or not 0 < speeds[0] <= speeds[1] or side + longest > size:
        raise ValueError(
            "count must be at least 1, frames at least 2, and speeds so small that a digit stays inside. "
            f"Received: {count=}, {frames=}, {size=}, {side=}, {speeds=}"
        )
    rng = np.random.default_rng(seed)
    rows = rng.integers(len(digits), size=count)
    motions = rng.integers(4, size=count)
    clips = np.zeros((count, frames, size, size), np.float32)
    for clip, row, motion in zip(clips, rows, motions, strict=True):
        glyph = resize(digits[row].reshape(28, 28)[4:24, 4:24], side, side) * rng.uniform(0.6, 1.0)
        for frame, (y, x) in zip(clip, _path(rng, motion, frames, size - side, speeds), strict=True):
            frame[y : y + side, x : x + side] = glyph
    clips += noise * rng.standard_normal(clips.shape, dtype=np.float32)
    frames_as_bytes = clips.clip(0, 255).astype(np.uint8)[..., np.newaxis]
    return Clips(frames_as_bytes, labels[rows].astype(int), motions)


def _path(
    rng: np.random.Generator, motion: int, frames: int, room: int, speeds: tuple[float, float]
) -> np.ndarray:
    """Draw the positions (frames, 2) of a digit's corner, in whole pixels from 0 to `room`."""
    path = STEPS[motion] * rng.uniform(*speeds) * (frames - 1)
    middle = rng.uniform(np.abs(path) / 2, room - np.abs(path) / 2)
    return np.round(middle + np.linspace(-0.5, 0.5, frames)[:, None] * path).astype(int)


def training_clips(count: int, *, seed: int = 0) -> Clips:
    """Return clips of MNIST's training digits, without the last 5,000."""
    mnist = data.load("mnist")
    return make_clips(mnist.x_train[:-5000], mnist.y_train[:-5000], count, seed=seed)


def unseen_clips(count: int = TEST) -> Clips:
    """Return clips of MNIST's test digits, always the same."""
    mnist = data.load("mnist")
    return make_clips(mnist.x_test, mnist.y_test, count, seed=TEST_SEED)


def mean_frames(frames: np.ndarray) -> np.ndarray:
    """Return the mean of each clip (N, time, size, size, 1) over time, as float32 (N, size, size, 1).

    The sums are of integers, so that their order does not matter.
    """
    return (frames.sum(axis=1, dtype=np.int64) / frames.shape[1]).astype(np.float32)


# Networks -------------------------------------------------------------------------------------------------------

ROWS = ((16, 5), (32, 3), (48, 3))  # filters, kernel size; each halves height and width
SPAN = 3  # frames that a kernel spans


def network(kind: str, *, frames: int = FRAMES, size: int = SIZE) -> "keras.Model":
    """Build a network that predicts digit (10,) and motion (4,) from clips (frames, size, size, 1), bytes.

    "separable" convolves over space and then over time, (1, k, k) and (3, 1, 1); "joint" over both at once,
    (3, k, k); "each frame" over space only. Their last maps are averaged over time. "mean frame" takes the mean of the
    clip over time (size, size, 1) and convolves over space.
    """
    import keras
    from keras import layers

    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}. Received: kind={kind!r}")
    inputs = keras.Input((size, size, 1) if kind == "mean frame" else (frames, size, size, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    for filters, side in ROWS:
        x = stage(kind, x, filters, side)
    if kind != "mean frame":
        x = layers.AveragePooling3D((frames, 1, 1))(x)  # (batch, 1, 3, 3, 48)
    x = layers.Flatten()(x)
    digit = layers.Dense(10, "softmax", name="digit")(x)
    motion = layers.Dense(4, "softmax", name="motion")(x)
    return keras.Model(inputs, {"digit": digit, "motion": motion}, name=kind.replace(" ", "_"))


def stage(kind: str, x: Tensor, filters: int, side: int) -> Tensor:
    """Convolve to `filters` maps of half the height and width, in the way of the kind."""
    from keras import layers

    if kind == "mean frame":
        return norm_relu(layers.Conv2D(filters, side, 2, "same", use_bias=False)(x))
    if kind == "joint":
        return norm_relu(layers.Conv3D(filters, (SPAN, side, side), (1, 2, 2), "same", use_bias=False)(x))
    if kind == "each frame":
        return norm_relu(layers.Conv3D(filters, (1, side, side), (1, 2, 2), "same", use_bias=False)(x))
    x = layers.Conv3D(filters, (1, side, side), (1, 2, 2), "same", activation="relu")(x)
    return norm_relu(layers.Conv3D(filters, (SPAN, 1, 1), padding="same", use_bias=False)(x))


def norm_relu(x: Tensor) -> Tensor:
    """Normalise over the batch, cut off below 0."""
    from keras import layers

    return layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))


# Train and measure ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClipTraining:
    """How a network is trained, and on how many clips. `peak` is the highest learning rate."""

    clips: int = 5000
    epochs: int = 3
    peak: float = 0.008
    batch_size: int = 20


Recipe = ClipTraining  # its name in notebooks of 2026 and before

QUICK, LONG = ClipTraining(), ClipTraining(clips=8000, epochs=4)


def train(kind: str, clips: Clips, recipe: ClipTraining = QUICK, *, seed: int = 0) -> "keras.Model":
    """Train a network of one of the KINDS on clips."""
    import keras

    keras.utils.set_random_seed(seed)
    model = network(kind, frames=clips.frames.shape[1], size=clips.frames.shape[2])
    labels = {"digit": clips.digits, "motion": clips.motions}
    settings = tasks.TaskTraining(recipe.epochs, recipe.peak, recipe.batch_size)
    inputs = model_inputs(model, clips.frames)
    return tasks.train(model, inputs, labels, "sparse_categorical_crossentropy", settings)


def model_inputs(model: "keras.Model", frames: np.ndarray) -> np.ndarray:
    """Return what a network takes of clips (N, time, size, size, 1): the clips, or their mean frames."""
    return mean_frames(frames) if len(model.input_shape) == 4 else frames


def read(model: "keras.Model", frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the predicted digits (N,) and motions (N,) of clips (N, time, size, size, 1)."""
    outputs = tasks.predict(model, model_inputs(model, frames))
    return outputs["digit"].argmax(axis=1), outputs["motion"].argmax(axis=1)


def accuracies(model: "keras.Model", clips: Clips) -> dict[str, float]:
    """Return the accuracy for the digit, the motion, and its axis (horizontal or vertical)."""
    digits, motions = read(model, clips.frames)
    return {
        "digit": float(np.mean(digits == clips.digits)),
        "motion": float(np.mean(motions == clips.motions)),
        "axis": float(np.mean(motions % 2 == clips.motions % 2)),
    }


def measure(seed: int, *, recipe: ClipTraining = LONG) -> list[dict[str, Any]]:
    """Train a "separable" network; return a row for the digit and one for the motion, with the cost.

    The score is the accuracy on unseen clips.
    """
    clips = training_clips(recipe.clips, seed=seed)
    start = time.process_time()
    model = train("separable", clips, recipe, seed=seed)
    cost = {"parameters": model.count_params(), "cpu_seconds": time.process_time() - start}
    scores = accuracies(model, unseen_clips())
    return [{"task": f"video, {name}", "score": scores[name]} | cost for name in ("digit", "motion")]
