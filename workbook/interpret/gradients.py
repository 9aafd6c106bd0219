"""The gradient of a number with respect to an image, with the backend that Keras uses."""

import gc
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Tensor = Any
Objective = Callable[[Tensor], Tensor]
Step = Callable[[Tensor], tuple[Tensor, Tensor]]


class InputGradient:
    """A compiled function: images (batch, ...) → values (batch,) or (batch, terms), and gradients of the images' shape.

    It is compiled at the first call and for each new shape or dtype; `traces` counts how often.
    """

    def __init__(self, objective: Objective) -> None:
        self.traces = 0
        self._objective = objective
        self._step = _compiler()(self._counted)

    def _counted(self, images: Tensor) -> Tensor:
        """Run the objective and count; Python code runs only while a backend traces it."""
        self.traces += 1
        values = self._objective(images)
        shape = tuple(values.shape)
        if len(shape) not in (1, 2) or shape[0] != images.shape[0]:
            raise ValueError(
                f"An objective must return values (batch,) or (batch, terms). Received: shape {shape}"
            )
        return values

    def __call__(self, images: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the values and the gradients as arrays; integers are converted to float32."""
        from keras import ops

        array = np.asarray(images)
        array = array if array.dtype.kind == "f" else array.astype(np.float32)
        pixels = ops.convert_to_tensor(array, dtype=str(array.dtype))
        values, gradients = self._step(pixels)
        return ops.convert_to_numpy(values), ops.convert_to_numpy(gradients)


def input_gradient(objective: Objective) -> InputGradient:
    """Return `objective` compiled together with its gradient with respect to the images.

    `objective` takes a tensor of images (batch, ...) and returns values (batch,), or (batch, terms) whose sum over the
    terms is differentiated. It must be written with `keras.ops` and Keras models, and a value must depend on its own
    image only. Unused pixels have gradient 0. ValueError for a backend other than TensorFlow and JAX, and for values of
    another shape.
    """
    gc.collect()  # graphs of earlier gradients refer to themselves and would stay in memory for long
    return InputGradient(objective)


def _compiler() -> Callable[[Objective], Step]:
    """Return the function that compiles an objective for the backend. No other code depends on the backend."""
    import keras

    compilers: dict[str, Callable[[Objective], Step]] = {"tensorflow": _with_tensorflow, "jax": _with_jax}
    backend = keras.backend.backend()
    if backend not in compilers:
        raise ValueError(
            f"Gradients need TensorFlow or JAX: set KERAS_BACKEND and restart Python. Received: {backend!r}"
        )
    return compilers[backend]


def _is_not_about_retracing(record: logging.LogRecord) -> bool:
    """Return whether a message of TensorFlow is to be shown: each objective is traced again on purpose."""
    return "triggered tf.function retracing" not in record.getMessage()


def _with_tensorflow(objective: Objective) -> Step:
    import tensorflow as tf

    tf.get_logger().addFilter(_is_not_about_retracing)  # adding it twice changes nothing

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
