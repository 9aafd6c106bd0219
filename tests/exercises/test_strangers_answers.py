"""Answers by people who saw the text of an exercise alone: right ones pass however they are written, wrong ones do not.

`workbook/course/benches/bench_checks.py` says where the answers are and how they are written.
"""

from functools import cache, reduce
from operator import add

import pytest

from tests import ROOT
from workbook.course.benches.bench_checks import CheckRow, measure_checks, read_answers, true_names
from workbook.exercises import Exercise, all_exercises, find
from workbook.exercises.models import observe_model

ANSWERS = read_answers(ROOT)
SEEDS, MORE_SEEDS, MORE_SEEDS_OF_MODELS = range(2), range(2, 20), range(2, 5)
LEAST_EXPLAINED = 0.7  # of the wrong answers of all exercises

each = pytest.mark.parametrize("exercise_id", ANSWERS)


@cache
def row(exercise_id: str) -> CheckRow:
    return measure_checks(ROOT, exercise_id, SEEDS)


@each
def test_right_answers_pass_and_wrong_ones_do_not(exercise_id: str) -> None:
    """On two seeds; a name is given only to an answer that a reader found to make this mistake."""
    assert not row(exercise_id).problems


def test_most_wrong_answers_are_explained() -> None:
    total = reduce(add, map(row, ANSWERS))
    assert total.explained / total.wrong >= LEAST_EXPLAINED, total.line()


@pytest.mark.claims
@each
def test_the_same_on_more_seeds(exercise_id: str) -> None:
    """On twenty seeds together, on five where an answer is a model, which takes longer to build."""
    exercise = find(exercise_id)
    seeds = MORE_SEEDS_OF_MODELS if getattr(exercise, "observe", None) is observe_model else MORE_SEEDS
    assert not measure_checks(ROOT, exercise_id, seeds).problems


def test_each_exercise_has_several_answers_of_both_kinds() -> None:
    assert set(ANSWERS) == {exercise.id for exercise in all_exercises()}
    for exercise_id, answers in ANSWERS.items():
        kinds = [answer.kind for answer in answers]
        assert kinds.count("right") >= 4, exercise_id
        assert kinds.count("wrong") >= 6, exercise_id
        assert len({answer.words for answer in answers}) == len(answers), exercise_id


def test_every_true_name_is_that_of_an_answer_and_of_a_mistake() -> None:
    for exercise_id, names in true_names(ROOT).items():
        exercise = find(exercise_id)
        assert isinstance(exercise, Exercise)
        assert set(names) <= {answer.words for answer in ANSWERS[exercise_id] if answer.kind == "wrong"}
        assert set(names.values()) <= {mistake.name for mistake in exercise.mistakes}
