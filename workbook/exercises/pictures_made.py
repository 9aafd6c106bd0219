"""Three exercises of chapter 10 about pictures made by gradient ascent: a step, the roughness, the deception."""

import numpy as np

from workbook.exercises import Exercise, Mistake

Inputs = tuple


def _step_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for shape, size, rate in (((2, 3, 4, 1), 0.01, 0.1), ((3, 2, 2, 3), 5.0, 0.3), ((1, 4, 3, 1), 1.0, 0.9)):
        scales = size * 10.0 ** np.arange(shape[0]).reshape(-1, 1, 1, 1)
        cases.append((rng.uniform(0, 1, shape), scales * rng.normal(0.4, 1, shape), rate))
    return cases


def step_uphill(images: np.ndarray, gradients: np.ndarray, rate: float) -> np.ndarray:
    """Move each image along its gradient, divided by its root mean square, and keep the pixels in 0 to 1."""
    size = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    return np.clip(images + rate * gradients / size, 0, 1)


def _step(images: np.ndarray, direction: np.ndarray, rate: float) -> np.ndarray:
    return np.clip(images + rate * direction, 0, 1)


def _size(gradients: np.ndarray) -> np.ndarray:
    return np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))


UPHILL = Exercise(
    id="10.3",
    title="One step uphill",
    answer_name="step_uphill",
    section="Gradient ascent on the pixels",
    minutes=8,
    points=2,
    cases=_step_cases,
    reference=step_uphill,
    mistakes=(
        Mistake(
            "goes downhill",
            lambda images, gradients, rate: _step(images, -gradients / _size(gradients), rate),
            "This goes downhill, as training does. Here the score must rise: add the gradient.",
        ),
        Mistake(
            "takes the gradient as it is",
            lambda images, gradients, rate: _step(images, gradients, rate),
            "The gradient is used as it is: a faint one moves nothing, a steep one jumps. Divide it by its root mean "
            "square.",
        ),
        Mistake(
            "measures the whole batch",
            lambda images, gradients, rate: _step(images, gradients / np.sqrt((gradients**2).mean()), rate),
            "One size is taken for the whole batch, so one steep image slows all others. Each image has its own: "
            "`axis=(1, 2, 3), keepdims=True`.",
        ),
        Mistake(
            "divides by the norm",
            lambda images, gradients, rate: _step(
                images, gradients / np.sqrt((gradients**2).sum(axis=(1, 2, 3), keepdims=True)), rate
            ),
            "You divide by the root of the *sum* of squares, so the step shrinks with the number of pixels. Take the "
            "mean of the squares.",
        ),
        Mistake(
            "forgets the root",
            lambda images, gradients, rate: _step(images, gradients / _size(gradients) ** 2, rate),
            "The root is missing: `np.sqrt` of the mean of the squares.",
        ),
        Mistake(
            "keeps the sign only",
            lambda images, gradients, rate: _step(images, np.sign(gradients), rate),
            "Every pixel moves by the same amount. Pixels with a larger slope should move further.",
        ),
        Mistake(
            "leaves the range",
            lambda images, gradients, rate: images + rate * gradients / _size(gradients),
            "Pixels leave 0 to 1, where no image is. Put them back with `np.clip`.",
        ),
    ),
    hints=(
        "Three things: the size of each image's gradient, the move, and back into the range.",
        "`np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))` is (batch, 1, 1, 1).",
        "`np.clip(images + rate * gradients / size, 0, 1)`",
    ),
)


def _image_cases(rng: np.random.Generator) -> list[Inputs]:
    return [(rng.uniform(0, 1, shape),) for shape in ((2, 5, 4, 1), (3, 3, 6, 2), (1, 4, 4, 1))]


def total_variation(images: np.ndarray) -> np.ndarray:
    """Add up the absolute differences of neighbours, down and to the right, for each image."""
    down = np.abs(images[:, 1:] - images[:, :-1]).sum(axis=(1, 2, 3))
    right = np.abs(images[:, :, 1:] - images[:, :, :-1]).sum(axis=(1, 2, 3))
    return down + right


def _differences(images: np.ndarray) -> list[np.ndarray]:
    return [np.diff(images, axis=1), np.diff(images, axis=2)]


TOTAL_VARIATION = Exercise(
    id="10.5",
    title="How rough is a picture?",
    answer_name="total_variation",
    section="A price for ink",
    minutes=8,
    points=2,
    cases=_image_cases,
    reference=total_variation,
    mistakes=(
        Mistake(
            "squares the differences",
            lambda images: sum((one**2).sum(axis=(1, 2, 3)) for one in _differences(images)),
            "The differences are squared. Total variation adds their absolute values, so that one sharp edge costs no "
            "more than the same rise in small steps.",
        ),
        Mistake(
            "lets ups and downs cancel",
            lambda images: sum(one.sum(axis=(1, 2, 3)) for one in _differences(images)),
            "Rises and falls cancel here. Take the absolute value of each difference before you add.",
        ),
        Mistake(
            "takes the absolute value too late",
            lambda images: sum(np.abs(one.sum(axis=(1, 2, 3))) for one in _differences(images)),
            "The absolute value comes after the sum, when rises and falls have cancelled. Take it of each difference.",
        ),
        Mistake(
            "looks down only",
            lambda images: np.abs(np.diff(images, axis=1)).sum(axis=(1, 2, 3)),
            "Only neighbours in a column are compared. Those in a row count as well.",
        ),
        Mistake(
            "looks right only",
            lambda images: np.abs(np.diff(images, axis=2)).sum(axis=(1, 2, 3)),
            "Only neighbours in a row are compared. Those in a column count as well.",
        ),
        Mistake(
            "wraps around the edge",
            lambda images: sum(
                np.abs(images - np.roll(images, 1, axis)).sum(axis=(1, 2, 3)) for axis in (1, 2)
            ),
            "The last row is compared with the first: `np.roll` goes round the edge. Compare rows 1 to the end with "
            "rows 0 to the last but one.",
        ),
        Mistake(
            "adds up the batch",
            lambda images: sum(np.abs(one).sum() for one in _differences(images)),
            "One number comes out for the whole batch. Sum over axes 1, 2 and 3 only.",
        ),
        Mistake(
            "takes means",
            lambda images: sum(np.abs(one).mean(axis=(1, 2, 3)) for one in _differences(images)),
            "These are means of the differences. Total variation is a sum.",
        ),
    ),
    hints=(
        "`images[:, 1:] - images[:, :-1]` is the difference of each row and the one above.",
        "Absolute values first, then the sum over axes (1, 2, 3); the same along the width.",
    ),
)


def _deception_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for count, classes, threshold in ((24, 3, 0.6), (40, 4, 0.5), (31, 2, 0.75)):
        probabilities = rng.dirichlet(np.full(classes, 0.5), count)
        targets = np.where(rng.random(count) < 0.6, probabilities.argmax(1), rng.integers(0, classes, count))
        probabilities[:2] = (1 - threshold) / (classes - 1)
        targets[:2] = 1, 0
        probabilities[[0, 1], [1, 0]] = threshold  # just enough
        probabilities[2:5] = 0.04 / (classes - 1)
        probabilities[2:5, 1] = 0.96
        targets[2:5] = 0, 0, 1
        cases.append((probabilities, targets, threshold))
    return cases


def share_fooled(probabilities: np.ndarray, targets: np.ndarray, threshold: float) -> float:
    """Give the share of images whose target class has at least this probability."""
    chosen = probabilities[np.arange(len(targets)), targets]
    return float((chosen >= threshold).mean())


def _chosen(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return probabilities[np.arange(len(targets)), targets]


FOOLED = Exercise(
    id="10.6",
    title="Is it fooled?",
    answer_name="share_fooled",
    section="Is another network fooled too?",
    minutes=6,
    points=2,
    cases=_deception_cases,
    reference=share_fooled,
    mistakes=(
        Mistake(
            "asks for any class",
            lambda p, targets, threshold: float((p.max(axis=1) >= threshold).mean()),
            "An image counts here if *some* class is probable. It fools the network only if the class that it was made "
            "for is.",
        ),
        Mistake(
            "asks for the likeliest class",
            lambda p, targets, threshold: float((p.argmax(axis=1) == targets).mean()),
            "The threshold is not used: this asks whether the target is the likeliest class. Asked for is a "
            "probability of at least the threshold.",
        ),
        Mistake(
            "leaves the threshold out",
            lambda p, targets, threshold: float((_chosen(p, targets) > threshold).mean()),
            "An image with exactly the threshold is left out. At least means `>=`.",
        ),
        Mistake(
            "counts",
            lambda p, targets, threshold: int((_chosen(p, targets) >= threshold).sum()),
            "This is a count. A share is divided by the number of images.",
        ),
        Mistake(
            "averages the probabilities",
            lambda p, targets, threshold: float(_chosen(p, targets).mean()),
            "This is the mean probability of the target class. First ask of each image whether it reaches the "
            "threshold, then take the share.",
        ),
        Mistake(
            "pairs every image with every target",
            lambda p, targets, threshold: float((p[:, targets] >= threshold).mean()),
            "`probabilities[:, targets]` pairs every image with every target. Give rows as well: "
            "`probabilities[np.arange(len(targets)), targets]`.",
        ),
    ),
    hints=(
        "First pick one number for each image: the probability of the class that it was made for.",
        "`probabilities[np.arange(len(targets)), targets]`, as in exercise 5.1.",
        "Compare with the threshold, and take the mean of the True and False.",
    ),
)
