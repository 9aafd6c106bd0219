"""The exercises of chapter 14 about pixels and points: mean IoU, a small U-Net, PCK."""

from typing import Any

import numpy as np

from workbook.exercises import Exercise, Mistake
from workbook.exercises.models import observe_model, same_model

Inputs = tuple


def _matrices(rng: np.random.Generator) -> list[Inputs]:
    """Draw confusion matrices: one class is absent, one is predicted and never occurs, one is never predicted."""
    cases: list[Inputs] = []
    for classes in (4, 5, 7):
        matrix = rng.integers(1, 30, (classes, classes)) + np.diag(rng.integers(40, 90, classes))
        matrix[0] *= 20
        absent, invented = 1 + rng.permutation(classes - 1)[:2]
        matrix[[absent, invented]] = 0
        matrix[:, absent] = 0
        if classes == 5:  # one wrong pixel is enough to count
            matrix[:, invented] = 0
            matrix[0, invented] = 1
        cases.append((matrix,))
    return [*cases, (rng.integers(1, 40, (3, 3)),)]


def _ious(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the common pixels, the union, and the union with the common part counted twice."""
    common = np.diag(matrix).astype(float)
    both = matrix.sum(axis=0) + matrix.sum(axis=1)
    return common, both - common, both


def mean_iou(matrix: np.ndarray) -> float:
    """Give the mean IoU over classes that occur or are predicted."""
    common, union, _ = _ious(matrix)
    return float(np.mean(common[union > 0] / union[union > 0]))


def _absent_as(matrix: np.ndarray, value: float) -> float:
    common, union, _ = _ious(matrix)
    return float(np.where(union > 0, common / np.maximum(union, 1), value).mean())


def _only_true_classes(matrix: np.ndarray) -> float:
    common, union, _ = _ious(matrix)
    occurs = matrix.sum(axis=1) > 0
    return float(np.mean(common[occurs] / union[occurs]))


def _twice(matrix: np.ndarray) -> float:
    common, union, both = _ious(matrix)
    return float(np.mean(common[union > 0] / both[union > 0]))


def _without_background(matrix: np.ndarray) -> float:
    common, union, _ = _ious(matrix)
    seen = np.flatnonzero(union > 0)[1:]
    return float(np.mean(common[seen] / union[seen]))


def _recall(matrix: np.ndarray) -> float:
    rows = matrix.sum(axis=1)
    return float(np.mean(np.diag(matrix)[rows > 0] / rows[rows > 0]))


def _pooled(matrix: np.ndarray) -> float:
    common, union, _ = _ious(matrix)
    return float(common.sum() / union.sum())


MEAN_IOU = Exercise(
    id="14.5",
    title="Mean IoU, with absent classes",
    answer_name="mean_iou",
    section="A number for a map of pixels",
    minutes=8,
    points=2,
    cases=_matrices,
    reference=mean_iou,
    mistakes=(
        Mistake(
            "counts an absent class as 0",
            lambda matrix: _absent_as(matrix, 0.0),
            "A class that neither occurs nor is predicted counts as 0 here. Nothing was asked and nothing was done "
            "wrong: leave it out of the mean.",
        ),
        Mistake(
            "counts an absent class as 1",
            lambda matrix: _absent_as(matrix, 1.0),
            "A class that neither occurs nor is predicted counts as a full success here. That makes the result depend "
            "on how many names the list has: leave such a class out of the mean.",
        ),
        Mistake(
            "leaves invented classes out",
            _only_true_classes,
            "Only classes that occur are averaged. One that is predicted and never occurs has an IoU of 0, and counts: "
            "its union is not empty.",
        ),
        Mistake(
            "counts the common pixels twice",
            _twice,
            "Row sum plus column sum holds the diagonal twice. Union = row + column − diagonal.",
        ),
        Mistake(
            "gives the share of right pixels",
            lambda matrix: float(np.diag(matrix).sum() / matrix.sum()),
            "This is pixel accuracy. The background decides it alone: an empty answer would score high.",
        ),
        Mistake(
            "leaves the background out",
            _without_background,
            "Class 0, the background, is a class as well here. Average over all that occur or are predicted.",
        ),
        Mistake(
            "divides by the true pixels",
            _recall,
            "This is each class's recall: wrongly painted pixels cost nothing. Divide by the union.",
        ),
        Mistake(
            "adds up before dividing",
            _pooled,
            "All common pixels over all unions: large classes outvote small ones. Divide class by class, then average.",
        ),
    ),
    hints=(
        "The diagonal holds a class's common pixels, a row's sum its true ones, a column's sum the predicted ones.",
        "`union = matrix.sum(axis=0) + matrix.sum(axis=1) - np.diag(matrix)`",
        "Average `common[union > 0] / union[union > 0]`.",
    ),
)


def _unet(filters: int, classes: int, **changes: Any) -> Any:
    """Build the network of exercise 14.4; `changes` turn it into one of the mistakes."""
    import keras
    from keras import layers

    def conv(x: Any, count: int, strides: int = 1) -> Any:
        return layers.Conv2D(count, 3, strides=strides, padding="same", activation="relu")(x)

    inputs = keras.Input((32, 32, 1))
    half = conv(inputs, filters, 2)
    quarter = conv(half, changes.get("twice", 2) * filters, 2)
    x = layers.UpSampling2D(2)(quarter)
    if changes.get("skip", True):
        x = layers.Concatenate()([half, x] if changes.get("swapped") else [x, half])
    x = conv(x, filters)
    x = layers.UpSampling2D(2)(x) if changes.get("full", True) else x
    last = {
        "kernel_size": changes.get("last", 1),
        "padding": "same",
        "activation": changes.get("end", "softmax"),
    }
    return keras.Model(inputs, layers.Conv2D(classes, **last)(x))


UNET = Exercise(
    id="14.4",
    title="A small U-Net from its table",
    answer_name="small_unet",
    section="Which pixels: semantic segmentation",
    minutes=12,
    points=3,
    cases=lambda rng: [(8, 11), (int(rng.integers(3, 20)), int(rng.integers(3, 9)))],
    reference=_unet,
    observe=observe_model,
    compare=same_model(),
    time_limit=30,
    mistakes=(
        Mistake(
            "leaves the bridge out",
            lambda filters, classes: _unet(filters, classes, skip=False),
            "The fine maps of the way down never reach the way up. Lay them beside the enlarged ones with "
            "`layers.Concatenate()`: that bridge is what makes it a U-Net.",
        ),
        Mistake(
            "stops at half the size",
            lambda filters, classes: _unet(filters, classes, full=False),
            "The answer is 16×16. Every pixel of the 32×32 input wants a class: one more UpSampling2D.",
        ),
        Mistake(
            "ends with a sigmoid",
            lambda filters, classes: _unet(filters, classes, end="sigmoid"),
            "With a sigmoid each class is a question of its own. A pixel belongs to one class: softmax over the "
            "channels.",
        ),
        Mistake(
            "ends without a softmax",
            lambda filters, classes: _unet(filters, classes, end=None),
            'The outputs are scores, not probabilities: the last layer needs `activation="softmax"`.',
        ),
        Mistake(
            "keeps the number of filters on the way down",
            lambda filters, classes: _unet(filters, classes, twice=1),
            "Both convolutions on the way down have the same number of filters. The second has twice as many.",
        ),
        Mistake(
            "joins in the other order",
            lambda filters, classes: _unet(filters, classes, swapped=True),
            "As good a network, but not the table's: the enlarged maps come first, then those of the way down.",
        ),
        Mistake(
            "ends with a 3×3 kernel",
            lambda filters, classes: _unet(filters, classes, last=3),
            "The last convolution looks at each pixel alone: its kernel is 1×1.",
        ),
    ),
    hints=(
        "Keep the result of the first convolution in a variable of its own; it is needed twice.",
        "`x = layers.Concatenate()([layers.UpSampling2D(2)(x), half])`",
        'The last layer: `layers.Conv2D(classes, 1, activation="softmax")`.',
    ),
)


def _point_sets(rng: np.random.Generator) -> list[Inputs]:
    """Draw objects of very different size and shape, and points that are off by .3 to 1.9 times the allowance."""
    cases: list[Inputs] = []
    for count, points, share in ((6, 4, 0.1), (5, 3, 0.2), (9, 5, 0.1)):
        sides = rng.uniform(6, 20, (count, 1, 2)) * np.array([[[2.5, 1.0]]] * count)
        sides[: count // 2] = sides[: count // 2, :, ::-1] / 3
        true = rng.random((count, points, 2)) * sides
        true[:, 0], true[:, 1] = 0, sides[:, 0]  # two corners, so that the box is as large as its sides
        true += rng.uniform(5, 30, (count, 1, 2))
        size = sides.max(axis=2)
        factors = rng.permutation(np.linspace(0.3, 1.9, count * points)).reshape(count, points)
        factors[abs(factors - 1) < 0.03] = 0.9
        angles = rng.uniform(0, 2 * np.pi, (count, points))
        factors[0, 1:3], angles[0, 1:3] = (
            (1.4, 12),
            0,
        )  # one far out, which must not raise its object's allowance
        factors[1, 2], angles[1, 2] = 1.25, np.pi / 4  # within reach along y and along x, but not away
        away = (share * size * factors)[..., None] * np.stack([np.sin(angles), np.cos(angles)], axis=2)
        cases.append((true + away, true, share))
    exact = np.array([[[3.0, 5.0], [7.0, 13.0]]])  # two pixels off is exactly a quarter of the longer side
    return [*cases, (exact + np.array([[2.0, 0.0], [0.0, 3.0]]), exact, 0.25)]


def _distance_and_sides(predicted: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.linalg.norm(predicted - true, axis=2), true.max(axis=1) - true.min(axis=1)


def pck(predicted: np.ndarray, true: np.ndarray, share: float) -> float:
    """Give the share of points within `share` of their object's longer side."""
    distance, sides = _distance_and_sides(predicted, true)
    return float(np.mean(distance <= share * sides.max(axis=1)[:, None]))


def _by_mean_size(predicted: np.ndarray, true: np.ndarray, share: float) -> float:
    distance, sides = _distance_and_sides(predicted, true)
    return float(np.mean(distance <= share * sides.max(axis=1).mean()))


def _by_shorter_side(predicted: np.ndarray, true: np.ndarray, share: float) -> float:
    distance, sides = _distance_and_sides(predicted, true)
    return float(np.mean(distance <= share * sides.min(axis=1)[:, None]))


def _whole_objects(predicted: np.ndarray, true: np.ndarray, share: float) -> float:
    distance, sides = _distance_and_sides(predicted, true)
    return float(np.mean((distance <= share * sides.max(axis=1)[:, None]).all(axis=1)))


def _axis_by_axis(predicted: np.ndarray, true: np.ndarray, share: float) -> float:
    limit = share * _distance_and_sides(predicted, true)[1].max(axis=1)[:, None, None]
    return float(np.mean((abs(predicted - true) <= limit).all(axis=2)))


def _by_predicted_size(predicted: np.ndarray, true: np.ndarray, share: float) -> float:
    distance, _ = _distance_and_sides(predicted, true)
    sides = predicted.max(axis=1) - predicted.min(axis=1)
    return float(np.mean(distance <= share * sides.max(axis=1)[:, None]))


PCK = Exercise(
    id="14.6",
    title="The share of correct keypoints",
    answer_name="pck",
    section="Where exactly: keypoints",
    minutes=8,
    points=2,
    cases=_point_sets,
    reference=pck,
    mistakes=(
        Mistake(
            "measures all objects by one size",
            _by_mean_size,
            "All objects are measured by their mean size, so that large ones pass too easily and small ones fail. Each "
            "object has its own allowance: share · its longer side.",
        ),
        Mistake(
            "measures in pixels",
            lambda predicted, true, share: float(
                np.mean(np.linalg.norm(predicted - true, axis=2) <= share * 48)
            ),
            "The allowance is a share of the picture's 48 pixels, the same for all. It is a share of the object's "
            "longer side.",
        ),
        Mistake(
            "measures by the shorter side",
            _by_shorter_side,
            "The shorter side of the box decides here; for a thin object that allows next to nothing. Take the longer "
            "one.",
        ),
        Mistake(
            "wants the whole object right",
            _whole_objects,
            "An object counts only if all of its points are right. PCK counts points.",
        ),
        Mistake(
            "compares y and x one by one",
            _axis_by_axis,
            "y and x are compared one by one, so that a point in the corner of the square passes. Take the distance: "
            "`np.linalg.norm(predicted - true, axis=2)`.",
        ),
        Mistake(
            "measures by the predicted points",
            _by_predicted_size,
            "The size comes from the predicted points. Then points that are thrown far out raise their own allowance: "
            "measure the true ones.",
        ),
    ),
    hints=(
        "Two arrays: the distances (n, points), and one size for each object (n,).",
        "`sides = true.max(axis=1) - true.min(axis=1)` is (n, 2); the longer one is `sides.max(axis=1)`.",
        "`np.mean(distance <= share * size[:, np.newaxis])`",
    ),
)
