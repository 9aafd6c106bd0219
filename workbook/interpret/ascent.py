"""Gradient ascent on the input: the weights stand still, the pixels move, until a unit is excited.

Erhan, Bengio, Courville and Vincent 2009, "Visualizing higher-layer features of a deep network"; the penalties and
blurs follow Mahendran and Vedaldi 2015 and Yosinski et al. 2015.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.interpret import maps
from workbook.interpret.gradients import InputGradient, Objective, input_gradient
from workbook.interpret.penalties import blurred, charged, check_penalties
from workbook.interpret.progress import counted

if TYPE_CHECKING:
    import keras

Bounds = tuple[float, float]
Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Ascent:
    """What an ascent found: `images` (batch, H, W, C), and its record from the start to the end.

    `scores` (steps + 1, batch) is what the units gave before each step and after the last one, `charges` of the same
    shape what the penalties took. Their difference is what was climbed.
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
    """Make one image for each of `units`, all in one batch: the image that excites this unit of the layer most.

    A filter's score is its activation degree, the sum of its feature map; a neuron's is its output. `penalties` are
    weights of "pixel_sum", "l2" and "total_variation", subtracted from it. `start` is (units, H, W, C), or one image
    for all; without it uniform noise of `seed` between the `bounds`, in which the pixels stay. `activation=False`
    climbs what the layer gives before its activation. For `blur`, `jitter`, `steps` and `rate` see `climb`.

    ValueError for an unknown layer or penalty, a unit out of range, a start that does not fit.
    """
    chosen = maps.check_units(model, layer, units)
    objective = _objective(model, layer, chosen, penalties or {}, activation=activation)
    first = _start(model, len(chosen), start, bounds, seed)
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
    """Give, for image i, the score of unit i and minus what the penalties take: (batch, 2)."""
    from keras import ops

    taken = check_penalties(weights)
    cut = maps.part(model, layer, activation=activation)
    chosen = np.eye(cut.output.shape[-1])[list(units)]  # (batch, filters)

    def objective(images: Any) -> Any:
        degrees = maps.degrees(cut(images, training=False))  # (batch, filters)
        scores = ops.sum(degrees * ops.cast(chosen, degrees.dtype), axis=-1)
        return ops.stack([scores, 0 * scores - charged(images, taken)], axis=-1)

    return objective


def _start(model: "keras.Model", count: int, start: ArrayLike | None, bounds: Bounds, seed: int) -> Array:
    """Return the first images (count, H, W, C), noise where none are given."""
    shape = tuple(model.inputs[0].shape[1:])
    if start is None:
        if None in shape:
            raise ValueError(
                f"The model takes images of any size: give a start. Received: start=None, {shape}"
            )
        noise = np.random.default_rng(seed).random((count, *shape))
        return maps.as_images(model, bounds[0] + (bounds[1] - bounds[0]) * noise)
    images = np.asarray(start)
    images = images[np.newaxis] if images.ndim == len(shape) else images
    if len(images) not in (1, count):
        raise ValueError(
            f"One start for all units, or one for each. Received: {len(images)} for {count} units"
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
    what: str = "gradient ascent",
) -> tuple[Array, Array]:
    """Follow a gradient from `start` (batch, H, W, C); return the images and the record of its values.

    The gradient of each image is divided by its root mean square, so that a step moves a pixel by `rate` times the
    range of the `bounds`, typically; the rate falls linearly to 0. Pixels beyond the bounds are put back on them.
    Before each step the images are blurred by `blur` pixels, which falls likewise; `jitter` shifts them around by up to
    so many pixels, at random, while the gradient is taken. The record is (steps + 1, batch) or
    (steps + 1, batch, terms), taken on the shifted and blurred images, at the end on the images as they are returned.

    ValueError for no steps, a rate that is not positive, bounds that are not in order, a negative blur or jitter.
    """
    _check(steps, rate, bounds, blur, jitter)
    rng, images, record = np.random.default_rng(seed), start.copy(), []
    low, high = bounds
    for step in counted(steps, what):
        left = 1 - step / steps
        shift = tuple(rng.integers(-jitter, jitter + 1, 2))
        images = np.roll(blurred(images, blur * left), shift, (1, 2))
        values, slopes = gradient(images)
        moved = images + rate * left * (high - low) * _unit_size(slopes)
        images = np.roll(np.clip(moved, low, high), (-shift[0], -shift[1]), (1, 2)).astype(start.dtype)
        record.append(values)
    record.append(gradient(images)[0])
    return images, np.stack(record)


def _unit_size(gradients: Array) -> Array:
    """Divide each image's gradient by its root mean square; a gradient of zeros stays."""
    size = np.sqrt(np.mean(np.square(gradients), axis=(1, 2, 3), keepdims=True))
    return gradients / np.where(size == 0, 1, size)


def _check(steps: int, rate: float, bounds: Bounds, blur: float, jitter: int) -> None:
    if steps < 1 or not rate > 0:
        raise ValueError(f"steps is at least 1, rate above 0. Received: steps={steps}, rate={rate}")
    if not bounds[0] < bounds[1]:
        raise ValueError(f"bounds are (low, high), low below high. Received: bounds={bounds}")
    if not blur >= 0 or jitter < 0:
        raise ValueError(f"blur and jitter are 0 or more. Received: blur={blur}, jitter={jitter}")
