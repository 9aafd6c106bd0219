"""Numbers are compared to the accuracy that float32 can give."""

from typing import Any

import numpy as np
import pytest

from tests import harness
from workbook.exercises import all_exercises, as_text, close, judge
from workbook.exercises.compare import Close, tolerance
from workbook.exercises.models import observe_model
from workbook.exercises.observe import observe_case

each_without_a_model = pytest.mark.parametrize(
    "exercise",
    [exercise for exercise in all_exercises() if exercise.observe is not observe_model],
    ids=lambda exercise: exercise.id,
)


@each_without_a_model
def test_a_reference_in_float32_passes(exercise: Any) -> None:
    """As learners work whose arrays come from Keras: on two seeds here, on 200 in `make claims`."""
    _passes_in_float32(exercise, range(2))


@pytest.mark.claims
@each_without_a_model
def test_a_reference_in_float32_passes_on_two_hundred_seeds(exercise: Any) -> None:
    _passes_in_float32(exercise, range(200))


def _passes_in_float32(exercise: Any, seeds: range) -> None:
    if not exercise.is_function:
        assert judge(exercise, exercise.reference)
        return
    for seed in seeds:
        verdict = judge(exercise, lambda *inputs: exercise.reference(*_in_float32(inputs)), seed=seed)
        assert verdict, f"seed {seed}: {as_text(verdict)}"


def _in_float32(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.astype(np.float32) if value.dtype == np.float64 else value
    if type(value) in (list, tuple):
        return type(value)(_in_float32(item) for item in value)
    return value


def test_numbers_are_compared_to_the_accuracy_of_the_array() -> None:
    compare, expected = close(), np.array([100.0, 1e-3, 0.0])
    assert (
        compare(expected + np.array([0, 5e-4, -5e-4]), expected, ()) is None
    )  # float32 gives no more beside 100
    assert compare(expected + np.array([0, 5e-3, 0]), expected, ()) is not None
    assert compare(np.array([1e-3 + 5e-7]), np.array([1e-3]), ()) is not None  # alone it does


def test_numbers_that_look_alike_are_shown_with_the_digits_that_differ() -> None:
    assert close(rtol=1e-9, atol=0)(0.12345678, 0.12345679, ()) == "got 0.12345678, expected 0.12345679"
    assert "0.00123456789" in str(close(rtol=1e-9, atol=0)([0.0, 0.00123456789], [0.0, 0.00123456788], ()))
    assert "`//` instead of `/`" in str(close()(5.0, 5, ()))
    assert "instead" not in str(close()(5.5, 5, ()))


LEAST_RATIO = 10  # between the distance of a mistake and what is tolerated


def _distance(observed: Any, expected: Any, compare: Any) -> float:
    """Return how many times the tolerance two results are apart; infinity if they differ in more than a number.

    `compare` is a `Close`, or another comparison, which looks at the dtype as well.
    """
    if not isinstance(compare, Close):
        if np.asarray(observed).dtype != np.asarray(expected).dtype:
            return np.inf
        compare = close()
    if isinstance(expected, dict):
        return max((_distance(observed[key], expected[key], compare) for key in expected), default=0.0)
    if isinstance(expected, (tuple, list)):
        pairs = zip(observed, expected, strict=True)
        return max((_distance(mine, other, compare) for mine, other in pairs), default=0.0)
    if isinstance(expected, str) or expected is None or isinstance(expected, (bool, int)):
        return 0.0 if type(observed) is type(expected) and observed == expected else np.inf
    expected, observed = np.asarray(expected, float), np.asarray(observed)
    if observed.shape != expected.shape or not np.isfinite(observed).all() or not np.isfinite(expected).all():
        return np.inf
    tolerated = (
        tolerance(expected, compare.rtol, compare.atol)
        if expected.ndim
        else (compare.atol + compare.rtol * abs(float(expected)))
    )
    return float(np.max(np.abs(observed - expected) / tolerated))


@each_without_a_model
@pytest.mark.parametrize("seed", [0, 1])
def test_no_mistake_hides_in_the_tolerance(exercise: Any, seed: int) -> None:
    """Every named mistake is at least ten times the tolerance away from the right result, in one case at least.

    The nearest ones that are not infinitely far: see them with `pytest -s`.
    """
    ruler = harness.ruler(exercise.id, seed)
    ratios = {}
    for mistake in exercise.mistakes:
        distances = []
        for case, inputs in enumerate(ruler.cases):
            seen = observe_case(exercise.observe, mistake.answer, inputs)
            try:
                distances.append(
                    np.inf if seen.failure else _distance(seen.result, ruler.expected(case), exercise.compare)
                )
            except (TypeError, ValueError, KeyError, IndexError):  # another structure altogether
                distances.append(np.inf)
        ratios[mistake.name] = max(distances)
    nearest = min(ratios, key=lambda name: ratios[name])
    print(f"{exercise.id}: {ratios[nearest]:.3g} times the tolerance: {nearest}")
    assert ratios[nearest] >= LEAST_RATIO
