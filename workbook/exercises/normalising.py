"""Two exercises on batch normalisation: the formulas in training mode, and the statistics kept for inference."""

from typing import Any

import numpy as np

from workbook.exercises import Exercise, Mistake

Inputs = tuple


def _norm_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw batches with channels of different centre and spread; ε is large, so that its place shows."""
    cases = []
    for shape in ((4, 5, 3, 2), (3, 2, 4, 5), (6, 1, 1, 3), (2, 3, 5, 4)):
        spread, centre = rng.uniform(0.2, 0.8, shape[-1]), rng.uniform(1, 3, shape[-1])
        gamma, beta = rng.uniform(1.5, 3, shape[-1]), rng.uniform(0.3, 1, shape[-1])
        drawn = rng.normal(size=shape) + np.arange(shape[0])[:, None, None, None]  # images differ
        cases.append((drawn * spread + centre, gamma, beta, float(rng.uniform(0.1, 0.4))))
    cases[1][0][..., 0] = 1.5  # a channel that does not vary
    return cases


def batch_norm(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float) -> np.ndarray:
    """Normalise each channel over the batch and all places, then scale and shift it."""
    mean = x.mean(axis=(0, 1, 2))
    variance = ((x - mean) ** 2).mean(axis=(0, 1, 2))
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def _normalised(x: np.ndarray, gamma: Any, beta: Any, epsilon: float, axes: Any) -> np.ndarray:
    """Normalise over other axes."""
    mean, variance = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


BATCH_NORM = Exercise(
    id="7.3",
    title="Batch normalisation in NumPy",
    answer_name="batch_norm",
    section="Batch normalisation",
    minutes=12,
    points=3,
    cases=_norm_cases,
    reference=batch_norm,
    mistakes=(
        Mistake(
            "takes one mean for everything",
            lambda x, gamma, beta, epsilon: _normalised(x, gamma, beta, epsilon, (0, 1, 2, 3)),
            "One mean and one variance for all channels together. Each channel has its own: take them over the axes "
            "(0, 1, 2) and leave the last one.",
        ),
        Mistake(
            "normalises each place by itself",
            lambda x, gamma, beta, epsilon: _normalised(x, gamma, beta, epsilon, 0),
            "The statistics are taken over the batch alone, for each place by itself. After a convolution a channel is "
            "the same feature at every place, so height and width count too: axis=(0, 1, 2).",
        ),
        Mistake(
            "normalises each image by itself",
            lambda x, gamma, beta, epsilon: _normalised(x, gamma, beta, epsilon, (1, 2)),
            "Each image is normalised by itself; that is called instance normalisation. Here the batch (axis 0) "
            "is part of the mean.",
        ),
        Mistake(
            "normalises over the channels",
            lambda x, gamma, beta, epsilon: _normalised(x, gamma, beta, epsilon, -1),
            "The statistics run over the channels of one pixel; that is layer normalisation. Keep the channels "
            "apart, and take the mean over all the other axes.",
        ),
        Mistake(
            "divides by the variance",
            lambda x, gamma, beta, epsilon: (
                gamma * (x - x.mean((0, 1, 2))) / (x.var((0, 1, 2)) + epsilon) + beta
            ),
            "This divides by the variance. Divide by its square root, which has the unit of x.",
        ),
        Mistake(
            "adds ε outside the root",
            lambda x, gamma, beta, epsilon: (
                gamma * (x - x.mean((0, 1, 2))) / (x.std((0, 1, 2)) + epsilon) + beta
            ),
            "ε is added to the root. In the paper and in Keras it stands inside: √(variance + ε).",
        ),
        Mistake(
            "leaves ε out where it is not needed",
            lambda x, gamma, beta, epsilon: (
                gamma * (x - x.mean((0, 1, 2))) / np.maximum(x.std((0, 1, 2)), np.sqrt(epsilon) * 1e-3) + beta
            ),
            "ε is missing. It is part of the formula, √(variance + ε), and not only a guard against zero.",
        ),
        Mistake(
            "divides the variance by m − 1",
            lambda x, gamma, beta, epsilon: (
                gamma * (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2), ddof=1) + epsilon) + beta
            ),
            "The variance divides by m − 1. In training mode it is the plain mean of the squared distances: 1/m.",
        ),
        Mistake(
            "forgets γ and β",
            lambda x, gamma, beta, epsilon: _normalised(x, 1.0, 0.0, epsilon, (0, 1, 2)),
            "The last step is missing: γ · x̂ + β.",
        ),
    ),
    hints=(
        "m counts everything that a channel has in the batch: batch · height · width values.",
        "`mean = x.mean(axis=(0, 1, 2))` has one number a channel, and broadcasts against (batch, H, W, C).",
        "`gamma * (x - mean) / np.sqrt(x.var(axis=(0, 1, 2)) + epsilon) + beta`",
    ),
)


def _moving_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for count, shape in ((3, (4, 3, 2, 3)), (1, (2, 3, 5, 2)), (5, (3, 2, 2, 4))):
        drawn = [rng.normal(size=shape) * rng.uniform(1.5, 3) + rng.uniform(1, 4) for _ in range(count)]
        cases.append((drawn, float(rng.uniform(0.6, 0.9))))
    return cases


def moving_statistics(batches: list[np.ndarray], momentum: float) -> tuple[np.ndarray, np.ndarray]:
    """Follow Keras's moving mean and variance of each channel through the batches."""
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.ones(channels)
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean(axis=(0, 1, 2))
        variance = momentum * variance + (1 - momentum) * batch.var(axis=(0, 1, 2))
    return mean, variance


def _moving(
    batches: list[np.ndarray], momentum: float, *, start: float = 1.0, ddof: int = 0, root: bool = False
) -> Any:
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.full(channels, start)
    for batch in batches:
        spread = batch.var(axis=(0, 1, 2), ddof=ddof)
        mean = momentum * mean + (1 - momentum) * batch.mean(axis=(0, 1, 2))
        variance = momentum * variance + (1 - momentum) * (np.sqrt(spread) if root else spread)
    return mean, variance


def _averaged(batches: list[np.ndarray], momentum: float) -> Any:
    means = [batch.mean(axis=(0, 1, 2)) for batch in batches]
    return np.mean(means, axis=0), np.mean([batch.var(axis=(0, 1, 2)) for batch in batches], axis=0)


MOVING = Exercise(
    id="7.4",
    title="Moving statistics",
    answer_name="moving_statistics",
    section="Training and inference",
    minutes=8,
    points=2,
    cases=_moving_cases,
    reference=moving_statistics,
    mistakes=(
        Mistake(
            "gives the momentum to the new batch",
            lambda batches, momentum: _moving(batches, 1 - momentum),
            "Old and new are exchanged. In Keras `momentum` is what stays of the old value; PyTorch's momentum is the "
            "share of the new one, so that Keras's .9 is PyTorch's .1.",
        ),
        Mistake(
            "starts the variance at zero",
            lambda batches, momentum: _moving(batches, momentum, start=0.0),
            "The moving variance starts at 1, as Keras has it (and the moving mean at 0).",
        ),
        Mistake(
            "keeps the standard deviation",
            lambda batches, momentum: _moving(batches, momentum, root=True),
            "These are averages of standard deviations. The variance is kept; the root is taken when it is used.",
        ),
        Mistake(
            "divides the variance by m − 1",
            lambda batches, momentum: _moving(batches, momentum, ddof=1),
            "The batch's variance divides by m − 1. Keras keeps the same variance that it normalises with: 1/m.",
        ),
        Mistake(
            "averages all batches alike",
            _averaged,
            "This is the plain average over the batches. A moving average forgets: each step keeps `momentum` of "
            "the old value and adds 1 − `momentum` of the new one.",
        ),
        Mistake(
            "remembers the last batch only",
            lambda batches, momentum: _moving(batches[-1:], momentum),
            "Only the last batch has left a trace. Update the same two arrays batch after batch.",
        ),
    ),
    hints=(
        "Start with `np.zeros(channels)` and `np.ones(channels)`, and go through the batches in order.",
        "`mean = momentum * mean + (1 - momentum) * batch.mean(axis=(0, 1, 2))`, and the variance likewise.",
    ),
)
