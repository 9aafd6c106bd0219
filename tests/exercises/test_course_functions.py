"""The course's own functions as answers: each exercise says which, and a check knows the call however it is spelled."""

import copy
import importlib
import inspect
from typing import Any

import numpy as np
import pytest

from tests import ROOT
from workbook import arithmetic, calls, reference
from workbook.calls import collected_calls, note_call
from workbook.exercises import Exercise, all_exercises, check, find
from workbook.exercises.check import as_text
from workbook.exercises.judge import Ruler, Verdict, judge, own_work
from workbook.exercises.models import observe_model
from workbook.exercises.observe import observe

EXERCISES = [
    exercise for exercise in all_exercises() if exercise.is_function and exercise.observe is not observe_model
]


def _own_work(exercise_id: str, answer: Any) -> Verdict:
    """Judge an answer as a check does."""
    ruler = Ruler(_exercise(exercise_id), seed=1)
    report = observe(ruler.exercise, answer, ruler.cases)
    return own_work(ruler.verdict(report), report.calls)


def _exercise(exercise_id: str) -> Exercise:
    exercise = find(exercise_id)
    assert isinstance(exercise, Exercise)
    return exercise


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_an_exercise_whose_reference_calls_the_course_says_whether_an_answer_may(exercise: Exercise) -> None:
    inputs = next(iter(exercise.cases(np.random.default_rng(0))))
    with collected_calls() as calls:
        exercise.observe(exercise.reference, *copy.deepcopy(inputs))
    assert not calls or calls.intersection(exercise.solved_by + exercise.may_use), calls


NAMES = [(exercise.id, name) for exercise in all_exercises() for name in exercise.solved_by]
ALLOWED = [(exercise.id, name) for exercise in all_exercises() for name in exercise.may_use]


@pytest.mark.parametrize(("exercise_id", "name"), NAMES)
def test_every_function_that_is_ruled_out_notes_its_calls(exercise_id: str, name: str) -> None:
    source = inspect.getsource(calls.functions([name])[name])
    assert f'"{name}"' in source


@pytest.mark.parametrize(("exercise_id", "name"), ALLOWED)
def test_every_function_that_may_be_used_is_there(exercise_id: str, name: str) -> None:
    module, _, function = name.rpartition(".")
    assert callable(getattr(importlib.import_module(f"workbook.{module}"), function))
    assert name not in _exercise(exercise_id).solved_by


RULED_OUT = ("the course's own function for this does not count", "without its own `groups` argument")


@pytest.mark.parametrize("exercise_id", dict.fromkeys(exercise_id for exercise_id, _ in NAMES))
def test_the_text_of_an_exercise_says_that_the_courses_function_is_ruled_out(exercise_id: str) -> None:
    (source,) = (ROOT / "solutions").glob(f"{int(exercise_id.split('.')[0]):02}_*.py")
    _, _, cells = source.read_text(encoding="utf-8").partition(f'# %% [markdown] exercise="{exercise_id}"\n')
    text = " ".join(line.removeprefix("# ") for line in cells.partition("\n# %%")[0].split("\n"))
    assert any(words in text for words in RULED_OUT)


class _Holder:
    inner = staticmethod(reference.conv2d)


SPELLINGS: dict[str, Any] = {
    "itself": reference.conv2d,
    "a call": lambda image, kernel: reference.conv2d(image, kernel),
    "getattr": lambda image, kernel: getattr(reference, "conv" + "2d")(image, kernel),
    "a default": lambda image, kernel, do=reference.conv2d: do(image, kernel),
    "an attribute": lambda image, kernel: _Holder.inner(image, kernel),
    "the loops": reference.conv2d_loops,
    "a matrix": lambda image, kernel: (reference.dense_matrix(kernel, image.shape) @ image.ravel()).reshape(
        image.shape[0] - kernel.shape[0] + 1, -1
    ),
    "a larger layer": lambda image, kernel: reference.depthwise_conv2d(
        image[..., None], kernel[..., None, None]
    )[..., 0],
    "its code": type(reference.conv2d)(reference.conv2d.__code__, vars(reference), None, None),
}
SPELLINGS["its code"].__kwdefaults__ = reference.conv2d.__kwdefaults__


@pytest.mark.parametrize("name", SPELLINGS)
def test_the_courses_own_function_is_no_answer_however_it_is_called(name: str) -> None:
    assert judge(_exercise("2.1"), SPELLINGS[name])
    ruled = _own_work("2.1", SPELLINGS[name])
    assert not any(ruled.right_cases)
    assert (ruled.outcome, ruled.mistake) == ("wrong", ruled.detail.replace("`", ""))
    assert ruled.detail.startswith("the course's own `")
    assert ruled.detail.endswith("` did the work")


def test_a_check_tells_the_learner(capsys: pytest.CaptureFixture[str]) -> None:
    assert not check("2.4", arithmetic.output_size)
    told = capsys.readouterr().out
    assert "2.4 Output size: not yet.\nthe course's own `output_size` did the work\n" in told
    assert "Write the steps yourself" in told


def test_a_function_that_an_exercise_offers_is_an_answers_part() -> None:
    def grouped_conv(image: np.ndarray, kernel: np.ndarray, groups: int) -> np.ndarray:
        parts = zip(np.split(image, groups, axis=2), np.split(kernel, groups, axis=3), strict=True)
        return np.concatenate([reference.conv2d(*part) for part in parts], axis=2)

    assert _own_work("4.5", grouped_conv)
    for convolve in (reference.conv2d, reference.conv2d_loops):
        verdict = _own_work(
            "4.5", lambda image, kernel, groups, do=convolve: do(image, kernel, groups=groups)
        )
        assert verdict.detail == "the course's own `conv2d with groups` did the work"


def test_comparing_with_the_course_in_ones_own_cell_is_free() -> None:
    def slide(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        rows, columns = (size - extent + 1 for size, extent in zip(image.shape, kernel.shape, strict=True))
        windows = [
            [image[i : i + kernel.shape[0], j : j + kernel.shape[1]] for j in range(columns)]
            for i in range(rows)
        ]
        return np.array([[np.sum(window * kernel) for window in row] for row in windows])

    image, kernel = np.eye(5), np.ones((2, 3))
    assert np.allclose(slide(image, kernel), reference.conv2d(image, kernel))
    assert _own_work("2.1", slide)


def test_a_wrong_answer_keeps_its_own_verdict() -> None:
    verdict = _own_work("2.1", lambda image, kernel: reference.conv2d(image, kernel).T)
    assert verdict.mistake == "swaps rows and columns"
    assert "exchanged" in as_text(verdict)


def test_calls_are_collected_where_somebody_asks_and_only_there() -> None:
    note_call("outside")
    with collected_calls() as outer:
        with collected_calls() as inner:
            note_call("inside")
        note_call("after")
    assert (inner, outer) == ({"inside"}, {"after"})
