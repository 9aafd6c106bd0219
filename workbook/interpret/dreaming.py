"""DeepDream: change a picture so that a layer sees more of what it sees in it already, from coarse to fine.

Mordvintsev, Olah and Tyka 2015, "Inceptionism: going deeper into neural networks".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.interpret import maps
from workbook.interpret.ascent import Bounds, climb
from workbook.interpret.gradients import input_gradient

if TYPE_CHECKING:
    import keras

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Dream:
    """A dreamed `image` (H, W, C), what each octave ended with, coarse to fine, and its record (steps + 1,)."""

    image: Array
    octaves: tuple[Array, ...]
    records: tuple[Array, ...]


def octave_sizes(height: int, width: int, *, octaves: int, scale: float) -> tuple[tuple[int, int], ...]:
    """List the sizes (height, width) from the smallest to the picture's own, each `scale` times the one before.

    ValueError for no octave, a scale that is not above 1, or sizes below one pixel.
    """
    if octaves < 1 or not scale > 1:
        raise ValueError(f"octaves is at least 1, scale above 1. Received: octaves={octaves}, scale={scale}")
    sizes = [(round(height / scale**k), round(width / scale**k)) for k in range(octaves - 1, -1, -1)]
    if min(sizes[0]) < 1:
        raise ValueError(
            f"The smallest octave has no pixels. Received: {height} × {width}, {octaves} octaves"
        )
    return tuple(sizes)


def resized(image: ArrayLike, size: tuple[int, int]) -> Array:
    """Resize a picture (H, W, C) to `size` (height, width), smoothly: bilinear, with antialiasing when it shrinks."""
    from keras import ops

    array = np.asarray(image)
    batch = ops.convert_to_tensor(array[np.newaxis].astype(np.float32))
    result = ops.image.resize(
        batch, size, interpolation="bilinear", antialias=True, data_format="channels_last"
    )
    return ops.convert_to_numpy(result)[0].astype(array.dtype)


def dream(
    model: "keras.Model",
    layers: str | Mapping[str, float],
    image: ArrayLike,
    *,
    octaves: int = 3,
    scale: float = 1.4,
    steps: int = 20,
    rate: float = 0.02,
    jitter: int = 8,
    bounds: Bounds = (0.0, 1.0),
    seed: int = 0,
) -> Dream:
    """Amplify what `layers` see in a picture (H, W, C), given as the model takes it, pixels within `bounds`.

    Climbed is the mean of the squared activations, summed over the layers with their weights (a name alone has weight
    1). It begins with the picture made small; what was changed is enlarged and added to the next size, so that no
    detail of the picture is lost. The model may be one for another size: its layers up to these must be convolutions,
    poolings and the like. For `steps`, `rate` and `jitter` in each octave see `ascent.climb`.

    ValueError for unknown layers, a picture of another rank or number of channels, and as `octave_sizes`.
    """
    weights = {layers: 1.0} if isinstance(layers, str) else dict(layers)
    cut = maps.any_size(model, list(weights))
    picture = maps.as_images(cut, np.asarray(image)[np.newaxis])[0]
    gradient = input_gradient(_objective(cut, list(weights.values())))
    change, ends, records = np.zeros((1, 1, picture.shape[-1]), picture.dtype), [], []
    for size in octave_sizes(*picture.shape[:2], octaves=octaves, scale=scale):
        small = picture if size == picture.shape[:2] else resized(picture, size)
        start = np.clip(small + resized(change, size), *bounds).astype(picture.dtype)
        found, record = climb(
            gradient, start[np.newaxis], steps=steps, rate=rate, bounds=bounds, jitter=jitter, seed=seed,
            what=f"dream, {size[0]} × {size[1]} pixels",
        )  # fmt: skip
        change = found[0] - small
        ends.append(found[0])
        records.append(record[:, 0])
    return Dream(ends[-1], tuple(ends), tuple(records))


def _objective(cut: "keras.Model", weights: list[float]) -> Any:
    from keras import ops

    def objective(images: Any) -> Any:
        given = maps.listed(cut(images, training=False))
        means = [ops.mean(ops.square(one), axis=tuple(range(1, len(one.shape)))) for one in given]
        return sum(weight * mean for weight, mean in zip(weights, means, strict=True))

    return objective
