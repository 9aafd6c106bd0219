"""Change training images at random, a whole batch at a time: `augment.shift(2)`, `augment.alternating_flip()`.

An augmentation has two halves. `draw` makes the random numbers of a whole epoch, one row an image, from a seed and the
epoch alone; `apply` changes a batch by the rows of its images. So what happens to an image does not depend on the
batch that it lands in, nor on what was asked for before. Images are (N, H, W, C), or (N, H, W), of any dtype; the
dtype and the shape stay. NumPy only; see `workbook.data.batching` for the loop around it.
"""

import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Images = NDArray[Any]
Draw = Callable[[int, tuple[int, ...], int], NDArray[Any]]
Apply = Callable[[Images, NDArray[Any]], Images]

EDGES = ("reflect", "edge", "constant")


@dataclass(frozen=True)
class Augmentation:
    """A random change: `draw(count, seed, epoch)` → (count, ...), `apply(images, drawn rows)` → images.

    `draw` must give the same for the same arguments; `apply` must return a new array, never change the one it gets.
    """

    name: str
    draw: Draw
    apply: Apply


def shift(pixels: int | tuple[int, int], *, fill: str = "reflect") -> Augmentation:
    """Move each image by up to `pixels` (or (down, right)) either way, all distances alike likely.

    What comes in from outside is the image mirrored at its edge ("reflect"), its edge pixels ("edge") or 0
    ("constant"). The same as padding and cutting a window of the old size out at random. ValueError for a negative or
    broken number; for a reflection, images must be larger than `pixels`.
    """
    reach = (pixels, pixels) if not isinstance(pixels, tuple) else pixels
    if len(reach) != 2 or not all(_is_whole(one) and one >= 0 for one in reach):
        raise ValueError(
            f"A shift is a whole number of pixels, 0 or more, or two. Received: pixels={pixels!r}"
        )
    if fill not in EDGES:
        raise ValueError(f"fill is one of {', '.join(EDGES)}. Received: fill={fill!r}")

    def draw(count: int, seed: tuple[int, ...], epoch: int) -> NDArray[Any]:
        return _random(seed, epoch).integers(0, [2 * one + 1 for one in reach], (count, 2))

    def apply(images: Images, corners: NDArray[Any]) -> Images:
        return _windows(_padded(images, reach, fill), corners, images.shape[1:3])

    return Augmentation(f"shift by up to {reach[0]}, {reach[1]}", draw, apply)


def flip() -> Augmentation:
    """Mirror each image left to right with probability ½, anew in each epoch."""
    return Augmentation(
        "flip", lambda count, seed, epoch: _random(seed, epoch).random(count) < 0.5, _mirrored
    )


def alternating_flip() -> Augmentation:
    """Mirror each image in every other epoch; a coin decides once which ones begin.

    In two epochs the network sees every image once each way round, where independent coins would show half of the
    images the same way twice. Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024, section 3.6.
    """

    def draw(count: int, seed: tuple[int, ...], epoch: int) -> NDArray[Any]:
        return (_random(seed, 0).random(count) < 0.5) ^ bool(epoch % 2)

    return Augmentation("alternating flip", draw, _mirrored)


def cutout(pixels: int, *, value: float = 0) -> Augmentation:
    """Paint a square of `pixels` by `pixels` over each image, somewhere inside it.

    DeVries and Taylor 2017; there the square may hang over the edge. ValueError for a size below 1, or, when it is
    applied, larger than the image.
    """
    if not _is_whole(pixels) or pixels < 1:
        raise ValueError(f"The square is a whole number of pixels, 1 or more. Received: pixels={pixels!r}")

    def draw(count: int, seed: tuple[int, ...], epoch: int) -> NDArray[Any]:
        return _random(seed, epoch).random((count, 2))

    def apply(images: Images, places: NDArray[Any]) -> Images:
        height, width = images.shape[1:3]
        if pixels > min(height, width):
            raise ValueError(
                f"The square does not fit the image. Received: pixels={pixels}, image {height}×{width}"
            )
        room = np.array([height - pixels + 1, width - pixels + 1])
        corners = (places * room).astype(int)
        down, right = (np.arange(size) - corners[:, [axis]] for axis, size in enumerate((height, width)))
        inside = _within(down, pixels)[:, :, None] & _within(right, pixels)[:, None, :]  # (N, H, W)
        painted = images.copy()
        painted[inside] = value
        return painted

    return Augmentation(f"cut-out of {pixels}", draw, apply)


def check_augmentations(augment: Any) -> tuple[Augmentation, ...]:
    """Return the augmentations as a tuple; ValueError for anything else."""
    several = (augment,) if isinstance(augment, Augmentation) else augment
    if not isinstance(several, tuple | list):
        raise ValueError(f"augment is a list of augmentations, as [shift(2)]. Received: augment={augment!r}")
    for one in several:
        if not isinstance(one, Augmentation):
            raise ValueError(f"An augmentation is made by shift(2), flip() and the like. Received: {one!r}")
    return tuple(several)


def _is_whole(number: Any) -> bool:
    return isinstance(number, numbers.Integral) and not isinstance(number, bool)


def _random(seed: tuple[int, ...], epoch: int) -> np.random.Generator:
    return np.random.default_rng((*seed, epoch))


def _within(distances: NDArray[Any], size: int) -> NDArray[np.bool_]:
    return (distances >= 0) & (distances < size)


def _mirrored(images: Images, chosen: NDArray[Any]) -> Images:
    """Mirror the chosen images, (N,) of bool: channel by channel, which takes NumPy a quarter of the time."""
    planes = images[..., None] if images.ndim == 3 else images  # (N, H, W, C)
    mirrored, turned = planes.copy(), planes[chosen]
    for channel in range(planes.shape[3]):
        mirrored[chosen, :, :, channel] = turned[:, :, ::-1, channel]
    return mirrored.reshape(images.shape)


def _padded(images: Images, reach: tuple[int, int], fill: str) -> Images:
    """Enlarge images by `reach` on each side: (N, H, W, ...) → (N, H + 2 down, W + 2 right, ...)."""
    if fill == "reflect" and any(size <= one for size, one in zip(images.shape[1:3], reach, strict=True)):
        raise ValueError(
            f"A reflection needs images larger than the shift. Received: {images.shape}, shift {reach}"
        )
    margins = [(0, 0), *((one, one) for one in reach), *((0, 0) for _ in images.shape[3:])]
    return np.pad(images, margins, mode=fill)  # type: ignore[call-overload]


def _windows(images: Images, corners: NDArray[Any], size: tuple[int, ...]) -> Images:
    """Cut a window of `size` out of each image, its upper left corner at (N, 2) `corners`.

    A row's pixels and channels lie side by side in memory, so a window is a few runs of bytes: they are copied run by
    run, with no index for each pixel.
    """
    count, height, width = len(images), *size
    depth = int(np.prod(images.shape[3:], dtype=int))
    rows = np.ascontiguousarray(images).reshape(
        count, images.shape[1], -1
    )  # (N, H + 2 down, (W + 2 right) C)
    views = np.lib.stride_tricks.sliding_window_view(rows, (height, width * depth), (1, 2))
    cut = views[np.arange(count), corners[:, 0], corners[:, 1] * depth]  # (N, H, W C)
    return cut.reshape(count, height, width, *images.shape[3:])
