"""Measured receptive fields of a Keras model: the gradient of one output with respect to the input.

A pixel whose gradient is zero for every image cannot change the output: it is outside the receptive field.
Inside the field, the size of the gradient says how much each pixel matters (Luo et al., *Understanding the
effective receptive field in deep convolutional neural networks*, 2016).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.gradients import input_slope

Box = tuple[int, int, int, int]


def gradient_map(
    model: Any, images: ArrayLike, *, place: tuple[int, int] | None = None
) -> NDArray[np.float64]:
    """Measure how much one place of the output depends on each pixel: the mean of |∂ output / ∂ pixel|.

    `images` is (batch, H, W, C), the model's output (batch, rows, columns, channels). The output is summed
    over its channels at `place` (row, column), by default the middle; the mean goes over images and input
    channels. Returns (H, W). ValueError for other ranks, a place outside the output, or a backend other than
    TensorFlow and JAX.
    """
    from keras import ops

    pixels = np.asarray(images, np.float32)
    if pixels.ndim != 4:
        raise ValueError(f"images must be (batch, H, W, C). Received: shape {pixels.shape}")

    def seen(tensor: Any) -> Any:
        output = model(tensor, training=False)
        row, column = _place(tuple(output.shape), place)
        return ops.sum(output[:, row, column, :])

    values = np.asarray(input_slope(seen, pixels), np.float64)  # (batch, H, W, C)
    return np.abs(values).mean(axis=(0, 3))


def _place(shape: tuple[int, ...], place: tuple[int, int] | None) -> tuple[int, int]:
    """Return the (row, column) of the output to look at; ValueError where the output has no such place."""
    if len(shape) != 4:
        raise ValueError(
            f"The model must output feature maps (batch, rows, columns, channels). Received: shape {shape}"
        )
    rows, columns = shape[1:3]
    row, column = (rows // 2, columns // 2) if place is None else place
    if not (0 <= row < rows and 0 <= column < columns):
        raise ValueError(f"place must lie in the output of {rows} × {columns}. Received: place={place}")
    return row, column


def field_box(gradient: ArrayLike) -> Box:
    """Return the smallest box (top, left, height, width) that holds every pixel with a gradient.

    ValueError if there is none.
    """
    rows, columns = _nonzero(gradient)
    return int(rows[0]), int(columns[0]), int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)


def effective_field(gradient: ArrayLike, share: float = 0.95) -> tuple[int, int]:
    """Return (height, width) of the smallest centred window that holds this share of the gradient.

    The window is the field's box trimmed by the same number of pixels on all sides. ValueError for a share
    outside 0 to 1, or a gradient that is zero everywhere.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1. Received: share={share}")
    top, left, height, width = field_box(gradient)
    field = np.asarray(gradient)[top : top + height, left : left + width]
    for trim in range((min(height, width) - 1) // 2, 0, -1):  # from the smallest window outwards
        inner = field[trim : height - trim, trim : width - trim]
        if inner.sum() >= share * field.sum():
            return inner.shape[0], inner.shape[1]
    return height, width


def _nonzero(gradient: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the rows and the columns that hold a gradient."""
    values = np.asarray(gradient)
    if values.ndim != 2 or not np.any(values):
        raise ValueError(
            "gradient must be (H, W) and not zero everywhere: take more images, or check the model. "
            f"Received: shape {values.shape}"
        )
    return np.flatnonzero(values.any(axis=1)), np.flatnonzero(values.any(axis=0))
