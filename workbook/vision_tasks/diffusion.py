"""A small diffusion model that draws the digit asked for: from pure noise to a picture, step by step.

Its form is that of rectified flow (Liu, Gong and Liu 2023; Lipman et al. 2023). On the straight line from a picture
(time 0) to noise (time 1), noisy = (1 − time) · picture + time · noise, a network learns to guess the picture. To
draw, begin with noise, guess, walk a small step towards the guess, and guess again. The first guesses are the mean of
all pictures that there could be; each step rules some out. For guidance (Ho and Salimans 2022) the network learns to do
without the digit, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.vision_tasks.generation import Digits, as_images, one_hot

if TYPE_CHECKING:
    import keras

NAME = "diffusion"
Tensor = Any  # a symbolic Keras tensor


@dataclass(frozen=True)
class DiffusionTraining:
    """How the network is trained: `steps` batches; the rate rises for a tenth of them, then falls to 0 as a cosine.

    `blind` is the share of pictures whose digit is kept secret.
    """

    steps: int = 1000
    batch_size: int = 50
    rate: float = 0.004
    blind: float = 0.1


QUICK, LONG = DiffusionTraining(steps=500), DiffusionTraining()
STEPS, GUIDANCE = 20, 2.0


def denoiser() -> "keras.Model":
    """Build a small U-Net: noisy (28, 28, 1), time (1,), digit (10,), all 0 for any → the clean picture (28, 28, 1).

    Two convolutions down, dense layers that see the whole picture, two convolutions up, with what was seen on the way
    down added on the way up. Time and digit shift every feature map.
    """
    import keras
    from keras import layers, ops

    noisy, time = keras.Input((28, 28, 1), name="noisy"), keras.Input((1,), name="time")
    digit = keras.Input((10,), name="digit")
    angles = time * np.array([[1, 2, 4, 8]], np.float32) * np.pi / 2
    told = layers.Concatenate()([ops.sin(angles), ops.cos(angles), digit])
    told = layers.Dense(64, activation="relu")(told)
    fine = mixed(layers.Conv2D(16, 4, 2, "same", use_bias=False)(noisy), told)  # (batch, 14, 14, 16)
    coarse = mixed(layers.Conv2D(32, 4, 2, "same", use_bias=False)(fine), told)  # (batch, 7, 7, 32)
    x = mixed(layers.Dense(256, use_bias=False)(layers.Flatten()(coarse)), told)
    x = layers.Add()([x, mixed(layers.Dense(256, use_bias=False)(x), told)])
    x = layers.Reshape((7, 7, 32))(layers.Dense(7 * 7 * 32)(x))
    x = mixed(layers.Conv2D(32, 3, padding="same", use_bias=False)(layers.Add()([x, coarse])), told)
    x = mixed(layers.Conv2DTranspose(16, 4, 2, "same", use_bias=False)(x), told)  # (batch, 14, 14, 16)
    x = layers.Conv2DTranspose(1, 4, 2, "same", name="picture")(layers.Concatenate()([x, fine]))
    return keras.Model({"noisy": noisy, "time": time, "digit": digit}, x, name="denoiser")


def mixed(x: Tensor, told: Tensor) -> Tensor:
    """Normalise maps over the batch, shift each by what time and digit say (batch, 64), cut off below 0."""
    from keras import layers

    x, shift = layers.BatchNormalization(momentum=0.9)(x), layers.Dense(x.shape[-1])(told)
    if len(x.shape) == 4:
        shift = layers.Reshape((1, 1, -1))(shift)
    return layers.ReLU()(layers.Add()([x, shift]))


def mix(pictures: np.ndarray, noise: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Give the points at `time` (N, 1), 0 to 1, of the lines from pictures to noise, both (N, 28, 28, 1)."""
    share = time[:, :, None, None]
    return (1 - share) * pictures + share * noise


def batches(
    some: Digits, recipe: DiffusionTraining, seed: int
) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Draw batches without end: noisy pictures with their time and digit, and the clean ones asked for."""
    rng = np.random.default_rng(seed)
    while True:
        rows = rng.integers(len(some.images), size=recipe.batch_size)
        pictures = some.images[rows].astype(np.float32) / 127.5 - 1  # -1 to 1
        noise = rng.standard_normal(pictures.shape, dtype=np.float32)
        time = rng.random((len(rows), 1), dtype=np.float32)
        digit = one_hot(some.labels[rows]) * (rng.random((len(rows), 1)) >= recipe.blind)
        inputs = {"noisy": mix(pictures, noise, time), "time": time, "digit": digit.astype(np.float32)}
        yield inputs, pictures


def train(some: Digits, recipe: DiffusionTraining = LONG, *, seed: int = 0) -> "keras.Model":
    """Train a denoiser with the mean squared error of its pictures."""
    import keras

    keras.utils.set_random_seed(seed)
    model, rising = denoiser(), recipe.steps // 10
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, recipe.steps - rising, warmup_steps=rising, warmup_target=recipe.rate
    )
    model.compile(keras.optimizers.Adam(rate), "mean_squared_error")
    model.fit(batches(some, recipe, seed), steps_per_epoch=recipe.steps, epochs=1, shuffle=False, verbose=0)
    return model


def walk(
    model: "keras.Model", wanted: np.ndarray, *, seed: int = 0, steps: int = STEPS, guidance: float = GUIDANCE
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Walk from noise to pictures of the wanted digits (N,): give, for each step, where it ends and the guess it took.

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
    """Ask a denoiser for the pictures behind noisy ones (N, 28, 28, 1).

    `guidance` says how many times what the wanted digit adds is added to the guess for any digit: 1 is the plain guess.
    """
    digit = one_hot(wanted)
    told = model.predict({"noisy": noisy, "time": time, "digit": digit}, batch_size=250, verbose=0)
    if guidance == 1:
        return told
    blind = model.predict({"noisy": noisy, "time": time, "digit": 0 * digit}, batch_size=250, verbose=0)
    return blind + guidance * (told - blind)


def sample(
    model: "keras.Model", wanted: np.ndarray, *, seed: int = 0, steps: int = STEPS, guidance: float = GUIDANCE
) -> np.ndarray:
    """Draw new pictures of the wanted digits (N,): bytes (N, 28, 28, 1)."""
    *_, (x, _) = walk(model, wanted, seed=seed, steps=steps, guidance=guidance)
    return as_images((x + 1) / 2)


def parameters(model: "keras.Model") -> int:
    """Count the parameters."""
    return model.count_params()
