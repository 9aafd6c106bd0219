"""Exercises of chapter 16 about larger batches, and batches that several devices share."""

import math

import numpy as np

from workbook.exercises.compare import close
from workbook.exercises.exercise import Exercise, Mistake

Inputs = tuple
Plan = tuple[int, float]  # steps, and the rate at one of them


def _batch_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw steps before, at and after the top of the schedule, and images that do not divide by the batch."""
    cases: list[Inputs] = [(10, 50_000, 100, 0.1, 1), (40, 50_000, 100, 0.1, 4)]
    for k in (2, 3, 8):
        batch_size, rate = int(rng.integers(20, 60)), float(rng.uniform(0.01, 0.2))
        images = k * batch_size * int(rng.integers(40, 90)) + int(rng.integers(1, k * batch_size))
        steps = math.ceil(images / (k * batch_size))
        places = (0, 1, steps // 10, steps // 5 + 1, steps // 2, steps - 1)
        cases += [(step, images, batch_size, rate, k) for step in places]
    return cases


def larger_batch(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    """Give the steps of one epoch with batches k times as large, and the one-cycle rate at a step."""
    steps = int(np.ceil(images / (k * batch_size)))
    peak, top = k * rate, steps / 5
    if step < top:
        return steps, peak * step / top
    return steps, peak * (steps - step) / (steps - top)


def _one_cycle(step: int, steps: int, peak: float) -> float:
    top = steps / 5
    return peak * step / top if step < top else peak * (steps - step) / (steps - top)


def _floored(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    steps = images // (k * batch_size)
    return steps, _one_cycle(step, steps, k * rate)


def _more_steps(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    steps = math.ceil(images / batch_size) * k
    return steps, _one_cycle(step, steps, k * rate)


def _same_steps(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    steps = math.ceil(images / batch_size)
    return steps, _one_cycle(step, steps, k * rate)


def _no_warm_up(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    steps = math.ceil(images / (k * batch_size))
    return steps, k * rate * (steps - step) / steps


def _constant(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    steps = math.ceil(images / (k * batch_size))
    return steps, k * rate * min(1, step / (steps / 5))


LARGER_BATCH = Exercise(
    id="16.4",
    title="k times the batch",
    answer_name="larger_batch",
    section="Batch size and learning rate",
    minutes=10,
    points=3,
    cases=_batch_cases,
    reference=larger_batch,
    compare=close(rtol=1e-6, atol=1e-12),
    mistakes=(
        Mistake(
            "leaves the rate as it was",
            lambda step, images, batch_size, rate, k: larger_batch(step, images, batch_size, rate / k, k),
            "The peak is the old rate. There are k times fewer steps, so each has to go k times as far: k · rate.",
        ),
        Mistake(
            "scales with the root of k",
            lambda step, images, batch_size, rate, k: larger_batch(
                step, images, batch_size, rate / k**0.5, k
            ),
            "This scales the rate with √k, a rule for other optimisers. Linear scaling is asked for: k · rate.",
        ),
        Mistake(
            "divides the rate by k",
            lambda step, images, batch_size, rate, k: larger_batch(step, images, batch_size, rate / k**2, k),
            "The rate is divided by k. Fewer steps need a larger rate: multiply.",
        ),
        Mistake(
            "keeps the number of steps",
            _same_steps,
            "These are the steps of the old batch. A batch k times as large uses the epoch up in a k-th of the steps.",
        ),
        Mistake(
            "multiplies the steps by k",
            _more_steps,
            "A larger batch needs fewer steps for an epoch, not more: images / (k · batch_size).",
        ),
        Mistake(
            "drops the last batch",
            _floored,
            "The last, smaller batch is a step too: round up, as `math.ceil` or `np.ceil` do.",
        ),
        Mistake(
            "starts at the peak",
            _no_warm_up,
            "There is no warm-up: in the first fifth of the steps the rate *rises* from 0 to the peak.",
        ),
        Mistake(
            "stays at the peak",
            _constant,
            "After the warm-up the rate stays at its peak. It should fall on a straight line, to 0 at the end.",
        ),
    ),
    hints=(
        "The number of steps: `int(np.ceil(images / (k * batch_size)))`. The peak: `k * rate`, reached at `steps / 5`.",
        "Going up, for `step < top`: a share step / top of the peak.",
        "Coming down: (steps − step) of (steps − top) are left, so `peak * (steps - step) / (steps - top)`.",
    ),
)


def _device_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw gradients of two to five devices, with shares that are equal, ragged, and in one case empty."""
    cases: list[Inputs] = [(np.array([[1.0, 2.0], [4.0, -1.0]]), np.array([3, 1]))]
    for devices in (2, 3, 5):
        shares = rng.integers(5, 40, devices) * np.arange(1, devices + 1)
        cases.append((rng.normal(size=(devices, 4)), shares))
    idle = rng.normal(size=(3, 4)) * np.array([[1], [1], [0]])
    return [*cases, (idle, np.array([16, 7, 0])), (rng.normal(size=(4, 3)), np.full(4, 32))]


def whole_gradient(gradients: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Give the whole batch's mean gradient from the means (devices, weights) and the images of each device."""
    return counts @ gradients / counts.sum()


WHOLE_GRADIENT = Exercise(
    id="16.5",
    title="One gradient from many",
    answer_name="whole_gradient",
    section="Data parallelism by hand",
    minutes=6,
    points=2,
    cases=_device_cases,
    reference=whole_gradient,
    mistakes=(
        Mistake(
            "takes the plain mean",
            lambda gradients, counts: gradients.mean(axis=0),
            "This is right only if all devices hold equally many images. A device's mean speaks for its images: weigh "
            "it by their number.",
        ),
        Mistake(
            "adds the devices up",
            lambda gradients, counts: gradients.sum(axis=0),
            "A sum of means grows with the number of devices. The gradient of a mean is a mean: weigh, and divide.",
        ),
        Mistake(
            "weighs and does not divide",
            lambda gradients, counts: counts @ gradients,
            "This is the *sum* of the gradients of all images. Divide by the number of all images.",
        ),
        Mistake(
            "divides by the number of devices",
            lambda gradients, counts: counts @ gradients / len(counts),
            "The weights are numbers of images, so they add up to all images: divide by `counts.sum()`.",
        ),
        Mistake(
            "averages over the weights instead of the devices",
            lambda gradients, counts: gradients.mean(axis=1),
            "The result has one number a device. It should have one number a weight: average over axis 0, the devices.",
        ),
        Mistake(
            "takes the fullest device",
            lambda gradients, counts: gradients[counts.argmax()],
            "This uses one device and throws the others' work away. All images count alike.",
        ),
    ),
    hints=(
        "A device's mean times its count is the sum over its images. Those sums may be added.",
        "Then divide by the number of all images, `counts.sum()`.",
        "With matrices: `counts @ gradients` is the sum, (weights,).",
    ),
)


def _norm_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw the statistics of equal shares of a batch, far apart enough to matter."""
    cases: list[Inputs] = [(np.array([[0.0], [4.0]]), np.array([[1.0], [1.0]]))]
    for devices in (2, 3, 8):
        shares = rng.normal(rng.normal(0, 2, (devices, 1, 3)), rng.uniform(0.5, 2), (devices, 20, 3))
        cases.append((shares.mean(axis=1), shares.var(axis=1)))
    return cases


def global_statistics(means: np.ndarray, variances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give mean and variance (channels,) of the whole batch from those of equal shares (devices, channels)."""
    mean = means.mean(axis=0)
    variance = (variances + means**2).mean(axis=0) - mean**2
    return mean, variance


NORM_STATISTICS = Exercise(
    id="16.6",
    title="One batch norm from many",
    answer_name="global_statistics",
    section="Batch normalisation across devices",
    minutes=8,
    points=2,
    cases=_norm_cases,
    reference=global_statistics,
    compare=close(rtol=1e-5, atol=1e-9),
    mistakes=(
        Mistake(
            "averages the variances",
            lambda means, variances: (means.mean(axis=0), variances.mean(axis=0)),
            "The mean of the variances leaves out how far the devices' means lie apart. Add that spread.",
        ),
        Mistake(
            "takes the spread of the means alone",
            lambda means, variances: (means.mean(axis=0), means.var(axis=0)),
            "This is how the devices differ from each other. The images differ within each device, too.",
        ),
        Mistake(
            "forgets to take the mean's square off",
            lambda means, variances: (means.mean(axis=0), (variances + means**2).mean(axis=0)),
            "This is the mean of the squares, E[x²]. The variance is E[x²] − E[x]².",
        ),
        Mistake(
            "averages the standard deviations",
            lambda means, variances: (means.mean(axis=0), np.sqrt(variances).mean(axis=0) ** 2),
            "Standard deviations cannot be averaged. Average the squares, E[x²] = variance + mean², then take the "
            "mean's square off.",
        ),
        Mistake(
            "adds the variances up",
            lambda means, variances: (means.mean(axis=0), variances.sum(axis=0)),
            "The sum of the variances grows with the number of devices. Average the squares instead.",
        ),
        Mistake(
            "counts the devices as a sample",
            lambda means, variances: (
                means.mean(axis=0),
                variances.mean(axis=0) + means.var(axis=0, ddof=1),
            ),
            "The spread of the means is divided by devices − 1 here. Batch normalisation divides by the number itself: "
            "`ddof=0`.",
        ),
    ),
    hints=(
        "The mean is easy: the shares are equal, so it is the mean of the means.",
        "Squares may be averaged, variances may not: on each device the mean of the squares is variance + mean².",
        "Average those over the devices, and take the square of the global mean off.",
    ),
)
