"""Answers by people who saw the text of an exercise alone: right ones pass however they are written, wrong ones do not.

`workbook/course/benches/bench_checks.py` says where the answers are and how they are written.
"""

import pytest

from tests import ROOT
from workbook.course.benches.bench_checks import measure_checks, read_answers, true_names
from workbook.exercises import Exercise, all_exercises, find
from workbook.exercises.models import observe_model

pytestmark = pytest.mark.slow

ANSWERS = read_answers(ROOT)
SEEDS, SEEDS_OF_MODELS = range(2), range(1)  # models take longer: they have to be built
MORE_SEEDS, MORE_SEEDS_OF_MODELS = range(2, 20), range(1, 4)
LEAST_EXPLAINED = 0.3  # of the wrong answers of each exercise; of all of them together it is more than 0.7


def seeds(exercise_id: str, usual: range, of_models: range) -> range:
    return of_models if getattr(find(exercise_id), "observe", None) is observe_model else usual


each = pytest.mark.parametrize("exercise_id", ANSWERS)


@each
def test_right_answers_pass_and_wrong_ones_do_not(exercise_id: str) -> None:
    """On two seeds, or one; a name is given only to an answer that a reader found to make this mistake."""
    row = measure_checks(ROOT, exercise_id, seeds(exercise_id, SEEDS, SEEDS_OF_MODELS))
    assert not row.problems, "\n".join(
        (*row.problems, "A true name goes to tests/exercises/answers/names.toml.")
    )
    assert row.explained / row.wrong >= LEAST_EXPLAINED, row.line()


@pytest.mark.claims
@each
def test_the_same_on_more_seeds(exercise_id: str) -> None:
    """On twenty seeds together, on four where an answer is a model."""
    more = seeds(exercise_id, MORE_SEEDS, MORE_SEEDS_OF_MODELS)
    assert not measure_checks(ROOT, exercise_id, more).problems


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
