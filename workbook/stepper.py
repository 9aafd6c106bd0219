"""Slide a kernel over an image, step by step: a pure function and pictures that stand still."""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

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
    plots.show_numbers(step.padded, axes[0], title="input (with its padding)", window=step.window)
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


def interactive(image: np.ndarray) -> Document:
    """Return `interactive.convolution(image)`: notebooks of the first edition call it by this name."""
    return convolution(image)
