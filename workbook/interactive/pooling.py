"""Pooling under a moving input: which outputs change, which move along, and by how much."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from workbook import plots, reference
from workbook.arithmetic import integer
from workbook.interactive.document import Document

BODY = """<h2>Move the input</h2><div id="pooling"></div>
<p class="muted">Arrow keys on the input move its content. Arrow keys on an output, or a click, choose the output whose
window is framed in blue. Orange frames: outputs that have changed.</p>"""
MARGIN = 4  # pixels on each side that can come into view


def pooling(pictures: Mapping[str, ArrayLike], *, pool_size: int = 2, strides: int | None = None) -> Document:
    """Return an interactive picture: arrow keys move the input, and the outputs that change are framed.

    `pictures`, by name, are (H + 8, W + 8): the frame shows H × W of them, and 4 pixels on each side can move into it.
    Values are 0 or larger. Three outputs are side by side: max pooling, mean pooling, and one pixel in every window.
    `strides` defaults to `pool_size`. ValueError for a window that does not fit.
    """
    sources = {name: _source(name, picture) for name, picture in pictures.items()}
    if not sources:
        raise ValueError(f"pictures must hold at least one picture. Received: pictures={pictures!r}")
    shortest = min(min(source.shape) for source in sources.values()) - 2 * MARGIN
    if integer("pool_size", pool_size, 1) > shortest:
        raise ValueError(f"pool_size must be at most {shortest}, or no window fits. Received: {pool_size=}")
    strides = integer("strides", pool_size if strides is None else strides, 1)
    picture, alt = _static_picture(next(iter(sources.values())), pool_size, strides)
    return Document(
        title="Pooling: move the input and see which outputs change",
        body=BODY,
        scripts=("pooling",),
        styles=("pooling",),
        data={
            "pictures": {name: source.tolist() for name, source in sources.items()},
            "margin": MARGIN,
            "pool_size": pool_size,
            "strides": strides,
        },
        picture=picture,
        alt=alt,
    )


def _source(name: str, picture: ArrayLike) -> NDArray[np.float64]:
    """Return a picture as an array; ValueError for a wrong shape or wrong values."""
    source = np.asarray(picture)
    if source.ndim != 2 or min(source.shape) <= 2 * MARGIN or source.dtype.kind not in "biuf":
        raise ValueError(
            f"A picture must be (H + {2 * MARGIN}, W + {2 * MARGIN}): {MARGIN} pixels can move in from each side. "
            f"Received: {name!r} of shape {source.shape}, dtype {source.dtype}"
        )
    if not np.isfinite(source).all() or source.min() < 0:
        raise ValueError(f"A picture's values must be 0 or larger. Received: {name!r}, least {source.min()}")
    return source


def frame(source: NDArray[np.float64], down: int, right: int) -> NDArray[np.float64]:
    """Return (H, W): what the frame shows when its content has moved down and right, by -4 to 4 pixels."""
    rows, columns = (length - 2 * MARGIN for length in source.shape)
    return source[MARGIN - down :, MARGIN - right :][:rows, :columns]


def _static_picture(source: NDArray[np.float64], pool_size: int, strides: int) -> tuple[Figure, str]:
    """Draw the outputs before and after a move to the right by one pixel; return the figure and what it shows."""
    views = frame(source, 0, 0), frame(source, 0, 1)
    rows, columns = ((length - pool_size) // strides + 1 for length in views[0].shape)
    outputs = {
        "first pixel": lambda view: view[::strides, ::strides][:rows, :columns],
        "mean pooling": lambda view: reference.pool2d(view, pool_size, strides=strides, kind="mean"),
        "max pooling": lambda view: reference.pool2d(view, pool_size, strides=strides),
    }
    figure, axes = plt.subplots(2, 4, figsize=(9, 4.9), layout="constrained")
    largest, counts = float(source.max()) or 1.0, []
    for line, (view, title) in enumerate(zip(views, ("input", "moved right by 1"), strict=True)):
        plots.show_image(view, axes[line, 0], title=title, scale=(0, largest))
    for column, (name, operation) in enumerate(outputs.items(), 1):
        before, after = (operation(view) for view in views)
        places = [(int(row), int(column), 1, 1) for row, column in np.argwhere(before != after)]
        counts.append(f"{name} {len(places)} of {after.size}")
        plots.show_image(before, axes[0, column], title=name, scale=(0, largest))
        plots.show_image(
            after, axes[1, column], title=f"{len(places)} of {after.size} changed", scale=(0, largest)
        )
        plots.mark_windows(axes[1, column], places)
    moved = "An input and three smaller versions of it, before and after a move to the right by one pixel."
    return figure, f"{moved} Outputs that changed are framed: {', '.join(counts)}."
