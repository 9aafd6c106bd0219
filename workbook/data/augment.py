"""Change training images at random, a whole batch at a time: `augment.shift(2)`, `augment.alternating_flip()`.

An augmentation has two parts. `draw` makes the random numbers of a whole epoch, one row per image, from a seed and the
epoch alone; `apply` changes a batch by the rows of its images. So the change of an image depends neither on its batch
nor on the batches before. Images are (N, H, W, C), or (N, H, W), of any dtype; dtype and shape do not change. NumPy
only; see `workbook.data.batching` for the loop around it. `on_device` is the same change with `keras.ops`, for images
that stay in an accelerator's memory (`workbook.training.fit`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbook.arithmetic import integer, pair

Images = NDArray[Any]
Draw = Callable[[int, tuple[int, ...], int], NDArray[Any]]
Apply = Callable[[Images, NDArray[Any]], Images]

EDGES = ("reflect", "edge", "constant")


@dataclass(frozen=True)
class OnDevice:
    """The same change on a device: `integers(drawn rows, (height, width))` → int32 (N, k), the numbers that it needs.

    `apply(images, integers)` makes the change with `keras.ops` on images (N, H, W, C), equal to NumPy's to the bit.
    """

    integers: Callable[[NDArray[Any], tuple[int, ...]], NDArray[np.int32]]
    apply: Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Augmentation:
    """A random change: `draw(count, seed, epoch)` → (count, ...), `apply(images, drawn rows)` → images.

    `draw` must return the same for the same arguments; `apply` must return a new array and leave its input alone.
    Without `on_device`, `data.batches` makes the change, but not a compiled training step.
    """

    name: str
    draw: Draw
    apply: Apply
    on_device: OnDevice | None = None


def shift(pixels: int | tuple[int, int], *, fill: str = "reflect") -> Augmentation:
    """Return a shift of each image by up to `pixels` (or (down, right)) either way, all distances equally likely.

    The new margin is the image mirrored at its edge ("reflect"), its edge pixels ("edge") or 0 ("constant"). This
    equals padding, then cutting out a window of the old size at random. ValueError for a number that is negative or not
    an integer, and, when a reflection is applied, for images that are not larger than `pixels`.
    """
    reach = pair("pixels", pixels, 0)
    if fill not in EDGES:
        raise ValueError(f"fill must be one of {', '.join(EDGES)}. Received: fill={fill!r}")

    def draw(count: int, seed: tuple[int, ...], epoch: int) -> NDArray[Any]:
        return _random(seed, epoch).integers(0, [2 * distance + 1 for distance in reach], (count, 2))

    def apply(images: Images, corners: NDArray[Any]) -> Images:
        return _windows(_padded(images, reach, fill), corners, images.shape[1:3])

    on_device = OnDevice(_as_integers, partial(_moved_on_device, reach=reach, fill=fill))
    return Augmentation(f"shift by up to {reach[0]}, {reach[1]}", draw, apply, on_device)


def _as_integers(drawn: NDArray[Any], size: tuple[int, ...]) -> NDArray[np.int32]:
    """Return what was drawn as it is, (N,) or (N, k) → (N, k)."""
    return drawn.astype(np.int32).reshape(len(drawn), -1)


def _moved_on_device(images: Any, corners: Any, *, reach: tuple[int, int], fill: str) -> Any:
    from workbook.data import on_device

    return on_device.moved(images, corners, reach, fill)


def _mirrored_on_device(images: Any, chosen: Any) -> Any:
    from workbook.data import on_device

    return on_device.mirrored(images, chosen)


def _painted_on_device(images: Any, corners: Any, *, pixels: int) -> Any:
    from workbook.data import on_device

    return on_device.painted(images, corners, pixels)


MIRRORED = OnDevice(_as_integers, _mirrored_on_device)


def flip() -> Augmentation:
    """Return a flip: each image is mirrored left to right with probability ½, drawn again in each epoch."""
    return Augmentation(
        "flip", lambda count, seed, epoch: _random(seed, epoch).random(count) < 0.5, _mirrored, MIRRORED
    )


def alternating_flip() -> Augmentation:
    """Return a flip of each image in every other epoch; a coin toss decides once which images begin.

    In two epochs the network sees every image once each way round, whereas independent coins would show half of the
    images the same way twice. Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024, section 3.6.
    """

    def draw(count: int, seed: tuple[int, ...], epoch: int) -> NDArray[Any]:
        return (_random(seed, 0).random(count) < 0.5) ^ bool(epoch % 2)

    return Augmentation("alternating flip", draw, _mirrored, MIRRORED)


def cutout(pixels: int) -> Augmentation:
    """Return a cut-out: a square of `pixels` by `pixels`, somewhere inside each image, becomes 0.

    DeVries and Taylor 2017; there the square may extend beyond the edge. ValueError for a size below 1, or, when it is
    applied, larger than the image.
    """
    pixels = integer("pixels", pixels, 1)

    def draw(count: int, seed: tuple[int, ...], epoch: int) -> NDArray[Any]:
        return _random(seed, epoch).random((count, 2))

    def corners_of(places: NDArray[Any], size: tuple[int, ...]) -> NDArray[np.int32]:
        height, width = size
        if pixels > min(height, width):
            raise ValueError(
                f"pixels must be at most the image's size. Received: pixels={pixels}, image {height}×{width}"
            )
        room = np.array([height - pixels + 1, width - pixels + 1])
        return (places * room).astype(np.int32)

    def apply(images: Images, places: NDArray[Any]) -> Images:
        height, width = images.shape[1:3]
        corners = corners_of(places, (height, width))
        down, right = (np.arange(size) - corners[:, [axis]] for axis, size in enumerate((height, width)))
        inside = _within(down, pixels)[:, :, None] & _within(right, pixels)[:, None, :]  # (N, H, W)
        painted = images.copy()
        painted[inside] = 0
        return painted

    on_device = OnDevice(corners_of, partial(_painted_on_device, pixels=pixels))
    return Augmentation(f"cut-out of {pixels}", draw, apply, on_device)


def check_augmentations(augment: Any) -> tuple[Augmentation, ...]:
    """Return the augmentations as a tuple; ValueError for anything else."""
    several = (augment,) if isinstance(augment, Augmentation) else augment
    if not isinstance(several, tuple | list):
        raise ValueError(
            f"augment must be a list of augmentations, as [shift(2)]. Received: augment={augment!r}"
        )
    for augmentation in several:
        if not isinstance(augmentation, Augmentation):
            raise ValueError(f"An augmentation must be a result such as shift(2). Received: {augmentation!r}")
    return tuple(several)


def _random(seed: tuple[int, ...], epoch: int) -> np.random.Generator:
    return np.random.default_rng((*seed, epoch))


def _within(distances: NDArray[Any], size: int) -> NDArray[np.bool_]:
    return (distances >= 0) & (distances < size)


def _mirrored(images: Images, chosen: NDArray[Any]) -> Images:
    """Return images with the chosen ones, (N,) of bool, mirrored: by channels, which takes a quarter of the time."""
    planes = images[..., None] if images.ndim == 3 else images  # (N, H, W, C)
    mirrored, turned = planes.copy(), planes[chosen]
    for channel in range(planes.shape[3]):
        mirrored[chosen, :, :, channel] = turned[:, :, ::-1, channel]
    return mirrored.reshape(images.shape)


def _padded(images: Images, reach: tuple[int, int], fill: str) -> Images:
    """Return images enlarged by `reach` on each side: (N, H, W, ...) → (N, H + 2 down, W + 2 right, ...)."""
    if fill == "reflect" and any(
        size <= distance for size, distance in zip(images.shape[1:3], reach, strict=True)
    ):
        raise ValueError(
            f"Images must be larger than a shift with reflection. Received: shape {images.shape}, shift {reach}"
        )
    down, right = reach
    margins = [(0, 0), (down, down), (right, right), *[(0, 0)] * (images.ndim - 3)]
    return np.pad(images, margins, mode=fill)  # type: ignore[call-overload]


def _windows(images: Images, corners: NDArray[Any], size: tuple[int, ...]) -> Images:
    """Return a window of `size` from each image, its upper left corner at (N, 2) `corners`.

    A row's pixels and channels are contiguous in memory, so a window is a few runs of bytes: they are copied run by
    run, without an index per pixel.
    """
    count, height, width = len(images), *size
    depth = int(np.prod(images.shape[3:], dtype=int))
    # (N, H + 2 down, (W + 2 right) C)
    rows = np.ascontiguousarray(images).reshape(count, images.shape[1], -1)
    views = np.lib.stride_tricks.sliding_window_view(rows, (height, width * depth), (1, 2))
    cut = views[np.arange(count), corners[:, 0], corners[:, 1] * depth]  # (N, H, W C)
    return cut.reshape(count, height, width, *images.shape[3:])
