"""The gradient of a number with respect to an image, by whichever backend Keras runs on."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Tensor = Any
Objective = Callable[[Tensor], Tensor]
Step = Callable[[Tensor], tuple[Tensor, Tensor]]


class InputGradient:
    """A compiled function: images (batch, ...) → values (batch,) or (batch, terms), and gradients of the images' shape.

    Compiled at the first call and once more for each new shape or dtype, never again: `traces` counts.
    """

    def __init__(self, objective: Objective) -> None:
        self.traces = 0
        self._objective = objective
        self._step = _compiler()(self._counted)

    def _counted(self, images: Tensor) -> Tensor:
        """Run the objective; Python passes here only while a backend traces it."""
        self.traces += 1
        values = self._objective(images)
        shape = tuple(values.shape)
        if len(shape) not in (1, 2) or shape[0] != images.shape[0]:
            raise ValueError(f"An objective gives (batch,) or (batch, terms) values. Received: shape {shape}")
        return values

    def __call__(self, images: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the values and the gradients as arrays; whole numbers are taken as float32."""
        from keras import ops

        array = np.asarray(images)
        array = array if array.dtype.kind == "f" else array.astype(np.float32)
        pixels = ops.convert_to_tensor(array, dtype=str(array.dtype))
        values, gradients = self._step(pixels)
        return ops.convert_to_numpy(values), ops.convert_to_numpy(gradients)


def input_gradient(objective: Objective) -> InputGradient:
    """Compile `objective` and its gradient with respect to the images.

    `objective` takes a tensor of images (batch, ...) and gives (batch,) values, or (batch, terms) of which each image's
    are added up; it is written with `keras.ops` and Keras models, and a value depends on its own image only. Pixels
    that it does not use have gradient 0.
    ValueError for a backend other than TensorFlow and JAX, and for values of another shape.
    """
    return InputGradient(objective)


def _compiler() -> Callable[[Objective], Step]:
    """Choose how gradients are taken; the one place that knows backends."""
    import keras

    known: dict[str, Callable[[Objective], Step]] = {"tensorflow": _with_tensorflow, "jax": _with_jax}
    backend = keras.backend.backend()
    if backend not in known:
        raise ValueError(
            f"Gradients are taken with TensorFlow or JAX: set KERAS_BACKEND and start again. Received: {backend!r}"
        )
    return known[backend]


def _with_tensorflow(objective: Objective) -> Step:
    import tensorflow as tf

    @tf.function(autograph=False)
    def step(images: Tensor) -> tuple[Tensor, Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(images)
            values = objective(images)
            total = tf.reduce_sum(values)
        return values, tape.gradient(total, images, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    return step


def _with_jax(objective: Objective) -> Step:
    import jax

    def total(images: Tensor) -> tuple[Tensor, Tensor]:
        values = objective(images)
        return values.sum(), values

    @jax.jit
    def step(images: Tensor) -> tuple[Tensor, Tensor]:
        (_, values), gradients = jax.value_and_grad(total, has_aux=True)(images)
        return values, gradients

    return step
