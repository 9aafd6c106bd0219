"""An exercise of chapter 08: tell degradation from over-fitting by the errors of a shallow and a deep network."""

from collections.abc import Sequence

import numpy as np

from workbook.exercises import Exercise, Mistake

Inputs = tuple

CHANGES = (  # of the training and of the test error; "=" is exactly the margin
    ("worse", "worse"), ("alike", "worse"), ("better", "worse"), ("better", "better"), ("worse", "alike"),
    ("worse", "better"), ("better", "alike"), ("alike", "better"), ("alike", "alike"),
    ("=worse", "worse"), ("worse", "=worse"), ("better", "=better"), ("=better", "better"),
)  # fmt: skip


def _error_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw errors of two networks for every pair of changes; halves of a per cent, which floats hold exactly."""
    cases = []
    for changes in CHANGES:
        steps = int(rng.integers(2, 5))  # of the margin
        training = int(rng.integers(16, 40))
        shallow = training, training + int(rng.integers(15, 25))
        sizes = {"worse": steps + int(rng.integers(1, 4)), "=worse": steps}
        sizes |= {"better": -sizes["worse"], "=better": -steps}
        sizes["alike"] = int(rng.choice((-1, 1)) * rng.integers(1, steps))
        deep = tuple(before + sizes[change] for before, change in zip(shallow, changes, strict=True))
        cases.append((tuple(one / 2 for one in shallow), tuple(one / 2 for one in deep), steps / 2))
    return cases


def diagnose(shallow: Sequence[float], deep: Sequence[float], margin: float) -> str:
    """Judge a deeper network by (training error, test error) of both: what is wrong, if anything."""
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if test > margin:
        return "degradation" if training > margin else "over-fitting"
    if training < -margin and test < -margin:
        return "too small"
    return "none"


def _by_one(shallow: float, deep: float, margin: float, verdict: str) -> str:
    """Judge by one error alone."""
    if abs(deep - shallow) <= margin:
        return "none"
    return verdict if deep > shallow else "too small"


def _by_own_gap(shallow: Sequence[float], deep: Sequence[float], margin: float) -> str:
    return "over-fitting" if deep[1] - deep[0] > margin else diagnose(shallow, deep, margin)


def _needs_better_training(shallow: Sequence[float], deep: Sequence[float], margin: float) -> str:
    verdict = diagnose(shallow, deep, margin)
    return "none" if verdict == "over-fitting" and deep[0] >= shallow[0] - margin else verdict


def _training_is_enough(shallow: Sequence[float], deep: Sequence[float], margin: float) -> str:
    return "degradation" if deep[0] - shallow[0] > margin else diagnose(shallow, deep, margin)


DIAGNOSIS = Exercise(
    id="8.3",
    title="Degradation or over-fitting?",
    answer_name="diagnose",
    section="Four numbers tell",
    minutes=8,
    points=2,
    cases=_error_cases,
    reference=diagnose,
    mistakes=(
        Mistake(
            "counts a difference of exactly the margin",
            lambda shallow, deep, margin: diagnose(shallow, deep, margin - 0.25),
            "A difference of exactly the margin counts here. It must be *larger* than the margin: > and not >=.",
        ),
        Mistake(
            "ignores the margin",
            lambda shallow, deep, margin: diagnose(shallow, deep, 0),
            "Every difference counts here, however small. One that is not larger than the margin may be chance: the "
            "two errors are alike.",
        ),
        Mistake(
            "asks for a better training error",
            _needs_better_training,
            "Over-fitting is found only where the training error got better. Where it is alike and the test error "
            "worse, the network fits as well as before and generalises less: over-fitting, too.",
        ),
        Mistake(
            "is content with a worse training error",
            _training_is_enough,
            "A worse training error alone is taken for degradation. The test error must be worse, too: a network that "
            "fits its training data less and reads new data as well has done no harm.",
        ),
        Mistake(
            "judges by the test error alone",
            lambda shallow, deep, margin: _by_one(shallow[1], deep[1], margin, "over-fitting"),
            "A worse test error alone is taken for over-fitting. A network that over-fits is *good* on what it was "
            "shown: look at the training errors as well. Where they are worse, too, it is degradation.",
        ),
        Mistake(
            "takes every worse test error for degradation",
            lambda shallow, deep, margin: _by_one(shallow[1], deep[1], margin, "degradation"),
            "A worse test error alone is taken for degradation. That the deep network is worse on its training data, "
            "too, is what makes it so: compare the training errors as well.",
        ),
        Mistake(
            "judges by the training error alone",
            lambda shallow, deep, margin: _by_one(shallow[0], deep[0], margin, "degradation"),
            "Only the training errors are compared. Over-fitting cannot be seen in them, and degradation asks for a "
            "worse test error, too.",
        ),
        Mistake(
            "looks at the deep network's own gap",
            _by_own_gap,
            "The gap between the deep network's own test and training error is taken for over-fitting. Nearly every "
            "network has such a gap. Compare the deep network with the shallow one, each error with its like.",
        ),
        Mistake(
            "swaps the networks",
            lambda shallow, deep, margin: diagnose(deep, shallow, margin),
            "The shallow network is judged against the deep one. A change is deep − shallow: above zero the deeper "
            "network is worse.",
        ),
        Mistake(
            "reads the pairs the wrong way round",
            lambda shallow, deep, margin: diagnose(shallow[::-1], deep[::-1], margin),
            "Training and test error are taken for each other. The first of each pair is the training error.",
        ),
    ),
    hints=(
        "Two changes decide, deep − shallow: one of the training errors, one of the test errors.",
        "Begin with the test error. Where it is worse, the training error tells degradation from over-fitting.",
        "`if test > margin:` one of two verdicts; then `if training < -margin and test < -margin:`; else none.",
    ),
)
