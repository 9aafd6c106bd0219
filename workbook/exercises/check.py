"""`check("2.3", output_size)` judges an answer at once; `check.hint("2.3")` shows the next hint."""

import html
import os
import re
from typing import Any

from workbook.exercises.exercise import Exercise, FreeText
from workbook.exercises.judge import Verdict, judge, own_work
from workbook.exercises.registry import exercises_of, find

HEADS = {
    "wrong": "not yet",
    "timeout": "out of time",
    "memory": "out of memory",
}  # else the outcome's own name
COLOURS = {"passed": "#1a9850", "not started": "#888888"}


class Message:
    """A few lines of text for the learner, shown in a box by front ends that render HTML."""

    def __init__(self, text: str, colour: str = "#3182bd") -> None:
        self.text = text
        self.colour = colour

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        body = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(self.text))
        style = f"border-left:4px solid {self.colour};padding:2px 0 2px 12px;white-space:pre-wrap"
        return f'<div style="{style}">{body}</div>'


def _show(message: Message) -> None:
    """Show a message: as a box in a notebook, as text elsewhere."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(message)
    else:
        display(message)


class Check:
    """The object `check`. It remembers which hints were shown and which exercises passed."""

    def __init__(self) -> None:
        self._hints_shown: dict[str, int] = {}
        self._passed: dict[str, bool] = {}

    def __call__(self, exercise_id: str, answer: Any) -> bool:
        """Judge `answer`, show the verdict, and return whether it passed. Never raises in a notebook.

        Under nbgrader a wrong answer raises AssertionError, as nbgrader expects of a test cell.
        """
        exercise = self._find(exercise_id)
        if exercise is None:
            return False
        verdict = own_work(judge(exercise, answer))
        self._passed[exercise.id] = self._passed.get(exercise.id, False) or bool(verdict)
        if os.environ.get("NBGRADER_EXECUTION") and not verdict:
            raise AssertionError(as_text(verdict))
        _show(Message(as_text(verdict), COLOURS.get(verdict.outcome, "#d95f02")))
        return bool(verdict)

    def hint(self, exercise_id: str, step: int | None = None) -> None:
        """Show the next hint of an exercise, or hint number `step`, counted from 1."""
        exercise = self._find(exercise_id)
        if exercise is None:
            return
        last = len(exercise.hints)
        number = self._hints_shown.get(exercise.id, 0) + 1 if step is None else step
        if type(number) is not int or not 1 <= number <= last:
            again = f'Show one again with `check.hint("{exercise.id}", 1)`.'
            _show(Message(f"{exercise.id} has hints 1 to {last}. {again}"))
            return
        self._hints_shown[exercise.id] = number
        more = "the last one" if number == last else "run this cell again for the next one"
        _show(Message(f"Hint {number} of {last} for {exercise.id} ({more}):\n{exercise.hints[number - 1]}"))

    def progress(self, chapter: int | str) -> None:
        """Show the exercises of a chapter and which of them passed since the kernel started."""
        try:
            exercises = exercises_of(chapter)
        except ValueError as error:
            _show(Message(str(error)))
            return
        rows = [f"{exercise.id}  {self._state(exercise):8}  {exercise.title}" for exercise in exercises]
        _show(Message("\n".join(rows)))

    def _state(self, exercise: Exercise | FreeText) -> str:
        if isinstance(exercise, FreeText):
            return "in words"
        return "passed" if self._passed.get(exercise.id, False) else "not yet"

    def _find(self, exercise_id: str) -> Exercise | None:
        """Return the exercise; show a message and return None if a check cannot judge it."""
        try:
            exercise = find(exercise_id)
        except ValueError as error:
            _show(Message(str(error)))
            return None
        if isinstance(exercise, FreeText):
            _show(Message(f"{exercise.id} is answered in words. A person marks it."))
            return None
        return exercise


def as_text(verdict: Verdict) -> str:
    """Return a verdict as the learner reads it."""
    exercise = verdict.exercise
    head = f"{exercise.id} {exercise.title}: {HEADS.get(verdict.outcome, verdict.outcome)}"
    if verdict.outcome == "passed":
        return f"{head} ({verdict.detail})." if verdict.detail else f"{head}."
    if verdict.outcome == "not started":
        to_do = f"Replace the `...` in the cell of `{exercise.answer_name}`. Then run that cell and this one."
        return f"{head}. {to_do}"
    lines = [f"{head}.", verdict.detail]
    if verdict.advice:
        lines.append(verdict.advice)
    lines.append(
        f'Stuck? Run `check.hint("{exercise.id}")` in a new cell, or read "{exercise.section}" again.'
    )
    return "\n".join(lines)


check = Check()

__all__ = ["Check", "as_text", "check"]
