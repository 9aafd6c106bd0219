"""What a wrong result looks like, and which inputs the wrong cases share."""

import inspect
from typing import Any

import numpy as np
import pytest

from tests import harness
from workbook.exercises import all_exercises, find, judge
from workbook.exercises.diagnose import Case, condition, diagnose

RNG = np.random.default_rng(5)
TABLE, CUBE, ROW = RNG.normal(size=(4, 6)), RNG.normal(size=(3, 4, 5)), RNG.normal(size=7)
COUNTS = np.arange(2, 26).reshape(4, 6)


def _of(change: Any, value: Any = TABLE, **inputs: Any) -> str:
    return diagnose([Case(change(value), value, inputs)])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: x.T, "transposed"),
        (lambda x: -x, "the sign is the opposite"),
        (lambda x: 1 - x, "1 minus the right one"),
        (lambda x: 2 * x, "twice"),
        (lambda x: 100 * x, "a percentage"),
        (lambda x: x / 10, "a tenth of"),
        (lambda x: x / np.log(2), "another base of the logarithm"),
        (lambda x: 1 / x, "numerator and denominator"),
        (lambda x: x + 1, "every value is 1 too large"),
        (lambda x: x - 0.25, "every value is 0.25 too small"),
        (lambda x: x[::-1], "axis 0 is reversed"),
        (lambda x: x[:, ::-1], "axis 1 is reversed"),
        (lambda x: np.roll(x, 1, 0), "shifted by one place along axis 0"),
        (lambda x: np.sort(x, axis=0), "in another order"),
        (lambda x: x.ravel(), "laid out along 1 axis instead of 2 axes"),
        (lambda x: x[None], "axis of length 1"),
        (lambda x: x.astype(complex), "complex"),
        (lambda x: np.trunc(x), "the fractions are cut off"),
        (lambda x: np.rint(x), "rounded to whole numbers"),
        (lambda x: np.maximum(x, 0), "negative values have become 0"),
        (lambda x: np.abs(x), "lost their sign"),
        (lambda x: np.clip(x, -0.5, 0.5), "values are cut off"),
        (lambda x: x[:-1], "one value too few at the end of axis 0"),
        (lambda x: x[:, 1:], "one value too few at the beginning of axis 1"),
        (lambda x: x * 0, "0 everywhere"),
        (lambda x: x * 0 + 3.0, "all values are the same"),
        (lambda x: x.sum(axis=1), "axis 1 is summed, but should be kept"),
        (lambda x: x * np.arange(1, 5)[:, None], "each row is off by its own factor"),
        (lambda x: x + np.arange(6), "off by a constant"),
        (lambda x: np.where(np.arange(6) == 5, 9.0, x), "everything is right except the last column"),
        (lambda x: np.pad(x[1:-1, 1:-1], 1, constant_values=7.0), "everything is right except at the edge"),
        (
            lambda x: np.where(x > 0, x, 0) * 1.0 if x.min() > 0 else np.where(x > 1, x, 0),
            "some values that are 0",
        ),
        (lambda x: np.where(x > 1, np.nan, x), "NaN"),
    ],
)
def test_a_near_miss_is_described(change: Any, words: str) -> None:
    assert words in _of(change)


def test_other_kinds_of_values_are_described_too() -> None:
    assert "the axes are in another order" in _of(lambda x: np.moveaxis(x, 0, 2), CUBE)
    assert "order is reversed" in _of(lambda x: x[::-1], ROW)
    assert "capital and small letters" in _of(str.upper, "add")
    assert "opposite" in _of(lambda x: not x, True)
    assert "a float instead of an int" in _of(float, 7)
    assert "only the first place along axis 1" in _of(lambda x: x[:, 0])
    assert _of(lambda x: x[:2, :3] + 1) == ""


def test_a_size_of_the_input_is_recognised() -> None:
    image = RNG.normal(size=(5, 8))
    cases = [
        Case(value * count, value, {"image": image[:, :count]})
        for value, count in ((2.0, 3), (0.7, 8), (5.0, 4))
    ]
    assert "the right one multiplied by `image.shape[1]`" in diagnose(cases)
    shifted = [Case(value + pad, value, {"padding": pad}) for value, pad in ((5.0, 3), (7.0, 2), (9.0, 4))]
    assert "the right one plus `padding`" in diagnose(shifted)


def test_a_factor_that_is_the_same_in_all_cases_is_told() -> None:
    assert "0.7 times the right one" in diagnose([Case(0.7 * value, value, {}) for value in (1.0, 5.0, 8.0)])
    assert diagnose([Case(0.7 * value, value, {}) for value in (1.0, 5.0)]) == ""  # two may agree by chance


def test_one_entry_of_several_is_named() -> None:
    cases = [Case((3, 2 * value), (3, value), {}) for value in (4, 5, 7)]
    assert diagnose(cases) == "in the second value, the result is twice the right one"
    cases = [Case({"a": 1, "b": -value}, {"a": 1, "b": value}, {}) for value in (2, 5, 7)]
    assert diagnose(cases) == "at 'b', the sign is the opposite"


@pytest.mark.parametrize(
    ("observed", "expected", "words"),
    [
        (4, (3, 4), "only the second of the 2 values is returned"),
        (7, (3, 4), "added up"),
        ((3, 4), 3, "the first value is right, but one number is asked for, not 2"),
        ((4, 3), (3, 4), "the two values are swapped"),
        ([4, 5, 3], (3, 4, 5), "in another order"),
    ],
)
def test_the_parts_of_a_result_are_told(observed: Any, expected: Any, words: str) -> None:
    assert words in diagnose([Case(observed, expected, {})])


def test_single_numbers_need_three_cases_that_differ() -> None:
    assert diagnose([Case(2 * value, value, {}) for value in (1.5, 2.5)]) == ""
    assert diagnose([Case(2.0, 1.0, {})] * 4) == ""
    assert "twice" in diagnose([Case(2 * value, value, {}) for value in (1.5, 2.5, 7.0)])
    assert "exactly 1 too small" in diagnose([Case(value - 1, value, {}) for value in (7, 8, 3)])
    assert diagnose([Case(value - 0.37, value, {}) for value in (7.0, 8.0, 3.0)]) == ""


def test_a_diagnosis_holds_in_every_case() -> None:
    assert diagnose([Case(2 * TABLE, TABLE, {}), Case(TABLE + 1, TABLE, {})]) == ""
    assert "off by the same factor" in diagnose([Case(2 * TABLE, TABLE, {}), Case(1.7 * TABLE, TABLE, {})])
    assert diagnose([]) == ""


def test_one_case_may_look_like_two_things() -> None:
    small = [Case(1, 2, {}), Case(3, 4, {}), Case(54, 55, {})]  # 1 for 2 is half of it, too
    assert "exactly 1 too small" in diagnose(small)
    rows = [Case(np.ones((3, 4)), np.ones((4, 4)), {}), Case(TABLE[1:], TABLE, {})]
    assert "too few at the beginning of axis 0" in diagnose(rows)
    assert diagnose([Case(1, 2, {}), Case(2, 4, {}), Case(4, 5, {})]) == ""


def test_what_the_wrong_inputs_share_is_told() -> None:
    inputs = [{"strides": strides, "units": units} for strides, units in ((1, 9), (2, 9), (1, 8), (3, 8))]
    assert "the 2 cases where `strides` is not 1; in all others" in condition(
        inputs, [True, False, True, False]
    )
    assert condition(inputs, [False] * 4) == ""
    assert condition(inputs[:3], [True, False, True]) == ""  # one wrong case shows nothing
    by_chance = [{**given, "padding": given["strides"] - 1} for given in inputs]
    assert condition(by_chance, [True, False, True, False]) == ""  # either parameter may be the one


def test_an_answer_that_is_right_for_other_inputs_is_told() -> None:
    exercise = find("2.4")
    swapped = judge(
        exercise,
        lambda size, kernel, strides, padding: exercise.reference(size, kernel, padding + 1, strides),
    )
    assert swapped.mistake is None
    for seed in range(20):
        verdict = judge(
            exercise,
            lambda size, kernel, strides, padding: exercise.reference(size, kernel + 1, strides, padding),
            seed=seed,
        )
        assert "exactly 1 too small" in verdict.advice
    fixed = judge(
        exercise, lambda size, kernel, strides, padding: exercise.reference(size, 3, strides, padding)
    )
    assert fixed.advice == "This is the right result with `kernel_size` = 3 whatever is asked."


@pytest.mark.parametrize(
    "exercise", [e for e in all_exercises() if e.is_function], ids=lambda exercise: exercise.id
)
def test_parameters_have_the_names_of_the_learners_function(exercise: Any) -> None:
    learners = list(inspect.signature(harness.answer(exercise, harness.solution_source(exercise))).parameters)
    assert list(inspect.signature(exercise.reference).parameters)[: len(learners)] == learners


def test_a_verdict_offers_a_diagnosis_where_it_has_no_name() -> None:
    exercise = find("2.4")
    verdict = judge(exercise, lambda *inputs: 10 * exercise.reference(*inputs), seed=1)
    assert verdict.mistake is None
    assert "10 times the right one" in verdict.advice


def _verdict(exercise_id: str, source: str) -> Any:
    exercise = find(exercise_id)
    return harness.judge_again(exercise, harness.answer(exercise, source), seed=1)


def test_an_error_is_named_only_if_the_same_operation_raised_it() -> None:
    answer = """def slide(image, kernel):
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] @ kernel)
    return out
"""
    verdict = _verdict("2.1", answer)
    assert verdict.mistake is None
    assert "In a matrix product the inner sizes must agree" in verdict.advice
    assert "(line 6: out[i, j] = np.sum(image[i : i + kh, j : j + kw] @ kernel))" in verdict.detail
    assert _verdict("2.1", answer.replace("i + kh", "kh").replace(" @ ", " * ")).mistake is None


def test_cases_after_one_that_raised_are_seen() -> None:
    verdict = _verdict(
        "2.4", "def output_size(size, kernel_size, strides, padding):\n    return 1 // (strides - 1)"
    )
    assert verdict.outcome == "error"
    assert verdict.right_cases.count(False) == len(verdict.right_cases) > 3
