"""Measure the receptive fields of a model's layers, to compare with the formula's."""

import math
from typing import Any

import numpy as np

from workbook.accountant import receptive
from workbook.accountant.rules import Shape
from workbook.accountant.walk import functional, input_shapes


def measured_fields(model: Any, *, image_size: tuple[int, int] | None = None) -> dict[str, tuple[int, int]]:
    """Measure the receptive field (height, width) of the middle output of each layer that outputs maps.

    A copy of the model is measured, with positive weights, and with mean pooling for max pooling: the windows are the
    same, and nothing cancels, so every pixel in the field has a gradient. `image_size` is needed if the model takes
    any size. What the image's edge cuts off is not seen: compare with `LayerCost.box()`. Layers inside nested models,
    and layers that are called twice, are left out.
    """
    import keras

    copy = keras.models.clone_model(functional(model) or model, clone_function=_measurable)
    for weight in copy.weights:
        weight.assign(_positive(weight.name, tuple(weight.shape)))
    (shape,) = input_shapes(copy, None if image_size is None else (*image_size, copy.inputs[0].shape[-1]))
    image = np.ones((1, *shape), np.float32)
    measured = {}
    for layer in copy.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if len(layer._inbound_nodes) != 1:
            continue
        if isinstance(layer.output, keras.KerasTensor) and len(layer.output.shape) == 4:
            gradient = receptive.gradient_map(keras.Model(copy.inputs, layer.output), image)
            measured[layer.name] = receptive.field_box(gradient)[2:]
    return measured


def _measurable(layer: Any) -> Any:
    """Return a copy of a layer: linear, and with mean pooling over the same windows for max pooling."""
    import keras

    config = layer.get_config()
    if isinstance(layer, keras.layers.MaxPooling2D):
        return keras.layers.AveragePooling2D.from_config(config)
    if "activation" in config:
        config["activation"] = "linear"
    return type(layer).from_config(config)


def _positive(name: str, shape: Shape) -> Any:
    """Return values that pass on a part of every input: means as kernels, no shift, no scale."""
    if name in ("bias", "beta", "moving_mean"):
        return np.zeros(shape, np.float32)
    inputs = shape[:-1] if shape[-1] > 1 else shape[:-2]  # a depthwise kernel reads one channel
    return np.full(shape, 1 / math.prod(inputs) if "kernel" in name else 1, np.float32)
