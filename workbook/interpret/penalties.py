"""Penalties for images in gradient ascent: ink, squares, roughness; and the same measures of arrays."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.calls import note_call

Tensor = Any


def _pixel_sum(images: Tensor) -> Tensor:
    from keras import ops

    return ops.sum(ops.abs(images), axis=(1, 2, 3))


def _l2(images: Tensor) -> Tensor:
    from keras import ops

    return ops.sum(ops.square(images), axis=(1, 2, 3))


def _total_variation(images: Tensor) -> Tensor:
    from keras import ops

    down = ops.abs(images[:, 1:] - images[:, :-1])
    right = ops.abs(images[:, :, 1:] - images[:, :, :-1])
    return ops.sum(down, axis=(1, 2, 3)) + ops.sum(right, axis=(1, 2, 3))


# Images (batch, H, W, C) → (batch,), each a sum over all pixels; the gradient of |x| at 0 is 0.
PENALTIES: dict[str, Callable[[Tensor], Tensor]] = {
    "pixel_sum": _pixel_sum,
    "l2": _l2,
    "total_variation": _total_variation,
}


def check_penalties(penalties: Mapping[str, float]) -> dict[str, float]:
    """Return the weights of the penalties; ValueError for an unknown name or a negative weight."""
    for name, weight in penalties.items():
        if name not in PENALTIES:
            raise ValueError(f"penalties must be among {', '.join(PENALTIES)}. Received: {name!r}")
        if not weight >= 0:
            raise ValueError(f"The weight of a penalty must be at least 0. Received: {name}={weight}")
    return dict(penalties)


def total_penalty(images: Tensor, penalties: Mapping[str, float]) -> Tensor | float:
    """Return the weighted sum of the penalties of each image, (batch,); 0 if there are none."""
    return sum((weight * PENALTIES[name](images) for name, weight in penalties.items()), start=0.0)


def ink(images: ArrayLike) -> NDArray[Any]:
    """Return the sum of the absolute pixels of each image: (batch, H, W, C) → (batch,)."""
    return np.abs(np.asarray(images, float)).sum(axis=(1, 2, 3))


def total_variation(images: ArrayLike) -> NDArray[Any]:
    """Return the roughness of each image: the sum of |differences| of neighbours, down and to the right.

    (batch, H, W, C) → (batch,). Rudin, Osher and Fatemi 1992, in the anisotropic form.
    """
    note_call("interpret.penalties.total_variation")
    array = np.asarray(images, float)
    return sum(np.abs(np.diff(array, axis=axis)).sum(axis=(1, 2, 3)) for axis in (1, 2))


def blurred(images: ArrayLike, sigma: float) -> NDArray[Any]:
    """Return images (batch, H, W, C) blurred with a Gaussian of `sigma` pixels; edge pixels are repeated outwards.

    The kernel ends at 3 sigma and has the sum 1, so a constant image stays the same. ValueError for a negative sigma.
    """
    if not sigma >= 0:
        raise ValueError(f"sigma must be at least 0. Received: sigma={sigma}")
    array = np.asarray(images)
    if sigma == 0:
        return array.copy()
    reach = max(1, int(np.ceil(3 * sigma)))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    for axis in (1, 2):
        margins = [(0, 0)] * array.ndim
        margins[axis] = (reach, reach)
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(array, margins, "edge"), len(weights), axis)
        array = (windows @ weights.astype(array.dtype)).astype(array.dtype)
    return array
