"""The kernel editor: nine weights on a photograph, and what their sum does to its brightness."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from workbook import plots, reference
from workbook.data.picture_files import encode_png
from workbook.interactive.document import Document
from workbook.interactive.kernels import PRESETS

BODY = """<h2>Edit the kernel</h2>
<div id="controls" class="controls"></div>
<div class="panels">
<div><h3>kernel</h3><div id="kernel" class="fields three"></div>
<div id="divisor" class="controls"></div><div id="buttons" class="controls narrow"></div></div>
<div><h3>photograph</h3><canvas id="photo" role="img" aria-label="the photograph"></canvas></div>
<div><h3>result</h3><canvas id="result" role="img" aria-label="the result"></canvas>
<p id="scale" class="muted side"></p></div>
</div>
<p id="sum" class="formula"></p><p id="brightness" class="muted"></p>"""
FIRST = "sharpen"  # the preset that is shown first
SIDE = 224  # pixels of the longer side, at most: few enough to store, enough to see what a kernel does


def kernel_editor(photographs: Mapping[str, np.ndarray]) -> Document:
    """Return an interactive editor: nine weights, and a photograph before and after the kernel.

    photographs: by name, grey (H, W) or colour (H, W, 3), uint8. They are shown in grey, reduced to at most 224 pixels
    per side. ValueError for no photograph, or for other types and shapes.
    """
    if not photographs:
        raise ValueError(f"photographs must not be empty. Received: photographs={photographs!r}")
    small = {name: shrink(image, SIDE) for name, image in photographs.items()}
    photo = next(iter(small.values()))
    return Document(
        title="Nine weights on a photograph",
        body=BODY,
        scripts=("photo_filter", "kernel_editor"),
        data={
            "photographs": {name: encode_png(image) for name, image in small.items()},
            "presets": {name: [weights, divisor] for name, (weights, divisor) in PRESETS.items()},
            "first": FIRST,
        },
        picture=_static_picture(photo, FIRST),
        alt=f"A photograph, the nine weights of the kernel {FIRST}, and the photograph after it.",
        height=520,
        styles=("kernel_editor",),
    )


def shrink(image: np.ndarray, side: int) -> np.ndarray:
    """Return a photograph in grey, uint8, reduced by an integer factor so that no side is longer than `side` pixels.

    Each pixel is the mean of a square of the photograph's pixels. ValueError for other types or shapes.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        raise ValueError(
            f"image must be uint8 of shape (H, W) or (H, W, 3). Received: {image.dtype}, shape {image.shape}"
        )
    grey = image if image.ndim == 2 else image.mean(axis=-1)
    factor = -(-max(grey.shape) // side)
    height, width = (length // factor for length in grey.shape)
    squares = grey[: height * factor, : width * factor].reshape(height, factor, width, factor)
    return squares.mean(axis=(1, 3)).round().astype(np.uint8)


def _static_picture(photo: np.ndarray, name: str) -> Figure:
    """Draw the photograph, the preset's weights and the filtered photograph."""
    weights, divisor = PRESETS[name]
    figure, axes = plt.subplots(1, 3, figsize=(8, 2.8), layout="constrained")
    plots.show_image(photo, axes[0], title="photograph")
    plots.show_numbers(weights, axes[1], title=name if divisor == 1 else f"{name}, all divided by {divisor}")
    result = reference.conv2d(photo / 255, weights / divisor)
    plots.show_image(result, axes[2], title="result", scale=(-1, 1) if weights.sum() == 0 else (0, 1))
    return figure
