"""From annotations to what a network learns, and from its outputs back to boxes, masks and points.

The grid of centres has a cell for every 4 × 4 pixels, the grid of landmarks one for every 2 × 2. A cell's number
is the pixel coordinate divided by the side, rounded down. Pixel (0, 0) covers (0, 0) to (1, 1), as boxes do.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from workbook.vision_tasks.metrics import Detection, box_iou

CELL, FINE = 4, 2
TYPICAL = 16.0  # pixels: heights and widths are learned in units of it


def bump(grid: int, centre: np.ndarray, spread: float) -> np.ndarray:
    """Give a round hill (grid, grid) around `centre` (row, column), 1 on top, `spread` cells wide."""
    rows, columns = (np.exp(-((np.arange(grid) - one) ** 2) / (2 * spread**2)) for one in centre)
    return np.outer(rows, columns)


def centre_targets(
    boxes: list[np.ndarray],
    labels: list[np.ndarray],
    *,
    size: int = 48,
    classes: int = 10,
    spread: float = 0.7,
) -> tuple[np.ndarray, np.ndarray]:
    """Give the centre heat-maps (N, g, g, classes) and the box targets (N, g, g, 5), with g = size / 4.

    A heat-map is 1 in the cell that holds a centre and falls off around it. The box targets of that cell are where in
    the cell the centre lies (−.5 to .5, y and x), height and width in units of 16 pixels, and 1; elsewhere all are 0.
    """
    grid = size // CELL
    heat = np.zeros((len(boxes), grid, grid, classes), np.float32)
    regression = np.zeros((len(boxes), grid, grid, 5), np.float32)
    for number, (some, names) in enumerate(zip(boxes, labels, strict=True)):
        for box, label in zip(some, names, strict=True):
            centre = (box[:2] + box[2:]) / 2 / CELL
            row, column = cell = centre.astype(int)
            hill = bump(grid, cell, spread)
            heat[number, :, :, label] = np.maximum(heat[number, :, :, label], hill)
            regression[number, row, column] = [*(centre - cell - 0.5), *((box[2:] - box[:2]) / TYPICAL), 1]
    return heat, regression


def local_maxima(heat: np.ndarray) -> np.ndarray:
    """Say where a map (H, W) or (H, W, classes) is at least as high as its eight neighbours: bool, same shape."""
    edge = [(1, 1), (1, 1)] + [(0, 0)] * (heat.ndim - 2)
    windows = sliding_window_view(np.pad(heat, edge, constant_values=-np.inf), (3, 3), axis=(0, 1))
    return heat >= windows.max(axis=(-2, -1))


def suppress(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> np.ndarray:
    """Non-maximum suppression: give the numbers of the boxes that are kept, the surest first.

    Go through the boxes (n, 4) from the highest score down; keep one unless it overlaps a kept one by an IoU above
    `threshold`.
    """
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if not kept or box_iou(boxes[[index]], boxes[kept]).max() <= threshold:
            kept.append(int(index))
    return np.array(kept, int)


def decode_boxes(
    heat: np.ndarray, regression: np.ndarray, *, least: float = 0.05, overlap: float = 0.4
) -> Detection:
    """Turn one picture's heat-maps (g, g, classes) and box outputs (g, g, 4) into boxes, labels and scores.

    Local maxima of at least `least` are centres. Boxes that overlap a surer one by more than `overlap` are suppressed,
    of whatever class: our digits never cover each other so far, and two names for one digit are one too many.
    """
    rows, columns, labels = np.nonzero(local_maxima(heat) & (heat >= least))
    scores = heat[rows, columns, labels]
    numbers = regression[rows, columns]  # (n, 4)
    centres = (np.stack([rows, columns], axis=1) + 0.5 + numbers[:, :2]) * CELL
    half = numbers[:, 2:] * TYPICAL / 2
    boxes = np.concatenate([centres - half, centres + half], axis=1)
    kept = suppress(boxes, scores, overlap)
    return Detection(boxes[kept], labels[kept], scores[kept])


# Instances --------------------------------------------------------------------------------------------------


def offset_targets(instance_maps: np.ndarray, boxes: list[np.ndarray]) -> np.ndarray:
    """Give for each fine cell how far away its instance's centre is: (N, size / 2, size / 2, 3).

    y and x in units of 16 pixels, and 1 where the cell belongs to an instance; elsewhere all are 0.
    """
    sampled = instance_maps[:, FINE // 2 :: FINE, FINE // 2 :: FINE]  # one pixel of each cell
    targets = np.zeros((*sampled.shape, 3), np.float32)
    for number, some in enumerate(boxes):
        for index, box in enumerate(some, 1):
            where = np.argwhere(sampled[number] == index)
            away = (box[:2] + box[2:]) / 2 - FINE * (where + 0.5)
            targets[number, where[:, 0], where[:, 1]] = np.c_[away / TYPICAL, np.ones(len(where))]
    return targets


def decode_masks(
    heat: np.ndarray, offsets: np.ndarray, ink: np.ndarray, *, least: float = 0.05, apart: float = 5.0
) -> Detection:
    """Turn one picture's outputs into masks, labels and scores.

    `heat` (g, g, classes) gives centres: local maxima of the highest class, at least `apart` pixels from a surer one.
    Each pixel whose `ink` (H, W) is above .5 follows `offsets` (H / 2, W / 2, 2) and joins the nearest centre.
    """
    best = heat.max(axis=2)
    rows, columns = np.nonzero(local_maxima(best) & (best >= least))
    scores = best[rows, columns]
    centres = CELL * (np.stack([rows, columns], axis=1) + 0.5)
    order = _spaced(centres, scores, apart)
    centres, labels, scores = centres[order], heat[rows, columns].argmax(axis=1)[order], scores[order]
    pixels = np.argwhere(ink > 0.5)
    ends = pixels + 0.5 + TYPICAL * offsets[pixels[:, 0] // FINE, pixels[:, 1] // FINE]
    distances = np.linalg.norm(ends[:, None] - centres[None], axis=2)  # (pixels, centres)
    masks = np.zeros((len(centres), *ink.shape), bool)
    if len(centres):
        masks[distances.argmin(axis=1), pixels[:, 0], pixels[:, 1]] = True
    return Detection(masks, labels, scores)


def _spaced(centres: np.ndarray, scores: np.ndarray, apart: float) -> np.ndarray:
    """Give the numbers of the centres that are `apart` pixels or more from every surer one, the surest first."""
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if all(np.hypot(*(centres[index] - centres[other])) >= apart for other in kept):
            kept.append(int(index))
    return np.array(kept, int)


# Landmarks --------------------------------------------------------------------------------------------------


def landmark_targets(points: np.ndarray, *, size: int = 48, spread: float = 1.0) -> np.ndarray:
    """Give a heat-map for each of the `points` (N, points, 2) that adds up to 1: (N, g·g, points), g = size / 2."""
    grid = size // FINE
    heat = np.stack([[bump(grid, point / FINE - 0.5, spread) for point in one] for one in points])
    heat = heat.reshape(*points.shape[:2], -1)
    return np.swapaxes(heat / heat.sum(axis=2, keepdims=True), 1, 2).astype(np.float32)


def decode_landmarks(heat: np.ndarray, *, reach: int = 2) -> np.ndarray:
    """Turn heat-maps (N, g·g, points) into points (N, points, 2): the centre of mass around each map's peak."""
    grid = round(heat.shape[1] ** 0.5)
    maps = np.swapaxes(heat, 1, 2).reshape(len(heat), -1, grid, grid)
    peaks = np.stack(
        np.unravel_index(maps.reshape(*maps.shape[:2], -1).argmax(axis=2), (grid, grid)), axis=-1
    )
    rows, columns = np.ogrid[:grid, :grid]
    near = (abs(rows - peaks[..., :1, None]) <= reach) & (abs(columns - peaks[..., 1:, None]) <= reach)
    mass = maps * near
    total = mass.sum(axis=(2, 3))
    means = [(mass * (axis + 0.5)).sum(axis=(2, 3)) / total for axis in (rows, columns)]
    return FINE * np.stack(means, axis=-1)
