"""Clips of one moving digit: make them, build networks that watch them, train and measure.

A clip has a digit that moves on a straight line, with noise of its own in every frame. Its two labels are the digit and
the motion. Everything is drawn from one seed. A clip and the same clip backwards are equally likely.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook import data
from workbook.vision_tasks.raster import resize

if TYPE_CHECKING:
    import keras

MOTIONS = ("right", "down", "left", "up")
STEPS = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])  # (y, x) for each motion; its reverse is two further on
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
        """Give the same clips, last frame first, and their motions."""
        return Clips(self.frames[:, ::-1], self.digits, reverse(self.motions))


def reverse(motions: np.ndarray) -> np.ndarray:
    """Give the opposite motion of each."""
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
    """Make `count` clips from `digits` (N, 28, 28) or (N, 28, 28, 1) and their `labels` (N,).

    A digit is `side` pixels large, moves `speeds` pixels a frame, and stays inside.
    """
    way = speeds[1] * (frames - 1)
    if count < 1 or frames < 2 or not 0 < speeds[0] <= speeds[1] or side + way > size:
        raise ValueError(
            "count ≥ 1, frames ≥ 2, and speeds with which a digit stays inside. "
            f"Received: {count=}, {frames=}, {size=}, {side=}, {speeds=}"
        )
    rng = np.random.default_rng(seed)
    chosen, motions = rng.integers(len(digits), size=count), rng.integers(4, size=count)
    clips = np.zeros((count, frames, size, size), np.float32)
    for clip, number, motion in zip(clips, chosen, motions, strict=True):
        glyph = resize(digits[number].reshape(28, 28)[4:24, 4:24], side, side) * rng.uniform(0.6, 1.0)
        for frame, (y, x) in zip(clip, _path(rng, motion, frames, size - side, speeds), strict=True):
            frame[y : y + side, x : x + side] = glyph
    clips += noise * rng.standard_normal(clips.shape, dtype=np.float32)
    frames_as_bytes = clips.clip(0, 255).astype(np.uint8)[..., np.newaxis]
    return Clips(frames_as_bytes, labels[chosen].astype(int), motions)


def _path(
    rng: np.random.Generator, motion: int, frames: int, room: int, speeds: tuple[float, float]
) -> np.ndarray:
    """Draw the places (frames, 2) of a digit's corner, whole pixels from 0 to `room`."""
    way = STEPS[motion] * rng.uniform(*speeds) * (frames - 1)
    middle = rng.uniform(np.abs(way) / 2, room - np.abs(way) / 2)
    return np.round(middle + np.linspace(-0.5, 0.5, frames)[:, None] * way).astype(int)


def training_clips(count: int, *, seed: int = 0) -> Clips:
    """Make clips of MNIST's training digits, without the last 5,000."""
    mnist = data.load("mnist")
    return make_clips(mnist.x_train[:-5000], mnist.y_train[:-5000], count, seed=seed)


def validation_clips(count: int = TEST) -> Clips:
    """Make clips of the last 5,000 training digits, for trying settings."""
    mnist = data.load("mnist")
    return make_clips(mnist.x_train[-5000:], mnist.y_train[-5000:], count, seed=TEST_SEED - 1)


def unseen_clips(count: int = TEST) -> Clips:
    """Make clips of MNIST's test digits, always the same."""
    mnist = data.load("mnist")
    return make_clips(mnist.x_test, mnist.y_test, count, seed=TEST_SEED)


def mean_frames(frames: np.ndarray) -> np.ndarray:
    """Average each clip (N, time, size, size, 1) over time, as float32 (N, size, size, 1).

    The sums are of whole numbers, so that their order does not matter.
    """
    return (frames.sum(axis=1, dtype=np.int64) / frames.shape[1]).astype(np.float32)


# Networks -------------------------------------------------------------------------------------------------------

ROWS = ((16, 5), (32, 3), (48, 3))  # filters, kernel size; each halves height and width
SPAN = 3  # frames that a kernel spans


def network(kind: str, *, frames: int = FRAMES, size: int = SIZE) -> "keras.Model":
    """Build a network that reads digit (10,) and motion (4,) from clips (frames, size, size, 1), bytes.

    "separable" convolves over space and then over time, (1, k, k) and (3, 1, 1); "joint" over both at once,
    (3, k, k); "each frame" over space alone. Their last maps are averaged over time. "mean frame" gets
    the clips' mean (size, size, 1) and convolves over space.
    """
    import keras
    from keras import layers

    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}. Received: kind={kind!r}")
    inputs = keras.Input((size, size, 1) if kind == "mean frame" else (frames, size, size, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    for filters, side in ROWS:
        x = stage(kind, x, filters, side)
    if kind != "mean frame":
        x = layers.AveragePooling3D((frames, 1, 1))(x)  # (batch, 1, 3, 3, 48)
    x = layers.Flatten()(x)
    digit, motion = (layers.Dense(n, "softmax", name=name)(x) for name, n in (("digit", 10), ("motion", 4)))
    return keras.Model(inputs, {"digit": digit, "motion": motion}, name=kind.replace(" ", "_"))


def stage(kind: str, x: Tensor, filters: int, side: int) -> Tensor:
    """Convolve to so many filters, to half the height and width, in the manner of the kind."""
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
    """How a network is trained, on how many clips. `peak` is the highest learning rate of a cycle up and down."""

    clips: int = 5000
    epochs: int = 3
    peak: float = 0.008
    batch_size: int = 20


Recipe = ClipTraining  # its name in notebooks of 2026 and before

QUICK, LONG = ClipTraining(), ClipTraining(clips=8000, epochs=4)


def train(kind: str, some: Clips, recipe: ClipTraining = QUICK, *, seed: int = 0) -> "keras.Model":
    """Train a network of a kind on clips."""
    import keras

    keras.utils.set_random_seed(seed)
    model = network(kind, frames=some.frames.shape[1], size=some.frames.shape[2])
    steps = recipe.epochs * -(-len(some) // recipe.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - steps // 5, warmup_steps=steps // 5, warmup_target=recipe.peak
    )
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    truth = {"digit": some.digits, "motion": some.motions}
    model.fit(seen(kind, some.frames), truth, batch_size=recipe.batch_size, epochs=recipe.epochs, verbose=0)
    return model


def seen(kind: str, frames: np.ndarray) -> np.ndarray:
    """Give what a network of the kind gets to see: the clips, or their mean frames."""
    return mean_frames(frames) if kind == "mean frame" else frames


def read(model: "keras.Model", frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Read clips (N, time, size, size, 1): digits (N,), motions (N,). The mean is taken where a network wants it."""
    inputs = mean_frames(frames) if len(model.input_shape) == 4 else frames
    found = model.predict(inputs, batch_size=100, verbose=0)
    return found["digit"].argmax(axis=1), found["motion"].argmax(axis=1)


def accuracies(model: "keras.Model", some: Clips) -> dict[str, float]:
    """Give the share of clips whose digit, motion and axis (sideways, or up and down) are read right."""
    digits, motions = read(model, some.frames)
    return {
        "digit": float(np.mean(digits == some.digits)),
        "motion": float(np.mean(motions == some.motions)),
        "axis": float(np.mean(motions % 2 == some.motions % 2)),
    }


def measure(seed: int, *, kind: str = "separable", recipe: ClipTraining = LONG) -> list[dict[str, Any]]:
    """Train a network with a seed on new clips; give a row for the digit and one for the motion, with the cost.

    The score is the share of unseen clips that is read right.
    """
    some = training_clips(recipe.clips, seed=seed)
    start = time.process_time()
    model = train(kind, some, recipe, seed=seed)
    about = {"parameters": model.count_params(), "cpu_seconds": time.process_time() - start}
    found = accuracies(model, unseen_clips())
    return [{"task": f"video, {name}", "score": found[name]} | about for name in ("digit", "motion")]
