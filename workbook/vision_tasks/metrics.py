"""Measures of the vision tasks, in NumPy, written to be read.

Boxes are (y0, x0, y1, x1) in pixels, y1 and x1 past the end. Average precision follows COCO's evaluation (Lin et al.
2014; the 101 recalls of pycocotools) at one threshold and for objects of all sizes.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

RECALLS = np.linspace(0, 1, 101)


class Detection(NamedTuple):
    """What a detector says of one picture: `shapes` boxes (n, 4) or masks (n, H, W), `labels` (n,), `scores` (n,)."""

    shapes: np.ndarray
    labels: np.ndarray
    scores: np.ndarray


class Truth(NamedTuple):
    """What is in one picture: `shapes` boxes (n, 4) or masks (n, H, W), `labels` (n,)."""

    shapes: np.ndarray
    labels: np.ndarray


def top_k_accuracy(scores: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Give the share of rows of `scores` (n, classes) whose true class is among the k highest."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.mean((best == labels[:, None]).any(axis=1)))


# Overlap ----------------------------------------------------------------------------------------------------


def box_iou(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Give the intersection over union of each box (n, 4) with each other one (m, 4): (n, m), 0 to 1."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=2)  # (n, m)
    areas, other_areas = ((one[:, 2:] - one[:, :2]).prod(axis=1) for one in (boxes, others))
    return common / (areas[:, None] + other_areas[None, :] - common)


def mask_iou(masks: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Give the intersection over union of each mask (n, H, W) with each other one (m, H, W): (n, m), 0 to 1."""
    pixels = int(np.prod(masks.shape[1:]))
    one, other = (some.reshape(len(some), pixels).astype(np.float32) for some in (masks, others))
    common = one @ other.T
    union = one.sum(axis=1)[:, None] + other.sum(axis=1)[None, :] - common
    return common / np.maximum(union, 1)


# Segmentation -----------------------------------------------------------------------------------------------


def confusion(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Count the pixels of each true class (row) that were given each class (column): (classes, classes)."""
    pairs = classes * true.astype(int).ravel() + predicted.astype(int).ravel()
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def class_iou(matrix: np.ndarray) -> np.ndarray:
    """Give each class's IoU from a confusion matrix; NaN for a class that neither occurs nor is predicted."""
    common = np.diag(matrix).astype(float)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - common
    return np.divide(common, union, out=np.full(len(matrix), np.nan), where=union > 0)


def mean_iou(matrix: np.ndarray) -> float:
    """Give the mean IoU over the classes that occur or are predicted."""
    return float(np.nanmean(class_iou(matrix)))


# Detection and instance segmentation ------------------------------------------------------------------------


def average_precision(hits: np.ndarray, truths: int) -> float:
    """Give the average precision of ranked detections.

    `hits` (n,) says of each detection, the surest first, whether it found an object that was not found before;
    `truths` > 0 counts the objects. For 101 recalls from 0 to 1 take the best precision at that recall or beyond, 0
    where it is never reached; average them.
    """
    found = np.cumsum(hits)
    precision, recall = found / np.arange(1, len(found) + 1), found / truths
    envelope = np.maximum.accumulate(precision[::-1])[::-1]  # the best from here on
    places = np.searchsorted(recall, RECALLS)
    return float(np.append(envelope, 0.0)[places].mean())


def match(overlaps: np.ndarray, threshold: float) -> np.ndarray:
    """Say which detections are hits, from `overlaps` (detections, objects), the surest detection first.

    Each takes, of the objects not taken yet, the one that it overlaps most, if by `threshold` or more.
    """
    free = np.ones(overlaps.shape[1], bool)
    hits = np.zeros(len(overlaps), bool)
    for row, overlap in enumerate(overlaps):
        open_ones = np.where(free, overlap, -1.0)
        if free.any() and open_ones.max() >= threshold:
            hits[row] = True
            free[open_ones.argmax()] = False
    return hits


def mean_average_precision(
    found: Sequence[Detection], truth: Sequence[Truth], *, threshold: float = 0.5, classes: int = 10
) -> float:
    """Give the mean, over the classes that occur, of the average precision at an IoU of `threshold`.

    Shapes are boxes or masks, of the same kind in both. Detections are matched picture by picture, then ranked
    together.
    """
    values = [class_precision(found, truth, label, threshold) for label in range(classes)]
    return float(np.nanmean(values))


def class_precision(
    found: Sequence[Detection], truth: Sequence[Truth], label: int, threshold: float
) -> float:
    """Give one class's average precision; NaN where no picture holds the class."""
    hits, scores, objects = [], [], 0
    for one, real in zip(found, truth, strict=True):
        order = np.argsort(-one.scores[one.labels == label], kind="stable")
        shapes = one.shapes[one.labels == label][order]
        wanted = real.shapes[real.labels == label]
        overlaps = (box_iou if wanted.ndim == 2 else mask_iou)(shapes, wanted)
        hits.append(match(overlaps, threshold))
        scores.append(one.scores[one.labels == label][order])
        objects += len(wanted)
    if not objects:
        return float("nan")
    ranks = np.argsort(-np.concatenate(scores), kind="stable")
    return average_precision(np.concatenate(hits)[ranks], objects)


def multi_label_precision(scores: np.ndarray, present: np.ndarray) -> float:
    """Give the mean over the labels of the average precision of pictures ranked by their score.

    `scores` (n, labels), `present` (n, labels) bool; labels that no picture has are left out.
    """
    ranks = np.argsort(-scores, axis=0, kind="stable")
    hits = np.take_along_axis(present, ranks, axis=0)
    values = [average_precision(column, int(column.sum())) for column in hits.T if column.any()]
    return float(np.mean(values))


# Keypoints --------------------------------------------------------------------------------------------------


def pck(predicted: np.ndarray, true: np.ndarray, *, share: float = 0.1) -> float:
    """Give the share of points (N, points, 2) that lie within `share` of the object's size of where they belong.

    The size is the longer side of the box around an object's true points: each object has its own.
    """
    size = (true.max(axis=1) - true.min(axis=1)).max(axis=1)  # (N,)
    distance = np.linalg.norm(predicted - true, axis=2)  # (N, points)
    return float(np.mean(distance <= share * size[:, None]))
