"""From annotations to training targets, and from a network's outputs back to boxes, masks and points.

The grid of centres has a cell per 4 × 4 pixels, the grid of landmarks one per 2 × 2. The index of a cell is the pixel
coordinate divided by the cell's side, rounded down. Pixel (0, 0) covers (0, 0) to (1, 1); boxes use the same
coordinates.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from workbook.calls import note_call
from workbook.vision_tasks.metrics import Detection, box_iou

CELL, FINE = 4, 2
CENTRE_SPREAD, LANDMARK_SPREAD = 0.7, 1.0  # cells: widths of the heat-maps' Gaussians
TYPICAL = 16.0  # pixels, the unit in which heights and widths are learned


def bump(grid: int, centre: np.ndarray, spread: float) -> np.ndarray:
    """Return a Gaussian (grid, grid) around `centre` (row, column), 1 at the top, `spread` cells wide."""
    rows, columns = (np.exp(-((np.arange(grid) - middle) ** 2) / (2 * spread**2)) for middle in centre)
    return np.outer(rows, columns)


def centre_targets(
    boxes: list[np.ndarray], labels: list[np.ndarray], *, size: int = 48, classes: int = 10
) -> tuple[np.ndarray, np.ndarray]:
    """Return the centre heat-maps (N, g, g, classes) and the box targets (N, g, g, 5), with g = size / 4.

    A heat-map is 1 in the cell of a centre and decreases around it. The box targets of that cell are the position of
    the centre in the cell (−.5 to .5, y and x), height and width in units of 16 pixels, and 1; all others are 0.
    """
    grid = size // CELL
    heat = np.zeros((len(boxes), grid, grid, classes), np.float32)
    regression = np.zeros((len(boxes), grid, grid, 5), np.float32)
    for number, (scene_boxes, scene_labels) in enumerate(zip(boxes, labels, strict=True)):
        for box, label in zip(scene_boxes, scene_labels, strict=True):
            centre = (box[:2] + box[2:]) / 2 / CELL
            cell = centre.astype(int)
            row, column = cell
            hill = bump(grid, cell, CENTRE_SPREAD)
            heat[number, :, :, label] = np.maximum(heat[number, :, :, label], hill)
            regression[number, row, column] = [*(centre - cell - 0.5), *((box[2:] - box[:2]) / TYPICAL), 1]
    return heat, regression


def local_maxima(heat: np.ndarray) -> np.ndarray:
    """Return where a map (H, W) or (H, W, classes) is at least as high as its eight neighbours: bool, same shape."""
    edge = [(1, 1), (1, 1)] + [(0, 0)] * (heat.ndim - 2)
    windows = sliding_window_view(np.pad(heat, edge, constant_values=-np.inf), (3, 3), axis=(0, 1))
    return heat >= windows.max(axis=(-2, -1))


def suppress(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> np.ndarray:
    """Return the indices of the boxes that non-maximum suppression keeps, in order of decreasing score.

    Go through the boxes (n, 4) in this order; keep a box unless its IoU with a kept box is above `threshold`.
    """
    note_call("vision_tasks.targets.suppress")
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if not kept or box_iou(boxes[[index]], boxes[kept]).max() <= threshold:
            kept.append(int(index))
    return np.array(kept, int)


def decode_boxes(
    heat: np.ndarray, regression: np.ndarray, *, least: float = 0.05, overlap: float = 0.4
) -> Detection:
    """Return the boxes, labels and scores in one picture's heat-maps (g, g, classes) and box outputs (g, g, 4).

    Local maxima of at least `least` are centres. Boxes that overlap one of a higher score by more than `overlap` are
    suppressed, whatever their class: digits in scenes never overlap that much, and a digit has only one class.
    """
    rows, columns, labels = np.nonzero(local_maxima(heat) & (heat >= least))
    scores = heat[rows, columns, labels]
    boxes = boxes_at(rows, columns, regression)
    kept = suppress(boxes, scores, overlap)
    return Detection(boxes[kept], labels[kept], scores[kept])


def boxes_at(rows: np.ndarray, columns: np.ndarray, regression: np.ndarray) -> np.ndarray:
    """Return the boxes (n, 4) that the box outputs (g, g, 4) give at n cells."""
    outputs = regression[rows, columns]  # (n, 4)
    centres = (np.stack([rows, columns], axis=1) + 0.5 + outputs[:, :2]) * CELL
    half = outputs[:, 2:] * TYPICAL / 2
    return np.concatenate([centres - half, centres + half], axis=1)


# Instances --------------------------------------------------------------------------------------------------


def offset_targets(instance_maps: np.ndarray, boxes: list[np.ndarray]) -> np.ndarray:
    """Return the offset from each fine cell to the centre of its instance: (N, size / 2, size / 2, 3).

    The values are y and x in units of 16 pixels, and 1; all are 0 for a cell of the background.
    """
    sampled = instance_maps[:, FINE // 2 :: FINE, FINE // 2 :: FINE]  # one pixel of each cell
    targets = np.zeros((*sampled.shape, 3), np.float32)
    for number, scene_boxes in enumerate(boxes):
        for instance, box in enumerate(scene_boxes, 1):
            cells = np.argwhere(sampled[number] == instance)
            offsets = (box[:2] + box[2:]) / 2 - FINE * (cells + 0.5)
            targets[number, cells[:, 0], cells[:, 1]] = np.c_[offsets / TYPICAL, np.ones(len(cells))]
    return targets


def decode_masks(
    heat: np.ndarray, offsets: np.ndarray, ink: np.ndarray, *, least: float = 0.05, apart: float = 5.0
) -> Detection:
    """Return the masks, labels and scores in one picture's outputs.

    Centres are local maxima of the best class of `heat` (g, g, classes), at least `apart` pixels from each centre of a
    higher score. Each pixel with `ink` (H, W) above .5 follows `offsets` (H / 2, W / 2, 2) to the nearest centre.
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
    """Return the indices of the centres at least `apart` pixels from all kept ones, in order of decreasing score."""
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if all(np.hypot(*(centres[index] - centres[kept_index])) >= apart for kept_index in kept):
            kept.append(int(index))
    return np.array(kept, int)


# Landmarks --------------------------------------------------------------------------------------------------


def landmark_targets(points: np.ndarray, *, size: int = 48) -> np.ndarray:
    """Return a heat-map with the sum 1 for each of the `points` (N, points, 2): (N, g·g, points), g = size / 2."""
    grid = size // FINE
    targets = np.empty((len(points), grid * grid, points.shape[1]), np.float32)
    for number, landmarks in enumerate(points):
        bumps = [bump(grid, point / FINE - 0.5, LANDMARK_SPREAD).ravel() for point in landmarks]
        targets[number] = np.stack([heat / heat.sum() for heat in bumps], axis=1)
    return targets


def decode_landmarks(heat: np.ndarray, *, reach: int = 2) -> np.ndarray:
    """Return the points (N, points, 2) of heat-maps (N, g·g, points): the centre of mass around each map's peak."""
    grid = round(heat.shape[1] ** 0.5)
    maps = np.swapaxes(heat, 1, 2).reshape(len(heat), -1, grid, grid)
    highest = maps.reshape(*maps.shape[:2], -1).argmax(axis=2)  # (N, points)
    peaks = np.stack(np.unravel_index(highest, (grid, grid)), axis=-1)  # (N, points, 2)
    rows, columns = np.ogrid[:grid, :grid]
    near = (abs(rows - peaks[..., :1, None]) <= reach) & (abs(columns - peaks[..., 1:, None]) <= reach)
    mass = maps * near
    total = mass.sum(axis=(2, 3))
    means = [(mass * (axis + 0.5)).sum(axis=(2, 3)) / total for axis in (rows, columns)]
    return FINE * np.stack(means, axis=-1)
