"""Digits on paper: from a photograph of handwriting to images like MNIST's.

A photograph differs from MNIST's images: the light is uneven, lines are printed on the paper, the table is beside it,
and each pen has its own strength and width. One step corrects each of these, and every step's result is kept, so that a
learner can look at it. Lengths are in pixels of the working copy, whose longer side has at most `SIDE`.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SIDE = 384  # of the working copy
SMALL = 64  # a picture whose longer side is at most this is a drawing, not a photograph
WINDOW = 0.28  # share of the longer side: wider than any stroke, narrower than the changes of the light
BLANK = 0.06  # the least contrast of ink, relative to the paper
STRENGTH = 0.42  # a pixel is ink from this share of the darkest strokes' contrast
STROKE = 2.3  # the least width of a stroke in the box of 20×20; MNIST's have 2 to 4
SPAN = 0.82  # a printed line crosses more than this share of the picture
MOST_PIECES = 80  # pieces of ink; more are a pattern or noise
UNEVEN = 1.09  # from this ratio of the paper's brightness, bright to dim, the light is called uneven


@dataclass(frozen=True)
class Handwriting:
    """The digits in a picture, from left to right, and how they were found.

    `digits` are uint8 (N, 28, 28, 1), light on dark; `largest` is the index of the largest one. `steps` are the results
    of the steps, by name, each (height, width) in 0-1. `notes` are the reasons why the reading may be wrong.
    """

    digits: NDArray[np.uint8]
    largest: int
    steps: dict[str, Floats]
    notes: tuple[str, ...]

    @property
    def digit(self) -> NDArray[np.uint8]:
        """The largest digit, uint8 (28, 28, 1)."""
        return self.digits[self.largest]


def find_ink(grey: Floats) -> tuple[Floats, dict[str, Floats], list[str]]:
    """Return how much ink each pixel of a photograph has, 0-1 (H, W), with the results of the steps, and notes.

    `grey` is 0-1 (height, width); the results have the size of the working copy. Raises `ValueError` if there is no
    writing.
    """
    grey = _shrunk(grey)
    paper, is_dark = _paper(grey)
    even = np.clip((1 - grey if is_dark else grey) / np.maximum(paper, 0.02), 0, 1)
    steps = {"grey": grey, "light evened out": even}
    notes = []
    if _is_uneven(paper):
        notes.append("uneven light: the paper is not equally bright everywhere")
    ink = 1 - even
    noise = 1.5 * float(np.median(np.abs(ink - np.median(ink))))
    ink = np.clip(ink - np.median(ink), 0, 1)
    lines, count = _printed_lines(ink, noise)
    if count > 1:  # a single one may be the paper's edge
        notes.append("printed lines were taken out")
    if lines.any():
        ink = _without(ink, lines)
    strongest = _strength(ink)
    if strongest < max(BLANK, 7 * noise):
        raise ValueError(
            f"No digit found: the picture is blank. Draw or photograph one digit, dark on light. Received: "
            f"contrast={strongest:.2f} of 1"
        )
    ink = np.clip(ink / strongest, 0, 1)
    steps["ink"] = ink
    return ink, steps, notes


def _is_uneven(paper: Floats) -> bool:
    """Return whether the paper is clearly brighter in some places; the outermost pixels do not count."""
    margin = SIDE // 20
    inner = paper[margin:-margin, margin:-margin] if min(paper.shape) > SIDE // 5 else paper
    bright, dim = np.percentile(inner, [95, 25])  # a quarter may be the table
    return bool(bright > UNEVEN * dim)


def _shrunk(grey: Floats) -> Floats:
    """Return the picture with its longer side at most `SIDE`, each pixel the mean of those that it replaces."""
    from PIL import Image

    scale = SIDE / max(grey.shape)
    if scale >= 1:
        return grey
    size = [max(2, round(length * scale)) for length in reversed(grey.shape)]
    small = Image.fromarray(grey.astype(np.float32)).resize((size[0], size[1]), Image.Resampling.BOX)
    return np.asarray(small, np.float64)


def _paper(grey: Floats) -> tuple[Floats, bool]:
    """Return the brightness of the paper at each pixel, and whether the picture is light on dark.

    The paper is the picture after a closing: the maximum over a window wider than a stroke, then the minimum. Where the
    picture is neither light nor dark, it is dark on light or light on dark, whichever has more ink.
    """
    closed, opened = _closing(grey), 1 - _closing(1 - grey)
    dark, light = np.clip(closed - grey, 0, 1), np.clip(grey - opened, 0, 1)
    middle = float(np.median(grey))
    is_dark = _weight(light) > _weight(dark) if abs(middle - 0.5) < 0.2 else middle < 0.5
    return (1 - opened, True) if is_dark else (closed, False)


def _weight(ink: Floats) -> float:
    """Return the sum of the strongest fiftieth of the ink."""
    return float(np.sort(ink, axis=None)[-ink.size // 50 :].sum())


def _closing(grey: Floats) -> Floats:
    """Return the picture without noise and without dark parts that are narrower than the window, smoothed."""
    from PIL import Image, ImageFilter

    scale = 96 / max(grey.shape)
    size = [max(3, round(length * min(scale, 1))) for length in reversed(grey.shape)]
    full = Image.fromarray(np.rint(255 * grey).astype(np.uint8))
    small = full.resize((size[0], size[1]), Image.Resampling.BOX).filter(ImageFilter.MedianFilter(3))
    window = 2 * round(WINDOW * max(small.size) / 2) + 1
    margin = window
    padded = np.pad(np.asarray(small), margin, mode="edge")
    closed = Image.fromarray(255 - _window_maximum(255 - _window_maximum(padded, window), window))
    smooth = closed.filter(ImageFilter.GaussianBlur(window / 8)).crop(
        (margin, margin, margin + small.width, margin + small.height)
    )
    values = np.asarray(smooth, np.float32) / 255
    large = Image.fromarray(values).resize((grey.shape[1], grey.shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(large, np.float64)


def _window_maximum(values: NDArray[np.uint8], window: int) -> NDArray[np.uint8]:
    """Return the maximum over a square window around each pixel."""
    for axis in (0, 1):
        padding = [(0, 0), (0, 0)]
        padding[axis] = (window // 2, window // 2)
        values = np.lib.stride_tricks.sliding_window_view(np.pad(values, padding), window, axis).max(axis=-1)
    return values


def _strength(ink: Floats) -> float:
    """Return the contrast of the writing: the median of the inner pixels with at least half of the most ink."""
    height, width = ink.shape
    inner = ink[height // 16 : height - height // 16, width // 16 : width - width // 16]
    values = np.sort(inner, axis=None)
    most = float(values[-max(1, values.size // 1000)])
    strong = values[values > 0.5 * most]
    return float(np.median(strong)) if strong.size else most


# ---------------------------------------------------------------- printed lines


def _printed_lines(ink: Floats, noise: float) -> tuple[Mask, int]:
    """Return where lines cross the whole paper, and the largest number of them at one angle.

    The lines are horizontal or vertical, up to 6 degrees aslant. `noise` is the spread of the paper's grey values.
    """
    lines = np.zeros(ink.shape, bool)
    most = 0
    threshold = max(0.02, 2.5 * noise)
    for is_vertical in (False, True):
        picture = ink.T if is_vertical else ink
        for slope in np.linspace(-0.1, 0.1, 17):
            shift = np.rint(slope * (np.arange(picture.shape[1]) - picture.shape[1] / 2)).astype(int)
            level, count = _level_lines(picture, shift, threshold)
            lines |= level.T if is_vertical else level
            most = max(most, count)
    return lines, most


def _level_lines(ink: Floats, shift: NDArray[np.int_], threshold: float) -> tuple[Mask, int]:
    """Return where the lines are that are level after each column has been moved by `shift`, and their number."""
    height, width = ink.shape
    rows = (np.arange(height)[:, None] + shift) % height
    inside = (np.arange(height)[:, None] + shift >= 0) & (np.arange(height)[:, None] + shift < height)
    level = np.take_along_axis(ink, rows, axis=0) * inside
    above, below = np.roll(level, 3, axis=0), np.roll(level, -3, axis=0)
    ridge = level - np.minimum(above, below) > threshold  # darker than its surroundings, and thin
    crossed = ridge.mean(axis=1) > SPAN * np.maximum(inside.mean(axis=1), 0.5)
    end = max(1, width // 12)
    to_edges = np.minimum(ridge[:, :end].mean(axis=1), ridge[:, -end:].mean(axis=1)) > 0.5
    if _count_runs(crossed) < 3:
        crossed &= to_edges  # one or two lines that end on the paper may be a 1, or the bar of a 7
    lines = np.zeros((height, width), bool)
    if crossed.any() and crossed.mean() < 0.4:
        columns = np.broadcast_to(np.arange(width), (int(crossed.sum()), width))
        lines[rows[crossed], columns] = inside[crossed]
    return lines, _count_runs(crossed)


def _count_runs(crossed: Mask) -> int:
    """Return the number of runs of neighbouring rows that are True."""
    return int(np.count_nonzero(np.diff(np.pad(crossed, 1).astype(np.int8)) == 1))


def _without(ink: Floats, lines: Mask) -> Floats:
    """Return the ink without printed lines. A pixel of a line has the ink that is on both sides of the line.

    So a stroke that crosses a line is kept, and so is ink that is much darker than the line.
    """
    from PIL import Image, ImageFilter

    wide = np.asarray(Image.fromarray(lines).convert("L").filter(ImageFilter.MaxFilter(3))) > 0
    typical = float(np.median(ink[lines]))
    kept = np.where(wide, 0, ink)
    across = [
        np.minimum(np.roll(kept, step, axis), np.roll(kept, -step, axis))
        for axis in (0, 1)
        for step in (2, 3)
    ]
    crossing = np.maximum.reduce(across)
    darker = np.where(ink > 1.6 * typical + 0.05, ink, 0)  # writing on a line is darker than the line
    return np.where(wide, np.maximum(crossing, darker), ink)


# ---------------------------------------------------------------- strokes and digits


@dataclass(frozen=True)
class Piece:
    """A connected piece of ink: its pixels, and its bounding box, (top, left, bottom, right), ends excluded."""

    rows: NDArray[np.int_]
    columns: NDArray[np.int_]
    box: tuple[int, int, int, int]

    @property
    def area(self) -> int:
        """The number of pixels."""
        return len(self.rows)


def pieces(mask: Mask) -> list[Piece]:
    """Return the connected pieces of a mask (H, W): runs of pixels in rows, joined where they touch, corners too."""
    runs = list(_runs(mask))
    parents = list(range(len(runs)))

    def root(number: int) -> int:
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    last_row, current_row = -2, -2
    last: list[int] = []
    current: list[int] = []
    for number, (row, start, stop) in enumerate(runs):
        if row != current_row:
            last_row, last, current_row, current = current_row, current, row, []
        for above in last if last_row == row - 1 else ():
            if runs[above][1] <= stop and runs[above][2] >= start:
                parents[root(above)] = root(number)
        current.append(number)
    members: dict[int, list[tuple[int, int, int]]] = {}
    for number, run in enumerate(runs):
        members.setdefault(root(number), []).append(run)
    return [_piece(group) for group in members.values()]


def _runs(mask: Mask) -> Iterator[tuple[int, int, int]]:
    """Yield row, start and stop of each run of ink, row by row."""
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, stops = np.nonzero(edges == -1)
    yield from zip(rows.tolist(), starts.tolist(), stops.tolist(), strict=True)


def _piece(runs: Sequence[tuple[int, int, int]]) -> Piece:
    rows = np.concatenate([np.full(stop - start, row) for row, start, stop in runs])
    columns = np.concatenate([np.arange(start, stop) for _, start, stop in runs])
    return Piece(
        rows, columns, (int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)
    )


def find_digits(ink: Floats) -> list[Mask]:
    """Return a mask for each digit in the ink, from left to right. Raises `ValueError` if there is none."""
    mask = ink > STRENGTH
    inner = [piece for piece in pieces(mask) if not _is_edge(piece, mask.shape)]
    if not inner:
        raise ValueError(
            "No digit found: what is dark in the picture reaches its edge. Leave a margin of paper."
        )
    groups = _grouped(inner)
    longest = max(_length(group) for group in groups)
    most = max(_area(group) for group in groups)
    digits = [group for group in groups if _length(group) > 0.4 * longest and _area(group) > 0.1 * most]
    digits.sort(key=lambda group: min(piece.box[1] for piece in group))
    masks = []
    for group in digits:
        digit = np.zeros(mask.shape, bool)
        for piece in group:
            digit[piece.rows, piece.columns] = True
        masks.append(digit)
    return masks


def _is_edge(piece: Piece, shape: tuple[int, ...]) -> bool:
    """Return whether a piece is the table or a shadow: it runs along the edge of a picture of this shape."""
    top, left, bottom, right = piece.box
    along = [
        np.count_nonzero(piece.rows == 0) / shape[1],
        np.count_nonzero(piece.rows == shape[0] - 1) / shape[1],
        np.count_nonzero(piece.columns == 0) / shape[0],
        np.count_nonzero(piece.columns == shape[1] - 1) / shape[0],
    ]
    touches = top == 0 or left == 0 or bottom == shape[0] or right == shape[1]
    return bool(max(along) > 0.25) or (
        touches and (bottom - top > 0.9 * shape[0] or right - left > 0.9 * shape[1])
    )


def _grouped(inner: Sequence[Piece]) -> list[list[Piece]]:
    """Return the pieces in groups, one for each digit: a 5 may have its bar apart. Specks are dropped."""
    largest = max(piece.area for piece in inner)
    groups = [[piece] for piece in inner if piece.area > 0.02 * largest]
    if len(groups) > MOST_PIECES:
        raise ValueError(
            f"No digit found: the picture has {len(groups)} dark spots, which look like a pattern or noise. Photograph "
            "one digit on plain paper, from nearby."
        )
    while (pair := _first_pair(groups)) is not None:
        first, second = pair
        groups[first] += groups.pop(second)
    return groups


def _first_pair(groups: Sequence[Sequence[Piece]]) -> tuple[int, int] | None:
    """Return the indices of the first two groups that are parts of one digit; None if there are none."""
    pairs = itertools.combinations(range(len(groups)), 2)
    return next((pair for pair in pairs if _belong(groups[pair[0]], groups[pair[1]])), None)


def _box(group: Sequence[Piece]) -> tuple[int, int, int, int]:
    tops, lefts, bottoms, rights = zip(*(piece.box for piece in group), strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)


def _height(group: Sequence[Piece]) -> int:
    top, _, bottom, _ = _box(group)
    return bottom - top


def _width(group: Sequence[Piece]) -> int:
    _, left, _, right = _box(group)
    return right - left


def _length(group: Sequence[Piece]) -> int:
    return max(_height(group), _width(group))


def _area(group: Sequence[Piece]) -> int:
    return sum(piece.area for piece in group)


def _belong(first: Sequence[Piece], second: Sequence[Piece]) -> bool:
    """Return whether two groups are parts of one digit: one above the other, or hardly apart."""
    tops, lefts, bottoms, rights = zip(_box(first), _box(second), strict=True)
    across = min(rights) - max(lefts)  # the columns that both have; negative: the gap
    down = min(bottoms) - max(tops)
    size = max(_length(first), _length(second))
    is_above = across > 0.4 * min(_width(first), _width(second)) and down > -0.2 * size
    is_near = across > -0.06 * size and down > -0.06 * size
    return is_above or is_near


def cut_out(ink: Floats, mask: Mask) -> Floats:
    """Return a digit's ink in its bounding box, thin strokes thickened so that they do not vanish in 20×20 pixels."""
    from PIL import Image, ImageFilter

    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    size = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    near = np.asarray(Image.fromarray(mask).convert("L").filter(ImageFilter.MaxFilter(5))) > 0
    own = np.where(near, np.clip((ink - 0.5 * STRENGTH) / (0.9 - 0.5 * STRENGTH), 0, 1), 0)
    missing = STROKE * size / 20 - _stroke(mask)
    if missing > 0.5:
        margin = int(missing) + 2
        thick = Image.fromarray(np.pad(np.rint(255 * own).astype(np.uint8), margin))
        for _ in range(round(missing / 2)):
            thick = thick.filter(ImageFilter.MaxFilter(3))
        own = np.asarray(thick, np.float64) / 255
    rows, columns = np.flatnonzero(own.max(axis=1) > 0.3), np.flatnonzero(own.max(axis=0) > 0.3)
    return own[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _stroke(mask: Mask) -> float:
    """Return the mean width of the strokes: twice the area, divided by the length of the outline."""
    padded = np.pad(mask, 1)
    inner = padded[1:-1, 1:-1] & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    outline = int(np.count_nonzero(mask & ~inner))
    return 2 * int(np.count_nonzero(mask)) / max(outline, 1)
