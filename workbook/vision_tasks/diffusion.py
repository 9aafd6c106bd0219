"""A small diffusion model that draws a wanted digit: from pure noise to a picture, step by step.

It is a rectified flow (Liu, Gong and Liu 2023; Lipman et al. 2023). On the straight line from a picture (time 0) to
noise (time 1), noisy = (1 − time) · picture + time · noise, a network learns to guess the picture. To draw, begin with
noise, guess, take a small step towards the guess, and guess again. The first guesses are the mean of all possible
pictures; each step rules some out. For guidance (Ho and Salimans 2022) the network also learns to guess without knowing
the digit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook import live
from workbook.vision_tasks.generation import Digits, as_images, one_hot

if TYPE_CHECKING:
    import keras

NAME = "diffusion"
Tensor = Any  # a symbolic Keras tensor


@dataclass(frozen=True)
class DiffusionTraining:
    """How the network is trained: on `steps` batches; the rate rises in a tenth of them, then falls to 0.

    `blind` is the share of pictures for which the network does not see the digit.
    """

    steps: int = 1000
    batch_size: int = 50
    rate: float = 0.004
    blind: float = 0.1


QUICK, LONG = DiffusionTraining(steps=500), DiffusionTraining()
STEPS, GUIDANCE = 20, 2.0


def denoiser() -> "keras.Model":
    """Build a small U-Net: noisy (28, 28, 1), time (1,), digit (10,) → the clean picture (28, 28, 1).

    A digit of zeros means any digit. The network has two convolutions down, dense layers that see the whole picture,
    and two convolutions up, to which the maps of the way down are added. Time and digit shift every feature map.
    """
    import keras
    from keras import layers, ops

    noisy, time = keras.Input((28, 28, 1), name="noisy"), keras.Input((1,), name="time")
    digit = keras.Input((10,), name="digit")
    angles = time * np.array([[1, 2, 4, 8]], np.float32) * np.pi / 2
    condition = layers.Concatenate()([ops.sin(angles), ops.cos(angles), digit])
    condition = layers.Dense(64, activation="relu")(condition)  # (batch, 64)
    fine = mixed(layers.Conv2D(16, 4, 2, "same", use_bias=False)(noisy), condition)  # (batch, 14, 14, 16)
    coarse = mixed(layers.Conv2D(32, 4, 2, "same", use_bias=False)(fine), condition)  # (batch, 7, 7, 32)
    x = mixed(layers.Dense(256, use_bias=False)(layers.Flatten()(coarse)), condition)
    x = layers.Add()([x, mixed(layers.Dense(256, use_bias=False)(x), condition)])
    x = layers.Reshape((7, 7, 32))(layers.Dense(7 * 7 * 32)(x))
    x = mixed(layers.Conv2D(32, 3, padding="same", use_bias=False)(layers.Add()([x, coarse])), condition)
    x = mixed(layers.Conv2DTranspose(16, 4, 2, "same", use_bias=False)(x), condition)  # (batch, 14, 14, 16)
    x = layers.Conv2DTranspose(1, 4, 2, "same", name="picture")(layers.Concatenate()([x, fine]))
    return keras.Model({"noisy": noisy, "time": time, "digit": digit}, x, name="denoiser")


def mixed(x: Tensor, condition: Tensor) -> Tensor:
    """Normalise maps over the batch, shift each depending on time and digit (batch, 64), cut off below 0."""
    from keras import layers

    x = layers.BatchNormalization(momentum=0.9)(x)
    shift = layers.Dense(x.shape[-1])(condition)
    if len(x.shape) == 4:
        shift = layers.Reshape((1, 1, -1))(shift)
    return layers.ReLU()(layers.Add()([x, shift]))


def mix(pictures: np.ndarray, noise: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Return the points at `time` (N, 1), 0 to 1, on the lines from pictures to noise, both (N, 28, 28, 1)."""
    share = time[:, :, None, None]
    return (1 - share) * pictures + share * noise


def batches(
    examples: Digits, recipe: DiffusionTraining, seed: int
) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Yield batches without end: noisy pictures with their time and digit, and the clean pictures as targets."""
    rng = np.random.default_rng(seed)
    while True:
        rows = rng.integers(len(examples.images), size=recipe.batch_size)
        pictures = examples.images[rows].astype(np.float32) / 127.5 - 1  # -1 to 1
        noise = rng.standard_normal(pictures.shape, dtype=np.float32)
        time = rng.random((len(rows), 1), dtype=np.float32)
        digit = one_hot(examples.labels[rows]) * (rng.random((len(rows), 1)) >= recipe.blind)
        inputs = {"noisy": mix(pictures, noise, time), "time": time, "digit": digit.astype(np.float32)}
        yield inputs, pictures


def train(examples: Digits, recipe: DiffusionTraining = LONG, *, seed: int = 0) -> "keras.Model":
    """Train a denoiser to minimise the mean squared error of its pictures."""
    import keras

    keras.utils.set_random_seed(seed)
    model = denoiser()
    rising = recipe.steps // 10
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, recipe.steps - rising, warmup_steps=rising, warmup_target=recipe.rate
    )
    model.compile(keras.optimizers.Adam(rate), "mean_squared_error")
    made = batches(examples, recipe, seed)
    callbacks = [live.progress(model.name)]
    model.fit(made, steps_per_epoch=recipe.steps, epochs=1, shuffle=False, verbose=0, callbacks=callbacks)
    return model


def walk(
    model: "keras.Model", wanted: np.ndarray, *, seed: int = 0, steps: int = STEPS, guidance: float = GUIDANCE
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Walk from noise to pictures of the wanted digits (N,): yield the end of each step and the guess it used.

    Both are (N, 28, 28, 1), -1 to 1 for a picture. The last step ends at the last guess.
    """
    rng, count = np.random.default_rng(seed), len(wanted)
    x: np.ndarray = rng.standard_normal((count, 28, 28, 1), dtype=np.float32)
    for left in range(steps, 0, -1):  # the time is left / steps
        picture = guess(model, x, np.full((count, 1), left / steps, np.float32), wanted, guidance=guidance)
        x = x + (picture - x) / left
        yield x, picture


def guess(
    model: "keras.Model",
    noisy: np.ndarray,
    time: np.ndarray,
    wanted: np.ndarray,
    *,
    guidance: float = GUIDANCE,
) -> np.ndarray:
    """Return a denoiser's guesses of the pictures behind noisy ones (N, 28, 28, 1).

    Guidance moves from the guess for any digit (0) past the guess for the wanted digit (1), which is the plain guess.
    """
    digit = one_hot(wanted)
    informed = model.predict({"noisy": noisy, "time": time, "digit": digit}, batch_size=250, verbose=0)
    if guidance == 1:
        return informed
    blind = model.predict({"noisy": noisy, "time": time, "digit": 0 * digit}, batch_size=250, verbose=0)
    return blind + guidance * (informed - blind)


def sample(
    model: "keras.Model", wanted: np.ndarray, *, seed: int = 0, steps: int = STEPS, guidance: float = GUIDANCE
) -> np.ndarray:
    """Return new pictures of the wanted digits (N,): bytes (N, 28, 28, 1)."""
    points = [point for point, _ in walk(model, wanted, seed=seed, steps=steps, guidance=guidance)]
    return as_images((points[-1] + 1) / 2)


def parameters(model: "keras.Model") -> int:
    """Return the number of parameters."""
    return model.count_params()
