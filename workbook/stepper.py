"""Slide a kernel over an image, step by step: a pure function and static pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from workbook import plots, reference
from workbook.arithmetic import output_size
from workbook.interactive import Document, convolution
from workbook.interactive.kernels import KERNELS as KERNELS


@dataclass(frozen=True)
class Step:
    """One position of the window. `output` is NaN at later positions."""

    padded: np.ndarray
    kernel: np.ndarray
    row: int
    column: int
    products: np.ndarray
    total: float
    output: np.ndarray
    steps: int
    note: str

    @property
    def window(self) -> tuple[int, int, int, int]:
        """The window on the padded image: row, column, height, width."""
        return self.row, self.column, *self.kernel.shape


def explain(
    size: tuple[int, int], kernel_size: tuple[int, int], *, strides: int, padding: int
) -> tuple[bool, str]:
    """Return whether a window fits, and a sentence: why not, or how many pixels the stride leaves unread."""
    unread = []
    for name, length, extent in zip(("rows", "columns"), size, kernel_size, strict=True):
        room = length + 2 * padding - extent
        if room < 0:
            text = f"A {kernel_size[0]}×{kernel_size[1]} kernel does not fit: with padding {padding} there are only "
            return False, f"{text}{length + 2 * padding} {name}. Pad more or take a smaller kernel."
        if room % strides:
            unread.append(f"{room % strides} of the {name}")
    if not unread:
        return True, ""
    sums = f"stride {strides} does not divide W − F + 2P"
    return True, f"{sums}, so the output size is rounded down and {' and '.join(unread)} are never read."


def convolution_step(
    image: np.ndarray, kernel: np.ndarray, *, strides: int = 1, padding: int = 0, position: int = 0
) -> Step:
    """Return the state after the window visited positions 0 to `position`, row by row.

    image: (H, W); kernel: (kh, kw). ValueError where the kernel does not fit or there is no such position.
    """
    fits, note = explain(image.shape, kernel.shape, strides=strides, padding=padding)
    if not fits:
        raise ValueError(note)
    rows, columns = (
        output_size(n, k, strides, padding) for n, k in zip(image.shape, kernel.shape, strict=True)
    )
    if not 0 <= position < rows * columns:
        raise ValueError(f"position must be in 0 to {rows * columns - 1}. Received: position={position}")
    padded = np.pad(image, padding)
    row, column = (strides * index for index in divmod(position, columns))
    products = padded[row : row + kernel.shape[0], column : column + kernel.shape[1]] * kernel
    output = reference.conv2d(image, kernel, strides=strides, padding=padding).astype(float)
    output.ravel()[position + 1 :] = np.nan
    return Step(padded, kernel, row, column, products, float(products.sum()), output, rows * columns, note)


def draw(step: Step, axes: Any = None) -> np.ndarray:
    """Draw a step in three panels: the window on the input, the products, the output so far."""
    if axes is None:
        axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")[1]
    plots.show_numbers(step.padded, axes[0], title="input", window=step.window)
    largest = float(np.abs(step.padded).max() * np.abs(step.kernel).max()) or 1.0
    title = f"window × kernel: sum {step.total:g}"
    plots.show_numbers(step.products, axes[1], title=title, scale=(-largest, largest))
    columns = step.output.shape[1]
    position = int(np.count_nonzero(~np.isnan(step.output))) - 1
    plots.show_numbers(step.output, axes[2], title="output so far", window=(*divmod(position, columns), 1, 1))
    return axes


def filmstrip(
    image: np.ndarray,
    kernel: np.ndarray,
    *,
    strides: int = 1,
    padding: int = 0,
    positions: tuple[int, ...] = (0, 1, 2),
) -> np.ndarray:
    """Draw several steps below one another, for places where widgets do not work (GitHub, print)."""
    rows = len(positions)
    _, axes = plt.subplots(rows, 3, figsize=(9, 3.1 * rows), squeeze=False, layout="constrained")
    for row, position in zip(axes, positions, strict=True):
        draw(convolution_step(image, kernel, strides=strides, padding=padding, position=position), row)
    return axes


def show_strides(size: int = 7, kernel_size: int = 3, strides: tuple[int, ...] = (1, 2)) -> np.ndarray:
    """Draw, for each stride, the first three windows on a square image, and their cells in the output.

    A dot marks the middle of every window. Returns the axes (1, 2 · len(strides)).
    """
    figsize = (4.6 * len(strides), 2.7)
    _, axes = plt.subplots(1, 2 * len(strides), figsize=figsize, squeeze=False, layout="constrained")
    for index, step in enumerate(strides):
        image, output = axes[0, 2 * index : 2 * index + 2]
        count = output_size(size, kernel_size, step)
        _blank(image, size, f"stride {step}: windows on {size}×{size}")
        _blank(output, count, f"output {count}×{count}", limit=size)
        middles = step * np.arange(count) + (kernel_size - 1) / 2
        image.scatter(*np.meshgrid(middles, middles), s=14, color="0.35", zorder=3)
        for place in range(min(3, count)):
            inset = 0.08 * place  # neighbouring frames would cover each other
            _frame(image, step * place + inset, inset, kernel_size - 2 * inset, place)
            output.add_patch(Rectangle((place - 0.5, -0.5), 1, 1, color=plots.COLOURS[place], alpha=0.75))
    return axes


def show_padding(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Draw an image without padding, padded with zeros and with its border repeated, above the three maps.

    image: (H, W); kernel: square, of odd size. The padding is hatched, and keeps the size. All maps have one scale.
    Returns the axes (2, 3).
    """
    width = (len(kernel) - 1) // 2
    largest = float(np.abs(reference.conv2d(image, kernel, padding=width)).max())
    _, axes = plt.subplots(2, 3, figsize=(9, 5.6), layout="constrained")
    frames = (
        ("no frame", 0, "zero"),
        ("a frame of zeros", width, "zero"),
        ("border repeated", width, "replicate"),
    )
    for column, (title, padding, fill) in enumerate(frames):
        padded = np.pad(image, padding, mode=reference.FILLS[fill])  # type: ignore[call-overload]
        plots.show_numbers(padded, axes[0, column], title=title, window=(0, 0, *kernel.shape))
        for row, place in np.ndindex(padded.shape):
            if min(row, place) < padding or max(row, place) >= len(padded) - padding:
                corner = (place - 0.5, row - 0.5)
                axes[0, column].add_patch(Rectangle(corner, 1, 1, fill=False, hatch="///", edgecolor="0.6"))
        output = reference.conv2d(image, kernel, padding=padding, fill=fill)
        title = f"map, {output.shape[0]}×{output.shape[1]}"
        scale = (-largest, largest)
        plots.show_numbers(output, axes[1, column], title=title, window=(0, 0, 1, 1), scale=scale)
    return axes


def show_moves(cases: Sequence[tuple[int, int, int, int]]) -> np.ndarray:
    """Draw one axis of an image for each (size, kernel_size, strides, padding): the pixels, and each window below.

    Padding is hatched. A last window that does not fit is dashed. Pixels that no window reads are pale orange. Returns
    the axes, one for each case.
    """
    counts = [(size - kernel + 2 * padding) // strides + 1 for size, kernel, strides, padding in cases]
    most = max(counts) + 1
    longest = max(size + 2 * padding + strides for size, _, strides, padding in cases)
    _, axes = plt.subplots(1, len(cases), figsize=(3 * len(cases), 2.7), squeeze=False, layout="constrained")
    for ax, case in zip(axes[0], cases, strict=True):
        _draw_moves(ax, *case)
        ax.set_xlim(-0.2, longest + 0.2)
        ax.set_ylim(1.3 + 0.62 * most, -0.2)
        ax.axis("off")
    return axes[0]


def _draw_moves(ax: Axes, size: int, kernel_size: int, strides: int, padding: int) -> None:
    """Draw the pixels of an axis, the windows below them, and the output size as the title."""
    total = size + 2 * padding
    count = max(0, (total - kernel_size) // strides + 1)
    read = (count - 1) * strides + kernel_size if count else 0
    for pixel in range(total):
        inside = padding <= pixel < total - padding
        colour = "#fbd9bf" if pixel >= read else "0.9" if inside else "white"
        hatch = None if inside else "///"
        ax.add_patch(Rectangle((pixel, 0), 1, 0.9, facecolor=colour, edgecolor="0.35", hatch=hatch))
    for place in range(count + (read < total)):
        fits = place < count
        bar = Rectangle(
            (strides * place + 0.06, 1.25 + 0.62 * place), kernel_size - 0.12, 0.45,
            facecolor=plots.COLOURS[0] if fits else "none", edgecolor=plots.COLOURS[0 if fits else 1],
            linestyle="-" if fits else "--", linewidth=1.5,
        )  # fmt: skip
        ax.add_patch(bar)
    sums = f"⌊({size} − {kernel_size} + 2·{padding}) / {strides}⌋ + 1 = {count}"
    ax.set_title(f"W {size}, F {kernel_size}, S {strides}, P {padding}\n{sums}", fontsize=10)


def show_filters(size: int = 5, kernel_size: int = 3, filters: int = 4) -> Axes:
    """Draw a filter that spans the three channels of a colour image, and the maps that several filters make.

    Image and filter are drawn in slanting slices, one for each channel; each filter makes one map of the output.
    """
    ax = plt.subplots(figsize=(9, 3.3), layout="constrained")[1]
    channels = ("#d62728", "#2ca02c", "#1f77b4")
    output = size - kernel_size + 1
    for depth, colour in reversed(list(enumerate(channels))):
        _layer(ax, 0.9 * depth, -0.7 * depth, size, colour, window=kernel_size)
        _layer(ax, size + 4 + 0.9 * depth, 1 - 0.7 * depth, kernel_size, colour)
    left = size + kernel_size + 8.5
    for place in reversed(range(filters)):
        _layer(ax, left + 0.9 * place, 1 - 0.7 * place, output, plots.COLOURS[place])
    ax.add_patch(Rectangle((left, 1), 1, 1, color=plots.COLOURS[0]))
    for x, text in ((size + 2.9, "×"), (left - 1.6, "= sum")):
        ax.text(x, 2.2, text, fontsize=14, ha="center", va="center")
    y = size + 0.5
    for x, text in (
        (0.5, f"image ({size}, {size}, 3)\nwindow ({kernel_size}, {kernel_size}, 3)"),
        (size + 4, f"one filter ({kernel_size}, {kernel_size}, 3):\n{3 * kernel_size**2} weights, one sum"),
        (left, f"{filters} filters make {filters} maps:\n({output}, {output}, {filters})"),
    ):
        ax.text(x, y, text, fontsize=10, va="top")
    ax.set_xlim(-0.3, left + output + 0.9 * filters + 1)
    ax.set_ylim(size + 2.2, -0.7 * max(filters - 2, 2) - 0.3)
    ax.set_aspect("equal")
    ax.axis("off")
    return ax


def _layer(ax: Axes, x: float, y: float, size: int, colour: str, *, window: int = 0) -> None:
    """Draw a square of cells in one colour, its upper left corner at (x, y), and a window of darker cells there."""
    for row, column in np.ndindex(size, size):
        in_window = row < window and column < window
        box = Rectangle((x + column, y + row), 1, 1, facecolor="white", edgecolor="0.35", linewidth=0.7)
        tint = Rectangle((x + column, y + row), 1, 1, color=colour, alpha=0.75 if in_window else 0.28, lw=0)
        ax.add_patch(box)
        ax.add_patch(tint)


def _blank(ax: Axes, size: int, title: str, *, limit: int | None = None) -> None:
    """Draw an empty grid of size × size cells, on axes that have room for `limit` of them."""
    for row, column in np.ndindex(size, size):
        ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor="0.95", edgecolor="0.6"))
    ax.set_xlim(-0.7, (limit or size) - 0.3)
    ax.set_ylim((limit or size) - 0.3, -0.7)
    ax.set_aspect("equal")
    ax.axis("off")
    ax.set_title(title, fontsize=10)


def _frame(ax: Axes, x: float, y: float, size: float, number: int) -> None:
    """Draw a square frame in the colour with this number, its upper left corner at the pixel (x, y)."""
    box = Rectangle(
        (x - 0.5, y - 0.5), size, size, fill=False, edgecolor=plots.COLOURS[number], linewidth=2.5
    )
    ax.add_patch(box)


def interactive(image: np.ndarray) -> Document:
    """Return `interactive.convolution(image)`: older copies of the chapters call it by this name."""
    return convolution(image)
