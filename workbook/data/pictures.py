"""Pictures: bundled photographs, and a learner's own drawing as an MNIST digit."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.data.bundled import bundled_file
from workbook.data.handwriting import SMALL, Handwriting, cut_out, find_digits, find_ink

# Name → file in data/photographs. data/README.md names the source and the licence of each.
PHOTOGRAPHS = {
    "astronaut": "astronaut.png",
    "brick": "brick.png",
    "camera": "camera.png",
    "cell": "cell.png",
    "chelsea": "chelsea.png",
    "clock": "clock_motion.png",
    "coffee": "coffee.png",
    "coins": "coins.png",
    "grass": "grass.png",
    "gravel": "gravel.png",
    "hubble_deep_field": "hubble_deep_field.jpg",
    "ihc": "ihc.png",
    "moon": "moon.png",
    "motorcycle": "motorcycle_left.png",
    "page": "page.png",
    "retina": "retina.jpg",
    "rocket": "rocket.jpg",
    "text": "text.png",
}


def photograph(name: str) -> NDArray[np.uint8]:
    """Return a bundled photograph as uint8: colour (height, width, 3) or grey (height, width).

    Raises `ValueError` for an unknown name, with the names in the message, and `DataError` for a missing or
    altered file.
    """
    if name not in PHOTOGRAPHS:
        names = ", ".join(PHOTOGRAPHS)
        raise ValueError(f"name must be one of {names}. Received: name={name!r}")
    from PIL import Image

    with Image.open(bundled_file(f"photographs/{PHOTOGRAPHS[name]}")) as image:
        return np.array(image.convert("L" if image.mode == "L" else "RGB"))


def to_digit(image: ArrayLike) -> NDArray[np.uint8]:
    """Return a drawn or photographed digit as an image like MNIST's: uint8 (28, 28, 1), light on dark.

    Takes (H, W), (H, W, 1), RGB (H, W, 3) or RGBA (H, W, 4), 0-255 or floats 0-1, dark on light or light on
    dark. As in LeCun et al. 1998, section III-A: the digit is scaled to fit a box of 20×20, its proportions
    kept, and its centre of mass is moved to the centre of 28×28. Of several digits it is the largest; `read_digits`
    returns all of them.

    Raises `ValueError` for other shapes, for values that are not finite or out of range, and for a blank picture.
    """
    return read_digits(image).digit


def read_digits(image: ArrayLike) -> Handwriting:
    """Return all digits of a drawing or a photograph, from left to right, with the steps that led to them.

    Takes what `to_digit` takes. In a photograph, uneven light is evened out, printed lines and the table beside the
    paper are left out, and pale or thin strokes become as strong as MNIST's. A picture of at most 64 × 64 pixels is
    treated as a drawing of one digit. Raises `ValueError` as `to_digit` does.
    """
    grey = _grey(np.asarray(image))
    if max(grey.shape) <= SMALL:
        ink = _ink(grey)
        return Handwriting(_as_mnist(_cropped(ink))[np.newaxis], 0, {"grey": grey, "ink": ink}, ())
    ink, steps, notes = find_ink(grey)
    pieces = [cut_out(ink, mask) for mask in find_digits(ink)]
    if len(pieces) > 1:
        notes.append(f"{len(pieces)} digits: the largest is read")
    digits = np.stack([_as_mnist(piece) for piece in pieces])
    largest = int(np.argmax([max(piece.shape) for piece in pieces]))
    return Handwriting(digits, largest, steps, tuple(notes))


def check_picture(image: NDArray[Any]) -> None:
    """Raise `ValueError` unless an array is (H, W) or (H, W, 1, 3 or 4), with finite values in 0-255."""
    is_picture = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (1, 3, 4))
    if not is_picture or image.size == 0:
        raise ValueError(
            f"A picture must be (H, W), or (H, W, C) with 1, 3 or 4 channels. Received: shape={image.shape}"
        )
    if image.dtype.kind not in "uif":
        raise ValueError(f"A picture must hold numbers. Received: dtype={image.dtype}")
    if not np.isfinite(image).all() or image.min() < 0 or image.max() > 255:
        raise ValueError(f"Pixels must be in 0-255, or in 0-1. Received: {image.min():g} to {image.max():g}")


def _grey(image: NDArray[Any]) -> NDArray[np.float64]:
    """Return the picture as grey values 0-1 (H, W); a transparent ground becomes the drawing's opposite."""
    image = image.astype(np.float64) if image.dtype == bool else image
    check_picture(image)
    if min(image.shape[:2]) < 2:
        raise ValueError(f"A drawing must be at least 2×2 pixels. Received: shape={image.shape}")
    values = image.astype(np.float64)
    if image.dtype.kind != "f" or values.max() > 1:
        values = values / 255
    if image.ndim == 2:
        return values
    if image.shape[2] == 1:
        return values[..., 0]
    grey = values[..., :3] @ np.array([0.299, 0.587, 0.114])  # ITU-R BT.601 luma
    if image.shape[2] == 3:
        return grey
    alpha = values[..., 3]
    seen = (grey * alpha).sum() / max(alpha.sum(), 1e-9)
    return grey * alpha + (1 - alpha) * float(seen < 0.5)


def _ink(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much each pixel differs from the ground, 0-1; the ground is the median of the border."""
    border = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    ink = np.abs(grey - np.median(border))
    if ink.max() < 0.1:
        raise ValueError(f"The picture is blank: draw a digit first. Received: contrast={ink.max():.2f} of 1")
    ink /= ink.max()
    ink[ink < 0.1] = 0  # paper is never quite even
    return ink


def _cropped(ink: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smallest rectangle that holds all ink."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _as_mnist(ink: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return a digit's cropped ink as uint8 (28, 28, 1): fitted into 20×20, its centre of mass in the middle."""
    return _centre(_fit(ink, 20), 28)[..., np.newaxis]


def _fit(ink: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Return the drawing scaled so that its longer side is `size`, its proportions kept."""
    from PIL import Image

    height, width = ink.shape
    scale = size / max(height, width)
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    scaled = Image.fromarray(ink.astype(np.float32)).resize(target, method)
    values = np.asarray(scaled, np.float64)
    return values / values.max()  # thin lines have faded


def _centre(digit: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    """Return the drawing on a dark field of size × size, its centre of mass at pixel 14 of 28, as in MNIST."""
    field = np.zeros((size, size), np.uint8)
    corner = []
    for axis, length in enumerate(digit.shape):
        weights = digit.sum(axis=1 - axis)
        mass = (weights * np.arange(length)).sum() / weights.sum()
        corner.append(int(np.clip(round(size / 2 - mass), 0, size - length)))
    top, left = corner
    field[top : top + digit.shape[0], left : left + digit.shape[1]] = np.round(255 * digit)
    return field
