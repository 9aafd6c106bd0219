"""Exercises of chapter 09 on one optimizer step, on preprocessing and on top-k accuracy."""

import numpy as np

from workbook.exercises import Exercise, Mistake
from workbook.exercises.compare import close

Inputs = tuple
Pair = tuple[np.ndarray, np.ndarray]


def _step_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = []
    for shape, momentum, decay in (
        ((3, 4), 0.9, 0.3),
        ((5,), 0.5, 0.2),
        ((2, 3, 2), 0.8, 0.0),
        ((2, 2), 0.0, 0.4),
    ):
        arrays = [rng.normal(size=shape) for _ in range(3)]
        cases.append((*arrays, float(rng.uniform(0.1, 0.5)), momentum, decay))
    return cases


def momentum_step(
    weights: np.ndarray,
    velocity: np.ndarray,
    gradient: np.ndarray,
    rate: float,
    momentum: float,
    decay: float,
) -> Pair:
    """Take AlexNet's step: v ← μ·v − α·(gradient + λ·w), w ← w + v."""
    velocity = momentum * velocity - rate * (gradient + decay * weights)
    return weights + velocity, velocity


def _plus(w: np.ndarray, v: np.ndarray, g: np.ndarray, rate: float, momentum: float, decay: float) -> Pair:
    return momentum_step(w, v, -g, rate, momentum, -decay)


def _no_decay(
    w: np.ndarray, v: np.ndarray, g: np.ndarray, rate: float, momentum: float, decay: float
) -> Pair:
    return momentum_step(w, v, g, rate, momentum, 0.0)


def _old(w: np.ndarray, v: np.ndarray, g: np.ndarray, rate: float, momentum: float, decay: float) -> Pair:
    return w + v, momentum_step(w, v, g, rate, momentum, decay)[1]


def _rate_outside(
    w: np.ndarray, v: np.ndarray, g: np.ndarray, rate: float, momentum: float, decay: float
) -> Pair:
    velocity = momentum * v + g + decay * w
    return w - rate * velocity, velocity


def _average(w: np.ndarray, v: np.ndarray, g: np.ndarray, rate: float, momentum: float, decay: float) -> Pair:
    return momentum_step(w, v, (1 - momentum) * (g + decay * w), rate, momentum, 0.0)


def _decoupled(
    w: np.ndarray, v: np.ndarray, g: np.ndarray, rate: float, momentum: float, decay: float
) -> Pair:
    velocity = momentum * v - rate * g
    return w - rate * decay * w + velocity, velocity


def _swapped(w: np.ndarray, v: np.ndarray, g: np.ndarray, rate: float, momentum: float, decay: float) -> Pair:
    return momentum_step(w, v, g, rate, momentum, decay)[::-1]


MOMENTUM_STEP = Exercise(
    id="9.3",
    title="One step with momentum",
    answer_name="momentum_step",
    section="Momentum",
    minutes=8,
    points=2,
    cases=_step_cases,
    reference=momentum_step,
    compare=close(rtol=1e-6, atol=1e-10),
    mistakes=(
        Mistake(
            "climbs", _plus, "The gradient is added: that climbs the loss. The velocity loses α·gradient."
        ),
        Mistake(
            "leaves the decay out", _no_decay, "The weight decay is missing: λ·w belongs to the gradient."
        ),
        Mistake(
            "moves by the old velocity",
            _old,
            "The weights move by the velocity from before this step. Update the velocity first, then add the new one.",
        ),
        Mistake(
            "keeps the rate outside the velocity",
            _rate_outside,
            "This is the rule of some other frameworks: v ← μ·v + gradient, w ← w − α·v. Keras and AlexNet keep α "
            "*inside* the velocity; the two differ as soon as the rate changes.",
        ),
        Mistake(
            "averages the gradient",
            _average,
            "The gradient is multiplied by 1 − μ, as in RMSProp and Adam. Plain momentum takes it whole.",
        ),
        Mistake(
            "decays past the velocity",
            _decoupled,
            "The decay goes straight to the weights, as Keras's option `weight_decay=` does. In AlexNet's rule it is "
            "part of the gradient and enters the velocity.",
        ),
        Mistake("returns them in the other order", _swapped, "Return the weights first, then the velocity."),
    ),
    hints=(
        "First everything that pulls at the weights: `pull = gradient + decay * weights`.",
        "The new velocity: `momentum * velocity - rate * pull`. The new weights: the old ones plus that.",
    ),
)


def _picture_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = []
    for height, width, size in ((9, 14, 6), (15, 8, 7), (7, 7, 7), (11, 12, 4)):
        image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        cases.append((image, size, rng.uniform(0.3, 0.6, 3), rng.uniform(0.2, 0.3, 3)))
    return cases


def prepare(image: np.ndarray, size: int, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Cut the middle `size` × `size` out, scale to 0-1, subtract the mean and divide by the deviation."""
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    crop = image[top : top + size, left : left + size]
    return (crop / 255 - mean) / deviation


def _corner(image: np.ndarray, size: int, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    return prepare(image[:size, :size], size, mean, deviation)


def _turned(image: np.ndarray, size: int, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    left, top = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return (image[top : top + size, left : left + size] / 255 - mean) / deviation


def _pixels(image: np.ndarray, size: int, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    return prepare(image.astype(float) * 255, size, mean, deviation)


def _bgr(image: np.ndarray, size: int, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    return prepare(image[..., ::-1], size, mean, deviation)


def _no_deviation(image: np.ndarray, size: int, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    return prepare(image, size, mean, np.ones(3))


def _own(image: np.ndarray, size: int, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    crop = prepare(image, size, np.zeros(3), np.ones(3))
    return (crop - crop.mean(axis=(0, 1))) / crop.std(axis=(0, 1))


PREPARE = Exercise(
    id="9.5",
    title="From photograph to input",
    answer_name="prepare",
    section="Resize, crop, normalise",
    minutes=8,
    points=2,
    cases=_picture_cases,
    reference=prepare,
    mistakes=(
        Mistake(
            "cuts the corner", _corner,
            "This is the top left corner. The middle starts at (height − size) // 2 and (width − size) // 2.",
        ),
        Mistake(
            "swaps height and width", _turned,
            "Height and width are exchanged in the offsets: `image.shape` is (height, width, channels).",
        ),
        Mistake(
            "forgets to divide by 255", _pixels,
            "The pixels are still 0 to 255, while mean and deviation are those of pixels from 0 to 1.",
        ),
        Mistake(
            "turns the colours round", _bgr,
            "The channels come out as BGR. Keras's VGG weights want that; this network was trained on RGB.",
        ),
        Mistake(
            "leaves the deviation out", _no_deviation,
            "The mean is subtracted, but nothing is divided by the deviation.",
        ),
        Mistake(
            "normalises by the picture's own mean", _own,
            "This takes the mean and deviation of the picture itself. The network was trained with those of the whole "
            "training set; they are given.",
        ),
    ),
    hints=(
        "The offsets: `top = (image.shape[0] - size) // 2`, and `left` likewise from `image.shape[1]`.",
        "Cut with slices: `image[top : top + size, left : left + size]`.",
        "`(crop / 255 - mean) / deviation`: arrays of three numbers meet the last axis, the channels.",
    ),
)  # fmt: skip


def _top_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = []
    for batch, classes, k in ((40, 12, 5), (50, 20, 3), (30, 6, 1), (25, 9, 8)):
        probabilities = rng.dirichlet(np.ones(classes), batch)
        ranks = rng.permutation(np.arange(batch) % classes)  # the true class stands at every rank
        cases.append((probabilities, np.argsort(-probabilities, axis=1)[np.arange(batch), ranks], k))
    return cases


def top_k_accuracy(probabilities: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Give the share of rows whose true class is among the k likeliest."""
    likeliest = np.argsort(-probabilities, axis=1)[:, :k]  # (batch, k)
    return float((likeliest == labels[:, None]).any(axis=1).mean())


def _least(probabilities: np.ndarray, labels: np.ndarray, k: int) -> float:
    return top_k_accuracy(-probabilities, labels, k)


def _kth(probabilities: np.ndarray, labels: np.ndarray, k: int) -> float:
    return float((np.argsort(-probabilities, axis=1)[:, k - 1] == labels).mean())


def _first_columns(probabilities: np.ndarray, labels: np.ndarray, k: int) -> float:
    return float((labels < k).mean())


def _mean_of_all(probabilities: np.ndarray, labels: np.ndarray, k: int) -> float:
    return top_k_accuracy(probabilities, labels, k) / k


TOP_K = Exercise(
    id="9.6",
    title="Top-5",
    answer_name="top_k_accuracy",
    section="How good is it? Top-1 and top-5",
    minutes=8,
    points=2,
    cases=_top_cases,
    reference=top_k_accuracy,
    mistakes=(
        Mistake(
            "counts the likeliest only",
            lambda probabilities, labels, k: top_k_accuracy(probabilities, labels, 1),
            "This is the top-1 accuracy. An answer counts if the true class is anywhere among the k likeliest.",
        ),
        Mistake(
            "takes the least likely",
            _least,
            "These are the k *smallest* probabilities: `argsort` sorts upwards. Sort −probabilities, or take the end.",
        ),
        Mistake("looks at the k-th only", _kth, "Only the k-th guess is compared. All of the first k count."),
        Mistake(
            "gives the error",
            lambda probabilities, labels, k: 1 - top_k_accuracy(probabilities, labels, k),
            "This is the top-k *error*, 1 − accuracy. Tables state errors; here the accuracy is asked for.",
        ),
        Mistake(
            "averages over the guesses",
            _mean_of_all,
            "The hits are averaged over all k guesses. A row is one hit if any guess is right: `.any(axis=1)`, then "
            "the mean.",
        ),
        Mistake(
            "counts the rows",
            lambda probabilities, labels, k: top_k_accuracy(probabilities, labels, k) * len(labels),
            "This is the number of hits. The accuracy is their share of all rows.",
        ),
        Mistake(
            "takes the first columns",
            _first_columns,
            "Sort the probabilities first: the classes stand in the order of their numbers, not of their "
            "probabilities.",
        ),
    ),
    hints=(
        "`np.argsort(-probabilities, axis=1)` lists the classes of each row, likeliest first.",
        "Keep the first k columns and compare them with `labels[:, None]`: a table (batch, k) of True and False.",
        "`.any(axis=1)` makes one truth a row; the mean is the accuracy.",
    ),
)
