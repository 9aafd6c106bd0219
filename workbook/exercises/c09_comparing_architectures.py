"""The exercises of chapter 09: tables, training recipes, and the use of a trained network."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbook.exercises import Exercise, Mistake, value_exercise
from workbook.exercises.compare import close
from workbook.exercises.using import MOMENTUM_STEP, PREPARE, TOP_K

Inputs = tuple


def _size_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw sizes in MB, in MiB, cut off instead of rounded, and without the four bytes."""
    cases: list[Inputs] = [(13_378_280, 51), (6_998_552, 51), (143_667_240, 548), (143_667_240, 575)]
    for kind in ("MB", "MiB", "cut", "count", "kibi", "bits"):
        millions = int(rng.integers(20, 150))
        megabytes = 4 * millions + 0.8  # far from a tie, and above its whole number
        parameters = int(megabytes / 4 * 1e6)
        stated = {
            "MB": round(megabytes), "MiB": round(4 * parameters / 2**20), "cut": 4 * millions, "count": millions,
            "kibi": round(4 * parameters / 2**10 / 10**3), "bits": round(32 * parameters / 1e6),
        }[kind]  # fmt: skip
        cases.append((parameters, stated))
    return cases


def unit_of(parameters: int, stated: int) -> str:
    """Say whether `stated` is the float32 size in MB, in MiB, or in neither."""
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
            "MiB is never found. Divide by 2²⁰ as well.",
        ),
        Mistake(
            "forgets the four bytes",
            lambda parameters, stated: _unit(parameters, stated, bytes_each=1),
            "This compares the *number* of parameters. A float32 takes 4 bytes.",
        ),
        Mistake(
            "counts bits",
            lambda parameters, stated: _unit(parameters, stated, bytes_each=32),
            "A float32 has 32 bits, that is 4 bytes; MB and MiB count bytes.",
        ),
        Mistake(
            "swaps the units",
            lambda parameters, stated: _unit(parameters, stated, mega=2**20, mebi=1e6),
            "The units are exchanged: the M of MB is 10⁶, the Mi of MiB is 2²⁰, which is 4.9 % more.",
        ),
        Mistake(
            "takes 1024 · 1000",
            lambda parameters, stated: _unit(parameters, stated, mebi=1024 * 1000),
            "A MiB is 1024 · 1024 bytes, not 1024 · 1000.",
        ),
        Mistake(
            "cuts off instead of rounding",
            _cut_off,
            "The size is cut off, `//` or `int`. Tables round: `round(size / 10**6)`.",
        ),
        Mistake(
            "says MB or MiB even where neither fits",
            lambda parameters, stated: "MB" if round(4 * parameters / 1e6) == stated else "MiB",
            'Whatever is not MB is taken for MiB here. Test both, and say "neither" where none fits.',
        ),
    ),
    hints=(
        "The size in bytes first: `size = 4 * parameters`.",
        "MB: `round(size / 10**6) == stated`. MiB: the same with `2**20`.",
        'Three returns: "MB" if the first fits, "MiB" if the second does, else "neither".',
    ),
)


AREA = 28 * 28
THREE = AREA * 3 * 3 * 64 * 192
RIGHT = AREA * (3 * 256 * 64 + 256 * 128 + 9 * 64 * 192 + 25 * 64 * 96)


def _slip(term: str, macs: int, total: int) -> dict[str, Any]:
    return {"term": term, "macs": macs, "total": total}


TWICE = value_exercise(
    id="9.2",
    title="Counted twice",
    answer_name="slip",
    section="Audit a slide",
    minutes=8,
    points=2,
    reference=_slip("3x3", THREE, RIGHT),
    mistakes=(
        Mistake(
            "takes the 5×5",
            _slip("5x5", AREA * 25 * 64 * 96, RIGHT),
            "The 5×5 term is the largest, but 120.4 M too much would have made 391.8 M. Compute each term, and look "
            "for the one that is the difference.",
        ),
        Mistake(
            "leaves the slide's total",
            _slip("3x3", THREE, RIGHT + THREE),
            "The term is right. The total still counts it twice: add up the six terms, each once.",
        ),
        Mistake(
            "takes the term out altogether",
            _slip("3x3", THREE, RIGHT - THREE),
            "Now the term is missing. It was counted twice; it has to be counted once.",
        ),
        Mistake(
            "reads 256 channels",
            _slip("3x3", AREA * 9 * 256 * 192, RIGHT),
            "This is the 3×3 of the naive module. Behind the 1×1 it reads 64 channels.",
        ),
        Mistake(
            "forgets the places",
            _slip("3x3", 9 * 64 * 192, RIGHT),
            "These are the weights. A MAC is a weight used at one place, and the map has 28·28 of them.",
        ),
        Mistake(
            "counts biases",
            _slip("3x3", AREA * (9 * 64 + 1) * 192, RIGHT),
            "Biases are no MACs: nothing is multiplied.",
        ),
    ),
    hints=(
        "A convolution takes H·W·F·F·C·filters MACs; H·W is 28·28 for every term, since the padding is same.",
        "Three 1×1 on 256 channels make 64 each; the 3×3 and the 5×5 read those 64; the 128 read all 256.",
        "Add up the six terms, and compare 358.06 M with the sum: the difference is one of the terms.",
    ),
)


def _rate_cases(rng: np.random.Generator) -> list[Inputs]:
    warmup, peak = int(rng.integers(5, 9)), float(rng.uniform(0.05, 0.3))
    first = warmup + int(rng.integers(10, 20))
    second = first + int(rng.integers(10, 20))
    steps = (0, 2, warmup - 1, warmup, first - 1, first, first + 1, second - 1, second, second + 7)
    drawn: list[Inputs] = [(step, peak, warmup, (first, second)) for step in steps]
    return [*drawn, (0, peak, 1, (40,)), (3, peak, 1, ()), (90, peak, 4, (20, 40, 60))]


def learning_rate(step: int, peak: float, warmup: int, drops: Sequence[int]) -> float:
    """Rise linearly to `peak` over `warmup` steps; from each step in `drops` on, divide by ten."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.1 ** sum(step >= drop for drop in drops)


def _from_zero(step: int, peak: float, warmup: int, drops: Sequence[int]) -> float:
    return peak * step / warmup if step < warmup else learning_rate(step, peak, warmup, drops)


def _late(step: int, peak: float, warmup: int, drops: Sequence[int]) -> float:
    return learning_rate(step, peak, warmup, tuple(drop + 1 for drop in drops))


def _counted_after(step: int, peak: float, warmup: int, drops: Sequence[int]) -> float:
    return learning_rate(step, peak, warmup, tuple(drop + warmup for drop in drops))


SCHEDULE = Exercise(
    id="9.4",
    title="Warm up, then drop",
    answer_name="learning_rate",
    section="The learning rate over time",
    minutes=10,
    points=2,
    cases=_rate_cases,
    reference=learning_rate,
    compare=close(rtol=1e-6, atol=1e-12),
    mistakes=(
        Mistake(
            "starts at zero",
            _from_zero,
            "The first step has the rate 0 and learns nothing. Steps count from 0: use (step + 1) / warmup.",
        ),
        Mistake(
            "leaves the warm-up out",
            lambda step, peak, warmup, drops: learning_rate(step, peak, 0, drops),
            "The rate begins at its peak. While step < warmup it should rise: peak · (step + 1) / warmup.",
        ),
        Mistake(
            "drops a step late",
            _late,
            "The drop comes one step late: it holds *from* the step named in `drops` on, `step >= drop`.",
        ),
        Mistake(
            "drops once only",
            lambda step, peak, warmup, drops: learning_rate(step, peak, warmup, drops[:1]),
            "After the second drop the rate must be divided once more. Count how many drops have passed.",
        ),
        Mistake(
            "counts the drops from the end of the warm-up",
            _counted_after,
            "The drops are counted from the end of the warm-up. They are steps from the start of training.",
        ),
        Mistake(
            "halves instead of dividing by ten",
            lambda step, peak, warmup, drops: (
                learning_rate(step, peak, warmup, drops) * 5 ** sum(step >= drop for drop in drops)
            ),
            "Each drop halves the rate here. It is divided by ten.",
        ),
    ),
    hints=(
        "Two cases: `if step < warmup:` for the rise, and what comes after.",
        "The rise: `peak * (step + 1) / warmup`, so that step 0 learns a little and step warmup − 1 has the peak.",
        "After it: `passed = sum(step >= drop for drop in drops)`, and the peak divided by 10 so many times.",
    ),
)


EXERCISES = (AUDIT, TWICE, MOMENTUM_STEP, SCHEDULE, PREPARE, TOP_K)
