"""Pictures of arrays: NumPy in, Matplotlib axes out.

Every function takes arrays and an optional `ax`, draws, and returns the axes. None of them trains,
computes a result or shows a figure. Colours are those of `workbook.colours`, which colour-blind readers can tell
apart, and the import makes them Matplotlib's own; the scale of an image is explicit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from workbook.colours import PALETTE

COLOURS = PALETTE
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=PALETTE)  # Matplotlib's own orange has 2.5:1 on white
Scale = tuple[float, float]


def _axes(ax: Axes | None, figsize: tuple[float, float]) -> Axes:
    return plt.subplots(figsize=figsize, layout="constrained")[1] if ax is None else ax


def _scale(image: np.ndarray) -> Scale:
    """Return the natural scale: 0 to 255 for bytes, 0 to 1 if all values fit; else symmetric about 0, or from 0."""
    if image.dtype == np.uint8:
        return 0.0, 255.0
    if image.size and image.min() >= 0 and image.max() <= 1:
        return 0.0, 1.0
    largest = float(np.abs(image).max()) if image.size else 1.0
    return (-largest, largest) if image.min() < 0 else (0.0, largest)


def show_image(
    image: np.ndarray,
    ax: Axes | None = None,
    *,
    title: str = "",
    scale: Scale | None = None,
    bar: bool = False,
) -> Axes:
    """Draw an image (H, W), (H, W, 1) or (H, W, 3). Signed values get a diverging colour map, white at zero."""
    ax = _axes(ax, (3, 3))
    image = np.asarray(image)
    image = image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image
    low, high = _scale(image) if scale is None else scale
    if image.ndim == 3:
        drawn = ax.imshow(np.clip((image.astype(float) - low) / (high - low), 0, 1))
    else:
        drawn = ax.imshow(image, cmap="PuOr_r" if low < 0 else "gray", vmin=low, vmax=high)
    if bar and image.ndim == 2:
        ax.figure.colorbar(drawn, ax=ax, shrink=0.8)
    ax.set_title(title, fontsize=10)
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


def show_images(
    images: Sequence[np.ndarray] | np.ndarray,
    titles: Sequence[str] = (),
    *,
    columns: int = 5,
    scale: Scale | list[Scale | None] | None = None,
    size: float = 1.6,
) -> np.ndarray:
    """Draw images side by side, `columns` per row; return the array of axes (rows, columns).

    `scale` is one (low, high) for all images, or a list with one for each; None means the natural scale.
    """
    scales: list[Any] = scale if isinstance(scale, list) else [scale] * len(images)
    count = len(images)
    columns = min(columns, count)
    rows = -(-count // columns)
    figsize = (size * columns, (size + 0.25) * rows)
    _, axes = plt.subplots(rows, columns, figsize=figsize, squeeze=False, layout="constrained")
    for index, ax in enumerate(axes.flat):
        if index < count:
            show_image(
                images[index], ax, title=titles[index] if index < len(titles) else "", scale=scales[index]
            )
        else:
            ax.axis("off")
    return axes


def show_numbers(
    array: np.ndarray,
    ax: Axes | None = None,
    *,
    title: str = "",
    window: tuple[int, int, int, int] | None = None,
    scale: Scale | None = None,
) -> Axes:
    """Draw a small matrix as a grid with its numbers; frame `window` = (row, column, height, width).

    NaN means "not computed yet" and is left blank.
    """
    array = np.asarray(array)
    ax = _axes(ax, (0.5 * array.shape[1] + 0.4, 0.5 * array.shape[0] + 0.6))
    values = array[~np.isnan(array)] if np.issubdtype(array.dtype, np.floating) else array
    low, high = scale or _scale(values if values.size else np.zeros(1))
    if low < 0:  # pale colours, so that the numbers stay readable
        ax.imshow(array, cmap="PuOr_r", vmin=1.7 * low, vmax=1.7 * high)
    else:
        ax.imshow(array, cmap="gray", vmin=low - 2.5 * (high - low or 1), vmax=high)
    for (row, column), number in np.ndenumerate(array):
        if not np.isnan(number):
            ax.text(column, row, f"{number:g}", ha="center", va="center", fontsize=9, color="black")
    if window is not None:
        row, column, height, width = window
        box = Rectangle(
            (column - 0.5, row - 0.5), width, height, fill=False, edgecolor=COLOURS[1], linewidth=3
        )
        ax.add_patch(box)
    _grid(ax, array.shape)
    ax.set_title(title, fontsize=10)
    return ax


def _grid(ax: Axes, shape: tuple[int, ...]) -> None:
    ax.set_xticks(np.arange(-0.5, shape[1]), [])
    ax.set_yticks(np.arange(-0.5, shape[0]), [])
    ax.grid(color="0.5", linewidth=0.8)
    ax.tick_params(length=0)


def show_curves(
    curves: Mapping[str, Sequence[float]],
    ax: Axes | None = None,
    *,
    title: str = "",
    xlabel: str = "epoch",
    ylabel: str = "",
    start: int = 1,
) -> Axes:
    """Draw one line for each named sequence, against 1, 2, 3 ... (or from `start`)."""
    ax = _axes(ax, (5, 3))
    for index, (name, values) in enumerate(curves.items()):
        style = "-" if index < len(COLOURS) else "--"
        steps = np.arange(start, start + len(values))
        marker = "o" if len(values) <= 30 else None
        ax.plot(
            steps, values, style, color=COLOURS[index % len(COLOURS)], label=name, marker=marker, markersize=3
        )
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
    return ax


def show_bars(
    values: Mapping[str, float],
    ax: Axes | None = None,
    *,
    title: str = "",
    xlabel: str = "",
    log: bool = False,
    form: str = "{:,.0f}",
) -> Axes:
    """Draw one horizontal bar for each named value, with the value written beside it."""
    ax = _axes(ax, (5.5, 0.45 * len(values) + 0.9))
    names = list(values)[::-1]
    bars = ax.barh(names, [values[name] for name in names], color=COLOURS[0])
    ax.bar_label(bars, [form.format(values[name]) for name in names], padding=3, fontsize=8)
    ax.set(title=title, xlabel=xlabel)
    if log:
        ax.set_xscale("log")
    else:
        ax.xaxis.set_major_locator(MaxNLocator(3))
    ax.margins(x=0.3)
    return ax


def show_confusion(
    matrix: np.ndarray, names: Sequence[str], ax: Axes | None = None, *, title: str = ""
) -> Axes:
    """Draw a confusion matrix (true class in rows, prediction in columns); the diagonal is left pale."""
    ax = _axes(ax, (0.42 * len(names) + 1, 0.42 * len(names) + 1))
    errors = np.array(matrix, dtype=float)
    np.fill_diagonal(errors, 0)
    ax.imshow(errors, cmap="Oranges", vmin=0, vmax=max(1.0, 1.6 * errors.max()))
    for (row, column), count in np.ndenumerate(np.asarray(matrix)):
        if count:
            ax.text(column, row, f"{int(count)}", ha="center", va="center", fontsize=8, color="black")
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    ax.set(title=title, xlabel="predicted class", ylabel="true class")
    return ax


def show_pixels(image: np.ndarray, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw a small grey image (H, W), 0 to 255, as bright as it is, with each pixel's number written on it."""
    image = np.asarray(image)
    ax = _axes(ax, (0.42 * image.shape[1] + 0.3, 0.42 * image.shape[0] + 0.6))
    show_image(image, ax, title=title, scale=(0, 255))
    for (row, column), number in np.ndenumerate(image):
        colour = "black" if number > 117 else "white"  # at least 4.5:1
        ax.text(column, row, f"{number:g}", ha="center", va="center", fontsize=7, color=colour)
    return ax


def mark_windows(ax: Axes, windows: Sequence[tuple[int, int, int, int]], *, colour: str = COLOURS[1]) -> Axes:
    """Frame windows (row, column, height, width) on an image that is already drawn."""
    for row, column, height, width in windows:
        box = Rectangle((column - 0.5, row - 0.5), width, height, fill=False, edgecolor=colour, linewidth=2)
        ax.add_patch(box)
    return ax


def show_cone(
    layers: Sequence[tuple[int, int]],
    size: int,
    ax: Axes | None = None,
    *,
    names: Sequence[str] = (),
    title: str = "",
) -> Axes:
    """Draw a row of neurons for each layer above `size` pixels, and colour what the top middle neuron sees.

    `layers` are (kernel_size, strides), lowest first; each neuron is drawn above the middle of its window.
    """
    ax = _axes(ax, (6, 0.9 * len(layers) + 1))
    centres = [np.arange(size, dtype=float)]
    for width, strides in layers:
        starts = range(0, len(centres[-1]) - width + 1, strides)
        centres.append(np.array([centres[-1][start : start + width].mean() for start in starts]))
    seen = {len(centres[-1]) // 2}
    for level in range(len(layers), -1, -1):
        ax.scatter(centres[level], np.full(len(centres[level]), level), s=22, color="0.55", zorder=2)
        chosen = sorted(seen)
        ax.scatter(centres[level][chosen], np.full(len(chosen), level), s=45, color=COLOURS[1], zorder=3)
        if level:
            width, strides = layers[level - 1]
            links = [(above, above * strides + step) for above in chosen for step in range(width)]
            for above, below in links:
                ends = centres[level][above], centres[level - 1][below]
                ax.plot(ends, (level, level - 1), color=COLOURS[1], alpha=0.4, linewidth=1)
            seen = {below for _, below in links}
    labels = [*names, *[""] * (len(layers) + 1 - len(names))]
    ax.set_yticks(range(len(layers) + 1), labels)
    ax.set(title=title, xlabel="pixel", ylim=(-0.4, len(layers) + 0.4))
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def show_connections(
    groups: np.ndarray, ax: Axes | None = None, *, kernel_size: int = 3, largest: int = 3, title: str = ""
) -> Axes:
    """Draw which filter (columns) reads which input channel (rows): one small square per weight.

    `groups` (in_channels, filters) is 0 where there is no connection; any other number chooses the colour.
    Kernels of all sizes up to `largest` are drawn to one scale, so that the coloured area counts weights.
    """
    groups = np.asarray(groups)
    ax = _axes(ax, (0.4 * groups.shape[1] + 0.8, 0.4 * groups.shape[0] + 0.9))
    weight = 0.88 / largest  # the width of one weight's square
    for channel, index in np.argwhere(groups):
        colour = COLOURS[(groups[channel, index] - 1) % len(COLOURS)]
        for row, column in np.ndindex(kernel_size, kernel_size):
            left, top = (place - (kernel_size / 2 - 0.08) * weight for place in (index, channel))
            corner = left + weight * column, top + weight * row
            ax.add_patch(Rectangle(corner, 0.84 * weight, 0.84 * weight, color=colour, linewidth=0))
    ax.set(xlim=(-0.5, groups.shape[1] - 0.5), ylim=(groups.shape[0] - 0.5, -0.5), aspect="equal")
    _grid(ax, groups.shape)
    ax.set_title(title, fontsize=10)
    ax.set(xlabel="filter", ylabel="input channel")
    return ax


def show_architecture(
    blocks: Sequence[Mapping[str, Any]], ax: Axes | None = None, *, labels: int = 40, title: str = ""
) -> Axes:
    """Draw layers as blocks from left to right: a block is as wide as its channels, its area is its MACs.

    A block is a mapping with name, kind, channels, macs and inputs (the numbers of the blocks that it reads).
    Branches are drawn above each other; a block without MACs, where branches join, is a dot. Names are
    written if at most `labels` blocks have MACs.
    """
    working = [block for block in blocks if block["macs"]]
    kinds = list(dict.fromkeys(block["kind"] for block in working))
    boxes, columns = _place_blocks(blocks)
    tallest = max(height for *_, height in boxes)
    ax = _axes(ax, (max(5.0, min(0.5 * columns + 2, 14)), 3.6))
    for block, (x, y, width, height) in zip(blocks, boxes, strict=True):
        for number in block["inputs"]:
            left, bottom, source_width, source_height = boxes[number]
            start = left + source_width, bottom + source_height / 2
            line = _line_between(start, (x, y + height / 2), boxes)
            ax.plot(*zip(*line, strict=True), color="0.46", linewidth=0.8, zorder=1)
        if not block["macs"]:
            ax.scatter(x, y, s=8, color="0.4", zorder=2)
            continue
        colour = COLOURS[kinds.index(block["kind"]) % len(COLOURS)]
        ax.add_patch(Rectangle((x, y), width, height, facecolor=colour, edgecolor=colour, zorder=2))
        if len(working) <= labels:
            name, top = block["name"].split("/")[-1], y + height + 0.02 * tallest
            rotation = 90 if abs(y + height / 2) < 1e-6 * tallest else 0  # horizontal above branches
            ax.text(
                x + width / 2, top, name, fontsize=6, rotation=rotation, ha="center", va="bottom", zorder=3
            )
    handles = [Rectangle((0, 0), 1, 1, color=COLOURS[i % len(COLOURS)]) for i in range(len(kinds))]
    ax.legend(handles, kinds, fontsize=7, loc="upper right")
    ax.set(title=title, xlabel="width: channels · area: MACs", yticks=[])
    ax.set_ylim(
        min(box[1] for box in boxes) - 0.1 * tallest, max(box[1] + box[3] for box in boxes) + 0.5 * tallest
    )
    ax.spines[["top", "right", "left"]].set_visible(False)
    return ax


def _line_between(
    start: tuple[float, float], end: tuple[float, float], boxes: Sequence[tuple[float, ...]]
) -> list[tuple[float, float]]:
    """Return the corners of a line between two blocks: straight, or over the blocks that stand between."""
    between = [box for box in boxes if start[0] < box[0] + box[2] / 2 < end[0] and box[2] > 0]
    steps = np.linspace(start, end, 100)[1:-1]  # (98, 2)
    if not any(((steps > box[:2]) & (steps < np.add(box[:2], box[2:]))).all(axis=1).any() for box in between):
        return [start, end]
    above = max(box[1] + box[3] for box in between) + 0.08 * max(box[3] for box in boxes)
    first, last = min(box[0] for box in between), max(box[0] + box[2] for box in between)
    return [start, ((start[0] + first) / 2, above), ((last + end[0]) / 2, above), end]


def _place_blocks(blocks: Sequence[Mapping[str, Any]]) -> tuple[list[tuple[float, ...]], int]:
    """Return (left, bottom, width, height) of each block, columns centred on 0, and the number of columns."""
    depths: list[int] = []
    for block in blocks:
        depths.append(1 + max((depths[number] for number in block["inputs"]), default=-1))
    columns = [[i for i, depth in enumerate(depths) if depth == level] for level in range(max(depths) + 1)]
    widths = np.array([block["channels"] if block["macs"] else 0 for block in blocks], float)
    heights = np.array([block["macs"] / block["channels"] for block in blocks], float)
    gaps = 0.5 * sum(widths[column].max() for column in columns) / len(columns), 0.15 * heights.max()
    boxes, left = np.zeros((len(blocks), 4)), 0.0
    for column in columns:
        widest, top = widths[column].max(), (heights[column].sum() + gaps[1] * (len(column) - 1)) / 2
        for i in column:
            top -= heights[i]
            boxes[i] = left + (widest - widths[i]) / 2, top, widths[i], heights[i]
            top -= gaps[1]
        left += widest + gaps[0]
    return [tuple(box) for box in boxes.tolist()], len(columns)


def show_branches(branches: Sequence[Sequence[str]], ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw branches side by side, each a chain of named layers, from their input to where they join.

    `workbook.diagrams` draws more; older copies of chapter 07 call this.
    """
    longest = max(map(len, branches))
    ax = _axes(ax, (1.5 * longest + 2, 0.55 * len(branches) + 0.5))
    middle = (len(branches) - 1) / 2
    ends = (-0.8, middle), (longest - 0.2, middle)
    for row, branch in enumerate(branches):
        gap = (longest - len(branch)) / 2
        places = [(gap + column, row) for column in range(len(branch))]
        edges = (gap - 0.4, row), (gap + len(branch) - 0.6, row)
        ax.plot(*zip(ends[0], *edges, ends[1], strict=True), color="0.5", linewidth=1, zorder=1)
        for (x, y), name in zip(places, branch, strict=True):
            box = Rectangle((x - 0.4, y - 0.3), 0.8, 0.6, facecolor="white", edgecolor=COLOURS[0], zorder=2)
            ax.add_patch(box)
            ax.text(x, y, name, ha="center", va="center", fontsize=8, color="black", zorder=3)
    ax.scatter([x for x, _ in ends], [y for _, y in ends], s=30, color="0.4", zorder=3)
    ax.set(title=title, xlim=(-1, longest), ylim=(len(branches) - 0.5, -0.5))
    ax.axis("off")
    return ax
