"""The course's augmentations with `keras.ops`, inside a compiled step: the same images as NumPy's, to the bit.

Images are (N, H, W, C) of any dtype; numbers are int32 rows, one per image, as `workbook.data.augment` draws them.
Each function only gathers, so there is no rounding.
"""

from typing import Any

from keras import ops

Tensor = Any


def moved(images: Tensor, corners: Tensor, reach: tuple[int, int], fill: str) -> Tensor:
    """Return images moved as `augment.shift` does: `corners` (N, 2) are those of the windows in the padded images.

    ValueError for a reflection of images that are not larger than the shift.
    """
    for axis, distance in zip((1, 2), reach, strict=True):
        size = images.shape[axis]
        if fill == "reflect" and size <= distance:
            raise ValueError(
                "Images must be larger than a shift with reflection. "
                f"Received: shape {tuple(images.shape)}, shift {reach}"
            )
        places = corners[:, axis - 1 : axis] - distance + ops.arange(size, dtype="int32")  # (N, size)
        images = _gathered(images, _within(places, size, fill), axis)
        if fill == "constant":
            inside = ops.logical_and(places >= 0, places < size)
            images = ops.where(_beside(inside, axis), images, ops.zeros_like(images))
    return images


def mirrored(images: Tensor, chosen: Tensor) -> Tensor:
    """Return images with those mirrored left to right whose row of `chosen` (N, 1) is 1."""
    width = images.shape[2]
    columns = ops.arange(width, dtype="int32")[None]
    return _gathered(images, ops.where(chosen != 0, width - 1 - columns, columns), 2)


def painted(images: Tensor, corners: Tensor, pixels: int) -> Tensor:
    """Return images with a square of `pixels` by `pixels` set to 0, its upper left corner at `corners` (N, 2)."""
    masks = []
    for axis in (1, 2):
        distances = ops.arange(images.shape[axis], dtype="int32") - corners[:, axis - 1 : axis]
        masks.append(_beside(ops.logical_and(distances >= 0, distances < pixels), axis))
    return ops.where(ops.logical_and(*masks), ops.zeros_like(images), images)


def _within(places: Tensor, size: int, fill: str) -> Tensor:
    """Return the places inside the image that are shown at `places`; those outside by at most `size` − 1."""
    if fill == "reflect":
        return (size - 1) - ops.abs((size - 1) - ops.abs(places))
    return ops.clip(places, 0, size - 1)


def _gathered(images: Tensor, places: Tensor, axis: int) -> Tensor:
    """Return images whose rows (axis 1) or columns (axis 2) are those at `places` (N, size)."""
    return ops.take_along_axis(images, _beside(places, axis), axis=axis)


def _beside(values: Tensor, axis: int) -> Tensor:
    """Return values (N, size) in a shape that fits images along an axis: (N, size, 1, 1) or (N, 1, size, 1)."""
    size = values.shape[1]
    return ops.reshape(values, (-1, size, 1, 1) if axis == 1 else (-1, 1, size, 1))
