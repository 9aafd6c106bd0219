"""What a convolution costs: ordinary, grouped, separable and 1×1 side by side."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from workbook import plots
from workbook.arithmetic import conv_parameters, integer, separable_parameters
from workbook.interactive.document import Document

LIMITS = {"kernel_size": 11, "in_channels": 1024, "filters": 1024, "size": 224, "groups": 1024}

# Presets: kernel_size, in_channels, filters, size (of the output) and groups.
LAYERS = {
    "AlexNet's second, in 2 groups": (5, 96, 256, 27, 2),
    "VGG-16's second": (3, 64, 64, 224, 4),
    "ResNet's 3×3, last stage": (3, 512, 512, 7, 32),
    "a single filter": (3, 64, 1, 28, 1),
    "groups that do not divide": (5, 96, 256, 27, 5),
}


def cost(
    *, kernel_size: int = 3, in_channels: int = 64, filters: int = 128, size: int = 28, groups: int = 4
) -> Document:
    """Return an interactive picture: sliders for a layer, and the weights and MACs of four ways to build it.

    `size` is the height and the width of the output. Biases are not counted. `groups` need not divide the channels:
    the picture then says why there is no such layer. ValueError for numbers below 1 or above `LIMITS`.
    """
    layer = {"kernel_size": kernel_size, "in_channels": in_channels, "filters": filters, "size": size}
    layer["groups"] = groups
    for name, number in layer.items():
        if integer(name, number, 1) > LIMITS[name]:
            raise ValueError(f"{name} must be at most {LIMITS[name]}. Received: {name}={number}")
    presets = {f"{kernel_size}×{kernel_size}, {in_channels} → {filters}": layer}
    presets |= {name: dict(zip(layer, numbers, strict=True)) for name, numbers in LAYERS.items()}
    weights = _weights(kernel_size, in_channels, filters, groups)
    parts = [f"{name} {count:,}" for name, count in weights.items()]
    return Document(
        title="Cost: four ways to build a convolution",
        body='<h2>Four ways to build a layer</h2><div id="cost"></div>',
        scripts=("cost",),
        styles=("cost",),
        data={"layer": layer, "limits": LIMITS, "presets": presets},
        picture=_static_picture(weights, size),
        alt=f"Bars with the weights of a layer. {'; '.join(parts)}.",
    )


def _weights(kernel_size: int, in_channels: int, filters: int, groups: int) -> dict[str, int]:
    """Return the weights of each kind of layer, without the grouped one if `groups` does not divide the channels."""
    weights = {"ordinary": conv_parameters(kernel_size, in_channels, filters, bias=False)}
    if in_channels % groups == 0 and filters % groups == 0:
        grouped = conv_parameters(kernel_size, in_channels, filters, groups=groups, bias=False)
        weights[f"{groups} groups"] = grouped
    weights["separable"] = separable_parameters(kernel_size, in_channels, filters, bias=False)
    weights["1×1"] = conv_parameters(1, in_channels, filters, bias=False)
    return weights


def _static_picture(weights: dict[str, int], size: int) -> Figure:
    """Draw the weights as bars; the MACs of each are its weights times the pixels of the output."""
    figure, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
    title = f"weights; MACs are {size} · {size} times as many"
    plots.show_bars({name: float(count) for name, count in weights.items()}, ax, title=title, form="{:,.0f}")
    return figure
