"""The exercises of chapter 05 about capacity: choose it by unseen data, and stop in time."""

import numpy as np

from workbook.exercises import Exercise, Mistake

Inputs = tuple


def _polynomial_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = []
    while len(cases) < 5:
        degree = (1, 2, 2, 3, 3)[len(cases)]
        coefficients = rng.uniform(0.5, 1.5, degree + 1) * rng.choice([-1, 1], degree + 1)
        grids = np.linspace(-2, 2, 14), np.linspace(-1.9, 1.95, 40)
        x, x_val = (grid + rng.uniform(-0.05, 0.05, grid.shape) for grid in grids)
        y, y_val = (np.polyval(coefficients, one) + rng.normal(0, 0.5, one.shape) for one in (x, x_val))
        inputs = (x, y, x_val, y_val, (1, 2, 3, 5, 9))
        if _best(*inputs) not in (rule(*inputs) for rule in (_best_on_training, _worst, _smallest_gap)):
            cases.append(inputs)
    return cases


def _error(x: np.ndarray, y: np.ndarray, at: np.ndarray, target: np.ndarray, degree: int) -> float:
    """Fit a polynomial to (x, y) and give its mean squared error on (at, target)."""
    fitted = np.polynomial.Polynomial.fit(x, y, degree)
    return float(np.mean((fitted(at) - target) ** 2))


def _best(
    x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, degrees: tuple[int, ...]
) -> int:
    return min(degrees, key=lambda degree: _error(x, y, x_val, y_val, degree))


def _best_on_training(x, y, x_val, y_val, degrees):  # type: ignore[no-untyped-def]
    return min(degrees, key=lambda degree: _error(x, y, x, y, degree))


def _worst(x, y, x_val, y_val, degrees):  # type: ignore[no-untyped-def]
    return max(degrees, key=lambda degree: _error(x, y, x_val, y_val, degree))


def _smallest_gap(x, y, x_val, y_val, degrees):  # type: ignore[no-untyped-def]
    return min(degrees, key=lambda d: abs(_error(x, y, x_val, y_val, d) - _error(x, y, x, y, d)))


CHOOSE_DEGREE = Exercise(
    id="5.5",
    title="Choose the capacity",
    answer_name="best_degree",
    section="Under-fitting and over-fitting",
    minutes=8,
    points=2,
    cases=_polynomial_cases,
    reference=_best,
    mistakes=(
        Mistake(
            "chooses by the training error",
            _best_on_training,
            "This is the degree that fits best the points that it was fitted to, and a higher degree always does. "
            "Fit on (x, y), and choose by the error on (x_val, y_val), which the fit has not seen.",
        ),
        Mistake(
            "takes the largest error",
            _worst,
            "This is the degree with the largest validation error: take the smallest.",
        ),
        Mistake(
            "looks for the smallest gap",
            _smallest_gap,
            "This looks for the smallest gap between the two errors. A model that is equally bad on both has no gap. "
            "What counts is the validation error itself.",
        ),
        Mistake(
            "gives the position in the list",
            lambda x, y, x_val, y_val, degrees: degrees.index(_best(x, y, x_val, y_val, degrees)),
            "This is the place in the list, not the degree that stands there.",
        ),
    ),
    hints=(
        "For each degree: fit on (x, y), then measure the mean squared error on (x_val, y_val).",
        "`np.polynomial.Polynomial.fit(x, y, degree)` gives a function that you can call on `x_val`.",
        "Keep the errors in a list; `degrees[int(np.argmin(errors))]`.",
    ),
)


def _stop_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = [
        ([0.9, 0.5, 0.6, 0.55, 0.52, 0.7, 0.3], 3),
        ([0.9, 0.5, 0.6, 0.4, 0.45, 0.44, 0.5, 0.2], 2),
        ([0.9, 0.8, 0.7, 0.6], 2),
        ([0.5, 0.6, 0.7], 1),
        ([0.5, 0.3, 0.4, 0.6], 3),
        ([0.5, 0.5, 0.5, 0.4], 2),
    ]
    for _ in range(6):
        fall = np.linspace(1, 0.3, 8) + rng.uniform(-0.12, 0.12, 8)
        rise = np.linspace(0.35, 0.8, 7) + rng.uniform(-0.12, 0.12, 7)
        losses = [round(float(one), 3) for one in (*fall, *rise)]
        cases.append((losses, int(rng.integers(1, 4))))
    return cases


def stop_and_best(losses: list[float], patience: int) -> tuple[int, int]:
    """Give the epoch after which training stops and the best one until then, both counted from 0."""
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return epoch, best
    return len(losses) - 1, best


def _against_the_last(losses: list[float], patience: int) -> tuple[int, int]:
    waited = 0
    for epoch in range(1, len(losses)):
        waited = waited + 1 if losses[epoch] >= losses[epoch - 1] else 0
        if waited == patience:
            return epoch, int(np.argmin(losses[: epoch + 1]))
    return len(losses) - 1, int(np.argmin(losses))


def _forgets_to_reset(losses: list[float], patience: int) -> tuple[int, int]:
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        else:
            waited += 1
        if waited == patience:
            return epoch, best
    return len(losses) - 1, best


def _ties_count(losses: list[float], patience: int) -> tuple[int, int]:
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] <= losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return epoch, best
    return len(losses) - 1, best


EARLY_STOPPING = Exercise(
    id="5.6",
    title="Early stopping",
    answer_name="early_stopping",
    section="Four cures, measured",
    minutes=10,
    points=2,
    cases=_stop_cases,
    reference=stop_and_best,
    mistakes=(
        Mistake(
            "compares with the epoch before",
            _against_the_last,
            "You count epochs that are worse than the one before. Patience counts epochs since the *best* one: a loss "
            "that only recovers a little has not improved.",
        ),
        Mistake(
            "never resets the count",
            _forgets_to_reset,
            "The waiting goes on counting after an improvement. Every new best sets it back to 0.",
        ),
        Mistake(
            "takes a tie for progress",
            _ties_count,
            "An equal loss counts as an improvement here. It is none: compare with `<`.",
        ),
        Mistake(
            "begins with the best of all epochs",
            lambda losses, patience: (
                min(int(np.argmin(losses)) + patience, len(losses) - 1),
                int(np.argmin(losses)),
            ),
            "This looks for the best of all epochs first. Training does not know what comes: walk through the "
            "epochs in order, and stop at the first long wait.",
        ),
        Mistake(
            "stops one epoch late",
            lambda losses, patience: stop_and_best(losses, patience + 1),
            "One epoch too many: with patience P training ends at the P-th epoch in a row without an improvement.",
        ),
        Mistake(
            "knows the future",
            lambda losses, patience: (stop_and_best(losses, patience)[0], int(np.argmin(losses))),
            "The best epoch is looked for in the whole list. Training has stopped: later epochs never happened.",
        ),
        Mistake(
            "returns the last epoch as the best",
            lambda losses, patience: (stop_and_best(losses, patience)[0],) * 2,
            "The second number is the epoch whose weights are restored: the best one, not the last.",
        ),
    ),
    hints=(
        "Walk through the losses with two memories: the best epoch so far, and how many epochs you have waited.",
        "A smaller loss: it becomes the best, and the waiting starts again at 0. Otherwise you wait one more.",
        "When the waiting reaches the patience, return `(epoch, best)`; after the loop `(len(losses) - 1, best)`.",
    ),
)
