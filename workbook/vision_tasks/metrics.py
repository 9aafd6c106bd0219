"""Metrics of the vision tasks in NumPy, written to be read.

Boxes are (y0, x0, y1, x1) in pixels, y1 and x1 past the end. Average precision follows COCO's evaluation (Lin et al.
2014; the 101 recalls of pycocotools) at one threshold and for objects of all sizes.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from workbook.calls import note_call

RECALLS = np.linspace(0, 1, 101)


class Detection(NamedTuple):
    """What a detector finds in one picture: `shapes` boxes (n, 4) or masks (n, H, W), `labels` (n,), `scores` (n,)."""

    shapes: np.ndarray
    labels: np.ndarray
    scores: np.ndarray


class Truth(NamedTuple):
    """What is in one picture: `shapes` boxes (n, 4) or masks (n, H, W), `labels` (n,)."""

    shapes: np.ndarray
    labels: np.ndarray


def top_k_accuracy(scores: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Return the share of rows of `scores` (n, classes) whose true class is among the k best."""
    note_call("vision_tasks.metrics.top_k_accuracy")
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.mean((best == labels[:, None]).any(axis=1)))


# Overlap ----------------------------------------------------------------------------------------------------


def box_iou(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the intersection over union of each of `boxes` (n, 4) with each of `others` (m, 4): (n, m), 0 to 1."""
    note_call("vision_tasks.metrics.box_iou")
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=2)  # (n, m)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    other_areas = (others[:, 2:] - others[:, :2]).prod(axis=1)
    return common / (areas[:, None] + other_areas[None, :] - common)


def mask_iou(masks: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the intersection over union of each of `masks` (n, H, W) with each of `others` (m, H, W): (n, m)."""
    pixels = int(np.prod(masks.shape[1:]))
    left = masks.reshape(len(masks), pixels).astype(np.float32)
    right = others.reshape(len(others), pixels).astype(np.float32)
    common = left @ right.T
    union = left.sum(axis=1)[:, None] + right.sum(axis=1)[None, :] - common
    return common / np.maximum(union, 1)


# Segmentation -----------------------------------------------------------------------------------------------


def confusion(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return how many pixels of each true class (row) are predicted as each class (column): (classes, classes)."""
    note_call("vision_tasks.metrics.confusion")
    pairs = classes * true.astype(int).ravel() + predicted.astype(int).ravel()
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def class_iou(matrix: np.ndarray) -> np.ndarray:
    """Return the IoU of each class from a confusion matrix; NaN for a class that neither occurs nor is predicted."""
    note_call("vision_tasks.metrics.class_iou")
    common = np.diag(matrix).astype(float)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - common
    return np.divide(common, union, out=np.full(len(matrix), np.nan), where=union > 0)


def mean_iou(matrix: np.ndarray) -> float:
    """Return the mean IoU over the classes that occur or are predicted."""
    note_call("vision_tasks.metrics.mean_iou")
    return float(np.nanmean(class_iou(matrix)))


# Detection and instance segmentation ------------------------------------------------------------------------


def average_precision(hits: np.ndarray, truths: int) -> float:
    """Return the average precision of ranked detections.

    `hits` (n,) says for each detection, in order of decreasing score, whether it finds an object that no detection
    before found; `truths` > 0 is the number of objects. The result is the mean, over 101 recalls from 0 to 1, of the
    best precision at this recall or a higher one, and 0 where the recall is not reached.
    """
    note_call("vision_tasks.metrics.average_precision")
    true_positives = np.cumsum(hits)
    precision = true_positives / np.arange(1, len(hits) + 1)
    recall = true_positives / truths
    envelope = np.maximum.accumulate(precision[::-1])[::-1]  # the best at this recall or a higher one
    indices = np.searchsorted(recall, RECALLS)
    return float(np.append(envelope, 0.0)[indices].mean())


def match(overlaps: np.ndarray, threshold: float) -> np.ndarray:
    """Return which detections are hits, from `overlaps` (detections, objects), in order of decreasing score.

    Each detection takes the free object that it overlaps most, if the overlap is at least `threshold`.
    """
    free = np.ones(overlaps.shape[1], bool)
    hits = np.zeros(len(overlaps), bool)
    for row, overlap in enumerate(overlaps):
        overlap = np.where(free, overlap, -1.0)
        if free.any() and overlap.max() >= threshold:
            hits[row] = True
            free[overlap.argmax()] = False
    return hits


def mean_average_precision(
    detections: Sequence[Detection], truth: Sequence[Truth], *, threshold: float = 0.5, classes: int = 10
) -> float:
    """Return the mean, over the classes that occur, of the average precision at an IoU of `threshold`.

    Shapes are boxes in both sequences, or masks in both. Detections are matched picture by picture, then ranked
    together.
    """
    values = [class_precision(detections, truth, label, threshold) for label in range(classes)]
    return float(np.nanmean(values))


def class_precision(
    detections: Sequence[Detection], truth: Sequence[Truth], label: int, threshold: float
) -> float:
    """Return the average precision of one class; NaN if no picture has an object of the class."""
    hits, scores, count = [], [], 0
    for detection, true in zip(detections, truth, strict=True):
        of_class = np.flatnonzero(detection.labels == label)
        ranked = of_class[np.argsort(-detection.scores[of_class], kind="stable")]
        objects = true.shapes[true.labels == label]
        iou = box_iou if objects.ndim == 2 else mask_iou
        hits.append(match(iou(detection.shapes[ranked], objects), threshold))
        scores.append(detection.scores[ranked])
        count += len(objects)
    if count == 0:
        return float("nan")
    ranks = np.argsort(-np.concatenate(scores), kind="stable")
    return average_precision(np.concatenate(hits)[ranks], count)


def multi_label_precision(scores: np.ndarray, present: np.ndarray) -> float:
    """Return the mean, over the labels, of the average precision of pictures ranked by score.

    `scores` (n, labels), `present` (n, labels) bool; labels that no picture has are ignored.
    """
    ranks = np.argsort(-scores, axis=0, kind="stable")
    hits = np.take_along_axis(present, ranks, axis=0)
    values = [average_precision(column, int(column.sum())) for column in hits.T if column.any()]
    return float(np.mean(values))


# Keypoints --------------------------------------------------------------------------------------------------


def pck(predicted: np.ndarray, true: np.ndarray, *, share: float = 0.1) -> float:
    """Return the share of points (N, points, 2) at most `share` · size away from the true points.

    An object's size is the longer side of the box around its true points.
    """
    note_call("vision_tasks.metrics.pck")
    size = (true.max(axis=1) - true.min(axis=1)).max(axis=1)  # (N,)
    distance = np.linalg.norm(predicted - true, axis=2)  # (N, points)
    return float(np.mean(distance <= share * size[:, None]))
