"""The exercises of chapter 09: tables, training recipes, and the use of a trained network."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake, value_exercise
from workbook.exercises.compare import close

# 9.1 MB or MiB?


def _size_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw sizes in MB, in MiB, cut off instead of rounded, and without the four bytes."""
    cases: list[Inputs] = [
        (13_378_280, 51),
        (6_998_552, 51),
        (143_667_240, 548),
        (143_667_240, 575),
        (25_350_000, 97),
    ]
    for kind in ("MB", "MiB", "cut", "count", "kibi", "bits"):
        millions = int(rng.integers(20, 150))
        megabytes = 4 * millions + 0.8  # far from a tie; rounding goes up
        parameters = int(megabytes / 4 * 1e6)
        stated = {
            "MB": round(megabytes), "MiB": round(4 * parameters / 2**20), "cut": 4 * millions, "count": millions,
            "kibi": round(4 * parameters / 2**10 / 10**3), "bits": round(32 * parameters / 1e6),
        }[kind]  # fmt: skip
        cases.append((parameters, stated))
    return cases


def unit_of(parameters: int, stated: int) -> str:
    """Return whether `stated` is the float32 size in MB, in MiB, or in neither."""
    size = 4 * parameters
    if round(size / 10**6) == stated:
        return "MB"
    if round(size / 2**20) == stated:
        return "MiB"
    return "neither"


def _unit(
    parameters: int, stated: int, *, bytes_each: int = 4, mega: float = 1e6, mebi: float = 2**20
) -> str:
    size = bytes_each * parameters
    if round(size / mega) == stated:
        return "MB"
    return "MiB" if round(size / mebi) == stated else "neither"


def _cut_off(parameters: int, stated: int) -> str:
    size = 4 * parameters
    if size // 10**6 == stated:
        return "MB"
    return "MiB" if size // 2**20 == stated else "neither"


AUDIT = Exercise(
    id="9.1",
    title="MB or MiB?",
    answer_name="unit_of",
    section="MB and MiB",
    minutes=8,
    points=2,
    cases=_size_cases,
    reference=unit_of,
    mistakes=(
        Mistake(
            "takes a million for everything",
            lambda parameters, stated: "MB" if round(4 * parameters / 1e6) == stated else "neither",
            'This never returns "MiB". Divide the size by 2²⁰ as well, and compare again.',
        ),
        Mistake(
            "forgets the four bytes",
            lambda parameters, stated: _unit(parameters, stated, bytes_each=1),
            "This compares the *number* of parameters. A float32 takes 4 bytes: multiply by 4.",
        ),
        Mistake(
            "counts bits",
            lambda parameters, stated: _unit(parameters, stated, bytes_each=32),
            "This counts bits. MB and MiB count bytes, and a float32 takes 4: multiply by 4.",
        ),
        Mistake(
            "swaps the units",
            lambda parameters, stated: _unit(parameters, stated, mega=2**20, mebi=1e6),
            "The units are swapped. Divide by 10⁶ for MB, and by 2²⁰ for MiB, which is 4.9 % more.",
        ),
        Mistake(
            "takes 1024 · 1000",
            lambda parameters, stated: _unit(parameters, stated, mebi=1024 * 1000),
            "This divides by 1024 · 1000. A MiB has 1024 · 1024 bytes: divide by 2²⁰.",
        ),
        Mistake(
            "cuts off instead of rounding",
            _cut_off,
            "This discards the decimals, as `//` and `int` do. Tables round: `round(size / 10**6)`.",
        ),
        Mistake(
            "says MB or MiB even where neither fits",
            lambda parameters, stated: "MB" if round(4 * parameters / 1e6) == stated else "MiB",
            'Everything that is not MB is called MiB here. Test both, and return "neither" where neither fits.',
        ),
    ),
    hints=(
        "Compute the size in bytes first: `size = 4 * parameters`.",
        "MB: `round(size / 10**6) == stated`. MiB: the same with `2**20`.",
        'Write three returns: "MB" if the first test holds, "MiB" if the second one does, otherwise "neither".',
    ),
)


# 9.2 Counted twice


AREA = 28 * 28
MACS_3X3 = AREA * 9 * 64 * 192
TOTAL = AREA * (3 * 256 * 64 + 256 * 128 + 9 * 64 * 192 + 25 * 64 * 96)


def _slip(term: str, macs: int, total: int) -> dict[str, Any]:
    return {"term": term, "macs": macs, "total": total}


TWICE = value_exercise(
    id="9.2",
    title="Counted twice",
    answer_name="slip",
    section="Audit a slide",
    minutes=8,
    points=2,
    reference=_slip("3x3", MACS_3X3, TOTAL),
    mistakes=(
        Mistake(
            "takes the 5×5",
            _slip("5x5", AREA * 25 * 64 * 96, TOTAL),
            "The 5×5 term is the largest, but counting it twice would give 391.8 M. Compute each term, and look for "
            "the one that equals the difference.",
        ),
        Mistake(
            "leaves the slide's total",
            _slip("3x3", MACS_3X3, TOTAL + MACS_3X3),
            "The term is right, but this total still counts it twice. Add up the six terms, each once.",
        ),
        Mistake(
            "takes the term out altogether",
            _slip("3x3", MACS_3X3, TOTAL - MACS_3X3),
            "This total leaves the term out. The slide counts it twice: count it once.",
        ),
        Mistake(
            "reads 256 channels",
            _slip("3x3", AREA * 9 * 256 * 192, TOTAL),
            "This is the 3×3 convolution of the naive module, which reads 256 channels. After the 1×1 convolution it "
            "reads 64.",
        ),
        Mistake(
            "forgets the places",
            _slip("3x3", 9 * 64 * 192, TOTAL),
            "This is the number of weights. A MAC is a weight used at one place, and the map has 28·28 places: "
            "multiply by 28·28.",
        ),
        Mistake(
            "counts biases",
            _slip("3x3", AREA * (9 * 64 + 1) * 192, TOTAL),
            "This counts the biases as well. A bias is added, not multiplied: leave the biases out.",
        ),
    ),
    hints=(
        'A convolution takes H·W·F·F·C·filters MACs. H·W is 28·28 for every term, because the padding is "same".',
        "Three 1×1 convolutions read 256 channels and have 64 filters each. The 3×3 and the 5×5 convolution read "
        "those 64 channels. The 1×1 convolution with 128 filters reads all 256.",
        "Add up the six terms, and compare 358.06 M with the sum: the difference is one of the terms.",
    ),
)


# 9.3 One step with momentum


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
    groups=lambda *inputs: "with weight decay" if inputs[-1] else "without weight decay",
    reference=momentum_step,
    compare=close(rtol=1e-6, atol=1e-10),
    mistakes=(
        Mistake(
            "climbs",
            _plus,
            "This adds the gradient, so the step goes up the loss surface. Subtract α times the gradient from the "
            "velocity.",
        ),
        Mistake("leaves the decay out", _no_decay, "The weight decay is missing. Add λ·w to the gradient."),
        Mistake(
            "moves by the old velocity",
            _old,
            "The weights move by the velocity from before this step. Update the velocity first, then add the new one "
            "to the weights.",
        ),
        Mistake(
            "keeps the rate outside the velocity",
            _rate_outside,
            "This is the rule of some other frameworks: v ← μ·v + gradient, w ← w − α·v. Keras and AlexNet put α "
            "*inside* the velocity. The two rules differ as soon as the rate changes.",
        ),
        Mistake(
            "averages the gradient",
            _average,
            "The gradient is multiplied by 1 − μ, as in Adam. Plain momentum uses the whole gradient.",
        ),
        Mistake(
            "decays past the velocity",
            _decoupled,
            "The decay acts on the weights directly, as Keras's option `weight_decay=` does. In AlexNet's rule it is "
            "part of the gradient and enters the velocity: add λ·w to the gradient.",
        ),
        Mistake(
            "returns them in the other order",
            _swapped,
            "The two results are in the wrong order. Return the weights first, then the velocity.",
        ),
    ),
    hints=(
        "First combine everything that pulls at the weights: `pull = gradient + decay * weights`.",
        "The new velocity: `momentum * velocity - rate * pull`. The new weights: the old ones plus that.",
    ),
)


# 9.4 Warm up, then drop


def _rate_cases(rng: np.random.Generator) -> list[Inputs]:
    warmup, peak = int(rng.integers(5, 9)), float(rng.uniform(0.05, 0.3))
    first = warmup + int(rng.integers(10, 20))
    second = first + int(rng.integers(10, 20))
    steps = (0, 2, warmup - 1, warmup, first - 1, first, first + 1, second - 1, second, second + 7)
    drawn: list[Inputs] = [(step, peak, warmup, (first, second)) for step in steps]
    return [*drawn, (0, peak, 1, (40,)), (3, peak, 1, ()), (90, peak, 4, (20, 40, 60))]


def learning_rate(step: int, peak: float, warmup: int, drops: Sequence[int]) -> float:
    """Rise linearly to `peak` over `warmup` steps; divide by ten at each step in `drops`."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.1 ** sum(step >= drop for drop in drops)


def _from_zero(step: int, peak: float, warmup: int, drops: Sequence[int]) -> float:
    return peak * step / warmup if step < warmup else learning_rate(step, peak, warmup, drops)


def _late(step: int, peak: float, warmup: int, drops: Sequence[int]) -> float:
    return learning_rate(step, peak, warmup, tuple(drop + 1 for drop in drops))


def _counted_after(step: int, peak: float, warmup: int, drops: Sequence[int]) -> float:
    return learning_rate(step, peak, warmup, tuple(drop + warmup for drop in drops))


def _halved(step: int, peak: float, warmup: int, drops: Sequence[int]) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 ** sum(step >= drop for drop in drops)


def _warms_up_too_long(step: int, peak: float, warmup: int, drops: Sequence[int]) -> float:
    return peak * (step + 1) / warmup if step <= warmup else learning_rate(step, peak, warmup, drops)


SCHEDULE = Exercise(
    id="9.4",
    title="Warm up, then drop",
    answer_name="learning_rate",
    section="The learning rate over time",
    minutes=10,
    points=2,
    cases=_rate_cases,
    groups=lambda step, base, warmup, drops: "in the warm-up" if step < warmup else "after the warm-up",
    reference=learning_rate,
    compare=close(rtol=1e-6, atol=1e-12),
    mistakes=(
        Mistake(
            "starts at zero",
            _from_zero,
            "The rate of the first step is 0, so it learns nothing. Steps count from 0: use (step + 1) / warmup.",
        ),
        Mistake(
            "leaves the warm-up out",
            lambda step, peak, warmup, drops: learning_rate(step, peak, 0, drops),
            "The rate starts at its peak. While step < warmup it must rise: peak · (step + 1) / warmup.",
        ),
        Mistake(
            "drops a step late",
            _late,
            "Each drop comes one step late. The lower rate holds *from* the step in `drops` onwards: `step >= drop`.",
        ),
        Mistake(
            "drops once only",
            lambda step, peak, warmup, drops: learning_rate(step, peak, warmup, drops[:1]),
            "Only the first drop counts here. Divide by ten again at each later drop: count how many drops have "
            "passed.",
        ),
        Mistake(
            "counts the drops from the end of the warm-up",
            _counted_after,
            "The drops are counted from the end of the warm-up. Count them from the start of training.",
        ),
        Mistake(
            "halves instead of dividing by ten",
            _halved,
            "Each drop halves the rate here. Divide it by ten.",
        ),
        Mistake(
            "warms up for one step too long",
            _warms_up_too_long,
            "At step number `warmup` the rate is above its peak, because the warm-up lasts one step too long. Compare "
            "with `<`: step warmup − 1 is the last of the rise.",
        ),
        Mistake(
            "never drops",
            lambda step, peak, warmup, drops: learning_rate(step, peak, warmup, ()),
            "The rate stays at its peak after the warm-up. Divide it by ten from each step in `drops` onwards.",
        ),
    ),
    hints=(
        "There are two cases: `if step < warmup:` for the rise, and everything after it.",
        "The rise: `peak * (step + 1) / warmup`, so that step 0 learns a little and step warmup − 1 has the peak.",
        "After it: `passed = sum(step >= drop for drop in drops)`. Divide the peak by 10 that many times.",
    ),
)


# 9.5 From photograph to input


def _picture_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = []
    for height, width, size in ((9, 14, 6), (15, 8, 7), (7, 7, 7), (11, 12, 4)):
        image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        cases.append((image, size, rng.uniform(0.3, 0.6, 3), rng.uniform(0.2, 0.3, 3)))
    return cases


def prepare(image: np.ndarray, size: int, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Cut out the central `size` × `size` pixels, scale to 0-1, subtract the mean and divide by the deviation."""
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
            "cuts the corner",
            _corner,
            "This is the top left corner. The middle starts at row (height − size) // 2 and column (width − size) // "
            "2.",
        ),
        Mistake(
            "swaps height and width",
            _turned,
            "Height and width are swapped in the offsets. `image.shape` is (height, width, channels).",
        ),
        Mistake(
            "forgets to divide by 255",
            _pixels,
            "The pixels still range from 0 to 255, but mean and deviation belong to pixels from 0 to 1. Divide by 255 "
            "first.",
        ),
        Mistake(
            "reverses the channels",
            _bgr,
            "The channels are in the order BGR. Keras's VGG weights need that order, but this network was trained on "
            "RGB: keep the order of the image.",
        ),
        Mistake(
            "leaves the deviation out",
            _no_deviation,
            "This subtracts the mean but does not divide by the deviation. Do both.",
        ),
        Mistake(
            "normalises by the picture's own mean",
            _own,
            "This uses the mean and deviation of the picture itself. The network was trained with those of the whole "
            "training set: use the arguments `mean` and `deviation`.",
        ),
    ),
    hints=(
        "The offsets: `top = (image.shape[0] - size) // 2`. Compute `left` from `image.shape[1]` in the same way.",
        "Cut with slices: `image[top : top + size, left : left + size]`.",
        "`(crop / 255 - mean) / deviation`: NumPy aligns an array of three numbers with the last axis, the channels.",
    ),
)


# 9.6 Top-5


def _top_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = []
    for batch, classes, k in ((40, 12, 5), (50, 20, 3), (30, 6, 1), (25, 9, 8)):
        probabilities = rng.dirichlet(np.ones(classes), batch)
        ranks = rng.permutation(np.arange(batch) % classes)  # the true class is at every rank
        cases.append((probabilities, np.argsort(-probabilities, axis=1)[np.arange(batch), ranks], k))
    return cases


def top_k_accuracy(probabilities: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Return the share of rows whose true class is among the k likeliest."""
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
    solved_by=("vision_tasks.metrics.top_k_accuracy",),
    mistakes=(
        Mistake(
            "counts the likeliest only",
            lambda probabilities, labels, k: top_k_accuracy(probabilities, labels, 1),
            "This is the top-1 accuracy. Count a row if its true class is anywhere among the k likeliest.",
        ),
        Mistake(
            "takes the least likely",
            _least,
            "These are the k *smallest* probabilities, because `argsort` sorts in ascending order. Sort "
            "−probabilities, or take the end.",
        ),
        Mistake(
            "looks at the k-th only", _kth, "Only the k-th guess is compared. Compare all of the first k."
        ),
        Mistake(
            "gives the error",
            lambda probabilities, labels, k: 1 - top_k_accuracy(probabilities, labels, k),
            "This is the top-k *error*, 1 − accuracy. Tables state errors, but the exercise asks for the accuracy.",
        ),
        Mistake(
            "averages over the guesses",
            _mean_of_all,
            "The hits are averaged over all k guesses. A row is one hit if any of its guesses is right: "
            "`.any(axis=1)`, then the mean.",
        ),
        Mistake(
            "counts the rows",
            lambda probabilities, labels, k: top_k_accuracy(probabilities, labels, k) * len(labels),
            "This is the number of hits. Divide it by the number of rows.",
        ),
        Mistake(
            "takes the first columns",
            _first_columns,
            "This takes the first k classes in the order of their numbers. Sort each row by probability first.",
        ),
        Mistake(
            "gives per cent",
            lambda probabilities, labels, k: 100 * top_k_accuracy(probabilities, labels, k),
            "This is in per cent. A share is between 0 and 1: do not multiply by 100.",
        ),
        Mistake(
            "takes one guess too many",
            lambda probabilities, labels, k: top_k_accuracy(probabilities, labels, k + 1),
            "One guess too many counts here. A slice stops before its end: `[:, :k]` holds the first k.",
        ),
    ),
    hints=(
        "`np.argsort(-probabilities, axis=1)` lists the classes of each row, likeliest first.",
        "Keep the first k columns and compare them with `labels[:, None]`, which gives (batch, k) values of True and "
        "False.",
        "`.any(axis=1)` gives one True or False per row. Its mean is the accuracy.",
    ),
)

EXERCISES = (AUDIT, TWICE, MOMENTUM_STEP, SCHEDULE, PREPARE, TOP_K)
