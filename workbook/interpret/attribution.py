"""Which pixels, and which places, speak for a class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.interpret import maps
from workbook.interpret.gradients import input_gradient

if TYPE_CHECKING:
    import keras


def saliency(
    model: "keras.Model", layer: str, images: ArrayLike, units: Sequence[int], *, activation: bool = True
) -> NDArray[Any]:
    """Return how much each pixel of each image matters to a unit of a layer: |∂ unit / ∂ pixel|, (batch, H, W).

    `units` names one unit for each image; for a class take the scores before the softmax, by the layer's name or with
    `activation=False`. Of several input channels the largest counts. A filter's value is its activation degree.
    Simonyan, Vedaldi and Zisserman 2014, "Deep inside convolutional networks". ValueError as `maps.part` and for a unit
    out of range or not one a image.
    """
    pixels, chosen = _pairs(model, layer, images, units)
    cut = maps.part(model, layer, activation=activation)
    gradient = input_gradient(lambda batch: _chosen(maps.degrees(cut(batch, training=False)), chosen))
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
    """Return where the feature maps of `maps_of` speak for a unit of a later layer: (batch, H', W'), 0 or more.

    Each map is weighted by the mean of the unit's gradient over it; the weighted sum is cut off at 0. Selvaraju et al.
    2017, "Grad-CAM", equations 1 and 2. `units` and `activation` are as for `saliency`. ValueError for layers that do
    not follow each other, or maps that are none.
    """
    pixels, chosen = _pairs(model, layer, images, units)
    below = maps.feature_maps(model, pixels, maps_of)[maps_of]
    if below.ndim != 4:
        raise ValueError(f"Layer {maps_of!r} gives no feature maps. Received: output of shape {below.shape}")
    above = _between(model, maps_of, maps.part(model, layer, activation=activation))
    gradient = input_gradient(lambda batch: _chosen(maps.degrees(above(batch, training=False)), chosen))
    weights = gradient(below)[1].mean(axis=(1, 2), keepdims=True)  # (batch, 1, 1, filters)
    return np.maximum((weights * below).sum(axis=-1), 0)


def _between(model: "keras.Model", layer: str, whole: "keras.Model") -> "keras.Model":
    """Return the model from one layer's output to the end of `whole`."""
    import keras

    try:
        return keras.Model(model.get_layer(layer).output, whole.output)
    except ValueError:
        raise ValueError(
            f"Every way from the image to {whole.output_names[0]!r} must lead through maps_of. Received: {layer!r}"
        ) from None


def _pairs(model: "keras.Model", layer: str, images: ArrayLike, units: Sequence[int]) -> tuple[Any, Any]:
    """Return the images and a row of 0 and 1 for each, (batch, filters)."""
    chosen = maps.check_units(model, layer, units)
    pixels = maps.as_images(model, images)
    if len(chosen) != len(pixels):
        raise ValueError(f"One unit for each image. Received: {len(chosen)} units, {len(pixels)} images")
    return pixels, np.eye(model.get_layer(layer).output.shape[-1])[list(chosen)]


def _chosen(degrees: Any, chosen: NDArray[Any]) -> Any:
    from keras import ops

    return ops.sum(degrees * ops.cast(chosen, degrees.dtype), axis=-1)
