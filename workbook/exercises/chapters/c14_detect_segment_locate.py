"""The exercises of chapter 14: boxes, pixels and points."""

from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model

Box = tuple[float, float, float, float]

# 14.1 How well do two boxes agree?


def _box_pairs(rng: np.random.Generator) -> list[Inputs]:
    """Draw pairs of boxes: crossing at each corner, one inside the other, apart along y, along x, along both."""

    def box(y: Any, x: Any, height: Any, width: Any) -> Box:
        return float(y), float(x), float(y + height), float(x + width)

    cases: list[Inputs] = []
    for up, left in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        y = rng.integers(4, 9)
        height, width = rng.integers(8, 14, 2)
        x = y + rng.integers(12, 20)
        down, right = rng.integers(2, 5, 2)
        cases.append((box(y, x, height, width), box(y + up * down, x + left * right, height + 1, width + 2)))
    y, x = rng.integers(5, 9), rng.integers(20, 30)
    height, width = rng.integers(6, 12, 2)
    cases += [
        (box(y, x, height + 6, width + 4), box(y + 2, x + 1, height, width)),
        (box(y, x, height, width), box(y + height + 3, x + 2, width, height)),
        (box(y, x, height, width), box(y + 2, x + width + 3, width, height)),
        (box(y, x, height, width), box(y + height + 2, x + width + 4, 5, 9)),
    ]
    return cases


def _common_sides(a: Box, b: Box) -> tuple[float, float]:
    """Return the height and width of the common part, negative where the boxes are apart."""
    height = min(a[2], b[2]) - max(a[0], b[0])
    width = min(a[3], b[3]) - max(a[1], b[1])
    return height, width


def _common(a: Box, b: Box) -> float:
    height, width = _common_sides(a, b)
    return max(0.0, height) * max(0.0, width)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def iou(a: Box, b: Box) -> float:
    """Return intersection over union of two boxes."""
    common = _common(a, b)
    return common / (_area(a) + _area(b) - common)


def _unclipped(a: Box, b: Box) -> float:
    height, width = _common_sides(a, b)
    return height * width / (_area(a) + _area(b) - height * width)


def _with_both_areas(a: Box, b: Box) -> float:
    return _common(a, b) / (_area(a) + _area(b))


def _of_the_smaller(a: Box, b: Box) -> float:
    return _common(a, b) / min(_area(a), _area(b))


def _dice(a: Box, b: Box) -> float:
    return 2 * _common(a, b) / (_area(a) + _area(b))


def _as_sizes(a: Box, b: Box) -> float:
    first, second = [(y, x, y + height, x + width) for y, x, height, width in (a, b)]
    return iou(first, second)


def _inclusive(a: Box, b: Box) -> float:
    first, second = [(y0, x0, y1 + 1, x1 + 1) for y0, x0, y1, x1 in (a, b)]
    return iou(first, second)


BOX_IOU = Exercise(
    id="14.1",
    title="How well do two boxes agree?",
    answer_name="box_iou",
    section="Where: object detection",
    minutes=8,
    points=2,
    cases=_box_pairs,
    reference=iou,
    solved_by=("vision_tasks.metrics.box_iou",),
    mistakes=(
        Mistake(
            "multiplies negative sides",
            _unclipped,
            "This is right for boxes that meet. Where they do not, the common height or width is negative, and two "
            "negative sides make a positive area. Limit both to at least 0 first.",
        ),
        Mistake(
            "counts the common part twice",
            _with_both_areas,
            "The sum of the areas counts the common part twice. Subtract it once to get the union.",
        ),
        Mistake(
            "divides by the smaller box",
            _of_the_smaller,
            "This is the covered share of the smaller box, so a box inside a huge one scores 1. Divide by the union.",
        ),
        Mistake(
            "gives the Dice coefficient",
            _dice,
            "Twice the common part over the sum of the areas is the Dice coefficient, which is higher than IoU. "
            "Divide the common part by the union.",
        ),
        Mistake(
            "takes the ends for sizes",
            _as_sizes,
            "The last two numbers are read as height and width. They are where the box ends: (y0, x0, y1, x1).",
        ),
        Mistake(
            "counts the end as inside",
            _inclusive,
            "The boxes are one pixel too large along each axis. y1 and x1 are past the end, so the height is y1 − y0.",
        ),
        Mistake(
            "gives per cent",
            lambda a, b: 100 * iou(a, b),
            "This is in per cent. An IoU is between 0 and 1: do not multiply by 100.",
        ),
    ),
    hints=(
        "On each axis, the common part begins at the larger of the two starts and ends at the smaller of the two ends.",
        "`height = max(0, min(a[2], b[2]) - max(a[0], b[0]))`, and the width likewise.",
        "Union = first area + second area − common part.",
    ),
)


# 14.2 Non-maximum suppression


def _box_sets(rng: np.random.Generator) -> list[Inputs]:
    """Draw shuffled sets with a chain in them: B overlaps A, which is more certain; C overlaps B but not A."""
    cases: list[Inputs] = []
    for count, threshold in ((4, 0.3), (6, 0.4), (5, 0.5), (8, 0.3)):
        side = float(rng.integers(10, 15))
        step = side * {0.3: 0.45, 0.4: 0.35, 0.5: 0.28}[threshold]
        chain = np.array([[0, k * step, side, k * step + side] for k in range(3)])
        corners = 40 + rng.uniform(0, 14, (count, 2))
        apart = np.concatenate([corners, corners + rng.uniform(8, 14, (count, 2))], axis=1)
        boxes = np.concatenate([chain, apart])
        scores = np.concatenate([[0.95, 0.9, 0.85], rng.permutation(np.linspace(0.1, 0.8, count))])
        order = rng.permutation(len(boxes))
        if order[0] > order[1]:
            order = order[::-1]
        cases.append((boxes[order].round(2), scores[order].round(3), threshold))
    # An IoU of exactly 0.5 is not above the threshold.
    exact = np.array([[0.0, 0, 10, 5], [20, 20, 30, 30], [0, 0, 10, 10]])
    return [*cases, (exact + float(rng.integers(0, 5)), np.array([0.6, 0.9, 0.7]), 0.5)]


def _overlaps(boxes: np.ndarray, index: int, indices: list[int]) -> list[float]:
    return [iou(tuple(boxes[index]), tuple(boxes[k])) for k in indices]


def suppress(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    """Keep a box unless it overlaps a more certain one that is kept."""
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if all(overlap <= threshold for overlap in _overlaps(boxes, index, kept)):
            kept.append(int(index))
    return kept


def _against_all_before(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    order = [int(index) for index in np.argsort(-scores, kind="stable")]
    kept = []
    for rank, index in enumerate(order):
        if all(overlap <= threshold for overlap in _overlaps(boxes, index, order[:rank])):
            kept.append(index)
    return kept


def _in_given_order(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    falling = -np.arange(len(boxes), dtype=float)
    return suppress(boxes, falling, threshold)


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
    solved_by=("vision_tasks.targets.suppress",),
    may_use=("vision_tasks.metrics.box_iou",),
    mistakes=(
        Mistake(
            "suppresses by suppressed boxes",
            _against_all_before,
            "A box is dropped here because it overlaps one that was itself dropped. Only *kept* boxes suppress "
            "others: compare with the list of kept ones.",
        ),
        Mistake(
            "goes in the given order",
            _in_given_order,
            "The boxes are taken in the given order. Take the most certain one first: `np.argsort(-scores)`.",
        ),
        Mistake(
            "begins with the least sure",
            lambda boxes, scores, threshold: suppress(boxes, -scores, threshold),
            "This begins with the lowest score, so the weakest boxes suppress the best ones. Sort by `-scores`.",
        ),
        Mistake(
            "looks at the last kept box only",
            _against_the_last_kept,
            "Each box is compared only with the one kept last. Compare it with all kept boxes.",
        ),
        Mistake(
            "keeps all above the threshold",
            lambda boxes, scores, threshold: [int(i) for i in np.argsort(-scores) if scores[i] > threshold],
            "The threshold is compared with the scores. It is a limit on the overlap (IoU) of two boxes.",
        ),
        Mistake(
            "keeps the order of the input",
            lambda boxes, scores, threshold: sorted(suppress(boxes, scores, threshold)),
            "The boxes are right, but in the order of the input. Return them with the most certain first.",
        ),
        Mistake(
            "drops a box at the threshold",
            lambda boxes, scores, threshold: suppress(boxes, scores, np.nextafter(threshold, 0)),
            "A box whose IoU is exactly the threshold is dropped here. Drop it only if the IoU is *above* the "
            "threshold: keep it if all are `<= threshold`.",
        ),
    ),
    hints=(
        "Go through `np.argsort(-scores)`, the most certain box first, and append to a list `kept`.",
        "`metrics.box_iou(boxes[[i]], boxes[kept])` gives the overlaps with all kept boxes, (1, kept).",
        "Keep box i if `np.all(overlaps <= threshold)`, which is True for an empty list.",
    ),
)


# 14.3 Average precision


def _ranked(rng: np.random.Generator) -> list[Inputs]:
    """Draw ranked hits for a prime number of objects, so that no recall but 0.5 and 1 is a multiple of 0.01."""
    cases: list[Inputs] = [
        ([True, False, True, True, False, True, False], 7),
        ([True, False, True, False], 2),
    ]
    for truths in (3, 7, 11, 13):
        count = int(rng.integers(2, truths))
        hits = np.array([True] * (count - 1) + [False] * int(rng.integers(2, 6)))
        hits = np.r_[rng.permutation(hits), False, True]
        cases.append(([bool(hit) for hit in hits], truths))
    return cases


def average_precision(hits: list[bool], truths: int) -> float:
    """Average the best precision at or beyond each of 101 recalls."""
    precision, recall = _curve(hits, truths)
    best = [max(precision[recall >= r], default=0.0) for r in np.linspace(0, 1, 101)]
    return float(np.mean(best))


def _curve(hits: list[bool], truths: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the precision and the recall down to each rank."""
    counts = np.cumsum(hits)
    return counts / np.arange(1, len(counts) + 1), counts / truths


def _without_envelope(hits: list[bool], truths: int) -> float:
    precision, recall = _curve(hits, truths)
    first = []
    for r in np.linspace(0, 1, 101):
        ranks = np.flatnonzero(recall >= r)
        first.append(precision[ranks[0]] if len(ranks) else 0.0)
    return float(np.mean(first))


def _mean_at_hits(hits: list[bool], truths: int) -> float:
    return float(_curve(hits, truths)[0][np.array(hits)].mean())


def _area_under_best(hits: list[bool], truths: int) -> float:
    """Add up the best precision from each hit on, each as wide as one object's share of the recall."""
    precision, _ = _curve(hits, truths)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best[np.array(hits)].sum() / truths)


def _best_before(hits: list[bool], truths: int) -> float:
    precision, recall = _curve(hits, truths)
    return float(np.mean([max(precision[recall <= r], default=0.0) for r in np.linspace(0, 1, 101)]))


AVERAGE_PRECISION = Exercise(
    id="14.3",
    title="Average precision",
    answer_name="average_precision",
    section="A number for a detector",
    minutes=12,
    points=3,
    cases=_ranked,
    reference=average_precision,
    solved_by=("vision_tasks.metrics.average_precision",),
    mistakes=(
        Mistake(
            "forgets the objects that were missed",
            lambda hits, truths: average_precision(hits, int(np.sum(hits))),
            "The recall reaches 1 here although objects were missed. Divide by `truths`, the number of all objects, "
            "not by the number of hits.",
        ),
        Mistake(
            "takes the precision where a recall is first reached",
            _without_envelope,
            "This is the precision at the first rank that reaches a recall. Take the best one at that recall *or "
            "beyond*: anyone who wants this recall may go further down the list.",
        ),
        Mistake(
            "averages over the hits found",
            _mean_at_hits,
            "This is the mean of the precisions at the hits, so objects that were never found do not count. Average "
            "over 101 recalls: where a recall is never reached, the precision is 0.",
        ),
        Mistake(
            "gives one precision",
            lambda hits, truths: float(np.mean(hits)),
            "This is the share of hits in the whole list, which ignores the ranks. Compute precision and recall down "
            "to each rank.",
        ),
        Mistake(
            "gives the recall",
            lambda hits, truths: float(np.sum(hits) / truths),
            "This is the share of objects that were found, so wrong detections cost nothing. Compute the precision "
            "down to each rank as well.",
        ),
        Mistake(
            "averages over the ranks",
            lambda hits, truths: float(_curve(hits, truths)[0].mean()),
            "This is the mean precision over all ranks. Average over 101 recalls instead, `np.linspace(0, 1, 101)`.",
        ),
        Mistake(
            "gives the area under the curve",
            _area_under_best,
            "This is the area under the best precision, one step per hit, as another data set (PASCAL VOC) has it. "
            "COCO averages over 101 recalls, `np.linspace(0, 1, 101)`.",
        ),
        Mistake(
            "adds up the precisions at the hits",
            lambda hits, truths: float(_curve(hits, truths)[0][np.array(hits)].sum() / truths),
            "This adds up the precisions at the hits and divides by `truths`. Take the *best* precision at or beyond "
            "each of 101 recalls, and average those.",
        ),
        Mistake(
            "gives per cent",
            lambda hits, truths: 100 * average_precision(hits, truths),
            "This is in per cent. An average precision is between 0 and 1: do not multiply by 100.",
        ),
        Mistake(
            "takes the best precision up to a recall",
            _best_before,
            "This is the best precision at a recall *or below*. Take the best at that recall *or beyond*: "
            "`recall >= r`.",
        ),
    ),
    hints=(
        "`np.cumsum(hits)` counts the objects found down to each rank. Divide it by the rank for the precision, and "
        "by `truths` for the recall.",
        "For each r in `np.linspace(0, 1, 101)`, take the largest precision among the ranks with `recall >= r`.",
        "`max(precision[recall >= r], default=0)`; then take the mean of the 101 numbers.",
    ),
)


# 14.4 A small U-Net from its table


def _unet(
    filters: int,
    classes: int,
    *,
    widening: int = 2,
    bridge: bool = True,
    fine_first: bool = False,
    full_size: bool = True,
    last_kernel: int = 1,
    end: str | None = "softmax",
) -> Any:
    """Build the network of exercise 14.4; the options turn it into one of the mistakes."""
    import keras
    from keras import layers

    def conv(x: Any, count: int, strides: int = 1) -> Any:
        return layers.Conv2D(count, 3, strides=strides, padding="same", activation="relu")(x)

    inputs = keras.Input((32, 32, 1))
    half = conv(inputs, filters, 2)  # (batch, 16, 16, filters)
    quarter = conv(half, widening * filters, 2)  # (batch, 8, 8, 2 · filters)
    x = layers.UpSampling2D(2)(quarter)  # (batch, 16, 16, 2 · filters)
    if bridge:
        x = layers.Concatenate()([half, x] if fine_first else [x, half])
    x = conv(x, filters)
    if full_size:
        x = layers.UpSampling2D(2)(x)  # (batch, 32, 32, filters)
    outputs = layers.Conv2D(classes, last_kernel, padding="same", activation=end)(x)
    return keras.Model(inputs, outputs)


UNET = Exercise(
    id="14.4",
    title="A small U-Net from its table",
    answer_name="small_unet",
    section="Which pixels: semantic segmentation",
    minutes=12,
    points=3,
    cases=lambda rng: [(8, 11), (int(rng.integers(9, 20)), int(rng.integers(3, 9)))],
    reference=_unet,
    observe=observe_model,
    compare=same_model(),
    time_limit=30,
    mistakes=(
        Mistake(
            "leaves the bridge out",
            lambda filters, classes: _unet(filters, classes, bridge=False),
            "The fine maps of the way down never reach the way up. Join them to the enlarged maps with "
            "`layers.Concatenate()`: that bridge makes the network a U-Net.",
        ),
        Mistake(
            "stops at half the size",
            lambda filters, classes: _unet(filters, classes, full_size=False),
            "The output is 16×16. Every pixel of the 32×32 input needs a class: add one more `UpSampling2D`.",
        ),
        Mistake(
            "ends with a sigmoid",
            lambda filters, classes: _unet(filters, classes, end="sigmoid"),
            "With a sigmoid, each class is a separate question. A pixel belongs to one class: use a softmax over the "
            "channels.",
        ),
        Mistake(
            "ends without a softmax",
            lambda filters, classes: _unet(filters, classes, end=None),
            'The outputs are scores, not probabilities. Give the last layer `activation="softmax"`.',
        ),
        Mistake(
            "keeps the number of filters on the way down",
            lambda filters, classes: _unet(filters, classes, widening=1),
            "Both convolutions on the way down have the same number of filters. Give the second twice as many.",
        ),
        Mistake(
            "joins in the other order",
            lambda filters, classes: _unet(filters, classes, fine_first=True),
            "This network is equally good, but not the table's. Put the enlarged maps first, then those of the way "
            "down.",
        ),
        Mistake(
            "ends with a 3×3 kernel",
            lambda filters, classes: _unet(filters, classes, last_kernel=3),
            "The last convolution has a 3×3 kernel. It looks at each pixel alone: use a 1×1 kernel.",
        ),
    ),
    hints=(
        "Keep the result of the first convolution in a variable of its own: it is needed twice.",
        "`x = layers.Concatenate()([layers.UpSampling2D(2)(x), half])`",
        'The last layer: `layers.Conv2D(classes, 1, activation="softmax")`.',
    ),
)


# 14.5 Mean IoU, with absent classes


def _matrices(rng: np.random.Generator) -> list[Inputs]:
    """Draw confusion matrices: a class is absent, one is predicted but never occurs, one occurs but is never found."""
    cases: list[Inputs] = []
    for classes in (4, 5, 7):
        matrix = rng.integers(1, 30, (classes, classes)) + np.diag(rng.integers(40, 90, classes))
        matrix[0] *= 20
        absent, invented, missed = 1 + rng.permutation(classes - 1)[:3]
        matrix[[absent, invented]] = 0
        matrix[:, absent] = 0
        if classes == 7:
            matrix[:, missed] = 0
        if classes == 5:  # one wrong pixel is enough to count
            matrix[:, invented] = 0
            matrix[0, invented] = 1
        cases.append((matrix,))
    return [*cases, (rng.integers(1, 40, (3, 3)),)]


def _common_and_union(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the common pixels and the union of each class."""
    common = np.diag(matrix).astype(float)
    return common, matrix.sum(axis=0) + matrix.sum(axis=1) - common


def mean_iou(matrix: np.ndarray) -> float:
    """Return the mean IoU over the classes that occur or are predicted."""
    common, union = _common_and_union(matrix)
    return float(np.mean(common[union > 0] / union[union > 0]))


def _absent_as(matrix: np.ndarray, value: float) -> float:
    common, union = _common_and_union(matrix)
    return float(np.where(union > 0, common / np.maximum(union, 1), value).mean())


def _only_true_classes(matrix: np.ndarray) -> float:
    common, union = _common_and_union(matrix)
    occurs = matrix.sum(axis=1) > 0
    return float(np.mean(common[occurs] / union[occurs]))


def _twice(matrix: np.ndarray) -> float:
    common, union = _common_and_union(matrix)
    both = union + common
    return float(np.mean(common[union > 0] / both[union > 0]))


def _without_background(matrix: np.ndarray) -> float:
    common, union = _common_and_union(matrix)
    classes = np.flatnonzero(union > 0)[1:]
    return float(np.mean(common[classes] / union[classes]))


def _recall(matrix: np.ndarray) -> float:
    rows = matrix.sum(axis=1)
    return float(np.mean(np.diag(matrix)[rows > 0] / rows[rows > 0]))


def _pooled(matrix: np.ndarray) -> float:
    common, union = _common_and_union(matrix)
    return float(common.sum() / union.sum())


def _only_predicted_classes(matrix: np.ndarray) -> float:
    common, union = _common_and_union(matrix)
    predicted = matrix.sum(axis=0) > 0
    return float(np.mean(common[predicted] / union[predicted]))


def _absence_group(matrix: np.ndarray) -> str:
    occurs = matrix.sum(axis=0) + matrix.sum(axis=1) > 0
    return "every class occurs" if occurs.all() else "a class is absent"


MEAN_IOU = Exercise(
    id="14.5",
    title="Mean IoU, with absent classes",
    answer_name="mean_iou",
    section="A number for a map of pixels",
    minutes=8,
    points=2,
    cases=_matrices,
    groups=_absence_group,
    reference=mean_iou,
    solved_by=("vision_tasks.metrics.mean_iou", "vision_tasks.metrics.class_iou"),
    mistakes=(
        Mistake(
            "counts an absent class as 0",
            lambda matrix: _absent_as(matrix, 0.0),
            "A class that neither occurs nor is predicted counts as 0 here, although nothing is wrong with it. Leave "
            "it out of the mean.",
        ),
        Mistake(
            "counts an absent class as 1",
            lambda matrix: _absent_as(matrix, 1.0),
            "A class that neither occurs nor is predicted counts as 1 here, so the result depends on how many classes "
            "the list has. Leave it out of the mean.",
        ),
        Mistake(
            "leaves invented classes out",
            _only_true_classes,
            "Only classes that occur are averaged. A class that is predicted but never occurs has an IoU of 0: "
            "include every class whose union is not empty.",
        ),
        Mistake(
            "counts the common pixels twice",
            _twice,
            "Row sum plus column sum counts the diagonal twice. Subtract it once: union = row + column − diagonal.",
        ),
        Mistake(
            "gives the share of right pixels",
            lambda matrix: float(np.diag(matrix).sum() / matrix.sum()),
            "This is pixel accuracy, which the background dominates: an empty answer would score high. Compute the "
            "IoU of each class, then average.",
        ),
        Mistake(
            "leaves the background out",
            _without_background,
            "Class 0, the background, is left out. It is a class as well: average over all that occur or are "
            "predicted.",
        ),
        Mistake(
            "divides by the true pixels",
            _recall,
            "This is each class's recall, so pixels wrongly given to a class cost it nothing. Divide by the union.",
        ),
        Mistake(
            "adds up before dividing",
            _pooled,
            "This divides all common pixels by all unions, so large classes outweigh small ones. Divide class by "
            "class, then average.",
        ),
        Mistake(
            "leaves missed classes out",
            _only_predicted_classes,
            "Only classes that are predicted are averaged. A class that occurs but is never predicted has an IoU of 0: "
            "include every class whose union is not empty.",
        ),
        Mistake(
            "gives per cent",
            lambda matrix: 100 * mean_iou(matrix),
            "This is in per cent. A mean IoU is between 0 and 1: do not multiply by 100.",
        ),
    ),
    hints=(
        "For each class, the diagonal holds its common pixels, its row sums to the true ones, and its column to the "
        "predicted ones.",
        "`union = matrix.sum(axis=0) + matrix.sum(axis=1) - np.diag(matrix)`",
        "Average `common[union > 0] / union[union > 0]`.",
    ),
)


# 14.6 The share of correct keypoints


def _point_sets(rng: np.random.Generator) -> list[Inputs]:
    """Draw objects of very different size and shape, and points that are off by 0.3 to 1.9 times the allowance."""
    cases: list[Inputs] = []
    for count, points, share in ((6, 4, 0.1), (5, 3, 0.2), (9, 5, 0.1)):
        sides = rng.uniform(6, 20, (count, 1, 2)) * np.array([2.5, 1.0])
        sides[: count // 2] = sides[: count // 2, :, ::-1] / 3
        true = rng.random((count, points, 2)) * sides
        true[:, 0] = 0  # two corners, so that the box is as large as its sides
        true[:, 1] = sides[:, 0]
        true += rng.uniform(5, 30, (count, 1, 2))
        size = sides.max(axis=2)
        factors = rng.permutation(np.linspace(0.3, 1.9, count * points)).reshape(count, points)
        factors[abs(factors - 1) < 0.03] = 0.9
        angles = rng.uniform(0, 2 * np.pi, (count, points))
        factors[0, 1:3] = 1.4, 12  # one point far off, which must not raise its object's allowance
        angles[0, 1:3] = 0
        factors[1, 2] = 1.25  # near enough along y and along x, but not in distance
        angles[1, 2] = np.pi / 4
        factors[-1], angles[-1] = (
            0.9,
            np.pi / 4,
        )  # an object whose points are all near enough, though not together
        away = (share * size * factors)[..., None] * np.stack([np.sin(angles), np.cos(angles)], axis=2)
        cases.append((true + away, true, share))
    # Two pixels off is exactly a quarter of the longer side, and 2.1 pixels are less than a quarter of the diagonal.
    exact = np.array([[[3.0, 5.0], [7.0, 13.0], [5.0, 9.0]]])
    return [*cases, (exact + np.array([[2.0, 0.0], [0.0, -3.0], [2.1, 0.0]]), exact, 0.25)]


def _distance_and_sides(predicted: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances (n, points), and the height and width of each object (n, 2)."""
    return np.linalg.norm(predicted - true, axis=2), true.max(axis=1) - true.min(axis=1)


def pck(predicted: np.ndarray, true: np.ndarray, share: float) -> float:
    """Return the share of points within `share` of their object's longer side."""
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
    _, sides = _distance_and_sides(predicted, true)
    limit = share * sides.max(axis=1)[:, None, None]
    return float(np.mean((abs(predicted - true) <= limit).all(axis=2)))


def _of_the_picture(predicted: np.ndarray, true: np.ndarray, share: float) -> float:
    distance, _ = _distance_and_sides(predicted, true)
    return float(np.mean(distance <= share * 48))


def _by_predicted_size(predicted: np.ndarray, true: np.ndarray, share: float) -> float:
    distance, _ = _distance_and_sides(predicted, true)
    sides = predicted.max(axis=1) - predicted.min(axis=1)
    return float(np.mean(distance <= share * sides.max(axis=1)[:, None]))


def _by_diagonal(predicted: np.ndarray, true: np.ndarray, share: float) -> float:
    distance, sides = _distance_and_sides(predicted, true)
    return float(np.mean(distance <= share * np.linalg.norm(sides, axis=1)[:, None]))


PCK = Exercise(
    id="14.6",
    title="The share of correct keypoints",
    answer_name="pck",
    section="Where exactly: keypoints",
    minutes=8,
    points=2,
    cases=_point_sets,
    reference=pck,
    solved_by=("vision_tasks.metrics.pck",),
    mistakes=(
        Mistake(
            "measures all objects by one size",
            _by_mean_size,
            "All objects are measured by their mean size, so points on small ones pass too easily and points on large "
            "ones fail. Give each object its own allowance: share · its longer side.",
        ),
        Mistake(
            "measures in pixels",
            _of_the_picture,
            "The allowance is a share of the picture's 48 pixels for every object. Take a share of the object's "
            "longer side.",
        ),
        Mistake(
            "measures by the shorter side",
            _by_shorter_side,
            "The allowance is a share of the shorter side, which is almost nothing for a thin object. Take the longer "
            "side.",
        ),
        Mistake(
            "wants the whole object right",
            _whole_objects,
            "An object counts only if all of its points are right. PCK counts points: average over all of them.",
        ),
        Mistake(
            "compares y and x one by one",
            _axis_by_axis,
            "y and x are compared separately, so a point in the corner of the square passes. Take the distance: "
            "`np.linalg.norm(predicted - true, axis=2)`.",
        ),
        Mistake(
            "measures by the predicted points",
            _by_predicted_size,
            "The size comes from the predicted points, so points that are far off raise their own allowance. Measure "
            "the true points.",
        ),
        Mistake(
            "gives per cent",
            lambda predicted, true, share: 100 * pck(predicted, true, share),
            "This is in per cent. A share is between 0 and 1: do not multiply by 100.",
        ),
        Mistake(
            "measures by the diagonal",
            _by_diagonal,
            "The allowance is a share of the box's diagonal. Take the longer of its two sides.",
        ),
    ),
    hints=(
        "Compute two arrays: the distances (n, points), and one size for each object (n,).",
        "`sides = true.max(axis=1) - true.min(axis=1)` is (n, 2); the longer one is `sides.max(axis=1)`.",
        "`np.mean(distance <= share * size[:, np.newaxis])`",
    ),
)

EXERCISES = (BOX_IOU, SUPPRESS, AVERAGE_PRECISION, UNET, MEAN_IOU, PCK)
