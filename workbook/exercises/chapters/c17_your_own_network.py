"""The exercises of chapter 17: count before building, fill a budget, plan another, and tell better from lucky."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model
from workbook.league.course_entries import two_layers

Row = tuple[str, int, int]  # "conv" or "separable", filters, kernel size
Verdict = tuple[float, str]  # points, and which entry is better
Accuracies = list[float]

# 17.1 Count before you build


def _design_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw designs of one to four rows, and the one of the course."""
    cases: list[Inputs] = [
        (1, [("conv", 20, 5), ("separable", 32, 3), ("separable", 64, 3)], 10),
        (3, [("conv", 8, 3)], 4),
        (2, [("separable", 9, 3)], 5),
    ]
    for length in (2, 3, 4):
        kinds = ["conv", "separable", *rng.choice(["conv", "separable"], length)][:length]
        rows = [
            (str(kind), int(rng.integers(5, 40)), int(rng.choice([1, 3, 5, 7])))
            for kind in rng.permutation(kinds)
        ]
        cases.append((int(rng.integers(2, 5)), rows, int(rng.integers(3, 12))))
    return cases


def design_parameters(channels: int, rows: list[Row], classes: int) -> int:
    """Return the parameters of a design, with the four numbers per filter of batch normalisation."""
    total = 0
    for kind, filters, size in rows:
        if kind == "conv":
            total += size**2 * channels * filters
        else:
            total += size**2 * channels + channels * filters
        total += 4 * filters
        channels = filters
    return total + (channels + 1) * classes


def _counted(
    channels: int,
    rows: list[Row],
    classes: int,
    *,
    norm: int = 4,
    bias: int = 0,
    pointwise: bool = True,
    passes_on: bool = True,
    head: Callable[[int, int], int] = lambda channels, classes: (channels + 1) * classes,
) -> int:
    """Count as `design_parameters` does; the options turn it into mistakes."""
    total, inputs = 0, channels
    for kind, filters, size in rows:
        if kind == "conv":
            total += size**2 * inputs * filters
        else:
            total += size**2 * inputs + (inputs * filters if pointwise else 0)
        total += (norm + bias) * filters
        inputs = filters if passes_on else inputs
    return total + head(rows[-1][1], classes)


def _all_ordinary(channels: int, rows: list[Row], classes: int) -> int:
    return design_parameters(channels, [("conv", filters, size) for _, filters, size in rows], classes)


COUNT = Exercise(
    id="17.1",
    title="Count before you build",
    answer_name="design_parameters",
    section="Where the parameters are",
    minutes=8,
    points=2,
    cases=_design_cases,
    reference=design_parameters,
    mistakes=(
        Mistake(
            "leaves batch normalisation out",
            lambda channels, rows, classes: _counted(channels, rows, classes, norm=0),
            "This leaves batch normalisation out. It has four numbers per filter: a factor, a shift, a mean and a "
            "variance.",
        ),
        Mistake(
            "counts only what is learned of batch normalisation",
            lambda channels, rows, classes: _counted(channels, rows, classes, norm=2),
            "This counts two numbers per filter for batch normalisation. `count_params()` also counts the moving mean "
            "and variance: four.",
        ),
        Mistake(
            "gives the convolutions biases",
            lambda channels, rows, classes: _counted(channels, rows, classes, bias=1),
            "This counts a bias for each filter. The convolutions here have none, because batch normalisation shifts.",
        ),
        Mistake(
            "takes separable for ordinary",
            _all_ordinary,
            "A separable convolution is counted as an ordinary one. It has size² weights per input channel, and then "
            "one weight for each pair of an input channel and a filter: add them, do not multiply.",
        ),
        Mistake(
            "forgets the pointwise half",
            lambda channels, rows, classes: _counted(channels, rows, classes, pointwise=False),
            "Only the depthwise half of a separable convolution is counted. Add the 1×1 half: channels · filters.",
        ),
        Mistake(
            "keeps the channels of the input",
            lambda channels, rows, classes: _counted(channels, rows, classes, passes_on=False),
            "Every row is counted as if it read the input. The filters of a row are the channels of the next one.",
        ),
        Mistake(
            "forgets the biases of the last layer",
            lambda channels, rows, classes: _counted(
                channels, rows, classes, head=lambda channels, classes: channels * classes
            ),
            "The dense layer has a bias for each class: (channels + 1) · classes.",
        ),
        Mistake(
            "forgets the last layer",
            lambda channels, rows, classes: _counted(
                channels, rows, classes, head=lambda channels, classes: 0
            ),
            "The dense layer at the end is missing: it has (channels + 1) · classes parameters.",
        ),
    ),
    hints=(
        "Go through the rows with a loop, and keep track of `channels`: after a row it is that row's `filters`.",
        "An ordinary convolution has size² · channels · filters weights, a separable one size² · channels + channels · "
        "filters. Add 4 · filters for batch normalisation.",
        "After the loop: `return total + (channels + 1) * classes`.",
    ),
)


# 17.2 The widest that fits


def _width_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw budgets: the narrowest network, an even number of filters that fits exactly, and some in between."""
    exact, other = int(rng.choice([4, 6, 8])), int(rng.choice([3, 5, 7]))
    return [(100,), (_cost(exact),), (_cost(other + 1) - 1,), (_cost(9) + int(rng.integers(1, 60)),)]


def _cost(filters: int, *, trainable: bool = False, head: bool = True) -> int:
    """Return the parameters of the chapter's `two_layers`; the options turn the count into a wrong one."""
    norm = 2 if trainable else 4
    convolutions = 25 * filters + 9 * filters + 2 * filters**2 + norm * 3 * filters
    return convolutions + (10 * (2 * filters + 1) if head else 0)


def _most_filters(fits: Callable[[int], bool]) -> int:
    """Return the largest number of filters that fits, at least 1."""
    filters = 1
    while fits(filters + 1):
        filters += 1
    return filters


def widest(budget: int) -> Any:
    """Return the widest `two_layers` with at most `budget` parameters."""
    return two_layers(_most_filters(lambda filters: _cost(filters) <= budget))


def _doubled(budget: int) -> Any:
    filters = 1
    while _cost(2 * filters) <= budget:
        filters *= 2
    return two_layers(filters)


WIDEST = Exercise(
    id="17.2",
    title="The widest that fits",
    answer_name="widest",
    section="Where the parameters are",
    minutes=8,
    points=2,
    cases=_width_cases,
    reference=widest,
    observe=observe_model,
    compare=same_model(),
    time_limit=60,
    mistakes=(
        Mistake(
            "goes one too far",
            lambda budget: two_layers(_most_filters(lambda filters: _cost(filters) <= budget) + 1),
            "This network has more parameters than the budget. Stop one filter earlier: test `filters + 1` before you "
            "take it.",
        ),
        Mistake(
            "stays below the budget",
            lambda budget: two_layers(_most_filters(lambda filters: _cost(filters) < budget)),
            "A network with exactly `budget` parameters fits, too. Compare with `<=`.",
        ),
        Mistake(
            "counts only what is trained",
            lambda budget: two_layers(
                _most_filters(lambda filters: _cost(filters, trainable=True) <= budget)
            ),
            "This counts the trainable parameters alone, so the network is too large. `count_params()` also counts the "
            "moving means and variances of batch normalisation.",
        ),
        Mistake(
            "doubles the filters",
            _doubled,
            "This tries 1, 2, 4, 8, … filters alone. A number in between is wider and fits: go up one by one.",
        ),
        Mistake(
            "forgets the last layer",
            lambda budget: two_layers(_most_filters(lambda filters: _cost(filters, head=False) <= budget)),
            "This leaves the dense layer out of the count, so the network is too large. Use `count_params()` of the "
            "whole model.",
        ),
        Mistake(
            "builds the narrowest",
            lambda budget: two_layers(1),
            "This has one filter whatever the budget. Raise the number of filters while the network still fits.",
        ),
    ),
    hints=(
        "`league.two_layers(filters).count_params()` is the cost of a width.",
        "Begin with `filters = 1`, and raise it while the next one fits: `while … <= budget:`.",
        "`while league.two_layers(filters + 1).count_params() <= budget: filters += 1`, then return "
        "`league.two_layers(filters)`.",
    ),
)


# 17.3 How many epochs fit?


def _budget_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw budgets until every mistake differs from the right answer in one of them."""
    while True:
        cases = _some_budgets(rng)
        right = [epochs_within(*inputs) for inputs in cases]
        if all([plan(*inputs) for inputs in cases] != right for plan in WRONG_PLANS):
            return cases


def _some_budgets(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = [(3.0, 4.5, 0.01, 1000, 100)]  # the start alone is too long
    for examples, batch_size in ((60_000, 100), (5_000, 64), (360, 50), (130, 50), (1_010, 500)):
        start = float(rng.uniform(1, 4))
        step = float(rng.uniform(0.005, 0.05))
        epoch = math.ceil(examples / batch_size) * step
        whole = int(rng.integers(1, 9))
        budget = start + epoch * (whole + float(rng.uniform(0.55, 0.95)))
        cases.append((budget, start, step, examples, batch_size))
    return cases


def epochs_within(budget: float, start: float, step: float, examples: int, batch_size: int) -> int:
    """Return how many whole epochs end within the budget."""
    epoch = math.ceil(examples / batch_size) * step
    return max(0, int((budget - start) // epoch))


def _incomplete_left_out(budget: float, start: float, step: float, examples: int, batch_size: int) -> int:
    return max(0, int((budget - start) // (examples // batch_size * step)))


def _no_start(budget: float, start: float, step: float, examples: int, batch_size: int) -> int:
    return epochs_within(budget, 0.0, step, examples, batch_size)


def _rounded(budget: float, start: float, step: float, examples: int, batch_size: int) -> int:
    return max(0, round((budget - start) / (math.ceil(examples / batch_size) * step)))


def _start_each_epoch(budget: float, start: float, step: float, examples: int, batch_size: int) -> int:
    return int(budget // (start + math.ceil(examples / batch_size) * step))


def _steps(budget: float, start: float, step: float, examples: int, batch_size: int) -> int:
    return max(0, int((budget - start) // step))


def _below_zero(budget: float, start: float, step: float, examples: int, batch_size: int) -> int:
    return int((budget - start) // (math.ceil(examples / batch_size) * step))


def _step_per_example(budget: float, start: float, step: float, examples: int, batch_size: int) -> int:
    return max(0, int((budget - start) // (examples * step)))


WRONG_PLANS = (
    _incomplete_left_out, _no_start, _rounded, _start_each_epoch, _steps, _below_zero, _step_per_example,
)  # fmt: skip

EPOCHS = Exercise(
    id="17.3",
    title="How many epochs fit?",
    answer_name="epochs_within",
    section="Where the budget goes",
    minutes=7,
    points=2,
    cases=_budget_cases,
    reference=epochs_within,
    mistakes=(
        Mistake(
            "leaves the incomplete batch out",
            _incomplete_left_out,
            "The last batch of an epoch may be smaller, and it takes a step, too. Round the number of steps up: "
            "`math.ceil(examples / batch_size)`.",
        ),
        Mistake(
            "forgets the start",
            _no_start,
            "This spends the whole budget on epochs. The start takes its seconds first: use `budget - start`.",
        ),
        Mistake(
            "rounds to the nearest",
            _rounded,
            "This rounds to the nearest number of epochs, so the last one may end after the budget. Round down.",
        ),
        Mistake(
            "pays for the start in each epoch",
            _start_each_epoch,
            "This pays for the start in each epoch. Keras compiles once: subtract `start` from the budget instead.",
        ),
        Mistake(
            "counts steps",
            _steps,
            "These are steps. Divide by the seconds of an epoch: the number of steps in it times `step`.",
        ),
        Mistake(
            "goes below zero",
            _below_zero,
            "Where the start alone takes longer than the budget, this is negative. Then no epoch fits: 0.",
        ),
        Mistake(
            "takes an example for a step",
            _step_per_example,
            "This counts a step for each example. A step is a batch: an epoch has `math.ceil(examples / batch_size)`.",
        ),
    ),
    hints=(
        "How many steps has an epoch? The last batch may be incomplete; it is a step all the same.",
        "`epoch = math.ceil(examples / batch_size) * step` are the seconds of an epoch. What is left of the budget "
        "after the start?",
        "`max(0, int((budget - start) // epoch))`",
    ),
)


# 17.4 Better, or lucky?


def _entry_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw pairs of entries whose ranges are apart, touch, overlap, or lie one within the other."""
    middle = float(rng.uniform(0.7, 0.9))
    gap = float(rng.uniform(0.004, 0.01))

    def entry(low: float, high: float, count: int, *, share: float = 0.6) -> Accuracies:
        """Draw `count` accuracies; those between the lowest and the highest begin at a `share` of the range."""
        width = high - low
        inner = rng.uniform(low + share * width, low + (share + 0.3) * width, count - 2)
        values = [middle + low, middle + high, *(middle + inner)]
        return [round(float(value), 4) for value in rng.permutation(values)]

    return [
        (entry(gap, 4 * gap, 3), entry(-3 * gap, 0, 3)),
        (entry(-3 * gap, 0, 5), entry(gap, 2 * gap, 3)),
        (entry(0, 3 * gap, 3), entry(2 * gap, 4 * gap, 4)),
        (entry(2 * gap, 4 * gap, 3), entry(0, 3 * gap, 5)),
        (entry(0, 6 * gap, 4), entry(gap, 2 * gap, 3)),
        (entry(gap, 2 * gap, 3), entry(0, 6 * gap, 4)),
        (entry(0, 6 * gap, 5, share=0), entry(4 * gap, 5 * gap, 3)),  # the best seed is in the worse entry
        (entry(gap / 8, gap / 4, 3), entry(-gap / 4, 0, 3)),
        (entry(0, 2 * gap, 3), entry(-2 * gap, 0, 3)),  # the lowest of one is the highest of the other
        (entry(-2 * gap, 0, 3), entry(0, 2 * gap, 3)),
    ]


def better(first: Accuracies, second: Accuracies) -> Verdict:
    """Return the difference of the means in points, and which entry is better: "first", "second" or "neither"."""
    difference = 100 * (sum(first) / len(first) - sum(second) / len(second))
    if min(first) > max(second):
        return difference, "first"
    if min(second) > max(first):
        return difference, "second"
    return difference, "neither"


def _verdict(first: Accuracies, second: Accuracies, one: float, other: float) -> Verdict:
    """Return the right difference, and the entry whose number is larger."""
    name = "first" if one > other else "second" if other > one else "neither"
    return better(first, second)[0], name


def _by_means(first: Accuracies, second: Accuracies) -> Verdict:
    return _verdict(first, second, float(np.mean(first)), float(np.mean(second)))


def _by_best(first: Accuracies, second: Accuracies) -> Verdict:
    return _verdict(first, second, max(first), max(second))


def _by_worst(first: Accuracies, second: Accuracies) -> Verdict:
    return _verdict(first, second, min(first), min(second))


def _by_spread(first: Accuracies, second: Accuracies) -> Verdict:
    difference, name = _by_means(first, second)
    spread = max(max(first) - min(first), max(second) - min(second))
    return difference, name if abs(difference) > 100 * spread else "neither"


def _swapped(first: Accuracies, second: Accuracies) -> Verdict:
    difference, name = better(first, second)
    return difference, {"first": "second", "second": "first"}.get(name, name)


BETTER = Exercise(
    id="17.4",
    title="Better, or lucky?",
    answer_name="better",
    section="Better, or lucky?",
    minutes=7,
    points=2,
    cases=_entry_cases,
    reference=better,
    mistakes=(
        Mistake(
            "compares the means",
            _by_means,
            "This names the entry with the higher mean in every case. Where the two ranges overlap, the seeds do not "
            'tell: "neither".',
        ),
        Mistake(
            "compares the best seeds",
            _by_best,
            "This compares the best seeds. The best of several runs is luck as well as quality: an entry is better if "
            "its *lowest* accuracy is above the other's highest.",
        ),
        Mistake(
            "compares the worst seeds",
            _by_worst,
            "This compares the two lowest accuracies. An entry is better if its lowest is above the other's *highest*.",
        ),
        Mistake(
            "compares the difference with the spread",
            _by_spread,
            "This asks for a difference of the means above the larger spread. Ask whether the ranges overlap: compare "
            "the lowest of one with the highest of the other.",
        ),
        Mistake(
            "swaps the names",
            _swapped,
            "The difference is right, but the names are swapped.",
        ),
        Mistake(
            "subtracts the first from the second",
            lambda first, second: (-better(first, second)[0], better(first, second)[1]),
            "The difference has the wrong sign. It is the first mean minus the second.",
        ),
        Mistake(
            "leaves the sign out",
            lambda first, second: (abs(better(first, second)[0]), better(first, second)[1]),
            "This takes the absolute value. The difference is negative where the second entry has the higher mean.",
        ),
        Mistake(
            "gives a share",
            lambda first, second: (better(first, second)[0] / 100, better(first, second)[1]),
            "The difference is a share. In points it is 100 times as large: .01 is one point.",
        ),
    ),
    hints=(
        "`np.mean(first) - np.mean(second)` is a share. Multiply by 100 for points.",
        'The first entry is better if `min(first) > max(second)`. The other way round, it is "second".',
        'In all other cases the ranges overlap: return "neither".',
    ),
)

EXERCISES = (COUNT, WIDEST, EPOCHS, BETTER)
