"""The outputs of a layer: feature maps by the layer's name, and how strongly each filter is excited."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.data.bundled import first_line

if TYPE_CHECKING:
    import keras


def layer_names(model: "keras.Model") -> tuple[str, ...]:
    """Return the names of a model's layers in order, without its inputs."""
    return tuple(layer.name for layer in model.layers if type(layer).__name__ != "InputLayer")


def part(model: "keras.Model", layer: str, *, activation: bool = True) -> "keras.Model":
    """Return the model from its input to one layer's output; it shares the weights.

    With `activation=False` the output is that before the layer's activation function: scores before a softmax, sums
    before a ReLU. ValueError for an unknown name (the message lists the names), and for `activation=False` with a layer
    that has no activation.
    """
    import keras

    last = _find(model, layer)
    return keras.Model(model.inputs[0], last.output if activation else _without_activation(last))


def _find(model: "keras.Model", layer: str) -> Any:
    names = layer_names(model)
    if layer not in names:
        raise ValueError(f"layer must be one of {', '.join(names)}. Received: layer={layer!r}")
    return model.get_layer(layer)


def _without_activation(layer: Any) -> Any:
    """Return the layer's output before its activation, computed by a copy with the same weights."""
    config = layer.get_config()
    if "activation" not in config:
        raise ValueError(f"Layer {layer.name!r} has no activation to leave out. Received: activation=False")
    linear = type(layer).from_config({**config, "activation": "linear", "name": f"{layer.name}_linear"})
    output = linear(layer.input)
    linear.set_weights(layer.get_weights())
    return output


def any_size(model: "keras.Model", layers: Sequence[str]) -> "keras.Model":
    """Return a copy of the model up to these layers that accepts images of any height and width.

    It has the same weights. Its output is a list in the order of `layers`; a name may appear twice. ValueError for no
    layer, an unknown name, a model whose input is not images, or layers (such as Flatten and Dense) that need one size.
    """
    import keras

    outputs = [_find(model, name).output for name in layers]
    shape = tuple(model.inputs[0].shape)
    if not outputs or len(shape) != 4:
        raise ValueError(
            f"layers must name at least one layer of a model for images. Received: layers={list(layers)}, input {shape}"
        )
    cut = keras.Model(model.inputs[0], outputs)
    inputs = keras.Input((None, None, shape[-1]), dtype=model.inputs[0].dtype)
    try:
        copy = keras.models.clone_model(cut, input_tensors=inputs)
    except (TypeError, ValueError) as error:
        names = ", ".join(layers)
        raise ValueError(
            f"Not every layer up to {names} accepts images of any size: {first_line(error)}"
        ) from None
    copy.set_weights(cut.get_weights())
    return copy


def feature_maps(
    model: "keras.Model", images: ArrayLike, layers: str | Sequence[str], *, batch_size: int = 100
) -> dict[str, NDArray[Any]]:
    """Return the outputs of these layers for the images, by name: (N, H', W', filters) or (N, units).

    All layers are computed in one pass. ValueError for an unknown name, or images of another shape than the model's.
    """
    import keras

    names = [layers] if isinstance(layers, str) else list(dict.fromkeys(layers))
    pixels = as_images(model, images)
    tensor = keras.ops.convert_to_tensor(pixels, dtype=str(pixels.dtype))
    outputs = [_find(model, name).output for name in names]
    if not outputs:
        raise ValueError(f"layers must name at least one layer. Received: layers={layers!r}")
    cut = keras.Model(model.inputs[0], outputs)
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in names}
    for start in range(0, len(pixels), batch_size):
        maps = listed(cut(tensor[start : start + batch_size], training=False))
        for name, array in zip(names, maps, strict=True):
            parts[name].append(keras.ops.convert_to_numpy(array))
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def listed(outputs: Any) -> list[Any]:
    """Return a model's outputs as a list, even if there is only one."""
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def as_images(model: "keras.Model", images: ArrayLike) -> NDArray[Any]:
    """Return images as an array of the model's input dtype; ValueError unless they fit its first input."""
    array = np.asarray(images)
    shape = tuple(model.inputs[0].shape)
    fits = array.ndim == len(shape) and all(
        size is None or size == actual for size, actual in zip(shape, array.shape, strict=True)
    )
    if not fits or not len(array):
        raise ValueError(f"images must have the model's input shape {shape}. Received: shape {array.shape}")
    return array.astype(model.inputs[0].dtype)


def activation_degree(maps: ArrayLike) -> NDArray[Any]:
    """Return how strongly each image excites each filter: the sum of its feature map.

    The result is (batch, filters) for feature maps (batch, H, W, filters); neurons (batch, units) stay as they are.
    ValueError for another rank.
    """
    array = np.asarray(maps)
    if array.ndim not in (2, 4):
        raise ValueError(
            f"maps must be (batch, H, W, filters) or (batch, units). Received: shape {array.shape}"
        )
    return array.sum(axis=(1, 2)) if array.ndim == 4 else array


def degrees(maps: Any) -> Any:
    """Return the activation degrees of a tensor, for use in an objective."""
    from keras import ops

    return ops.sum(maps, axis=(1, 2)) if len(maps.shape) == 4 else maps


def check_units(model: "keras.Model", layer: str, units: Sequence[int]) -> tuple[int, ...]:
    """Return the indices of filters or neurons; ValueError unless each exists in the layer."""
    shape = tuple(_find(model, layer).output.shape)
    if len(shape) not in (2, 4):
        raise ValueError(f"layer must have feature maps or neurons. Received: {layer!r}, output {shape}")
    wrong = [unit for unit in units if not 0 <= unit < shape[-1]]
    if wrong or not len(units):
        kind = "filters" if len(shape) == 4 else "neurons"
        received = wrong[0] if wrong else "none"
        raise ValueError(
            f"units must be {kind} 0 to {shape[-1] - 1} of layer {layer!r}. Received: {received}"
        )
    return tuple(int(unit) for unit in units)
