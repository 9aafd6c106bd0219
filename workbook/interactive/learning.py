"""A kernel that learns: a recorded gradient descent, played back."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from workbook import plots
from workbook.data.picture_files import encode_png
from workbook.interactive.document import Document
from workbook.interactive.kernel_editor import shrink

BODY = """<h2>Watch the kernel learn</h2>
<div id="walk" class="controls"></div>
<p id="words" class="formula"></p>
<div class="panels">
<div><h3>kernel now</h3><div id="kernel"></div>
<h3 class="below">wanted</h3><div id="target"></div></div>
<div><h3>loss, step by step</h3><div id="loss"></div></div>
<div id="seen"><h3>its map of a photograph</h3>
<canvas id="map" role="img" aria-label="the map that this kernel makes of the photograph"></canvas></div>
</div>"""
MOST_STEPS = 120
SIDE = 128


def learning(
    kernels: ArrayLike, losses: ArrayLike, target: ArrayLike, *, photograph: np.ndarray | None = None
) -> Document:
    """Return a recorded descent to play back: the kernel at every step, beside the loss.

    kernels: (steps, 3, 3), the random start first, 2 to 121 of them. losses: (steps,), positive. target: (3, 3), the
    kernel that made the data. photograph: (H, W) or (H, W, 3), uint8, to which each kernel is applied, reduced to at
    most 128 pixels per side. ValueError for other shapes.
    """
    recorded, losses, target = np.asarray(kernels, float), np.asarray(losses, float), np.asarray(target)
    if recorded.ndim != 3 or recorded.shape[1:] != (3, 3) or target.shape != (3, 3):
        raise ValueError(
            "kernels must be (steps, 3, 3) and target (3, 3). "
            f"Received: shapes {recorded.shape} and {target.shape}"
        )
    if losses.shape != recorded.shape[:1] or not 2 <= len(losses) <= MOST_STEPS + 1:
        raise ValueError(
            f"losses must have one value for each of 2 to {MOST_STEPS + 1} kernels. "
            f"Received: {losses.size} losses, {len(recorded)} kernels"
        )
    return Document(
        title="A kernel that learns",
        body=BODY,
        scripts=("photo_filter", "learning"),
        data={
            "kernels": recorded.round(3),
            "losses": [float(f"{loss:.4g}") for loss in losses],
            "target": target,
            "photograph": None if photograph is None else encode_png(shrink(photograph, SIDE)),
        },
        picture=_static_picture(recorded, losses),
        alt="The kernel at four steps, from random numbers to the wanted ones, and the loss, which falls.",
        height=480,
        styles=("learning",),
    )


def _static_picture(kernels: np.ndarray, losses: np.ndarray) -> Figure:
    """Draw the kernel at four of its steps, and the curve of the loss."""
    figure, axes = plt.subplots(1, 5, figsize=(10, 2.3), layout="constrained")
    largest = float(np.abs(kernels).max())
    last = len(kernels) - 1
    for ax, step in zip(axes[:4], (0, last // 20, last // 5, last), strict=True):
        plots.show_numbers(kernels[step].round(2) + 0.0, ax, title=f"step {step}", scale=(-largest, largest))
    axes[4].semilogy(losses, color=plots.COLOURS[0])
    axes[4].set_title("loss", fontsize=10)
    axes[4].set_xlabel("step")
    return figure
