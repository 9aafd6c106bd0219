"""Exact receptive fields along one axis: the pixels that each output sees, through any sequence of layers.

Two numbers, a size and a stride, describe a chain of convolutions. They are not enough behind an up-sampling
layer, where neighbouring outputs see windows of different sizes. An `Axis` therefore has one window for each
output of a period, after which the pattern repeats some pixels further on. Feature maps are treated as infinite,
so a field may extend beyond the image; `seen` clips it.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple


class Axis(NamedTuple):
    """The first and the last pixel that each output of a period sees; the next period starts `advance` further."""

    first: tuple[int, ...]
    last: tuple[int, ...]
    advance: int

    @property
    def size(self) -> int:
        """The receptive field in pixels, the largest one where outputs differ."""
        return max(last - first + 1 for first, last in zip(self.first, self.last, strict=True))

    @property
    def step(self) -> Fraction:
        """The pixels by which the field moves from one output to the next; 0 where all outputs see the same."""
        return Fraction(self.advance, len(self.first))

    def window(self, place: int) -> tuple[int, int]:
        """Return the (first, last) pixel that the output at `place` sees."""
        period, index = divmod(place, len(self.first))
        return self.first[index] + period * self.advance, self.last[index] + period * self.advance

    def seen(self, place: int, size: int) -> tuple[int, int]:
        """Return (start, length) of the part of an image of `size` pixels that the output at `place` sees."""
        first, last = self.window(place)
        first, last = max(first, 0), min(last, size - 1)
        return first, last - first + 1


# One axis for each spatial axis of the input; () does not see the input, None is not tracked.
Fields = tuple[Axis, ...] | None

PIXEL = Axis((0,), (0,), 1)


def _axis(windows: list[tuple[int, int]], advance: int) -> Axis:
    """Return the axis whose period has these windows, with the shortest possible period."""
    period = len(windows)
    for short in range(1, period):
        if period % short == 0 and advance * short % period == 0:
            step = advance * short // period
            moved = [(first + step, last + step) for first, last in windows[:-short]]
            if moved == windows[short:]:
                return _axis(windows[:short], step)
    first, last = zip(*windows, strict=True)
    return Axis(first, last, advance)


def slide(axis: Axis, width: int, strides: int = 1, before: int = 0) -> Axis:
    """Return the axis after a window of `width`, with `before` places of padding (or −cropping).

    `width` is the extent of a dilated kernel: dilation · (kernel_size − 1) + 1.
    """
    period = len(axis.first) // math.gcd(len(axis.first), strides)
    starts = [place * strides - before for place in range(period)]
    windows = [(axis.window(start)[0], axis.window(start + width - 1)[1]) for start in starts]
    return _axis(windows, axis.advance * period * strides // len(axis.first))


def spread(axis: Axis, width: int, strides: int, before: int = 0) -> Axis:
    """Return the axis after a transposed convolution: each place writes `width` outputs, `strides` apart.

    `before` outputs are cut off at the start. `width` must be at least `strides`, or some outputs see nothing.
    """
    windows = []
    for place in range(len(axis.first) * strides):
        low, high = -((width - 1 - place - before) // strides), (place + before) // strides
        windows.append((axis.window(low)[0], axis.window(high)[1]))
    return _axis(windows, axis.advance)


def interpolate(axis: Axis, factor: int) -> Axis:
    """Return the axis after linear up-sampling, which sees the two places around (output + ½) / factor − ½."""
    windows = []
    for place in range(len(axis.first) * factor):
        doubled = 2 * place + 1 - factor  # the position, in units of 1 / (2 · factor)
        low, high = doubled // (2 * factor), -(-doubled // (2 * factor))
        windows.append((axis.window(low)[0], axis.window(high)[1]))
    return _axis(windows, axis.advance)


def whole(axis: Axis, places: int, size: int) -> Axis:
    """Return the part of an image of `size` pixels that all outputs together see, as after global pooling."""
    windows = [axis.window(place) for place in range(places)]
    first, last = min(low for low, _ in windows), max(high for _, high in windows)
    return Axis((max(first, 0),), (min(last, size - 1),), 0)


def union(axes: list[Axis], places: int, size: int) -> Axis | None:
    """Return the axis where these branches join: from the lowest to the highest pixel of any branch.

    If one branch sees a fixed part, such as the whole image, so does the union. None if the branches move at
    different speeds: then the pattern does not repeat.
    """
    steps = {axis.step for axis in axes}
    if 0 in steps:
        parts = [whole(axis, places, size) for axis in axes]
        return Axis((min(part.first[0] for part in parts),), (max(part.last[0] for part in parts),), 0)
    if len(steps) > 1:
        return None
    period = math.lcm(*(len(axis.first) for axis in axes))
    windows = []
    for place in range(period):
        ends = [axis.window(place) for axis in axes]
        windows.append((min(low for low, _ in ends), max(high for _, high in ends)))
    return _axis(windows, int(axes[0].step * period))


def square(numbers: Sequence[float]) -> float | str:
    """Return one number if all are equal, else all of them as text with × between: an entry of a table."""
    return numbers[0] if len(set(numbers)) == 1 else " × ".join(f"{number:g}" for number in numbers)
