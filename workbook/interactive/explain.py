"""A learner's own network in the page: every map of every layer, for a digit that the learner draws."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from workbook.colours import BLUE
from workbook.interactive.document import Document, encode
from workbook.interactive.network_export import export_network

if TYPE_CHECKING:
    import keras

MAX_IMAGES = 40
STATIC_LAYERS, STATIC_MAPS = 3, 25  # of the static picture
BODY = """<div class="top">{pad}
<div><h3>The input</h3><canvas id="seen" role="img" aria-label="The network's input"></canvas></div>
<div class="scores"><h3>{scores}</h3><div id="scores" role="group" aria-label="{scores}"></div></div></div>
<div><h3>Or choose an image</h3><div id="images"></div></div>
<div class="two"><div><h3>Choose a map: click it, or use the arrow keys</h3><div id="kernels"></div>
<div id="layers"></div></div>
<div id="detail"></div></div>"""
PAD = '<div><h3>Draw a digit</h3><div id="pad"></div></div>'


def explain(model: "keras.Model", images: ArrayLike, *, class_names: Sequence[str] | None = None) -> Document:
    """Return a trained classifier as an interactive picture that computes all its maps in the browser.

    images: (N, height, width, 1 or 3), 1 to 40 of them, scaled as for the model's training: 0-255, or floats 0-1. A
    model for images (28, 28, 1) gets a pad to draw digits on. class_names: one per output; their numbers if left out.

    The model is functional or Sequential, of convolutions, pooling, normalisation, activations, dense layers, additions
    and concatenations, with at most 150,000 parameters. ValueError, with the reason, for another model or other images.
    """
    network = export_network(model)
    shape = tuple(network["steps"][0]["shape"])
    pixels, unit = _as_bytes(images, shape)
    classes = _class_names(class_names, network["steps"][-1]["shape"])
    has_pad = shape == (28, 28, 1)
    is_share = network["steps"][-1].get("function") in ("softmax", "sigmoid")
    return Document(
        title=f"The network {model.name}, opened",
        body=BODY.format(pad=PAD if has_pad else "", scores="Probabilities" if is_share else "Scores"),
        scripts=("network", "digit", "sheet", "pad", "detail", "explain"),
        styles=("explain",),
        data={"network": network, "images": encode(pixels), "unit": unit, "shape": shape,
              "classes": classes, "pad": has_pad},
        picture=_static_picture(model, pixels[:1] * np.float32(unit), classes),
        alt=_describe(model),
        height=900,
    )  # fmt: skip


def _as_bytes(images: ArrayLike, shape: tuple[int, ...]) -> tuple[NDArray[np.uint8], float]:
    """Return images as bytes, and the value of one unit: 1, or 1/255 for floats from 0 to 1.

    ValueError for images that do not have the `shape`, one or three channels, or values in 0-255.
    """
    array = np.asarray(images)
    if array.shape[1:] != shape or not 1 <= len(array) <= MAX_IMAGES:
        raise ValueError(
            f"images must be 1 to {MAX_IMAGES} of the model's input shape {shape}. Received: shape {array.shape}"
        )
    if shape[-1] not in (1, 3):
        raise ValueError(f"images must be grey or RGB, with 1 or 3 channels. Received: shape {array.shape}")
    if array.dtype.kind not in "uif" or not np.isfinite(array).all() or array.min() < 0 or array.max() > 255:
        raise ValueError(
            "images must be 0-255, or floats 0-1; put other scaling into the model, as a Rescaling or Normalization "
            f"layer. Received: {array.dtype}, {array.min()} to {array.max()}"
        )
    unit = 1 / 255 if array.dtype.kind == "f" and array.max() <= 1 else 1.0
    return np.round(array / unit).astype(np.uint8), unit


def _class_names(names: Sequence[str] | None, shape: Sequence[int]) -> list[str]:
    """Return a name for each output of `shape` [1, 1, classes]; ValueError for another shape or number of names."""
    height, width, count = shape
    if height * width > 1:
        raise ValueError(
            f"model must end in one score per class. Received: output (batch, {height}, {width}, {count})"
        )
    classes = [str(name) for name in (range(count) if names is None else names)]
    if len(classes) != count:
        raise ValueError(
            f"class_names must have a name for each of {count} outputs. Received: {len(classes)}"
        )
    return classes


def _describe(model: "keras.Model") -> str:
    """Return the alternative text of the static picture."""
    layers = ", ".join(layer.name for layer in _map_layers(model)[:STATIC_LAYERS])
    maps = f"the first maps of {layers}, and " if layers else ""
    return f"An image, {maps}the scores that the network {model.name} gives it."


def _map_layers(model: "keras.Model") -> list[Any]:
    """Return the layers whose maps the static picture shows: the last of consecutive layers with maps of one shape."""
    chosen: list[Any] = []
    last = tuple(model.inputs[0].shape)
    for layer in model.layers[1:]:
        shape = tuple(layer.output.shape) if len(layer._inbound_nodes) == 1 else ()
        if len(shape) != 4 or shape == tuple(model.inputs[0].shape):
            continue
        chosen = [*(chosen[:-1] if shape == last else chosen), layer]
        last = shape
    return chosen


def _static_picture(model: "keras.Model", images: NDArray[Any], classes: Sequence[str]) -> Figure:
    """Draw the first of the images (N, H, W, C), the first maps of up to three layers, and the scores."""
    import keras

    layers = _map_layers(model)[:STATIC_LAYERS]
    truncated = keras.Model(model.inputs[0], [layer.output for layer in layers] + model.outputs)
    outputs = truncated(images, training=False)
    tensors = outputs if isinstance(outputs, list) else [outputs]  # Keras unpacks a list of one
    arrays = [np.asarray(keras.ops.convert_to_numpy(tensor))[0] for tensor in tensors]
    figure = plt.figure(figsize=(3.4 + 1.9 * len(layers), 2.6), layout="constrained")
    columns = figure.subplots(1, 2 + len(layers), width_ratios=(1, *[1.6 for _ in layers], 0.9))
    shown = images[0] / max(float(images.max()), 1e-9)
    columns[0].imshow(shown if shown.shape[-1] == 3 else shown[..., 0], cmap="gray")
    columns[0].set_title("input", fontsize=9)
    for ax, layer, maps in zip(columns[1:-1], layers, arrays[:-1], strict=True):
        _draw_maps(ax, maps, layer.name)
    for ax in columns[:-1]:
        ax.set(xticks=[], yticks=[])
    _draw_scores(columns[-1], arrays[-1], classes)
    return figure


def _draw_scores(ax: Any, scores: NDArray[Any], classes: Sequence[str]) -> None:
    """Draw the scores (classes,) as bars, the largest in blue."""
    best = int(scores.argmax())
    colours = [BLUE if number == best else "0.6" for number in range(len(scores))]
    ax.barh(range(len(scores)), scores, color=colours)
    ax.set_yticks(range(len(scores)), classes, fontsize=7)
    ax.tick_params(axis="x", labelsize=7)
    ax.invert_yaxis()
    ax.set_title("scores", fontsize=9)


def _draw_maps(ax: Any, maps: NDArray[Any], name: str) -> None:
    """Draw the first maps (H, W, channels) of a layer, five in a row, on one scale."""
    largest = max(float(np.abs(maps).max()), 1e-9)
    signed = bool(maps.min() < 0)
    picture = mosaic(maps[..., :STATIC_MAPS], 5)
    low = -largest if signed else 0
    ax.imshow(picture, cmap="PuOr_r" if signed else "gray", vmin=low, vmax=largest, interpolation="nearest")
    ax.set_title(f"{name}, {'×'.join(map(str, maps.shape))}", fontsize=9)
    ax.set_frame_on(False)


def mosaic(maps: NDArray[Any], columns: int) -> NDArray[np.float64]:
    """Return maps (H, W, channels) as the tiles of one picture, at most `columns` in a row, NaN in the gaps between."""
    height, width, count = maps.shape
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    picture = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for number in range(count):
        top, left = number // columns * (height + 1), number % columns * (width + 1)
        picture[top : top + height, left : left + width] = maps[..., number]
    return picture
