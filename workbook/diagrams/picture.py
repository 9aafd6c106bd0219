"""Draw a diagram with Matplotlib."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch, Polygon

from workbook.colours import BLUE, VERMILION
from workbook.diagrams.graph import COLOURS, Operation, operations
from workbook.diagrams.layout import SIZES, Box, Edge, Layout, layout, rows_of

Point = tuple[float, float]  # x, y
LINE = "#333333"
SKIP_LINES = (VERMILION, BLUE, "#00805d", "#a8558a", "#8a6d00", "#767676")  # of tensors that skip rows


def show(
    diagram: Sequence[Operation],
    ax: Axes | None = None,
    *,
    direction: str = "down",
    details: bool = True,
    sizes: bool = True,
    title: str = "",
) -> Axes:
    """Draw operations as labelled boxes, in rows that run "down" or "right".

    `details` says whether strides, normalisation, activation and dropout are written, `sizes` whether shapes are. A
    tensor that skips rows, such as a shortcut, has a colour of its own. Without `ax` the figure is as large as the
    diagram; in a smaller `ax` the whole diagram is reduced, letters too. ValueError as for `layout`.
    """
    placed = layout(diagram, direction=direction, details=details, sizes=sizes)
    scale = 1.0
    if ax is None:
        head = 0.3 if title else 0.0
        height = placed.height + head
        figure = plt.figure(figsize=(placed.width, height), facecolor="white")
        ax = figure.add_axes((0, 0, 1, placed.height / height))
    else:
        window = ax.get_window_extent()
        dots = ax.figure.get_dpi()
        scale = min(1.0, window.width / dots / placed.width, window.height / dots / placed.height)
    ax.set(xlim=(0, placed.width), ylim=(0, placed.height), aspect="equal")
    ax.axis("off")
    if title:
        ax.set_title(title, fontsize=10, pad=4, color="black")
    _draw_lines(ax, diagram, placed, scale)
    for operation in diagram:
        lines = operation.lines(details=details, sizes=sizes)
        _draw_box(ax, operation, placed.boxes[operation.name], lines, scale)
    return ax


def show_model(
    model: Any,
    ax: Axes | None = None,
    *,
    direction: str = "down",
    details: bool = True,
    sizes: bool = True,
    title: str = "",
) -> Axes:
    """Draw a functional Keras model: `show(operations(model))`, with the options of `show`."""
    return show(operations(model), ax, direction=direction, details=details, sizes=sizes, title=title)


def _draw_box(ax: Axes, operation: Operation, box: Box, lines: list[str], scale: float) -> None:
    """Draw a box and its lines of text, the operation itself in black."""
    fill, edge = COLOURS[operation.kind]
    style: dict[str, Any] = {"facecolor": fill, "edgecolor": edge, "linewidth": 1.2 * scale, "zorder": 4}
    middle = box.left + box.width / 2, box.bottom + box.height / 2
    if operation.kind == "add":
        ax.add_patch(Circle(middle, box.height / 2, **style))
    else:
        shape = "round,pad=0,rounding_size=0.04"
        ax.add_patch(FancyBboxPatch((box.left, box.bottom), box.width, box.height, boxstyle=shape, **style))
    step = (box.height - 0.09) / len(lines)
    for number, line in enumerate(lines):
        is_strong = line == operation.lines(details=False, sizes=False)[0]
        y = box.bottom + box.height - 0.045 - step * (number + 0.5)
        size = 13 if operation.kind == "add" else SIZES[not is_strong]
        ax.text(
            middle[0], y, line, fontsize=scale * size, ha="center", va="center_baseline",
            color="black" if is_strong else "#333333", zorder=5, gid=f"label {operation.name}",
        )  # fmt: skip


def _draw_lines(ax: Axes, diagram: Sequence[Operation], placed: Layout, scale: float) -> None:
    """Draw each tensor's lines and arrows; a white edge makes one line pass over another where they cross."""
    captions = {operation.name for operation in diagram if operation.kind == "caption"}
    tensors: dict[str, list[Edge]] = {}
    for edge in placed.edges:
        if edge.source not in captions:
            tensors.setdefault(edge.source, []).append(edge)
    row = rows_of(diagram)
    colours = _skip_colours(tensors, row, captions)
    for edges in sorted(tensors.values(), key=len, reverse=True):
        nearest = min((row[edge.target] for edge in edges), default=0)
        skips = [edge for edge in edges if row[edge.target] != nearest]
        others = [edge for edge in edges if row[edge.target] == nearest]  # drawn over what both share
        colour = colours.get(edges[0].source, LINE)
        for white in (True, False):
            for edge in (*skips, *others):
                points = np.array(edge.points)
                points[-1] += 0.06 * _direction(points)  # the tip of the arrow covers the end of the line
                drawn = "white" if white else LINE if edge in others else colour
                ax.plot(
                    *points.T, color=drawn, linewidth=scale * (4 if white else 1.4),
                    solid_joinstyle="round", solid_capstyle="butt", zorder=2,
                )  # fmt: skip
        for edge in edges:
            ax.add_patch(_arrow(edge, LINE if edge in others else colour))
        for corner in _forks(edges):
            ax.plot(
                *corner, "o", color=LINE if _is_on(corner, others) else colour, markersize=4 * scale, zorder=3
            )


def _skip_colours(
    tensors: dict[str, list[Edge]], row: Mapping[str, int], captions: set[str]
) -> dict[str, str]:
    """Return a colour for each tensor whose readers are in different rows; each caption's column begins again."""
    colours: dict[str, str] = {}
    used: Counter[str] = Counter()
    for name, edges in tensors.items():
        if len({row[edge.target] for edge in edges}) > 1:
            column = next((caption for caption in captions if name.startswith(caption)), "")
            colours[name] = SKIP_LINES[used[column] % len(SKIP_LINES)]
            used[column] += 1
    return colours


def _is_on(corner: Point, edges: Sequence[Edge]) -> bool:
    """Return whether a corner lies on the line of an edge."""
    return any(
        corner in edge.points
        or any(_passes(*line, corner, axis) for line in pairwise(edge.points) for axis in (0, 1))
        for edge in edges
    )


def _direction(points: np.ndarray) -> np.ndarray:
    """Return the unit vector from the end of a line back to the corner before."""
    back = points[-2] - points[-1]
    return back / np.hypot(*back)


def _arrow(edge: Edge, colour: str) -> Polygon:
    points = np.array(edge.points)
    back, tip = _direction(points), points[-1]
    beside = np.array([-back[1], back[0]])
    corners = [tip, tip + 0.1 * back + 0.045 * beside, tip + 0.1 * back - 0.045 * beside]
    return Polygon(
        corners, facecolor=colour, edgecolor="none", zorder=3, gid=f"arrow {edge.source} → {edge.target}"
    )


def _forks(edges: Sequence[Edge]) -> set[Point]:
    """Return the corners at which a tensor's lines part: those from which more than two directions lead."""
    ways: dict[Point, set[Point]] = {}
    for edge in edges:
        for before, corner, after in zip(edge.points, edge.points[1:], edge.points[2:], strict=False):
            for end in (before, after):
                across, along = np.sign(np.round(np.subtract(end, corner), 6))
                ways.setdefault(corner, set()).add((float(across), float(along)))
    for edge in edges:
        for start, end in pairwise(edge.points):
            for corner in ways:
                if _passes(start, end, corner, 0):
                    ways[corner] |= {(0.0, 1.0), (0.0, -1.0)}
                if _passes(start, end, corner, 1):
                    ways[corner] |= {(1.0, 0.0), (-1.0, 0.0)}
    return {corner for corner, directions in ways.items() if len(directions) > 2}


def _passes(start: Point, end: Point, corner: Point, axis: int) -> bool:
    """Return whether a line along which one coordinate (0 is x) stays the same goes on beyond a corner, both ways."""
    is_on_line = abs(start[axis] - end[axis]) < 1e-6 and abs(corner[axis] - start[axis]) < 1e-6
    low, high = sorted((start[1 - axis], end[1 - axis]))
    return is_on_line and low + 1e-6 < corner[1 - axis] < high - 1e-6
