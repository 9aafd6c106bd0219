"""Numbers are compared to the accuracy that float32 can give."""

from typing import Any

import numpy as np
import pytest

from workbook.exercises import all_exercises, as_text, close, judge
from workbook.exercises.models import observe_model

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
