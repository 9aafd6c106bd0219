"""What a layer gives: feature maps by the layer's name, and how strongly each filter is excited."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.data.bundled import first_line

if TYPE_CHECKING:
    import keras


def layer_names(model: "keras.Model") -> tuple[str, ...]:
    """List the names of a model's layers in order, without its inputs."""
    return tuple(layer.name for layer in model.layers if type(layer).__name__ != "InputLayer")


def part(model: "keras.Model", layer: str, *, activation: bool = True) -> "keras.Model":
    """Return the model from its input to one layer's output; it shares the weights and trains nothing.

    With `activation=False` the layer gives what it has before its own activation function: scores before a softmax,
    sums before a ReLU. ValueError for an unknown name (the message lists the names), and for a layer without an
    activation of its own.
    """
    import keras

    found = _find(model, layer)
    return keras.Model(model.inputs[0], found.output if activation else _without_activation(found))


def _find(model: "keras.Model", layer: str) -> Any:
    names = layer_names(model)
    if layer not in names:
        raise ValueError(f"The model's layers are {', '.join(names)}. Received: layer={layer!r}")
    return model.get_layer(layer)


def _without_activation(layer: Any) -> Any:
    """Return the layer's output before its activation, by a copy with the same weights."""
    config = layer.get_config()
    if "activation" not in config:
        raise ValueError(f"Layer {layer.name!r} has no activation of its own. Received: activation=False")
    linear = type(layer).from_config({**config, "activation": "linear", "name": f"{layer.name}_linear"})
    output = linear(layer.input)
    linear.set_weights(layer.get_weights())
    return output


def any_size(model: "keras.Model", layers: Sequence[str]) -> "keras.Model":
    """Return the model up to these layers, for images of any height and width: a copy with the same weights.

    Its output is a list in the order of `layers`, in which a name may stand twice. ValueError for no layer, an unknown
    name, a model whose input is not images, or layers on the way (as Flatten and Dense) that need one size.
    """
    import keras

    outputs = [_find(model, name).output for name in layers]
    shape = tuple(model.inputs[0].shape)
    if not outputs or len(shape) != 4:
        raise ValueError(
            f"Name one layer at least of a model for images. Received: layers={list(layers)}, input {shape}"
        )
    cut = keras.Model(model.inputs[0], outputs)
    inputs = keras.Input((None, None, shape[-1]), dtype=model.inputs[0].dtype)
    try:
        copy = keras.models.clone_model(cut, input_tensors=inputs)
    except (TypeError, ValueError) as error:
        names = ", ".join(layers)
        raise ValueError(
            f"Not every layer up to {names} takes images of any size: {first_line(error)}"
        ) from None
    copy.set_weights(cut.get_weights())
    return copy


def feature_maps(
    model: "keras.Model", images: ArrayLike, layers: str | Sequence[str], *, batch_size: int = 100
) -> dict[str, NDArray[Any]]:
    """Return what each of these layers gives for the images, by name: (N, H', W', filters) or (N, units).

    All layers come from one pass. ValueError for an unknown name, or images of another rank than the model's.
    """
    import keras

    names = [layers] if isinstance(layers, str) else list(layers)
    pixels = as_images(model, images)
    tensor = keras.ops.convert_to_tensor(pixels, dtype=str(pixels.dtype))
    outputs = [_find(model, name).output for name in names]
    if not outputs:
        raise ValueError(f"Name one layer at least. Received: layers={layers!r}")
    found = keras.Model(model.inputs[0], outputs)
    passes = [found(tensor[i : i + batch_size], training=False) for i in range(0, len(pixels), batch_size)]
    arrays = [[keras.ops.convert_to_numpy(one) for one in listed(maps)] for maps in passes]
    return {name: np.concatenate(parts) for name, parts in zip(names, zip(*arrays, strict=True), strict=True)}


def listed(given: Any) -> list[Any]:
    """Return what a model gave as a list, also where it has one output alone."""
    return list(given) if isinstance(given, (list, tuple)) else [given]


def as_images(model: "keras.Model", images: ArrayLike) -> NDArray[Any]:
    """Return images as an array of the model's input dtype; ValueError unless they fit its first input."""
    wanted, array = tuple(model.inputs[0].shape), np.asarray(images)
    fits = array.ndim == len(wanted) and all(b in (None, a) for a, b in zip(array.shape, wanted, strict=True))
    if not fits or not len(array):
        raise ValueError(f"The model takes images of shape {wanted}. Received: shape {array.shape}")
    return array.astype(model.inputs[0].dtype)


def activation_degree(maps: ArrayLike) -> NDArray[Any]:
    """Return how strongly each image excites each filter: the sum of its feature map.

    Feature maps (batch, H, W, filters) give (batch, filters); neurons (batch, units) are returned as they are.
    ValueError for another rank.
    """
    array = np.asarray(maps)
    if array.ndim not in (2, 4):
        raise ValueError(
            f"Maps are (batch, H, W, filters), neurons (batch, units). Received: shape {array.shape}"
        )
    return array.sum(axis=(1, 2)) if array.ndim == 4 else array


def degrees(maps: Any) -> Any:
    """Do the same on a tensor, inside an objective."""
    from keras import ops

    return ops.sum(maps, axis=(1, 2)) if len(maps.shape) == 4 else maps


def check_units(model: "keras.Model", layer: str, units: Sequence[int]) -> tuple[int, ...]:
    """Return the numbers of filters or neurons; ValueError unless each exists in the layer."""
    shape = tuple(_find(model, layer).output.shape)
    if len(shape) not in (2, 4):
        raise ValueError(f"Layer {layer!r} gives neither feature maps nor neurons. Received: output {shape}")
    wrong = [unit for unit in units if not 0 <= unit < shape[-1]]
    if wrong or not len(units):
        what = "filters" if len(shape) == 4 else "neurons"
        raise ValueError(
            f"Layer {layer!r} has {shape[-1]} {what}, 0 to {shape[-1] - 1}. Received: {wrong[0] if wrong else 'none'}"
        )
    return tuple(int(unit) for unit in units)
