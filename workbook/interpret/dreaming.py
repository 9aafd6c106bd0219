"""DeepDream: change a picture so that a layer sees more of what it already sees in it, from coarse to fine.

Mordvintsev, Olah and Tyka 2015, "Inceptionism: going deeper into neural networks".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.calls import note_call
from workbook.gradients import input_gradient
from workbook.interpret import maps
from workbook.interpret.ascent import Bounds, climb

if TYPE_CHECKING:
    import keras

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Dream:
    """A dreamed `image` (H, W, C), and for each octave, coarse to fine, its last image and its record (steps + 1,)."""

    image: Array
    octaves: tuple[Array, ...]
    records: tuple[Array, ...]


def octave_sizes(height: int, width: int, *, octaves: int, scale: float) -> tuple[tuple[int, int], ...]:
    """Return the sizes (height, width) from the smallest to the picture's own, each `scale` times the one before.

    ValueError for no octave, a scale of at most 1, or sizes below one pixel.
    """
    note_call("interpret.dreaming.octave_sizes")
    if octaves < 1 or not scale > 1:
        raise ValueError(
            f"octaves must be at least 1 and scale above 1. Received: octaves={octaves}, scale={scale}"
        )
    sizes = [(round(height / scale**k), round(width / scale**k)) for k in range(octaves - 1, -1, -1)]
    if min(sizes[0]) < 1:
        raise ValueError(
            f"The smallest octave must have a pixel. Received: {height} × {width} pixels, {octaves} octaves"
        )
    return tuple(sizes)


def resized(image: ArrayLike, size: tuple[int, int]) -> Array:
    """Return a picture (H, W, C) resized to `size` (height, width): bilinear, with antialiasing if it shrinks."""
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
    """Amplify what `layers` see in a picture (H, W, C), which is a model input with pixels within `bounds`.

    The dream maximises the mean of the squared activations, summed over the layers with their weights; a single name
    has weight 1. It begins with the smallest size. The change is then enlarged and added to the next size, so that no
    detail of the picture is lost. The model may be built for another size if its layers up to these accept any, as
    convolutions and poolings do. For `steps`, `rate` and `jitter` in each octave see `ascent.climb`.

    ValueError for unknown layers, a picture of another rank or number of channels, and as for `octave_sizes`.
    """
    weights = {layers: 1.0} if isinstance(layers, str) else dict(layers)
    cut = maps.any_size(model, list(weights))
    picture = maps.as_images(cut, np.asarray(image)[np.newaxis])[0]
    gradient = input_gradient(_objective(cut, list(weights.values())))
    change = np.zeros((1, 1, picture.shape[-1]), picture.dtype)
    ends, records = [], []
    for size in octave_sizes(*picture.shape[:2], octaves=octaves, scale=scale):
        small = picture if size == picture.shape[:2] else resized(picture, size)
        start = np.clip(small + resized(change, size), *bounds).astype(picture.dtype)
        images, record = climb(
            gradient,
            start[np.newaxis],
            steps=steps,
            rate=rate,
            bounds=bounds,
            jitter=jitter,
            seed=seed,
            task=f"dream, {size[0]} × {size[1]} pixels",
        )
        change = images[0] - small
        ends.append(images[0])
        records.append(record[:, 0])
    return Dream(ends[-1], tuple(ends), tuple(records))


def _objective(cut: "keras.Model", weights: list[float]) -> Any:
    from keras import ops

    def objective(images: Any) -> Any:
        outputs = maps.listed(cut(images, training=False))
        means = [ops.mean(ops.square(output), axis=tuple(range(1, len(output.shape)))) for output in outputs]
        return sum(weight * mean for weight, mean in zip(weights, means, strict=True))

    return objective
