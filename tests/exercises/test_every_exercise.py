"""Tests that every exercise of the course must pass."""

import copy
from typing import Any

import numpy as np
import pytest

from tests import harness
from workbook.exercises import Exercise, Mistake, all_exercises, as_text, find, judge
from workbook.exercises.judge import own_work
from workbook.exercises.observe import observe

EXERCISES = all_exercises()
FUNCTIONS = [exercise for exercise in EXERCISES if exercise.is_function]
SEEDS = (0, 1, pytest.param(2, marks=pytest.mark.claims))

each = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
each_function = pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda exercise: exercise.id)
each_mistake = pytest.mark.parametrize(
    ("exercise", "mistake"),
    [(exercise, mistake) for exercise in EXERCISES for mistake in exercise.mistakes],
    ids=lambda item: item.id if isinstance(item, Exercise) else item.name,
)


@each
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_passes(exercise: Exercise, seed: int) -> None:
    verdict = harness.judge_again(exercise, exercise.reference, seed=seed)
    assert verdict, as_text(verdict)


@each
@pytest.mark.parametrize("seed", SEEDS)
def test_the_chapters_solution_passes(exercise: Exercise, seed: int) -> None:
    answer = harness.answer(exercise, harness.solution_source(exercise))
    ruler = harness.ruler(exercise.id, seed)
    report = observe(exercise, answer, ruler.cases)
    verdict = own_work(ruler.verdict(report), report.calls)
    assert verdict, as_text(verdict)


@each
def test_the_stub_is_not_started(exercise: Exercise) -> None:
    answer = harness.answer(exercise, harness.stub_source(exercise))
    assert judge(exercise, answer).outcome == "not started"


@each_mistake
@pytest.mark.parametrize("seed", SEEDS)
def test_each_mistake_is_recognised(exercise: Exercise, mistake: Mistake, seed: int) -> None:
    verdict = harness.judge_again(exercise, mistake.answer, seed=seed)
    assert not verdict
    assert verdict.mistake == mistake.name, as_text(verdict)
    assert mistake.message in as_text(verdict)


@each
def test_it_has_what_a_learner_needs(exercise: Exercise) -> None:
    assert len({mistake.name for mistake in exercise.mistakes}) == len(exercise.mistakes) >= 3
    assert len({mistake.message for mistake in exercise.mistakes}) == len(exercise.mistakes)
    assert len(exercise.hints) >= 2
    assert all(len(mistake.message) > 30 for mistake in exercise.mistakes)
    assert exercise.minutes > 0
    assert exercise.points > 0
    assert find(exercise.id) is exercise


@each_function
def test_cases_are_fresh_and_reproducible(exercise: Exercise) -> None:
    first, again, another_seed = (list(exercise.cases(np.random.default_rng(seed))) for seed in (5, 5, 6))
    assert repr(first) == repr(again)
    assert len(first) >= 1
    if any(first):
        assert len(first) > 1 or repr(first) != repr(another_seed)


def _raises(*inputs: Any) -> Any:
    raise RuntimeError("broken")


def _exits(*inputs: Any) -> Any:
    raise SystemExit(3)


def _loops(*inputs: Any) -> Any:
    while True:
        pass


@each_function
def test_an_answer_that_raises_is_an_error(exercise: Exercise) -> None:
    for broken in (_raises, _exits):
        verdict = judge(exercise, broken)
        assert verdict.outcome == "error"
        assert ("RuntimeError: broken" in verdict.detail) or ("SystemExit" in verdict.detail)


@each_function
def test_an_answer_that_loops_runs_out_of_time(exercise: Exercise) -> None:
    verdict = judge(exercise, _loops, limit=0.2)
    assert verdict.outcome == "timeout"
    assert "within 0.2 s" in as_text(verdict)


@each
def test_none_is_wrong_with_a_reason(exercise: Exercise) -> None:
    verdict = judge(exercise, (lambda *inputs: None) if exercise.is_function else None)
    assert verdict.outcome == "wrong"
    assert "None" in verdict.detail
    assert "return" in verdict.detail or not exercise.is_function


@each
def test_a_wrong_type_is_wrong_with_a_reason(exercise: Exercise) -> None:
    odd = object()
    verdict = judge(exercise, (lambda *inputs: odd) if exercise.is_function else odd)
    assert verdict.outcome == "wrong"
    assert "expected" in verdict.detail


@each
def test_the_wrong_kind_of_answer_is_malformed(exercise: Exercise) -> None:
    verdict = judge(exercise, 7 if exercise.is_function else len)
    assert verdict.outcome == "malformed"
    assert exercise.answer_name in verdict.detail


def _changed(result: Any, change: Any) -> Any:
    """Return a result with every array and number changed; None if it holds neither."""
    if isinstance(result, np.ndarray) and np.issubdtype(result.dtype, np.number):
        return change(result)
    if isinstance(result, bool) or not isinstance(result, (int, float, np.number)):
        if isinstance(result, (tuple, list)):
            items = [_changed(item, change) for item in result]
            return type(result)(items) if any(item is not None for item in items) else None
        if isinstance(result, dict):
            items = {key: _changed(item, change) for key, item in result.items()}
            return items if any(item is not None for item in items.values()) else None
        return None
    return change(np.asarray(result))


def _with(exercise: Exercise, change: Any) -> Any:
    """Return the reference with every result changed; None if its results are not numbers."""
    changed = _changed(_sample(exercise), change)
    if changed is None or not exercise.is_function:
        return changed
    return lambda *inputs: _changed(exercise.reference(*inputs), change)


def _sample(exercise: Exercise) -> Any:
    """Return the reference's result for one case."""
    if not exercise.is_function:
        return exercise.reference
    inputs = next(iter(exercise.cases(np.random.default_rng(0))))
    return exercise.reference(*copy.deepcopy(inputs))


def _returns_numbers(exercise: Exercise) -> bool:
    sample = _sample(exercise)
    return isinstance(sample, (int, float, np.ndarray, tuple, list)) and not isinstance(sample, bool)


@each
def test_nan_is_wrong(exercise: Exercise) -> None:
    answer = _with(exercise, lambda array: np.full(array.shape, np.nan))
    if answer is None:
        assert not _returns_numbers(exercise)
        return
    verdict = judge(exercise, answer)
    assert verdict.outcome in ("wrong", "error")


@each
def test_a_wrong_shape_is_wrong(exercise: Exercise) -> None:
    answer = _with(exercise, lambda array: np.stack([array, array]))
    if answer is None:
        assert not _returns_numbers(exercise)
        return
    verdict = judge(exercise, answer)
    assert verdict.outcome in ("wrong", "error")
    assert verdict.detail


@each_function
def test_an_answer_that_changes_its_input_is_wrong(exercise: Exercise) -> None:
    cases = list(exercise.cases(np.random.default_rng(0)))
    if not any(isinstance(item, (np.ndarray, list)) and len(item) for inputs in cases for item in inputs):
        return  # numbers, strings and models' sizes cannot be changed in place

    def changes_its_inputs(*inputs: Any) -> Any:
        result = exercise.reference(*inputs)
        for item in inputs:
            if isinstance(item, np.ndarray) and item.size:
                item[...] = 0 if item.any() else 1
            elif isinstance(item, list):
                item.clear()
        return copy.deepcopy(result)

    verdict = judge(exercise, changes_its_inputs, seed=0)
    assert verdict.outcome == "wrong"
    assert "changed its input" in verdict.detail
