"""The receptive field of a stack of layers that the reader builds, on a photograph."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from workbook import plots
from workbook.accountant.fields import PIXEL, slide
from workbook.arithmetic import integer
from workbook.data.picture_files import encode_png
from workbook.interactive.document import Document

# kind, kernel_size, strides, dilation (1 if left out)
Layer = tuple[str, int, int] | tuple[str, int, int, int]

BODY = """<h2>How far a neuron sees</h2><div id="receptive-field"></div>
<p class="muted">Arrow keys on the photograph go from one neuron of the layer to the next. The field is the one below
+ (pixels that the kernel covers − 1) · product of the strides below; the step is the product of all strides. The maps
are counted without padding.</p>"""

STACKS: dict[str, list[Layer]] = {
    "conv 3, pool 2, conv 3": [("conv", 3, 1), ("pool", 2, 2), ("conv", 3, 1)],
    "three conv 3": [("conv", 3, 1)] * 3,
    "one conv 7": [("conv", 7, 1)],
    "dilated 1, 2, 4, 8": [("conv", 3, 1, 1), ("conv", 3, 1, 2), ("conv", 3, 1, 4), ("conv", 3, 1, 8)],
    "LeNet-5": [("conv", 5, 1), ("pool", 2, 2)] * 2,
    "AlexNet": [
        *[("conv", 11, 4), ("pool", 3, 2), ("conv", 5, 1), ("pool", 3, 2)],
        *[("conv", 3, 1)] * 3,
        ("pool", 3, 2),
    ],
    "VGG-16": [
        layer
        for convolutions in (2, 2, 3, 3, 3)
        for layer in (*[("conv", 3, 1)] * convolutions, ("pool", 2, 2))
    ],
}


def receptive_field(image: ArrayLike, stacks: Mapping[str, Sequence[Layer]] | None = None) -> Document:
    """Return an interactive picture: the reader adds and removes layers, and sees how far one neuron of the last sees.

    `image` is grey, (H, W), uint8. `stacks` are presets, by name; the first one is shown first. Each is a list of
    layers (kind, kernel_size, strides) or (kind, kernel_size, strides, dilation), where kind is "conv" or "pool".
    ValueError for other images and layers.
    """
    photo = np.asarray(image)
    chosen = {name: [_layer(layer) for layer in layers] for name, layers in (stacks or STACKS).items()}
    first = next(iter(chosen.values()))
    return Document(
        title="Receptive field: add layers and see how far one neuron sees",
        body=BODY,
        scripts=("receptive_field",),
        styles=("receptive_field",),
        data={"stacks": chosen, "image": encode_png(photo)},
        picture=_static_picture(photo, first),
        alt=_describe(first),
    )


def _layer(layer: Layer) -> dict[str, str | int]:
    """Return a layer as the page reads it; ValueError for an unknown kind or a number below 1."""
    kind, kernel_size, strides, *dilation = layer
    if kind not in ("conv", "pool"):
        raise ValueError(f'kind must be "conv" or "pool". Received: kind={kind!r}')
    numbers = {"kernel_size": kernel_size, "strides": strides, "dilation": dilation[0] if dilation else 1}
    return {"kind": kind, **{name: integer(name, number, 1) for name, number in numbers.items()}}


def _rows(layers: Sequence[Mapping[str, str | int]]) -> list[tuple[str, int, int]]:
    """Return for each layer its name, its receptive field and its step, in pixels along one axis."""
    axis, rows = PIXEL, []
    for layer in layers:
        kernel_size, strides, dilation = (int(layer[name]) for name in ("kernel_size", "strides", "dilation"))
        axis = slide(axis, dilation * (kernel_size - 1) + 1, strides)
        rows.append((f"{layer['kind']} {kernel_size}", axis.size, int(axis.step)))
    return rows


def _describe(layers: Sequence[Mapping[str, str | int]]) -> str:
    """Return the alternative text: the field after each layer."""
    parts = [f"{name}: {field} pixels" for name, field, _ in _rows(layers)]
    return f"A photograph with the receptive field of one neuron after each layer. {'; '.join(parts)}."


def _static_picture(photo: NDArray[np.uint8], layers: Sequence[Mapping[str, str | int]]) -> Figure:
    """Draw the photograph with the field of the last layer's middle neuron, and beside it what that neuron sees."""
    rows = _rows(layers)
    name, field, step = rows[-1] if rows else ("pixel", 1, 1)
    start = [round((length - field) / 2 / step) * step for length in photo.shape[:2]]
    top, left = (max(place, 0) for place in start)
    bottom, right = (max(place + field, 1) for place in start)
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 3), layout="constrained")
    plots.show_image(photo, axes[0], title=f"the field after {len(rows)} layers: {field} pixels")
    plots.mark_windows(axes[0], [(start[0], start[1], field, field)])
    plots.show_image(photo[top:bottom, left:right], axes[1], title=f"what a neuron of {name} sees")
    return figure
