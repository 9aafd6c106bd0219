"""The convolution stepper: a window moves over a small image, and every number can be followed."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np

from workbook import plots, reference
from workbook.interactive.document import Document
from workbook.interactive.kernels import KERNELS

BODY = """<h2>Move the window</h2>
<div id="controls" class="controls"></div>
<p id="formula" class="formula"></p><p id="advice" class="warn"></p>
<div id="walk" class="controls"></div>
<div class="panels">
<div><h3>padded image</h3><div id="input"></div></div>
<div><h3>kernel</h3><div id="kernel" class="fields"></div></div>
<div><h3>window × kernel</h3><div id="products"></div><p class="narrow">sum: <span id="sum"></span></p></div>
<div><h3 id="size">output</h3><div id="output"></div></div>
</div>
<p class="muted">Type weights of your own into the kernel. Keys on the position slider: left and right move by one
position, up and down by one row. Or point at a cell of the output or the image.</p>"""
LARGEST = 10


def convolution(image: np.ndarray, kernels: Mapping[str, np.ndarray] = KERNELS) -> Document:
    """Return an interactive stepper: the reader sets kernel, image and options, and moves the window.

    The options are stride, padding and dilation. image: square, 2×2 to 10×10. If the reader chooses another size, it is
    cropped, or its border is repeated. kernels: square, 1×1 to 5×5, by name; the first one is shown first. ValueError
    for other shapes.
    """
    image = np.asarray(image)
    if image.ndim != 2 or image.shape[0] != image.shape[1] or not 2 <= len(image) <= LARGEST:
        raise ValueError(
            f"image must be square, from 2×2 to {LARGEST}×{LARGEST}. Received: an image of shape {image.shape}"
        )
    for name, kernel in kernels.items():
        if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1] or not 1 <= len(kernel) <= 5:
            raise ValueError(
                f"kernels must be square, from 1×1 to 5×5. Received: {name!r} of shape {kernel.shape}"
            )
    name, kernel = next(iter(kernels.items()))
    return Document(
        title="Convolution, step by step",
        body=BODY,
        scripts=("convolution",),
        data={"image": image, "kernels": dict(kernels)},
        picture=_static_picture(image, kernel),
        alt=f"The image, the kernel {name} and their feature map, as numbers.",
        height=620,
    )


def _static_picture(image: np.ndarray, kernel: np.ndarray) -> plt.Figure:
    """Draw the image, the kernel and the feature map, with the first window framed."""
    figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
    plots.show_numbers(image, axes[0], title="image", window=(0, 0, *kernel.shape))
    plots.show_numbers(kernel, axes[1], title="kernel")
    plots.show_numbers(reference.conv2d(image, kernel), axes[2], title="feature map", window=(0, 0, 1, 1))
    return figure
