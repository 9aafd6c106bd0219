"""Gradient ascent on the input: the weights stay fixed and the pixels change to excite a unit.

Erhan, Bengio, Courville and Vincent 2009, "Visualizing higher-layer features of a deep network"; the penalties and
blurs follow Mahendran and Vedaldi 2015 and Yosinski et al. 2015.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook import live
from workbook.gradients import InputGradient, Objective, input_gradient
from workbook.interpret import maps
from workbook.interpret.penalties import blurred, check_penalties, total_penalty

if TYPE_CHECKING:
    import keras

Bounds = tuple[float, float]
Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Ascent:
    """The result of an ascent: `images` (batch, H, W, C), and a record from the start to the end.

    `scores` (steps + 1, batch) are the outputs of the units before each step and after the last one, `charges`, of the
    same shape, the penalties. The ascent maximises their difference.
    """

    images: Array
    scores: Array
    charges: Array


def ascend(
    model: "keras.Model",
    layer: str,
    units: Sequence[int],
    *,
    start: ArrayLike | None = None,
    activation: bool = True,
    penalties: Mapping[str, float] | None = None,
    blur: float = 0.0,
    jitter: int = 0,
    steps: int = 100,
    rate: float = 0.1,
    bounds: Bounds = (0.0, 1.0),
    seed: int = 0,
) -> Ascent:
    """Find, for each of `units`, the image that excites this unit of the layer most, all in one batch.

    A filter's score is its activation degree, the sum of its feature map; a neuron's is its output. `penalties` are
    weights of "pixel_sum", "l2" and "total_variation", which are subtracted from the score. `start` is one image per
    unit (units, H, W, C), or one for all; the default is uniform noise from `seed`. Pixels stay within the `bounds`.
    `activation=False` maximises the layer's output before its activation. For `blur`, `jitter`, `steps` and `rate` see
    `climb`.

    ValueError for an unknown layer or penalty, a unit out of range, or a start that does not fit.
    """
    numbers = maps.check_units(model, layer, units)
    objective = _objective(model, layer, numbers, penalties or {}, activation=activation)
    first = _start(model, len(numbers), start, bounds, seed)
    images, record = climb(
        input_gradient(objective),
        first,
        blur=blur,
        jitter=jitter,
        steps=steps,
        rate=rate,
        bounds=bounds,
        seed=seed,
    )
    return Ascent(images, record[..., 0], -record[..., 1])


def _objective(
    model: "keras.Model",
    layer: str,
    units: tuple[int, ...],
    weights: Mapping[str, float],
    *,
    activation: bool,
) -> Objective:
    """Return an objective with, for image i, the score of unit i and minus its penalty: (batch, 2)."""
    from keras import ops

    penalties = check_penalties(weights)
    cut = maps.part(model, layer, activation=activation)
    one_hot = np.eye(cut.output.shape[-1])[list(units)]  # (batch, filters)

    def objective(images: Any) -> Any:
        degrees = maps.degrees(cut(images, training=False))  # (batch, filters)
        scores = ops.sum(degrees * ops.cast(one_hot, degrees.dtype), axis=-1)
        return ops.stack([scores, 0 * scores - total_penalty(images, penalties)], axis=-1)

    return objective


def _start(model: "keras.Model", count: int, start: ArrayLike | None, bounds: Bounds, seed: int) -> Array:
    """Return the first images (count, H, W, C), noise if no start is given."""
    shape = tuple(model.inputs[0].shape[1:])
    if start is None:
        if None in shape:
            raise ValueError(
                f"start must be given for a model that takes images of any size. Received: start=None, {shape}"
            )
        noise = np.random.default_rng(seed).random((count, *shape))
        return maps.as_images(model, bounds[0] + (bounds[1] - bounds[0]) * noise)
    images = np.asarray(start)
    images = images[np.newaxis] if images.ndim == len(shape) else images
    if len(images) not in (1, count):
        raise ValueError(
            f"start must be one image for all units, or one for each. Received: {len(images)} for {count} units"
        )
    return maps.as_images(model, np.repeat(images, count // len(images), axis=0))


def climb(
    gradient: InputGradient,
    start: Array,
    *,
    steps: int,
    rate: float,
    bounds: Bounds,
    blur: float = 0.0,
    jitter: int = 0,
    seed: int = 0,
    task: str = "gradient ascent",
) -> tuple[Array, Array]:
    """Follow a gradient from `start` (batch, H, W, C); return the images and the record of its values.

    The gradient of each image is divided by its root mean square, so that a step typically changes a pixel by `rate`
    times the range of the `bounds`; the rate falls linearly to 0. Pixels outside the bounds are clipped. Before each
    step the images are blurred by `blur` pixels, which also fall to 0. While the gradient is computed they are shifted
    cyclically by up to `jitter` pixels at random. The record is (steps + 1, batch) or (steps + 1, batch, terms),
    computed for the shifted and blurred images, and at the end for the returned images. `task` names the progress line.

    ValueError for no steps, a rate that is not positive, bounds that are not in order, or a negative blur or jitter.
    """
    _check(steps, rate, bounds, blur, jitter)
    rng, images, record = np.random.default_rng(seed), start.copy(), []
    low, high = bounds
    for step in live.track(range(steps), task, keep=False):
        remaining = 1 - step / steps
        shift = tuple(rng.integers(-jitter, jitter + 1, 2))
        images = np.roll(blurred(images, blur * remaining), shift, (1, 2))
        values, gradients = gradient(images)
        moved = images + rate * remaining * (high - low) * _unit_size(gradients)
        images = np.roll(np.clip(moved, low, high), (-shift[0], -shift[1]), (1, 2)).astype(start.dtype)
        record.append(values)
    record.append(gradient(images)[0])
    return images, np.stack(record)


def _unit_size(gradients: Array) -> Array:
    """Return each image's gradient divided by its root mean square; a gradient of zeros stays zero."""
    size = np.sqrt(np.mean(np.square(gradients), axis=(1, 2, 3), keepdims=True))
    return gradients / np.where(size == 0, 1, size)


def _check(steps: int, rate: float, bounds: Bounds, blur: float, jitter: int) -> None:
    if steps < 1 or not rate > 0:
        raise ValueError(f"steps must be at least 1 and rate above 0. Received: steps={steps}, rate={rate}")
    if not bounds[0] < bounds[1]:
        raise ValueError(f"bounds must be (low, high) with low below high. Received: bounds={bounds}")
    if not blur >= 0 or jitter < 0:
        raise ValueError(f"blur and jitter must be at least 0. Received: blur={blur}, jitter={jitter}")
