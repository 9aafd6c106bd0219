"""Partial credit: points for the kinds of cases that an answer gets right, and none for one that does nothing."""

import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.grading.conftest import Notebook, filled
from tests.grading.made_up import graded, mark
from workbook.course.grading.journal import begin
from workbook.course.grading.partial_credit import chosen_exercises, with_partial_credit
from workbook.course.grading.records import Graded, Mark
from workbook.course.grading.referee import _groups
from workbook.exercises import Exercise, all_exercises, find
from workbook.exercises.judge import Ruler
from workbook.exercises.models import observe_model
from workbook.exercises.observe import observe

CHAPTERS = ("01_why_convolution", "02_convolution", "03_pooling", "04_separable_convolution")
GROUPED = [
    exercise for exercise in all_exercises() if isinstance(exercise, Exercise) and exercise.groups is not None
]
NAMES = [exercise.id for exercise in GROUPED]
BY_NAME = dict(zip(NAMES, GROUPED, strict=True))
VALUES = [exercise for exercise in GROUPED if exercise.observe is not observe_model]
MODELS = [exercise for exercise in GROUPED if exercise.observe is observe_model]
EACH = [  # building models takes long
    pytest.param(exercise, id=exercise.id, marks=pytest.mark.claims if exercise in MODELS else ())
    for exercise in GROUPED
]
SEEDS = range(20)
MOST_LUCKY_SEEDS = 5  # of 20, on which one and the same constant may be right in a kind


@cache
def _ruler(name: str, seed: int) -> Ruler:
    return Ruler(BY_NAME[name], seed=seed)


def _kinds(exercise: Exercise, answer: Any, seed: int = 0) -> tuple[tuple[str, ...], tuple[str, ...]]:
    ruler = _ruler(exercise.id, seed)
    verdict = ruler.verdict(observe(exercise, answer, ruler.cases))
    return _groups(exercise, ruler.cases, verdict.right_cases)


def test_the_exercises_whose_cases_differ_in_kind_name_the_kinds() -> None:
    named = {
        "00": "0.2 0.4",
        "01": "1.1 1.2 1.5 1.6",
        "02": "2.1 2.2 2.3 2.4 2.5",
        "03": "3.1 3.3 3.4 3.6",
        "04": "4.1 4.2 4.4 4.5",
        "06": "6.3",
        "08": "8.1 8.2 8.4 8.6",
        "09": "9.3 9.4",
        "12": "12.1 12.6",
        "13": "13.2",
        "14": "14.5",
        "15": "15.2",
        "16": "16.1 16.3 16.4",
    }
    assert set(" ".join(named.values()).split()) <= set(NAMES)


@pytest.mark.parametrize("exercise", GROUPED, ids=NAMES)
def test_every_kind_is_there_on_every_seed(exercise: Exercise) -> None:
    assert exercise.groups is not None
    kinds = [{exercise.groups(*inputs) for inputs in _ruler(exercise.id, seed).cases} for seed in SEEDS]
    assert len(kinds[0]) >= 2
    assert all(names == kinds[0] for names in kinds)
    for name in kinds[0]:  # it is read by learners: no numbers of a hidden case
        assert name == name.lower().strip()
        assert len(name) <= 40


@pytest.mark.parametrize("exercise", EACH)
def test_the_reference_is_right_in_every_kind_and_no_mistake_is(exercise: Exercise) -> None:
    right, wrong = _kinds(exercise, exercise.reference)
    assert wrong == ()
    for mistake in exercise.mistakes:
        right_kinds, wrong_kinds = _kinds(exercise, mistake.answer)
        assert wrong_kinds, mistake.name
        assert set(right_kinds + wrong_kinds) == set(right)


def _constants(exercise: Exercise, seed: int) -> dict[str, str]:
    """Return for each kind the constant that is right in all of its cases, as text, where there is one."""
    assert exercise.groups is not None
    right: dict[str, set[str]] = {}
    for inputs in _ruler(exercise.id, seed).cases:
        right.setdefault(exercise.groups(*inputs), set()).add(repr(exercise.reference(*inputs)))
    return {name: min(answers) for name, answers in right.items() if len(answers) == 1}


@pytest.mark.parametrize("exercise", VALUES, ids=[exercise.id for exercise in VALUES])
def test_no_constant_is_right_in_a_kind_but_by_luck(exercise: Exercise) -> None:
    lucky = Counter(item for seed in SEEDS for item in _constants(exercise, seed).items())
    assert all(count <= MOST_LUCKY_SEEDS for count in lucky.values()), lucky.most_common(3)


MOST_INPUTS = max(len(_ruler(exercise.id, 0).cases[0]) for exercise in VALUES)
TRIVIAL: dict[str, Callable[..., Any]] = {
    "0": lambda *inputs: 0,
    "1": lambda *inputs: 1,
    "None": lambda *inputs: None,
    "(0, 0)": lambda *inputs: (0, 0),
    **{
        f"input {place + 1}": lambda *inputs, place=place: inputs[min(place, len(inputs) - 1)]
        for place in range(MOST_INPUTS)
    },
    "(0, 1)": lambda *inputs: (0, 1),
    "nothing": lambda *inputs: [],
    "no text": lambda *inputs: "",
    "all inputs": lambda *inputs: inputs,
    "an input and False": lambda *inputs: (inputs[0], False),
    "zeros": lambda *inputs: np.zeros_like(inputs[0]) if isinstance(inputs[0], np.ndarray) else 0.0,
}


@pytest.mark.parametrize("name", TRIVIAL)
def test_an_answer_that_does_nothing_is_right_in_no_kind(name: str) -> None:
    gifts = {exercise.id: _kinds(exercise, TRIVIAL[name])[0] for exercise in VALUES}
    assert {exercise: kinds for exercise, kinds in gifts.items() if kinds} == {}


def test_an_answer_that_is_wrong_in_rare_cases_is_right_in_the_other_kinds() -> None:
    """The answer is wrong where the strides are larger than the kernel alone; all or nothing gives 0 of 2."""
    exercise = find("2.3")
    assert isinstance(exercise, Exercise)
    negative = next(
        mistake for mistake in exercise.mistakes if mistake.name == "lets the padding go negative"
    )
    assert _kinds(exercise, negative.answer) == (("stride 1",), ("larger strides",))


def test_an_error_in_one_kind_leaves_the_others() -> None:
    exercise = find("2.4")
    assert isinstance(exercise, Exercise)

    def raises(size: int, kernel_size: int, strides: int, padding: int) -> int:
        if strides > 1 and padding:
            raise ValueError
        return (size - kernel_size + 2 * padding) // strides + 1

    assert _kinds(exercise, raises) == (
        ("stride 1", "larger strides without padding"),
        ("larger strides with padding",),
    )


# Points --------------------------------------------------------------------------------------------------------------


def _mark(outcome: str, right: tuple[str, ...] = ("a", "b"), wrong: tuple[str, ...] = ("c",)) -> Mark:
    return mark("ann", "2.4", outcome, right_groups=right, wrong_groups=wrong, feedback="Floor, not round.")


CREDITED = [
    (_mark("wrong"), 1.33),
    (_mark("error"), 1.33),
    (_mark("timeout", ("a",), ("b",)), 1),
    (_mark("wrong", ()), 0),
    (_mark("wrong", ("a", "b"), ()), 0),  # right in all kinds, and wrong for another reason
    (_mark("died"), 0),
    (_mark("malformed"), 0),
    (_mark("not started"), 0),
    (_mark("passed", ("a", "b"), ()), 2),
]


@pytest.mark.parametrize(("one", "points"), CREDITED)
def test_points_are_the_share_of_the_kinds(one: Mark, points: float) -> None:
    credited = with_partial_credit([graded("ann", one)], frozenset({"2.4"}))[0].marks[0]
    assert (credited.outcome, credited.points) == (one.outcome, points)
    is_partial = 0 < points < 2
    words = "right for a; not for b" if len(one.right_groups) == 1 else "right for a, b; not for c"
    assert credited.detail == (f"Partial credit: {words}." if is_partial else "")
    assert credited.feedback.startswith("Floor, not round.")
    assert (f"Partial credit: {points:g} of 2 points, {words}." in credited.feedback) == is_partial
    assert with_partial_credit([graded("ann", one)], frozenset({"2.3"}))[0].marks == (one,)


def test_points_are_all_or_nothing_unless_asked_for() -> None:
    assert chosen_exercises("", CHAPTERS) == chosen_exercises("none", CHAPTERS) == frozenset()
    assert chosen_exercises("all", CHAPTERS) == {
        name for name in NAMES if name.split(".")[0] in ("1", "2", "3", "4")
    }
    assert chosen_exercises("2.3, 2.4", CHAPTERS) == {"2.3", "2.4"}
    for words in ("3.5", "2.99", "2.3,", "some"):
        with pytest.raises(
            ValueError, match=r"--partial-credit must be all, none, or exercises that name kinds"
        ):
            chosen_exercises(words, CHAPTERS)


def test_a_run_remembers_its_partial_credit(tmp_path: Any) -> None:
    assert begin(tmp_path / "out", seed=1, resume=False).partial_credit == ""
    assert begin(tmp_path / "out", seed=None, resume=True, partial_credit="2.3").partial_credit == "2.3"
    assert begin(tmp_path / "out", seed=None, resume=True).partial_credit == "2.3"
    assert begin(tmp_path / "out", seed=None, resume=True, partial_credit="none").partial_credit == "none"


def test_the_kinds_come_out_of_the_jail(graded: Callable[[Notebook], Graded]) -> None:
    answer = "def output_size(size, kernel_size, strides, padding):\n    return (size - kernel_size) // strides + 1\n"
    found = graded(json.loads(json.dumps(filled({"2.4": answer}))))
    one = next(one for one in found.marks if one.exercise == "2.4")
    assert (one.outcome, one.points) == ("wrong", 0)
    assert one.right_groups == ("larger strides without padding",)
    assert set(one.wrong_groups) == {"stride 1", "larger strides with padding"}
