"""Digits on paper: from a photograph of handwriting to images like MNIST's.

A photograph differs from MNIST in the light, which falls unevenly; in what is printed on the paper; in the table beside
it; and in the pen. Each of these is undone by one step, and every step is kept, so that a learner can look at it.
Lengths are in pixels of the working copy, at most `SIDE` a side.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SIDE = 384  # of the working copy
SMALL = 64  # a picture up to this size is a drawing: no camera made it
WINDOW = 0.28  # of the longer side: wider than any stroke, narrower than the changes of the light
BLANK = 0.06  # the least contrast of ink, relative to the paper
STRENGTH = 0.42  # ink is what has this share of the darkest strokes' contrast
STROKE = 2.3  # the least width of a stroke in the box of 20 x 20; MNIST's have 2 to 4
SPAN = 0.82  # a printed line crosses this share of the paper
MOST_PIECES = 80  # of ink; more are a texture
UNEVEN = (
    1.09  # the brightness of the paper where it is brightest, in terms of a darker place, for uneven light
)


@dataclass(frozen=True)
class Handwriting:
    """The digits in a picture, from left to right, and how they were found.

    `digits` are uint8 (N, 28, 28, 1), light on dark; `largest` is the number of the largest one. `steps` are the
    pictures on the way, each (height, width) in 0-1, by their names. `notes` say in a line each what made the reading
    unsure.
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
    """Return how much ink each pixel of a photograph has, 0-1 (H, W), with the steps, and notes.

    `grey` is 0-1. Raises `ValueError` if there is no writing.
    """
    grey = _shrunk(grey)
    steps = {"grey": grey}
    paper, is_dark = _paper(grey)
    even = np.clip((1 - grey if is_dark else grey) / np.maximum(paper, 0.02), 0, 1)
    steps["light evened out"] = even
    inner = (
        paper[SIDE // 20 : -SIDE // 20, SIDE // 20 : -SIDE // 20] if min(paper.shape) > SIDE // 5 else paper
    )
    notes = []
    bright, dim = np.percentile(inner, [95, 25])  # a quarter may be the table
    if bright > UNEVEN * dim:
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
    picture is neither light nor dark, the reading with less ink decides between dark on light and light on dark.
    """
    closed, opened = _closing(grey), 1 - _closing(1 - grey)
    dark, light = np.clip(closed - grey, 0, 1), np.clip(grey - opened, 0, 1)
    middle = float(np.median(grey))
    is_dark = _weight(light) > _weight(dark) if abs(middle - 0.5) < 0.2 else middle < 0.5
    return (1 - opened, True) if is_dark else (closed, False)


def _weight(ink: Floats) -> float:
    return float(np.sort(ink, axis=None)[-ink.size // 50 :].sum())


def _closing(grey: Floats) -> Floats:
    """Return the picture without anything dark that is narrower than the window, smoothed; noise does not count."""
    from PIL import Image, ImageFilter

    scale = 96 / max(grey.shape)
    size = [max(3, round(length * min(scale, 1))) for length in reversed(grey.shape)]
    whole = Image.fromarray(np.rint(255 * grey).astype(np.uint8))
    small = whole.resize((size[0], size[1]), Image.Resampling.BOX).filter(ImageFilter.MedianFilter(3))
    window = 2 * round(WINDOW * max(small.size) / 2) + 1
    margin = window
    padded = np.pad(np.asarray(small), margin, mode="edge")
    closed = Image.fromarray(255 - _largest(255 - _largest(padded, window), window))
    smooth = closed.filter(ImageFilter.GaussianBlur(window / 8)).crop(
        (margin, margin, margin + small.width, margin + small.height)
    )
    values = np.asarray(smooth, np.float32) / 255
    large = Image.fromarray(values).resize((grey.shape[1], grey.shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(large, np.float64)


def _largest(values: NDArray[np.uint8], window: int) -> NDArray[np.uint8]:
    """Return the maximum over a square window around each pixel."""
    for axis in (0, 1):
        edge = [(window // 2, window // 2) if other == axis else (0, 0) for other in (0, 1)]
        values = np.lib.stride_tricks.sliding_window_view(np.pad(values, edge), window, axis).max(axis=-1)
    return values


def _strength(ink: Floats) -> float:
    """Return the contrast of the writing: what the darkest hundredth of the inner pixels reach."""
    height, width = ink.shape
    inner = ink[height // 16 : height - height // 16, width // 16 : width - width // 16]
    values = np.sort(inner, axis=None)
    most = float(values[-max(1, values.size // 1000)])
    strong = values[values > 0.5 * most]
    return float(np.median(strong)) if strong.size else most


# ---------------------------------------------------------------- printed lines


def _printed_lines(ink: Floats, noise: float) -> tuple[Mask, int]:
    """Return where lines cross the whole paper, level or upright, up to 6 degrees aslant, and how many there are."""
    found = np.zeros(ink.shape, bool)
    most = 0
    threshold = max(0.02, 2.5 * noise)
    for turned in (False, True):
        picture = ink.T if turned else ink
        beside = np.maximum(np.roll(picture, 3, axis=0), np.roll(picture, -3, axis=0))
        rows, columns = np.nonzero(picture - beside > threshold)  # darker than above and below: thin
        mask = np.zeros(picture.shape, bool)
        for slope in np.linspace(-0.1, 0.1, 17) if len(rows) > SPAN * picture.shape[1] else ():
            shift = np.rint(slope * (np.arange(picture.shape[1]) - picture.shape[1] / 2)).astype(int)
            most = max(most, _add_lines(mask, (rows, columns), shift))
        found |= mask.T if turned else mask
    return found, most


def _add_lines(mask: Mask, places: tuple[NDArray[np.intp], NDArray[np.intp]], shift: NDArray[np.int_]) -> int:
    """Mark the lines of one slope in `mask`, and return their number.

    `places` are the rows and columns of thin dark pixels, `shift` the rows by which a line is lower in each column.
    """
    height, width = mask.shape
    rows, columns = places
    level = rows - shift[columns]
    is_inside = (level >= 0) & (level < height)
    level, columns = level[is_inside], columns[is_inside]
    end = max(1, width // 12)
    covered = np.bincount(level, minlength=height)
    left = np.bincount(level[columns < end], minlength=height)
    right = np.bincount(level[columns >= width - end], minlength=height)
    crossed = covered > SPAN * width * (1 - np.abs(shift).max() / height)
    if np.count_nonzero(np.diff(np.pad(crossed, 1).astype(np.int8)) == 1) < 3:
        crossed &= (
            np.minimum(left, right) > end / 2
        )  # one or two that end on the paper: a 1, or the bar of a 7
    if not crossed.any() or crossed.mean() > 0.4:
        return 0
    lines = np.flatnonzero(crossed)[:, None] + shift  # (lines, columns)
    fits = (lines >= 0) & (lines < height)
    mask[lines[fits], np.broadcast_to(np.arange(width), lines.shape)[fits]] = True
    return int(np.count_nonzero(np.diff(np.pad(crossed, 1).astype(np.int8)) == 1))


def _without(ink: Floats, lines: Mask) -> Floats:
    """Return the ink without printed lines: each pixel of a line becomes the mean of the nearest ink on both sides.

    Where a stroke crosses a line, ink stands on both sides and stays.
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
    """A connected piece of ink: its pixels, and its bounding box: top, left, bottom, right, ends excluded."""

    rows: NDArray[np.int_]
    columns: NDArray[np.int_]
    box: tuple[int, int, int, int]

    @property
    def area(self) -> int:
        return len(self.rows)


def pieces(mask: Mask) -> list[Piece]:
    """Return the connected pieces of a mask, pixels that touch at a corner included: runs of rows, joined."""
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
        for other in last if last_row == row - 1 else ():
            if runs[other][1] <= stop and runs[other][2] >= start:
                parents[root(other)] = root(number)
        current.append(number)
    members: dict[int, list[tuple[int, int, int]]] = {}
    for number, run in enumerate(runs):
        members.setdefault(root(number), []).append(run)
    return [_piece(group) for group in members.values()]


def _runs(mask: Mask) -> Iterator[tuple[int, int, int]]:
    """Yield row, start and stop of each run of ink."""
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
    found = [piece for piece in pieces(mask) if not _is_edge(piece, mask.shape)]
    if not found:
        raise ValueError(
            "No digit found: what is dark in the picture reaches its edge. Leave a margin of paper."
        )
    groups = _grouped(found)
    tallest = max(max(_height(group), _width(group)) for group in groups)
    most = max(sum(piece.area for piece in group) for group in groups)
    digits = [
        group
        for group in groups
        if max(_height(group), _width(group)) > 0.4 * tallest
        and sum(piece.area for piece in group) > 0.1 * most
    ]
    digits.sort(key=lambda group: min(piece.box[1] for piece in group))
    masks = []
    for group in digits:
        digit = np.zeros(mask.shape, bool)
        for piece in group:
            digit[piece.rows, piece.columns] = True
        masks.append(digit)
    return masks


def _is_edge(piece: Piece, shape: tuple[int, ...]) -> bool:
    """Return whether a piece is the table or a shadow beside the paper: it runs along the picture's edge."""
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


def _grouped(found: Sequence[Piece]) -> list[list[Piece]]:
    """Return the pieces in groups, one for each digit: a 5 may have its bar apart. Specks are dropped."""
    largest = max(piece.area for piece in found)
    groups = [[piece] for piece in found if piece.area > 0.02 * largest]
    if len(groups) > MOST_PIECES:
        raise ValueError(
            f"No digit found: the picture has {len(groups)} dark spots, which look like a pattern or noise. Photograph "
            "one digit on plain paper, from nearby."
        )
    joined = True
    while joined:
        joined = False
        for first in range(len(groups)):
            for second in range(first + 1, len(groups)):
                if _belong(groups[first], groups[second]):
                    groups[first] += groups.pop(second)
                    joined = True
                    break
            if joined:
                break
    return groups


def _box(group: Sequence[Piece]) -> tuple[int, int, int, int]:
    tops, lefts, bottoms, rights = zip(*(piece.box for piece in group), strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)


def _height(group: Sequence[Piece]) -> int:
    top, _, bottom, _ = _box(group)
    return bottom - top


def _width(group: Sequence[Piece]) -> int:
    _, left, _, right = _box(group)
    return right - left


def _belong(first: Sequence[Piece], second: Sequence[Piece]) -> bool:
    """Return whether two groups are parts of one digit: one above the other, or hardly apart."""
    tops, lefts, bottoms, rights = zip(_box(first), _box(second), strict=True)
    across = min(rights) - max(lefts)  # the columns that both have; negative: the gap
    down = min(bottoms) - max(tops)
    size = max(_height(first), _height(second), _width(first), _width(second))
    is_above = across > 0.4 * min(_width(first), _width(second)) and down > -0.2 * size
    is_near = across > -0.06 * size and down > -0.06 * size
    return is_above or is_near


def cut_out(ink: Floats, mask: Mask) -> Floats:
    """Return a digit's ink in its bounding box, thin strokes thickened so that they survive in 20 x 20 pixels."""
    from PIL import Image, ImageFilter

    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    size = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    near = np.asarray(Image.fromarray(mask).convert("L").filter(ImageFilter.MaxFilter(5))) > 0
    own = np.where(near, np.clip((ink - 0.5 * STRENGTH) / (0.9 - 0.5 * STRENGTH), 0, 1), 0)
    missing = STROKE * size / 20 - _stroke(mask)
    if missing > 0.5:
        margin = int(missing) + 2
        wide = Image.fromarray(np.pad(np.rint(255 * own).astype(np.uint8), margin))
        for _ in range(round(missing / 2)):
            wide = wide.filter(ImageFilter.MaxFilter(3))
        own = np.asarray(wide, np.float64) / 255
    rows, columns = np.flatnonzero(own.max(axis=1) > 0.3), np.flatnonzero(own.max(axis=0) > 0.3)
    return own[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _stroke(mask: Mask) -> float:
    """Return the mean width of the strokes: twice the area by the length of the outline."""
    padded = np.pad(mask, 1)
    inner = padded[1:-1, 1:-1] & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    outline = int(np.count_nonzero(mask & ~inner))
    return 2 * int(np.count_nonzero(mask)) / max(outline, 1)
