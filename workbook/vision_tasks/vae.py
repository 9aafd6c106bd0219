"""A convolutional variational autoencoder that draws a wanted digit.

Kingma and Welling 2014, "Auto-encoding variational Bayes"; the digit is an input of both halves (Sohn, Lee and Yan
2015). For each picture, the encoder outputs a cloud of codes by its mean and log-variance; the decoder turns one code
of that cloud back into the picture. A penalty keeps all clouds near the standard normal distribution. To draw a new
picture, decode a code from that distribution.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook import live
from workbook.vision_tasks.generation import Digits, as_images, one_hot

if TYPE_CHECKING:
    import keras

NAME = "VAE"
Tensor = Any  # a symbolic Keras tensor


@dataclass(frozen=True)
class VaeTraining:
    """How the two halves are trained: on `steps` batches; the rate falls from `rate` to 0 along a cosine.

    `weight` is the weight of the clouds' penalty, 1 in the paper and β in Higgins et al. 2017. With a larger weight
    more samples are good, but they differ less.
    """

    steps: int = 600
    batch_size: int = 50
    rate: float = 0.005
    codes: int = 6
    weight: float = 1.5


QUICK, LONG = VaeTraining(), VaeTraining(steps=2000)


@dataclass(frozen=True)
class Vae:
    """A trained pair: `encoder` (image, digit) → code (mean, log-variance), `decoder` (code, digit) → greys."""

    encoder: "keras.Model"
    decoder: "keras.Model"


def encoder(codes: int = VaeTraining.codes) -> "keras.Model":
    """Build the first half: image (28, 28, 1) bytes and digit (10,) → mean and log-variance, (2, codes)."""
    import keras
    from keras import layers

    image, digit = keras.Input((28, 28, 1), name="image"), keras.Input((10,), name="digit")
    x = layers.Rescaling(1 / 255)(image)
    x = layers.Conv2D(16, 4, 2, "same", activation="relu")(x)  # (batch, 14, 14, 16)
    x = norm_relu(layers.Conv2D(32, 4, 2, "same", use_bias=False)(x))  # (batch, 7, 7, 32)
    x = layers.Concatenate()([layers.Flatten()(x), digit])
    x = layers.Dense(128, activation="relu")(x)
    x = layers.Reshape((2, codes), name="cloud")(layers.Dense(2 * codes)(x))
    return keras.Model([image, digit], x, name="encoder")


def decoder(codes: int = VaeTraining.codes) -> "keras.Model":
    """Build the second half: code (codes,) and digit (10,) → image (28, 28, 1), greys from 0 to 1.

    Each digit has its own weights for the code, so that the code describes only the style, not the digit.
    """
    import keras
    from keras import layers

    code, digit = keras.Input((codes,), name="code"), keras.Input((10,), name="digit")
    column, row = layers.Reshape((10, 1))(digit), layers.Reshape((1, codes))(code)
    own = layers.Multiply()([column, row])  # (batch, 10, codes): 0 except in the digit's own row
    x = layers.Concatenate()([layers.Flatten()(own), digit])
    x = norm_relu(layers.Dense(128, use_bias=False)(x))
    x = norm_relu(layers.Dense(7 * 7 * 32, use_bias=False)(x))
    x = layers.Reshape((7, 7, 32))(x)
    x = norm_relu(layers.Conv2DTranspose(16, 4, 2, "same", use_bias=False)(x))  # (batch, 14, 14, 16)
    x = layers.Conv2DTranspose(1, 4, 2, "same", activation="sigmoid")(x)  # (batch, 28, 28, 1)
    return keras.Model([code, digit], x, name="decoder")


def norm_relu(x: Tensor) -> Tensor:
    """Normalise over the batch, cut off below 0."""
    from keras import layers

    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))


def autoencoder(first: "keras.Model", second: "keras.Model") -> "keras.Model":
    """Join both halves: image, digit and normal noise (codes,) → image, cloud.

    Code = mean + standard deviation · noise. The noise is an input, so that gradients bypass it.
    """
    import keras
    from keras import layers, ops

    (image, digit), codes = first.inputs, second.inputs[0].shape[-1]
    noise = keras.Input((codes,), name="noise")
    cloud = first([image, digit])
    code = cloud[:, 0] + ops.exp(cloud[:, 1] / 2) * noise
    outputs = {"image": layers.Identity(name="image_again")(second([code, digit])), "cloud": cloud}
    return keras.Model({"image": image, "digit": digit, "noise": noise}, outputs, name="autoencoder")


def picture_loss(y_true: Any, y_pred: Any) -> Any:
    """Return the cross-entropy of true and predicted greys, summed over the pixels, in nats."""
    from keras import losses, ops

    return ops.sum(losses.binary_crossentropy(y_true, y_pred), axis=(1, 2))


def cloud_loss(_: Any, cloud: Any) -> Any:
    """Return the Kullback-Leibler divergence of clouds (batch, 2, codes) from the standard normal distribution.

    It is ½ Σ (mean² + variance − 1 − log-variance), in nats; 0 for a mean of 0 and a variance of 1.
    """
    from keras import ops

    mean, log_variance = cloud[:, 0], cloud[:, 1]
    return ops.sum(mean**2 + ops.exp(log_variance) - 1 - log_variance, axis=1) / 2


def batches(
    examples: Digits, recipe: VaeTraining, seed: int
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield batches without end: image, digit and noise as inputs, image and cloud as targets."""
    rng = np.random.default_rng(seed)
    while True:
        rows = rng.integers(len(examples.images), size=recipe.batch_size)
        images = examples.images[rows].astype(np.float32)
        noise = rng.standard_normal((len(rows), recipe.codes)).astype(np.float32)
        targets = {"image": images / 255, "cloud": np.zeros((len(rows), 2, recipe.codes), np.float32)}
        yield {"image": images, "digit": one_hot(examples.labels[rows]), "noise": noise}, targets


def train(examples: Digits, recipe: VaeTraining = QUICK, *, seed: int = 0) -> Vae:
    """Train encoder and decoder together."""
    import keras

    keras.utils.set_random_seed(seed)
    pair = Vae(encoder(recipe.codes), decoder(recipe.codes))
    model = autoencoder(pair.encoder, pair.decoder)
    rate = keras.optimizers.schedules.CosineDecay(recipe.rate, recipe.steps)
    losses = {"image": picture_loss, "cloud": cloud_loss}
    weights = {"image": 1.0, "cloud": recipe.weight}
    model.compile(keras.optimizers.Adam(rate), losses, loss_weights=weights)
    made = batches(examples, recipe, seed)
    callbacks = [live.progress(model.name)]
    model.fit(made, steps_per_epoch=recipe.steps, epochs=1, shuffle=False, verbose=0, callbacks=callbacks)
    return pair


def sample(pair: Vae, wanted: np.ndarray, *, seed: int = 0, width: float = 1.0) -> np.ndarray:
    """Return new pictures of the wanted digits (N,): bytes (N, 28, 28, 1). `width` < 1 draws more typical codes."""
    rng = np.random.default_rng(seed)
    codes = width * rng.standard_normal((len(wanted), pair.decoder.inputs[0].shape[-1])).astype(np.float32)
    return decode(pair, codes, wanted)


def decode(pair: Vae, codes: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the pictures of codes (N, codes) and digits (N,): bytes (N, 28, 28, 1)."""
    parts = [  # called, not traced: `predict` would compile it for every number of codes
        np.asarray(
            pair.decoder([codes[start : start + 500], one_hot(wanted[start : start + 500])], training=False)
        )
        for start in range(0, len(codes), 500)
    ]
    return as_images(np.concatenate(parts))


def encode(pair: Vae, examples: Digits) -> np.ndarray:
    """Return the mean of each picture's cloud: (N, codes)."""
    inputs = [examples.images, one_hot(examples.labels)]
    return pair.encoder.predict(inputs, batch_size=500, verbose=0)[:, 0]


def parameters(pair: Vae) -> int:
    """Return the number of parameters of both halves."""
    return pair.encoder.count_params() + pair.decoder.count_params()
