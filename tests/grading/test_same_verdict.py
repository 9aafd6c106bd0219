"""The grader gives the verdicts of the check: the same answers, the same seed, the same outcome, mistake and words.

An answer's results go the grader's way: the cases as they enter the jail, the report as it leaves it, both as JSON, and
the referee's ruling. That a jail with all its walls changes nothing is the matter of test_run.
"""

import json
from functools import cache
from typing import Any

import pytest

from tests import ROOT, harness
from workbook.course.benches.bench_checks import SECONDS, read_answers
from workbook.course.grading.referee import Referee
from workbook.course.jailed import transport
from workbook.course.jailed.jail_messages import AnswerReport
from workbook.course.jailed.running import Task, as_plain
from workbook.exercises import Exercise, all_exercises, chapter_of
from workbook.exercises.judge import own_work
from workbook.exercises.observe import observe

SEED = 4
QUICK = [exercise for exercise in all_exercises() if chapter_of(exercise.id) == "02_convolution"]
OTHERS = [exercise for exercise in all_exercises() if exercise not in QUICK]


@cache
def referee() -> Referee:
    return Referee(ROOT, seed=SEED, practice_seed=SEED + 1)


def _ruling(exercise: Exercise, answer: Any) -> Any:
    """Return the referee's ruling on what an answer does with the cases that the referee drew."""
    chapter = chapter_of(exercise.id)
    asked = referee().tasks(chapter, "marks").exercises[exercise.id]
    task = Task(asked.answer_name, asked.is_function, exercise.observe, asked.time_limit)
    cases = [transport.decode(json.loads(json.dumps(case))) for case in asked.cases]
    told = as_plain(exercise.id, observe(task, answer, cases, limit=SECONDS, replay=False))
    report = AnswerReport.from_json(json.loads(json.dumps(told.to_json())))
    return referee().rule(chapter, "marks", report)


def _test_all_answers(exercise: Exercise) -> None:
    for stranger in read_answers(ROOT)[exercise.id]:
        try:
            answer = harness.answer(exercise, stranger.source)
        except Exception:  # the cell itself raises
            continue
        ruler = harness.ruler(exercise.id, SEED)
        report = observe(exercise, answer, ruler.cases, limit=SECONDS)
        verdict = own_work(ruler.verdict(report), report.calls)  # as `check` does
        ruling = _ruling(exercise, answer)
        assert ruling.outcome == verdict.outcome, stranger.words
        assert ruling.mistake == (verdict.mistake or ""), stranger.words
        assert ruling.advice == verdict.advice, stranger.words


@pytest.mark.parametrize("exercise", QUICK, ids=lambda exercise: exercise.id)
def test_the_grader_agrees_with_the_check(exercise: Exercise) -> None:
    _test_all_answers(exercise)


@pytest.mark.claims
@pytest.mark.parametrize("exercise", OTHERS, ids=lambda exercise: exercise.id)
def test_the_grader_agrees_with_the_check_in_other_chapters(exercise: Exercise) -> None:
    _test_all_answers(exercise)
