"""The gradient of a number with respect to an image or to weights, with the backend that Keras uses."""

import gc
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Tensor = Any
Objective = Callable[[Tensor], Tensor]
Step = Callable[[Tensor], tuple[Tensor, Tensor]]
Loss = Callable[[ArrayLike, Tensor], Tensor]
Chosen = Callable[..., Any]


class InputGradient:
    """A compiled function: images (batch, ...) → values (batch,) or (batch, terms), and gradients of the images' shape.

    It is compiled at the first call and for each new shape or dtype; `traces` counts how often.
    """

    def __init__(self, objective: Objective) -> None:
        self.traces = 0
        self._objective = objective
        self._step = _on_backend(_with_tensorflow, _with_jax)(self._counted)

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


def input_slope(objective: Callable[[Tensor], Tensor], images: ArrayLike) -> NDArray[Any]:
    """Return the gradient of `objective(images)`, one number, with respect to the images.

    For a model that is differentiated once. `images` is (batch, ...); unused pixels have gradient 0. ValueError for a
    backend other than TensorFlow and JAX.
    """
    from keras import ops

    pixels = ops.convert_to_tensor(np.asarray(images, np.float32))
    return np.asarray(
        ops.convert_to_numpy(_on_backend(_slope_with_tensorflow, _slope_with_jax)(objective, pixels))
    )


def weight_gradients(model: Any, loss: Loss, inputs: ArrayLike, targets: ArrayLike) -> list[NDArray[Any]]:
    """Return the gradient of `loss(targets, outputs)` with respect to each of the model's trainable variables.

    The arrays have the order and the shapes of `model.trainable_variables`. The model runs as in training, but nothing
    is changed: neither its weights nor its moving averages. `inputs` is (batch, ...). ValueError for a backend other
    than TensorFlow and JAX.
    """
    from keras import ops

    gradients = _on_backend(_weights_with_tensorflow, _weights_with_jax)(
        model, lambda outputs: loss(targets, outputs), ops.convert_to_tensor(np.asarray(inputs))
    )
    return [np.asarray(ops.convert_to_numpy(gradient)) for gradient in gradients]


def _on_backend(with_tensorflow: Chosen, with_jax: Chosen) -> Chosen:
    """Return the function for Keras's backend. No other code of this module depends on the backend."""
    import keras

    chosen = {"tensorflow": with_tensorflow, "jax": with_jax}
    backend = keras.backend.backend()
    if backend not in chosen:
        raise ValueError(
            f"Gradients need TensorFlow or JAX: set KERAS_BACKEND and restart Python. Received: {backend!r}"
        )
    return chosen[backend]


def _slope_with_tensorflow(objective: Objective, pixels: Tensor) -> Tensor:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(pixels)
        value = objective(pixels)
    return tape.gradient(value, pixels, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def _slope_with_jax(objective: Objective, pixels: Tensor) -> Tensor:
    import jax

    return jax.jit(jax.grad(objective))(pixels)  # one compilation is faster than one for each operation


def _weights_with_tensorflow(model: Any, loss: Callable[[Tensor], Tensor], inputs: Tensor) -> list[Tensor]:
    import keras
    import tensorflow as tf

    weights = [weight.value for weight in model.trainable_variables]
    with keras.StatelessScope(), tf.GradientTape() as tape:  # the scope discards the moving averages
        value = loss(model(inputs, training=True))
    return tape.gradient(value, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def _weights_with_jax(model: Any, loss: Callable[[Tensor], Tensor], inputs: Tensor) -> list[Tensor]:
    import jax

    def value(weights: list[Tensor]) -> Tensor:
        outputs, _ = model.stateless_call(weights, others, inputs, training=True)
        return loss(outputs)

    others = [variable.value for variable in model.non_trainable_variables]
    return jax.jit(jax.grad(value))([weight.value for weight in model.trainable_variables])


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
