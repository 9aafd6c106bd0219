"""Measure the receptive fields of a model's layers, to hold against the formula's."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from workbook.accountant import receptive
from workbook.accountant.rules import Shape
from workbook.accountant.walk import functional, input_shapes


def measured_fields(
    model: Any, names: Sequence[str] | None = None, *, image_size: tuple[int, int] | None = None
) -> dict[str, tuple[int, int]]:
    """Measure the receptive field (height, width) of the middle output of each layer that gives maps.

    A copy of the model is measured, with positive weights, and with mean for max pooling: the windows are the
    same, and nothing cancels, so that every pixel that can matter has a gradient. `names` chooses layers;
    `image_size` is needed where the model takes any size. What the image's edge cuts off is not seen: compare with
    `Row.box()`. Layers inside nested models, and those that are called twice, are left out.
    """
    import keras

    copy = keras.models.clone_model(functional(model) or model, clone_function=_measurable)
    for weight in copy.weights:
        weight.assign(_positive(weight.name, tuple(weight.shape)))
    (shape,) = input_shapes(copy, None if image_size is None else (*image_size, copy.inputs[0].shape[-1]))
    image = np.ones((1, *shape), np.float32)
    found = {}
    for layer in copy.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if len(layer._inbound_nodes) != 1 or (names is not None and layer.name not in names):
            continue
        if isinstance(layer.output, keras.KerasTensor) and len(layer.output.shape) == 4:
            gradient = receptive.gradient_map(keras.Model(copy.inputs, layer.output), image)
            found[layer.name] = receptive.field_box(gradient)[2:]
    return found


def _measurable(layer: Any) -> Any:
    """Copy a layer; max pooling becomes mean pooling over the same windows, and no activation bends."""
    import keras

    config = layer.get_config()
    if isinstance(layer, keras.layers.MaxPooling2D):
        return keras.layers.AveragePooling2D.from_config(config)
    if "activation" in config:
        config["activation"] = "linear"
    return type(layer).from_config(config)


def _positive(name: str, shape: Shape) -> Any:
    """Return values that pass something on of everything: means as kernels, no shift, no scale."""
    if name in ("bias", "beta", "moving_mean"):
        return np.zeros(shape, np.float32)
    read = shape[:-1] if shape[-1] > 1 else shape[:-2]  # a depthwise kernel reads one channel
    return np.full(shape, 1 / math.prod(read) if "kernel" in name else 1, np.float32)
