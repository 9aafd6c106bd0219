"""Wrong shapes in every exercise that asks for a model: the check has a sentence of its own for each."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from workbook.exercises import Exercise, all_exercises, judge
from workbook.exercises.error_advice import explain
from workbook.exercises.models import observe_model

MODELS = [
    exercise
    for exercise in all_exercises()
    if isinstance(exercise, Exercise) and exercise.observe is observe_model
]
# What a learner hands to keras.Input in place of the right shape, and words that the check must find.
SPOILED: dict[str, tuple[Callable[[tuple[Any, ...]], tuple[Any, ...]], str]] = {
    "no channel axis": (lambda shape: shape[:-1], "axis is missing"),
    "a batch axis": (lambda shape: (None, *shape), "`keras.Input` adds the batch axis itself"),
    "other channels": (lambda shape: (*shape[:-1], shape[-1] + 1), "number of channels"),
}
every_model = pytest.mark.parametrize("exercise", MODELS, ids=lambda exercise: exercise.id)


@pytest.fixture
def spoiled(monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes an answer like the reference, with other shapes of `keras.Input`."""
    right = keras.Input

    def make(exercise: Exercise, change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Callable[..., Any]:
        def wrong(shape: Any, *arguments: Any, **options: Any) -> Any:
            return right(change(tuple(shape)), *arguments, **options)

        def answer(*inputs: Any) -> Any:
            with monkeypatch.context() as patch:
                patch.setattr(keras, "Input", wrong)
                return exercise.reference(*inputs)

        return answer

    return make


def test_there_are_model_exercises() -> None:
    assert len(MODELS) >= 11


@every_model
@pytest.mark.parametrize("kind", SPOILED)
def test_a_wrong_input_shape_is_answered_in_words(spoiled, exercise: Exercise, kind: str) -> None:
    change, words = SPOILED[kind]
    verdict = judge(exercise, spoiled(exercise, change), seed=1)
    assert not verdict
    if exercise.id == "13.6" and kind == "other channels":  # its input is (positions,): other positions, then
        assert "with inputs (None, 21), expected (None, 20)" in verdict.detail
    else:
        assert words in f"{verdict.detail} {verdict.advice}"


@every_model
def test_a_model_in_place_of_the_function_is_named(exercise: Exercise) -> None:
    model = exercise.reference(*exercise.cases(np.random.default_rng(0))[0])
    verdict = judge(exercise, model, seed=1)
    assert verdict.outcome == "malformed"
    assert f"must be the function {exercise.answer_name}: pass its name, without calling it" in verdict.detail
    assert "a Keras model" in verdict.detail


def test_a_layer_in_place_of_the_function_is_named() -> None:
    verdict = judge(MODELS[0], keras.layers.Dense(2), seed=1)
    assert verdict.outcome == "malformed"
    assert "Received: a Keras layer" in verdict.detail


def _error(model: Any, shape: tuple[int, ...]) -> str:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the test is about any error
        model(np.zeros(shape, "float32"))
    from workbook.exercises.errors import describe

    return describe(caught.value)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((28, 24, 3), "the batch axis is missing"),
        ((5, 28, 24), "the channel axis is missing"),
        ((28, 24), "the batch axis is missing"),
        ((5, 28, 24, 1), "another number of channels"),
    ],
)
@pytest.mark.parametrize("kind", ["Functional", "Sequential"])
def test_what_goes_into_a_model_is_compared_with_what_it_reads(kind, shape, words) -> None:
    model = keras.Sequential([keras.Input((28, 24, 3)), keras.layers.Conv2D(4, 3)])
    if kind == "Functional":
        model = keras.Model(model.inputs, model.outputs)
    advice = explain(_error(model, shape))
    assert words in advice
    assert "(batch, height, width, channels)" in advice or "`keras.Input(shape=…)`" in advice


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((5, 28, 24, 2), "built for 3 channels and gets 2"),
        ((5, 24, 28, 3), "Compare `keras.Input(shape=…)`"),
    ],
)
def test_a_functional_model_compares_all_sizes(shape, words) -> None:
    inputs = keras.Input((28, 24, 3))
    assert words in explain(_error(keras.Model(inputs, keras.layers.ReLU()(inputs)), shape))


def test_one_grey_image_is_taken_for_a_batch_of_narrow_ones() -> None:
    inputs = keras.Input((28, 28, 1))
    error = _error(keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs)), (28, 28, 1))
    assert "its batch axis is missing" in explain(error)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (keras.layers.Conv2D(4, 3), (28, 28, 1), "the batch axis is missing"),
        (keras.layers.Conv2D(4, 3), (2, 8, 8), "an axis is missing"),
        (keras.layers.Conv2D(4, 3), (2, 64), "`Flatten`"),
        (keras.layers.Conv1D(4, 3), (2, 8), "number of positions"),
    ],
)
def test_a_layer_says_which_axis_it_lacks(layer, shape, words) -> None:
    assert words in explain(_error(layer, shape))


def test_the_cause_inside_a_layer_is_shown_and_not_the_layers_name_alone() -> None:
    inputs = keras.Input((20,))
    error = _error(keras.Model(inputs, keras.layers.Embedding(5, 2)(inputs)), (20,))
    assert "Expected shape (None, 20), but input has incompatible shape (20,)" in error
    assert "the batch axis is missing" in explain(error)
