"""Answers by people who saw the text of an exercise alone: right ones pass however they are written, wrong ones do not.

`answers/NN_topic.py` holds them in cells, `# %% 2.1 right · loops` and `# %% 2.1 wrong · returns inside the loop`.
"""

import re
from functools import cache
from pathlib import Path

import pytest

from tests import harness
from workbook.exercises import Exercise, Verdict, as_text, find
from workbook.exercises.judge import own_work

FOLDER = Path(__file__).parent / "answers"
SEED = 3
# Wrong answers that the check still accepts, because its cases do not tell them apart.
ACCEPTED = {
    ("2.1", "whole numbers, fractions cut off"),
    ("2.2", "whole numbers"),
    ("5.5", "stops at the first degree that is no better"),
    ("7.6", "as many classes as seen in the labels"),
    ("8.2", "nothing done where no channel is missing"),
    ("8.2", "negative slice, empty where no channel is missing"),
    ("8.5", "fractions cut off at the end only"),
}


@cache
def cells() -> dict[str, list[tuple[str, str, str]]]:
    """Return the answers to each exercise: "right" or "wrong", in which way, and the code."""
    answers: dict[str, list[tuple[str, str, str]]] = {}
    for path in sorted(FOLDER.glob("[0-9][0-9]_*.py")):
        parts = re.split(
            r"^# %% (\d+\.\d+) (right|wrong) · (.*)$", path.read_text(encoding="utf-8"), flags=re.M
        )[1:]
        for exercise_id, kind, words, source in zip(*[iter(parts)] * 4, strict=True):
            answers.setdefault(exercise_id, []).append((kind, words.strip(), source))
    return answers


def verdict_on(exercise: Exercise, source: str) -> Verdict | None:
    """Judge an answer cell; None if the cell itself raises, as the learner sees."""
    try:
        answer = harness.answer(exercise, source)
    except Exception:
        return None
    return own_work(harness.judge_again(exercise, answer, seed=SEED, limit=30))


@pytest.mark.claims
@pytest.mark.parametrize(
    "exercise", [find(exercise_id) for exercise_id in cells()], ids=lambda exercise: exercise.id
)
def test_right_answers_pass_and_wrong_ones_do_not(exercise: Exercise) -> None:
    verdicts = [(kind, words, verdict_on(exercise, source)) for kind, words, source in cells()[exercise.id]]
    refused = [
        f"{words}: {verdict and as_text(verdict)}"
        for kind, words, verdict in verdicts
        if kind == "right" and not verdict
    ]
    accepted = {(exercise.id, words) for kind, words, verdict in verdicts if kind == "wrong" and verdict}
    assert not refused, "right answers refused:\n" + "\n".join(refused)
    assert accepted == {pair for pair in ACCEPTED if pair[0] == exercise.id}


def test_each_exercise_has_several_answers_of_both_kinds() -> None:
    for exercise_id, answers in cells().items():
        kinds = [kind for kind, _, _ in answers]
        assert kinds.count("right") >= 4, exercise_id
        assert kinds.count("wrong") >= 6, exercise_id
        assert len({words for _, words, _ in answers}) == len(answers), exercise_id
