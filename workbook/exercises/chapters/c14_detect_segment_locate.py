"""The exercises of chapter 14: boxes, pixels and points."""

from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model

Box = tuple[float, float, float, float]


def _pairs(rng: np.random.Generator) -> list[Inputs]:
    """Draw pairs of boxes: crossing at each corner, one inside the other, apart along y, along x, along both."""

    def box(y: Any, x: Any, height: Any, width: Any) -> Box:
        return float(y), float(x), float(y + height), float(x + width)

    cases: list[Inputs] = []
    for up, left in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        y, height, width = rng.integers(4, 9), *rng.integers(8, 14, 2)
        x = y + rng.integers(12, 20)
        down, right = rng.integers(2, 5, 2)
        cases.append((box(y, x, height, width), box(y + up * down, x + left * right, height + 1, width + 2)))
    y, x, height, width = rng.integers(5, 9), rng.integers(20, 30), *rng.integers(6, 12, 2)
    cases += [
        (box(y, x, height + 6, width + 4), box(y + 2, x + 1, height, width)),
        (box(y, x, height, width), box(y + height + 3, x + 2, width, height)),
        (box(y, x, height, width), box(y + 2, x + width + 3, width, height)),
        (box(y, x, height, width), box(y + height + 2, x + width + 4, 5, 9)),
    ]
    return cases


def _sides(one: Box, other: Box) -> tuple[float, float, float, float]:
    """Give the height and width of the common part, negative where there is none, and both areas."""
    height, width = (
        min(one[2], other[2]) - max(one[0], other[0]),
        min(one[3], other[3]) - max(one[1], other[1]),
    )
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return height, width, areas[0], areas[1]


def iou(one: Box, other: Box) -> float:
    """Give intersection over union of two boxes."""
    height, width, area, other_area = _sides(one, other)
    common = max(0.0, height) * max(0.0, width)
    return common / (area + other_area - common)


def _unclipped(one: Box, other: Box) -> float:
    height, width, area, other_area = _sides(one, other)
    return height * width / (area + other_area - height * width)


def _common(one: Box, other: Box) -> tuple[float, float, float]:
    height, width, area, other_area = _sides(one, other)
    return max(0.0, height) * max(0.0, width), area, other_area


def _with_both_areas(one: Box, other: Box) -> float:
    common, area, other_area = _common(one, other)
    return common / (area + other_area)


def _of_the_smaller(one: Box, other: Box) -> float:
    common, area, other_area = _common(one, other)
    return common / min(area, other_area)


def _dice(one: Box, other: Box) -> float:
    common, area, other_area = _common(one, other)
    return 2 * common / (area + other_area)


def _as_sizes(one: Box, other: Box) -> float:
    ends = [(box[0], box[1], box[0] + box[2], box[1] + box[3]) for box in (one, other)]
    return iou(*ends)


def _inclusive(one: Box, other: Box) -> float:
    return iou((one[0], one[1], one[2] + 1, one[3] + 1), (other[0], other[1], other[2] + 1, other[3] + 1))


BOX_IOU = Exercise(
    id="14.1",
    title="How well do two boxes agree?",
    answer_name="box_iou",
    section="Where: object detection",
    minutes=8,
    points=2,
    cases=_pairs,
    reference=iou,
    mistakes=(
        Mistake(
            "multiplies negative sides",
            _unclipped,
            "Right for boxes that meet. If they do not, the common height or width comes out negative, and two "
            "negative sides make a positive area. Cut both off at 0 first.",
        ),
        Mistake(
            "counts the common part twice",
            _with_both_areas,
            "The union is not the sum of the areas: the common part is in both. Subtract it once.",
        ),
        Mistake(
            "divides by the smaller box",
            _of_the_smaller,
            "This is the covered share of the smaller box. A box that lies inside a huge one would then score 1; the "
            "union in the denominator punishes that.",
        ),
        Mistake(
            "gives the Dice coefficient",
            _dice,
            "Twice the common part over the sum of the areas is the Dice coefficient. It ranks alike, but is higher: "
            "IoU divides by the union.",
        ),
        Mistake(
            "takes the ends for sizes",
            _as_sizes,
            "The last two numbers are read as height and width. Here they are where the box ends: (y0, x0, y1, x1).",
        ),
        Mistake(
            "counts the end as inside",
            _inclusive,
            "One pixel too many along each side: y1 and x1 are past the end, so the height is y1 − y0.",
        ),
    ),
    hints=(
        "The common part begins at the larger of the two starts and ends at the smaller of the two ends, on each axis.",
        "`height = max(0, min(a[2], b[2]) - max(a[0], b[0]))`, and the width likewise.",
        "Union = area + other area − common part.",
    ),
)


def _box_sets(rng: np.random.Generator) -> list[Inputs]:
    """Draw sets in which a chain stands: B overlaps a surer A, C overlaps B but not A; shuffled."""
    cases: list[Inputs] = []
    for count, threshold in ((4, 0.3), (6, 0.4), (5, 0.5), (8, 0.3)):
        side = float(rng.integers(10, 15))
        step = side * {0.3: 0.45, 0.4: 0.35, 0.5: 0.28}[threshold]
        chain = np.array([[0, k * step, side, k * step + side] for k in range(3)])
        others = 40 + rng.uniform(0, 14, (count, 2))
        others = np.concatenate([others, others + rng.uniform(8, 14, (count, 2))], axis=1)
        boxes = np.concatenate([chain, others])
        scores = np.concatenate([[0.95, 0.9, 0.85], rng.permutation(np.linspace(0.1, 0.8, count))])
        order = rng.permutation(len(boxes))
        if order[0] > order[1]:
            order = order[::-1]
        cases.append((boxes[order].round(2), scores[order].round(3), threshold))
    exact = np.array(
        [[0.0, 0, 10, 5], [20, 20, 30, 30], [0, 0, 10, 10]]
    )  # an IoU of exactly .5: not above it
    return [*cases, (exact + float(rng.integers(0, 5)), np.array([0.6, 0.9, 0.7]), 0.5)]


def _overlaps(boxes: np.ndarray, one: int, others: list[int]) -> list[float]:
    return [iou(tuple(boxes[one]), tuple(boxes[other])) for other in others]


def suppress(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    """Keep a box unless it overlaps a kept, surer one."""
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if all(overlap <= threshold for overlap in _overlaps(boxes, index, kept)):
            kept.append(int(index))
    return kept


def _against_all_surer(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    order = [int(index) for index in np.argsort(-scores, kind="stable")]
    surer = [(index, order[:rank]) for rank, index in enumerate(order)]
    return [index for index, others in surer if all(o <= threshold for o in _overlaps(boxes, index, others))]


def _in_given_order(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    return suppress(boxes, -np.arange(len(boxes), dtype=float), threshold)


def _against_the_last_kept(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if all(overlap <= threshold for overlap in _overlaps(boxes, index, kept[-1:])):
            kept.append(int(index))
    return kept


SUPPRESS = Exercise(
    id="14.2",
    title="Non-maximum suppression",
    answer_name="suppress",
    section="One digit, one box",
    minutes=10,
    points=3,
    cases=_box_sets,
    reference=suppress,
    mistakes=(
        Mistake(
            "suppresses by suppressed boxes",
            _against_all_surer,
            "A box is dropped here because it overlaps one that was itself dropped. Only *kept* boxes suppress others: "
            "compare with the list of kept ones.",
        ),
        Mistake(
            "goes in the given order",
            _in_given_order,
            "The boxes are taken in the order in which they stand. Take the surest first: `np.argsort(-scores)`.",
        ),
        Mistake(
            "begins with the least sure",
            lambda boxes, scores, threshold: suppress(boxes, -scores, threshold),
            "`np.argsort(scores)` begins with the lowest score, so the weakest boxes suppress the best ones. Sort "
            "by `-scores`.",
        ),
        Mistake(
            "looks at the last kept box only",
            _against_the_last_kept,
            "Each box is compared with the one kept last. It may overlap any of those kept before.",
        ),
        Mistake(
            "keeps all above the threshold",
            lambda boxes, scores, threshold: [int(i) for i in np.argsort(-scores) if scores[i] > threshold],
            "The threshold is compared with the scores. It is a limit on the overlap (IoU) of two boxes.",
        ),
        Mistake(
            "gives ranks, not places",
            lambda boxes, scores, threshold: sorted(suppress(boxes, scores, threshold)),
            "The right boxes, in the order of the input. Give them with the surest first.",
        ),
    ),
    hints=(
        "Go through `np.argsort(-scores)`, the surest first, with a list `kept` that grows.",
        "`metrics.box_iou(boxes[[i]], boxes[kept])` gives the overlaps with all kept boxes, (1, kept).",
        "Keep i if `np.all(overlaps <= threshold)`; for an empty list that is True.",
    ),
)


def _ranked(rng: np.random.Generator) -> list[Inputs]:
    """Draw ranked hits for prime numbers of objects: of their recalls only .5 and 1 are hundredths."""
    cases: list[Inputs] = [
        ([True, False, True, True, False, True, False], 7),
        ([True, False, True, False], 2),
    ]
    for truths in (3, 7, 11, 13):
        found = int(rng.integers(2, truths))
        hits = np.array([True] * (found - 1) + [False] * int(rng.integers(2, 6)))
        hits = np.r_[rng.permutation(hits), False, True]
        cases.append(([bool(one) for one in hits], truths))
    return cases


def average_precision(hits: list[bool], truths: int) -> float:
    """Average the best precision at or beyond each of 101 recalls."""
    precision, recall = _curve(hits, truths)
    best = [max(precision[recall >= one], default=0.0) for one in np.linspace(0, 1, 101)]
    return float(np.mean(best))


def _curve(hits: list[bool], truths: int) -> tuple[np.ndarray, np.ndarray]:
    found = np.cumsum(hits)
    return found / np.arange(1, len(found) + 1), found / truths


def _without_envelope(hits: list[bool], truths: int) -> float:
    precision, recall = _curve(hits, truths)
    first = [next((p for p, r in zip(precision, recall, strict=True) if r >= one), 0.0) for one in
             np.linspace(0, 1, 101)]  # fmt: skip
    return float(np.mean(first))


def _mean_at_hits(hits: list[bool], truths: int) -> float:
    return float(_curve(hits, truths)[0][np.array(hits)].mean())


AVERAGE_PRECISION = Exercise(
    id="14.3",
    title="Average precision",
    answer_name="average_precision",
    section="A number for a detector",
    minutes=12,
    points=3,
    cases=_ranked,
    reference=average_precision,
    mistakes=(
        Mistake(
            "forgets the objects that were missed",
            lambda hits, truths: average_precision(hits, int(np.sum(hits))),
            "The recall here reaches 1 although objects were missed. Divide by `truths`, all objects there are, not by "
            "the number that was found.",
        ),
        Mistake(
            "takes the precision where a recall is first reached",
            _without_envelope,
            "This is the precision at the first rank that reaches a recall. Take the best one at that recall *or "
            "beyond*: somebody who wants this recall may go further down the list.",
        ),
        Mistake(
            "averages over the hits found",
            _mean_at_hits,
            "The mean of the precisions at the hits. Objects never found leave no trace in it; at their recalls the "
            "precision is 0.",
        ),
        Mistake(
            "gives one precision",
            lambda hits, truths: float(np.mean(hits)),
            "The share of hits in the whole list. It ignores the ranks: wrong detections at the end are as bad as at "
            "the top.",
        ),
        Mistake(
            "gives the recall",
            lambda hits, truths: float(np.sum(hits) / truths),
            "The share of objects that were found. It does not punish wrong detections at all.",
        ),
        Mistake(
            "averages over the ranks",
            lambda hits, truths: float(_curve(hits, truths)[0].mean()),
            "The mean precision over all ranks. Average over 101 recalls instead, `np.linspace(0, 1, 101)`.",
        ),
    ),
    hints=(
        "`np.cumsum(hits)` counts the objects found down to each rank. Divide by the rank, and by `truths`.",
        "For each r in `np.linspace(0, 1, 101)`: the largest precision among the ranks with `recall >= r`.",
        "`max(precision[recall >= r], default=0)`; then the mean of the 101 numbers.",
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

EXERCISES = (
    BOX_IOU,
    SUPPRESS,
    AVERAGE_PRECISION,
    UNET,
    MEAN_IOU,
    PCK,
)
