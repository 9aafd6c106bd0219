"""Find the pixels and the regions of an image that matter for a class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.gradients import input_gradient
from workbook.interpret import maps

if TYPE_CHECKING:
    import keras


def saliency(
    model: "keras.Model", layer: str, images: ArrayLike, units: Sequence[int], *, activation: bool = True
) -> NDArray[Any]:
    """Return how much each pixel of each image matters to a unit of a layer: |∂ unit / ∂ pixel|, (batch, H, W).

    `units` has one unit per image. For a class use the scores before the softmax, by the layer's name or with
    `activation=False`. Of several input channels the largest value counts. A filter's value is its activation degree.
    Simonyan, Vedaldi and Zisserman 2014, "Deep inside convolutional networks". ValueError as for `maps.part`, for a
    unit out of range, and unless there is one unit per image.
    """
    pixels, one_hot = _pairs(model, layer, images, units)
    cut = maps.part(model, layer, activation=activation)
    gradient = input_gradient(lambda batch: _selected(maps.degrees(cut(batch, training=False)), one_hot))
    return np.abs(gradient(pixels)[1]).max(axis=-1)


def grad_cam(
    model: "keras.Model",
    layer: str,
    images: ArrayLike,
    units: Sequence[int],
    *,
    maps_of: str,
    activation: bool = True,
) -> NDArray[Any]:
    """Return where the feature maps of layer `maps_of` increase a unit of a later layer: (batch, H', W'), at least 0.

    Each map is weighted by the mean of the unit's gradient over the map; negative values of the weighted sum become 0.
    Selvaraju et al. 2017, "Grad-CAM", equations 1 and 2. `units` and `activation` are as for `saliency`. ValueError if
    `maps_of` has no feature maps, or if `layer` does not depend on it alone.
    """
    pixels, one_hot = _pairs(model, layer, images, units)
    below = maps.feature_maps(model, pixels, maps_of)[maps_of]
    if below.ndim != 4:
        raise ValueError(
            f"maps_of must be a layer with feature maps. Received: {maps_of!r}, output {below.shape}"
        )
    above = _between(model, maps_of, maps.part(model, layer, activation=activation))
    gradient = input_gradient(lambda batch: _selected(maps.degrees(above(batch, training=False)), one_hot))
    weights = gradient(below)[1].mean(axis=(1, 2), keepdims=True)  # (batch, 1, 1, filters)
    return np.maximum((weights * below).sum(axis=-1), 0)


def _between(model: "keras.Model", layer: str, whole: "keras.Model") -> "keras.Model":
    """Return the model from a layer's output to the end of `whole`."""
    import keras

    try:
        return keras.Model(model.get_layer(layer).output, whole.output)
    except ValueError:
        raise ValueError(
            f"Every path from the image to {whole.output_names[0]!r} must pass maps_of. Received: maps_of={layer!r}"
        ) from None


def _pairs(model: "keras.Model", layer: str, images: ArrayLike, units: Sequence[int]) -> tuple[Any, Any]:
    """Return the images, and their units as one-hot rows (batch, filters)."""
    numbers = maps.check_units(model, layer, units)
    pixels = maps.as_images(model, images)
    if len(numbers) != len(pixels):
        raise ValueError(
            f"There must be one unit per image. Received: {len(numbers)} units, {len(pixels)} images"
        )
    return pixels, np.eye(model.get_layer(layer).output.shape[-1])[list(numbers)]


def _selected(degrees: Any, one_hot: NDArray[Any]) -> Any:
    from keras import ops

    return ops.sum(degrees * ops.cast(one_hot, degrees.dtype), axis=-1)
